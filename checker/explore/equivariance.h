// Whether exchanging two members of a family changes nothing: every step, check and property of the exchanged state is
// the exchanged step, check and property.
//
// Every expression is followed with the sort that its value has where it is used.  What is built from values of sorts
// by the operators that respect them (equality, selection, a table that is symmetric itself) is respected; sums that
// make addresses, and anything else of one or two such values, are tried with all values that these can have.  A
// literal that names something is replaced by what changes places with it, and then the whole must mean the same
// as before (see forms.h): so are sums over all threads and properties about all slots understood.
#pragma once

#include <optional>
#include <vector>

#include "explore/forms.h"
#include "explore/sorts.h"

namespace quire::explore {

class Equivariance {
public:
    Equivariance(const TransitionSystem& system, const Repetitions& repetitions, const Sorts& sorts,
                 const std::vector<Family>& families);

    // False: `site` and `property` say where it was found not to.
    bool respects(const Exchange& exchange);
    std::uint32_t site() const { return site_; }
    PropertyNumber property() const { return property_; }

private:
    struct Leaf {
        ExprId id;
        std::optional<Sort> sort;
    };
    using Assignment = std::vector<Value>;

    bool respects_program(std::uint32_t program);
    bool respects_condition(std::uint32_t program);
    bool respects(const Instruction& i);
    void exchange_registers(const Program& program);
    bool respects_in_company(const Instruction& i);
    bool are_apart(const Instruction& i, const Instruction& j) const;
    bool commutes_with_company(const Instruction& i) const;
    bool reads_other(ExprId id, ExprId address, const std::vector<std::uint32_t>& set) const;
    bool respects_choice(const Instruction& i);
    bool respects_marks(const Instruction& i, std::uint32_t number);
    bool same(ExprId id, Sort sort);
    bool same_address(ExprId id);
    bool same_form(ExprId a, ExprId b);
    std::optional<Instruction> exchanged(const Instruction& i);
    Sort target_sort(const Instruction& i) const;
    Sort cell_sort(ExprId address) const;
    bool compatible(Sort a, Sort b) const;

    // An expression whose value in a state is what `id`'s is in the exchanged one, exchanged.
    std::optional<ExprId> exchange(ExprId id, Sort sort);
    std::optional<ExprId> exchange_operation(ExprId id, Sort sort);
    std::optional<ExprId> exchange_equality(ExprId id);
    std::optional<ExprId> exchange_lookup(ExprId id, Sort sort);
    std::optional<ExprId> by_trying(ExprId id, Sort sort);
    std::optional<Sort> natural(ExprId id) const;
    void collect_leaves(ExprId id, std::vector<Leaf>& leaves);
    std::vector<Value> domain(const Leaf& leaf) const;
    std::optional<Value> evaluate(ExprId id, const std::vector<Leaf>& leaves, const Assignment& values) const;
    bool plain_terms_stay(ExprId id, const std::vector<Leaf>& leaves, const Assignment& values);
    ExprId replace(ExprId id, const std::vector<Leaf>& leaves, const std::vector<ExprId>& by);

    const TransitionSystem& system_;
    ExpressionPool pool_;
    const Repetitions& repetitions_;
    const Sorts& sorts_;
    const std::vector<Family>& families_;
    Forms forms_;
    const Exchange* exchange_ = nullptr;
    std::uint32_t program_ = 0;
    std::uint32_t number_ = 0;  // of the instruction
    std::uint32_t role_ = kNoRole;
    std::uint32_t site_ = kNone;
    PropertyNumber property_ = kNone;
    std::vector<std::uint32_t> other_register_;  // what each register of the program changes places with
};

}  // namespace quire::explore
