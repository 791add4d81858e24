// The typed program: one variant of a spec with nothing unresolved.
//
// It is what the checker of types promises and what both the lowering (ir/) and the naive explorer (reference/) start
// from, so it fixes evaluation order and what counts as an access.  Constants stay symbolic: an instance is an
// environment {constant -> value}.
//
// Order: strictly left to right.  `place = value`: the address of the place (indices and pointers in it, left to
// right), then the value, then the write.  A compound assignment: the address, the read, the value, the write.  A
// call: the arguments in order (for a reference parameter, the address of the place), then the body.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "expr/operators.h"
#include "support/ids.h"
#include "support/source.h"

namespace quire {

using ConstantId = Id<struct ConstantTag>;
using TypeId = Id<struct TypeTag>;
using StructId = Id<struct StructTag>;
using EnumId = Id<struct EnumTag>;
using GlobalId = Id<struct GlobalTag>;
using LocalId = Id<struct LocalTag>;
using FunctionId = Id<struct FunctionTag>;
using RoleId = Id<struct RoleTag>;
using LabelId = Id<struct LabelTag>;
using PropertyId = Id<struct PropertyTag>;
using CoverId = Id<struct CoverTag>;  // cover("name") points in code
using ExpressionId = Id<struct TypedExpressionTag>;
using PlaceId = Id<struct PlaceTag>;
using StatementId = Id<struct StatementTag>;

// ---------------------------------------------------------------------------------------------------------- types

enum class TypeKind : std::uint8_t {
    kVoid,
    kBool,
    kInteger,
    kEnum,
    kThread,
    kPointer,          // to `structure`
    kFunctionPointer,  // see `parameters`, `element` (the result)
    kStruct,
    kArray,      // of `extent` times `element`
    kSet,        // of `element` (enum, thread, pointer; small ranges of integers are accepted too)
    kList,       // of `element`, at most `extent`; no extent: as many as there are different elements
    kLedger,     // only as a member of a struct, see StructMember
    kReference,  // `int *`, `T &`: of `element`; only parameters have it
};

struct Type {
    TypeKind kind = TypeKind::kVoid;
    std::uint8_t bits = 32;  // kInteger, kEnum
    bool is_signed = true;
    bool has_range = false;  // `T in lo..hi`: every write is checked
    ExpressionId lo, hi;     // constant expressions
    StructId structure;
    EnumId enumeration;
    TypeId element;
    ExpressionId extent;  // constant expression; invalid = none
    std::vector<TypeId> parameters;
    bool is_const = false;
    bool by_pointer = false;  // kReference: written `int *x` (else `T &x`); only print and the checker care
};

struct StructMember {
    std::string name;
    TypeId type;
    SourceSpan span;
    bool is_ghost = false;
    // kLedger only: the counter member of the same struct (invalid number = none) and the named accounts.
    std::uint32_t ledger_of = 0xffffffffu;
    // The whole way from this struct down to the scalar that is the counter; empty = none, else it begins with ledger_of.
    std::vector<std::uint32_t> ledger_path;
    std::vector<std::string> accounts;
};

struct Struct {
    std::string name;
    std::vector<StructMember> members;
    SourceSpan span;
    std::string doc;
};

struct Enum {
    std::string name;
    std::vector<std::pair<std::string, Value>> values;
};

struct Constant {
    std::string name;
    ExpressionId value;  // may use other constants; evaluated in an environment
    SourceSpan span;
    std::string doc;
};

// -------------------------------------------------------------------------------------------------------- places

enum class PlaceKind : std::uint8_t {
    kLocal,   // `local`; if it is a reference parameter: the place it was bound to
    kGlobal,  // `global`
    kDeref,   // the struct instance that `operand` (a pointer) points to
    kMember,  // `member` of the place `base`
    kIndex,   // element `operand` of the array place `base`
};

struct Place {
    PlaceKind kind = PlaceKind::kLocal;
    TypeId type;
    SourceSpan span;
    LocalId local;
    GlobalId global;
    PlaceId base;
    ExpressionId operand;
    std::uint32_t member = 0;
};

// --------------------------------------------------------------------------------------------------- expressions

// An access is a read or write of a scalar place that is shared: rooted in a global, in a kDeref, or in a struct
// local whose address is taken (Local::in_memory).  Each access of real code outside `atomic` is a step of its own.
enum class ExpressionKind : std::uint8_t {
    kLiteral,          // `value`
    kConstant,         // `constant`
    kSelf,             // the running thread
    kThreadOf,         // the thread of `role` with the index operand 0 (a constant expression or not; invalid = 0): how
                       // a property names one thread
    kFunctionAddress,  // `function`
    kRead,             // the value of the scalar `place`
    kAddressOf,        // pointer to the struct `place`; no access
    kOperator,         // strict `op` in `operand_type` of `operands` (1..3), already converted
    kAnd,
    kOr,
    kImplies,          // lazy, operands 0, 1
    kConditional,      // lazy, operands 0 ? 1 : 2
    kAssign,           // `place` = operand 0 (converted to the type of the place); the value is what was stored.
                       // Struct type: operand 0 is a kRead of a struct place, or a kComma that ends in one; copied
                       // scalar by scalar in order of declaration (arrays element by element), each a read and a write
    kCompound,         // `place` op= operand 0, computed in `operand_type`, converted back; `postfix`: value is the
                       // old value.  kShiftLeft/Right: operand 0 has its own type
    kCall,             // `function` with `arguments`
    kCallIndirect,     // operand 0 is the function pointer, evaluated before the arguments
    kStatements,       // ({ `statement` ; operand 0 }): operand 0 is evaluated in the scope of the block; it may be
                       // absent (void)
    kComma,            // operand 0, then operand 1
    kMaybe,            // either truth value
    kAlloc,            // a slot of the pool of `structure`; `alloc_mode`
    kContainerOf,      // operand 0 points to member `member` (a path: `member_path`) of `structure`
    kContainer,        // `container_op` on the container `place` with operands
    kErrPtr,           // operand 0, an int in -4095..-1 (anything else: out_of_range) -> pointer
    kPtrErr,           // pointer -> long
    kIsErr,            // pointer -> bool
    kIsNullReference,  // whether the reference parameter `local` was bound to NULL (`int *p`, called with NULL)
    kLoad,             // load(order, place): as kRead
    kStore,            // store(order, place, operand 0): as kAssign
    kIrqsOn,           // irqs_on(self's CPU): the flag of the running thread, or of operand 0
    // Only where ghost code and properties are evaluated:
    kThreadIndex,  // operand 0 . index
    kThreadLocal,  // operand 0 . local (of a thread of `role`): 0 before assigned
    kAt,           // at(operand 0, `label`)
    kLive,         // live(operand 0)
    kOld,          // operand 0 wholly before the step
    kActing,       // acting(operand 0)
    kBalance,      // balance of ledger `place` for account: operand 0 a thread, or `account` a named one
    kTotal,        // total of ledger `place`
    kQuantifier,   // see below
};

enum class AllocMode : std::uint8_t { kPlain, kMayFail, kMustSucceed };  // alloc, alloc?, alloc!
enum class ContainerOp : std::uint8_t { kAdd, kRemove, kContains, kEmpty, kSize, kPushFront, kPushBack, kPopFront, kFirst };
enum class MemoryOrder : std::uint8_t { kPlain, kOnce, kAcquire, kRelease, kFull, kRead, kWrite };
enum class Quantifier : std::uint8_t { kForall, kExists, kCount };
enum class Domain : std::uint8_t {
    kInstances,  // every live instance of `structure`: globals, array elements, pool objects, embedded ones
    kRange,      // operand 1 .. operand 2 (constant expressions or not)
    kRole,       // every thread of `role`
    kContainer,  // members of `place`
};
inline constexpr std::uint32_t kNoAccount = 0xffffffffu;
inline constexpr std::uint32_t kUnbookedAccount = 0xfffffffeu;

struct Argument {
    // A value, or for a reference parameter a place (invalid for NULL).
    ExpressionId value;
    PlaceId place;
    bool is_reference = false;
};

struct TypedExpression {
    ExpressionKind kind = ExpressionKind::kLiteral;
    TypeId type;
    SourceSpan span;
    Value value = 0;
    ConstantId constant;
    FunctionId function;
    PlaceId place;
    Op op = Op::kAdd;
    ScalarType operand_type;
    std::vector<ExpressionId> operands;
    std::vector<Argument> arguments;
    StatementId statement;
    bool postfix = false;
    AllocMode alloc_mode = AllocMode::kPlain;
    StructId structure;
    std::vector<std::uint32_t> member_path;
    ContainerOp container_op = ContainerOp::kAdd;
    MemoryOrder order = MemoryOrder::kPlain;
    LocalId local;  // kIsNullReference, kThreadLocal, the bound variable of kQuantifier
    LabelId label;
    RoleId role;
    std::uint32_t account = kNoAccount;
    Quantifier quantifier = Quantifier::kForall;
    Domain domain = Domain::kRange;
};

// ---------------------------------------------------------------------------------------------------- statements

enum class StatementKind : std::uint8_t {
    kBlock,       // `body`; declares `locals`, which become undefined at the end (and on every way out)
    kExpression,  // operand 0, value dropped
    kDeclare,     // `local`: starts undefined, then `initialisers` (in order; `zero_rest`: what they do not name is 0)
    kIf,          // operand 0; body[0], body[1] or invalid
    kLoop,        // see LoopKind
    kSwitch,      // operand 0; body[0] is a block whose kLabel statements are `cases` targets; `default_label`
    kGoto,        // to `label` (break, continue and goto alike); leaves the scopes in between
    kLabel,       // `label` stands here (before the next statement)
    kReturn,      // operand 0 or none
    kAtomic,      // one step: body[0]
    kAwait,       // one step: blocks until operand 0 holds, then body[0] if valid
    kEither,      // one of `body`, taken with its first step
    kChoose,      // `local` (one of the `locals` of the enclosing block) gets a value; no body; see ChooseKind
    kGhost,       // body[0]: part of the step before it
    kBuiltin,     // see Builtin
};

enum class LoopKind : std::uint8_t {
    kWhile,    // while (operand 0) body[0]; operand 0 may be invalid (for ever)
    kDoWhile,  // do body[0] while (operand 0)
    kFor,      // while (operand 0) { body[0]; continue_label: operand 1 }
    kForEach,  // `local` over a snapshot of the container `place`, taken in one step; a set in any order
};
enum class ChooseKind : std::uint8_t {
    kRange,   // operand 0 .. operand 1: local work, resolved with the next access
    kPool,    // one step: any live object of the pool of `structure` (typesafe: any slot); blocks while none
    kMember,  // one step: any member of the container `place`; blocks while empty
};

enum class Builtin : std::uint8_t {
    kAssert,  // operand 0; reads in it are accesses
    kFree,    // operand 0 a pointer: one step
    kUse,     // operand 0 a pointer: one step like a read
    kAssume,  // operand 0
    kCover,   // `cover`
    kSpawn,   // `role` with `arguments`: one step
    kCredit,
    kDebit,    // ledger `place`, who, operand `amount`
    kMove,     // ledger `place`, from who, to who, `amount`
    kRefresh,  // cell `place` (ghost)
    kFence,    // `order`: no step under sc
    kIrqDisable,
    kIrqEnable,
};

struct Account {  // of a ledger: a thread (operand) or a named account
    ExpressionId thread;
    std::uint32_t named = kNoAccount;
};

struct Initialiser {
    PlaceId place;  // a scalar (or struct, if `value` is a kRead of a struct) part of the declared variable
    ExpressionId value;
};

struct SwitchCase {
    Value value = 0;        // literal after evaluation in any instance…
    ExpressionId constant;  // …or this constant expression if valid
    LabelId label;
};

struct Statement {
    StatementKind kind = StatementKind::kBlock;
    SourceSpan span;
    std::vector<StatementId> body;
    std::vector<ExpressionId> operands;
    std::vector<LocalId> locals;
    LocalId local;
    std::vector<Initialiser> initialisers;
    bool zero_rest = false;
    LoopKind loop = LoopKind::kWhile;
    std::vector<SwitchCase> cases;
    LabelId label;        // kGoto, kLabel; kSwitch: the default (or end) label; kLoop: the continue label
    LabelId break_label;  // kLoop, kSwitch: where `break` goes: just behind the statement
    ChooseKind choose = ChooseKind::kRange;
    StructId structure;
    PlaceId place;
    Builtin builtin = Builtin::kAssert;
    std::vector<Argument> arguments;
    RoleId role;
    CoverId cover;
    Account from, to;  // kCredit and kDebit use `to` and `from`
    ExpressionId amount;
    MemoryOrder order = MemoryOrder::kPlain;
    std::string text;       // kAssert: what is shown ("BUG_ON(page->count < 0)")
    bool is_ghost = false;  // stands in ghost code
};

// ---------------------------------------------------------------------------------------------------- the program

struct Local {
    std::string name;
    TypeId type;
    SourceSpan span;
    bool is_parameter = false;
    bool is_reference = false;  // bound to a place at the call
    bool is_ghost = false;
    bool in_memory = false;  // a struct (or array of structs) whose address is taken: its accesses are shared steps,
                             // pointers to it dangle at the end of its block
};

struct Label {
    std::string name;
    FunctionId function;  // or
    RoleId role;
    bool watched = false;  // some at() names it
    SourceSpan span;
};

enum class ContractKind : std::uint8_t { kAcquires, kReleases, kMustHold, kSleeps, kGets, kPuts, kGracePeriod };

// A lock is named by a pointer to a struct instance (`lock`, evaluated on entry without accesses) or by a bare name
// such as RCU, which stands for a nesting counter per thread.
struct Contract {
    ContractKind kind = ContractKind::kAcquires;
    ExpressionId lock;
    std::string name;
    // kGets, kPuts: the way from the struct that `lock` points to down to the ledger
    std::vector<std::uint32_t> ledger_path;
    SourceSpan span;
};

enum class ExternKind : std::uint8_t { kDefined, kIgnore, kHavoc };

struct Function {
    std::string name;
    std::vector<LocalId> parameters;
    TypeId result;
    StatementId body;
    SourceSpan span;  // of the name
    std::string doc;
    bool is_atomic = false;
    MemoryOrder order = MemoryOrder::kFull;
    std::vector<Contract> contracts;
    ExternKind external = ExternKind::kDefined;
    ExpressionId havoc_lo, havoc_hi;
    bool is_called = false;
    bool address_taken = false;
    bool in_library = false;  // comes from an imported file
    bool is_ghost = false;    // declared `ghost`: called by ghost code and properties only
};

struct Global {
    std::string name;
    TypeId type;
    std::vector<Initialiser> initialisers;  // constant values and addresses; the rest is 0
    bool is_ghost = false;
    SourceSpan span;
    std::string doc;
};

struct Pool {
    StructId structure;
    ExpressionId size;
    bool typesafe = false;
    SourceSpan span;
};

struct Role {
    std::string name;
    ExpressionId count;     // constant expression; invalid = one thread
    bool is_array = false;  // declared with [N]: threads are shown as name[i]
    std::vector<LocalId> parameters;
    StatementId body;
    bool daemon = false;
    bool dormant = false;
    SourceSpan span;
    std::string doc;
    bool looks_at_index = false;  // uses self.index (or compares threads by order): breaks symmetry
};

enum class PropertyKind : std::uint8_t { kInvariant, kFinally, kStep, kCover, kCoverFinally };

struct Property {
    PropertyKind kind = PropertyKind::kInvariant;
    std::string name;
    ExpressionId condition;
    SourceSpan span;
    std::string doc;
};

struct Cover {  // cover("name") in code
    std::string name;
    SourceSpan span;
};

// ------------------------------------------------------------------------------------ instances and expectations

// `instance NAME { const X = …; }`
struct Instance {
    std::string name;
    bool slow = false;
    std::vector<std::pair<ConstantId, ExpressionId>> constants;
    SourceSpan span;
    std::string doc;
};

enum class ExpectationKind : std::uint8_t {
    kPass,
    kViolation,
    kCovered,
    kNotCovered,
    kProved,
    kScenario,  // not an expectation as written, but it needs an answer of its own: see `unsupported`
};

struct ExpectationRange {  // for CONST in lo..hi
    ConstantId constant;
    ExpressionId lo, hi;  // invalid for `for any`
    bool any = false;
    SourceSpan span;
};

struct Expectation {
    ExpectationKind kind = ExpectationKind::kPass;
    std::string of;       // the property, cover or built-in check; empty = any violation
    PropertyId property;  // if `of` names one
    CoverId cover;        // if `of` names a cover("…") point
    bool is_builtin = false;
    std::vector<ExpectationRange> ranges;
    std::optional<std::uint32_t> instance;  // `in NAME`: index into TypedProgram::instances
    std::vector<std::string> under;         // memory models that it is narrowed to; empty: all that the program lists
    bool implicit = false;                  // none was written
    std::string text;                       // as it is reported: "pass", "covered left_on_lru"
    // Not empty: this version cannot judge it, so it is inconclusive; this says why.
    std::string unsupported;
    SourceSpan span;
};

struct TypedProgram {
    std::string variant;       // "base" or the variant's name
    std::string variant_text;  // its description
    std::vector<Type> types;
    std::vector<Struct> structs;
    std::vector<Enum> enums;
    std::vector<Constant> constants;
    std::vector<Global> globals;
    std::vector<Local> locals;
    std::vector<Label> labels;
    std::vector<Function> functions;
    std::vector<Pool> pools;
    std::vector<Role> roles;
    std::vector<StatementId> inits;  // in order
    std::vector<Property> properties;
    std::vector<Property> lemmas;  // invariants that only proofs ask about; "lemma NAME"
    std::vector<Cover> covers;
    std::vector<TypedExpression> expressions;
    std::vector<Place> places;
    std::vector<Statement> statements;
    bool check_leaks = false;
    std::vector<std::string> memory_models;  // as `memory` lists them; empty: sc alone
    std::vector<std::string> allowed;        // names of built-in checks that `allow` takes away
    std::vector<Instance> instances;
    std::vector<Expectation> expectations;  // never empty

    const Type& operator[](TypeId id) const { return types[id.value]; }
    const Struct& operator[](StructId id) const { return structs[id.value]; }
    const Enum& operator[](EnumId id) const { return enums[id.value]; }
    const Constant& operator[](ConstantId id) const { return constants[id.value]; }
    const Global& operator[](GlobalId id) const { return globals[id.value]; }
    const Local& operator[](LocalId id) const { return locals[id.value]; }
    const Label& operator[](LabelId id) const { return labels[id.value]; }
    const Function& operator[](FunctionId id) const { return functions[id.value]; }
    const Role& operator[](RoleId id) const { return roles[id.value]; }
    const Property& operator[](PropertyId id) const { return properties[id.value]; }
    const TypedExpression& operator[](ExpressionId id) const { return expressions[id.value]; }
    const Place& operator[](PlaceId id) const { return places[id.value]; }
    const Statement& operator[](StatementId id) const { return statements[id.value]; }
};

// The values of the constants of one instance, by ConstantId.
using ConstantValues = std::vector<Value>;

// The value of a constant expression (literals, constants, operators, conditionals); nothing if it faults.
std::optional<Value> evaluate_constant(const TypedProgram& program, ExpressionId id, const ConstantValues& constants);

std::string_view order_name(MemoryOrder order);  // as specs write it

// How the values of a scalar type (not void, struct, array, set, list, ledger) are represented.
ScalarType scalar_type(const TypedProgram& program, TypeId type);
bool is_scalar(const TypedProgram& program, TypeId type);

}  // namespace quire
