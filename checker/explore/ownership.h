// Who holds which lock, proved from the text of the steps.
//
// A lock is a cell that is not 0 exactly while one thread stands at one of the locations where it *holds* it.  Nothing is
// believed: names, contracts and types play no part.
#pragma once

#include <cstdint>
#include <vector>

#include "explore/step_paths.h"

namespace quire::explore {

// What is known of all threads' steps; see dependence.cpp.
struct Steps {
    struct OfLocation {
        StepInfo info;
        std::vector<LocationNumber> next;  // where it can lead; for exact steps by path, kNone: the run ends there
    };
    std::vector<std::vector<OfLocation>> of;  // by thread and location
    std::vector<ThreadNumber> own;            // by cell: the only thread that writes it (but for marks), or 0
    std::vector<char> marked;                 // by cell: some step may set or clear its mark
    std::vector<Value> start;                 // a start state
    std::vector<char> start_writes;           // by cell: in another start state it may have another value
    std::vector<char> moved_by_others;        // by thread: others may write its location
};

struct Ownership {
    static constexpr std::uint32_t kMostLocks = 64;

    std::vector<std::uint32_t> lock_of;  // by cell: its number, or kNone
    std::uint32_t locks = 0;
    // By thread and location: the addresses of what it holds there, over its own cells.
    std::vector<std::vector<std::vector<ExprId>>> held;
};

Ownership find_owners(const TransitionSystem& system, ExpressionPool& pool, CellSets& sets, const Steps& steps);

// The condition says that the cell at an address is 0 (`zero`) or not; an invalid id: it is about something else.
ExprId tested_for_zero(const ExpressionPool& pool, const Condition& condition, bool& zero);

}  // namespace quire::explore
