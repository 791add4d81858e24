#pragma once

#include <vector>

#include "explore/bytecode.h"
#include "explore/packed_layout.h"

namespace quire::explore {

// Values that the start states and some random walks of fixed seed take, by cell.
std::vector<ObservedRange> probe(const TransitionSystem& system, const Bytecode& code, bool plain);

}  // namespace quire::explore
