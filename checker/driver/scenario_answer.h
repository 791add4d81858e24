// Is there a run in which the lines of a scenario happen in their order?  The answer with what shows it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "driver/scenario_match.h"
#include "explain/explain.h"
#include "system/verdict.h"

namespace quire {

enum class ScenarioVerdict : std::uint8_t {
    kPossible,
    kEndsBefore,  // the lines so far lead to a failure, and a run ends with it
    kPrevented,
    kInconclusive,
};

struct ScenarioAnswer {
    ScenarioVerdict verdict = ScenarioVerdict::kInconclusive;
    StopReason stop = StopReason::kComplete;
    std::string reason;        // of kInconclusive
    std::size_t lines = 0;     // how many, from the first, can happen in their order
    std::uint64_t states = 0;  // of all searches that the answer rests on
    std::uint64_t transitions = 0;
    std::size_t binding = 0;  // of the match, that the rest is about
    // What happened, on the system itself: the lines in order and, if `trace.bug`, what that leads to.  For kPrevented
    // the lines that can happen.
    std::optional<Trace> run;
    PropertyNumber failure = kNone;  // that `run` ends with
    ExplainedTrace trace;
    std::vector<std::uint32_t> steps;  // by line that happens: the step in which it ends
    std::vector<std::string> blocked;  // of kPrevented: why the next line does not happen at the end of `run`
};

ScenarioAnswer answer_scenario(const TransitionSystem& system, const SourceManager& sources, const ScenarioMatch& match,
                               const SearchOptions& search);

}  // namespace quire
