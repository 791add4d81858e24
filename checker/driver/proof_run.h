// One proof: lower for a few threads of each role, prove for all, and where there is a bug with few threads, find it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "driver/load.h"
#include "driver/plan.h"
#include "driver/search_run.h"
#include "report/results.h"

namespace quire {

struct ProofOutcome {
    enum class Kind : std::uint8_t { kProved, kNotProved, kRefused, kStopped, kBug };
    Kind kind = Kind::kRefused;
    RunReport run;
    std::string reason;              // not kProved: in a few words
    std::optional<PlannedRun> look;  // kBug: the search that has to find it
};

class ProofRunner {
public:
    ProofRunner(LoadedSpec& spec, const EngineOptions& options, const CancelToken& cancel)
        : spec_(spec), options_(options), cancel_(cancel) {}

    // `planned`: what it is for the constants that are not `any`; of these `fixed` were given, the others follow.
    ProofOutcome run(PlannedRun planned, const std::vector<ConstantId>& any, const std::vector<ConstantId>& fixed);

private:
    RunReport empty_report(const PlannedRun& planned, const std::vector<ConstantId>& any) const;
    std::optional<ConstantValues> with(const PlannedRun& planned, const std::vector<ConstantId>& any,
                                       const std::vector<Value>& numbers);
    std::optional<TransitionSystem> lowered(const PlannedRun& planned, const ConstantValues& values,
                                            const std::vector<TypeId>& open_ranges, std::string& problem);
    struct FewThreads {
        std::string problem;             // empty: nothing is violated with fewer threads than a proof is about
        std::optional<PlannedRun> look;  // where something is
    };
    PlannedRun search_with(const PlannedRun& planned, const std::vector<ConstantId>& any, const std::vector<Value>& numbers,
                           const ConstantValues& values) const;
    FewThreads search_few(const PlannedRun& planned, const std::vector<ConstantId>& any);
    void keep_certificate(const PlannedRun& planned, const std::string& text, RunReport& report);

    LoadedSpec& spec_;
    const EngineOptions& options_;
    const CancelToken& cancel_;
};

}  // namespace quire
