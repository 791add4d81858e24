// The loop of the search, for states of one number of words (0: any number).
//
// Breadth first, level by level.  A small level is done by one worker, a large one by all of them in rounds: all expand
// states and collect what they find, sorted by partition of the visited set, then all insert, partition by partition.
//
// Invariant: when level l begins, the levels hold exactly the states that a run of at most l steps reaches without
// violating anything before its end, each in the level of a shortest such run; and so does the visited set.
#pragma once

#include <algorithm>
#include <atomic>
#include <iterator>
#include <memory>
#include <vector>

#include "explore/checkpoint.h"
#include "explore/crew.h"
#include "explore/trend.h"
#include "explore/worker.h"

namespace quire::explore {

Questions questions(const TransitionSystem& system, const SearchOptions& options);

enum class ExplorationEnd : std::uint8_t {
    kDone,
    kMisfit,  // values did not fit: grow the layout and begin again
    kLong,    // as many states as `interrupt_at` said
    kFailed,  // something is violated, and with a reduction that says little about what else is
};

template <unsigned kWords, class Set = ExactSet<kWords>>
class Exploration {
public:
    Exploration(const TransitionSystem& system, const SearchOptions& options, const Questions& asked, const Bytecode& code,
                const PackedLayout& layout, const Symmetry* symmetry, Crew& crew, Watch& watch)
        : options_(options),
          code_(code),
          layout_(layout),
          symmetry_(symmetry),
          crew_(crew),
          watch_(watch),
          place_(system, options, asked, layout) {
        place_.context = this;
        place_.look = [](void* self) { static_cast<Exploration*>(self)->look(); };
        place_.no_room = [](void* self) { static_cast<Exploration*>(self)->stop(StopReason::kMemory); };
        add_worker(&watch);
    }

    void interrupt_at(std::uint64_t states) { interrupt_at_ = states; }
    // Machine code from so many states on.
    void native_from(std::uint64_t states) { native_from_ = states; }
    void reduce_by(const Dependence& dependence) {
        place_.reduce_by = &dependence;
        report_.partial_order.used = true;
    }
    // Marks of levels go there.
    void keep_in(Checkpoints& checkpoints) { checkpoints_ = &checkpoints; }
    // Goes on from there; the states come from the checkpoints.
    void resume_from(LevelMark mark) { resume_from_ = std::move(mark); }
    std::uint64_t states() const { return place_.visited.table().size(); }
    ExplorationEnd run();
    const std::map<Address, ObservedRange>& misfits() const { return done_.misfits; }
    // The values in the states found so far, or in as many of them as is reasonable.
    void observe(std::vector<ObservedRange>& seen);
    // Without traces.
    SearchReport& report() { return report_; }
    const Findings& findings() const { return place_.findings; }
    const LevelStore& levels() const { return place_.levels; }
    SuccessorGenerator& generator() { return workers_[0]->generator(); }
    std::vector<std::uint32_t> executed_sites() const;

private:
    // Levels older than the present one that stay in memory, in bytes.
    static constexpr std::uint64_t kOldInMemory = std::uint64_t{64} << 20;
    static constexpr std::uint64_t kUnit = 256;           // states that a worker takes at a time
    static constexpr std::size_t kFewestPartitions = 16;  // for several workers
    struct Unit {
        const LevelStore::Block* block = nullptr;
        std::uint64_t first = 0, count = 0;
    };

    void add_worker(Watch* watch) {
        workers_.push_back(std::make_unique<Worker<kWords, Set>>(place_, code_, layout_, symmetry_, watch));
        if (native_ != nullptr) workers_.back()->go_native();
    }
    std::vector<std::uint8_t> coverage_flags() const;
    std::uint64_t unknown_truths() const;
    void consider_native();
    bool begin();
    bool resume();
    bool resume_states(std::uint32_t depth);
    void pass_mark();
    void note_level(std::size_t level) {
        const std::uint64_t size = place_.levels.size(level);
        report_.statistics.widest_level = std::max(report_.statistics.widest_level, size);
        trend_.add_level(size);
    }
    void explore_level();
    void ask_stubborn();
    void explore_alone();
    void explore_together();
    void gather();
    void collect_units(unsigned worker, const std::vector<Unit>& units, std::size_t quota);
    void insert_partitions(unsigned worker);
    void insert_rest();
    const std::uint64_t* read(const LevelStore::Block& block, std::vector<std::uint64_t>& buffer);
    // While several insert, nobody can say how many states there are.
    void note_size() {
        states_noted_ = states();
        bytes_noted_ = place_.visited.table().bytes();
    }
    void look();
    void stop(StopReason reason) {
        if (!place_.stopped.exchange(true)) report_.stop = reason;
    }
    static bool may_grow(void* self, std::uint64_t bytes);

    const SearchOptions& options_;
    const Bytecode& code_;
    const PackedLayout& layout_;
    const Symmetry* symmetry_;
    Crew& crew_;
    Watch& watch_;
    Workplace<Set> place_;
    std::vector<std::unique_ptr<Worker<kWords, Set>>> workers_;
    WorkDone done_;  // in all levels
    SearchReport report_;
    LevelTrend trend_;
    std::uint64_t interrupt_at_ = Budget::kUnlimited;
    std::uint64_t native_from_ = Budget::kUnlimited;
    std::unique_ptr<const NativeCode> native_;
    Checkpoints* checkpoints_ = nullptr;
    std::optional<LevelMark> resume_from_;
    std::uint64_t unknown_truths_before_ = 0;  // a checkpoint

    std::uint64_t states_noted_ = 0, bytes_noted_ = 0;
    std::vector<std::uint64_t> buffer_;
    std::atomic<std::size_t> next_unit_{0};       // taken by whoever is free; nothing else is told by it
    std::atomic<std::size_t> next_partition_{0};  // the same
    std::atomic<bool> enough_{false};             // collected in this round
};

template <unsigned kWords, class Set>
bool Exploration<kWords, Set>::may_grow(void* self, std::uint64_t bytes) {
    Exploration& e = *static_cast<Exploration*>(self);
    if (e.watch_.may_use(bytes)) return true;
    // Old levels are of use for traces only, and can be read from a file as well.
    e.place_.levels.spill(e.place_.depth, 0);
    return e.watch_.may_use(bytes);
}

template <unsigned kWords, class Set>
void Exploration<kWords, Set>::look() {
    if (place_.alone) note_size();
    Progress progress;
    progress.states = states_noted_;
    progress.transitions = done_.transitions;
    for (const auto& worker : workers_) progress.transitions += worker->transitions_seen();
    progress.frontier = progress.states - std::min(progress.states, place_.levels.states());
    if (place_.levels.levels() > 0) progress.frontier += place_.levels.size(place_.levels.levels() - 1);
    progress.memory = bytes_noted_;
    progress.depth = place_.depth;
    progress.trend = trend_.trend();
    progress.all_states = trend_.all_states();
    if (std::optional<StopReason> reason = watch_.look(progress)) stop(*reason);
}

template <unsigned kWords, class Set>
const std::uint64_t* Exploration<kWords, Set>::read(const LevelStore::Block& block, std::vector<std::uint64_t>& buffer) {
    const std::uint64_t* words = place_.levels.read(block, buffer);
    if (words == nullptr) stop(StopReason::kMemory);
    return words;
}

template <unsigned kWords, class Set>
std::vector<std::uint32_t> Exploration<kWords, Set>::executed_sites() const {
    std::vector<std::uint32_t> sites;
    for (const auto& worker : workers_) {
        std::vector<std::uint32_t> own = worker->generator().executed_sites();
        sites.insert(sites.end(), own.begin(), own.end());
    }
    std::sort(sites.begin(), sites.end());
    sites.erase(std::unique(sites.begin(), sites.end()), sites.end());
    return sites;
}

template <unsigned kWords, class Set>
std::vector<std::uint8_t> Exploration<kWords, Set>::coverage_flags() const {
    std::vector<std::uint8_t> flags(code_.flags, 0);
    for (const auto& worker : workers_) {
        std::span<const std::uint8_t> own = worker->generator().coverage_flags();
        for (std::size_t f = 0; f < flags.size(); ++f) flags[f] |= own[f];
    }
    return flags;
}

template <unsigned kWords, class Set>
std::uint64_t Exploration<kWords, Set>::unknown_truths() const {
    std::uint64_t count = unknown_truths_before_;
    for (const auto& worker : workers_) count += worker->generator().unknown_truths();
    return count;
}

template <unsigned kWords, class Set>
void Exploration<kWords, Set>::observe(std::vector<ObservedRange>& seen) {
    constexpr std::uint64_t kMost = std::uint64_t{1} << 16;
    std::uint64_t mask = 0;
    while (place_.levels.states() / (mask + 1) > kMost) mask = 2 * mask + 1;
    SuccessorGenerator& generator = workers_[0]->generator();
    for (std::size_t level = 0; level < place_.levels.levels(); ++level) {
        for (const LevelStore::Block& block : place_.levels.blocks(level)) {
            const std::uint64_t* states = read(block, buffer_);
            for (std::uint64_t s = 0; states != nullptr && s < block.states(); ++s) {
                const std::uint64_t* state = states + s * place_.words;
                // Which are looked at must not depend on their order.
                if (mask != 0 && (hash_state<kWords>(state, place_.words) & mask) != 0) continue;
                generator.load(state);
                for (Address a = 0; a < seen.size(); ++a) seen[a].add(generator.cells()[a]);
            }
        }
    }
}

// ------------------------------------------------------------------------------------------------------------ levels

template <unsigned kWords, class Set>
void Exploration<kWords, Set>::explore_alone() {
    Worker<kWords, Set>& worker = *workers_[0];
    for (const LevelStore::Block& block : place_.levels.blocks(place_.depth)) {
        const std::uint64_t* states = read(block, buffer_);
        for (std::uint64_t s = 0; s < block.states() && !place_.stopped; s += kUnit) {
            worker.explore_states(states + s * place_.words, std::min(kUnit, block.states() - s));
            worker.make_partitions(1);
        }
    }
    worker.flush();
}

template <unsigned kWords, class Set>
void Exploration<kWords, Set>::collect_units(unsigned number, const std::vector<Unit>& units, std::size_t quota) {
    Worker<kWords, Set>& worker = *workers_[number];
    std::vector<std::uint64_t> buffer;
    const LevelStore::Block* loaded = nullptr;
    const std::uint64_t* states = nullptr;
    while (!enough_.load(std::memory_order_relaxed) && !place_.stopped.load(std::memory_order_relaxed)) {
        const std::size_t u = next_unit_.fetch_add(1, std::memory_order_relaxed);
        if (u >= units.size()) break;
        const Unit& unit = units[u];
        if (loaded != unit.block) {
            loaded = unit.block;
            states = place_.levels.read(*loaded, buffer);
            if (states == nullptr) return stop(StopReason::kMemory);
        }
        worker.explore_states(states + unit.first * place_.words, unit.count);
        if (worker.collected() >= quota) enough_.store(true, std::memory_order_relaxed);
    }
}

template <unsigned kWords, class Set>
void Exploration<kWords, Set>::insert_partitions(unsigned number) {
    for (;;) {
        const std::size_t partition = next_partition_.fetch_add(1, std::memory_order_relaxed);
        if (partition >= place_.visited.table().partitions()) return;
        for (const auto& from : workers_) workers_[number]->insert_partition(partition, *from);
    }
}

// By the main worker: what found no place in a region, or in a partition without memory.
template <unsigned kWords, class Set>
void Exploration<kWords, Set>::insert_rest() {
    workers_[0]->make_partitions(1);
    const std::uint64_t most = options_.budget.max_states;
    const std::uint64_t now = states();
    place_.room = most - std::min(most, now);
    if (now > most) place_.full = true;
    for (const auto& from : workers_) workers_[0]->insert_rest(*from);
}

template <unsigned kWords, class Set>
void Exploration<kWords, Set>::explore_together() {
    while (workers_.size() < crew_.size()) {
        add_worker(nullptr);
    }
    std::vector<Unit> units;
    for (const LevelStore::Block& block : place_.levels.blocks(place_.depth)) {
        for (std::uint64_t s = 0; s < block.states(); s += kUnit) {
            units.push_back({&block, s, std::min(kUnit, block.states() - s)});
        }
    }
    workers_[0]->make_partitions(kFewestPartitions);
    note_size();
    place_.alone = false;
    next_unit_ = 0;
    auto meanwhile = [this] { look(); };
    while (next_unit_ < units.size() && !place_.stopped) {
        // Rounds are short beside a level and long beside their barriers.
        const std::size_t quota = std::clamp<std::size_t>(states() / 4, std::size_t{1} << 14, std::size_t{1} << 20);
        enough_ = false;
        next_partition_ = 0;
        for (const auto& worker : workers_) worker->begin_collecting(quota);
        crew_.run([&](unsigned i) { collect_units(i, units, quota); }, meanwhile);
        crew_.run([&](unsigned i) { insert_partitions(i); }, meanwhile);
        insert_rest();
        note_size();
    }
    place_.alone = true;
}

// At the beginning of a level: what was found needs no more care, and a reduction that does not reduce is given up.
// By counts, so that every run of the same search decides the same.
template <unsigned kWords, class Set>
void Exploration<kWords, Set>::ask_stubborn() {
    constexpr std::uint64_t kEnough = 40'000;
    if (done_.moves >= kEnough && done_.left_out * 20 < done_.moves) {
        report_.partial_order.why_not = "it left out fewer than one move in twenty, and was given up";
        place_.reduce_by = nullptr;
        return;
    }
    const Questions& asked = place_.asked;
    OpenQuestions open;
    auto is_open = [this](PropertyNumber p) { return place_.findings.wants(p, place_.depth); };
    open.conditions = asked.invariants;
    std::copy_if(asked.state_covers.begin(), asked.state_covers.end(), std::back_inserter(open.conditions), is_open);
    std::copy_if(asked.cover_points.begin(), asked.cover_points.end(), std::back_inserter(open.cover_points), is_open);
    open.final_states = !asked.finals.empty() || std::any_of(asked.final_covers.begin(), asked.final_covers.end(), is_open);
    place_.open = std::move(open);
}

// At the beginning of a level.  By then most code has been executed somewhere, and what was need not say so again.
template <unsigned kWords, class Set>
void Exploration<kWords, Set>::consider_native() {
    if (native_ == nullptr && states() >= native_from_) {
        native_from_ = Budget::kUnlimited;
        native_ = NativeCode::make(place_.system, code_, layout_, coverage_flags());
        if (native_ == nullptr) return;
        report_.native = true;
        place_.native = native_.get();
        place_.wanted_covers.assign(place_.system.properties.size(), 0);
        for (const auto& worker : workers_) worker->go_native();
    }
    if (native_ == nullptr) return;
    for (PropertyNumber p = 0; p < place_.wanted_covers.size(); ++p) {
        place_.wanted_covers[p] = place_.findings.wants(p, place_.depth + 1) ? 1 : 0;
    }
}

template <unsigned kWords, class Set>
void Exploration<kWords, Set>::explore_level() {
    consider_native();
    if (place_.reduce_by != nullptr) ask_stubborn();
    const bool together = crew_.size() > 1 && place_.levels.size(place_.depth) >= options_.parallel_from;
    if (together)
        explore_together();
    else
        explore_alone();
    gather();
}

// What the workers did becomes what was done.
template <unsigned kWords, class Set>
void Exploration<kWords, Set>::gather() {
    const bool exhausted_before = done_.exhausted > 0;
    const std::uint32_t site = done_.exhausted_site;
    for (const auto& worker : workers_) {
        worker->finish_level();
        place_.findings.take(worker->findings());
        done_.add(worker->take_done());
    }
    if (exhausted_before) done_.exhausted_site = site;
}

template <unsigned kWords, class Set>
bool Exploration<kWords, Set>::begin() {
    place_.room = options_.budget.max_states;
    if (!place_.visited.start(this, &may_grow)) {
        stop(StopReason::kMemory);
        return false;
    }
    workers_[0]->start();
    gather();
    done_.transitions = 0;  // starting is no transition
    place_.levels.close_level();
    return true;
}

// Fills levels and visited set.  False: stopped.
template <unsigned kWords, class Set>
bool Exploration<kWords, Set>::resume_states(std::uint32_t depth) {
    bool failed = false;
    while (const CheckpointReader::Block* block = checkpoints_->next_states(failed)) {
        const std::uint64_t states = block->words.size() / place_.words;
        const bool good = block->words.size() % place_.words == 0 && block->level >= place_.levels.levels();
        if (!good) break;
        while (place_.levels.levels() < block->level) place_.levels.close_level();
        place_.depth = block->level;
        place_.levels.append(block->words);
        for (std::uint64_t s = 0; s < states && !place_.stopped; s += kUnit) {
            if (watch_.due()) look();
            workers_[0]->remember(block->words.data() + s * place_.words, std::min(kUnit, states - s));
            workers_[0]->make_partitions(1);
        }
        place_.levels.spill(place_.levels.levels(), kOldInMemory);
        if (place_.stopped) return false;
    }
    place_.levels.close_level();
    if (failed || place_.levels.levels() != depth + 1 || place_.levels.states() != states()) {
        checkpoints_->refuse("what it says about its states is not so");
        stop(StopReason::kRefused);
    }
    checkpoints_->end_resuming();
    return !place_.stopped;
}

template <unsigned kWords, class Set>
bool Exploration<kWords, Set>::resume() {
    LevelMark mark = std::move(*resume_from_);
    if (!place_.visited.start(this, &may_grow)) {
        stop(StopReason::kMemory);
        return false;
    }
    if (!resume_states(mark.depth)) {
        place_.depth = 0;  // nothing else is known of this search
        return false;
    }
    place_.depth = mark.depth;
    place_.findings = std::move(mark.findings);
    done_ = std::move(mark.done);
    unknown_truths_before_ = mark.unknown_truths;
    workers_[0]->generator().set_coverage_flags(mark.flags);
    place_.room = options_.budget.max_states - std::min(options_.budget.max_states, states());
    place_.full = states() > options_.budget.max_states;
    return true;
}

template <unsigned kWords, class Set>
void Exploration<kWords, Set>::pass_mark() {
    LevelMark mark(place_.system.properties.size());
    mark.depth = place_.depth;
    mark.done = done_;
    mark.findings = place_.findings;
    mark.flags = coverage_flags();
    mark.unknown_truths = unknown_truths();
    checkpoints_->pass(std::move(mark), place_.levels);
}

template <unsigned kWords, class Set>
ExplorationEnd Exploration<kWords, Set>::run() {
    report_.statistics.state_bits = layout_.bits();
    if (resume_from_ ? !resume() : !begin()) {
        report_.statistics.states = resume_from_ ? 0 : states();
        return ExplorationEnd::kDone;
    }
    SearchStatistics& statistics = report_.statistics;
    for (std::size_t l = 0; l < place_.levels.levels(); ++l) note_level(l);
    while (!place_.stopped && !place_.full && done_.misfits.empty()) {
        if (checkpoints_ != nullptr) pass_mark();
        const std::uint64_t before = place_.levels.states();
        explore_level();
        if (place_.stopped || place_.full || states() == before) break;
        place_.levels.close_level();
        note_level(++place_.depth);
        place_.levels.spill(place_.depth, kOldInMemory);
        if (done_.misfits.empty() && states() >= interrupt_at_) return ExplorationEnd::kLong;
    }
    if (place_.full) stop(StopReason::kStates);
    if (!place_.stopped && done_.cut_off) report_.stop = StopReason::kDepth;
    const bool limited = report_.stop != StopReason::kComplete && report_.stop != StopReason::kDepth;
    if (checkpoints_ != nullptr && limited) checkpoints_->leave(place_.levels);
    statistics.states = std::min(states(), options_.budget.max_states);
    statistics.transitions = done_.transitions;
    statistics.depth = place_.depth;
    statistics.bytes_visited = place_.visited.table().bytes();
    statistics.bytes_spooled = place_.levels.bytes_on_disk();
    report_.partial_order.moves = done_.moves;
    report_.partial_order.left_out = done_.left_out;
    if (place_.failed) return ExplorationEnd::kFailed;
    report_.assumed_away = done_.assumed_away;
    report_.silently_ended = done_.silently_ended;
    report_.exhausted = done_.exhausted;
    report_.too_long = done_.too_long + unknown_truths();
    report_.exhausted_site = done_.exhausted_site;
    // Who ran out of time does not begin again.
    const bool again = !done_.misfits.empty() && (report_.stop == StopReason::kComplete || report_.stop == StopReason::kStates);
    return again ? ExplorationEnd::kMisfit : ExplorationEnd::kDone;
}

}  // namespace quire::explore
