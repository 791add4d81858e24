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

// A proof in one setting of the other constants; `reason`: why it is none.
CaseReport judge_proof(const RunReport& run, bool proved, const std::string& reason);
// The proof ran into a bug with few threads: what the search with as many finds.
CaseReport judge_disproof(const RunReport& search, const RunReport& proof);
ExpectationReport judge_proofs(const ExpectationHead& head, std::vector<CaseReport> cases);

// Why a search does not show that there is nothing; "" if it does.
std::string why_inconclusive(const RunReport& run);

}  // namespace quire
