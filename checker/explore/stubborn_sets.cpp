// Strong stubborn sets (A. Valmari, "Stubborn sets for reduced state space generation", 1989) of whole threads, with
// necessary enabling sets and property transitions (A. Laarman, E. Pater, J. van de Pol, H. Hansen, "Guard-based
// partial-order reduction", 2014; L. Kristensen and A. Valmari, "Improved question-guided stubborn set methods", 2000).
// The argument, and where we deviate, is docs/algorithms/partial-order-reduction.md.
//
// Invariant of a set T that `select` returns, unless it is all: for each thread of T that can move, every thread that may
// ever touch what its next step touches, in conflict, is in T or cannot do so before some thread of T moves; for each that
// cannot move, the same of every thread that may ever change what it waits for; for each open question, the same of every
// thread that may ever change what makes its condition false here; some thread of T can move; and none of those that can
// closes a cycle.
#include "explore/stubborn_sets.h"

#include <algorithm>
#include <bit>

namespace quire::explore {

StubbornSets::StubbornSets(const TransitionSystem& system, const Dependence& tables)
    : system_(system),
      tables_(tables),
      words_(tables.set_words),
      reads_(system),
      at_(system.threads.size()),
      footprint_(system.threads.size()),
      needed_(system.threads.size()),
      scratch_(tables.set_words) {
    for (Footprint& f : footprint_) {
        f.reads.resize(words_);
        f.writes.resize(words_);
        f.guards.resize(words_);
    }
}

void StubbornSets::find_holders(ThreadNumber t) {
    for (const HeldLock& held : at_[t]->held) {
        std::size_t which = 0;
        if (held.cell != kNone) {
            Value value = cells_[held.cell];
            if (value < held.lo || value - held.lo >= static_cast<Value>(held.locks.size())) continue;
            which = static_cast<std::size_t>(value - held.lo);
        }
        if (held.locks[which] != kNone) holder_[held.locks[which]] = t;
    }
}

void StubbornSets::take_footprint(ThreadNumber t) {
    Footprint& f = footprint_[t];
    auto add = [&](const FootprintSets& sets, bool first) {
        const std::uint64_t *reads = tables_.set(sets.reads), *writes = tables_.set(sets.writes),
                            *guards = tables_.set(sets.guards);
        for (std::uint32_t w = 0; w < words_; ++w) {
            f.reads[w] = (first ? 0 : f.reads[w]) | reads[w];
            f.writes[w] = (first ? 0 : f.writes[w]) | writes[w];
            f.guards[w] = (first ? 0 : f.guards[w]) | guards[w];
        }
    };
    add(at_[t]->direct, true);
    for (const FootprintByValue& item : at_[t]->by_value) {
        Value value = cells_[item.cell];
        bool inside = value >= item.lo && value - item.lo < static_cast<Value>(item.sets.size());
        add(inside ? item.sets[static_cast<std::size_t>(value - item.lo)] : item.otherwise, false);
    }
}

ThreadNumber StubbornSets::gate_keeper(const FutureAccess& access, ThreadNumber j, ThreadNumber preferred) const {
    ThreadNumber found = 0;
    for (std::uint64_t gates = access.gates; gates != 0; gates &= gates - 1) {
        ThreadNumber holder = holder_[static_cast<std::size_t>(std::countr_zero(gates))];
        if (holder == 0 || holder == j) continue;
        if (holder == preferred) return holder;
        if (found == 0) found = holder;
    }
    return found;
}

// What has to be in the set if t is.
ThreadSet StubbornSets::needed(ThreadNumber t) {
    if ((known_ & bit(t)) != 0) return needed_[t];
    known_ |= bit(t);
    take_footprint(t);
    const Footprint& f = footprint_[t];
    const bool moves = (enabled_ & bit(t)) != 0;
    ThreadSet result = 0;
    for (ThreadNumber j = 1; j < at_.size(); ++j) {
        if (j == t) continue;
        for (const FutureAccess& access : at_[j]->future) {
            const std::uint64_t *reads = tables_.set(access.reads), *writes = tables_.set(access.writes);
            bool conflict = moves
                                ? meets(f.writes.data(), reads) || meets(f.writes.data(), writes) || meets(f.reads.data(), writes)
                                : meets(f.guards.data(), writes);
            if (!conflict) continue;
            ThreadNumber keeper = gate_keeper(access, j, t);
            result |= bit(keeper == 0 ? j : keeper);
            if (keeper == 0) break;
        }
    }
    needed_[t] = result & ~bit(t);
    return needed_[t];
}

ThreadSet StubbornSets::closure(ThreadSet threads) {
    ThreadSet open = threads;
    while (open != 0) {
        auto t = static_cast<ThreadNumber>(std::countr_zero(open) + 1);
        open &= open - 1;
        ThreadSet more = needed(t) & ~threads;
        threads |= more;
        open |= more;
    }
    return threads;
}

// So that the condition's truth can change only by a step that a thread of the result, or of `have`, comes before.
ThreadSet StubbornSets::needed_by_condition(PropertyNumber p, ThreadSet have) {
    auto writers = [&](const std::uint64_t* cells) {
        ThreadSet result = 0;
        for (ThreadNumber j = 1; j < at_.size(); ++j) {
            for (const FutureAccess& access : at_[j]->future) {
                if (!meets(cells, tables_.set(access.writes))) continue;
                ThreadNumber keeper = gate_keeper(access, j, 0);
                result |= bit(keeper == 0 ? j : keeper);
                if (keeper == 0) break;
            }
        }
        return result;
    };
    ThreadSet any = writers(tables_.set(tables_.property_reads[p]));
    if ((any & ~have) == 0) return any;
    read_cells_.clear();
    if (!reads_.find(system_.properties[p].condition, cells_, read_cells_)) return any;
    std::fill(scratch_.begin(), scratch_.end(), 0);
    for (Address a : read_cells_) {
        std::uint32_t bit_number = tables_.bit_of[a];
        if (bit_number != kNone) scratch_[bit_number / 64] |= std::uint64_t{1} << (bit_number % 64);
    }
    return writers(scratch_.data());
}

ThreadSet StubbornSets::needed_by_questions() {
    ThreadSet threads = 0;
    if (open_.final_states && tables_.has_daemons) {
        // All of them have to end: any one that has not will do.
        for (ThreadNumber t = 1; t < at_.size() && threads == 0; ++t) {
            const ThreadRole& role = system_.roles[system_.threads[t].role];
            bool ended = cells_[tables_.location_cell[t]] == static_cast<Value>(role.end);
            if (!role.daemon && !ended) threads |= bit(t);
        }
    }
    for (PropertyNumber p : open_.cover_points) {
        for (ThreadNumber t = 1; t < at_.size(); ++t) {
            const std::vector<PropertyNumber>& covers = at_[t]->future_covers;
            if (std::binary_search(covers.begin(), covers.end(), p)) threads |= bit(t);
        }
    }
    threads = closure(threads);
    for (PropertyNumber p : open_.conditions) {
        if ((enabled_ & ~threads) == 0) break;
        threads = closure(threads | needed_by_condition(p, threads));
    }
    return threads;
}

ThreadSet StubbornSets::select() {
    const ThreadSet base = needed_by_questions();
    const ThreadSet all = enabled_;
    enabled_threads_ += static_cast<std::uint64_t>(std::popcount(all));
    ThreadSet best = kAllThreads;
    int fewest = std::popcount(all);
    auto offer = [&](ThreadSet threads) {
        ThreadSet moving = threads & all;
        if ((moving & sticky_) != 0 || std::popcount(moving) >= fewest) return;
        fewest = std::popcount(moving);
        best = moving;
    };
    if ((base & all) != 0) {
        offer(base);
    } else {
        for (ThreadSet rest = all; rest != 0 && fewest > 1; rest &= rest - 1) offer(closure(base | (rest & -rest)));
    }
    left_out_ += static_cast<std::uint64_t>(std::popcount(all) - fewest);
    return best;
}

}  // namespace quire::explore
