// The product of a system with the automaton of a scenario, as a system again: every engine searches it as any other.
//
// The automaton counts.  Its state 2k says that k lines have happened and the next is waited for, 2k + 1 that line k has
// begun and not ended.  A statement begins with its first access and ends where the program says that it has ended; a line
// of which only one step is meant does both with that step.  The earliest end of each line is the best one: whatever can
// follow a later one can follow it, and occurrences of one statement in one thread never overlap, so the automaton is
// deterministic and the first occurrence that begins after the line before has ended is taken.
//
// A statement without an access is local work, which is done in the step before it, although nobody can tell when: it
// counts as happening at any time from there to its thread's next step.
//
// Invariant: leaving out the added cells, the product has exactly the runs of the system.
#pragma once

#include <vector>

#include "driver/scenario_match.h"
#include "system/transition_system.h"

namespace quire {

struct ScenarioProductOptions {
    // What fails before all lines have happened is not looked at: false properties end no run, failing checks end it
    // silently.  What is found then follows from the scenario.
    bool only_afterwards = false;
    // Properties that are false end no run.
    bool ignore_properties = false;
};

struct ScenarioProduct {
    TransitionSystem system;
    Address progress = 0;                  // the automaton's state
    std::vector<PropertyNumber> happened;  // by line: covers, some state has it and all before behind it
    std::vector<PropertyNumber> fails_in;  // by line: covers, a check fails while it happens
    std::vector<PropertyNumber> original;  // properties that are the system's own
};

ScenarioProduct scenario_product(const TransitionSystem& system, const ScenarioBinding& binding,
                                 const ScenarioProductOptions& options = {});

}  // namespace quire
