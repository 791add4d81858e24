// Linear integer terms and their truth values, hash-consed: what a counting system is made of.
//
// A term is a constant and a sum of atoms with factors; an atom is a variable, or one of two terms as a condition says.
// Construction normalises, folds constants, and decides comparisons by the bounds of the variables, so that most of what a
// program computes never becomes a formula.  Quantifier-free, and nothing but linear: what is not cannot be said here.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "expr/operators.h"

namespace quire::prove {

using NodeId = std::uint32_t;  // of a term, an atom or a formula
using VariableNumber = std::uint32_t;

enum class NodeKind : std::uint8_t {
    kTerm,      // constant + sum of factor * atom
    kVariable,  // atom: `variable`
    kIf,        // atom: kids[0] ? kids[1] : kids[2]
    kTrue,
    kFalse,
    kAtMostZero,  // kids[0] <= 0
    kIsZero,      // kids[0] == 0
    kNot,
    kAnd,
    kOr,
};

struct Node {
    NodeKind kind = NodeKind::kTrue;
    Value constant = 0;  // kTerm
    VariableNumber variable = 0;
    std::vector<std::pair<NodeId, Value>> sum;  // kTerm: by atom, factors not 0
    std::vector<NodeId> kids;
    bool of_many = false;  // a variable in it is of one thread of many
};

struct Bounds {
    Value lo = 0, hi = 0;
};
// Nothing is known: far from the ends of Value, so that sums of them can be told from what is known.
inline constexpr Value kFar = Value{1} << 61;
inline constexpr Bounds kAnyValue{-kFar, kFar};

// Of all roles together; larger instances are not spoken of.
inline constexpr Value kMostThreads = Value{1} << 22;
// Of a number that the spec leaves open and that is no number of threads.
inline constexpr Value kLargestParameter = Value{1} << 30;

// Arithmetic on coefficients left the range of a Value.
struct TermOverflow {};

class CountingTerms {
public:
    CountingTerms();

    // `of_many`: it is one thread's, of a role without a fixed number of threads, and stands beside as many others as there are
    // threads: how large a sum of several of them is, their number here does not say.
    VariableNumber add_variable(Bounds bounds, bool of_many = false);
    std::size_t variable_count() const { return bounds_.size(); }
    const Bounds& bounds(VariableNumber v) const { return bounds_[v]; }

    NodeId number(Value value);
    NodeId variable(VariableNumber v);
    NodeId add(NodeId a, NodeId b) { return combine(a, 1, b, 1); }
    NodeId subtract(NodeId a, NodeId b) { return combine(a, 1, b, -1); }
    NodeId scale(NodeId a, Value factor) { return combine(a, factor, number(0), 0); }
    NodeId choose(NodeId condition, NodeId then, NodeId otherwise);  // of terms
    NodeId truth(NodeId condition) { return choose(condition, number(1), number(0)); }

    NodeId boolean(bool value) const { return value ? 1u : 0u; }
    NodeId at_most(NodeId a, NodeId b);
    NodeId equal(NodeId a, NodeId b);
    // That the variable is within its bounds, which is not folded by them.
    NodeId bound_of(VariableNumber v);
    NodeId negation(NodeId a);
    NodeId both(NodeId a, NodeId b) { return all({a, b}); }
    NodeId either(NodeId a, NodeId b) { return any({a, b}); }
    NodeId implies(NodeId a, NodeId b) { return any({negation(a), b}); }
    NodeId all(std::vector<NodeId> of);
    NodeId any(std::vector<NodeId> of);
    NodeId if_then(NodeId condition, NodeId then, NodeId otherwise);  // of formulas

    const Node& operator[](NodeId id) const { return nodes_[id]; }
    std::optional<Value> known(NodeId term) const;
    bool is_true(NodeId id) const { return id == 1; }
    bool is_false(NodeId id) const { return id == 0; }
    // All that the term can be, by the bounds of its variables, whatever the number of threads.
    Bounds range(NodeId term) const;
    // A sum over threads, with as many terms as there are threads.
    bool is_crowd(NodeId term) const;
    // The variables in it, sorted; remembered.
    const std::vector<VariableNumber>& variables_of(NodeId id);

    // The same with other terms for variables; `replacement` returns nothing where a variable stays.
    using Replacement = std::function<std::optional<NodeId>(VariableNumber)>;
    NodeId replace(NodeId id, const Replacement& replacement);

    Value evaluate(NodeId term, const std::vector<Value>& values) const;
    bool holds(NodeId formula, const std::vector<Value>& values) const;

    std::string to_string(NodeId id, const std::function<std::string(VariableNumber)>& name) const;

private:
    NodeId intern(Node node);
    NodeId combine(NodeId a, Value factor_a, NodeId b, Value factor_b);
    NodeId compare(NodeId term, bool equality);
    NodeId gather(std::vector<NodeId> of, bool conjunction);
    NodeId replace(NodeId id, const Replacement& replacement, std::map<NodeId, NodeId>& done);

    std::vector<Node> nodes_;
    std::unordered_map<std::string, NodeId> index_;
    std::vector<Bounds> bounds_;
    std::vector<bool> of_many_;
    std::map<NodeId, std::vector<VariableNumber>> variables_;
};

}  // namespace quire::prove
