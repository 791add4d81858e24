// What the lowering of all roles and properties of one instance shares.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "ir/flow_graph.h"
#include "ir/memory_layout.h"

namespace quire::ir {

// The first two locations of every role.
inline constexpr Value kStartLocation = 0;
inline constexpr Value kEndLocation = 1;

// Locks that contracts talk about: the places of one struct, or a bare name.
struct LockClass {
    StructId structure;  // invalid: a bare name
    std::string name;
    bool spins = true;  // no function that takes one sleeps
    Address held = 0;   // cell of (slot, thread): held + slot * (threads + 1) + thread; for a name slot is 0
};

struct LoweringContext {
    LoweringContext(const TypedProgram& program, const ConstantValues& values, TransitionSystem& transition_system,
                    Diagnostics& sink)
        : typed(program),
          constants(values),
          system(transition_system),
          diagnostics(sink),
          layout(program, values, executors, transition_system) {}

    const TypedProgram& typed;
    const ConstantValues& constants;
    TransitionSystem& system;
    Diagnostics& diagnostics;
    std::vector<Executor> executors;
    MemoryLayout layout;

    std::vector<LockClass> locks;
    bool contracts_used = false;
    Address spinning = 0;    // cell per thread: how many spinning locks it holds; 0 if nobody asks
    Address named_held = 0;  // cell per thread: how many bare-name locks it holds; 0 if nobody asks
    Address irqs_off = 0;    // cell per thread; 0 if nobody asks
    bool wait_for_all_at_once = false;
    bool empty_sets_at_once = true;
    Address thread_marks = 0;                                                  // cell per thread; 0 if nobody asks
    std::map<LabelId, Address> watched_labels;                                 // cell per thread number
    std::map<std::pair<std::uint32_t, LocalId>, std::uint32_t> shared_locals;  // (executor, local) -> variable
    std::map<std::tuple<SourceSpan, std::uint32_t, std::string>, std::uint32_t> site_numbers;
    std::uint32_t in_use_table = kNone;  // object -> address of its in_use cell
    std::uint32_t thread_index_table = kNone;
    PropertyNumber first_property = 0;  // of the program's properties
    PropertyNumber first_cover = 0;     // of its cover points
    bool propagate_arguments = true;

    std::uint32_t site(SourceSpan span, std::uint32_t caller, const std::string& function, bool library);
    // Puts the variable behind all others, its cells 0; returns the first of them.
    Address add_variable(Variable variable);
    Address add_internal(const std::string& name, std::uint32_t count, Value hi);
    // Whether the body of `f` calls functions with contracts of their own.
    bool wraps_contracts(const Function& f);
    std::map<const Function*, bool> wrappers;
    PropertyNumber check(std::string_view name) const { return system.property(name); }
};

}  // namespace quire::ir
