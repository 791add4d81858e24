// From a transition system of a few threads of each role to a counting system.
#pragma once

#include <string>
#include <variant>

#include "prove/counting_evaluate.h"

namespace quire::prove {

// So many threads of each role that has no fixed number must be there: with fewer, what is said of one, of some and of all
// of them could not be told apart.
inline constexpr Value kTemplateThreads = 3;

// `number`: which thread of each role stands for all of them, counted from its end if there are fewer.
std::variant<CountingSystem, Refusal> build_counting_system(const TransitionSystem& system, const SystemParameters& parameters,
                                                            std::uint32_t number = 0);

// Everything that is known of it, as text: equal for two systems that are the same.
std::string description(const CountingSystem& system);

// Of a state of a system with given numbers of threads: the state here that it is an instance of; nothing if a thread is in
// a local state that is not here.
std::optional<CountingState> counted(const CountingSystem& counting, const TransitionSystem& system,
                                     const std::vector<Value>& parameters, std::span<const Value> state);

}  // namespace quire::prove
