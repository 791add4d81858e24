// Builds one flow graph from typed code: calls inlined, steps marked, order of evaluation made explicit.
//
// Invariants.  (1) An ExprId returned by `expression` may be used until the next node that could change one of its
// registers; who needs it longer freezes it.  (2) Between two steps only registers carry values, and what can fault is
// computed (settled into a register) before a step begins, since faults belong to the local work.
#pragma once

#include <functional>
#include <optional>

#include "ir/lowering_context.h"

namespace quire::ir {

// Where a place is, with the checks that its access makes, in order.
struct Guard {
    ExprId condition;
    PropertyNumber property = kNone;
};

struct Resolved {
    enum class Kind : std::uint8_t { kRegisters, kMemory, kNull } kind = Kind::kMemory;
    TypeId type;
    LocalId local;  // kRegisters, with the offset of the first scalar in `leaf`
    std::uint32_t leaf = 0;
    ExprId bound;          // kRegisters: the scalar is this value (a parameter that is never written)
    ExprId address;        // kMemory
    bool shared = false;   // accesses are steps
    bool tracked = false;  // cells may be uninitialised
    std::vector<Guard> guards;
    // If the place was reached through a pointer: the pointer, and the members since if nothing was indexed.
    ExprId pointer;
    StructId pointer_struct;
    std::vector<std::uint32_t> path;
    bool indexed = false;
};

// An argument, evaluated: a value, the place that a reference is bound to, or the scalars of a struct.
struct BoundArgument {
    ExprId value;
    std::optional<Resolved> place;
    std::vector<std::pair<MemoryLayout::Scalar, ExprId>> parts;
};

class Builder {
public:
    Builder(LoweringContext& context, FlowGraph& graph);

    // Whole graphs.
    void thread_body(const Role& role);
    void init_body(const std::vector<StatementId>& inits);
    void static_initialisers();
    void property_condition(const Property& property);

    static constexpr std::size_t kMaxNodes = 200'000;
    bool too_large() const { return graph_.nodes.size() > kMaxNodes; }

private:
    struct Mode {
        bool stepping = true;  // accesses begin steps
        bool ghost = false;    // ghost code: no refreshing
        bool pure = false;     // a property: loads stay expressions, locals are bound variables
        bool before = false;   // inside old()
    };
    struct Frame {
        std::string function;
        bool library = false;
        std::uint32_t call_site = kNone;
        std::map<LabelId, std::uint32_t> labels;
        std::map<LabelId, std::vector<StatementId>> label_scopes;
        std::uint32_t exit = kNone;
        std::uint32_t result = kNone;  // register of the returned value
        std::uint32_t result_flag = kNone;
        TypeId result_type;
        std::size_t scope_base = 0;
        FunctionId id;
    };

    // --- nodes (builder.cpp)
    std::uint32_t append(Node node);
    Node make(NodeKind kind) const;
    std::uint32_t nop();
    void link_to(std::uint32_t node);  // current falls through to `node`, which becomes current
    void jump_to(std::uint32_t node);  // current falls through to `node`; nothing is current
    void branch(ExprId condition, std::uint32_t& yes, std::uint32_t& no);
    void set(std::uint32_t target, ExprId value);
    void store(ExprId address, ExprId value);
    void check(ExprId condition, std::string_view property);
    void check(const Guard& guard);
    void drop(ExprId condition, DropKind kind);
    void step(NoteKind kind, MemoryOrder order = MemoryOrder::kFull);
    void note(NoteKind kind, ExprId value = {}, ExprId address = {});
    void end();
    bool reachable() const { return current_ != kNone; }

    std::uint32_t temporary(ScalarType type, const char* name = "");
    std::uint32_t register_of(LocalId local, std::uint32_t leaf);
    std::uint32_t flag_of(LocalId local, std::uint32_t leaf);
    ExprId reg(std::uint32_t number) { return pool().reg(number, graph_.registers[number].type); }
    ExprId freeze(ExprId value, ScalarType type);  // unchanged whatever follows
    ExprId settle(ExprId value, ScalarType type);  // computed now: a literal or a register
    ExpressionPool& pool() { return context_.system.pool; }
    ExprId lit(Value value) { return pool().literal(value, kLongType); }
    bool enabled(std::string_view property) const;
    void at(SourceSpan span);
    std::uint32_t current_site();

    // --- expressions (expressions.cpp)
    ExprId expression(ExpressionId id);
    ExprId truth(ExpressionId id);  // as a bool
    ScalarType scalar(ExpressionId id) const { return scalar_type(context_.typed, context_.typed[id].type); }
    ExprId self();
    ExprId operator_expression(const TypedExpression& e);
    ExprId lazy(const TypedExpression& e);
    ExprId assign(const TypedExpression& e);
    ExprId compound(const TypedExpression& e);
    void assign_struct(PlaceId target, ExpressionId source, bool declaration);
    ExprId maybe();
    ExprId error_pointer(const TypedExpression& e);
    ExprId statements_expression(const TypedExpression& e);
    ExprId pointer_equal(const TypedExpression& e, ExprId a, ExprId b);
    ExprId struct_read_operand(ExpressionId id, Resolved& source);

    // --- places (places.cpp)
    Resolved resolve(PlaceId id, bool frozen);
    Resolved member_of(Resolved base, std::uint32_t member, TypeId type);
    Resolved part_of(const Resolved& whole, const MemoryLayout::Scalar& part);
    ExprId address_of(PlaceId id);
    ExprId read(const Resolved& place, bool is_step, MemoryOrder order = MemoryOrder::kPlain);
    void write(const Resolved& place, ExprId value, bool is_step, MemoryOrder order = MemoryOrder::kPlain);
    void check_range(TypeId type, ExprId value);
    void check_guards(const Resolved& place);
    Resolved deref(ExprId pointer, StructId structure, TypeId type);
    ExprId container_of(const TypedExpression& e);
    ExprId live(ExprId pointer, StructId structure);
    ExprId load(ExprId address, ScalarType type);

    // --- calls (calls.cpp)
    ExprId call(const TypedExpression& e);
    ExprId call_indirect(const TypedExpression& e);
    std::vector<BoundArgument> arguments(const std::vector<Argument>& all);
    BoundArgument struct_argument(ExpressionId id);
    ExprId inline_function(FunctionId id, const std::vector<BoundArgument>& values, SourceSpan span, bool used);
    void bind(const Function& f, const std::vector<BoundArgument>& values);
    Resolved whole_local(LocalId local);  // not a reference
    bool binds_directly(LocalId parameter, ExprId value) const;
    void undefine_locals(const std::vector<LocalId>& locals);
    void undefine(LocalId local);
    ExprId extern_result(const Function& f);
    struct LockRef {
        const LockClass* lock = nullptr;
        ExprId cell;
    };
    LockRef lock_of(const Contract& contract);
    void contracts_on_entry(const Function& f, std::vector<ExprId>& entry_counts);
    void contracts_on_return(const Function& f, ExprId result, ExprId returned, const std::vector<ExprId>& entry_counts);
    ExprId succeeded(const Function& f, ExprId result, ExprId returned);
    void watch_ledger(const Contract& contract);
    struct LedgerWatch {
        std::uint32_t ledger = kNone;
        std::uint32_t net = kNone;
    };
    void check_ledger(const Contract& contract, const LedgerWatch& watch, ExprId success);
    void count_change(ExprId ledger, ExprId change);
    void set_lock(const LockRef& ref, ExprId count);
    ExprId one_less(ExprId count);
    void check_may_sleep();

    // --- statements (statements.cpp)
    void statement(StatementId id);
    void block(StatementId id);
    void declare(const Statement& s);
    void if_statement(const Statement& s);
    void loop(StatementId id);
    void for_each(StatementId id);
    const Statement* only_statement(const Statement& loop) const;
    bool is_about(ExpressionId id, ContainerOp op, const Statement& loop) const;
    bool empties(const Statement& loop) const;
    bool waits_for_each(const Statement& loop) const;
    void wait_for_all(const Resolved& place, const std::vector<std::uint32_t>& snapshot, std::uint32_t exit);
    void switch_statement(const Statement& s);
    void go_to(LabelId label);
    void leave_scopes(std::size_t down_to);
    void return_statement(const Statement& s);
    void atomic(const Statement& s);
    void await(const Statement& s);
    void either(const Statement& s);
    void choose(const Statement& s);
    ExprId bound(ExpressionId id);
    bool is_fixed(ExprId id);
    bool reads_nothing(ExprId id) const;
    std::uint32_t label_node(LabelId label);
    void scan_labels(StatementId id, std::vector<StatementId>& scopes);
    void pass_label(LabelId label);
    void set_local(LocalId local, ExprId value);
    void choice(std::uint32_t target, ExprId lo, ExprId hi, bool local);

    // --- builtins (builtins.cpp)
    void builtin(const Statement& s);
    ExprId allocate(const TypedExpression& e);
    void take_slot(const PoolLayout& slots, StructId structure, std::uint32_t result);
    void check_ledgers_empty(StructId structure, ExprId base);
    void free_object(const Statement& s);
    void use(const Statement& s);
    void spawn(const Statement& s);
    void ledger(const Statement& s);
    void refresh_cell(const Statement& s);
    void choose_from_pool(const Statement& s);
    ExprId ledger_cell(const Resolved& place, const StructMember& member, const Account& account);
    const StructMember& ledger_member(PlaceId place) const;
    void debit(const Resolved& place, const StructMember& member, const Account& account, ExprId amount);
    void credit(const Resolved& place, const StructMember& member, const Account& account, ExprId amount);
    void release(ExprId object);
    ExprId own_cell(Address base) { return pool().add_long(lit(base), pool().self()); }
    ExprId ledger_sum(ExprId address, const StructMember& member);

    // --- containers (containers.cpp)
    ExprId container(const TypedExpression& e);
    ExprId set_operation(const TypedExpression& e, const Resolved& place, ExprId operand);
    ExprId list_operation(const TypedExpression& e, const Resolved& place, ExprId operand);
    ExprId list_remove(const TypedExpression& e, const Resolved& place, ExprId operand);
    void list_push(const TypedExpression& e, const Resolved& place, ExprId operand);
    ExprId list_take(const TypedExpression& e, const Resolved& place);
    ExprId element_index(TypeId element, ExprId value);
    ExprId element_value(TypeId element, ExprId index, ExprId cell);
    ExprId same_element(TypeId element, ExprId a, ExprId b);
    void choose_member(const Statement& s);
    void each_of_set(const Statement& s, TypeId element, const std::vector<std::uint32_t>& snapshot, std::uint32_t exit);
    void each_of_list(const Statement& s, ScalarType type, const std::vector<std::uint32_t>& snapshot, std::uint32_t length,
                      std::uint32_t next, std::uint32_t exit);
    ExprId cell_at(const Resolved& place, ExprId offset, ScalarType type);
    void store_at(const Resolved& place, ExprId offset, ExprId value);

    // --- properties (queries.cpp)
    ExprId query(const TypedExpression& e);
    ExprId quantifier(const TypedExpression& e);
    void each_binding(const TypedExpression& e, const std::function<void(ExprId)>& body);
    ExprId thread_local_value(const TypedExpression& e);
    ExprId at_label(const TypedExpression& e);
    ExprId irqs_on(const TypedExpression& e);

    LoweringContext& context_;
    FlowGraph& graph_;
    Mode mode_;
    std::uint32_t current_ = kNone;
    bool result_dropped_ = false;  // of the call that is looked at next
    SourceSpan span_;
    std::vector<Frame> frames_;
    std::vector<StatementId> scopes_;
    std::map<std::pair<LocalId, std::uint32_t>, std::uint32_t> local_registers_;
    std::map<std::pair<LocalId, std::uint32_t>, std::uint32_t> flags_;
    std::map<LocalId, ExprId> bound_values_;
    std::uint64_t unrolled_ = 1;  // copies of what is being built, by the quantifiers around it
    std::map<LocalId, Resolved> bound_places_;
    std::set<LocalId> assigned_;  // of this executor
    // The ledgers that contracts of active calls talk about: registers with its address (-1: none) and the net change.
    std::vector<LedgerWatch> watches_;
};

}  // namespace quire::ir
