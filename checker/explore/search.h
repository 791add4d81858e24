// The exhaustive search: every reachable state, breadth first, with the answers to all questions about one system.
#pragma once

#include "system/verdict.h"

namespace quire {

// Deterministic but for times and what a budget of time or memory cuts off.
SearchReport search(const TransitionSystem& system, const SearchOptions& options = {});

}  // namespace quire
