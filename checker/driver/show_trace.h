// `quire trace`: a kept trace, replayed against the spec as it is now.
#pragma once

#include <string>
#include <vector>

#include "report/trace_text.h"
#include "report/writer.h"
#include "syntax/file_provider.h"

namespace quire {

struct ShowTraceOptions {
    TraceStyle style = TraceStyle::kTable;
    std::string drawing;         // of the registry, instead of a style
    bool state_graph = false;    // instead of the trace: the states that it goes through, and all others
    bool however_large = false;  // the graph
    std::size_t width = 120;
    std::vector<std::string> model_path;
    bool color = false;
    std::string version;
};

// `path` and `text` are of the trace file.  Returns the exit code.
int show_trace(const std::string& path, const std::string& text, const ShowTraceOptions& options, FileProvider& files, Sink& out,
               Sink& err);

}  // namespace quire
