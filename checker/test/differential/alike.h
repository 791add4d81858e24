// Whether what the search takes to be alike is: from a state and from its canonical form the same canonical forms are
// reached.
#pragma once

#include <cstddef>
#include <string>

#include "system/transition_system.h"

namespace quire {

// Looks at the first `most` states, by breadth. Empty, or what is wrong.
std::string check_alike(const TransitionSystem& system, std::size_t most);

}  // namespace quire
