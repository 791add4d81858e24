// A page for each trace, and an index of a whole run.  A page is one file that works from an attachment: no network.
#pragma once

#include <memory>
#include <string>

#include "report/trace_text.h"
#include "report/writer.h"

namespace quire {

// `index`: where the index is from there, or nothing.  `repairs`: what was tried against it, if anything was.
std::string html_trace_page(const FindingReport& finding, const TraceFooter& footer, const std::string& index = "",
                            const RepairsReport* repairs = nullptr);

std::unique_ptr<Writer> make_html_writer(const ReportTarget& target);

}  // namespace quire
