// What is proved, and what could change it.
#pragma once

#include "prove/facts.h"
#include "system/transition_system.h"

namespace quire::prove {

// The step of one thread from one location.
struct Action {
    ThreadNumber thread = 0;
    LocationNumber location = 0;
};

// A statement about single states: a program as of a property, or a fact.
struct Claim {
    const Program* program = nullptr;  // not owned; if null:
    Fact fact;
};

// The cell that says where a thread stands.
inline Address place_of(const TransitionSystem& system, ThreadNumber thread) {
    const Thread& t = system.threads[thread];
    return system.variables[system.roles[t.role].location_variable].base + t.index;
}

}  // namespace quire::prove
