#include "report/case_text.h"

#include <algorithm>

#include "report/text_layout.h"

namespace quire {

std::string instance_text(const RunReport& run) {
    std::string text = sizes_text(run.sizes);
    if (run.memory != "sc") text += (text.empty() ? "memory " : " memory ") + run.memory;
    return text;
}

const CaseReport* shortest_case(const ExpectationReport& report) {
    const CaseReport* shortest = nullptr;
    for (const CaseReport& one : report.cases) {
        if (one.finding == nullptr || (one.judgement != report.judgement && report.judgement == Judgement::kNotMet)) continue;
        if (shortest == nullptr || one.finding->trace.steps < shortest->finding->trace.steps) shortest = &one;
    }
    return shortest;
}

std::string finding_text(const FindingReport& finding) {
    return finding.trace.sentence + "; " + count_of(finding.trace.steps, "step") + ", " +
           count_of(finding.trace.switches, "context switch");
}

CodeLine finding_line(const ExplainedTrace& trace) {
    for (auto row = trace.rows.rbegin(); row != trace.rows.rend(); ++row) {
        if (row->place.user.line != 0) return row->place.user;
    }
    return {};
}

std::string changes_text(const TraceRow& row) {
    std::string text;
    for (const std::string& change : row.changes) text += (text.empty() ? "" : ", ") + change;
    return text;
}

std::string row_text(const TraceRow& row) { return row.changes.empty() ? row.text : row.text + " (" + changes_text(row) + ")"; }

std::map<std::string, UnexpectedFinding> unexpected_findings(const ExpectationReport& report) {
    std::map<std::string, UnexpectedFinding> found;
    auto add = [&](const RunReport& run, const FindingReport& finding) {
        UnexpectedFinding& one = found[finding.trace.property];
        ++one.runs;
        if (one.finding != nullptr && one.finding->trace.steps <= finding.trace.steps) return;
        one.run = &run;
        one.finding = &finding;
    };
    for (const CaseReport& one : report.cases) {
        if (one.judgement != Judgement::kNotMet || one.run == nullptr) continue;
        bool told = false;
        for (const FindingReport& finding : one.run->violations) {
            if (std::find(one.found.begin(), one.found.end(), finding.trace.property) == one.found.end()) continue;
            add(*one.run, finding);
            told = told || &finding == one.finding;
        }
        if (one.finding != nullptr && !told) add(*one.run, *one.finding);
    }
    return found;
}

const std::string& row_thread(const ExplainedTrace& trace, const TraceRow& row) {
    static const std::string nobody = "environment";
    bool named = row.thread < trace.threads.size() && !trace.threads[row.thread].empty();
    return named ? trace.threads[row.thread] : nobody;
}

}  // namespace quire
