// Total store order, the model of x86: see tso.cpp.
#pragma once

#include "ir/memory_model.h"

namespace quire::memory {

class TotalStoreOrder final : public ir::MemoryModel {
public:
    bool lower_accesses(ir::LoweringContext& context, const std::vector<ir::FlowGraph*>& roles) const override;
};

}  // namespace quire::memory
