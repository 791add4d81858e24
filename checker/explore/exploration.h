// The loop of the search, for states of one number of words (0: any number).
//
// Breadth first over a log of states: level l is a range of the log, its states are expanded in order, and what is new
// goes to the end.  Successors are collected in batches, so that the cache misses of their table slots overlap.
// Properties of a state are evaluated when it is expanded, for then it is unpacked.
//
// Invariant: when level l begins, the log holds exactly the states that a run of at most l steps reaches without
// violating anything before its end, level by level.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <type_traits>
#include <vector>

#include "explore/findings.h"
#include "explore/state_store.h"
#include "explore/successor_generator.h"
#include "explore/traces.h"
#include "explore/watch.h"

namespace quire::explore {

// The properties that are asked about, by what they are evaluated on.
struct Questions {
    std::vector<PropertyNumber> invariants, finals, state_covers, final_covers;
    PropertyNumber deadlock = kNone;
    PropertyNumber leak = kNone;
};

Questions questions(const TransitionSystem& system, const SearchOptions& options);

struct Misfit {
    Address address = 0;
    Value value = 0;
};

enum class ExplorationEnd : std::uint8_t {
    kDone,
    kMisfit,  // a value did not fit: grow the layout and begin again
    kLong,    // as many states as `interrupt_at` said
};

template <unsigned kWords>
class Exploration {
public:
    Exploration(const TransitionSystem& system, const SearchOptions& options, const Questions& asked,
                const PackedLayout& layout, SuccessorGenerator& generator, Watch& watch)
        : system_(system), options_(options), asked_(asked), generator_(generator), watch_(watch),
          store_(layout.words()), findings_(system.properties.size()),
          words_(layout.words()) {
        report_.statistics.state_bits = layout.bits();
        wide_batch_.resize(kWords == 0 ? std::size_t{words_} * kBatch : 0);
    }

    void interrupt_at(std::uint64_t states) { interrupt_at_ = states; }
    ExplorationEnd run();
    const Misfit& misfit() const { return *misfit_; }
    // The values in the states found so far, or in as many of them as is reasonable.
    void observe(std::vector<ObservedRange>& seen);
    // Without traces.
    SearchReport& report() { return report_; }
    const Findings& findings() const { return findings_; }
    ExploredStates explored() const { return {store_.size() == 0 ? nullptr : store_.state(0), words_, level_begin_}; }

private:
    static constexpr unsigned kBatch = 64;
    struct Pending {
        std::uint64_t hash;
        std::uint64_t words[kWords == 0 ? 1 : kWords];
    };
    class Sink;

    void explore_level();
    void explore_state(std::uint64_t index);
    bool check(const std::vector<PropertyNumber>& properties, Target target, std::uint32_t steps);
    void check_covers(Target target, std::uint32_t steps);
    void check_ends(const Mobility& mobility, bool final, std::uint64_t index);
    bool live_object() const;
    void push(const std::uint64_t* words);
    void flush();
    void insert(const std::uint64_t* words, std::uint64_t hash);
    void look();
    void stop(StopReason reason) {
        if (!stopped_) report_.stop = reason;
        stopped_ = true;
    }
    static bool may_grow(void* self, std::uint64_t bytes) {
        return static_cast<Exploration*>(self)->watch_.may_use(bytes);
    }

    const TransitionSystem& system_;
    const SearchOptions& options_;
    const Questions& asked_;
    SuccessorGenerator& generator_;
    Watch& watch_;
    StateStore<kWords> store_;
    Findings findings_;
    SearchReport report_;
    unsigned words_;
    std::uint64_t interrupt_at_ = Budget::kUnlimited;

    std::vector<std::uint64_t> level_begin_;
    std::uint32_t depth_ = 0;
    std::uint64_t present_ = 0;  // the state being expanded
    std::uint64_t transitions_ = 0;
    bool at_start_ = false;
    bool stopped_ = false;
    bool full_ = false;  // no state can be added any more
    std::optional<Misfit> misfit_;

    std::array<Pending, kBatch> batch_;
    std::vector<std::uint64_t> wide_batch_;  // the words, if there are any number of them
    unsigned pending_ = 0;
};

// ------------------------------------------------------------------------------------------------- what ways lead to

template <unsigned kWords>
class Exploration<kWords>::Sink : public NullSink {
public:
    static constexpr bool kPacked = true;
    explicit Sink(Exploration& e) : e_(e) {}

    bool stopped() const { return e_.stopped_; }
    void on_way() {
        if (e_.watch_.due()) [[unlikely]] e_.look();
    }
    void on_state(const std::uint64_t* words) {
        ++e_.transitions_;
        e_.push(words);
    }
    void on_step_violation() {
        ++e_.transitions_;
        Target target{e_.present_, e_.generator_.thread()};
        std::uint32_t steps = e_.depth_ + 1;
        for (PropertyNumber p : e_.generator_.step_failures()) e_.findings_.add(p, steps, target);
        e_.check(e_.asked_.invariants, target, steps);
        e_.check_covers(target, steps);
    }
    void on_violation(PropertyNumber property) { found(property); }
    void on_cover(PropertyNumber property) { found(property); }
    void on_dropped(WayEnd end) {
        SearchReport& report = e_.report_;
        switch (end) {
            case WayEnd::kAssumed: ++report.assumed_away; break;
            case WayEnd::kSilent: ++report.silently_ended; break;
            case WayEnd::kExhausted:
                if (report.exhausted++ == 0) report.exhausted_site = e_.generator_.site();
                break;
            case WayEnd::kTooLong:
                ++report.too_long;
                e_.watch_.look_soon();
                break;
            case WayEnd::kDone: case WayEnd::kBlocked: case WayEnd::kViolation: break;
        }
    }
    void on_misfit(Address address, Value value) {
        e_.misfit_ = Misfit{address, value};
        e_.stopped_ = true;
    }

private:
    void found(PropertyNumber property) {
        if (e_.at_start_) e_.findings_.add_start(property, e_.generator_.choices());
        else e_.findings_.add(property, e_.depth_ + 1, {e_.present_, e_.generator_.thread()});
    }

    Exploration& e_;
};

template <unsigned kWords>
inline void Exploration<kWords>::push(const std::uint64_t* words) {
    Pending& pending = batch_[pending_];
    if constexpr (kWords == 0) {
        std::copy_n(words, words_, &wide_batch_[std::size_t{pending_} * words_]);
    } else {
        for (unsigned i = 0; i < kWords; ++i) pending.words[i] = words[i];
    }
    pending.hash = store_.hash(words);
    store_.prefetch(pending.hash);
    if (++pending_ == kBatch) flush();
}

template <unsigned kWords>
void Exploration<kWords>::flush() {
    if constexpr (kWords != 1) {
        for (unsigned i = 0; i < pending_; ++i) store_.prefetch_log(batch_[i].hash);
    }
    for (unsigned i = 0; i < pending_; ++i) {
        const std::uint64_t* words = kWords == 0 ? &wide_batch_[std::size_t{i} * words_] : batch_[i].words;
        insert(words, batch_[i].hash);
    }
    pending_ = 0;
}

template <unsigned kWords>
inline void Exploration<kWords>::insert(const std::uint64_t* words, std::uint64_t hash) {
    if (full_) [[unlikely]] return;
    switch (store_.insert(words, hash)) {
        case Inserted::kOld: break;
        case Inserted::kNew:
            if (store_.size() > options_.budget.max_states) {
                store_.drop_last();
                full_ = true;
                stop(StopReason::kStates);
            }
            break;
        case Inserted::kNoRoom:
            full_ = true;
            stop(StopReason::kMemory);
            break;
    }
}

template <unsigned kWords>
void Exploration<kWords>::look() {
    Progress progress;
    progress.states = store_.size();
    progress.transitions = transitions_;
    progress.frontier = store_.size() - present_;
    progress.memory = store_.bytes();
    progress.depth = depth_;
    if (std::optional<StopReason> reason = watch_.look(progress)) stop(*reason);
}

// ------------------------------------------------------------------------------------------------------------ states

// Whether all of them hold in the present cells.
template <unsigned kWords>
bool Exploration<kWords>::check(const std::vector<PropertyNumber>& properties, Target target, std::uint32_t steps) {
    bool all = true;
    for (PropertyNumber p : properties) {
        if (generator_.holds(p)) continue;
        findings_.add(p, steps, target);
        all = false;
    }
    return all;
}

template <unsigned kWords>
void Exploration<kWords>::check_covers(Target target, std::uint32_t steps) {
    for (PropertyNumber p : asked_.state_covers) {
        if (findings_.wants(p, steps) && generator_.holds(p)) findings_.add(p, steps, target);
    }
    if (asked_.final_covers.empty() || !generator_.is_final()) return;
    for (PropertyNumber p : asked_.final_covers) {
        if (findings_.wants(p, steps) && generator_.holds(p)) findings_.add(p, steps, target);
    }
}

template <unsigned kWords>
bool Exploration<kWords>::live_object() const {
    return std::any_of(system_.objects.begin(), system_.objects.end(), [this](const Object& object) {
        return object.pool && generator_.cells()[object.in_use] != 0;
    });
}

template <unsigned kWords>
void Exploration<kWords>::check_ends(const Mobility& mobility, bool final, std::uint64_t index) {
    bool deadlock = !mobility.any && !final;
    if (deadlock && asked_.deadlock != kNone) findings_.add(asked_.deadlock, depth_, {index, 0});
    bool leak = final && !mobility.daemon && asked_.leak != kNone && live_object();
    if (leak) findings_.add(asked_.leak, depth_, {index, 0});
}

template <unsigned kWords>
void Exploration<kWords>::explore_state(std::uint64_t index) {
    present_ = index;
    generator_.load(store_.state(index));
    const Target here{index, 0};
    bool good = check(asked_.invariants, here, depth_);
    check_covers(here, depth_);
    if (!good) return;
    bool final = generator_.is_final();
    if (final) good = check(asked_.finals, here, depth_);
    Mobility mobility;
    if (good && depth_ < options_.budget.max_depth) {
        Sink sink(*this);
        mobility = generator_.template expand<kWords>(sink);
        if (stopped_) return;  // perhaps in the middle
    } else {
        NullSink sink;
        mobility = generator_.template expand<kWords>(sink);
        if (good && mobility.any) report_.stop = StopReason::kDepth;
    }
    check_ends(mobility, final, index);
}

template <unsigned kWords>
void Exploration<kWords>::observe(std::vector<ObservedRange>& seen) {
    constexpr std::uint64_t kMost = std::uint64_t{1} << 16;
    const std::uint64_t stride = store_.size() / kMost + 1;
    for (std::uint64_t s = 0; s < store_.size(); s += stride) {
        generator_.load(store_.state(s));
        for (Address a = 0; a < seen.size(); ++a) seen[a].add(generator_.cells()[a]);
    }
}

template <unsigned kWords>
void Exploration<kWords>::explore_level() {
    for (std::uint64_t s = level_begin_[depth_]; s < level_begin_[depth_ + 1] && !stopped_; ++s) {
        if (watch_.due()) [[unlikely]] look();
        if (!stopped_) explore_state(s);
    }
    if (!misfit_) flush();
}

template <unsigned kWords>
ExplorationEnd Exploration<kWords>::run() {
    level_begin_ = {0, 0};
    if (!store_.start(this, &may_grow)) {
        stop(StopReason::kMemory);
        return ExplorationEnd::kDone;
    }
    at_start_ = true;
    Sink sink(*this);
    generator_.template start<kWords>(sink);
    if (!misfit_) flush();
    at_start_ = false;
    transitions_ = 0;  // starting is no transition
    level_begin_[1] = store_.size();
    SearchStatistics& statistics = report_.statistics;
    statistics.widest_level = store_.size();
    while (!stopped_) {
        explore_level();
        std::uint64_t added = store_.size() - level_begin_.back();
        if (stopped_ || added == 0) break;
        statistics.widest_level = std::max(statistics.widest_level, added);
        level_begin_.push_back(store_.size());
        ++depth_;
        if (store_.size() >= interrupt_at_) return ExplorationEnd::kLong;
    }
    statistics.states = store_.size();
    statistics.transitions = transitions_;
    statistics.depth = depth_;
    statistics.bytes_visited = store_.bytes();
    return misfit_ ? ExplorationEnd::kMisfit : ExplorationEnd::kDone;
}

}  // namespace quire::explore
