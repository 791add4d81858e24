// A trace as text: the table of a wide terminal, the two columns of a mail, the body of a commit, and everything.
#pragma once

#include <cstdint>
#include <string>

#include "report/results.h"

namespace quire {

enum class TraceStyle : std::uint8_t { kTable, kMail, kCommit, kFull, kNothing };

struct TraceFooter {
    std::string file, variant;
    NamedValues sizes;
    std::string spec_hash;
    std::string saved;  // the ITF file
    std::string version;
    std::string memory = "sc";
    std::uint64_t states = 0, transitions = 0;  // 0: not known
    bool exhaustive = true;
};

TraceFooter footer_of(const RunReport& run, const FindingReport& finding, const std::string& version);

// "What would prevent it": a line for each edit, and the shortest one that holds as a patch.  If that takes more than
// `most_lines`, the longer patches and further edits are left out, down to one of each kind.
std::string render_repairs(const RepairsReport& report, TraceStyle style, std::size_t width, std::size_t most_lines = 30);

// A trace and the edits below it are to fit a screen of so many lines; the trace alone, where that is possible at all, leaves
// room for the edits.
inline constexpr std::size_t kScreenLines = 60;
inline constexpr std::size_t kTraceLines = 46;

// Below 100 columns a table is laid out as for a mail.
std::string render_trace(const ExplainedTrace& trace, const TraceFooter& footer, TraceStyle style, std::size_t width);

}  // namespace quire
