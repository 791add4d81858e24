// Proofs for every number of threads.
#pragma once

#include <string>
#include <vector>

#include "prove/counting_build.h"
#include "prove/counting_keeper.h"
#include "support/budget.h"
#include "system/transition_system.h"

namespace quire::prove {

// The same protocol with different numbers of threads of each role that has no fixed number: kTemplateThreads, and one more.
struct AnyNumberQuestion {
    const TransitionSystem* system = nullptr;
    const TransitionSystem* larger = nullptr;
    SystemParameters parameters;
    std::function<bool()> stop;
};

enum class AnyNumberAnswer : std::uint8_t {
    kProved,
    kNotProved,  // some obligation does not follow: see `open`; nothing is claimed
    kViolated,   // with few threads: see `bug`
    kRefused,    // outside of the method: see `refusal`
    kStopped,
};

struct AnyNumberReport {
    AnyNumberAnswer answer = AnyNumberAnswer::kRefused;
    Refusal refusal;
    std::optional<CountingBug> bug;
    CountingSystem counting;
    std::vector<CountingFact> facts;  // kProved: what the proof needs; kNotProved: what was kept
    std::vector<OpenObligation> open;
    // kNotProved: what a step loses that was not kept, in the state with the fewest threads; what to try next.
    struct Loss {
        NodeId fact = 1;
        std::size_t step = 0;
        CountingState state;
    };
    std::vector<Loss> losses;
    std::vector<Value> suggested;  // parameters, that a loss suggests to look at
    std::string certificate;       // kProved
    std::uint64_t queries = 0;
    std::size_t candidates = 0;
};

AnyNumberReport prove_any_number(const AnyNumberQuestion& question);

}  // namespace quire::prove
