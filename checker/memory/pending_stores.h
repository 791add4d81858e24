// How many stores can wait in a thread's buffer at each place of its code, and which steps wait until none does.
#pragma once

#include <cstdint>
#include <vector>

#include "ir/flow_graph.h"

namespace quire::memory {

// Code without loops between its fences gets room for all its stores, up to this many.
inline constexpr std::uint32_t kMostPending = 32;
// What code gets that can store without end.
inline constexpr std::uint32_t kLoopPending = 8;

struct PendingStores {
    std::vector<bool> drains;           // by node: a kStep, or a kFence between steps, that waits for an empty buffer
    std::vector<bool> direct;           // by node: a kRead or kWrite in such a step
    std::vector<std::uint32_t> before;  // by node: at most so many stores wait when it is reached (kMostPending + 1: any number)
    std::uint32_t capacity = 0;         // of the buffer; 0: no store ever waits
};

// `reused`: the thread may start again, with what its buffer then holds.
PendingStores find_pending_stores(const ir::FlowGraph& graph, bool reused);

}  // namespace quire::memory
