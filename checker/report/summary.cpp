// Markdown with a line for what needs attention and its trace folded below.  GitHub drops a summary of more than a
// mebibyte, so from some length on traces are only counted.
#include <algorithm>

#include <fmt/format.h>

#include "report/annotations.h"
#include "report/case_text.h"
#include "report/text_layout.h"
#include "report/trace_text.h"

namespace quire {

namespace {

constexpr std::size_t kMostSummaryBytes = 900'000;

// Within a cell of a table.
std::string table_cell(const std::string& text) {
    std::string out;
    for (char c : markup_escaped(printable(text))) {
        if (std::string_view("|\\`*_[]~").find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

class SummaryWriter final : public Writer {
public:
    explicit SummaryWriter(const ReportTarget& target) : target_(target) {}

    void begin(const SessionBegin&) override {}
    void spec(const SpecBegin&) override {}
    void progress(const ProgressReport&) override {}

    void diagnostics(const std::vector<DiagnosticReport>& diagnostics) override {
        for (const DiagnosticReport& d : diagnostics) {
            if (d.severity != "error" && d.severity != "warning") continue;
            std::string place = d.line != 0 ? fmt::format("{}:{}", d.file, d.line) : d.file;
            row(d.severity, place, "", d.code + " " + d.message);
        }
    }

    void result(const ExpectationReport& report) override {
        if (report.judgement == Judgement::kMet) return;
        bool failed = report.judgement == Judgement::kNotMet;
        std::string place = report.head.line != 0 ? fmt::format("{}:{}", report.head.file, report.head.line) : report.head.file;
        row(failed ? "FAIL" : "??", place, report.head.variant, report.head.text + ": " + report.reason);
        if (!failed) return;
        for (const auto& [property, one] : unexpected_findings(report)) {
            TraceFooter footer = footer_of(*one.run, *one.finding, target_.version);
            std::string trace = render_trace(one.finding->trace, footer, TraceStyle::kMail, 0);
            trace = "<details><summary>" + markup_escaped(one.finding->trace.headline) + "</summary>\n\n<pre>" +
                    markup_escaped(trace) + "</pre>\n\n</details>\n\n";
            if (rows_.size() + traces_.size() + trace.size() > kMostSummaryBytes) {
                ++traces_left_out_;
                continue;
            }
            traces_ += trace;
        }
    }

    void end(const SessionEnd& session) override {
        std::string total = count_of(session.met, "expectation") + " as expected, " + std::to_string(session.not_met) + " not, " +
                            std::to_string(session.inconclusive) + " inconclusive";
        if (session.not_judged != 0) total += ", " + std::to_string(session.not_judged) + " not judged";
        if (session.wrong_specs != 0) total += "; " + count_of(session.wrong_specs, "spec") + " could not be checked";
        std::string text = "### quire: " + std::string(session.exit_code == 0 ? "as expected" : "not as expected") + "\n\n" +
                           total + " (exit " + std::to_string(session.exit_code) + ").\n\n";
        if (!rows_.empty()) text += "| | place | variant | what |\n| --- | --- | --- | --- |\n" + rows_ + "\n";
        if (rows_left_out_ != 0) text += count_of(rows_left_out_, "line") + " left out.\n\n";
        text += traces_;
        if (traces_left_out_ != 0) text += count_of(traces_left_out_, "trace") + " left out.\n\n";
        target_.files->write(target_.path, text);
    }

private:
    void row(const std::string& word, const std::string& place, const std::string& variant, const std::string& what) {
        std::string text =
            "| " + word + " | " + table_cell(place) + " | " + table_cell(variant) + " | " + table_cell(what) + " |\n";
        if (rows_.size() + text.size() > kMostSummaryBytes / 2)
            ++rows_left_out_;
        else
            rows_ += text;
    }

    ReportTarget target_;
    std::string rows_, traces_;
    std::size_t rows_left_out_ = 0, traces_left_out_ = 0;
};

}  // namespace

std::unique_ptr<Writer> make_summary_writer(const ReportTarget& target) { return std::make_unique<SummaryWriter>(target); }

}  // namespace quire
