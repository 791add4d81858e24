#pragma once

#include <vector>

#include "explore/crew.h"
#include "explore/findings.h"
#include "explore/level_store.h"
#include "explore/successor_generator.h"
#include "explore/watch.h"

namespace quire::explore {

struct TraceOptions {
    bool minimise_switches = true;
    // States on shortest paths that may be kept, over all findings.
    std::size_t most_kept = std::size_t{1} << 20;
    // Checked before a state is passed through: an invariant that is false in it ends every run there.
    std::vector<PropertyNumber> state_properties;
    std::vector<PropertyNumber> final_properties;
    // Levels of fewer states are swept by one thread.
    std::uint64_t parallel_from = std::uint64_t{1} << 12;
};

// What expands states while traces are built.
struct TraceMeans {
    const TransitionSystem& system;
    const Bytecode& code;
    const PackedLayout& layout;
    const Symmetry* symmetry;  // nullptr: none
    const LevelStore& levels;
    Crew& crew;
    Watch& watch;
    bool plain = false;
};

struct Traces {
    std::vector<Finding> findings;  // a shortest trace for each, in their order
    std::vector<PropertyNumber> untraced;
    std::optional<StopReason> stopped;  // by the watch; then there may be some
};

Traces build_traces(const TraceMeans& means, const std::vector<Found>& found, const TraceOptions& options);

}  // namespace quire::explore
