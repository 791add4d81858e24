// What each step of a replayed run read and wrote: the raw material of causes.
#pragma once

#include <span>
#include <vector>

#include "system/verdict.h"

namespace quire {

// Cells that hold data: memory, ghost state, locals.  Where threads stand and the tool's own cells are left out.
struct StepFlow {
    std::vector<Address> reads;   // in order, each once
    std::vector<Address> writes;  // also with the value that was there
    bool decided = false;         // the step took one way of several
};

// flows[i] is of step i.
std::vector<StepFlow> data_flow(const TransitionSystem& system, const Trace& trace, const ReplayedTrace& run);

// The cells that one run of a program reads from `state`, whose values decide what it comes to; `thread` runs it.
std::vector<Address> cells_read_by(const TransitionSystem& system, const Program& program, std::span<const Value> state,
                                   std::span<const Value> before, ThreadNumber thread);

// The number of the object that a pointer cell names, alive or not; 0: it is no pointer, NULL, or names no object.
std::size_t object_named_by(const TransitionSystem& system, Address cell, Value value);

}  // namespace quire
