// Which values the registers of a role can take: intervals, without regard to control flow.
#pragma once

#include "ir/flow_graph.h"

namespace quire::ir {

// Narrows lo..hi of the registers to what their assignments can leave there (0, the value of dead registers, included).
void infer_ranges(FlowGraph& graph, const TransitionSystem& system);

}  // namespace quire::ir
