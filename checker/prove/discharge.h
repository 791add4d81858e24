// Proves invariants by induction, action by action.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/budget.h"
#include "system/transition_system.h"

namespace quire {

struct DischargeOptions {
    std::uint32_t resource_limit = 200'000;  // of Z3, for one query: deterministic, as time is not
    const CancelToken* cancel = nullptr;
};

struct DischargedInvariant {
    PropertyNumber property = kNone;
    std::uint32_t actions = 0;     // steps of a thread from a location
    std::uint32_t discharged = 0;  // of these, proved to preserve the invariant in every state
    bool start_holds = false;
    bool inductive = false;        // all of that, and proved again in fresh contexts
    std::string why_not;           // the first reason if not
};

struct DischargeReport {
    std::vector<DischargedInvariant> invariants;  // in order of property number
    std::uint64_t queries = 0;
    double cpu_seconds = 0;
};

// Takes for granted that every cell stays within the range of its variable, and nothing else about what can be reached.
// An inductive invariant holds in every reachable state and need not be evaluated.
DischargeReport discharge(const TransitionSystem& system, const DischargeOptions& options);

}  // namespace quire
