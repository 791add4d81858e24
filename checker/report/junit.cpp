// The format has no standard; this is what Jenkins, GitLab and their readers agree on (docs/schemas/junit.xsd).
// Not as expected is a <failure>, undecided an <error>: a CI server may take what is <skipped> for success, so nothing ever is.
#include "report/junit.h"

#include <map>
#include <set>

#include <fmt/format.h>

#include "report/case_text.h"
#include "report/text_layout.h"
#include "report/trace_text.h"

namespace quire {

namespace {

struct Counts {
    std::size_t tests = 0, failures = 0, errors = 0;
    double seconds = 0;

    void add(const Counts& other) {
        tests += other.tests;
        failures += other.failures;
        errors += other.errors;
        seconds += other.seconds;
    }
};

struct Suite {
    std::string name;
    Counts counts;
    std::string cases;
    std::vector<ExpectationHead> waiting;  // were announced, and have no result yet
    std::set<const RunReport*> timed;      // whose time some case has
    std::map<std::string, int> used;       // names of cases: readers take those with the same name for one
};

// "specs/linux/lru.quire", "locked" -> "specs.linux.lru.locked": readers fold at the dots.
std::string class_name(const std::string& file, const std::string& variant) {
    std::string name = file.ends_with(".quire") ? file.substr(0, file.size() - 6) : file;
    while (name.starts_with("./")) name = name.substr(2);
    for (char& c : name) {
        if (c == '/') c = '.';
    }
    return variant.empty() ? name : name + "." + variant;
}

std::string attributes(const Counts& counts) {
    return fmt::format(R"( tests="{}" failures="{}" errors="{}" skipped="0" time="{:.3f}")", counts.tests, counts.failures,
                       counts.errors, counts.seconds);
}

class JunitWriter final : public Writer {
public:
    explicit JunitWriter(const ReportTarget& target) : target_(target) {}

    void begin(const SessionBegin& session) override { names_ = session.names; }
    void spec(const SpecBegin& spec) override { suite(spec.file).waiting = spec.expectations; }
    void diagnostics(const std::vector<DiagnosticReport>& diagnostics) override;
    void progress(const ProgressReport&) override {}
    void result(const ExpectationReport& report) override;
    void end(const SessionEnd& session) override;

private:
    Suite& suite(const std::string& file);
    void add_case(Suite& suite, const std::string& variant, const std::string& name, double seconds, const std::string& inner);
    void add_error(Suite& suite, const std::string& variant, const std::string& name, const std::string& type,
                   const std::string& message);
    void add_result(Suite& suite, const ExpectationReport& report, const CaseReport& one);

    ReportTarget target_;
    std::vector<std::string> names_;
    std::map<std::string, std::size_t> number_;  // of a file's suite
    std::vector<Suite> suites_;                  // in the order of the session
};

Suite& JunitWriter::suite(const std::string& file) {
    auto [found, added] = number_.emplace(file, suites_.size());
    if (added) {
        suites_.emplace_back();
        suites_.back().name = file;
    }
    return suites_[found->second];
}

void JunitWriter::add_case(Suite& suite, const std::string& variant, const std::string& wanted_name, double seconds,
                           const std::string& inner) {
    int copies = ++suite.used[variant + "/" + wanted_name];
    std::string name = copies == 1 ? wanted_name : fmt::format("{} #{}", wanted_name, copies);
    ++suite.counts.tests;
    suite.counts.seconds += seconds;
    suite.cases += fmt::format(R"(    <testcase classname="{}" name="{}" time="{:.3f}")",
                               markup_escaped(class_name(suite.name, variant)), markup_escaped(name), seconds);
    suite.cases += inner.empty() ? "/>\n" : ">\n" + inner + "    </testcase>\n";
}

void JunitWriter::add_error(Suite& suite, const std::string& variant, const std::string& name, const std::string& type,
                            const std::string& message) {
    ++suite.counts.errors;
    add_case(suite, variant, name, 0, fmt::format("      <error type=\"{}\" message=\"{}\"/>\n", type, markup_escaped(message)));
}

// A spec that is wrong was not checked; warnings and notes are no cases.
void JunitWriter::diagnostics(const std::vector<DiagnosticReport>& diagnostics) {
    for (const DiagnosticReport& d : diagnostics) {
        if (d.severity != "error") continue;
        std::string where = d.line != 0 ? fmt::format("{}:{}:{}: ", d.file, d.line, d.column) : "";
        std::string name = "spec " + d.code + (d.line != 0 ? fmt::format(" line {}", d.line) : "");
        add_error(suite(d.file.empty() ? "quire" : d.file), "", name, d.code, where + d.message);
    }
}

void JunitWriter::add_result(Suite& suite, const ExpectationReport& report, const CaseReport& one) {
    std::string instance = one.run != nullptr ? instance_text(*one.run) : "";
    std::string name = report.head.text + (instance.empty() ? "" : " [" + instance + "]");
    bool first = one.run != nullptr && suite.timed.insert(one.run).second;
    double seconds = first && !target_.reproducible ? one.run->statistics.cpu_seconds : 0;
    std::string inner;
    if (one.judgement == Judgement::kInconclusive) {
        ++suite.counts.errors;
        inner = fmt::format("      <error type=\"inconclusive\" message=\"{}\"/>\n", markup_escaped(one.reason));
    } else if (one.judgement == Judgement::kNotMet) {
        ++suite.counts.failures;
        std::string type = one.finding != nullptr ? one.finding->trace.property : "expectation";
        std::string message = one.finding != nullptr ? finding_text(*one.finding) : report.reason;
        inner = fmt::format("      <failure type=\"{}\" message=\"{}\">", markup_escaped(type), markup_escaped(message));
        if (one.finding != nullptr) {
            TraceFooter footer = footer_of(*one.run, *one.finding, target_.version);
            inner += "\n" + markup_escaped(render_trace(one.finding->trace, footer, TraceStyle::kMail, 0));
        }
        inner += "</failure>\n";
    }
    add_case(suite, report.head.variant, name, seconds, inner);
}

void JunitWriter::result(const ExpectationReport& report) {
    Suite& to = suite(report.head.file);
    std::erase_if(to.waiting, [&](const ExpectationHead& head) { return head.id == report.head.id; });
    for (const CaseReport& one : report.cases) add_result(to, report, one);
    if (!report.cases.empty()) return;
    if (report.judgement == Judgement::kMet) {
        add_case(to, report.head.variant, report.head.text, 0, "");
    } else {
        bool undecided = report.judgement == Judgement::kInconclusive;
        add_error(to, report.head.variant, report.head.text, undecided ? "inconclusive" : "expectation", report.reason);
    }
}

void JunitWriter::end(const SessionEnd& session) {
    constexpr int kSignalled = 128;
    if (session.exit_code > kSignalled) {
        for (const std::string& name : names_) {
            if (number_.count(name) == 0) add_error(suite(name), "", "spec", "interrupted", "the run ended before this file");
        }
    }
    std::string inner;
    Counts all;
    for (Suite& one : suites_) {
        for (const ExpectationHead& head : one.waiting)
            add_error(one, head.variant, head.text, "not_judged", "the run ended before this was decided");
        one.waiting.clear();
        all.add(one.counts);
        inner += "  <testsuite name=\"" + markup_escaped(one.name) + "\"" + attributes(one.counts) + ">\n" + one.cases +
                 "  </testsuite>\n";
    }
    std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"quire\"" + attributes(all) + ">\n" +
                       inner + "</testsuites>\n";
    target_.files->write(target_.path, text);
}

}  // namespace

std::unique_ptr<Writer> make_junit_writer(const ReportTarget& target) { return std::make_unique<JunitWriter>(target); }

}  // namespace quire
