#include "memory/sequential.h"

namespace quire::memory {

bool SequentialConsistency::lower_accesses(ir::LoweringContext& context, const std::vector<ir::FlowGraph*>& roles) const {
    for (ir::FlowGraph* graph : roles) ir::access_memory_directly(*graph, context.system.pool);
    return true;
}

}  // namespace quire::memory
