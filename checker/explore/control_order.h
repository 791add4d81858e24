#pragma once

#include <cstdint>
#include <vector>

#include "system/transition_system.h"

namespace quire::explore {

// The instructions of a program that control can reach, each after all those that lead to it, but for jumps back.
struct ControlOrder {
    std::vector<std::uint32_t> order;
    std::vector<char> jumped_back_to;  // by instruction

    bool loops() const;
};

ControlOrder control_order(const Program& program);

// Where control can go from an instruction: `count` of them.
struct NextInstructions {
    std::uint32_t next[2] = {0, 0};
    std::uint32_t count = 0;
};

NextInstructions next_instructions(const Program& program, std::uint32_t number);

}  // namespace quire::explore
