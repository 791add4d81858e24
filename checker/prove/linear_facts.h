// Linear equations that hold in a sample of states.
#pragma once

#include <functional>
#include <vector>

#include "prove/sample.h"
#include "system/transition_system.h"

namespace quire::prove {

// Each is a truth value over cells that never faults.  `locations`: the cells that say where each thread stands; of the
// others only those that are `wanted`, by address.
std::vector<ExprId> linear_facts(const TransitionSystem& system, const Sample& sample, const std::vector<Address>& locations,
                                 const std::vector<bool>& wanted, const std::function<bool()>& stop, ExpressionPool& pool);

}  // namespace quire::prove
