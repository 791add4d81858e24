// The invariant of a proof, and states of it, in the names of the spec.
#pragma once

#include <string>
#include <vector>

#include "prove/any_number.h"
#include "support/source.h"

namespace quire {

// One line per thing that is said, the equations first; `width` columns at most.
std::vector<std::string> invariant_lines(const prove::AnyNumberReport& report, const TransitionSystem& system,
                                         const SourceManager& sources, std::size_t width);

// "7 holders at line 52, 1 holder at the start; page.count = 8"
std::string state_text(const prove::AnyNumberReport& report, const TransitionSystem& system, const SourceManager& sources,
                       const prove::CountingState& state);

// What is said, as one line.
std::string fact_text(const prove::AnyNumberReport& report, const TransitionSystem& system, const SourceManager& sources,
                      prove::NodeId formula);

// Where a thread in this local state stands: "holder at 52".
std::string place_text(const prove::AnyNumberReport& report, const TransitionSystem& system, const SourceManager& sources,
                       prove::LocalNumber local);

}  // namespace quire
