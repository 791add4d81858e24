// Small sets of values, by enumeration: the ranges that variables declare, cut by the conditions on the way, put through
// the expression.  Where that is too much, the cells that are equal to the base modulo the stride.
#include "explore/cell_sets.h"

#include <algorithm>

namespace quire::explore {

namespace {

constexpr std::size_t kMostValues = 1024;

bool is_literal(const Expr& e) { return e.kind == ExprKind::kLiteral || e.kind == ExprKind::kConstant; }

void make_set(std::vector<Value>& values) {
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
}

}  // namespace

bool CellSet::has(Address a) const { return all || std::binary_search(cells.begin(), cells.end(), a); }

bool CellSet::meets(const CellSet& other) const {
    if (all) return other.all || !other.cells.empty();
    if (other.all) return !cells.empty();
    return std::any_of(cells.begin(), cells.end(), [&other](Address a) { return other.has(a); });
}

void CellSets::add_condition(ExprId value, bool truth, std::vector<Condition>& into) const {
    const Expr& e = pool_[value];
    if (is_literal(e)) return;
    if (e.kind == ExprKind::kOp && e.op == Op::kNot) return add_condition(e.a, !truth, into);
    bool splits = e.kind == ExprKind::kOp && ((e.op == Op::kAnd && truth) || (e.op == Op::kOr && !truth));
    if (!splits) {
        into.push_back({value, truth});
        return;
    }
    add_condition(e.a, truth, into);
    add_condition(e.b, truth, into);
}

const CellSets::Leaves& CellSets::leaves(ExprId id) {
    auto known = leaves_.find(id.value);
    if (known != leaves_.end()) return known->second;
    const Expr e = pool_[id];
    Leaves result;
    // An index that is outside for this thread gives an address outside the state, behind a check that it fails.
    const bool is_cell = e.kind == ExprKind::kLoad && is_literal(pool_[e.a]) && pool_[e.a].value >= 0 &&
                         pool_[e.a].value < static_cast<Value>(system_.cell_count());
    bool is_leaf = e.kind == ExprKind::kRegister || e.kind == ExprKind::kSelf || e.kind == ExprKind::kSelfIndex || is_cell;
    if (is_leaf) {
        result.atom = id;
    } else if (e.kind == ExprKind::kLoad) {
        result.several = true;
    } else {
        for (ExprId part : {e.a, e.b, e.c}) {
            if (!part.valid()) continue;
            const Leaves inner = leaves(part);
            bool other = inner.atom.valid() && result.atom.valid() && inner.atom != result.atom;
            result.several = result.several || inner.several || other;
            if (inner.atom.valid()) result.atom = inner.atom;
        }
    }
    return leaves_.emplace(id.value, result).first->second;
}

ExprId CellSets::atom(ExprId id) {
    const Leaves& found = leaves(id);
    return found.several ? ExprId{} : found.atom;
}

std::optional<Value> CellSets::value(ExprId id, ExprId atom, Value atom_value) const {
    if (id == atom) return atom_value;
    const Expr& e = pool_[id];
    switch (e.kind) {
        case ExprKind::kLiteral:
        case ExprKind::kConstant: return e.value;
        case ExprKind::kLookup: {
            std::optional<Value> index = value(e.a, atom, atom_value);
            const std::vector<Value>& entries = pool_.table(e.index).entries;
            if (!index || *index < 0 || static_cast<std::size_t>(*index) >= entries.size()) return std::nullopt;
            return entries[static_cast<std::size_t>(*index)];
        }
        case ExprKind::kOp: {
            std::optional<Value> a = value(e.a, atom, atom_value);
            std::optional<Value> b = e.b.valid() ? value(e.b, atom, atom_value) : Value{0};
            std::optional<Value> c = e.c.valid() ? value(e.c, atom, atom_value) : Value{0};
            if (!a || !b || !c) return std::nullopt;
            Evaluated result = evaluate(e.op, e.type, *a, *b, *c);
            if (result.fault != Fault::kNone) return std::nullopt;
            return result.value;
        }
        case ExprKind::kSelf:
        case ExprKind::kSelfIndex:
        case ExprKind::kRegister:
        case ExprKind::kLoad: break;
    }
    return std::nullopt;
}

// Of a pointer one negative slot stands for all that are no place (ERR_PTR); addresses never come from them.
CellSets::Values CellSets::variable_values(const Variable& variable) const {
    Value lo = variable.lo, hi = variable.hi;
    if (variable.type.kind == ScalarKind::kPointer) lo = std::max<Value>(lo, -2);
    if (lo > hi || static_cast<std::uint64_t>(hi) - static_cast<std::uint64_t>(lo) >= kMostValues) return std::nullopt;
    std::vector<Value> result;
    for (Value v = lo; v <= hi; ++v) result.push_back(v);
    return result;
}

std::optional<std::vector<Value>> CellSets::atom_values(ExprId atom, std::span<const Condition> known) {
    const Expr e = pool_[atom];
    Value lo = smallest_value(kLongType), hi = largest_value(kLongType);
    if (e.kind == ExprKind::kLoad) {
        const Variable& variable = system_.variables[system_.cell_variable[static_cast<Address>(pool_[e.a].value)]];
        bool bit_pattern = variable.type.kind == ScalarKind::kInteger && !variable.type.is_signed && variable.type.bits == 64;
        if (!bit_pattern) {
            bool pointer = variable.type.kind == ScalarKind::kPointer;
            lo = pointer ? std::max<Value>(variable.lo, -2) : variable.lo;
            hi = variable.hi;
        }
    } else if (auto range = ranges_.find(e.index); e.kind == ExprKind::kRegister && range != ranges_.end()) {
        std::tie(lo, hi) = range->second;
    }
    std::vector<const Condition*> tests;
    for (const Condition& condition : known) {
        if (this->atom(condition.value) != atom) continue;
        tests.push_back(&condition);
        const Expr& test = pool_[condition.value];
        bool compares = test.kind == ExprKind::kOp && condition.truth && test.a == atom && test.b.valid() &&
                        pool_[test.b].kind == ExprKind::kLiteral && (test.type.is_signed || test.type.bits < 64);
        if (!compares) continue;
        Value bound = pool_[test.b].value;
        if (test.op == Op::kGreaterEqual) lo = std::max(lo, bound);
        if (test.op == Op::kLessEqual) hi = std::min(hi, bound);
        if (test.op == Op::kLess && bound > smallest_value(kLongType)) hi = std::min(hi, bound - 1);
        if (test.op == Op::kGreater && bound < largest_value(kLongType)) lo = std::max(lo, bound + 1);
    }
    if (lo > hi) return std::vector<Value>{};
    if (static_cast<std::uint64_t>(hi) - static_cast<std::uint64_t>(lo) >= kMostValues) return std::nullopt;
    std::vector<Value> result;
    for (Value v = lo; v <= hi; ++v) {
        bool possible = true;
        for (const Condition* test : tests) {
            std::optional<Value> truth = value(test->value, atom, v);
            if (truth && (*truth != 0) != test->truth) possible = false;
        }
        // A negative slot stands for all that are no place.
        if (possible || (v < 0 && e.type.kind == ScalarKind::kPointer)) result.push_back(v);
    }
    return result;
}

CellSets::Values CellSets::of_atom(ExprId id, ExprId atom, std::span<const Condition> known) {
    Values inputs = atom_values(atom, known);
    if (!inputs) return std::nullopt;
    std::vector<Value> result;
    for (Value v : *inputs) {
        if (std::optional<Value> out = value(id, atom, v)) result.push_back(*out);
    }
    make_set(result);
    return result;
}

CellSets::Values CellSets::operator_values(const Expr& e, std::span<const Condition> known) {
    Values a = values(e.a, known);
    if (!a) return std::nullopt;
    Values b = e.b.valid() ? values(e.b, known) : Values{std::vector<Value>{0}};
    if (!b) return std::nullopt;
    Values c = e.c.valid() ? values(e.c, known) : Values{std::vector<Value>{0}};
    if (!c || a->size() * b->size() * c->size() > kMostValues * 4) return std::nullopt;
    std::vector<Value> result;
    for (Value x : *a) {
        for (Value y : *b) {
            for (Value z : *c) {
                Evaluated out = evaluate(e.op, e.type, x, y, z);
                if (out.fault == Fault::kNone) result.push_back(out.value);
            }
        }
    }
    make_set(result);
    if (result.size() > kMostValues) return std::nullopt;
    return result;
}

// All values that the expression can have where it is evaluated; nothing: too many.
CellSets::Values CellSets::values(ExprId id, std::span<const Condition> known) {
    const Expr e = pool_[id];
    if (is_literal(e)) return std::vector<Value>{e.value};
    if (ExprId one = atom(id); one.valid()) {
        if (Values result = of_atom(id, one, known)) return result;
    }
    switch (e.kind) {
        case ExprKind::kLoad: {
            CellSet from = cells(e.a, known);
            if (from.all) return std::nullopt;
            std::vector<Value> result;
            std::uint32_t last = kNone;
            for (Address a : from.cells) {
                std::uint32_t number = system_.cell_variable[a];
                if (number == last) continue;
                last = number;
                Values of_variable = variable_values(system_.variables[number]);
                if (!of_variable || result.size() + of_variable->size() > kMostValues * 4) return std::nullopt;
                result.insert(result.end(), of_variable->begin(), of_variable->end());
            }
            make_set(result);
            return result;
        }
        case ExprKind::kLookup: {
            const std::vector<Value>& entries = pool_.table(e.index).entries;
            Values index = values(e.a, known);
            std::vector<Value> result;
            if (!index)
                result = entries;
            else {
                for (Value i : *index) {
                    bool inside = i >= 0 && static_cast<std::size_t>(i) < entries.size();
                    if (inside) result.push_back(entries[static_cast<std::size_t>(i)]);
                }
            }
            make_set(result);
            if (result.size() > kMostValues) return std::nullopt;
            return result;
        }
        case ExprKind::kOp: return operator_values(e, known);
        case ExprKind::kLiteral:
        case ExprKind::kConstant:
        case ExprKind::kSelf:
        case ExprKind::kSelfIndex:
        case ExprKind::kRegister: break;
    }
    return std::nullopt;
}

CellSet CellSets::by_stride(ExprId address) const {
    const Value count = static_cast<Value>(system_.cell_count());
    Value base = 0;
    ExprId id = address;
    auto positive = [this](ExprId part, Value& value) {
        value = pool_[part].value;
        return pool_[part].kind == ExprKind::kLiteral && value >= 0;
    };
    Value value = 0;
    while (pool_[id].kind == ExprKind::kOp && pool_[id].op == Op::kAdd && pool_[id].type == kLongType) {
        const Expr& sum = pool_[id];
        bool left = positive(sum.a, value);
        if (!left && !positive(sum.b, value)) break;
        base += value;
        id = left ? sum.b : sum.a;
    }
    const Expr& product = pool_[id];
    bool scaled = product.kind == ExprKind::kOp && product.op == Op::kMultiply && product.type == kLongType &&
                  (positive(product.a, value) || positive(product.b, value));
    CellSet result;
    if (!scaled || value < 2 || base >= count) {
        result.all = true;
        return result;
    }
    for (Value a = base % value; a < count; a += value) result.cells.push_back(static_cast<Address>(a));
    return result;
}

CellSet CellSets::cells(ExprId address, std::span<const Condition> known) {
    Values found = values(address, known);
    if (!found) return by_stride(address);
    CellSet result;
    for (Value v : *found) {
        bool inside = v >= 0 && static_cast<std::size_t>(v) < system_.cell_count();
        if (inside) result.cells.push_back(static_cast<Address>(v));
    }
    return result;
}

}  // namespace quire::explore
