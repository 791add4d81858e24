// What the end of a trace shows, for each kind of finding: who waits for what, which object leaks, which values make a
// property false.
#pragma once

#include <string>
#include <vector>

#include "explain/explain.h"

namespace quire {

inline constexpr const char* kFreedBefore = "Freed before";

std::vector<TraceFact> explain_ending(const TransitionSystem& system, const SourceManager& sources, const Finding& finding,
                                      const ReplayedTrace& run);

// The object that the last step's failing check is about, if that can be seen.
std::string failing_object(const TransitionSystem& system, const Finding& finding, const ReplayedTrace& run);
// Its number, or 0.
std::size_t failing_object_number(const TransitionSystem& system, const Finding& finding, const ReplayedTrace& run);
// The pool object that was freed in the run, if it is just one; else 0.
std::size_t only_object_freed(const TransitionSystem& system, const ReplayedTrace& run);
// The cells that decide the finding's property at the end: of a conjunction, what its false sides read.
std::vector<Address> cells_behind_property(const TransitionSystem& system, const Finding& finding, const ReplayedTrace& run);

}  // namespace quire
