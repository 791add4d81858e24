#include "expr/expression.h"

namespace quire {

namespace {

std::size_t mix(std::size_t seed, std::uint64_t value) {
    std::uint64_t h = (static_cast<std::uint64_t>(seed) ^ value) * 0x9e3779b97f4a7c15ull;
    return static_cast<std::size_t>(h ^ (h >> 29));
}

}  // namespace

std::size_t ExpressionPool::hash(const Expr& e) const {
    std::size_t h = mix(static_cast<std::size_t>(e.kind), static_cast<std::uint64_t>(e.op));
    h = mix(h, (std::uint64_t{e.type.pointee} << 32) | (std::uint64_t{e.type.bits} << 8) |
                   (static_cast<std::uint64_t>(e.type.kind) << 1) | (e.type.is_signed ? 1u : 0u));
    h = mix(h, e.index);
    h = mix(h, static_cast<std::uint64_t>(e.value));
    h = mix(h, e.a.value);
    h = mix(h, e.b.value);
    return mix(h, e.c.value);
}

ExprId ExpressionPool::intern(const Expr& expr) {
    std::size_t h = hash(expr);
    auto [first, last] = index_.equal_range(h);
    for (auto it = first; it != last; ++it) {
        if (nodes_[it->second] == expr) return ExprId{it->second};
    }
    ExprId id{static_cast<std::uint32_t>(nodes_.size())};
    nodes_.push_back(expr);
    index_.emplace(h, id.value);
    return id;
}

ExprId ExpressionPool::literal(Value value, ScalarType type) {
    Expr e;
    e.kind = ExprKind::kLiteral;
    e.type = type;
    e.value = value;
    return intern(e);
}

ExprId ExpressionPool::constant(std::uint32_t number, Value value, ScalarType type) {
    Expr e;
    e.kind = ExprKind::kConstant;
    e.type = type;
    e.index = number;
    e.value = value;
    return intern(e);
}

ExprId ExpressionPool::self() {
    Expr e;
    e.kind = ExprKind::kSelf;
    e.type = kThreadType;
    return intern(e);
}

ExprId ExpressionPool::self_index() {
    Expr e;
    e.kind = ExprKind::kSelfIndex;
    e.type = kIntType;
    return intern(e);
}

ExprId ExpressionPool::reg(std::uint32_t number, ScalarType type) {
    Expr e;
    e.kind = ExprKind::kRegister;
    e.type = type;
    e.index = number;
    return intern(e);
}

ExprId ExpressionPool::load(ExprId address, ScalarType type, bool before_step) {
    Expr e;
    e.kind = ExprKind::kLoad;
    e.type = type;
    e.index = before_step ? 1 : 0;
    e.a = address;
    return intern(e);
}

ExprId ExpressionPool::lookup(std::uint32_t table, ExprId index, ScalarType type) {
    Value known = 0;
    if (is_literal(index)) {
        known = nodes_[index.value].value;
        const std::vector<Value>& entries = tables_[table].entries;
        if (known >= 0 && static_cast<std::size_t>(known) < entries.size()) {
            return literal(entries[static_cast<std::size_t>(known)], type);
        }
    }
    Expr e;
    e.kind = ExprKind::kLookup;
    e.type = type;
    e.index = table;
    e.a = index;
    return intern(e);
}

ExprId ExpressionPool::op(Op op, ScalarType type, ExprId a, ExprId b, ExprId c) {
    int arity = operand_count(op);
    bool literals = is_literal(a) && (arity < 2 || is_literal(b)) && (arity < 3 || is_literal(c));
    if (literals) {
        Evaluated folded = evaluate(op, type, nodes_[a.value].value, arity > 1 ? nodes_[b.value].value : 0,
                                    arity > 2 ? nodes_[c.value].value : 0);
        bool comparison = op >= Op::kEqual && op <= Op::kGreaterEqual;
        ScalarType result = comparison ? kBoolType : type;
        if (folded.fault == Fault::kNone) return literal(folded.value, result);
    }
    // Neutral elements, so that `base + 0 * stride` and `true && x` vanish after instantiation.
    if (arity == 2) {
        auto is = [&](ExprId id, Value v) { return is_literal(id) && nodes_[id.value].value == v; };
        if (op == Op::kAdd && type.bits == 64) {
            if (is(a, 0)) return b;
            if (is(b, 0)) return a;
        }
        if (op == Op::kMultiply && type.bits == 64) {
            if (is(a, 1)) return b;
            if (is(b, 1)) return a;
        }
        if (op == Op::kAnd) {
            if (is(a, 1)) return b;
            if (is(b, 1)) return a;
        }
        if (op == Op::kOr) {
            if (is(a, 0)) return b;
            if (is(b, 0)) return a;
        }
    }
    if (op == Op::kSelect && is_literal(a)) return nodes_[a.value].value != 0 ? b : c;
    Expr e;
    e.kind = ExprKind::kOp;
    e.op = op;
    e.type = type;
    e.a = a;
    e.b = arity > 1 ? b : ExprId{};
    e.c = arity > 2 ? c : ExprId{};
    return intern(e);
}

std::uint32_t ExpressionPool::add_table(Table table) {
    for (std::size_t i = 0; i < tables_.size(); ++i) {
        if (tables_[i].entries == table.entries) return static_cast<std::uint32_t>(i);
    }
    tables_.push_back(std::move(table));
    return static_cast<std::uint32_t>(tables_.size() - 1);
}

bool ExpressionPool::known_value(ExprId id, Value& out) const {
    const Expr& e = nodes_[id.value];
    if (e.kind != ExprKind::kLiteral && e.kind != ExprKind::kConstant) return false;
    out = e.value;
    return true;
}

ExprId ExpressionPool::instantiate(ExprId id, Value thread, Value index) {
    const Expr e = nodes_[id.value];
    switch (e.kind) {
        case ExprKind::kLiteral:
        case ExprKind::kRegister: return id;
        case ExprKind::kConstant: return literal(e.value, e.type);
        case ExprKind::kSelf: return literal(thread, e.type);
        case ExprKind::kSelfIndex: return literal(index, e.type);
        case ExprKind::kLoad: return load(instantiate(e.a, thread, index), e.type, e.index != 0);
        case ExprKind::kLookup: return lookup(e.index, instantiate(e.a, thread, index), e.type);
        case ExprKind::kOp: {
            ExprId a = instantiate(e.a, thread, index);
            ExprId b = e.b.valid() ? instantiate(e.b, thread, index) : ExprId{};
            ExprId c = e.c.valid() ? instantiate(e.c, thread, index) : ExprId{};
            return op(e.op, e.type, a, b, c);
        }
    }
    return id;
}

std::string ExpressionPool::to_string(ExprId id) const {
    if (!id.valid()) return "-";
    const Expr& e = nodes_[id.value];
    switch (e.kind) {
        case ExprKind::kLiteral: return std::to_string(e.value);
        case ExprKind::kConstant: return "const" + std::to_string(e.index) + "=" + std::to_string(e.value);
        case ExprKind::kSelf: return "self";
        case ExprKind::kSelfIndex: return "self.index";
        case ExprKind::kRegister: return "r" + std::to_string(e.index);
        case ExprKind::kLoad: return (e.index != 0 ? "old[" : "[") + to_string(e.a) + "]";
        case ExprKind::kLookup: return tables_[e.index].name + "(" + to_string(e.a) + ")";
        case ExprKind::kOp: {
            std::string text = "(" + std::string(spelling(e.op));
            for (ExprId operand : {e.a, e.b, e.c}) {
                if (operand.valid()) text += " " + to_string(operand);
            }
            return text + ")";
        }
    }
    return "";
}

Evaluated evaluate(const ExpressionPool& pool, ExprId id, const Environment& environment) {
    const Expr& e = pool[id];
    switch (e.kind) {
        case ExprKind::kLiteral:
        case ExprKind::kConstant: return {e.value};
        case ExprKind::kSelf: return {environment.self};
        case ExprKind::kSelfIndex: return {environment.self_index};
        case ExprKind::kRegister: return {environment.registers[e.index]};
        case ExprKind::kLoad: {
            Evaluated address = evaluate(pool, e.a, environment);
            if (address.fault != Fault::kNone) return address;
            std::span<const Value> cells = e.index != 0 ? environment.before : environment.state;
            return {cells[static_cast<std::size_t>(address.value)]};
        }
        case ExprKind::kLookup: {
            Evaluated index = evaluate(pool, e.a, environment);
            if (index.fault != Fault::kNone) return index;
            return {pool.table(e.index).entries[static_cast<std::size_t>(index.value)]};
        }
        case ExprKind::kOp: {
            Evaluated a = evaluate(pool, e.a, environment);
            if (a.fault != Fault::kNone) return a;
            Evaluated b = e.b.valid() ? evaluate(pool, e.b, environment) : Evaluated{};
            if (b.fault != Fault::kNone) return b;
            Evaluated c = e.c.valid() ? evaluate(pool, e.c, environment) : Evaluated{};
            if (c.fault != Fault::kNone) return c;
            return evaluate(e.op, e.type, a.value, b.value, c.value);
        }
    }
    return {};
}

}  // namespace quire
