// What one step changed or saw, in words.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "system/execute.h"
#include "system/transition_system.h"

namespace quire {

struct StepView {
    ThreadNumber thread = 0;
    std::span<const Value> before;
    std::span<const Value> after;  // empty if the step failed
    std::span<const Event> events;
    std::string line;                 // the user's line, to tell which locals it assigns
    std::vector<std::string> chosen;  // "i = 2": ranges that were chosen from
    std::string decision;             // "true" or "false" where the line decides something in this step
};

std::vector<std::string> describe_changes(const TransitionSystem& system, const StepView& step);

// Ledger cells are variables of the tool's own, named "<object>.<ledger>[<account>]".
struct LedgerCell {
    Address address = 0;
    std::string ledger;   // "page[0].refs"
    std::string account;  // "lru", "holder[1]", "unbooked"
};
std::vector<LedgerCell> ledger_cells(const TransitionSystem& system);
// "lru 1, holder[0] 2" or "empty".
std::string ledger_text(const std::vector<LedgerCell>& cells, const std::string& ledger, std::span<const Value> state);

}  // namespace quire
