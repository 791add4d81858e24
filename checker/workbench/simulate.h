// One run of a system, step by step, by whoever chooses; `evaluate` alone moves it, as it replays every trace.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "system/verdict.h"

namespace quire {

struct SimulatedStep {
    ThreadNumber thread = 0;  // 0: the start
    std::uint32_t site = kNone;
};

enum class RunEnd : std::uint8_t { kFinal, kViolation, kStuck, kDropped, kExhausted, kTooManySteps, kStopped };

struct SimulatedRun {
    Trace trace;  // of a violation with its property; otherwise kNone
    std::vector<SimulatedStep> steps;
    RunEnd end = RunEnd::kStopped;
};

// Which of the ways to take, or nothing to stop; `run` is what was done so far.  There is always at least one way.
using Chooser = std::function<std::optional<std::size_t>(const SimulatedRun& run, const std::vector<SimulatedStep>& ways)>;

SimulatedRun simulate(const TransitionSystem& system, std::size_t most_steps, const Chooser& choose);

}  // namespace quire
