// Small protocols that are well-typed by construction, one for each seed.
#pragma once

#include <cstdint>
#include <string>

namespace quire {

// The text of a spec.  Each declaration and statement begins on a line of its own, so that a shrinker can work on lines.
std::string generate_protocol(std::uint64_t seed);
// Threads that work on a few objects under locks.
std::string generate_locking_protocol(std::uint64_t seed);

}  // namespace quire
