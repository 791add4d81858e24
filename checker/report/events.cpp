#include "report/events.h"

#include <cmath>

#include <nlohmann/json.hpp>

namespace quire {

namespace {

using Json = nlohmann::ordered_json;

std::int64_t milliseconds(double seconds) { return static_cast<std::int64_t>(std::llround(seconds * 1000)); }

Json object_of(const NamedValues& values) {
    Json out = Json::object();
    for (const auto& [name, value] : values) out[name] = value;
    return out;
}

std::string_view trend_word(Trend trend) {
    switch (trend) {
        case Trend::kGrowing: return "growing";
        case Trend::kSteady: return "steady";
        case Trend::kShrinking: return "shrinking";
        case Trend::kUnknown: break;
    }
    return "";
}

std::string_view repair_verdict(RepairVerdict verdict) {
    switch (verdict) {
        case RepairVerdict::kHolds: return "holds";
        case RepairVerdict::kRejected: return "rejected";
        case RepairVerdict::kInconclusive: break;
    }
    return "inconclusive";
}

Json marks_of(const ExplainedTrace& trace) {
    Json marks = Json::array();
    for (const TraceMark& mark : trace.marks) {
        Json one = {{"mark", std::string(1, mark.letter)}, {"step", mark.step}, {"role", mark.role}, {"text", mark.text}};
        one["thread"] = mark.thread < trace.threads.size() ? trace.threads[mark.thread] : std::string();
        if (mark.line != 0) {
            one["file"] = mark.file;
            one["line"] = mark.line;
        }
        if (!mark.held.empty()) one["held"] = mark.held;
        marks.push_back(std::move(one));
    }
    return marks;
}

Json why_of(const ExplainedTrace& trace) {
    Json why = Json::array();
    for (const TraceReason& reason : trace.why) why.push_back({{"topic", reason.topic}, {"text", reason.text}});
    return why;
}

Json as_expected(Judgement judgement) {
    switch (judgement) {
        case Judgement::kMet: return true;
        case Judgement::kNotMet: return false;
        case Judgement::kInconclusive: break;
    }
    return nullptr;
}

class EventWriter final : public Writer {
public:
    explicit EventWriter(Sink& out) : out_(out) {}

    void begin(const SessionBegin& session) override {
        line({{"schema", kEventSchema}, {"type", "begin"}, {"version", session.version}, {"files", session.files}});
    }

    void spec(const SpecBegin& spec) override {
        line({{"type", "spec"}, {"file", spec.file}, {"hash", spec.hash}, {"expectations", spec.expectations.size()}});
    }

    void diagnostics(const std::vector<DiagnosticReport>& diagnostics) override {
        for (const DiagnosticReport& d : diagnostics) {
            Json event = {{"type", "diagnostic"}, {"severity", d.severity}, {"code", d.code}, {"message", d.message}};
            if (!d.file.empty()) {
                event["file"] = d.file;
                event["line"] = d.line;
                event["column"] = d.column;
            }
            line(event);
        }
    }

    void progress(const ProgressReport& report) override {
        const Progress& p = report.progress;
        Json event = {{"type", "progress"},        {"file", report.file},
                      {"variant", report.variant}, {"elapsed_ms", milliseconds(p.seconds)},
                      {"states", p.states},        {"rate", std::llround(p.rate)},
                      {"depth", p.depth},          {"frontier", p.frontier},
                      {"mem_bytes", p.memory}};
        if (p.trend != Trend::kUnknown) event["trend"] = trend_word(p.trend);
        if (p.all_states) event["all_states"] = {std::llround(p.all_states->least), std::llround(p.all_states->most)};
        if (p.seconds_left) {
            event["left_ms"] = {milliseconds(p.seconds_left->least), milliseconds(p.seconds_left->most)};
        }
        line(event);
    }

    void result(const ExpectationReport& report) override {
        if (report.cases.empty()) line(head(report));
        for (const CaseReport& one : report.cases) line(case_event(report, one));
    }

    void repairs(const RepairsReport& report) override {
        Json event = {{"type", "repairs"}, {"id", report.id}, {"file", report.run->file}, {"variant", report.run->variant}};
        event["property"] = report.finding->trace.property;
        event["instance"] = object_of(report.run->constants);
        event["memory"] = report.run->memory;
        event["most_states"] = report.most_states;
        event["repairs"] = Json::array();
        for (const RepairReport& one : report.repairs) {
            Json repair = {{"what", one.what}, {"verdict", repair_verdict(one.verdict)}, {"states", one.states}};
            if (!one.note.empty()) repair["note"] = one.note;
            if (!one.reason.empty()) repair["reason"] = one.reason;
            repair["patch"] = one.patch;
            event["repairs"].push_back(std::move(repair));
        }
        line(event);
    }

    void end(const SessionEnd& session) override {
        line({{"type", "end"},
              {"ok", session.met},
              {"failed", session.not_met},
              {"inconclusive", session.inconclusive},
              {"not_judged", session.not_judged},
              {"wrong_specs", session.wrong_specs},
              {"warnings", session.warnings},
              {"denied", session.denied},
              {"from_cache", session.from_cache},
              {"elapsed_ms", milliseconds(session.seconds)},
              {"exit", session.exit_code}});
    }

private:
    // Bytes that are no UTF-8 can stand in paths; they must not stop a report.
    void line(const Json& event) { out_.write(event.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"); }

    static Json head(const ExpectationReport& report) {
        Json event = {{"type", "result"}, {"id", report.head.id}, {"file", report.head.file}};
        if (report.head.line != 0) event["line"] = report.head.line;
        event["variant"] = report.head.variant;
        event["property"] = report.head.property;
        event["instance"] = Json::object();
        event["expected"] = expected_word(report.head.expected);
        event["verdict"] = "inconclusive";
        if (!report.reason.empty()) event["reason"] = report.reason;
        event["as_expected"] = as_expected(report.judgement);
        return event;
    }

    static Json case_event(const ExpectationReport& report, const CaseReport& one) {
        Json event = head(report);
        const SearchStatistics& s = one.run->statistics;
        event["instance"] = object_of(one.run->constants);
        event["memory"] = one.run->memory;
        event["verdict"] = one.verdict;
        if (one.reason.empty()) {
            event.erase("reason");
        } else {
            event["reason"] = one.reason;
        }
        event["as_expected"] = as_expected(one.judgement);
        if (!one.found.empty()) event["found"] = one.found;
        if (!one.untraced.empty()) event["untraced"] = one.untraced;
        event["states"] = s.states;
        event["transitions"] = s.transitions;
        event["steps"] = one.finding != nullptr ? Json(one.finding->trace.steps) : Json();
        event["switches"] = one.finding != nullptr ? Json(one.finding->trace.switches) : Json();
        if (one.finding != nullptr && one.finding->trace.loop_start) event["loop"] = *one.finding->trace.loop_start;
        if (one.finding != nullptr && !one.finding->trace.marks.empty()) event["marks"] = marks_of(one.finding->trace);
        if (one.finding != nullptr && !one.finding->trace.why.empty()) event["why"] = why_of(one.finding->trace);
        event["depth"] = s.depth;
        event["complete"] = one.run->exhaustive;
        event["cpu_ms"] = milliseconds(s.cpu_seconds);
        double bytes = s.states > 0 ? static_cast<double>(s.bytes_visited) / static_cast<double>(s.states) : 0;
        event["bytes_per_state"] = std::round(bytes * 10) / 10;
        event["reductions"] = one.run->reductions;
        const CheckpointReport& checkpoint = one.run->checkpoint;
        if (checkpoint.resumed) event["resumed"] = {{"states", checkpoint.resumed_states}, {"depth", checkpoint.resumed_depth}};
        if (!one.reason.empty() && !checkpoint.kept.empty()) event["checkpoint"] = checkpoint.kept;
        if (one.run->native) event["native"] = true;
        if (one.run->omission > 0) event["omission"] = one.run->omission;
        if (!one.run->reduction_notes.empty()) event["reduction_notes"] = one.run->reduction_notes;
        if (one.run->assumed_away != 0) event["assumed_away"] = one.run->assumed_away;
        if (one.run->exhausted != 0) event["exhausted"] = one.run->exhausted;
        if (!one.run->proofs.empty()) event["proofs"] = one.run->proofs;
        if (!one.run->certificate.empty()) event["certificate"] = one.run->certificate;
        if (one.finding != nullptr && !one.finding->saved.empty()) event["trace"] = one.finding->saved;
        return event;
    }

    Sink& out_;
};

}  // namespace

std::unique_ptr<Writer> make_event_writer(Sink& out) { return std::make_unique<EventWriter>(out); }

}  // namespace quire
