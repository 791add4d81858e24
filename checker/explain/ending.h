// What the end of a trace shows, for each kind of finding: who waits for what, which object leaks, which values make a
// property false.
#pragma once

#include <string>
#include <vector>

#include "explain/explain.h"

namespace quire {

std::vector<TraceFact> explain_ending(const TransitionSystem& system, const SourceManager& sources, const Finding& finding,
                                      const ReplayedTrace& run);

// The object that the last step's failing check is about, if that can be seen.
std::string failing_object(const TransitionSystem& system, const Finding& finding, const ReplayedTrace& run);

}  // namespace quire
