// What is said of all threads, said of how many there are in each local state.
#pragma once

#include "prove/counting_evaluate.h"
#include "prove/counting_step.h"

namespace quire::prove {

// The condition of a property over single states, in terms of counters; the local states must be complete.
NodeId property_formula(Extraction& extraction, const Program& condition);

// The condition of a step property over one way of a step.
NodeId step_formula(Extraction& extraction, const Program& condition, ThreadNumber thread, const LocalState& before,
                    const Way& way);

// Sums over all threads but this one get a variable each.
NodeId close_over_others(Extraction& extraction, NodeId formula, ThreadNumber thread, std::uint32_t site);
NodeId close_term_over_others(Extraction& extraction, NodeId term, ThreadNumber thread, std::uint32_t site);
// And what those variables are, for a thread that was in local state `from`.
NodeId resolve_others(Extraction& extraction, NodeId id, LocalNumber from);

}  // namespace quire::prove
