// What a sample suggests about all states of a counting system: guessed, never trusted.
#pragma once

#include <string>
#include <vector>

#include "prove/counting_sample.h"

namespace quire::prove {

enum class FactKind : std::uint8_t {
    kBound,      // of a variable: must be kept, for the terms were built with it
    kEquation,   // between counters and what is shared
    kUnder,      // an equation where something else holds
    kRange,      // of what is shared
    kWhile,      // what is shared, while a thread is in some local state
    kTogether,   // two things that are shared
    kExclusion,  // of two local states
    kAsked,      // an invariant or a lemma of the spec, or a part of one
};

struct CountingFact {
    FactKind kind = FactKind::kBound;
    NodeId formula = 1;
};

// Bounds first; every one holds in every state of the sample.
std::vector<CountingFact> guess_facts(CountingSystem& system, const CountingSample& sample);

}  // namespace quire::prove
