// Which cells an address can name, from the shape of its expression and from conditions that are known to hold.
//
// Always at least those that it names in some reachable state; `all` where nothing better is known.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "system/transition_system.h"

namespace quire::explore {

struct Condition {
    ExprId value;  // over the cells before the step
    bool truth = true;
};

struct CellSet {
    bool all = false;
    std::vector<Address> cells;  // sorted

    bool has(Address a) const;
    bool meets(const CellSet& other) const;
};

class CellSets {
public:
    CellSets(const TransitionSystem& system, ExpressionPool& pool) : system_(system), pool_(pool) {}

    // The register `number` holds a value of lo..hi.
    void set_register_range(std::uint32_t number, Value lo, Value hi) { ranges_[number] = {lo, hi}; }

    CellSet cells(ExprId address, std::span<const Condition> known);

    // The one cell or register on which the expression depends; invalid if there is none, or more than one.
    ExprId atom(ExprId id);
    // Values of the atom for which all conditions that depend on it alone hold; nothing if there are too many.
    std::optional<std::vector<Value>> atom_values(ExprId atom, std::span<const Condition> known);
    // With the atom's value put in; nothing if that faults or looks outside a table.
    std::optional<Value> value(ExprId id, ExprId atom, Value atom_value) const;

    // Splits into parts that all hold, so that each can be of use alone.
    void add_condition(ExprId value, bool truth, std::vector<Condition>& into) const;

private:
    using Values = std::optional<std::vector<Value>>;
    struct Leaves {
        ExprId atom;
        bool several = false;
    };

    const Leaves& leaves(ExprId id);
    Values values(ExprId id, std::span<const Condition> known);
    Values operator_values(const Expr& e, std::span<const Condition> known);
    Values variable_values(const Variable& variable) const;
    Values of_atom(ExprId id, ExprId atom, std::span<const Condition> known);
    CellSet by_stride(ExprId address) const;

    const TransitionSystem& system_;
    ExpressionPool& pool_;
    std::unordered_map<std::uint32_t, Leaves> leaves_;
    std::unordered_map<std::uint32_t, std::pair<Value, Value>> ranges_;
};

}  // namespace quire::explore
