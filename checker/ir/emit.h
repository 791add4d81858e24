// From flow graphs to the programs of a transition system.
#pragma once

#include "ir/analysis.h"
#include "ir/lower.h"
#include "ir/lowering_context.h"

namespace quire::ir {

// Gives the registers of one role that live across steps their cells, or with `keep_unread` all that hold locals; adds
// variables to the system.
struct RegisterHomes {
    std::vector<std::uint32_t> variable;  // by register: the variable whose cells hold it, or kNone
    Liveness live;
};
RegisterHomes place_registers(LoweringContext& context, const FlowGraph& graph, bool keep_unread);

// All steps of the role, after the registers of *all* roles have been placed (a free marks every thread's pointers).
void emit_role(LoweringContext& context, const FlowGraph& graph, const RegisterHomes& homes,
               const std::vector<const FlowGraph*>& all_graphs, const std::vector<RegisterHomes>& all_homes,
               bool reset_dead_locals);

// A program that is one step: init blocks, properties.  Register n of the graph is register n of the program.
Program emit_whole(LoweringContext& context, const FlowGraph& graph, const std::vector<const FlowGraph*>& all_graphs,
                   const std::vector<RegisterHomes>& all_homes);

}  // namespace quire::ir
