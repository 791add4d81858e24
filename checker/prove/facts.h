// Candidate facts about a system, guessed from a sample of its states: never trusted, only tried.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "prove/sample.h"
#include "system/transition_system.h"

namespace quire::prove {

struct Fact {
    ExprId condition;  // a truth value over cells; it never faults
    // If not kNone: the fact says nothing unless this cell, where a thread stands, is `at`.
    Address location = kNone;
    Value at = 0;
};

// True in every state of the sample.  `pool` gets the expressions.  Once `stop` says so they return soon, with what they have.
// Cheap ones: constants and ranges of cells, what cells are while a thread stands somewhere, linear equations.
// Only of cells that are `wanted`, by address.
std::vector<Fact> mine_facts(const TransitionSystem& system, const Sample& sample, const std::vector<bool>& wanted,
                             const std::function<bool()>& stop, ExpressionPool& pool);
// Dear ones, at most `most`: which places of two threads, and which values of two cells, exclude one another.
std::vector<Fact> mine_exclusions(const TransitionSystem& system, const Sample& sample, const std::function<bool()>& stop,
                                  ExpressionPool& pool, std::size_t most);

}  // namespace quire::prove
