// Which threads have to be expanded in a state so that nothing that is asked for is missed.
//
// One object per worker: tables are shared, what is here is scratch.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "explore/condition_reads.h"
#include "explore/dependence.h"
#include "explore/ownership.h"

namespace quire::explore {

using ThreadSet = std::uint64_t;  // bit t - 1: thread t
inline constexpr ThreadSet kAllThreads = ~ThreadSet{0};

// What is still asked for; changes between levels only.
struct OpenQuestions {
    std::vector<PropertyNumber> conditions;    // of invariants and of covers not yet reached
    std::vector<PropertyNumber> cover_points;  // not yet reached
    bool final_states = false;                 // `finally`, or a cover of final states that is not yet reached
};

class StubbornSets {
public:
    StubbornSets(const TransitionSystem& system, const Dependence& tables);

    void ask(OpenQuestions open) { open_ = std::move(open); }

    // `can_move(thread)`: whether some step of the thread is possible; `is_final()`: whether every thread but daemons has ended.
    template <class State>
    ThreadSet choose(State& state);

    // Threads that could move, and those that were left out, over all states since the last time.
    void take_counts(std::uint64_t& moves, std::uint64_t& left_out) {
        moves = std::exchange(enabled_threads_, 0);
        left_out = std::exchange(left_out_, 0);
    }

private:
    struct Footprint {
        std::vector<std::uint64_t> reads, writes, guards;
    };

    void take_footprint(ThreadNumber t);
    void find_holders(ThreadNumber t);
    ThreadSet select();
    ThreadSet needed_by_questions();
    ThreadSet needed_by_condition(PropertyNumber p, ThreadSet have);
    ThreadSet needed(ThreadNumber t);
    ThreadSet closure(ThreadSet threads);
    // The thread that has to move first before j may make such an access; 0: nobody is known to.
    ThreadNumber gate_keeper(const FutureAccess& access, ThreadNumber j, ThreadNumber preferred) const;
    bool meets(const std::uint64_t* a, const std::uint64_t* b) const {
        for (std::uint32_t w = 0; w < words_; ++w) {
            if ((a[w] & b[w]) != 0) return true;
        }
        return false;
    }
    static ThreadSet bit(ThreadNumber t) { return ThreadSet{1} << (t - 1); }

    const TransitionSystem& system_;
    const Dependence& tables_;
    const std::uint32_t words_;
    ConditionReads reads_;
    OpenQuestions open_;
    std::uint64_t enabled_threads_ = 0, left_out_ = 0;

    // of the present state
    std::span<const Value> cells_;
    std::vector<const LocationTable*> at_;  // by thread
    std::vector<Footprint> footprint_;
    std::vector<ThreadSet> needed_;  // by thread; meaningful if known_ says so
    ThreadSet known_ = 0, enabled_ = 0, sticky_ = 0;
    std::array<ThreadNumber, Ownership::kMostLocks> holder_{};
    std::vector<std::uint64_t> scratch_;
    std::vector<Address> read_cells_;
};

template <class State>
ThreadSet StubbornSets::choose(State& state) {
    cells_ = state.cells();
    known_ = enabled_ = sticky_ = 0;
    holder_.fill(0);
    for (ThreadNumber t = 1; t < at_.size(); ++t) {
        at_[t] = &tables_.of[t][static_cast<std::size_t>(cells_[tables_.location_cell[t]])];
        find_holders(t);
        bool moves = at_[t]->has_step && (!at_[t]->can_block || state.can_move(t));
        if (!moves) continue;
        enabled_ |= bit(t);
        if (at_[t]->sticky) sticky_ |= bit(t);
    }
    if ((enabled_ & (enabled_ - 1)) == 0) return kAllThreads;
    if (tables_.has_daemons && state.is_final()) return kAllThreads;
    return select();
}

}  // namespace quire::explore
