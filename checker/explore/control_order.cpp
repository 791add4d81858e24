// Reverse postorder of a depth-first search.
#include "explore/control_order.h"

#include <algorithm>
#include <utility>

namespace quire::explore {

bool ControlOrder::loops() const {
    return std::any_of(jumped_back_to.begin(), jumped_back_to.end(), [](char c) { return c != 0; });
}

NextInstructions next_instructions(const Program& program, std::uint32_t number) {
    const Instruction& i = program.code[number];
    NextInstructions result;
    if (i.kind == InstructionKind::kFinish) return result;
    if (i.kind != InstructionKind::kJump) result.next[result.count++] = number + 1;
    if (i.kind == InstructionKind::kJump || i.kind == InstructionKind::kBranch) result.next[result.count++] = i.target;
    return result;
}

ControlOrder control_order(const Program& program) {
    enum : char { kUnseen, kOpen, kDone };
    ControlOrder result;
    result.jumped_back_to.assign(program.code.size(), 0);
    std::vector<char> state(program.code.size(), kUnseen);
    std::vector<std::pair<std::uint32_t, std::uint32_t>> path;  // instruction, how many of its successors are done
    if (program.code.empty()) return result;
    path.emplace_back(0, 0);
    state[0] = kOpen;
    while (!path.empty()) {
        auto& [number, done] = path.back();
        NextInstructions next = next_instructions(program, number);
        if (done == next.count) {
            state[number] = kDone;
            result.order.push_back(number);
            path.pop_back();
            continue;
        }
        std::uint32_t to = next.next[done++];
        if (state[to] == kOpen) result.jumped_back_to[to] = 1;
        if (state[to] != kUnseen) continue;
        state[to] = kOpen;
        path.emplace_back(to, 0);
    }
    std::reverse(result.order.begin(), result.order.end());
    return result;
}

}  // namespace quire::explore
