// A violation that was found stands whatever the search did not see; that there is none, or that a cover is not reached,
// follows only from a search that saw everything.
#include "driver/judge.h"

#include <algorithm>

#include "report/text_layout.h"

namespace quire {

namespace {

bool asked_about(const std::string& name, const std::vector<std::string>& only) {
    return only.empty() || std::find(only.begin(), only.end(), name) != only.end();
}

const FindingReport* shortest(const RunReport& run, const std::vector<std::string>& only) {
    const FindingReport* best = nullptr;
    for (const FindingReport& finding : run.violations) {
        if (!asked_about(finding.trace.property, only)) continue;
        if (best == nullptr || finding.trace.steps < best->trace.steps) best = &finding;
    }
    return best;
}

const FindingReport* named(const std::vector<FindingReport>& findings, const std::string& name) {
    for (const FindingReport& finding : findings) {
        if (finding.trace.property == name) return &finding;
    }
    return nullptr;
}

CaseReport decided(CaseReport report, bool met, std::string verdict) {
    report.judgement = met ? Judgement::kMet : Judgement::kNotMet;
    report.verdict = std::move(verdict);
    return report;
}

std::string joined(const std::vector<std::string>& names) {
    std::string out;
    for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
    return out;
}

bool is_about_cover(Expected expected) { return expected == Expected::kCovered || expected == Expected::kNotCovered; }

// Those without a trace that would decide.
std::vector<std::string> untraced(Expected expected, const std::string& property, const RunReport& run,
                                  const std::vector<std::string>& only) {
    std::vector<std::string> names;
    for (const std::string& name : is_about_cover(expected) ? run.untraced_covers : run.untraced_violations) {
        if (property != "*" ? name == property : asked_about(name, only)) names.push_back(name);
    }
    return names;
}

// Nothing was found: decided if the search was exhaustive.  What was found without a run that replays decides nothing, but
// whoever reads has to know.
CaseReport nothing_found(CaseReport report, const RunReport& run, Expected expected, bool met, std::string verdict) {
    report.reason = why_inconclusive(run);
    if (report.reason.empty()) return decided(std::move(report), met, std::move(verdict));
    report.judgement = Judgement::kInconclusive;
    report.verdict = "inconclusive";
    if (report.untraced.empty()) return report;
    bool one = report.untraced.size() == 1;
    report.reason += ": " + joined(report.untraced) + (one ? " is " : " are ") +
                     (is_about_cover(expected) ? "covered" : "violated") + ", with no time left for the " +
                     (one ? "trace that shows it" : "traces that show it");
    return report;
}

std::string reason_text(const ExpectationReport& report, const CaseReport& one) {
    const RunReport& run = *one.run;
    std::string searched = count_of(run.statistics.states, "state") + (run.exhaustive ? ", complete" : "");
    if (one.judgement == Judgement::kInconclusive) return "INCONCLUSIVE: " + one.reason;
    switch (report.head.expected) {
        case Expected::kPass: return "violated: " + joined(one.found);
        case Expected::kViolation:
            if (report.head.property == "*") return "expected a violation, found none (" + searched + ")";
            if (one.found.empty()) return "expected a violation of " + report.head.property + ", found none (" + searched + ")";
            return "expected a violation of " + report.head.property + ", found only other ones (" + searched + ")";
        case Expected::kCovered: return "expected to be reached, is not (" + searched + ")";
        case Expected::kNotCovered: return "expected not to be reached, is";
        case Expected::kProved: {
            std::string names;
            for (const std::string& name : one.found) names += (names.empty() ? "" : ", ") + name;
            return "violated with " + sizes_text(run.sizes) + ": " + names;
        }
        case Expected::kScenario: break;
    }
    return {};
}

// The overall judgement is the worst; its reason that of the first case that shows it.
void conclude(ExpectationReport& report) {
    report.judgement = Judgement::kMet;
    auto has = [&](Judgement j) {
        return std::any_of(report.cases.begin(), report.cases.end(), [&](const CaseReport& c) { return c.judgement == j; });
    };
    if (has(Judgement::kInconclusive)) report.judgement = Judgement::kInconclusive;
    if (has(Judgement::kNotMet)) report.judgement = Judgement::kNotMet;
    for (const CaseReport& one : report.cases) {
        if (one.judgement == report.judgement && report.judgement != Judgement::kMet) {
            report.reason = reason_text(report, one);
            break;
        }
    }
}

}  // namespace

std::string why_inconclusive(const RunReport& run) {
    switch (run.stop) {
        case StopReason::kTime: return "time limit reached";
        case StopReason::kStates: return "limit of states reached";
        case StopReason::kDepth: return "limit of depth reached";
        case StopReason::kMemory: return "memory limit reached";
        case StopReason::kInterrupted: return "interrupted";
        case StopReason::kRefused: return "its checkpoint cannot be used";
        case StopReason::kComplete: break;
    }
    if (run.exhausted != 0) return run.memory == "sc" ? "pool exhausted" : "pool or store buffer exhausted";
    if (run.too_long != 0) return "a step or a property took too long";
    return run.exhaustive ? "" : "the search was not exhaustive";
}

CaseReport judge_case(Expected expected, const std::string& property, const RunReport& run,
                      const std::vector<std::string>& only) {
    CaseReport report;
    report.run = &run;
    report.untraced = untraced(expected, property, run, only);
    for (const FindingReport& finding : run.violations) {
        if (expected == Expected::kViolation || asked_about(finding.trace.property, only)) {
            report.found.push_back(finding.trace.property);
        }
    }
    switch (expected) {
        case Expected::kPass:
            report.finding = shortest(run, only);
            if (report.finding != nullptr) return decided(std::move(report), false, "violation");
            return nothing_found(std::move(report), run, expected, true, "pass");
        case Expected::kViolation: {
            const bool others = !report.found.empty();
            report.finding = property == "*" ? shortest(run, only) : named(run.violations, property);
            if (report.finding != nullptr) return decided(std::move(report), true, "violation");
            return nothing_found(std::move(report), run, expected, false, others ? "violation" : "pass");
        }
        case Expected::kCovered:
            report.finding = named(run.covered, property);
            if (report.finding != nullptr) return decided(std::move(report), true, "covered");
            return nothing_found(std::move(report), run, expected, false, "not covered");
        case Expected::kNotCovered:
            report.finding = named(run.covered, property);
            if (report.finding != nullptr) return decided(std::move(report), false, "covered");
            return nothing_found(std::move(report), run, expected, true, "not covered");
        case Expected::kProved:
        case Expected::kScenario: break;
    }
    report.judgement = Judgement::kInconclusive;
    report.verdict = "inconclusive";
    report.reason = "not supported yet";
    return report;
}

CaseReport judge_proof(const RunReport& run, bool proved, const std::string& reason) {
    CaseReport report;
    report.run = &run;
    if (proved) return decided(std::move(report), true, "proved");
    report.judgement = Judgement::kInconclusive;
    report.verdict = "not proved";
    report.reason = reason;
    return report;
}

CaseReport judge_disproof(const RunReport& search, const RunReport& proof) {
    CaseReport report = judge_case(Expected::kPass, "*", search);
    if (report.finding != nullptr) return report;
    return judge_proof(proof, false, report.reason.empty() ? "the search does not find what the proof ran into" : report.reason);
}

ExpectationReport judge_proofs(const ExpectationHead& head, std::vector<CaseReport> cases) {
    ExpectationReport report;
    report.head = head;
    report.cases = std::move(cases);
    conclude(report);
    return report;
}

ExpectationReport judge(const ExpectationHead& head, const std::vector<const RunReport*>& runs,
                        const std::vector<std::string>& only) {
    ExpectationReport report;
    report.head = head;
    for (const RunReport* run : runs) {
        report.cases.push_back(judge_case(head.expected, head.property, *run, only));
        if (head.expected != Expected::kPass && head.expected != Expected::kViolation) continue;
        const CaseReport& one = report.cases.back();
        for (const std::string& name : one.found) {
            bool decides = one.finding != nullptr && one.finding->trace.property == name;
            bool known = std::find(report.also.begin(), report.also.end(), name) != report.also.end();
            if (!decides && !known && head.expected == Expected::kViolation) report.also.push_back(name);
        }
    }
    conclude(report);
    return report;
}

ExpectationReport judge_implied_cover(const ExpectationHead& head, const std::vector<const RunReport*>& runs) {
    ExpectationReport all = judge(head, runs);
    ExpectationReport report;
    report.head = head;
    for (Judgement wanted : {Judgement::kMet, Judgement::kInconclusive}) {
        for (const CaseReport& one : all.cases) {
            if (one.judgement == wanted && report.cases.empty()) report.cases.push_back(one);
        }
    }
    if (report.cases.empty()) report.cases = all.cases;
    conclude(report);
    if (report.judgement == Judgement::kNotMet)
        report.reason += "; no expectation names it, so some `expect pass` has to reach it";
    return report;
}

ExpectationReport judge_unsupported(const ExpectationHead& head, const std::string& reason) {
    ExpectationReport report;
    report.head = head;
    report.judgement = Judgement::kInconclusive;
    report.reason = "INCONCLUSIVE: " + reason;
    return report;
}

}  // namespace quire
