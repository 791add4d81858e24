// Facts about a flow graph: what is live, which locals are certainly initialised.
#pragma once

#include <vector>

#include "ir/flow_graph.h"

namespace quire::ir {

// One bit per virtual register.
class RegisterSet {
public:
    explicit RegisterSet(std::size_t size = 0) : words_((size + 63) / 64, 0) {}
    bool has(std::uint32_t r) const { return (words_[r / 64] >> (r % 64) & 1) != 0; }
    void add(std::uint32_t r) { words_[r / 64] |= std::uint64_t{1} << (r % 64); }
    void remove(std::uint32_t r) { words_[r / 64] &= ~(std::uint64_t{1} << (r % 64)); }
    bool merge(const RegisterSet& other) {
        bool changed = false;
        for (std::size_t i = 0; i < words_.size(); ++i) {
            std::uint64_t both = words_[i] | other.words_[i];
            changed = changed || both != words_[i];
            words_[i] = both;
        }
        return changed;
    }

private:
    std::vector<std::uint64_t> words_;
};

// Whether the node gives its target register a value.
bool defines(const Node& node);
// The registers in an expression, appended.
void registers_in(const ExpressionPool& pool, ExprId id, std::vector<std::uint32_t>& out);

// Nodes that can be reached from the entry, in depth-first order.
std::vector<std::uint32_t> reachable_nodes(const FlowGraph& graph);

struct Liveness {
    std::vector<RegisterSet> before;  // by node: live when it begins
    std::vector<RegisterSet> after;
};
// Every register that `always` holds counts as used at the end.
Liveness compute_liveness(const FlowGraph& graph, const ExpressionPool& pool);

// Drops the checks of locals that are initialised on every way there.
void remove_proven_checks(FlowGraph& graph, const ExpressionPool& pool);

// Drops assignments to registers that nothing reads and that cannot fault.  `keep_locals`: only those to temporaries, since
// otherwise a local would keep its value beyond the end of its scope.
void remove_dead_assignments(FlowGraph& graph, const ExpressionPool& pool, bool keep_locals);

}  // namespace quire::ir
