// Hash-consed expressions over a state: the one vocabulary of the intermediate representation, the search and Z3.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "expr/operators.h"

namespace quire {

struct ExprId {
    std::uint32_t value = 0xffffffffu;
    bool valid() const { return value != 0xffffffffu; }
    friend bool operator==(ExprId, ExprId) = default;
    friend auto operator<=>(ExprId, ExprId) = default;
};

enum class ExprKind : std::uint8_t {
    kLiteral,    // `value`
    kConstant,   // a `const` of the spec, by number: `index`; `value` is what it is in this instance
    kSelf,       // the number of the thread that moves (0 = no thread)
    kSelfIndex,  // its index within its role
    kRegister,   // `index`: holds a value within one step only
    kLoad,       // the cell at address a; `old` loads (see `index`) read the state before the step
    kLookup,     // entry a of the constant table `index`; a is in range whenever this is evaluated
    kOp,         // `op` of a, b, c
};

struct Expr {
    ExprKind kind = ExprKind::kLiteral;
    Op op = Op::kAdd;
    ScalarType type;          // of the value; for comparisons, of the operands
    std::uint32_t index = 0;  // constant, register or table; kLoad: 0 the present state, 1 the state before the step
    Value value = 0;
    ExprId a, b, c;

    friend bool operator==(const Expr&, const Expr&) = default;
};

struct Table {
    std::string name;
    std::vector<Value> entries;
};

// Owns the nodes.  Equal nodes have equal ids; ids grow in the order of construction, operands before users.
// Construction folds literals where the meaning is plain (never an expression that would fault).
class ExpressionPool {
public:
    ExprId literal(Value value, ScalarType type = kIntType);
    ExprId constant(std::uint32_t number, Value value, ScalarType type = kIntType);
    ExprId self();
    ExprId self_index();
    ExprId reg(std::uint32_t number, ScalarType type);
    ExprId load(ExprId address, ScalarType type, bool before_step = false);
    ExprId lookup(std::uint32_t table, ExprId index, ScalarType type = kIntType);
    ExprId op(Op op, ScalarType type, ExprId a, ExprId b = {}, ExprId c = {});

    // Short forms used everywhere.
    ExprId truth(bool value) { return literal(value ? 1 : 0, kBoolType); }
    ExprId logical_not(ExprId a) { return op(Op::kNot, kBoolType, a); }
    ExprId logical_and(ExprId a, ExprId b) { return op(Op::kAnd, kBoolType, a, b); }
    ExprId equal(ExprId a, ExprId b) { return op(Op::kEqual, kLongType, a, b); }
    ExprId add_long(ExprId a, ExprId b) { return op(Op::kAdd, kLongType, a, b); }

    std::uint32_t add_table(Table table);  // equal contents share a number

    const Expr& operator[](ExprId id) const { return nodes_[id.value]; }
    const Table& table(std::uint32_t number) const { return tables_[number]; }
    std::size_t size() const { return nodes_.size(); }
    std::size_t table_count() const { return tables_.size(); }

    bool is_literal(ExprId id) const { return nodes_[id.value].kind == ExprKind::kLiteral; }
    // The value if the expression is a literal or a constant of the spec.
    bool known_value(ExprId id, Value& out) const;

    // Puts the thread in place of kSelf and kSelfIndex and the constants' values in place of kConstant; folds.
    ExprId instantiate(ExprId id, Value thread, Value index);

    std::string to_string(ExprId id) const;

private:
    ExprId intern(const Expr& expr);
    std::size_t hash(const Expr& expr) const;

    std::vector<Expr> nodes_;
    std::unordered_multimap<std::size_t, std::uint32_t> index_;
    std::vector<Table> tables_;
};

// What an expression is evaluated in.
struct Environment {
    std::span<const Value> state;
    std::span<const Value> before;  // the state before the step, for `old`; empty where there is none
    std::span<const Value> registers;
    Value self = 0;
    Value self_index = 0;
};

// Operands left to right, the first fault wins.
Evaluated evaluate(const ExpressionPool& pool, ExprId id, const Environment& environment);

}  // namespace quire
