// Judges the `scenario` declarations of a spec.
#pragma once

#include <deque>

#include "driver/plan.h"
#include "driver/scenario_match.h"
#include "driver/search_run.h"

namespace quire {

// The lines as written; each name is a column.
Scenario scenario_of(const ast::ScenarioDecl& declaration, const SourceManager& sources);

// Under every memory model that is planned.  Lines that are no statements are errors of the spec.  The reports of the
// searches are put into `runs`, which has to outlive the result.
ExpectationReport judge_scenario(LoadedSpec& spec, const CheckPlan& plan, const PlannedExpectation& planned,
                                 const EngineOptions& options, const CancelToken& cancel, std::deque<RunReport>& runs);

}  // namespace quire
