#include "explore/written_cells.h"

#include <algorithm>

namespace quire::explore {

// The values that an address may have, by the declared ranges of what it is computed from.
std::pair<Value, Value> WrittenCells::interval(ExprId id) const {
    const Value last = static_cast<Value>(system_.cell_count()) - 1;
    const std::pair<Value, Value> anywhere{0, last};
    const Expr& e = pool_[id];
    if (e.kind == ExprKind::kLiteral) return {e.value, e.value};
    if (e.kind == ExprKind::kLookup) {
        const std::vector<Value>& entries = pool_.table(e.index).entries;
        if (entries.empty()) return anywhere;
        auto [lo, hi] = std::minmax_element(entries.begin(), entries.end());
        return {*lo, *hi};
    }
    if (e.kind == ExprKind::kLoad && pool_[e.a].kind == ExprKind::kLiteral) {
        const auto cell = static_cast<std::size_t>(pool_[e.a].value);
        if (cell >= system_.cell_count()) return anywhere;
        const Variable& v = system_.variables[system_.cell_variable[cell]];
        return {v.lo, v.hi};
    }
    if (e.kind != ExprKind::kOp || (e.op != Op::kAdd && e.op != Op::kMultiply)) return anywhere;
    auto [alo, ahi] = interval(e.a);
    auto [blo, bhi] = interval(e.b);
    const Value limit = Value{1} << 30;
    if (alo < 0 || blo < 0 || ahi > limit || bhi > limit) return anywhere;
    if (e.op == Op::kAdd) return {alo + blo, ahi + bhi};
    return {alo * blo, ahi * bhi};
}

void WrittenCells::mark(Value address) {
    if (address >= 0 && static_cast<std::size_t>(address) < cells_.size()) cells_[static_cast<std::size_t>(address)] = 1;
}

void WrittenCells::note(ExprId address) {
    const Expr& e = pool_[address];
    if (e.kind == ExprKind::kLookup) {
        for (Value entry : pool_.table(e.index).entries) mark(entry);
        return;
    }
    auto [lo, hi] = interval(address);
    lo = std::max<Value>(lo, 0);
    hi = std::min(hi, static_cast<Value>(cells_.size()) - 1);
    for (Value a = lo; a <= hi; ++a) mark(a);
}

void WrittenCells::note(Address first, std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) mark(first + i);
}

}  // namespace quire::explore
