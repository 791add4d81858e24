#include "report/mermaid.h"

#include "report/case_text.h"
#include "report/text_layout.h"

namespace quire {

namespace {

// A message ends at `;` or `#`, and `%%{` begins a directive anywhere; such characters have numbers.
std::string mermaid_escaped(const std::string& text) {
    std::string out;
    for (char c : clean_utf8(printable(text))) {
        if (c == ';' || c == '#' || c == '<' || c == '%')
            out += "#" + std::to_string(static_cast<int>(c)) + ";";
        else
            out += c;
    }
    return out;
}

}  // namespace

std::string mermaid_text(const ExplainedTrace& trace) {
    std::string out = "sequenceDiagram\n";
    for (ThreadNumber thread : trace.movers) {
        std::string name = thread < trace.threads.size() ? trace.threads[thread] : "";
        out += "  participant T" + std::to_string(thread) + " as " + mermaid_escaped(name) + "\n";
    }
    out += "  participant M as memory\n";
    bool looping = false;
    std::uint32_t step = 0;
    for (const TraceRow& row : trace.rows) {
        if (row.step != 0) step = row.step;
        if (!looping && trace.loop_start && step >= *trace.loop_start) {
            out += "  loop for ever\n";
            looping = true;
        }
        std::string number = row.step != 0 ? std::to_string(row.step) + ". " : "";
        if (row.mark != 0) number += std::string("[") + row.mark + "] ";
        out += "  T" + std::to_string(row.thread) + "->>M: " + number + mermaid_escaped(row.text) +
               (row.changes.empty() ? "" : " [" + mermaid_escaped(changes_text(row)) + "]") + "\n";
    }
    if (looping) out += "  end\n";
    std::string over = trace.rows.empty() ? "M" : "T" + std::to_string(trace.rows.back().thread) + ",M";
    return out + "  Note over " + over + ": " + mermaid_escaped(trace.sentence) + "\n";
}

}  // namespace quire
