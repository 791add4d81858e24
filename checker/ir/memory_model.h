// The seam for memory models: what an access of real code to shared memory becomes.
//
// The builder leaves such accesses as kRead, kWrite and kFence nodes, with their orders.  A memory model replaces all of
// them by local work on cells, and adds the cells and threads that it needs.  What comes out is an ordinary flow graph, so
// nothing behind this point knows of memory models.
#pragma once

#include <vector>

#include "ir/lowering_context.h"

namespace quire::ir {

class MemoryModel {
public:
    virtual ~MemoryModel() = default;

    // `roles`: the graphs of all roles, by number.  Each kRead and kWrite is behind the kStep that it belongs to, whose
    // `order` is that of the access, or of the `atomic` body that it stands in (kFull where the step is more than an access: alloc, free,
    // ...).  A kFence with `boundary` stands between steps.  Ranges of registers are known, and are not computed again.
    // False after a diagnostic.
    virtual bool lower_accesses(LoweringContext& context, const std::vector<FlowGraph*>& roles) const = 0;
};

// Reads read memory, writes write it, fences are nothing.  Also for what runs before any thread, whatever the model.
void access_memory_directly(FlowGraph& graph, ExpressionPool& pool);

}  // namespace quire::ir
