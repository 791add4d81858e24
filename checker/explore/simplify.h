#pragma once

#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "system/transition_system.h"

namespace quire::explore {

// What an expression reads.
struct Reads {
    std::vector<std::uint32_t> registers;
    std::vector<Address> cells;
    bool everything = false;  // perhaps any cell
};

class Simplifier {
public:
    // New expressions go into `pool`, which is a copy of the system's or grown from one.
    Simplifier(const TransitionSystem& system, ExpressionPool& pool) : system_(system), pool_(pool) {}

    // A program with instantiated expressions: the same instructions in the same places, with cheaper expressions, and
    // with notes in place of what has no effect.  `keeps_result`: register 0 is read at the end.
    Program simplify(const Program& program, bool keeps_result);

    bool faults(ExprId id);

private:
    struct Equality {  // the value of `key` is that of `value` at present
        ExprId key, value;
        friend bool operator==(const Equality&, const Equality&) = default;
    };
    // What is known at a place of the program.
    struct Knowledge {
        bool reachable = false;
        std::vector<Equality> equal;
        std::vector<Equality> definitions;  // of registers, by conditions that are cheap to evaluate again
    };

    void visit(Instruction& i);
    void visit_store(Instruction& i);
    void visit_set(Instruction& i);
    void visit_condition(Instruction& i);
    void flow(std::uint32_t to, const Knowledge& from);
    void learn(ExprId condition, bool truth, Knowledge& into);
    void add(std::vector<Equality>& list, ExprId key, ExprId value);
    void forget_register(std::uint32_t number);
    void forget_cells(const std::vector<Address>& cells, bool everything);
    ExprId rewrite(ExprId id);
    ExprId known(const std::vector<Equality>& list, ExprId id) const;
    bool is_simple(ExprId id) const;  // a register, a literal, a cell
    bool is_cheap(ExprId id) const;   // a condition on simple things
    bool is_truth(ExprId id) const;   // its value is 0 or 1
    const Reads& reads(ExprId id);
    void add_address(ExprId address, Reads& reads);
    void remove_dead(Program& program, const std::vector<std::uint32_t>& order, bool keeps_result);

    const TransitionSystem& system_;
    ExpressionPool& pool_;
    std::unordered_map<std::uint32_t, Reads> reads_;
    std::unordered_map<std::uint32_t, bool> faults_;
    std::vector<Knowledge> at_;
    Knowledge now_;
    const Program* program_ = nullptr;
};

}  // namespace quire::explore
