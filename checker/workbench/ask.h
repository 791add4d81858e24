// `quire ask`: "what prevents the following?"
#pragma once

#include <string>
#include <vector>

#include "driver/plan.h"
#include "driver/search_run.h"
#include "report/trace_text.h"
#include "report/writer.h"
#include "syntax/file_provider.h"

namespace quire {

struct AskOptions {
    std::string path;  // of the spec
    std::string mail;  // the text
    std::string variant = "base";
    std::string instance;  // empty: the variant's own constants
    std::vector<std::pair<std::string, std::string>> defines;
    std::string memory;    // empty: the first that the spec lists
    std::string expected;  // "feasible", "prevented" or nothing
    EngineOptions engine;
    std::vector<std::string> model_path;
    TraceStyle style = TraceStyle::kTable;
    std::size_t width = 120;
    bool color = false;
};

// The answer goes to `out`.  Returns the exit code.
int ask(const AskOptions& options, FileProvider& files, Sink& out, Sink& err, const CancelToken& cancel);

}  // namespace quire
