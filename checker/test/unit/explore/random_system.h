// Random transition systems over all kinds of instructions and operators, from a seed.
#pragma once

#include <cstdint>

#include "system/transition_system.h"

namespace quire::test {

TransitionSystem random_system(std::uint64_t seed);

}  // namespace quire::test
