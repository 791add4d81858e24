#include <algorithm>

#include <fmt/format.h>

#include "report/annotations.h"
#include "report/case_text.h"
#include "report/text_layout.h"

namespace quire {

namespace {

// GitHub shows what stands behind the second "::" as text and what is before it as properties, each with its own escapes.
std::string escaped(const std::string& text, bool property) {
    std::string out;
    for (char c : clean_utf8(text)) {
        if (c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ',')))
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        else
            out += c;
    }
    return out;
}

class GithubWriter final : public Writer {
public:
    explicit GithubWriter(Sink& out) : out_(out) {}

    void begin(const SessionBegin&) override {}
    void spec(const SpecBegin&) override {}
    void progress(const ProgressReport&) override {}
    void end(const SessionEnd&) override {}

    void diagnostics(const std::vector<DiagnosticReport>& diagnostics) override {
        for (const DiagnosticReport& d : diagnostics) {
            std::string_view command = d.severity == "error" ? "error" : d.severity == "warning" ? "warning" : "notice";
            tell(command, {d.file, d.line, {}, {}}, d.column, "quire " + d.code, d.message);
        }
    }

    void result(const ExpectationReport& report) override {
        if (report.judgement == Judgement::kMet) return;
        std::string of = " (" + report.head.variant + ")";
        CodeLine expectation{report.head.file, std::max<std::uint32_t>(report.head.line, 1), {}, {}};
        std::map<std::string, UnexpectedFinding> found = unexpected_findings(report);
        for (const auto& [property, one] : found) {
            CodeLine line = finding_line(one.finding->trace);
            std::string text = one.finding->trace.headline + "\n" + finding_text(*one.finding);
            for (const TraceMark& mark : one.finding->trace.marks)
                text += fmt::format("\n[{}] {}:{} {} at step {}", mark.letter, mark.file, mark.line, mark.role, mark.step);
            for (const TraceReason& reason : one.finding->trace.why) text += "\n" + reason.topic + ": " + reason.text;
            if (!one.finding->saved.empty()) text += "\nquire trace " + one.finding->saved;
            tell("error", line.line != 0 ? line : expectation, 0, "quire " + property + of, text);
        }
        if (report.judgement == Judgement::kInconclusive)
            tell("warning", expectation, 0, "quire inconclusive" + of, report.head.text + ": " + report.reason);
        else if (found.empty())
            tell("error", expectation, 0, "quire " + report.head.text + of, report.reason);
    }

private:
    void tell(std::string_view command, const CodeLine& place, std::uint32_t column, const std::string& title,
              const std::string& text) {
        std::string properties;
        if (!place.file.empty()) {
            properties = " file=" + escaped(place.file, true);
            if (place.line != 0) properties += fmt::format(",line={}", place.line);
            if (column != 0) properties += fmt::format(",col={}", column);
            properties += ",";
        } else {
            properties = " ";
        }
        out_.write(fmt::format("::{}{}title={}::{}\n", command, properties, escaped(title, true), escaped(text, false)));
    }

    Sink& out_;
};

}  // namespace

std::unique_ptr<Writer> make_github_writer(Sink& out) { return std::make_unique<GithubWriter>(out); }

}  // namespace quire
