#include <algorithm>

#include <fmt/format.h>

#include "report/annotations.h"
#include "report/case_text.h"
#include "report/text_layout.h"

namespace quire {

namespace {

class GccWriter final : public Writer {
public:
    explicit GccWriter(Sink& out) : out_(out) {}

    void begin(const SessionBegin&) override {}
    void spec(const SpecBegin&) override {}
    void progress(const ProgressReport&) override {}
    void end(const SessionEnd&) override {}

    void diagnostics(const std::vector<DiagnosticReport>& diagnostics) override {
        for (const DiagnosticReport& d : diagnostics) line(d.file, d.line, d.column, d.severity, d.message + " [" + d.code + "]");
    }

    void result(const ExpectationReport& report) override {
        if (report.judgement == Judgement::kMet) return;
        std::uint32_t at = std::max<std::uint32_t>(report.head.line, 1);
        std::string variant = "variant " + report.head.variant + ": ";
        std::map<std::string, UnexpectedFinding> found = unexpected_findings(report);
        for (const auto& [property, one] : found) trace(report, variant, property, one);
        if (report.judgement == Judgement::kInconclusive)
            line(report.head.file, at, 1, "warning", variant + report.head.text + ": " + report.reason + " [inconclusive]");
        else if (found.empty())
            line(report.head.file, at, 1, "error", variant + report.head.text + ": " + report.reason + " [expectation]");
    }

private:
    void trace(const ExpectationReport& report, const std::string& variant, const std::string& property,
               const UnexpectedFinding& found) {
        const ExplainedTrace& trace = found.finding->trace;
        CodeLine shown = finding_line(trace);
        if (shown.line == 0) shown = {report.head.file, std::max<std::uint32_t>(report.head.line, 1), {}, {}};
        line(shown.file, shown.line, 1, "error", variant + finding_text(*found.finding) + " [" + property + "]");
        for (const TraceRow& row : trace.rows) {
            const CodeLine& code = row.place.user;
            if (code.line == 0) continue;
            std::string step = row.step != 0 ? fmt::format("step {}, ", row.step) : "";
            if (row.mark != 0) step = std::string("[") + row.mark + "] " + step;
            line(code.file, code.line, 1, "note", step + row_thread(trace, row) + ": " + row_text(row));
        }
    }

    void line(const std::string& file, std::uint32_t number, std::uint32_t column, std::string_view severity,
              const std::string& text) {
        std::string place = file.empty()  ? "quire"
                            : number == 0 ? printable(file)
                                          : fmt::format("{}:{}:{}", printable(file), number, std::max<std::uint32_t>(column, 1));
        out_.write(fmt::format("{}: {}: {}\n", place, severity, printable(text)));
    }

    Sink& out_;
};

}  // namespace

std::unique_ptr<Writer> make_gcc_writer(Sink& out) { return std::make_unique<GccWriter>(out); }

}  // namespace quire
