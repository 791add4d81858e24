// One line for each thing that needs attention, in the words that a machine turns into a mark beside the code.
#pragma once

#include <memory>

#include "report/writer.h"

namespace quire {

// Workflow commands of GitHub Actions: "::error file=…,line=…::…".
std::unique_ptr<Writer> make_github_writer(Sink& out);
// "file:line:column: error: …" as compilers print it, with a note for each step: for editors and their quickfix lists.
std::unique_ptr<Writer> make_gcc_writer(Sink& out);

// The step summary of GitHub Actions, in Markdown.
std::unique_ptr<Writer> make_summary_writer(const ReportTarget& target);

}  // namespace quire
