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
// (but of a level that exceeds the budget of kept states, and of those before it, only the least state is kept: then
// "fewest" is not claimed).  What is kept depends on sets of states and not on their order, so any number of threads
// that sweep, and any order in which the search found the states, give the same trace.
#include "explore/traces.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <memory>
#include <utility>

#include "explore/hash.h"
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

    const std::uint64_t* state(std::size_t row) const { return &keys_[row * words_]; }
    const std::uint32_t* costs(std::size_t row) const { return &costs_[row * threads_]; }
    // All but the least state.
    void keep_least() {
        if (size() < 2) return;
        std::size_t least = 0;
        for (std::size_t row = 1; row < size(); ++row) {
            if (less(state(row), state(least))) least = row;
        }
        std::vector<std::uint64_t> key(state(least), state(least) + words_);
        std::vector<std::uint32_t> cost(costs(least), costs(least) + threads_);
        keys_.clear();
        costs_.clear();
        start(words_, threads_);
        std::copy(cost.begin(), cost.end(), add(key.data(), hash_state<0>(key.data(), words_)));
    }
    bool less(const std::uint64_t* a, const std::uint64_t* b) const {
        return std::lexicographical_compare(a, a + words_, b, b + words_);
    }

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
    bool single = false;  // one state per level from here on
    bool fewest = true;
};

class TraceBuilder {
public:
    TraceBuilder(const TraceMeans& means, const TraceOptions& options)
        : means_(means), system_(means.system), words_(means.levels.words()), options_(options) {
        add_sweeper();
    }

    Traces build(const std::vector<Found>& found);

private:
    class Sweeper;
    struct StartSink;
    struct StepSink;

    void add_sweeper();
    bool sweep(const std::vector<Found>& found);
    void keep_targets(Path& path, std::uint32_t level);
    void sweep_level(std::uint32_t level);
    void take_hits(const std::vector<Path*>& watched, std::uint32_t level);
    Finding walk(Path& path);
    std::uint64_t hash(const std::uint64_t* state) const { return hash_state<0>(state, words_); }
    void look() {
        if (auto reason = means_.watch.look({})) stop(*reason);
    }
    void stop(StopReason reason) {
        if (!stopped_.exchange(true)) reason_ = reason;
    }

    const TraceMeans& means_;
    const TransitionSystem& system_;
    unsigned words_;
    const TraceOptions& options_;
    std::vector<std::unique_ptr<Sweeper>> sweepers_;
    std::vector<Path> paths_;
    std::size_t kept_ = 0;
    std::atomic<bool> stopped_{false};  // relaxed: nothing but itself is told by it
    StopReason reason_ = StopReason::kTime;
};

// ------------------------------------------------------------------------------------------------------- backwards

// Expands states of a level and keeps those that lead to kept states of the next one, for each path that is looking.
class TraceBuilder::Sweeper {
public:
    Sweeper(TraceBuilder& builder, bool main)
        : builder_(builder), main_(main), generator_(builder.system_, builder.means_.code, builder.means_.plain) {
        generator_.set_layout(builder.means_.layout);
        if (builder.means_.symmetry != nullptr) generator_.set_symmetry(*builder.means_.symmetry);
    }

    struct Hits {
        const Path* path = nullptr;
        std::vector<std::uint32_t> cost;  // of the present state, by thread
        KeptLevel kept;
        bool only_least = false;
    };

    SuccessorGenerator& generator() { return generator_; }
    std::vector<Hits>& hits() { return hits_; }
    std::size_t count() const { return count_; }  // of states that led somewhere, kept or not

    void begin(const std::vector<Path*>& watched, std::uint32_t next_level, std::size_t most);
    void sweep(const std::uint64_t* states, std::uint64_t count);

private:
    struct Sink;

    bool passable();
    void keep(const std::uint64_t* state);

    TraceBuilder& builder_;
    bool main_;
    SuccessorGenerator generator_;
    std::vector<Hits> hits_;
    std::uint32_t next_level_ = 0;
    std::size_t most_ = 0;
    std::size_t count_ = 0;
    bool hit_ = false;
};

struct TraceBuilder::Sweeper::Sink : NullSink {
    static constexpr bool kPacked = true;
    explicit Sink(Sweeper& s) : sweeper(s) {}

    bool stopped() const { return sweeper.builder_.stopped_.load(std::memory_order_relaxed); }
    void on_way() {
        if (sweeper.main_ && sweeper.builder_.means_.watch.due()) [[unlikely]]
            sweeper.builder_.look();
    }
    void on_state(const std::uint64_t* words) {
        std::uint64_t h = sweeper.builder_.hash(words);
        for (Hits& hits : sweeper.hits_) {
            const std::uint32_t* row = hits.path->levels[sweeper.next_level_].find(words, h);
            if (row == nullptr) continue;
            sweeper.hit_ = true;
            ThreadNumber t = sweeper.generator_.thread();
            hits.cost[t] = std::min(hits.cost[t], left_after(row, sweeper.generator_.renamed(t)));
            hits.cost[0] = std::min(hits.cost[0], hits.cost[t]);
        }
    }

    Sweeper& sweeper;
};

void TraceBuilder::Sweeper::begin(const std::vector<Path*>& watched, std::uint32_t next_level, std::size_t most) {
    next_level_ = next_level;
    most_ = most;
    count_ = 0;
    hits_.clear();
    const std::size_t threads = builder_.system_.threads.size();
    for (const Path* path : watched) {
        Hits hits{path, std::vector<std::uint32_t>(threads), {}, path->single};
        hits.kept.start(builder_.words_, threads);
        hits_.push_back(std::move(hits));
    }
}

// No run goes on from a state that violates something.
bool TraceBuilder::Sweeper::passable() {
    const TraceOptions& options = builder_.options_;
    auto all_hold = [this](const std::vector<PropertyNumber>& properties) {
        return std::none_of(properties.begin(), properties.end(), [this](PropertyNumber p) { return generator_.fails(p); });
    };
    if (!all_hold(options.state_properties)) return false;
    return options.final_properties.empty() || !generator_.is_final() || all_hold(options.final_properties);
}

void TraceBuilder::Sweeper::keep(const std::uint64_t* state) {
    std::uint64_t h = builder_.hash(state);
    for (Hits& hits : hits_) {
        if (hits.cost[0] == kNever) continue;
        ++count_;
        std::copy(hits.cost.begin(), hits.cost.end(), hits.kept.add(state, h));
        hits.only_least = hits.only_least || count_ > most_;
        if (hits.only_least) hits.kept.keep_least();
    }
}

void TraceBuilder::Sweeper::sweep(const std::uint64_t* states, std::uint64_t count) {
    Sink sink(*this);
    for (std::uint64_t s = 0; s < count && !sink.stopped(); ++s) {
        const std::uint64_t* state = states + s * builder_.words_;
        hit_ = false;
        for (Hits& hits : hits_) std::fill(hits.cost.begin(), hits.cost.end(), kNever);
        generator_.load(state);
        generator_.expand<0>(sink);
        if (!hit_) continue;
        generator_.load(state);
        if (passable()) keep(state);
    }
}

void TraceBuilder::add_sweeper() { sweepers_.push_back(std::make_unique<Sweeper>(*this, sweepers_.empty())); }

void TraceBuilder::keep_targets(Path& path, std::uint32_t level) {
    const Found& found = *path.found;
    KeptLevel& kept = path.levels[level];
    for (std::size_t i = 0; i < found.targets.size(); ++i) {
        const std::uint64_t* state = found.targets.row(i);
        auto thread = static_cast<ThreadNumber>(state[words_]);
        if (level + (thread != 0 ? 1u : 0u) != found.steps) continue;
        std::uint32_t* cost = kept.add(state, hash(state));
        if (thread == 0)
            std::fill(cost, cost + system_.threads.size(), 0);
        else
            cost[thread] = 0;
        cost[0] = 0;
    }
    if (path.single) kept.keep_least();
    kept_ += kept.size();
}

// What the sweepers kept is kept for the paths; if that is too much, the least state of each path.
void TraceBuilder::take_hits(const std::vector<Path*>& watched, std::uint32_t level) {
    std::size_t count = 0;
    for (const auto& sweeper : sweepers_) count += sweeper->count();
    const bool too_many = kept_ + count > options_.most_kept;
    for (std::size_t p = 0; p < watched.size(); ++p) {
        Path& path = *watched[p];
        KeptLevel& kept = path.levels[level];
        const std::size_t before = kept.size();
        for (const auto& sweeper : sweepers_) {
            const KeptLevel& hits = sweeper->hits()[p].kept;
            for (std::size_t i = 0; i < hits.size(); ++i) {
                std::uint32_t* row = kept.add(hits.state(i), hash(hits.state(i)));
                for (std::size_t t = 0; t < system_.threads.size(); ++t) row[t] = std::min(row[t], hits.costs(i)[t]);
            }
        }
        if (too_many && !path.single) {
            path.single = true;
            path.fewest = false;
        }
        if (path.single) kept.keep_least();
        kept_ += kept.size();
        kept_ -= std::min(kept_, before);
    }
}

void TraceBuilder::sweep_level(std::uint32_t level) {
    std::vector<Path*> watched;
    for (Path& path : paths_) {
        if (path.found->at_start || path.found->steps < level) continue;
        path.levels[level].start(words_, system_.threads.size());
        keep_targets(path, level);
        bool goes_on = level < path.found->steps && path.levels[level + 1].size() > 0;
        if (goes_on && !(path.single && path.levels[level].size() > 0)) watched.push_back(&path);
    }
    if (watched.empty()) return;
    const LevelStore& levels = means_.levels;
    const bool together = means_.crew.size() > 1 && levels.size(level) >= options_.parallel_from;
    while (together && sweepers_.size() < means_.crew.size()) add_sweeper();
    const std::size_t most = options_.most_kept - std::min(options_.most_kept, kept_);
    for (const auto& sweeper : sweepers_) sweeper->begin(watched, level + 1, most);
    std::span<const LevelStore::Block> blocks = levels.blocks(level);
    std::atomic<std::size_t> next{0};
    auto work = [&](unsigned i) {
        std::vector<std::uint64_t> buffer;
        for (std::size_t b = 0; !stopped_ && (b = next.fetch_add(1, std::memory_order_relaxed)) < blocks.size();) {
            const std::uint64_t* states = levels.read(blocks[b], buffer);
            if (states == nullptr) return stop(StopReason::kMemory);
            sweepers_[i]->sweep(states, blocks[b].states());
        }
    };
    if (together)
        means_.crew.run(work, [this] { look(); });
    else
        work(0);
    take_hits(watched, level);
}

// --------------------------------------------------------------------------------------------------------- forwards

struct TraceBuilder::StartSink : NullSink {
    static constexpr bool kPacked = true;
    StartSink(TraceBuilder& b, Path& p) : builder(b), path(p) {}

    void on_state(const std::uint64_t* words) {
        const std::uint32_t* row = path.levels[0].find(words, builder.hash(words));
        if (row == nullptr || row[0] >= best) return;
        best = row[0];
        const std::uint64_t* concrete = builder.sweepers_[0]->generator().plain_words();
        state.assign(concrete, concrete + builder.words_);
        choices = builder.sweepers_[0]->generator().choices();
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
        ThreadNumber t = builder.sweepers_[0]->generator().thread();
        if (last != 0 && t != last) ++cost;
        if (cost >= best) return;
        best = cost;
        step = {t, builder.sweepers_[0]->generator().choices()};
        state.clear();
        if (words != nullptr) state.assign(words, words + builder.words_);
    }
    void on_state(const std::uint64_t* words) {
        const std::uint32_t* row = path.levels[level + 1].find(words, builder.hash(words));
        if (row == nullptr) return;
        const SuccessorGenerator& generator = builder.sweepers_[0]->generator();
        std::uint32_t left = left_after(row, generator.renamed(generator.thread()));
        if (left != kNever) offer(left, generator.plain_words());
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
                for (PropertyNumber p : builder.sweepers_[0]->generator().step_failures()) shows = shows || p == wanted;
                break;
            case SystemPropertyKind::kInvariant: shows = builder.sweepers_[0]->generator().fails(wanted); break;
            case SystemPropertyKind::kCoverState: shows = builder.sweepers_[0]->generator().holds(wanted); break;
            case SystemPropertyKind::kCoverFinal:
                shows = builder.sweepers_[0]->generator().is_final() && builder.sweepers_[0]->generator().holds(wanted);
                break;
            case SystemPropertyKind::kBuiltin:
            case SystemPropertyKind::kDeadlock:
            case SystemPropertyKind::kLeak:
            case SystemPropertyKind::kFinally:
            case SystemPropertyKind::kCoverPoint: break;
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
    finding.fewest_switches = path.fewest && found.targets.all();
    if (found.at_start) {
        finding.trace.start_choices = found.start_choices;
        finding.fewest_switches = true;
        return finding;
    }
    SuccessorGenerator& generator = sweepers_[0]->generator();
    StartSink start(*this, path);
    generator.start<0>(start);
    INVARIANT(start.best != kNever, "no start state leads to " + system_.properties[found.property].name);
    finding.trace.start_choices = start.choices;
    std::vector<std::uint64_t> state = start.state;
    ThreadNumber last = 0;
    for (std::uint32_t level = 0; level < found.steps; ++level) {
        generator.load(state.data());
        StepSink sink(*this, path, level, last);
        generator.expand<0>(sink);
        INVARIANT(sink.best != kNever, "a trace ends at step " + std::to_string(level));
        if (last != 0 && sink.step.thread != last) ++finding.switches;
        last = sink.step.thread;
        finding.trace.steps.push_back(sink.step);
        state = sink.state;
    }
    return finding;
}

// False if there was no time for it.
bool TraceBuilder::sweep(const std::vector<Found>& found) {
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
    if (!sweeps) return true;
    // A step from the last level is a target there; nothing lies beyond.
    std::uint32_t last_level = static_cast<std::uint32_t>(means_.levels.levels()) - 1;
    for (std::uint32_t level = std::min(deepest, last_level) + 1; level > 0 && !stopped_; --level) sweep_level(level - 1);
    return !stopped_;
}

Traces TraceBuilder::build(const std::vector<Found>& found) {
    Traces traces;
    const bool swept = sweep(found);
    if (!swept) traces.stopped = reason_;
    for (Path& path : paths_) {
        if (swept || path.found->at_start)
            traces.findings.push_back(walk(path));
        else
            traces.untraced.push_back(path.found->property);
    }
    return traces;
}

}  // namespace

Traces build_traces(const TraceMeans& means, const std::vector<Found>& found, const TraceOptions& options) {
    return TraceBuilder(means, options).build(found);
}

}  // namespace quire::explore
