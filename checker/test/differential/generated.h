// The comparison over generated protocols.
#pragma once

#include <cstdint>
#include <string>

namespace quire {

struct GeneratedOptions {
    std::uint64_t count = 2000;
    std::uint64_t seed = 1;
    double max_seconds = 0;  // of CPU; 0: no limit
    std::uint64_t max_states = 4000;
    std::string folder = ".";  // where failures are written
    bool talkative = false;
    bool shrink = true;
    bool locking = false;       // the protocols with locks
    unsigned max_failures = 5;  // then it stops
};

// Returns the number of failures; says what was done on stdout.
unsigned compare_generated(const GeneratedOptions& options);

}  // namespace quire
