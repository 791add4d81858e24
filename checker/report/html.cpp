// DIR/index.html has a row for each expectation; DIR/<spec>/<variant>-<instance>-<property>.html is a trace.
#include "report/html.h"

#include <set>

#include <fmt/format.h>

#include "report/case_text.h"
#include "report/html_parts.h"
#include "report/text_layout.h"

namespace quire {

namespace {

std::string link_to(const std::string& name) {
    std::string out;
    for (char c : name + ".html") {
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     std::string_view("-._/=,").find(c) != std::string_view::npos;
        out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

class HtmlWriter final : public Writer {
public:
    explicit HtmlWriter(const ReportTarget& target) : target_(target) {}

    void begin(const SessionBegin&) override {}
    void spec(const SpecBegin&) override {}
    void progress(const ProgressReport&) override {}
    void diagnostics(const std::vector<DiagnosticReport>& diagnostics) override;
    void result(const ExpectationReport& report) override;
    void repairs(const RepairsReport& report) override;
    void end(const SessionEnd& session) override;

private:
    void page(const RunReport& run, const FindingReport& finding, const RepairsReport* repairs = nullptr);
    std::string case_item(const CaseReport& one);

    ReportTarget target_;
    std::set<std::string> written_;
    std::string rows_, diagnostics_;
};

void HtmlWriter::diagnostics(const std::vector<DiagnosticReport>& diagnostics) {
    for (const DiagnosticReport& d : diagnostics) {
        std::string place = d.line != 0 ? fmt::format("{}:{}: ", d.file, d.line) : "";
        diagnostics_ += "<li>" + markup_escaped(place + d.severity + "[" + d.code + "]: " + d.message) + "</li>\n";
    }
}

// The page is there already, for finding repairs takes its time.
void HtmlWriter::repairs(const RepairsReport& report) {
    if (report.run != nullptr && report.finding != nullptr) page(*report.run, *report.finding, &report);
}

void HtmlWriter::page(const RunReport& run, const FindingReport& finding, const RepairsReport* repairs) {
    if (finding.name.empty() || (!written_.insert(finding.name).second && repairs == nullptr)) return;
    std::string up;
    for (char c : finding.name) up += c == '/' ? "../" : "";
    TraceFooter footer = footer_of(run, finding, target_.version);
    target_.files->write(target_.path + "/" + finding.name + ".html",
                         html_trace_page(finding, footer, up + "index.html", repairs));
}

// The instance, what was found, and the way to the trace.
std::string HtmlWriter::case_item(const CaseReport& one) {
    std::string instance = one.run != nullptr ? instance_text(*one.run) : "";
    std::string text = (instance.empty() ? "as written" : instance) + ": " + one.verdict;
    if (!one.reason.empty()) text += " (" + one.reason + ")";
    if (one.run != nullptr && one.run->statistics.states != 0) text += ", " + count_of(one.run->statistics.states, "state");
    std::string out = "<li>" + markup_escaped(text);
    if (one.finding != nullptr) {
        page(*one.run, *one.finding);
        out += ", <a href=\"" + link_to(one.finding->name) + "\">" +
               markup_escaped(one.finding->trace.property + ", " + count_of(one.finding->trace.steps, "step")) + "</a>";
    }
    return out + "</li>\n";
}

void HtmlWriter::result(const ExpectationReport& report) {
    constexpr std::size_t kUnfolded = 4;
    std::string_view kind = report.judgement == Judgement::kMet      ? "met"
                            : report.judgement == Judgement::kNotMet ? "failed"
                                                                     : "open";
    std::string_view color = kind == "met" ? "good" : kind == "failed" ? "bad" : "odd";
    std::string_view word = kind == "met" ? "ok" : kind == "failed" ? "FAIL" : "inconclusive";
    std::string cases;
    for (const CaseReport& one : report.cases) cases += case_item(one);
    if (!cases.empty()) cases = "<ul>\n" + cases + "</ul>";
    if (report.cases.size() > kUnfolded)
        cases = "<details><summary>" + count_of(report.cases.size(), "instance") + "</summary>\n" + cases + "</details>";
    std::string reason = report.reason.empty() ? ""
                                               : "<br><span class=\"" + std::string(color) + "\">" +
                                                     markup_escaped(printable(report.reason)) + "</span>";
    std::string where = report.head.file + (report.head.line != 0 ? ":" + std::to_string(report.head.line) : "");
    rows_ += fmt::format(
        "<tr data-kind=\"{}\"><th scope=\"row\" class=\"{}\">{}</th><td>{}</td><td>{}</td><td>{}{}</td><td>{}</td></tr>\n", kind,
        color, word, markup_escaped(where), markup_escaped(report.head.variant), markup_escaped(report.head.text), reason, cases);
}

void HtmlWriter::end(const SessionEnd& session) {
    auto filter = [](std::string_view id, std::size_t count, std::string_view what) {
        return fmt::format("<button type=\"button\" id=\"{}\" aria-pressed=\"true\">{} {}</button>\n", id, count, what);
    };
    std::string out = html::page_head("quire: results of a run") + "<header class=\"top\">\n<div>\n<h1>Results of a run</h1>\n";
    std::string total = count_of(session.specs, "spec") + ", exit " + std::to_string(session.exit_code);
    if (session.wrong_specs != 0) total += "; " + count_of(session.wrong_specs, "spec") + " could not be checked";
    if (session.not_judged != 0) total += "; " + count_of(session.not_judged, "expectation") + " not judged";
    out += "<p>" + markup_escaped(total) + ". quire " + markup_escaped(target_.version) +
           "</p>\n</div>\n<button type=\"button\" id=\"theme\">Theme: system</button>\n</header>\n<main>\n"
           "<div class=\"bar\" role=\"group\" aria-label=\"Which results are shown\">\n" +
           filter("failed", session.not_met, "failed") + filter("open", session.inconclusive, "inconclusive") +
           filter("met", session.met, "as expected") +
           "<label>Search (/) <input type=\"search\" id=\"search\"></label>\n"
           "<span id=\"count\" role=\"status\" aria-live=\"polite\"></span>\n</div>\n<table id=\"results\">\n"
           "<caption class=\"unseen\">One row for each expectation</caption>\n<thead><tr><th scope=\"col\">result</th>"
           "<th scope=\"col\">spec</th><th scope=\"col\">variant</th><th scope=\"col\">expectation</th>"
           "<th scope=\"col\">instances and traces</th></tr></thead>\n<tbody>\n" +
           rows_ + "</tbody>\n</table>\n";
    if (!diagnostics_.empty()) out += "<h2>Errors and warnings</h2>\n<ul>\n" + diagnostics_ + "</ul>\n";
    out +=
        "</main>\n<script>" + std::string(html::kThemeScript) + std::string(html::kIndexScript) + "</script>\n</body>\n</html>\n";
    target_.files->write(target_.path + "/index.html", out);
}

}  // namespace

std::unique_ptr<Writer> make_html_writer(const ReportTarget& target) { return std::make_unique<HtmlWriter>(target); }

}  // namespace quire
