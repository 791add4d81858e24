// What expectations mean, over finished searches.
#pragma once

#include <string>
#include <vector>

#include "report/results.h"

namespace quire {

// The expectation in one run.  `only`: names that --property asks about; empty for all.
CaseReport judge_case(Expected expected, const std::string& property, const RunReport& run,
                      const std::vector<std::string>& only = {});

// Every run has to show what is expected.
ExpectationReport judge(const ExpectationHead& head, const std::vector<const RunReport*>& runs,
                        const std::vector<std::string>& only = {});

// A cover that no expectation names has to be reached in at least one of the runs.
ExpectationReport judge_implied_cover(const ExpectationHead& head, const std::vector<const RunReport*>& runs);

// What this version does not do is inconclusive, and says so.
ExpectationReport judge_unsupported(const ExpectationHead& head, const std::string& reason);

// Why a search does not show that there is nothing; "" if it does.
std::string why_inconclusive(const RunReport& run);

}  // namespace quire
