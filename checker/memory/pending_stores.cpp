// A step waits for an empty buffer if it is `full`, or if it is a locked instruction: an atomic body that both reads and
// writes shared memory, or that contains a full fence or a loop of stores, whatever order it was given.
//
// The number of stores that can wait is the longest way since the last such step: a forward analysis over the natural
// numbers up to kMostPending + 1, which stands for all larger ones, so it ends in loops too (Kildall, 1973).
#include "memory/pending_stores.h"

#include <algorithm>

#include "ir/analysis.h"
#include "support/invariant.h"

namespace quire::memory {

namespace {

using ir::FlowGraph;
using ir::Node;
using ir::NodeKind;

constexpr std::uint32_t kAny = kMostPending + 1;

class Analysis {
public:
    Analysis(const FlowGraph& graph, bool reused) : graph_(graph), reused_(reused), order_(ir::reachable_nodes(graph)) {}

    PendingStores run() {
        claimed_.assign(graph_.nodes.size(), false);
        result_.drains.assign(graph_.nodes.size(), false);
        result_.direct.assign(graph_.nodes.size(), false);
        result_.before.assign(graph_.nodes.size(), 0);
        for (std::uint32_t n : order_) {
            const Node& node = graph_.nodes[n];
            if (node.kind == NodeKind::kStep) classify(n);
            if (node.kind == NodeKind::kFence) result_.drains[n] = node.boundary && node.order == MemoryOrder::kFull;
        }
        count();
        for (std::uint32_t n : order_) {
            if (!waits(n)) continue;
            result_.capacity = std::max(result_.capacity, std::min(result_.before[n] + 1, kAny));
        }
        if (result_.capacity == kAny) result_.capacity = kLoopPending;
        return std::move(result_);
    }

private:
    // The nodes of the step that begins at `step`: up to the next one.
    std::vector<std::uint32_t> nodes_of(std::uint32_t step) const {
        std::vector<std::uint32_t> nodes, stack{graph_.nodes[step].next};
        std::vector<bool> seen(graph_.nodes.size(), false);
        while (!stack.empty()) {
            std::uint32_t n = stack.back();
            stack.pop_back();
            if (n == kNone || seen[n]) continue;
            const Node& node = graph_.nodes[n];
            seen[n] = true;
            bool ends = node.kind == NodeKind::kStep ||
                        ((node.kind == NodeKind::kChoice || node.kind == NodeKind::kFence) && node.boundary);
            if (ends) continue;
            nodes.push_back(n);
            stack.push_back(node.next);
            stack.push_back(node.other);
        }
        return nodes;
    }

    bool comes_back(std::uint32_t from, const std::vector<std::uint32_t>& inside) const {
        std::vector<bool> seen(graph_.nodes.size(), true);
        for (std::uint32_t n : inside) seen[n] = false;
        std::vector<std::uint32_t> stack{from};
        while (!stack.empty()) {
            const Node& node = graph_.nodes[stack.back()];
            stack.pop_back();
            for (std::uint32_t next : {node.next, node.other}) {
                if (next == from) return true;
                if (next == kNone || seen[next]) continue;
                seen[next] = true;
                stack.push_back(next);
            }
        }
        return false;
    }

    void classify(std::uint32_t step) {
        std::vector<std::uint32_t> inside = nodes_of(step);
        bool reads = false, writes = false, fenced = false, repeats = false;
        for (std::uint32_t n : inside) {
            const Node& node = graph_.nodes[n];
            reads = reads || node.kind == NodeKind::kRead;
            writes = writes || node.kind == NodeKind::kWrite;
            fenced = fenced || (node.kind == NodeKind::kFence && node.order == MemoryOrder::kFull);
            repeats = repeats || (node.kind == NodeKind::kWrite && comes_back(n, inside));
        }
        bool drains = graph_.nodes[step].order == MemoryOrder::kFull || (reads && writes) || fenced || repeats;
        result_.drains[step] = drains;
        for (std::uint32_t n : inside) {
            if (graph_.nodes[n].kind != NodeKind::kRead && graph_.nodes[n].kind != NodeKind::kWrite) continue;
            INVARIANT(!claimed_[n] || result_.direct[n] == drains, "an access that belongs to two steps");
            claimed_[n] = true;
            result_.direct[n] = drains;
        }
    }

    bool waits(std::uint32_t n) const { return graph_.nodes[n].kind == NodeKind::kWrite && !result_.direct[n]; }

    void count() {
        std::vector<std::uint32_t> work{graph_.entry};
        std::vector<bool> visited(graph_.nodes.size(), false);
        visited[graph_.entry] = true;
        auto flow = [&](std::uint32_t to, std::uint32_t pending) {
            if (to == kNone || (visited[to] && result_.before[to] >= pending)) return;
            visited[to] = true;
            result_.before[to] = std::max(result_.before[to], pending);
            work.push_back(to);
        };
        while (!work.empty()) {
            std::uint32_t n = work.back();
            work.pop_back();
            std::uint32_t after = result_.drains[n] ? 0 : std::min(result_.before[n] + (waits(n) ? 1 : 0), kAny);
            flow(graph_.nodes[n].next, after);
            flow(graph_.nodes[n].other, after);
            if (graph_.nodes[n].kind == NodeKind::kEnd && reused_) flow(graph_.entry, after);
        }
    }

    const FlowGraph& graph_;
    bool reused_;
    std::vector<std::uint32_t> order_;
    std::vector<bool> claimed_;  // accesses whose step is known
    PendingStores result_;
};

}  // namespace

PendingStores find_pending_stores(const FlowGraph& graph, bool reused) { return Analysis(graph, reused).run(); }

}  // namespace quire::memory
