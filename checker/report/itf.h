// Traces in the Informal Trace Format (Apalache's ADR-015), with what `quire trace` needs to replay them under
// "#meta".quire.  docs/schemas/trace.schema.json describes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "explain/explain.h"
#include "report/results.h"
#include "system/verdict.h"

namespace quire {

inline constexpr const char* kTraceSchema = "quire.trace/1";

// What makes the run again: from which text, with which constants, by which threads and choices.
struct SavedTrace {
    std::string version;
    std::string file;
    std::string spec_hash;
    std::string variant;
    std::string instance;
    std::string property;
    NamedValues sizes;      // set differently from the text
    NamedValues constants;  // for readers
    std::string memory = "sc";
    std::vector<std::string> passes_off;
    std::vector<std::string> models;  // --models
    std::vector<Value> start_choices;
    struct Step {
        std::string thread;
        std::vector<Value> choices;
    };
    std::vector<Step> steps;
    std::optional<std::uint32_t> loop_start;  // as in Trace
};

std::string itf_text(const TransitionSystem& system, const SavedTrace& saved, const ExplainedTrace& explained,
                     const ReplayedTrace& run);

struct LoadedTrace {
    std::optional<SavedTrace> trace;
    std::string problem;  // why there is none
};
LoadedTrace parse_itf(std::string_view text);

}  // namespace quire
