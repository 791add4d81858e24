// Some states that can be reached: what is false in one of them is no invariant.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "system/transition_system.h"

namespace quire::prove {

struct Sample {
    std::vector<std::vector<Value>> states;  // distinct, in the order in which they were found
    bool whole = false;                      // there are no others
};

// At most about `most` states; fewer when `stop` says so.
Sample sample_states(const TransitionSystem& system, std::size_t most, const std::function<bool()>& stop);

}  // namespace quire::prove
