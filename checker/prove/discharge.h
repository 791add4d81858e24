// Proves invariants by induction, action by action.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/budget.h"
#include "system/transition_system.h"

namespace quire {

struct DischargeOptions {
    std::uint32_t resource_limit = 100'000;  // of Z3, for one query: deterministic, as time is not
    Budget budget;                           // only the deadline counts
    const CancelToken* cancel = nullptr;
};

enum class WhyNotInductive : std::uint8_t {
    kInductive,
    kFalseAtStart,
    kFalseInReach,  // in a state that is reached
    kNotPreserved,  // by an action: in some state, perhaps none that is reached
    kUndecided,     // for an action, within the limit of one query
    kNotAttempted,  // something has no translation: `detail`
    kStopped,       // by the deadline or the user
};

struct DischargedInvariant {
    PropertyNumber property = kNone;
    std::uint32_t actions = 0;  // steps of a thread from a location
    // Of these, proved to preserve the invariant in every state in which it and what was proved beside it hold.
    std::uint32_t discharged = 0;
    bool start_holds = false;
    bool inductive = false;  // all of that, and proved again in a fresh context
    WhyNotInductive why_not = WhyNotInductive::kInductive;
    std::string detail;
    ThreadNumber thread = 0;     // of the action that is to blame, if one is
    std::uint32_t site = kNone;  // where it stands
};

struct DischargeReport {
    std::vector<DischargedInvariant> invariants;  // in order of property number
    std::uint32_t facts = 0;  // that were proved along with the inductive ones, whether or not their proofs need them
    std::uint64_t queries = 0;
    double cpu_seconds = 0;
};

// Takes for granted that every cell stays within the range of its variable, and nothing else about what can be reached.
// An inductive invariant holds in every reachable state and need not be evaluated.  That the invariants are proved together
// (and with facts that nobody wrote down) is no assumption: the conjunction is inductive.
DischargeReport discharge(const TransitionSystem& system, const DischargeOptions& options);

}  // namespace quire
