// Programs of a transition system, run on all states at once.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "prove/terms.h"
#include "system/transition_system.h"

namespace quire::prove {

// Any state in which every cell lies in the range of its variable; cells come into being when they are first read.
class AnyState {
public:
    AnyState(const TransitionSystem& system, Terms& terms) : system_(system), terms_(terms) {}

    void fix(Address address, Value value) { cells_.insert_or_assign(address, terms_.literal(value)); }
    const Term& cell(Address address);
    const std::vector<z3::expr>& constraints() const { return constraints_; }

private:
    const TransitionSystem& system_;
    Terms& terms_;
    std::map<Address, Term> cells_;
    std::vector<z3::expr> constraints_;
};

using Cells = std::map<Address, Term>;  // those that were written

// How a run can come to its end.
struct Finished {
    z3::expr condition;
    Cells written;
    std::vector<Term> registers;
};

class SymbolicRun {
public:
    SymbolicRun(const TransitionSystem& system, Terms& terms, AnyState& before, ThreadNumber thread)
        : system_(system), terms_(terms), before_(before), thread_(thread) {}

    // Everything that reaches kFinish, as one; nothing if nothing does.  Meaningless when the terms gave up.
    std::optional<Finished> run(const Program& program, const Cells& written);
    // The truth of an expression that reads only cells, where `written` were.
    z3::expr truth(ExprId condition, const Cells& written);
    const std::set<Address>& read() const { return read_; }

private:
    struct Point {
        z3::expr guard;
        Cells written;
        std::vector<Term> registers;
    };
    using Pending = std::map<std::size_t, Point>;

    void perform(const Instruction& i, std::size_t number, Point point);
    bool impossible(const z3::expr& guard);
    void arrive(std::size_t number, Point point);
    void merge(Point& into, const Point& other);
    // No state follows unless `condition`.
    void only_if(Point& point, const z3::expr& condition);
    void branch(const Instruction& i, std::size_t number, Point point);
    void store(const Instruction& i, Point& point);
    void choose(const Instruction& i, Point& point);
    void mark_cells(const Instruction& i, Point& point);
    void mark_members(const Instruction& i, Point& point);
    Term marked(const Term& pointer, const Term& object, std::uint32_t table, bool mark);
    z3::expr owned_by(const Term& index, const Term& object, std::uint32_t table);

    Term cell(const Point& point, Address address);
    Term value_of(ExprId id, Point& point);
    Term evaluate(ExprId id, const Point& point);
    Term evaluate_new(const Expr& e, const Point& point);
    Term load(const Term& address, const Point& point);
    Term lookup(const Term& index, std::uint32_t table);
    std::vector<Address> addresses(const Term& term);

    const TransitionSystem& system_;
    Terms& terms_;
    AnyState& before_;
    ThreadNumber thread_;
    Pending pending_;
    std::optional<Point> end_;
    std::set<Address> read_;
    std::unordered_map<std::uint32_t, Term> evaluated_;  // by number of the expression, within one evaluation
    std::uint32_t choices_ = 0;
};

}  // namespace quire::prove
