#pragma once

#include <vector>

#include "explore/findings.h"
#include "explore/successor_generator.h"

namespace quire::explore {

struct TraceOptions {
    bool minimise_switches = true;
    // States on shortest paths that may be kept, over all findings.
    std::size_t most_kept = std::size_t{1} << 20;
    // Checked before a state is passed through: an invariant that is false in it ends every run there.
    std::vector<PropertyNumber> state_properties;
    std::vector<PropertyNumber> final_properties;
};

// A shortest trace for each finding, in their order.
std::vector<Finding> build_traces(const TransitionSystem& system, SuccessorGenerator& generator,
                                  const ExploredStates& states, const std::vector<Found>& found,
                                  const TraceOptions& options);

}  // namespace quire::explore
