// Who proposes repairs: a seam, for the driver does not edit specs.  See workbench/repairs.h.
#pragma once

#include "driver/load.h"
#include "driver/plan.h"
#include "driver/search_run.h"

namespace quire {

class RepairFinder {
public:
    virtual ~RepairFinder() = default;
    // `found` was found by the search `run`, which was planned as `planned`.
    virtual RepairsReport find(const LoadedSpec& spec, const PlannedRun& planned, const RunReport& run,
                               const FindingReport& found, const EngineOptions& engine, const LoadOptions& load,
                               const CancelToken& cancel) = 0;
};

}  // namespace quire
