// Classical backward liveness and a forward must-analysis of initialisation (Kildall, 1973), on work lists.
#include "ir/analysis.h"

#include <algorithm>

namespace quire::ir {

namespace {

std::vector<std::uint32_t> used_by(const Node& node, const ExpressionPool& pool) {
    std::vector<std::uint32_t> used;
    registers_in(pool, node.address, used);
    registers_in(pool, node.value, used);
    registers_in(pool, node.value2, used);
    return used;
}

bool may_fault(const ExpressionPool& pool, ExprId id) {
    if (!id.valid()) return false;
    const Expr& e = pool[id];
    if (e.kind == ExprKind::kOp && can_fault(e.op) && !(e.type.bits == 64 && e.op == Op::kAdd)) return true;
    return may_fault(pool, e.a) || may_fault(pool, e.b) || may_fault(pool, e.c);
}

}  // namespace

bool defines(const Node& node) {
    return node.kind == NodeKind::kSet || node.kind == NodeKind::kRead || node.kind == NodeKind::kChoice;
}

void registers_in(const ExpressionPool& pool, ExprId id, std::vector<std::uint32_t>& out) {
    if (!id.valid()) return;
    const Expr& e = pool[id];
    if (e.kind == ExprKind::kRegister) out.push_back(e.index);
    registers_in(pool, e.a, out);
    registers_in(pool, e.b, out);
    registers_in(pool, e.c, out);
}

std::vector<std::uint32_t> reachable_nodes(const FlowGraph& graph) {
    std::vector<std::uint32_t> order;
    std::vector<bool> seen(graph.nodes.size(), false);
    std::vector<std::uint32_t> stack{graph.entry};
    while (!stack.empty()) {
        std::uint32_t n = stack.back();
        stack.pop_back();
        if (n == kNone || seen[n]) continue;
        seen[n] = true;
        order.push_back(n);
        stack.push_back(graph.nodes[n].other);
        stack.push_back(graph.nodes[n].next);
    }
    return order;
}

Liveness compute_liveness(const FlowGraph& graph, const ExpressionPool& pool) {
    std::size_t nodes = graph.nodes.size();
    std::size_t registers = graph.registers.size();
    Liveness live;
    live.before.assign(nodes, RegisterSet(registers));
    live.after.assign(nodes, RegisterSet(registers));
    std::vector<std::uint32_t> order = reachable_nodes(graph);
    std::vector<std::vector<std::uint32_t>> used(nodes);
    for (std::uint32_t n : order) used[n] = used_by(graph.nodes[n], pool);
    bool changed = true;
    while (changed) {
        changed = false;
        for (std::size_t i = order.size(); i > 0; --i) {
            std::uint32_t n = order[i - 1];
            const Node& node = graph.nodes[n];
            for (std::uint32_t follower : {node.next, node.other}) {
                if (follower != kNone) changed = live.after[n].merge(live.before[follower]) || changed;
            }
            RegisterSet before = live.after[n];
            if (defines(node)) before.remove(node.target);
            for (std::uint32_t r : used[n]) before.add(r);
            changed = live.before[n].merge(before) || changed;
        }
    }
    return live;
}

void remove_proven_checks(FlowGraph& graph, const ExpressionPool& pool) {
    std::vector<std::uint32_t> number(graph.registers.size(), kNone);
    std::uint32_t flags = 0;
    for (std::uint32_t r = 0; r < graph.registers.size(); ++r) {
        if (graph.registers[r].is_flag) number[r] = flags++;
    }
    if (flags == 0) return;
    // A flag is in the set when it is true on every way here; unvisited nodes have no set yet.
    std::vector<RegisterSet> known(graph.nodes.size());
    std::vector<bool> visited(graph.nodes.size(), false);
    known[graph.entry] = RegisterSet(flags);
    visited[graph.entry] = true;
    std::vector<std::uint32_t> work{graph.entry};
    auto flag_checked = [&](const Node& node) {
        if (node.kind != NodeKind::kCheck) return kNone;
        const Expr& e = pool[node.value];
        return e.kind == ExprKind::kRegister ? number[e.index] : kNone;
    };
    while (!work.empty()) {
        std::uint32_t n = work.back();
        work.pop_back();
        const Node& node = graph.nodes[n];
        RegisterSet out = known[n];
        if (defines(node) && number[node.target] != kNone) {
            Value value = 0;
            bool is_true = node.kind == NodeKind::kSet && pool.known_value(node.value, value) && value != 0;
            if (is_true)
                out.add(number[node.target]);
            else
                out.remove(number[node.target]);
        }
        if (flag_checked(node) != kNone) out.add(flag_checked(node));
        for (std::uint32_t follower : {node.next, node.other}) {
            if (follower == kNone) continue;
            if (!visited[follower]) {
                visited[follower] = true;
                known[follower] = out;
                work.push_back(follower);
                continue;
            }
            bool changed = false;
            for (std::uint32_t f = 0; f < flags; ++f) {
                if (known[follower].has(f) && !out.has(f)) {
                    known[follower].remove(f);
                    changed = true;
                }
            }
            if (changed) work.push_back(follower);
        }
    }
    for (std::uint32_t n = 0; n < graph.nodes.size(); ++n) {
        std::uint32_t flag = visited[n] ? flag_checked(graph.nodes[n]) : kNone;
        if (flag != kNone && known[n].has(flag)) graph.nodes[n].kind = NodeKind::kNop;
    }
}

void remove_dead_assignments(FlowGraph& graph, const ExpressionPool& pool, bool keep_locals) {
    for (int round = 0; round < 4; ++round) {
        Liveness live = compute_liveness(graph, pool);
        bool changed = false;
        for (std::uint32_t n : reachable_nodes(graph)) {
            Node& node = graph.nodes[n];
            if (node.kind != NodeKind::kSet || live.after[n].has(node.target) || may_fault(pool, node.value)) continue;
            if (graph.registers[node.target].cell_variable != kNone) continue;
            if (keep_locals && graph.registers[node.target].local.valid()) continue;
            node.kind = NodeKind::kNop;
            node.value = ExprId{};
            changed = true;
        }
        if (!changed) break;
    }
}

}  // namespace quire::ir
