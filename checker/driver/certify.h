// No trace is shown that does not replay.
#pragma once

#include <string>

#include "system/verdict.h"

namespace quire {

// Replays the finding's trace by `evaluate`.  Throws InternalError, with what is needed to find our bug, if it does not
// show what the search claimed.
ReplayedTrace certify(const TransitionSystem& system, const Finding& finding, const std::string& what);

}  // namespace quire
