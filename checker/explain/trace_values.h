// The values of every state of a trace, as text, and whose the references of each ledger are.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "system/verdict.h"

namespace quire {

// A cell that readers see; its name is not that of another one.
struct ShownCell {
    Address address = 0;
    std::string name;
};
std::vector<ShownCell> shown_cells(const TransitionSystem& system);

struct TraceValues {
    struct Change {
        std::uint32_t cell = 0;  // into names
        std::string value;
    };
    struct Ledger {
        std::string name;  // "page[0].refs"
        std::vector<std::string> accounts;
        std::vector<std::vector<Value>> balances;  // by state, by account
    };
    std::vector<std::string> names;
    std::vector<std::string> start;          // in the first state, by name
    std::vector<std::vector<Change>> steps;  // what each step changes; one that fails leads to no state and is not here
    std::vector<Ledger> ledgers;             // those in which something stands at some time
};

TraceValues trace_values(const TransitionSystem& system, const ReplayedTrace& run);

}  // namespace quire
