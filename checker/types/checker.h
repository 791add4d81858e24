// The checker of types, from the inside: only the files of types/ that define its methods include this.
//
// One Checker types one variant. Declarations are entered first and resolved on demand, so their order does not matter;
// then bodies, then properties, then what needs all bodies (recursion, side effects, ghost discipline). Bodies leave
// records (calls, effects, reads of ghost state) for that last part, because a call's meaning is known only at the end.
//
// An operand that could not be typed is Typed::Kind::kError and silences what would follow from it.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "support/diagnostics.h"
#include "support/source.h"
#include "syntax/ast.h"
#include "types/check.h"
#include "types/name_uses.h"
#include "types/typed_program.h"

namespace quire {

enum class Mode : std::uint8_t { kReal, kGhost, kProperty };

// What an expression turned out to be.
struct Typed {
    enum class Kind : std::uint8_t {
        kError,
        kVoid,   // `value` may be an effect to evaluate
        kValue,  // a scalar `value`
        kPlace,  // `place`; not to be written to unless `is_lvalue`
        kNull,
        kFunction,       // `function`, not yet an address
        kReference,      // a parameter `int *p` by its own name
        kScalarAddress,  // &place of a scalar or an array: only for reference parameters
        kString,
    };
    Kind kind = Kind::kError;
    TypeId type;
    ExpressionId value;
    PlaceId place;
    FunctionId function;
    LocalId local;        // kReference
    RoleId role;          // of a thread whose role is known
    ExpressionId before;  // kPlace: to be evaluated before the place is read (it fills a temporary)
    bool is_lvalue = false;
    SourceSpan span;

    bool is_error() const { return kind == Kind::kError; }
};

struct Symbol {
    enum class Kind : std::uint8_t { kConstant, kEnumerator, kFunction, kGlobal, kLocal, kTypedef };
    Kind kind = Kind::kLocal;
    std::uint32_t index = 0;
    SourceSpan span;
};

// What a place is a part of.
struct PlaceRoot {
    LocalId local;              // if it is in a local (not behind a pointer)
    bool is_reference = false;  // that local is a reference parameter
    bool is_ghost = false;      // the root or a member on the way is ghost
};

struct BoundReference {
    std::uint32_t parameter = 0;
    PlaceRoot root;
};

struct CallRecord {
    FunctionId callee;  // or
    TypeId through;     // a pointer of this type
    SourceSpan span;
    Mode mode = Mode::kReal;
    bool in_atomic = false;
    std::vector<BoundReference> references;
};

struct Effect {
    enum class Kind : std::uint8_t { kWritesReal, kWritesGhost, kWritesParameter, kChooses, kWaits, kSteps };
    Kind kind = Kind::kWritesReal;
    LocalId parameter;
    SourceSpan span;
    std::string what;  // "writes `count`"
};

struct GhostUse {
    SourceSpan span;
    std::string name;
    bool writes = false;
};

// One per function and role, and one for each init block, property and so on.
struct Body {
    FunctionId function;
    RoleId role;
    std::vector<CallRecord> calls;
    std::vector<Effect> effects;
    std::vector<GhostUse> ghost_uses;  // in real code
    bool looks_at_index = false;
    std::optional<SourceSpan> endless_loop;
    std::map<std::string, std::vector<LocalId>> locals;
};

struct Region {  // what a goto may leave but not enter
    std::uint32_t number = 0;
    std::string_view what;  // "an atomic body"
    bool is_ghost = false;
};

struct LabelInfo {
    LabelId id;
    std::vector<Region> regions;
    bool defined = false;
    SourceSpan span;
};

struct GotoInfo {
    StatementId statement;
    std::string label;
    std::vector<Region> regions;
    SourceSpan span;
};

struct LoopInfo {
    LabelId break_label;
    LabelId continue_label;  // invalid in a switch
    std::size_t region_depth = 0;
    bool has_exit = false;  // a break, goto, return inside
    bool is_loop = true;
};

struct Scope {
    std::map<std::string, Symbol, std::less<>> names;
};

// Where the checker stands.
struct Context {
    Body* body = nullptr;
    Mode mode = Mode::kReal;
    bool is_step_property = false;
    bool is_inside_old = false;
    bool is_constant = false;
    bool is_init = false;
    bool returns_allowed = true;
    int unevaluated = 0;   // inside typeof
    int atomic_depth = 0;  // inside atomic, or an await with a body
    FunctionId function;
    RoleId role;
    std::vector<Scope> scopes;
    std::vector<std::vector<LocalId>> block_locals;
    std::vector<Region> regions;
    std::vector<LoopInfo> loops;
    std::map<std::string, LabelInfo, std::less<>> labels;
    std::vector<GotoInfo> gotos;
};

class Checker {
public:
    // `names`: where uses of names are noted; nullptr: nowhere.
    Checker(const VariantPlan& plan, const SourceManager& sources, Diagnostics& diagnostics, const TypeOptions& options,
            NameTable* names = nullptr)
        : plan_(plan), sources_(sources), diagnostics_(diagnostics), options_(options), names_(names) {}

    Result<TypedProgram> run();

private:
    // ---- declarations.cpp
    void enter_declarations();
    void enter_declaration(const ast::Declaration& declaration);
    void enter_enum(const ast::Declaration& declaration, const ast::EnumDecl& node);
    EnumId define_enum(const std::string& name, const std::vector<ast::Enumerator>& values);
    void enter_function(const ast::Declaration& declaration, const ast::FunctionDecl& node);
    void enter_extern(const ast::Declaration& declaration, const ast::ExternDecl& node);
    void enter_role(const ast::Declaration& declaration, const ast::ThreadDecl& node);
    void enter_check(const ast::CheckDecl& node);
    void enter_allow(const ast::AllowDecl& node);
    void enter_memory(const ast::MemoryDecl& node);
    bool is_memory_model(const ast::Name& name);
    void define(const ast::Name& name, Symbol symbol);
    void resolve_constants();
    void resolve_constant(ConstantId id);
    void resolve_structs();
    void resolve_members(StructId id, const std::vector<ast::Member>& members);
    void resolve_ledger_paths();
    void resolve_ledger(StructId id, const ast::Ledger& ledger, StructMember& member);
    void check_struct_cycles();
    void resolve_signatures();
    void resolve_signature(FunctionId id);
    void resolve_parameters(const std::vector<ast::Parameter>& parameters, std::vector<LocalId>& locals, bool is_ghost);
    void resolve_globals();
    TypeId global_type(GlobalId id);
    void resolve_pools();
    void check_bodies();
    void check_function_body(FunctionId id);
    void ensure_role_checked(RoleId id);
    void check_init(const ast::InitDecl& node);
    void note_labels(const ast::Block& block, FunctionId function, RoleId role);
    void note_labels(const ast::Stmt& statement, FunctionId function, RoleId role);
    SourceSpan span_of(const ast::Declaration& declaration) const;
    bool in_library(const ast::Declaration& declaration) const { return declaration.file != plan_.top_file; }
    void unsupported(DiagnosticCode code, SourceSpan span, const std::string& what);

    // ---- types.cpp
    TypeId resolve_type(const ast::Type& type);
    TypeId scalar_node_type(ast::ScalarKind kind);
    TypeId resolve_typedef_name(const ast::Name& name);
    TypeId resolve_enum_type(const ast::EnumType& node);
    TypeId resolve_struct_type(const ast::Type& type, const ast::StructType& node);
    TypeId resolve_pointer(const ast::Type& type, const ast::PointerType& node);
    TypeId resolve_parameter_type(const ast::Type& type);
    TypeId resolve_range(const ast::Type& type, const ast::RangeType& node);
    TypeId resolve_collection_element(const ast::Type& type);
    TypeId resolve_function_pointer(const ast::FunctionType& node);
    TypeId typedef_type(std::uint32_t index);
    std::optional<StructId> pointed_struct(const ast::Type& type);
    const ast::Type* strip_typedefs(const ast::Type& type);
    TypeId intern(const Type& type);
    TypeId void_type();
    TypeId bool_type();
    TypeId integer_type(int bits, bool is_signed);
    TypeId int_type() { return integer_type(32, true); }
    TypeId long_type() { return integer_type(64, true); }
    TypeId thread_type();
    TypeId pointer_to(StructId structure);
    TypeId struct_type(StructId structure);
    TypeId reference_to(TypeId element, bool by_pointer);
    TypeId function_pointer_type(FunctionId id);
    TypeId plain(TypeId type);  // without const and range
    bool same_type(TypeId a, TypeId b) const;
    bool same_value_type(TypeId a, TypeId b) const;  // likewise, but ranges do not matter
    bool is_stored(TypeId type, SourceSpan span, std::string_view where);
    bool is_complete(TypeId type, SourceSpan span);
    const Type& type(TypeId id) const { return program_.types[id.value]; }
    bool is_arithmetic(TypeId id) const;
    bool is_pointer(TypeId id) const { return type(id).kind == TypeKind::kPointer; }
    bool is_container(TypeId id) const { return type(id).kind == TypeKind::kSet || type(id).kind == TypeKind::kList; }
    std::string name_of(TypeId id) const { return type_name(program_, id); }

    // ---- scopes.cpp: names, the tables, labels
    const Symbol* lookup(std::string_view name) const;
    std::vector<std::string> visible_names(bool functions_only) const;
    Typed unknown_name(const ast::Name& name);
    Typed unknown_function(const ast::Name& name);
    void suggest(Diagnostic& diagnostic, const std::string& name, const std::vector<std::string>& known, const std::string& lead);
    LocalId declare_local(const ast::Name& name, TypeId type, bool is_ghost);
    LocalId temporary(TypeId type, SourceSpan span);
    ExpressionId add(TypedExpression expression);
    PlaceId add(Place place);
    StatementId add(Statement statement);
    StatementId empty_block(SourceSpan span);
    PlaceId local_place(LocalId id, SourceSpan span);
    PlaceId member_place(PlaceId base, std::uint32_t member, SourceSpan span);
    PlaceId index_place(PlaceId base, ExpressionId index, SourceSpan span);
    PlaceId deref_place(ExpressionId pointer, SourceSpan span);
    ExpressionId literal(Value value, TypeId type, SourceSpan span);
    ExpressionId make(ExpressionKind kind, TypeId type, SourceSpan span, std::vector<ExpressionId> operands = {});
    ExpressionId make_operator(Op op, TypeId type, ScalarType operand_type, SourceSpan span, std::vector<ExpressionId> operands);
    LabelId new_label(const std::string& name, SourceSpan span);
    std::string place_text(PlaceId place) const;
    std::string text_of(const SourceSpan& span) const;
    PlaceRoot root_of(PlaceId place) const;
    ScalarType scalar(TypeId id) const { return scalar_type(program_, id); }
    std::optional<Value> static_value(ExpressionId id) const;
    bool uses_constant(ExpressionId id) const;
    Typed typed_value(ExpressionId id);
    Typed typed_place(PlaceId id, bool is_lvalue = true);
    Typed typed_void(ExpressionId id, SourceSpan span);
    Typed failed(SourceSpan span);
    Typed error(DiagnosticCode code, SourceSpan span, const std::string& message);
    bool is_real() const { return context_.mode == Mode::kReal; }

    // ---- name_uses.cpp: what editors want to know; nothing happens unless somebody asked
    void note_use(const ast::Name& name, NamedThing thing, SourceSpan definition, std::string owner = {});
    void note_symbol(const ast::Name& name, const Symbol& symbol);
    void note_member(const ast::Name& name, StructId structure, const std::vector<std::uint32_t>& path);
    void note_label(const ast::Name& name, LabelId label);
    void note_local(const ast::Name& name, LocalId local);
    void note_missed(SourceSpan span);
    void note_missed_member(const ast::Name& name, const Typed& object);

    // ---- expressions.cpp
    Typed expression(const ast::Expr& e);
    Typed int_literal(const ast::Expr& e, const ast::IntLiteral& node);
    Typed name_expression(const ast::Expr& e, const ast::NameExpr& node);
    Typed symbol_value(const Symbol& symbol, const ast::Name& name, SourceSpan span);
    Typed unary(const ast::Expr& e, const ast::Unary& node);
    Typed dereference(const ast::Expr& e, const ast::Unary& node);
    Typed address_of(const ast::Expr& e, const ast::Unary& node);
    Typed increment(const ast::Expr& e, const ast::Unary& node);
    Typed assign(const ast::Expr& e, const ast::Assign& node);
    Typed compound_assign(const ast::Expr& e, const Typed& target, const ast::BinaryOp op, const Typed& operand, bool postfix);
    Typed assign_struct(const Typed& target, const Typed& source, SourceSpan span);
    Typed conditional(const ast::Expr& e, const ast::Conditional& node);
    Typed conditional_of(ExpressionId condition, Typed a, Typed b, SourceSpan span);
    Typed member_access(const ast::Expr& e, const ast::MemberAccess& node);
    Typed member_of_object(Typed object, const ast::Expr& e, const ast::MemberAccess& node);
    Typed member_of(const Typed& object, const ast::Name& member, SourceSpan span);
    Typed thread_member(const Typed& thread, const ast::Name& member, SourceSpan span);
    bool find_member(StructId structure, std::string_view name, std::vector<std::uint32_t>& path) const;
    Typed index(const ast::Expr& e, const ast::Index& node);
    Typed cast(const ast::Expr& e, const ast::Cast& node);
    Typed container_of(const ast::Expr& e, const ast::ContainerOf& node);
    Typed alloc(const ast::Expr& e, const ast::Alloc& node);
    Typed statement_expression(const ast::Expr& e, const ast::StatementExpr& node);
    Typed compound_literal(const ast::Expr& e, const ast::CompoundLiteral& node);
    void check_write(const Typed& target, SourceSpan span, const char* verb);
    void note_read(PlaceId place, SourceSpan span);
    void note_effect(Effect::Kind kind, SourceSpan span, std::string what, LocalId parameter = {});
    void take_address(PlaceId place);
    bool require_lvalue(const Typed& operand, SourceSpan span, const char* what);

    // ---- operators.cpp: C's conversions and operators
    Typed rvalue(Typed operand);  // a scalar value, or void, NULL, a string
    ExpressionId read_struct(const Typed& operand);
    ExpressionId condition(const Typed& operand);
    ExpressionId condition(const ast::Expr& e) { return condition(expression(e)); }
    ExpressionId convert(Typed operand, TypeId target, SourceSpan span, const std::string& what);
    ExpressionId convert_arithmetic(ExpressionId value, TypeId target);
    void retype_pointer(ExpressionId value, TypeId target);
    TypeId promoted(TypeId id);
    TypeId usual_type(TypeId a, TypeId b);
    Typed binary(const ast::Expr& e, const ast::Binary& node);
    Typed arithmetic(ast::BinaryOp op, Typed left, Typed right, SourceSpan span);
    Typed shift(ast::BinaryOp op, const Typed& left, const Typed& right, SourceSpan span);
    Typed comparison(ast::BinaryOp op, Typed left, Typed right, SourceSpan span);
    Typed logical(const ast::Expr& e, const ast::Binary& node);
    bool reject_pointer_arithmetic(const Typed& left, const Typed& right, SourceSpan span);
    Typed mismatch(const Typed& left, const Typed& right, SourceSpan span, const char* verb);
    std::string describe(const Typed& operand) const;
    ExpressionId constant_expression(const ast::Expr& e, const char* what);
    ExpressionId check_constant(const Typed& operand, SourceSpan span, const char* what);
    bool is_constant_expression(ExpressionId id) const;

    // ---- calls.cpp
    Typed call(const ast::Expr& e, const ast::Call& node);
    Typed call_function(FunctionId id, const ast::Expr& e, const ast::Call& node);
    Typed call_ignored(FunctionId id, const ast::Expr& e, const ast::Call& node);
    Typed call_pointer(const Typed& callee, const ast::Expr& e, const ast::Call& node);
    Typed finish_struct_call(ExpressionId call, TypeId result, LocalId hidden, SourceSpan span);
    bool bind_arguments(const std::vector<TypeId>& parameters, const std::vector<ast::Expr>& given, SourceSpan span,
                        const std::string& callee, SourceSpan declared, std::vector<Argument>& arguments, CallRecord& record,
                        const std::vector<LocalId>& locals);
    Argument bind_argument(TypeId parameter, const ast::Expr& given, const std::string& callee, LocalId local);
    Argument bind_reference(TypeId parameter, const Typed& operand, const std::string& callee);
    Typed container_call(const ast::Expr& e, const ast::Call& node, const Typed& object, const ast::Name& method);

    // ---- builtins.cpp
    bool is_builtin(std::string_view name) const;
    std::optional<Typed> builtin_call(const ast::Expr& e, const ast::Call& node, const ast::Name& name);
    Typed builtin_statement(Statement statement, SourceSpan span);
    Typed assertion(const ast::Expr& e, const ast::Call& node, const ast::Name& name);
    Typed load_store(const ast::Expr& e, const ast::Call& node, bool is_store);
    Typed ledger_call(const ast::Expr& e, const ast::Call& node, const std::string& name);
    Typed ledger_value(const ast::Expr& e, const ast::Call& node, bool is_total);
    Typed pointer_builtin(const ast::Expr& e, const ast::Call& node, const std::string& name);
    Typed error_pointer_builtin(const ast::Expr& e, const ast::Call& node, const std::string& name);
    Typed cover_point(const ast::Expr& e, const ast::Call& node);
    Typed fence(const ast::Expr& e, const ast::Call& node);
    Typed at_label(const ast::Expr& e, const ast::Call& node);
    Typed old_value(const ast::Expr& e, const ast::Call& node);
    Typed acting(const ast::Expr& e, const ast::Call& node);
    Typed live(const ast::Expr& e, const ast::Call& node);
    Typed refresh(const ast::Expr& e, const ast::Call& node);
    Typed interrupts(const ast::Expr& e, const ast::Call& node, const std::string& name);
    bool count_arguments(const ast::Call& node, const std::string& name, std::size_t least, std::size_t most, SourceSpan span);
    std::optional<MemoryOrder> memory_order(const ast::Expr& e, bool for_fence);
    std::optional<PlaceId> ledger_place(const ast::Expr& e);
    Account account(const ast::Expr& e, PlaceId ledger);
    ExpressionId pointer_operand(const ast::Expr& e, const std::string& name);
    bool only_in_ghost(SourceSpan span, const std::string& name);

    // ---- properties.cpp
    void check_properties();
    void check_property(const ast::Declaration& declaration, const ast::PropertyDecl& node);
    ExpressionId property_condition(const ast::Expr& e, bool is_step, Body& body);
    Typed quantifier(const ast::Expr& e, const ast::Quantifier& node);
    bool bind_quantified_type(const ast::TypeBinder& binder, const ast::Quantifier& node, TypedExpression& q,
                              ExpressionId& guard);
    RoleId find_role(const ast::Name& name);
    LabelId find_label(const ast::Expr& e, RoleId role);

    // ---- contracts.cpp
    void check_contracts(FunctionId id, const std::vector<ast::Contract>& contracts);
    void check_contract(const ast::Contract& node, Contract& contract);
    void lock_contract(const ast::Contract& node, Contract& contract);
    void reference_contract(const ast::Contract& node, Contract& contract);
    bool find_ledger(StructId structure, std::vector<std::uint32_t>& path, int& found) const;

    // ---- statements.cpp
    StatementId block(const ast::Block& node, bool new_scope = true);
    void statement_into(const ast::Stmt& s, std::vector<StatementId>& out);
    StatementId substatement(const ast::Stmt& s);
    void expression_statement(const ast::Stmt& s, const ast::Expr& e, std::vector<StatementId>& out);
    void declare(const ast::VariableDecl& node, std::vector<StatementId>& out);
    void if_statement(const ast::Stmt& s, const ast::IfStmt& node, std::vector<StatementId>& out);
    void return_statement(const ast::Stmt& s, const ast::ReturnStmt& node, std::vector<StatementId>& out);
    void atomic_statement(const ast::Stmt& s, const ast::AtomicStmt& node, std::vector<StatementId>& out);
    void await_statement(const ast::Stmt& s, const ast::AwaitStmt& node, std::vector<StatementId>& out);
    void either_statement(const ast::Stmt& s, const ast::EitherStmt& node, std::vector<StatementId>& out);
    void choose_statement(const ast::Stmt& s, const ast::ChooseStmt& node, std::vector<StatementId>& out);
    void spawn_statement(const ast::Stmt& s, const ast::SpawnStmt& node, std::vector<StatementId>& out);
    void ghost_statement(const ast::Stmt& s, const ast::GhostStmt& node, std::vector<StatementId>& out);
    Statement blank(StatementKind kind, SourceSpan span) const;
    bool not_in_ghost(SourceSpan span, const std::string& what);
    void mark_exits();
    ExpressionId effect_of(const Typed& operand);

    // ---- control_flow.cpp: loops, switch, labels and jumps
    void while_statement(const ast::Stmt& s, const ast::WhileStmt& node, std::vector<StatementId>& out);
    void do_statement(const ast::Stmt& s, const ast::DoWhileStmt& node, std::vector<StatementId>& out);
    void for_statement(const ast::Stmt& s, const ast::ForStmt& node, std::vector<StatementId>& out);
    void for_each_statement(const ast::Stmt& s, const ast::ForEachStmt& node, std::vector<StatementId>& out);
    void switch_statement(const ast::Stmt& s, const ast::SwitchStmt& node, std::vector<StatementId>& out);
    void jump_statement(SourceSpan span, bool is_break, std::vector<StatementId>& out);
    void goto_statement(const ast::Stmt& s, const ast::GotoStmt& node, std::vector<StatementId>& out);
    void label_statement(const ast::Stmt& s, const ast::LabelStmt& node, std::vector<StatementId>& out);
    void open_loop(Statement& statement);
    void close_loop(const Statement& statement, bool runs_for_ever, SourceSpan span);
    void enter_region(std::string_view what, bool is_ghost = false);
    void leave_region() { context_.regions.pop_back(); }
    void resolve_gotos();

    // ---- initialisers.cpp
    void initialise(PlaceId place, const ast::Expr& init, std::vector<Initialiser>& list, bool is_constant);
    void initialise_list(PlaceId place, const ast::InitList& node, SourceSpan span, std::vector<Initialiser>& list,
                         bool is_constant);
    void initialise_scalar(PlaceId place, const ast::Expr& init, std::vector<Initialiser>& list, bool is_constant);
    struct InitCursor;
    void initialise_aggregate(PlaceId place, InitCursor& cursor, bool braced, std::vector<Initialiser>& list, bool is_constant);
    bool designate(PlaceId place, const ast::InitItem& item, PlaceId& target, Value& position);
    std::optional<Value> element_count(TypeId type) const;
    PlaceId element_place(PlaceId place, Value position, SourceSpan span);
    bool is_constant_address(PlaceId place) const;
    Value list_length(const ast::InitList& node);

    // ---- analyses.cpp: what needs all bodies
    void analyse();
    std::vector<FunctionId> candidates(TypeId pointer_type) const;
    std::vector<FunctionId> callees(const CallRecord& call) const;
    void check_recursion();
    struct CallWalk;
    void visit_for_recursion(FunctionId id, CallWalk& walk);
    void report_recursion(FunctionId caller, const CallRecord& call, const CallWalk& walk);
    void close_effects();
    void check_calls_without_effects();
    void check_ghost_uses();
    void check_endless_atomic();
    void spread_addresses();
    void mark_index_users();
    void check_string_parameters();
    Body& body_of(FunctionId id) { return function_bodies_[id.index()]; }

    // ---- plan.cpp: instances, expectations
    void resolve_instances();
    void resolve_expectations();
    void resolve_expectation(const ast::Declaration& declaration, const ast::ExpectDecl& node);
    void resolve_expected_name(const ast::ExpectDecl& node, Expectation& expectation);
    void resolve_range(const ast::ForItem& item, Expectation& expectation);
    void resolve_scenarios_and_lemmas();
    std::optional<ConstantId> find_constant(const ast::Name& name);

    const VariantPlan& plan_;
    const SourceManager& sources_;
    Diagnostics& diagnostics_;
    const TypeOptions& options_;
    NameTable* names_;
    TypedProgram program_;
    using TypeKey = std::tuple<TypeKind, std::uint8_t, bool, StructId, EnumId, TypeId, bool, bool>;
    std::map<TypeKey, TypeId> interned_;
    Context context_;

    Scope file_scope_;
    std::map<std::string, StructId, std::less<>> struct_tags_;
    std::map<std::string, EnumId, std::less<>> enum_tags_;
    std::map<std::string, RoleId, std::less<>> role_names_;
    std::map<std::string, CoverId, std::less<>> cover_names_;

    // Declarations behind the entries of the program, by the same numbers.
    std::vector<const ast::StructDecl*> struct_nodes_;  // null for anonymous and announced ones
    std::vector<bool> struct_defined_;
    std::vector<TypeId> enum_types_;
    std::vector<std::pair<Value, TypeId>> enumerators_;
    std::vector<const ast::ConstDecl*> constant_nodes_;
    std::vector<TypeId> constant_types_;
    std::vector<int> constant_states_;  // 0 untouched, 1 under way, 2 done
    std::vector<const ast::FunctionDecl*> function_nodes_;
    std::vector<const ast::ExternDecl*> extern_nodes_;
    std::vector<TypeId> struct_results_;    // of functions that return a struct: which
    std::vector<TypeId> function_results_;  // as written
    std::vector<bool> is_prototype_;
    std::vector<const ast::VariableDecl*> global_nodes_;
    std::vector<int> global_states_;
    std::vector<const ast::ThreadDecl*> role_nodes_;
    std::vector<int> role_states_;
    std::vector<const ast::TypedefDecl*> typedef_nodes_;
    std::vector<TypeId> typedef_types_;
    std::vector<int> typedef_states_;
    struct PendingLedger {
        StructId structure;
        std::uint32_t member;
        const ast::Ledger* node;
    };
    std::vector<PendingLedger> pending_ledgers_;
    std::map<StructId, std::uint32_t> pool_of_;  // index into the program's pools

    std::deque<Body> function_bodies_;
    std::deque<Body> role_bodies_;
    std::deque<Body> other_bodies_;                    // init blocks and properties
    std::vector<std::vector<Effect>> closed_effects_;  // by function, after close_effects
    // Labels by their function or role, entered before any body is checked: at() may look anywhere.
    std::map<std::pair<std::uint32_t, std::string>, LabelId> function_labels_;
    std::map<std::pair<std::uint32_t, std::string>, LabelId> role_labels_;
    std::set<std::uint32_t> used_locals_;
    struct StringArgument {
        LocalId parameter;
        SourceSpan span;
    };
    std::vector<StringArgument> string_arguments_;
    struct AddressFlow {
        LocalId parameter;
        LocalId argument;
    };
    std::vector<AddressFlow> address_flow_;         // a reference parameter and the local that it was bound to
    std::map<std::uint32_t, RoleId> thread_roles_;  // of locals that quantifiers bind to the threads of a role
    // What has a type that was already complained of: uses of it are silent.
    std::set<std::uint32_t> bad_globals_;
    std::set<std::uint32_t> bad_locals_;
    std::set<std::uint32_t> bad_results_;
    std::set<std::pair<std::uint32_t, std::string>> bad_members_;
    // Deeper than any person writes; what a generator writes must not exhaust the stack.
    static constexpr int kMaxDepth = 200;
    bool too_deep(SourceSpan span, const std::string& what);
    int depth_ = 0;
    static constexpr int kMaxSuggestions = 100;  // each looks at all names
    int suggestions_ = 0;
    bool calls_too_deep_ = false;
    std::uint32_t next_region_ = 1;
    std::size_t errors_before_ = 0;
};

}  // namespace quire
