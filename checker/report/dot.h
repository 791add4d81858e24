// A state graph for Graphviz.
#pragma once

#include <string>

#include "explain/state_graph.h"

namespace quire {

// More nodes than these make no picture.
inline constexpr std::uint32_t kMostDrawnStates = 2000;
// Whoever forces it gets no more than these.
inline constexpr std::uint32_t kMostForcedStates = 50'000;

std::string dot_text(const StateGraph& graph, const std::string& title);

}  // namespace quire
