// From a typed program and an instance to a transition system: one automaton per role, one step per access.
#pragma once

#include <string>
#include <vector>

#include "support/diagnostics.h"
#include "support/result.h"
#include "system/transition_system.h"
#include "types/typed_program.h"

namespace quire {

namespace ir {
class MemoryModel;
}

// Passes that change what is stored and never what holds.  Each can be switched off.
struct LowerOptions {
    bool propagate_arguments = true;   // a parameter that is never written takes no storage of its own
    bool reset_dead_locals = true;     // locals that nothing will read are 0
    bool remove_proven_checks = true;  // of locals that are initialised on every way
    bool remove_dead_assignments = true;
    bool drop_unread_storage = true;  // locals that no later step reads have no cells
    bool empty_sets_at_once = true;   // `for (x : s) s.remove(x);` within one step is one way, not one for each order
    bool infer_ranges = true;         // of locals and temporaries
    // Static initialisers are run by `start` and not before it: what they say of the constants is then in the program.
    bool initialisers_at_start = false;
    // What is quantified over the threads of a role says so of each thread (system/thread_marks.h).
    bool mark_quantified_threads = false;
    // `for (t : s) await (!s.contains(t));`, in which nobody is told apart: waits until each has been seen outside, and names no
    // thread meanwhile.  Where the waiting thread stands in its loop is then another state; all that others see is the same.
    bool wait_for_all_at_once = false;
    const ir::MemoryModel* memory = nullptr;  // none: sequential consistency
};

// `constants`: by ConstantId.  Fails with a diagnostic where the instance is too large.
Result<TransitionSystem> lower_program(const TypedProgram& program, const ConstantValues& constants, const LowerOptions& options,
                                       Diagnostics& diagnostics);

// The flow graphs of all roles and of the init blocks, before a memory model rewrites them: `--print ir`.
Result<std::string> print_flow_graphs(const TypedProgram& program, const ConstantValues& constants, const LowerOptions& options,
                                      Diagnostics& diagnostics);

}  // namespace quire
