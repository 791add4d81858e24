// Which cells can have an influence on others.
#pragma once

#include <vector>

#include "prove/claim.h"
#include "system/transition_system.h"

namespace quire::prove {

// By address: the cells that the properties' conditions read, and those that decide what is written there, by whom and when.
// What only makes a step fail is left out, and where an address cannot be told, less is said: good enough to guess by.
// `pool` gets expressions.
std::vector<bool> influence_on(const TransitionSystem& system, const std::vector<Action>& actions,
                               const std::vector<const Program*>& properties, ExpressionPool& pool);

}  // namespace quire::prove
