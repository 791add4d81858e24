// A protocol for every number of threads at once: how many threads of each role are where, beside what they share.
//
// Threads of a role are alike, so a state is told by the shared memory and, for each state that one thread can be in of
// its own (its place, its locals, its entries of what is kept by thread), how many threads are in it (S. German,
// A. P. Sistla, "Reasoning about systems with many processes", 1992).  The numbers of threads are parameters.  This is the
// quotient of the system by the exchange of its threads and no abstraction: for each choice of the parameters the states
// here are the orbits there, and so are the steps.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "prove/counting_terms.h"
#include "system/transition_system.h"

namespace quire::prove {

struct LocalState {
    std::uint32_t role = 0;
    std::vector<Value> slots;  // [0]: the location
    friend bool operator<(const LocalState& a, const LocalState& b) {
        return a.role != b.role ? a.role < b.role : a.slots < b.slots;
    }
    friend bool operator==(const LocalState&, const LocalState&) = default;
};
using LocalNumber = std::uint32_t;

struct CountingVariable {
    enum class Kind : std::uint8_t { kParameter, kGlobal, kCounter, kInternal };
    Kind kind = Kind::kGlobal;
    std::string name;
    Address cell = kNone;       // kGlobal
    std::uint32_t bit = kNone;  // of the cell, if that is split into its bits
    bool owned = false;         // a cell that names a thread: whether it names one
    bool of_threads = true;     // kParameter: how many threads there are; else a number that the spec leaves open
    LocalNumber local = 0;      // kCounter
    Bounds bounds;              // must hold, and is proved to
};

struct Assignment {
    VariableNumber variable = 0;
    NodeId value = 0;
};

// One way through the step of a thread from one local state.
struct CountingStep {
    LocalNumber from = 0, to = 0;
    NodeId guard = 1;
    std::vector<Assignment> assignments;        // all values before the step
    std::map<LocalNumber, LocalNumber> others;  // where it moves the other threads; those not named stay
    std::uint32_t site = kNone;
};

// A step that must not be possible.
struct CountingFailure {
    LocalNumber from = 0;
    NodeId guard = 1;
    std::string what;                 // name of the property, or what else it is
    PropertyNumber property = kNone;  // kNone: no violation, but the run ends there for lack of room
    std::uint32_t site = kNone;
};

struct CountingStart {
    NodeId guard = 1;                     // over the parameters
    std::vector<Assignment> assignments;  // every global
};

struct CountingProperty {
    std::string name;
    NodeId formula = 1;  // in every state
    PropertyNumber property = kNone;
    bool is_invariant = false;
};

struct CountingRole {
    std::string name;
    NodeId count = 0;  // term over the parameters
    LocalNumber start = 0;
    bool any = false;  // no fixed number of threads
};

struct CountingSystem {
    CountingTerms terms;
    std::vector<CountingVariable> variables;  // by VariableNumber; kInternal: no part of any formula here
    std::vector<LocalState> locals;
    std::vector<std::string> local_texts;    // what they are, however many threads there are
    std::vector<VariableNumber> counter_of;  // by LocalNumber
    std::vector<CountingRole> roles;
    NodeId parameters_hold = 1;  // what numbers of threads there can be
    std::vector<CountingStart> starts;
    std::vector<CountingStep> steps;  // by `from`
    std::vector<CountingFailure> failures;
    std::vector<CountingFailure> start_failures;  // `from` means nothing
    std::vector<CountingProperty> properties;
    // For each set of threads, and whatever else is kept by thread: the local states of those who are in it.
    std::vector<std::vector<LocalNumber>> members;
    std::vector<std::string> proved_properties;  // names of everything that a proof covers

    std::string name_of(VariableNumber v) const { return variables[v].name; }
};

// Explicitly, for given parameters: all values, by VariableNumber.
using CountingState = std::vector<Value>;
std::vector<CountingState> start_states(const CountingSystem& system, const std::vector<Value>& parameters);
bool can_fire(const CountingSystem& system, const CountingStep& step, const CountingState& state);
CountingState after(const CountingSystem& system, const CountingStep& step, const CountingState& state);

// What the step makes of each variable that it can change, as terms over the values before it.
std::map<VariableNumber, NodeId> effect_of(CountingSystem& system, const CountingStep& step);
// The formula of the state after it.
NodeId after_effect(CountingTerms& terms, const std::map<VariableNumber, NodeId>& effect, NodeId formula);
// The formula of a start state, over the parameters.
NodeId state_at_start(CountingSystem& system, const CountingStart& start, NodeId formula);

}  // namespace quire::prove
