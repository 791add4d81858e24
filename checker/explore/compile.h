#pragma once

#include "explore/bytecode.h"

namespace quire::explore {

// The system must outlive the result.
Bytecode compile(const TransitionSystem& system);

}  // namespace quire::explore
