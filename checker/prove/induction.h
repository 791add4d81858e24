// The largest part of a set of claims that every action preserves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "prove/claim.h"
#include "prove/interrupter.h"
#include "system/transition_system.h"

namespace quire::prove {

enum class Standing : std::uint8_t {
    kStands,
    kNotPreserved,  // by `action`: there is a state, perhaps none that is ever reached, from which it is lost
    kUndecided,     // for `action`: within the limit of one query
    kNotEncoded,    // at all, or what `action` does to it: see `why`
};

struct ClaimStanding {
    Standing standing = Standing::kStands;
    std::size_t action = SIZE_MAX;
    std::string why;
};

struct InductionOptions {
    std::uint32_t resource_limit = 0;    // of Z3, for one query
    std::function<bool()> stop;          // asked between queries
    Interrupter* interrupter = nullptr;  // ends a query when `stop` says so
    std::uint64_t most_queries = 500;    // after which nothing stands
};

struct InductionResult {
    std::vector<ClaimStanding> claims;  // as they were given
    std::uint64_t queries = 0;
    bool stopped = false;  // then nothing stands
};

// Takes for granted that each claim holds in every start state, and that in every state that is reached each cell lies in the
// range of its variable.
InductionResult strongest_inductive(const TransitionSystem& system, const std::vector<Action>& actions,
                                    const std::vector<Claim>& claims, const InductionOptions& options);

// Whether every action preserves all of `claims` together: asked in a fresh context, by Z3's other solver for arithmetic.
bool inductive_again(const TransitionSystem& system, const std::vector<Action>& actions, const std::vector<Claim>& claims,
                     const InductionOptions& options, std::uint64_t& queries);

// By action: whether it preserves `claim` in every state in which `kept`, an inductive set, and the claim hold.
std::vector<bool> preserved_by(const TransitionSystem& system, const std::vector<Action>& actions, const std::vector<Claim>& kept,
                               const Claim& claim, const InductionOptions& options, std::uint64_t& queries);

}  // namespace quire::prove
