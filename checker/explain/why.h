// Why nothing prevented what a trace shows: what was there to prevent it (locks, read sections, references, interrupts), and
// how each of them misses the causal steps.
#pragma once

#include <string>
#include <vector>

#include "explain/causes.h"

namespace quire {

struct TraceReason {
    std::string topic;  // "locks", "rcu", "count", "order", "interrupts"
    std::string text;
};

// Causes are called [a], [b] … in order.
std::string mark_text(std::size_t cause);

std::vector<TraceReason> why_nothing_prevented(const TransitionSystem& system, const Finding& finding, const ReplayedTrace& run,
                                               const Causes& causes);

}  // namespace quire
