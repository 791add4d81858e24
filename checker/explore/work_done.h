#pragma once

#include <algorithm>
#include <cstdint>
#include <map>

#include "explore/packed_layout.h"

namespace quire::explore {

// What a worker did in a level.
struct WorkDone {
    std::uint64_t transitions = 0;
    std::uint64_t assumed_away = 0, silently_ended = 0, exhausted = 0, too_long = 0;
    std::uint32_t exhausted_site = kNone;      // the least
    bool cut_off = false;                      // a state at the greatest depth could move
    std::uint64_t moves = 0, left_out = 0;     // see PartialOrderReport
    std::map<Address, ObservedRange> misfits;  // values that did not fit

    void add(const WorkDone& other);
};

inline void WorkDone::add(const WorkDone& other) {
    transitions += other.transitions;
    assumed_away += other.assumed_away;
    silently_ended += other.silently_ended;
    exhausted += other.exhausted;
    too_long += other.too_long;
    exhausted_site = std::min(exhausted_site, other.exhausted_site);
    cut_off = cut_off || other.cut_off;
    moves += other.moves;
    left_out += other.left_out;
    for (const auto& [address, range] : other.misfits) {
        ObservedRange& seen = misfits.try_emplace(address, range).first->second;
        seen.add(range.lo);
        seen.add(range.hi);
    }
}

}  // namespace quire::explore
