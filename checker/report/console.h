// What a person reads: a line per expectation, traces, and a total.
#pragma once

#include <memory>
#include <string>

#include "report/trace_text.h"
#include "report/writer.h"

namespace quire {

struct ConsoleOptions {
    TraceStyle trace = TraceStyle::kTable;
    bool show_expected = false;
    bool quiet = false;    // a dot per expectation
    bool verbose = false;  // what each search cost, and every case
    bool color = false;
    bool live_status = false;  // one status line on `err`
    std::size_t width = 120;
    std::string version;
};

std::unique_ptr<Writer> make_console_writer(Sink& out, Sink& err, ConsoleOptions options);

}  // namespace quire
