// From findings to traces, without parent pointers: one sweep backwards over the levels expands every state once more
// and keeps those from which a target is reached in time.
//
// Among all shortest paths the one with the fewest context switches is wanted.  So each kept state has, for each thread
// u, the least number of switches of a path to a target that u's step begins (`cost`); arriving at the state by t, what
// is left is the least of cost[t] and 1 + cost[u] over all u.  The sweep computes that, and a walk forward takes at
// each state the first way, by thread and choices, that keeps to the least.
//
// With a symmetry the levels hold canonical forms; the walk itself goes through states as they are, each compared by its
// form, and the threads of costs are renamed along.
//
// Invariant: a state is kept at level l for a finding of n steps iff a target can be reached from it in n - l steps
// (with one path per finding, once the budget of kept states is spent: then "fewest" is not claimed).
#include "explore/traces.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "explore/state_store.h"
#include "support/invariant.h"

namespace quire::explore {

namespace {

constexpr std::uint32_t kNever = std::numeric_limits<std::uint32_t>::max();

// States of one level, each with the costs of all threads ([0]: the least of all).
class KeptLevel {
public:
    void start(unsigned words, std::size_t threads) {
        words_ = words;
        threads_ = threads;
        slots_.assign(16, 0);
    }

    std::size_t size() const { return threads_ == 0 ? 0 : costs_.size() / threads_; }

    const std::uint32_t* find(const std::uint64_t* state, std::uint64_t hash) const {
        if (slots_.empty()) return nullptr;
        std::uint32_t row = slots_[place(state, hash)];
        return row == 0 ? nullptr : &costs_[(row - 1) * threads_];
    }

    std::uint32_t* add(const std::uint64_t* state, std::uint64_t hash) {
        std::size_t at = place(state, hash);
        if (slots_[at] == 0) {
            if (4 * size() >= 3 * slots_.size()) {
                grow();
                at = place(state, hash);
            }
            keys_.insert(keys_.end(), state, state + words_);
            costs_.insert(costs_.end(), threads_, kNever);
            slots_[at] = static_cast<std::uint32_t>(size());
        }
        return &costs_[(slots_[at] - 1) * threads_];
    }

private:
    std::size_t place(const std::uint64_t* state, std::uint64_t hash) const {
        std::size_t mask = slots_.size() - 1;
        std::size_t at = hash & mask;
        while (slots_[at] != 0 && !std::equal(state, state + words_, &keys_[(slots_[at] - 1) * words_])) {
            at = (at + 1) & mask;
        }
        return at;
    }
    void grow() {
        slots_.assign(slots_.size() * 4, 0);
        for (std::uint32_t row = 0; row < size(); ++row) {
            const std::uint64_t* key = &keys_[std::size_t{row} * words_];
            slots_[place(key, hash_state<0>(key, words_))] = row + 1;
        }
    }

    unsigned words_ = 0;
    std::size_t threads_ = 0;
    std::vector<std::uint64_t> keys_;
    std::vector<std::uint32_t> costs_;
    std::vector<std::uint32_t> slots_;  // row + 1
};

// Switches still to come when `last` moved last (0: nobody yet).
std::uint32_t left_after(const std::uint32_t* cost, ThreadNumber last) {
    if (last == 0) return cost[0];
    return std::min(cost[last], cost[0] == kNever ? kNever : cost[0] + 1);
}

struct Path {
    const Found* found = nullptr;
    std::vector<KeptLevel> levels;
    bool single = false;  // over the budget: one state per level from here on
    bool fewest = true;
};

class TraceBuilder {
public:
    TraceBuilder(const TransitionSystem& system, SuccessorGenerator& generator, const ExploredStates& states,
                 const TraceOptions& options)
        : system_(system), generator_(generator), states_(states), options_(options) {}

    std::vector<Finding> build(const std::vector<Found>& found);

private:
    struct BackSink;
    struct StartSink;
    struct StepSink;

    void keep_targets(Path& path, std::uint32_t level);
    void sweep_level(std::uint32_t level);
    bool passable(const std::uint64_t* state);
    Finding walk(Path& path);
    std::uint64_t level_end(std::uint32_t level) const { return states_.level_begin[level + 1]; }
    std::uint64_t hash(const std::uint64_t* state) const { return hash_state<0>(state, states_.words_per_state); }

    const TransitionSystem& system_;
    SuccessorGenerator& generator_;
    const ExploredStates& states_;
    const TraceOptions& options_;
    std::vector<Path> paths_;
    std::size_t kept_ = 0;
};

// ------------------------------------------------------------------------------------------------------- backwards

// For the paths that are looking for predecessors: the least cost of each thread's steps from the present state.
struct TraceBuilder::BackSink : NullSink {
    static constexpr bool kPacked = true;
    BackSink(TraceBuilder& b, std::uint32_t next) : builder(b), next_level(next) {}

    void watch(Path& path, std::size_t threads) { watched.push_back({&path, std::vector<std::uint32_t>(threads)}); }
    void begin() {
        hit = false;
        for (auto& [path, cost] : watched) std::fill(cost.begin(), cost.end(), kNever);
    }
    void on_state(const std::uint64_t* words) {
        std::uint64_t h = builder.hash(words);
        for (auto& [path, cost] : watched) {
            const std::uint32_t* row = path->levels[next_level].find(words, h);
            if (row == nullptr) continue;
            hit = true;
            ThreadNumber t = builder.generator_.thread();
            cost[t] = std::min(cost[t], left_after(row, builder.generator_.renamed(t)));
            cost[0] = std::min(cost[0], cost[t]);
        }
    }

    TraceBuilder& builder;
    std::uint32_t next_level;
    std::vector<std::pair<Path*, std::vector<std::uint32_t>>> watched;
    bool hit = false;
};

void TraceBuilder::keep_targets(Path& path, std::uint32_t level) {
    const Found& found = *path.found;
    for (const Target& target : found.targets) {
        bool is_step = target.thread != 0;
        if (level + (is_step ? 1u : 0u) != found.steps) continue;
        if (path.single && path.levels[level].size() > 0) break;
        const std::uint64_t* state = states_.state(target.state);
        std::uint32_t* cost = path.levels[level].add(state, hash(state));
        if (!is_step) std::fill(cost, cost + system_.threads.size(), 0);
        else cost[target.thread] = 0;
        cost[0] = 0;
    }
}

// No run goes on from a state that violates something.
bool TraceBuilder::passable(const std::uint64_t* state) {
    generator_.load(state);
    for (PropertyNumber p : options_.state_properties) {
        if (!generator_.holds(p)) return false;
    }
    if (options_.final_properties.empty() || !generator_.is_final()) return true;
    for (PropertyNumber p : options_.final_properties) {
        if (!generator_.holds(p)) return false;
    }
    return true;
}

void TraceBuilder::sweep_level(std::uint32_t level) {
    BackSink sink(*this, level + 1);
    for (Path& path : paths_) {
        if (path.found->at_start || path.found->steps < level) continue;
        path.levels[level].start(states_.words_per_state, system_.threads.size());
        keep_targets(path, level);
        kept_ += path.levels[level].size();
        bool goes_on = level < path.found->steps && path.levels[level + 1].size() > 0;
        if (goes_on && !(path.single && path.levels[level].size() > 0)) sink.watch(path, system_.threads.size());
    }
    for (std::uint64_t s = states_.level_begin[level]; s < level_end(level) && !sink.watched.empty(); ++s) {
        const std::uint64_t* state = states_.state(s);
        sink.begin();
        generator_.load(state);
        generator_.expand<0>(sink);
        if (!sink.hit || !passable(state)) continue;
        std::uint64_t h = hash(state);
        bool satisfied = false;
        for (auto& [path, cost] : sink.watched) {
            if (cost[0] == kNever) continue;
            std::size_t before = path->levels[level].size();
            std::uint32_t* row = path->levels[level].add(state, h);
            for (std::size_t t = 0; t < cost.size(); ++t) row[t] = std::min(row[t], cost[t]);
            kept_ += path->levels[level].size() - before;
            if (kept_ > options_.most_kept && !path->single) {
                path->single = true;
                path->fewest = false;
            }
            satisfied = satisfied || path->single;
        }
        if (satisfied) std::erase_if(sink.watched, [](const auto& w) {
            return w.first->single && std::any_of(w.second.begin(), w.second.end(), [](auto c) { return c != kNever; });
        });
    }
}

// --------------------------------------------------------------------------------------------------------- forwards

struct TraceBuilder::StartSink : NullSink {
    static constexpr bool kPacked = true;
    StartSink(TraceBuilder& b, Path& p) : builder(b), path(p) {}

    void on_state(const std::uint64_t* words) {
        const std::uint32_t* row = path.levels[0].find(words, builder.hash(words));
        if (row == nullptr || row[0] >= best) return;
        best = row[0];
        const std::uint64_t* concrete = builder.generator_.plain_words();
        state.assign(concrete, concrete + builder.states_.words_per_state);
        choices = builder.generator_.choices();
    }

    TraceBuilder& builder;
    Path& path;
    std::uint32_t best = kNever;
    std::vector<std::uint64_t> state;
    std::vector<Value> choices;
};

// The first way among those with the fewest switches to come.
struct TraceBuilder::StepSink : NullSink {
    static constexpr bool kPacked = true;
    StepSink(TraceBuilder& b, Path& p, std::uint32_t l, ThreadNumber last_thread)
        : builder(b), path(p), level(l), last(last_thread) {}

    bool is_last() const { return level + 1 == path.found->steps; }
    void offer(std::uint32_t cost, const std::uint64_t* words) {
        ThreadNumber t = builder.generator_.thread();
        if (last != 0 && t != last) ++cost;
        if (cost >= best) return;
        best = cost;
        step = {t, builder.generator_.choices()};
        state.clear();
        if (words != nullptr) state.assign(words, words + builder.states_.words_per_state);
    }
    void on_state(const std::uint64_t* words) {
        const std::uint32_t* row = path.levels[level + 1].find(words, builder.hash(words));
        if (row == nullptr) return;
        std::uint32_t left = left_after(row, builder.generator_.renamed(builder.generator_.thread()));
        if (left != kNever) offer(left, builder.generator_.plain_words());
    }
    // A last step that shows the property itself.
    void on_violation(PropertyNumber property) {
        if (is_last() && property == path.found->property) offer(0, nullptr);
    }
    void on_cover(PropertyNumber property) { on_violation(property); }
    void on_step_violation() {
        if (!is_last()) return;
        PropertyNumber wanted = path.found->property;
        const SystemProperty& property = builder.system_.properties[wanted];
        bool shows = false;
        switch (property.kind) {
            case SystemPropertyKind::kStep:
                for (PropertyNumber p : builder.generator_.step_failures()) shows = shows || p == wanted;
                break;
            case SystemPropertyKind::kInvariant: shows = !builder.generator_.holds(wanted); break;
            case SystemPropertyKind::kCoverState: shows = builder.generator_.holds(wanted); break;
            case SystemPropertyKind::kCoverFinal:
                shows = builder.generator_.is_final() && builder.generator_.holds(wanted);
                break;
            case SystemPropertyKind::kBuiltin: case SystemPropertyKind::kDeadlock: case SystemPropertyKind::kLeak:
            case SystemPropertyKind::kFinally: case SystemPropertyKind::kCoverPoint:
                break;
        }
        if (shows) offer(0, nullptr);
    }

    TraceBuilder& builder;
    Path& path;
    std::uint32_t level;
    ThreadNumber last;
    std::uint32_t best = kNever;
    TraceStep step;
    std::vector<std::uint64_t> state;
};

Finding TraceBuilder::walk(Path& path) {
    const Found& found = *path.found;
    Finding finding;
    finding.property = found.property;
    finding.steps = found.steps;
    finding.trace.property = found.property;
    finding.fewest_switches = path.fewest && found.all_targets;
    if (found.at_start) {
        finding.trace.start_choices = found.start_choices;
        finding.fewest_switches = true;
        return finding;
    }
    StartSink start(*this, path);
    generator_.start<0>(start);
    INVARIANT(start.best != kNever, "no start state leads to " + system_.properties[found.property].name);
    finding.trace.start_choices = start.choices;
    std::vector<std::uint64_t> state = start.state;
    ThreadNumber last = 0;
    for (std::uint32_t level = 0; level < found.steps; ++level) {
        generator_.load(state.data());
        StepSink sink(*this, path, level, last);
        generator_.expand<0>(sink);
        INVARIANT(sink.best != kNever, "a trace ends at step " + std::to_string(level));
        if (last != 0 && sink.step.thread != last) ++finding.switches;
        last = sink.step.thread;
        finding.trace.steps.push_back(sink.step);
        state = sink.state;
    }
    return finding;
}

std::vector<Finding> TraceBuilder::build(const std::vector<Found>& found) {
    std::uint32_t deepest = 0;
    bool sweeps = false;
    for (const Found& f : found) {
        Path path;
        path.found = &f;
        path.levels.resize(f.steps + 1);
        path.single = !options_.minimise_switches;
        path.fewest = options_.minimise_switches;
        paths_.push_back(std::move(path));
        if (f.at_start) continue;
        deepest = std::max(deepest, f.steps);
        sweeps = true;
    }
    if (sweeps) {
        // A step from the last level is a target there; nothing lies beyond.
        std::uint32_t last_level = static_cast<std::uint32_t>(states_.level_begin.size()) - 2;
        for (std::uint32_t level = std::min(deepest, last_level) + 1; level > 0; --level) sweep_level(level - 1);
    }
    std::vector<Finding> findings;
    for (Path& path : paths_) findings.push_back(walk(path));
    return findings;
}

}  // namespace

std::vector<Finding> build_traces(const TransitionSystem& system, SuccessorGenerator& generator,
                                  const ExploredStates& states, const std::vector<Found>& found,
                                  const TraceOptions& options) {
    return TraceBuilder(system, generator, states, options).build(found);
}

}  // namespace quire::explore
