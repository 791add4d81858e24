// What would prevent a violation: every candidate is typed, lowered and searched again, with all properties.
#pragma once

#include "driver/repair_finder.h"

namespace quire {

// Bounded by states and by the number of candidates, never by time, so that the answer is the same everywhere.
struct RepairLimits {
    std::uint64_t states = 50'000;  // of the search of one candidate
    std::size_t candidates = 24;
};

class Repairs final : public RepairFinder {
public:
    explicit Repairs(RepairLimits limits = {}) : limits_(limits) {}
    RepairsReport find(const LoadedSpec& spec, const PlannedRun& planned, const RunReport& run, const FindingReport& found,
                       const EngineOptions& engine, const LoadOptions& load, const CancelToken& cancel) override;

private:
    RepairLimits limits_;
};

}  // namespace quire
