// Some states of a counting system that are reached with few threads.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "prove/counting_system.h"

namespace quire::prove {

struct CountingBug {
    std::vector<Value> parameters;
    std::string property;  // that is violated there
    PropertyNumber number = kNone;
};

struct CountingSample {
    std::vector<CountingState> states;
    std::optional<CountingBug> bug;  // then the rest was not looked at
    std::size_t sizes = 0;           // vectors of parameters that were looked at wholly
};

struct SampleOptions {
    std::size_t most_states = 6000;
    std::function<bool()> stop;
};

// With 0, 1, 2, … threads, as many as there is room for.
CountingSample sample_counting_system(const CountingSystem& system, const SampleOptions& options);

// All states that are reached with these parameters, in breadth-first order; at most `most` (then `whole` is false).  With
// `bug` it ends at the first one; without, states that violate something are gone on from.
std::vector<CountingState> reached(const CountingSystem& system, const std::vector<Value>& parameters, std::size_t most,
                                   bool& whole, std::optional<CountingBug>* bug = nullptr,
                                   const std::function<bool()>& stop = {});

}  // namespace quire::prove
