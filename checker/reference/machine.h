// The abstract machine: runs one thread of a state for one step.  explore.cpp explains it.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "reference/layout.h"
#include "reference/state.h"
#include "support/source.h"

namespace quire::reference {

// The choices of one way through a step.  A run reads along; what lies behind the end is answered with 0 and
// noted, so that `advance` can turn to the next way, as an odometer does.
class ChoiceTape {
public:
    std::uint64_t take(std::uint64_t count) {
        if (position_ == marks_.size()) marks_.push_back({0, count});
        return marks_[position_++].chosen;
    }

    // To the next way; false after the last.
    bool advance() {
        position_ = 0;
        while (!marks_.empty() && marks_.back().chosen + 1 == marks_.back().count) marks_.pop_back();
        if (marks_.empty()) return false;
        ++marks_.back().chosen;
        return true;
    }

private:
    struct Mark {
        std::uint64_t chosen;
        std::uint64_t count;
    };
    std::vector<Mark> marks_;
    std::size_t position_ = 0;
};

enum class StepEnd : std::uint8_t {
    kRunning,
    kMoved,      // leads to a state
    kBlocked,    // a false await, nothing to choose from
    kFailed,     // a check
    kAssumed,    // met a false assume
    kExhausted,  // a pool, the instances of a role, a list
    kPruned,     // came back to a choice that it had met before in this step
    kTooLong,    // more micro-operations than anybody meant
    kDropped,    // failed a check that `allow` takes away and after which nothing sensible can follow
};

class Machine {
public:
    enum class Mode : std::uint8_t {
        kThread,
        kInit,      // runs alone: nothing is a step
        kObserver,  // properties: as ghost code
    };

    // Runs `thread` of `state`, which it changes; after anything but kMoved the state is rubbish.
    Machine(const Layout& layout, State& state, std::uint32_t thread, ChoiceTape& tape, Mode mode);

    StepEnd step();                     // kThread: one step
    StepEnd run(StatementId body);      // kInit: all of it
    StepEnd initialise(const Global&);  // kInit: its static initialisers
    // kObserver: the value of a property, or nothing where it cannot be evaluated.  The state is as before.
    std::optional<Value> observe(ExpressionId condition, const State* before, std::uint32_t acting);

    bool too_long() const { return end_ == StepEnd::kTooLong; }
    const std::string& failure() const { return failure_; }
    const SourceSpan& failure_span() const { return failure_span_; }
    const std::set<CoverId>& covers() const { return covers_; }

private:
    // Control (machine.cpp)
    void run_frames();
    void execute_top();
    void end_thread();
    bool stop_before_access(bool is_step);
    bool stop_before_choice();
    std::optional<std::uint64_t> choose(std::uint64_t count);
    void note_cycle(const SourceSpan& span);
    std::string way_key() const;
    bool is_ghost_frame(const Frame& frame) const;
    bool in_ghost() const;
    bool in_one_step() const;
    bool fail(const char* check, const SourceSpan& span);           // true: the run ends
    void fail_for_good(const char* check, const SourceSpan& span);  // the run ends even if the check is allowed
    void end(StepEnd how);

    Thread& thread() { return state_.threads[self_]; }
    Frame& top() { return thread().frames.back(); }
    std::vector<Item>& values() { return thread().values; }
    void push(FrameKind kind, std::uint32_t id);
    void push(ExpressionId id) { push(FrameKind::kExpression, id.value); }
    void push(PlaceId id) { push(FrameKind::kPlace, id.value); }
    void push(StatementId id) { push(FrameKind::kStatement, id.value); }
    // Runs `id` and goes on at `phase`.
    template <class Node>
    void run_then(Node id, std::uint32_t phase) {
        top().phase = phase;
        push(id);
    }
    void leave() { thread().frames.pop_back(); }
    void finish(const Item& result);  // of the expression or place on top
    Item pop();
    Value pop_value(const SourceSpan& span);
    Item item_of(TypeId type, Value value) const;
    static Item scalar(Value value);

    // Memory (machine_memory.cpp)
    bool is_shared(const Item& address) const;
    std::optional<std::uint32_t> resolve(const Item& address, const SourceSpan& span);
    std::optional<Item> read(const Item& address, const SourceSpan& span);
    bool check_range(TypeId type, Value value, const SourceSpan& span);
    std::optional<Value> write(std::uint32_t cell, Value value, const SourceSpan& span);
    void undefine(LocalId local);
    void reset(std::uint32_t cell, bool defined);
    std::optional<Item> address_of(const Item& address, StructId structure, const SourceSpan& span);
    void free_object(const Item& pointer, const SourceSpan& span);
    void use_object(const Item& pointer, const SourceSpan& span);
    void refresh_equal(const Item& a, const Item& b);
    void refresh_cell(const Item& address, const SourceSpan& span);
    std::optional<Item> container_of(const TypedExpression& e, const Item& member);
    std::optional<Item> container_operation(const TypedExpression& e, std::uint32_t cell, Value operand);
    bool push_to_list(TypeId type, std::vector<Value>& list, bool front, Value v, const SourceSpan& span);
    Item thread_local_value(const TypedExpression& e, Value thread);
    bool is_live(const Item& pointer) const;
    bool object_is_live(std::uint32_t object) const;
    // The ledger.
    std::uint32_t account_index(const CellInfo& ledger, const Account& account, Value who) const;
    bool credit(std::uint32_t cell, std::uint32_t account, Value n, const SourceSpan& span);
    bool debit(std::uint32_t cell, std::uint32_t account, Value n, const SourceSpan& span);
    void note_ledger(std::uint32_t cell, Value change);

    // Places and expressions (machine_expressions.cpp)
    void place(PlaceId id);
    void index_place(const Place& p);
    void expression(ExpressionId id);
    void read_expression(const TypedExpression& e);
    bool assignment(PlaceId target, ExpressionId value);
    bool struct_assignment(PlaceId target, ExpressionId value);
    bool is_step_to_write(const Item& address);
    void compound(const TypedExpression& e);
    void operation(const TypedExpression& e);
    void lazy(const TypedExpression& e);
    void conditional(const TypedExpression& e);
    void statements(const TypedExpression& e);
    void allocate(const TypedExpression& e);
    void container(const TypedExpression& e);
    void unary(const TypedExpression& e);
    Item unary_value(const TypedExpression& e, const Item& operand);
    void thread_of(const TypedExpression& e);
    void old(const TypedExpression& e);
    void ledger_query(const TypedExpression& e);
    void quantifier(const TypedExpression& e);
    void quantifier_domain(const TypedExpression& e);
    void quantifier_next(const TypedExpression& e);
    std::optional<Value> apply(Op op, const ScalarType& type, Value a, Value b, Value c, const SourceSpan& span);

    // Calls and contracts (machine_calls.cpp)
    void call(const TypedExpression& e);
    bool push_arguments(const std::vector<Argument>& arguments, std::uint32_t phase);
    void enter(FunctionId function);
    bool bind(std::uint32_t thread, const std::vector<LocalId>& parameters, std::size_t first);
    void call_frame();
    void begin_contract(std::size_t index, const Item& lock);
    void set_held(const LockKey& key, Value count);
    bool end_contracts(const Function& f, const Item& result);
    void do_return(const Item& result, const SourceSpan& span);
    void leave_call(Item result);
    bool value_is_dropped() const;
    void external_call(const TypedExpression& e, const Function& f);
    void spawn(const Statement& s);

    // Statements (machine_statements.cpp)
    void statement(StatementId id);
    void block(const Statement& s);
    void declare(const Statement& s);
    void if_statement(const Statement& s);
    void loop(const Statement& s);
    void for_each(const Statement& s);
    void switch_statement(const Statement& s);
    void jump(LabelId label, const SourceSpan& span);
    void set_child_phase(Frame& frame, StatementId child);
    std::uint32_t continue_phase(const Statement& s) const;
    void label(const Statement& s);
    void await(const Statement& s);
    void choose_statement(const Statement& s);
    void choose_object(const Statement& s);
    void choose_member(const Statement& s);
    void builtin(const Statement& s);
    void ledger_call(const Statement& s);
    StatementId statement_of(const Frame& frame) const;
    void unwind_frame();
    void exit_scope(const Frame& frame);

    const Layout& layout_;
    const TypedProgram& program_;
    State& state_;
    std::uint32_t self_;
    ChoiceTape& tape_;
    Mode mode_;
    const State* before_ = nullptr;
    std::uint32_t acting_ = 0;

    StepEnd end_ = StepEnd::kRunning;
    bool stopped_ = false;  // stands before the next access or choice
    bool access_done_ = false;
    std::uint64_t operations_ = 0;
    std::set<std::string> met_choices_;
    std::set<std::string> met_loops_;  // since the last choice
    std::string failure_;
    SourceSpan failure_span_;
    std::set<CoverId> covers_;
};

}  // namespace quire::reference
