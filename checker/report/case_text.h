// What several formats say in the same words about a result.
#pragma once

#include <map>
#include <string>

#include "report/results.h"

namespace quire {

// "HOLDERS=2 SCANNERS=0 memory tso"; "" for the text as it stands.
std::string instance_text(const RunReport& run);

// Of the cases that make the expectation what it is (all, if it is met), the one with the shortest trace; nullptr: none has one.
const CaseReport* shortest_case(const ExpectationReport& report);

// "scanner uses an object that was freed; 7 steps, 2 context switches"
std::string finding_text(const FindingReport& finding);

// Where a finding shows: the line of its last step that has one; line 0 if none has.
CodeLine finding_line(const ExplainedTrace& trace);

std::string changes_text(const TraceRow& row);
// "lock_page(page); (PG_locked: 0 -> 1)"
std::string row_text(const TraceRow& row);

// Violations that the expectation did not ask for, each by its shortest trace.
struct UnexpectedFinding {
    const RunReport* run = nullptr;
    const FindingReport* finding = nullptr;
    std::size_t runs = 0;  // that show it
};
std::map<std::string, UnexpectedFinding> unexpected_findings(const ExpectationReport& report);

// The name of the thread that makes a row.
const std::string& row_thread(const ExplainedTrace& trace, const TraceRow& row);

}  // namespace quire
