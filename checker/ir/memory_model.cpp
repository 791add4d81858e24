#include "ir/memory_model.h"

namespace quire::ir {

void access_memory_directly(FlowGraph& graph, ExpressionPool& pool) {
    for (Node& node : graph.nodes) {
        if (node.kind == NodeKind::kRead) {
            node.kind = NodeKind::kSet;
            node.value = pool.load(node.address, graph.registers[node.target].type);
            node.address = ExprId{};
        } else if (node.kind == NodeKind::kWrite) {
            node.kind = NodeKind::kStore;
        } else if (node.kind == NodeKind::kFence) {
            node.kind = NodeKind::kNop;
        }
    }
}

}  // namespace quire::ir
