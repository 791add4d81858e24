// The few steps of a trace that made it end as it does, and what each did.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "explain/values.h"
#include "system/verdict.h"

namespace quire {

enum class CauseRole : std::uint8_t {
    kAllocated,
    kLoaded,    // reads a pointer that is followed later
    kRead,      // reads a value that something later depends on
    kTested,    // and decides something by it
    kLinked,    // makes an object findable
    kUnlinked,  // takes a pointer to the object out of memory
    kWritten,
    kGot,
    kResurrected,  // raises a count of zero
    kPut,
    kLastPut,  // to zero
    kFreed,
    kFreedAgain,
    kUsed,
    kTook,  // a lock
    kLeft,  // gave it back
    kWaits,
    kFailed,
};
std::string_view role_word(CauseRole role);

struct Cause {
    std::size_t step = 0;  // from 0
    CauseRole role = CauseRole::kFailed;
    Address cell = kNone;  // that it read or wrote, if it was one
};

struct Causes {
    std::size_t object = 0;     // the freeable object that all is about, or 0
    ThreadNumber victim = 0;    // who takes the last step
    std::vector<Cause> causes;  // in order of steps, each step once, at most kMostCauses

    const Cause* find(CauseRole role) const;
    // The causes of one thread.
    std::vector<Cause> of(ThreadNumber thread, const Trace& trace) const;
};
inline constexpr std::size_t kMostCauses = 6;

// `run` is the successful replay of `finding.trace`.  None for a run without end, or without a step.
Causes find_causes(const TransitionSystem& system, const Finding& finding, const ReplayedTrace& run);

}  // namespace quire
