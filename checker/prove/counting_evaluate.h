// Expressions of a transition system as counting terms.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "prove/counting_cells.h"
#include "prove/counting_system.h"

namespace quire::prove {

// A constant of the spec that the number of threads determines: constant + sum of factor * parameter.
struct ParameterForm {
    std::uint32_t constant_number = 0;  // of the spec
    Value constant = 0;
    std::vector<std::pair<std::size_t, Value>> sum;
};

struct SystemParameters {
    std::vector<std::string> names;
    std::vector<char> of_threads;  // by name: 0 if it is a number that says nothing of how many threads there are
    std::vector<ParameterForm> forms;
    std::vector<std::optional<ParameterForm>> role_counts;  // by role; none: as many as there are
};

// What is known of the cells that are everybody's before anything is run; each round of the extraction makes it weaker,
// until what it assumes is what comes out.
struct CellKnowledge {
    std::set<Value> values;  // all that it can hold, unless
    bool many = false;       // they are not listed
    bool split = false;      // into its bits
};

struct Knowledge {
    std::vector<CellKnowledge> cells;
    std::vector<LocalState> locals;
    std::map<LocalState, LocalNumber> local_numbers;
    bool grew = false;

    LocalNumber local(const LocalState& state);
    void add(Address cell, Value value);
    void add_many(Address cell);
};

// The next round knows this.
struct SplitCell {
    Address cell = 0;
};

inline constexpr std::size_t kMostListed = 24;  // values of a cell
inline constexpr std::size_t kMostCases = 256;  // of one operation
inline constexpr std::uint32_t kMostSplitBits = 20;
// Sums of such values over as many threads as there can be are far from the ends of 64 bits.
inline constexpr Value kLargestOwn = Value{1} << 30;
// What a cell that names a thread holds when it names another one: no address, and equal to nothing that is known.
inline constexpr Value kOtherThread = Value{1} << 40;

// One round: the terms, and what their variables stand for.
struct Extraction {
    Extraction(const TransitionSystem& system, const SystemParameters& parameters, const ThreadCells& cells,
               Knowledge& knowledge);

    const TransitionSystem& system;
    const SystemParameters& parameters;
    const ThreadCells& cells;
    Knowledge& knowledge;
    CountingSystem out;

    struct ThreadSlot {
        std::uint32_t thread_or_role = 0, slot = 0;
        friend bool operator<(const ThreadSlot& a, const ThreadSlot& b) {
            return a.thread_or_role != b.thread_or_role ? a.thread_or_role < b.thread_or_role : a.slot < b.slot;
        }
    };
    std::map<VariableNumber, ThreadSlot> foreign;  // the slot of one other thread
    std::map<VariableNumber, ThreadSlot> others;   // the sum of a slot over all other threads of a role
    std::map<VariableNumber, Address> owner;       // the thread that an owned cell names
    struct SaidOfOthers {
        ThreadNumber model = 0;  // the formula or term is of this thread's slots
        NodeId said = 1;
        bool is_sum = false;
    };
    std::map<VariableNumber, SaidOfOthers> said_of_others;  // 1 if it holds of all other threads of a role; or the sum
    struct OnlyThread {
        std::uint32_t role = 0, slot = 0;
        Value value = 0;
    };
    std::map<VariableNumber, OnlyThread> only;  // 1 if the only thread of a role has this value in the slot

    CountingTerms& terms() { return out.terms; }
    NodeId parameter_term(const ParameterForm& form);
    // As it is before a step; of an owned cell, whether it names a thread.
    NodeId global(Address cell);
    const std::vector<VariableNumber>& global_variables(Address cell);  // one, or one per bit
    NodeId foreign_slot(ThreadNumber thread, std::uint32_t slot);
    NodeId others_slot(std::uint32_t role, std::uint32_t slot);
    NodeId owner_of(Address cell);
    NodeId all_others(ThreadNumber model, NodeId said);
    NodeId sum_of_others(ThreadNumber model, NodeId said);
    // A formula.
    NodeId only_has(std::uint32_t role, std::uint32_t slot, Value value);
    // Of a role that has one thread, however many there are of others.
    bool is_only(ThreadNumber thread) const {
        std::uint32_t role = system.threads[thread].role;
        return !parameters.role_counts[role] && system.roles[role].count == 1;
    }
    // All values that a variable can have, if they are few.
    std::optional<std::vector<Value>> values_of(VariableNumber v) const;
    // All that a term can be, with what makes it so; nothing if they are too many.
    struct Case {
        NodeId condition = 1;
        Value value = 0;
    };
    std::optional<std::vector<Case>> cases_of(NodeId term);

private:
    VariableNumber add_variable(CountingVariable variable, Bounds bounds, bool of_many = false);
    std::vector<NodeId> parameter_variables_;
    std::map<Address, std::vector<VariableNumber>> globals_;
    std::map<ThreadSlot, VariableNumber> foreign_numbers_, others_numbers_;
    std::map<Address, VariableNumber> owner_numbers_;
    std::map<std::pair<std::pair<ThreadNumber, NodeId>, bool>, VariableNumber> said_numbers_;
    std::map<std::pair<ThreadSlot, Value>, VariableNumber> only_numbers_;
};

// The bits of a term, each 0 or 1 or a term that is; nothing if it has no such form.
std::optional<std::vector<NodeId>> bits_of(CountingTerms& terms, NodeId term);

class CountingEvaluator {
public:
    virtual ~CountingEvaluator() = default;

protected:
    CountingEvaluator(Extraction& extraction, ThreadNumber thread)
        : x_(extraction), terms_(extraction.out.terms), system_(extraction.system), thread_(thread) {}

    using Pointwise = std::function<NodeId(const std::vector<Value>&)>;

    virtual NodeId load(Address cell, bool before_step) = 0;
    // The operation for each combination of values that the operands can have.
    virtual NodeId pointwise(const std::vector<NodeId>& operands, const Pointwise& operation) = 0;
    // From here on `condition` holds; otherwise this is the fault.
    virtual void fails_unless(NodeId condition, PropertyNumber property) = 0;
    // The same where it is no violation, but cannot be counted.
    virtual void leaves_unless(NodeId condition, const std::string& what) = 0;

    NodeId evaluate(ExprId id);
    NodeId nonzero(NodeId term) { return terms_.negation(terms_.equal(term, terms_.number(0))); }
    [[noreturn]] void refuse(const std::string& why) const { throw Refusal{why, site_, {}}; }

    Extraction& x_;
    CountingTerms& terms_;
    const TransitionSystem& system_;
    ThreadNumber thread_;
    std::vector<NodeId> registers_;
    std::uint32_t site_ = kNone;

private:
    NodeId operation(const Expr& e);
    NodeId arithmetic(Op op, const ScalarType& type, NodeId a, NodeId b);
    NodeId compare(Op op, const ScalarType& type, NodeId a, NodeId b);
    NodeId bits(Op op, const ScalarType& type, NodeId a, NodeId b);
    NodeId shift(Op op, const ScalarType& type, NodeId a, NodeId b);
    NodeId convert(const ScalarType& type, NodeId a);
    NodeId into_type(const ScalarType& type, NodeId raw);
    NodeId by_values(Op op, const ScalarType& type, const std::vector<NodeId>& operands);
    void want_bits(NodeId term);
};

}  // namespace quire::prove
