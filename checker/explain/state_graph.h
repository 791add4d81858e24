// Every state that is reachable and every step between them, for drawing small systems.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/source.h"
#include "system/verdict.h"

namespace quire {

struct StateGraph {
    struct Node {
        std::vector<std::string> values;  // "page.count: 2", of what is not the same in every state
        std::string wrong;                // the property that is violated here, or nothing
        bool start = false, final = false;
    };
    struct Edge {
        std::uint32_t from = 0, to = kNone;  // kNone: the step leads to no state
        std::string thread, text;
        std::string wrong;  // the check that fails in it, or nothing
        bool on_trace = false;
    };
    std::vector<Node> nodes;
    std::vector<Edge> edges;
    bool complete = true;  // false: there are more than were asked for
};

// Breadth first, without any reduction.  `shown`: a run of the same system, whose steps are marked; may be nullptr.
StateGraph state_graph(const TransitionSystem& system, const SourceManager& sources, std::uint32_t most_states,
                       const ReplayedTrace* shown = nullptr, const Trace* trace = nullptr);

}  // namespace quire
