#pragma once

#include "explore/bytecode.h"

namespace quire::explore {

// The system must outlive the result.  `simplify` takes longer and makes faster code.
Bytecode compile(const TransitionSystem& system, bool simplify);

}  // namespace quire::explore
