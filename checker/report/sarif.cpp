// SARIF 2.1.0 (OASIS, 2020).  A result is a violation that no expectation allows, an expectation that is not met, or what
// could not be decided (kind "open"); a diagnostic with a place is a result too, one without is a notification.  A trace
// is a code flow: a thread flow per thread, and executionOrder is the number of the step over all of them.
#include "report/sarif.h"

#include <filesystem>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "explain/wording.h"
#include "report/case_text.h"
#include "report/text_layout.h"
#include "support/diagnostics.h"

namespace quire {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kRoot = "SRCROOT";  // relative paths lead from here
constexpr const char* kNotMetRule = "expectation_not_met";
constexpr const char* kInconclusiveRule = "inconclusive";

Json message(const std::string& text) { return {{"text", clean_utf8(text)}}; }

std::string percent_encoded(const std::string& path) {
    std::string out;
    for (char c : path) {
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (plain || std::string_view("-._~/=,+@").find(c) != std::string_view::npos) {
            out += c;
        } else {
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return out;
}

Json artifact(const std::string& file) {
    std::filesystem::path path = std::filesystem::path(file).lexically_normal();
    if (path.is_absolute()) return {{"uri", "file://" + percent_encoded(path.string())}};
    return {{"uri", percent_encoded(path.string())}, {"uriBaseId", kRoot}};
}

Json location(const std::string& file, std::uint32_t line, const std::string& text = "") {
    Json out = Json::object();
    if (!file.empty()) {
        out["physicalLocation"] = {{"artifactLocation", artifact(file)}};
        if (line != 0) out["physicalLocation"]["region"] = {{"startLine", line}};
    }
    if (!text.empty()) out["message"] = message(text);
    return out;
}

Json thread_flows(const ExplainedTrace& trace) {
    std::map<ThreadNumber, Json> flows;
    std::uint32_t order = 0;
    for (std::size_t i = 0; i < trace.rows.size(); ++i) {
        const TraceRow& row = trace.rows[i];
        // Rows without a number say more about the step before.
        if (row.step != 0) order = row.step;
        const std::string& thread = row_thread(trace, row);
        Json& flow = flows[row.thread];
        if (flow.is_null()) flow = {{"id", clean_utf8(thread)}, {"message", message(thread)}, {"locations", Json::array()}};
        const CodeLine& line = row.place.user;
        std::string text = fmt::format("step {} {}: {}", order, thread, row_text(row));
        Json stop = {{"location", location(line.line != 0 ? line.file : "", line.line, text)},
                     {"executionOrder", order},
                     {"importance", row.mark != 0 || i + 1 == trace.rows.size() ? "essential" : "important"}};
        if (!row.place.inside.empty()) {
            Json frames = Json::array();
            for (auto frame = row.place.inside.rbegin(); frame != row.place.inside.rend(); ++frame)
                frames.push_back({{"location", location(frame->file, frame->line, frame->function + ": " + frame->text)}});
            frames.push_back({{"location", location(line.file, line.line, line.function)}});
            stop["stack"] = {{"frames", frames}};
        }
        flow["locations"].push_back(std::move(stop));
    }
    Json out = Json::array();
    for (auto& [thread, flow] : flows) out.push_back(std::move(flow));
    return out;
}

// The causal steps, and what was held there.
Json marked_locations(const ExplainedTrace& trace) {
    Json out = Json::array();
    for (const TraceMark& mark : trace.marks) {
        std::string text = fmt::format("[{}] {} at step {}", mark.letter, mark.role, mark.step);
        if (mark.thread < trace.threads.size()) text += " by " + trace.threads[mark.thread];
        if (!mark.held.empty()) text += ", under " + mark.held;
        Json place = location(mark.line != 0 ? mark.file : "", mark.line, text);
        place["id"] = out.size() + 1;
        out.push_back(std::move(place));
    }
    return out;
}

Json code_flow(const FindingReport& finding) {
    const ExplainedTrace& trace = finding.trace;
    std::string lengths = count_of(trace.steps, "step") + ", " + count_of(trace.switches, "context switch");
    return {{"message", message(lengths + (trace.fewest_switches ? " (both minimal)" : ""))},
            {"threadFlows", thread_flows(trace)}};
}

class SarifWriter final : public Writer {
public:
    explicit SarifWriter(const ReportTarget& target) : target_(target) {}

    void begin(const SessionBegin&) override {}
    void spec(const SpecBegin&) override {}
    void progress(const ProgressReport&) override {}
    void diagnostics(const std::vector<DiagnosticReport>& diagnostics) override;
    void result(const ExpectationReport& report) override;
    void repairs(const RepairsReport& report) override;
    void end(const SessionEnd& session) override;

private:
    std::size_t rule(const std::string& id, const std::string& text, const std::string& level);
    Json new_result(const std::string& rule_id, const std::string& rule_text, const std::string& level, const std::string& text);
    void add_finding(const ExpectationReport& report, const UnexpectedFinding& found, bool expected);
    void add_outcome(const ExpectationReport& report);

    ReportTarget target_;
    std::map<std::string, std::size_t> rule_number_;
    Json rules_ = Json::array(), results_ = Json::array(), notifications_ = Json::array();
};

std::size_t SarifWriter::rule(const std::string& id, const std::string& text, const std::string& level) {
    auto [found, added] = rule_number_.emplace(id, rules_.size());
    if (added) {
        rules_.push_back(
            {{"id", clean_utf8(id)}, {"shortDescription", message(text)}, {"defaultConfiguration", {{"level", level}}}});
    }
    return found->second;
}

Json SarifWriter::new_result(const std::string& rule_id, const std::string& rule_text, const std::string& level,
                             const std::string& text) {
    std::size_t index = rule(rule_id, rule_text, level);
    return {{"ruleId", clean_utf8(rule_id)}, {"ruleIndex", index}, {"level", level}, {"message", message(text)}};
}

void SarifWriter::diagnostics(const std::vector<DiagnosticReport>& diagnostics) {
    for (const DiagnosticReport& d : diagnostics) {
        std::optional<DiagnosticInfo> info = find_diagnostic_info(d.code);
        std::string level = d.severity == "error" || d.severity == "warning" ? d.severity : "note";
        std::string title = info ? std::string(info->title) : d.message;
        if (d.file.empty()) {
            std::size_t index = rule(d.code, title, level);
            notifications_.push_back({{"descriptor", {{"id", d.code}}},
                                      {"associatedRule", {{"id", d.code}, {"index", index}}},
                                      {"level", level},
                                      {"message", message(d.message)}});
            continue;
        }
        Json result = new_result(d.code, title, level, d.message);
        result["locations"] = Json::array({location(d.file, d.line)});
        results_.push_back(std::move(result));
    }
}

void SarifWriter::add_finding(const ExpectationReport& report, const UnexpectedFinding& found, bool expected) {
    const ExplainedTrace& trace = found.finding->trace;
    const std::string& property = trace.property;
    bool builtin = false;
    for (std::string_view name : builtin_properties()) builtin = builtin || name == property;
    std::string description = builtin ? "a thread " + finding_predicate(property) : trace.doc.empty() ? property : trace.doc;
    std::string instance = instance_text(*found.run);
    std::string text = finding_text(*found.finding) + "; variant " + report.head.variant +
                       (instance.empty() ? "" : ", " + instance) + (expected ? "; as the spec expects" : "");
    Json result = new_result(property, description, "error", text);
    if (expected) {
        result["kind"] = "informational";
        result["level"] = "none";
    }
    CodeLine line = finding_line(trace);
    result["locations"] = Json::array({location(line.line != 0 ? line.file : report.head.file, line.line)});
    std::string print = found.run->file + "/" + report.head.variant + "/" + property + "/" + line.function;
    result["partialFingerprints"] = {{"quire/finding/v1", clean_utf8(print)}};
    if (!trace.marks.empty()) result["relatedLocations"] = marked_locations(trace);
    result["codeFlows"] = Json::array({code_flow(*found.finding)});
    Json about = {{"variant", clean_utf8(report.head.variant)}, {"memory", found.run->memory}};
    if (!instance.empty()) about["instance"] = instance;
    if (!found.finding->saved.empty()) about["trace"] = clean_utf8(found.finding->saved);
    if (found.runs > 1) about["instances"] = found.runs;
    result["properties"] = {{"quire", about}};
    results_.push_back(std::move(result));
}

// What no trace shows: a bug or a cover that was not found, or no answer.
void SarifWriter::add_outcome(const ExpectationReport& report) {
    bool open = report.judgement == Judgement::kInconclusive;
    std::string text = "variant " + report.head.variant + ", " + report.head.text + ": " + report.reason;
    Json result = new_result(open ? kInconclusiveRule : kNotMetRule,
                             open ? "an expectation could not be decided" : "an expectation of the spec is not met",
                             open ? "none" : "error", text);
    if (open) result["kind"] = "open";
    result["locations"] = Json::array({location(report.head.file, std::max<std::uint32_t>(report.head.line, 1))});
    results_.push_back(std::move(result));
    if (open) notifications_.push_back({{"level", "warning"}, {"message", message(report.head.file + ", " + text)}});
}

void SarifWriter::result(const ExpectationReport& report) {
    if (report.judgement == Judgement::kMet) {
        const CaseReport* one = target_.show_expected ? shortest_case(report) : nullptr;
        if (one != nullptr && one->finding->trace.bug) add_finding(report, {one->run, one->finding, 1}, true);
        return;
    }
    std::map<std::string, UnexpectedFinding> found = unexpected_findings(report);
    for (const auto& [property, finding] : found) add_finding(report, finding, false);
    if (found.empty() || report.judgement == Judgement::kInconclusive) add_outcome(report);
}

// To the last result that shows the finding.
void SarifWriter::repairs(const RepairsReport& report) {
    if (report.finding == nullptr) return;
    for (auto result = results_.rbegin(); result != results_.rend(); ++result) {
        if (result->value("ruleId", "") != clean_utf8(report.finding->trace.property) || !result->contains("codeFlows")) continue;
        Json& list = (*result)["properties"]["quire"]["repairs"] = Json::array();
        for (const RepairReport& one : report.repairs) {
            bool holds = one.verdict == RepairVerdict::kHolds, rejected = one.verdict == RepairVerdict::kRejected;
            Json entry = {{"edit", clean_utf8(one.what)}, {"outcome", holds ? "holds" : rejected ? "rejected" : "undecided"}};
            if (!one.reason.empty()) entry["reason"] = clean_utf8(one.reason);
            list.push_back(std::move(entry));
        }
        return;
    }
}

void SarifWriter::end(const SessionEnd& session) {
    constexpr int kSignalBase = 128;
    constexpr int kWentWrong = 5;
    Json invocation = {{"executionSuccessful", session.exit_code < kWentWrong}, {"exitCode", session.exit_code}};
    if (session.exit_code > kSignalBase) invocation["exitSignalNumber"] = session.exit_code - kSignalBase;
    if (session.not_judged != 0) {
        notifications_.push_back(
            {{"level", "warning"}, {"message", message(count_of(session.not_judged, "expectation") + " not judged")}});
    }
    if (!notifications_.empty()) invocation["toolExecutionNotifications"] = notifications_;
    Json driver = {{"name", "quire"}, {"version", target_.version}, {"semanticVersion", target_.version}, {"rules", rules_}};
    Json run = {{"tool", {{"driver", driver}}},
                {"invocations", Json::array({invocation})},
                {"originalUriBaseIds", {{kRoot, {{"description", message("where quire ran")}}}}},
                {"columnKind", "unicodeCodePoints"},
                {"results", results_}};
    Json log = {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}, {"runs", Json::array({run})}};
    target_.files->write(target_.path, log.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace

std::unique_ptr<Writer> make_sarif_writer(const ReportTarget& target) { return std::make_unique<SarifWriter>(target); }

}  // namespace quire
