// Sequential consistency: every access takes effect at once, in one memory (L. Lamport, "How to make a multiprocessor
// computer that correctly executes multiprocess programs", 1979).
#pragma once

#include "ir/memory_model.h"

namespace quire::memory {

class SequentialConsistency final : public ir::MemoryModel {
public:
    bool lower_accesses(ir::LoweringContext& context, const std::vector<ir::FlowGraph*>& roles) const override;
};

}  // namespace quire::memory
