// A search so simple that it is right: level by level over maps, by `successors` and `holds` alone.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "system/execute.h"
#include "system/transition_system.h"
#include "system/verdict.h"

namespace quire::test {

struct OracleAnswer {
    bool complete = true;
    std::uint64_t states = 0, transitions = 0, dropped = 0, exhausted = 0, too_long = 0;
    std::uint32_t depth = 0;
    std::map<PropertyNumber, std::pair<std::uint32_t, std::uint32_t>> found;  // steps, fewest switches
};

OracleAnswer explore_simply(const TransitionSystem& system, std::size_t max_states);

}  // namespace quire::test
