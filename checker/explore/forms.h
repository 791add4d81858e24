// Whether two conditions mean the same when nothing but the order of their parts differs: `forall` over the slots of a
// pool, written out, with two slots exchanged.
//
// A condition becomes a reduced ordered binary decision diagram (R. Bryant, 1986) over its comparisons, of which sums
// are compared as multisets.  Equal diagrams mean equal values in every state; unequal ones mean nothing, for what the
// comparisons say of each other is not looked at.  Sums of 64 bits are taken not to overflow: they add up cells of 32.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "system/transition_system.h"

namespace quire::explore {

class Forms {
public:
    explicit Forms(const ExpressionPool& pool) : pool_(pool) {
        diagrams_.push_back({kLast, 0, 0});
        diagrams_.push_back({kLast, 1, 1});
    }

    // A truth value is a diagram, any other a term; equal numbers of one kind mean equal values.
    struct Form {
        bool is_truth = false;
        std::uint32_t number = 0;
        friend bool operator==(const Form&, const Form&) = default;
    };

    // Of an expression over registers as they are.  Nothing: it may fault.
    std::optional<Form> of(ExprId id);
    // Of "the condition holds".  Nothing: it has loops, or is too large.
    std::optional<Form> of(const Program& condition);

private:
    using Diagram = std::uint32_t;  // 0 false, 1 true
    using Term = std::uint32_t;
    struct Node {
        std::uint32_t atom;
        Diagram no, yes;
    };
    static constexpr std::uint32_t kLast = 0xffffffffu;
    static constexpr std::size_t kMostNodes = 1u << 16;

    enum class Kind : std::uint32_t {
        kLiteral,
        kRegister,
        kLoad,
        kLoadBefore,
        kSelf,
        kSelfIndex,
        kLookup,
        kOperator,
        kSum,
        kTruth,
        kSelect,
        kCompare,
        kNonzero,
        kFaults,
    };
    using Key = std::vector<std::uint64_t>;

    Form form(ExprId id);
    Form operation(const Expr& e);
    Form sum(const Expr& e);
    void add_to_sum(Term term, Value& literal, std::vector<Term>& terms) const;
    Term intern(Kind kind, std::vector<std::uint64_t> rest);
    Term as_term(Form form);
    Diagram as_truth(Form form);
    Diagram atom(Term term);
    bool is_zero_or_one(Form form) const;
    Diagram make(std::uint32_t atom, Diagram no, Diagram yes);
    Diagram choose(Diagram condition, Diagram yes, Diagram no);
    Form select(Diagram condition, Form yes, Form no);

    struct Path {  // what is known before an instruction
        Diagram reached = 0;
        std::vector<std::optional<Form>> registers;
    };
    void flow(const Path& from, Diagram condition, Path& to);

    const ExpressionPool& pool_;
    std::map<Key, Term> terms_;
    std::vector<Key> keys_;
    std::map<Term, std::uint32_t> atoms_;
    std::vector<Node> diagrams_;
    std::map<std::tuple<std::uint32_t, Diagram, Diagram>, Diagram> unique_;
    std::map<std::tuple<Diagram, Diagram, Diagram>, Diagram> chosen_;
    const std::vector<std::optional<Form>>* registers_ = nullptr;  // null: registers are what they are
    Diagram faults_ = 0;                                           // of the expression being looked at
    bool too_large_ = false;
};

}  // namespace quire::explore
