#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "system/transition_system.h"

namespace quire::explore {

// Which cells some step may write, from the addresses of its stores.  Only the layout believes it, and only until a
// value does not fit.
class WrittenCells {
public:
    WrittenCells(const TransitionSystem& system, const ExpressionPool& pool)
        : system_(system), pool_(pool), cells_(system.cell_count(), 0) {}

    void note(ExprId address);
    void note(Address first, std::uint32_t count);
    const std::vector<char>& cells() const { return cells_; }  // by cell

private:
    std::pair<Value, Value> interval(ExprId id) const;
    void mark(Value address);

    const TransitionSystem& system_;
    const ExpressionPool& pool_;
    std::vector<char> cells_;
};

}  // namespace quire::explore
