#pragma once

// The program as written, macros expanded and imports read, names not resolved.
//
// What looks like a C call IS a Call, also when Quire gives the name a meaning: old(x), at(t, label), at(t, f.label), acting(t), live(p),
// free(p), use(p), refresh(c), assume(c), assert(c), cover("name"), load(acquire, x), store(release, x, v), fence(full), credit(…),
// balance(…), this_cpu(x), ERR_PTR(…). Likewise s.add(x) is a Call of a Member, and self, NO_THREAD and maybe are Names. So user code
// may define those names itself; whoever resolves names looks for a user's definition first.
//
// Tagged structs and enums that are defined inside another declaration are hoisted: they stand as declarations of their own before it.
// Equality ignores places: parse(print(x)) == x.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "support/box.h"
#include "support/source.h"

namespace quire::ast {

struct Expr;
struct Type;
struct Stmt;
struct Declaration;
struct Block;
struct Member;
struct Enumerator;
using ExprPtr = Box<Expr>;  // null where the grammar makes it optional
using TypePtr = Box<Type>;
using StmtPtr = Box<Stmt>;
using BlockPtr = Box<Block>;

// A place; two nodes that differ only in it are equal.
struct Located {
    SourceSpan span;
    friend bool operator==(const Located&, const Located&) { return true; }
};

struct Name : Located {
    std::string text;  // empty: missing (after an error) or anonymous
    bool empty() const { return text.empty(); }
    bool operator==(const Name&) const = default;
};

// ---------------------------------------------------------------- types

enum class ScalarKind : std::uint8_t {
    kVoid,
    kBool,
    kS8,   // char, signed char, s8
    kU8,   // unsigned char, u8
    kS16,  // short, s16
    kU16,
    kS32,  // int, s32
    kU32,
    kS64,  // long, long long, s64
    kU64,
    kThread,  // thread_t
};

struct ScalarType {
    ScalarKind kind{};
    bool operator==(const ScalarType&) const = default;
};
struct TypedefName {  // also an unknown name where only a type can stand
    Name name;
    bool operator==(const TypedefName&) const = default;
};
struct StructType {
    Name tag;                     // empty for an anonymous one
    std::vector<Member> members;  // only of an anonymous one; a tagged definition is a StructDecl
    bool operator==(const StructType&) const;
};
struct EnumType {
    Name tag;
    std::vector<Enumerator> enumerators;  // only of an anonymous one
    bool operator==(const EnumType&) const;
};
struct PointerType {
    TypePtr target;  // of a FunctionType: a pointer to function
    bool operator==(const PointerType&) const = default;
};
struct ReferenceType {  // only as a parameter: T &x
    TypePtr target;
    bool operator==(const ReferenceType&) const = default;
};
struct ArrayType {
    TypePtr element;
    ExprPtr size;  // null: []
    bool operator==(const ArrayType&) const = default;
};
struct Parameter : Located {
    Name name;  // may be empty
    TypePtr type;
    bool operator==(const Parameter&) const = default;
};
struct FunctionType {
    TypePtr result;
    std::vector<Parameter> parameters;
    bool operator==(const FunctionType&) const = default;
};
struct RangeType {  // base in low..high
    TypePtr base;
    ExprPtr low;
    ExprPtr high;
    bool operator==(const RangeType&) const = default;
};
struct SetType {
    TypePtr element;
    bool operator==(const SetType&) const = default;
};
struct ListType {
    TypePtr element;
    ExprPtr capacity;  // null: none given. list<T>[N] is this, not an array of lists
    bool operator==(const ListType&) const = default;
};
struct TypeofExpr {
    ExprPtr operand;
    bool operator==(const TypeofExpr&) const = default;
};
struct TypeofType {
    TypePtr operand;
    bool operator==(const TypeofType&) const = default;
};
struct ErrorType {  // a diagnostic was reported
    bool operator==(const ErrorType&) const = default;
};

struct Type : Located {
    bool is_const = false;
    bool is_volatile = false;
    std::uint32_t height = 1;  // of the tree below; bounded by the parser, so that recursion over it is safe
    std::variant<ScalarType, TypedefName, StructType, EnumType, PointerType, ReferenceType, ArrayType, FunctionType, RangeType,
                 SetType, ListType, TypeofExpr, TypeofType, ErrorType>
        node;
    bool operator==(const Type&) const = default;
};

// ---------------------------------------------------------------- expressions

enum class UnaryOp : std::uint8_t {
    kPlus,
    kMinus,
    kNot,         // !
    kComplement,  // ~
    kDereference,
    kAddressOf,
    kPreIncrement,
    kPreDecrement,
    kPostIncrement,
    kPostDecrement,
};
enum class BinaryOp : std::uint8_t {
    kMultiply,
    kDivide,
    kRemainder,
    kAdd,
    kSubtract,
    kShiftLeft,
    kShiftRight,
    kLess,
    kGreater,
    kLessEqual,
    kGreaterEqual,
    kEqual,
    kNotEqual,
    kBitAnd,
    kBitXor,
    kBitOr,
    kLogicalAnd,
    kLogicalOr,
    kImplies,  // => : weaker than ?: and to the right
    kComma,
};

struct IntLiteral {  // also 'c'
    std::uint64_t value = 0;
    bool is_unsigned = false;  // suffix u
    bool is_long = false;      // suffix l or ll
    bool is_decimal = true;    // C: a hexadecimal or octal one may become unsigned by its value
    bool operator==(const IntLiteral&) const = default;
};
struct BoolLiteral {
    bool value = false;
    bool operator==(const BoolLiteral&) const = default;
};
struct NullLiteral {
    bool operator==(const NullLiteral&) const = default;
};
struct StringLiteral {
    std::string text;  // decoded, adjacent ones joined
    bool operator==(const StringLiteral&) const = default;
};
struct NameExpr {
    Name name;
    bool operator==(const NameExpr&) const = default;
};
struct Unary {
    UnaryOp op{};
    ExprPtr operand;
    bool operator==(const Unary&) const = default;
};
struct Binary {
    BinaryOp op{};
    ExprPtr left;
    ExprPtr right;
    SourceSpan op_span;
    bool operator==(const Binary& o) const { return op == o.op && left == o.left && right == o.right; }
};
struct Assign {
    std::optional<BinaryOp> op;  // of a compound one: kAdd for +=
    ExprPtr target;
    ExprPtr value;
    bool operator==(const Assign&) const = default;
};
struct Conditional {
    ExprPtr condition;
    ExprPtr then_value;  // null in `a ?: b`
    ExprPtr else_value;
    bool operator==(const Conditional&) const = default;
};
struct Call {
    ExprPtr callee;
    std::vector<Expr> arguments;
    bool operator==(const Call&) const;
};
struct MemberAccess {
    ExprPtr object;
    Name member;
    bool arrow = false;  // ->
    bool operator==(const MemberAccess&) const = default;
};
struct Index {
    ExprPtr object;
    ExprPtr index;
    bool operator==(const Index&) const = default;
};
struct Cast {
    TypePtr type;
    ExprPtr operand;
    bool operator==(const Cast&) const = default;
};
struct ContainerOf {
    ExprPtr pointer;
    TypePtr type;
    std::vector<Name> member;  // a.b: two
    bool operator==(const ContainerOf&) const = default;
};
enum class AllocKind : std::uint8_t {
    kPlain,     // alloc(T): NULL when none is left
    kMayFail,   // alloc?(T)
    kMustHave,  // alloc!(T): with none left the run ends, inconclusive
};
struct Alloc {
    AllocKind kind{};
    TypePtr type;
    bool operator==(const Alloc&) const = default;
};
struct StatementExpr {  // ({ … })
    BlockPtr body;
    bool operator==(const StatementExpr&) const = default;
};
struct Designator : Located {
    std::variant<Name, ExprPtr> node;  // .name or [index]
    bool operator==(const Designator&) const = default;
};
struct InitItem : Located {
    std::vector<Designator> designators;
    ExprPtr value;
    bool operator==(const InitItem&) const = default;
};
struct InitList {  // { … }: only as an initialiser or inside one
    std::vector<InitItem> items;
    bool operator==(const InitList&) const = default;
};
struct CompoundLiteral {  // (T){ … }
    TypePtr type;
    ExprPtr init;  // an InitList
    bool operator==(const CompoundLiteral&) const = default;
};
enum class QuantifierKind : std::uint8_t { kForall, kExists, kCount };
struct TypeBinder {  // (struct page *p): every live instance; also (enum e x), (bool b)
    TypePtr type;
    bool operator==(const TypeBinder&) const = default;
};
struct RangeBinder {  // (i in low..high)
    ExprPtr low;
    ExprPtr high;
    bool operator==(const RangeBinder&) const = default;
};
struct CollectionBinder {  // (x in s)
    ExprPtr collection;
    bool operator==(const CollectionBinder&) const = default;
};
struct RoleBinder {  // (t : role)
    Name role;
    bool operator==(const RoleBinder&) const = default;
};
struct Quantifier {
    QuantifierKind kind{};
    Name variable;
    std::variant<TypeBinder, RangeBinder, CollectionBinder, RoleBinder> binder;
    ExprPtr body;
    bool operator==(const Quantifier&) const = default;
};
struct ErrorExpr {  // a diagnostic was reported
    bool operator==(const ErrorExpr&) const = default;
};

struct Expr : Located {
    std::uint32_t height = 1;  // of the tree below; bounded by the parser, so that recursion over it is safe
    std::variant<ErrorExpr, IntLiteral, BoolLiteral, NullLiteral, StringLiteral, NameExpr, Unary, Binary, Assign, Conditional,
                 Call, MemberAccess, Index, Cast, ContainerOf, Alloc, StatementExpr, InitList, CompoundLiteral, Quantifier>
        node;
    bool operator==(const Expr& o) const { return node == o.node; }
};

// ---------------------------------------------------------------- statements

struct Block : Located {  // { … }
    std::vector<Stmt> statements;
    bool operator==(const Block&) const;
};

enum class ContractKind : std::uint8_t {
    kAcquires,
    kReleases,
    kMustHold,
    kSleeps,
    kGets,
    kPuts,
    kGracePeriod,
};
struct Contract : Located {
    ContractKind kind{};
    ExprPtr argument;  // null for kSleeps and kGracePeriod
    bool operator==(const Contract&) const = default;
};

// One declarator; `int a, b;` gives two.
struct VariableDecl {
    Name name;
    TypePtr type;
    ExprPtr init;  // null, an expression or an InitList
    bool is_ghost = false;
    bool is_static = false;  // at file level without meaning; in a function refused by the parser
    bool is_extern = false;
    bool is_percpu = false;
    bool operator==(const VariableDecl&) const = default;
};

struct EmptyStmt {
    bool operator==(const EmptyStmt&) const = default;
};
struct ExprStmt {
    ExprPtr expr;
    bool operator==(const ExprStmt&) const = default;
};
struct DeclStmt {  // never empty
    std::vector<VariableDecl> variables;
    bool operator==(const DeclStmt&) const = default;
};
struct BlockStmt {
    BlockPtr body;
    bool operator==(const BlockStmt&) const = default;
};
struct IfStmt {
    ExprPtr condition;
    StmtPtr then_branch;
    StmtPtr else_branch;  // may be null
    bool operator==(const IfStmt&) const = default;
};
struct WhileStmt {
    ExprPtr condition;
    StmtPtr body;
    bool operator==(const WhileStmt&) const = default;
};
struct DoWhileStmt {
    StmtPtr body;
    ExprPtr condition;
    bool operator==(const DoWhileStmt&) const = default;
};
struct ForStmt {
    StmtPtr init;       // null, a DeclStmt or an ExprStmt
    ExprPtr condition;  // may be null
    ExprPtr advance;    // may be null
    StmtPtr body;
    bool operator==(const ForStmt&) const = default;
};
struct ForEachStmt {  // for (x : s): x is local to the loop
    TypePtr type;     // null unless written
    Name variable;
    ExprPtr collection;
    StmtPtr body;
    bool operator==(const ForEachStmt&) const = default;
};
struct SwitchSection : Located {
    std::vector<Expr> values;  // of `case a: case b:`
    bool is_default = false;   // `default:` is among the labels
    std::vector<Stmt> body;    // falls through into the next section
    bool operator==(const SwitchSection&) const;
};
struct SwitchStmt {
    ExprPtr value;
    std::vector<SwitchSection> sections;
    bool operator==(const SwitchStmt&) const = default;
};
struct BreakStmt {
    bool operator==(const BreakStmt&) const = default;
};
struct ContinueStmt {
    bool operator==(const ContinueStmt&) const = default;
};
struct GotoStmt {
    Name label;
    bool operator==(const GotoStmt&) const = default;
};
struct ReturnStmt {
    ExprPtr value;  // may be null
    bool operator==(const ReturnStmt&) const = default;
};
struct LabelStmt {
    Name label;
    StmtPtr statement;  // an EmptyStmt before `}`
    bool operator==(const LabelStmt&) const = default;
};
struct AtomicStmt {
    Name order;  // empty, or plain once acquire release full
    BlockPtr body;
    bool operator==(const AtomicStmt&) const = default;
};
struct AwaitStmt {
    ExprPtr condition;
    BlockPtr body;  // null for await (c);
    bool operator==(const AwaitStmt&) const = default;
};
struct EitherStmt {
    std::vector<Block> branches;  // at least two, unless an error was reported
    bool operator==(const EitherStmt&) const = default;
};
struct ChooseRange {  // choose (x in low..high); local work
    ExprPtr low;
    ExprPtr high;
    bool operator==(const ChooseRange&) const = default;
};
struct ChoosePool {  // choose (p in pool struct page); p is a pointer
    TypePtr type;
    bool operator==(const ChoosePool&) const = default;
};
struct ChooseMember {  // choose (x in s);
    ExprPtr collection;
    bool operator==(const ChooseMember&) const = default;
};
struct ChooseStmt {  // declares `variable` to the end of the enclosing block
    TypePtr type;    // null unless written: choose (bool b in 0..1)
    Name variable;
    std::variant<ChooseRange, ChoosePool, ChooseMember> source;
    bool operator==(const ChooseStmt&) const = default;
};
struct SpawnStmt {
    Name role;
    std::vector<Expr> arguments;
    bool operator==(const SpawnStmt&) const = default;
};
struct GhostStmt {
    BlockPtr body;
    bool operator==(const GhostStmt&) const = default;
};
struct ErrorStmt {  // a diagnostic was reported
    bool operator==(const ErrorStmt&) const = default;
};

struct Stmt : Located {
    std::variant<ErrorStmt, EmptyStmt, ExprStmt, DeclStmt, BlockStmt, IfStmt, WhileStmt, DoWhileStmt, ForStmt, ForEachStmt,
                 SwitchStmt, BreakStmt, ContinueStmt, GotoStmt, ReturnStmt, LabelStmt, AtomicStmt, AwaitStmt, EitherStmt,
                 ChooseStmt, SpawnStmt, GhostStmt>
        node;
    bool operator==(const Stmt& o) const { return node == o.node; }
};

// ---------------------------------------------------------------- declarations

struct ConstDecl {  // const NAME = value;
    Name name;
    ExprPtr value;
    bool operator==(const ConstDecl&) const = default;
};

struct Enumerator : Located {
    std::string doc;
    Name name;
    ExprPtr value;  // may be null
    bool operator==(const Enumerator&) const = default;
};
struct EnumDecl {
    Name tag;  // may be empty
    std::vector<Enumerator> enumerators;
    bool operator==(const EnumDecl&) const = default;
};

struct Field {
    Name name;  // empty: the members of an anonymous struct are the outer one's
    TypePtr type;
    bool is_ghost = false;
    bool operator==(const Field&) const = default;
};
struct Ledger {  // ledger refs of _refcount { page_cache, lru };
    Name name;
    ExprPtr counter;  // null: starts empty. A field's name, or a path of fields: a.b
    std::vector<Name> accounts;
    bool operator==(const Ledger&) const = default;
};
struct Member : Located {
    std::string doc;
    std::variant<Field, Ledger> node;
    bool operator==(const Member&) const = default;
};
struct StructDecl {
    Name tag;
    bool has_body = false;  // false: struct page;
    std::vector<Member> members;
    bool operator==(const StructDecl&) const = default;
};
struct TypedefDecl {
    Name name;
    TypePtr type;
    bool operator==(const TypedefDecl&) const = default;
};

struct FunctionDecl {
    Name name;
    TypePtr result;
    std::vector<Parameter> parameters;
    bool is_static = false;
    bool is_inline = false;
    bool is_extern = false;
    bool is_ghost = false;
    bool is_atomic = false;  // the body is one step
    Name order;              // of an atomic one; empty unless written
    std::vector<Contract> contracts;
    BlockPtr body;  // null: a prototype
    bool operator==(const FunctionDecl&) const = default;
};
enum class ExternKind : std::uint8_t { kIgnore, kHavoc };
struct ExternDecl {
    ExternKind kind{};
    Name name;
    TypePtr result;                     // null when none was written (ignore)
    std::vector<Parameter> parameters;  // of `f()`: says nothing about them
    ExprPtr low;                        // of havoc … in low..high; null when no range was written
    ExprPtr high;
    std::vector<Contract> contracts;
    bool operator==(const ExternDecl&) const = default;
};

struct PoolDecl {
    bool is_typesafe = false;
    TypePtr element;
    ExprPtr size;
    bool operator==(const PoolDecl&) const = default;
};

enum class Fairness : std::uint8_t { kDefault, kWeak, kStrong };  // kDefault is weak, kWeak was written `fair`
struct ThreadDecl {
    Name name;
    ExprPtr count;  // null: one
    std::vector<Parameter> parameters;
    bool is_daemon = false;
    bool is_dormant = false;
    Fairness fairness = Fairness::kDefault;
    ExprPtr cpu;  // null unless `on CPU`
    BlockPtr body;
    bool operator==(const ThreadDecl&) const = default;
};
struct IrqDecl {
    Name name;
    ExprPtr cpu;
    BlockPtr body;
    bool operator==(const IrqDecl&) const = default;
};
struct InitDecl {
    BlockPtr body;
    bool operator==(const InitDecl&) const = default;
};

enum class PropertyKind : std::uint8_t { kInvariant, kFinally, kStep, kCover, kCoverFinally, kEventually, kLeadsTo };
struct PropertyDecl {
    PropertyKind kind{};
    Name name;
    ExprPtr condition;
    ExprPtr consequence;  // of kLeadsTo
    bool operator==(const PropertyDecl&) const = default;
};
struct LemmaDecl {
    Name name;
    ExprPtr condition;
    bool operator==(const LemmaDecl&) const = default;
};

struct CheckDecl {  // check leaks, races;
    std::vector<Name> what;
    bool operator==(const CheckDecl&) const = default;
};
struct AllowDecl {  // allow deadlock;
    std::vector<Name> what;
    bool operator==(const AllowDecl&) const = default;
};
struct MemoryDecl {  // memory sc, tso;
    std::vector<Name> models;
    bool operator==(const MemoryDecl&) const = default;
};

enum class ExpectKind : std::uint8_t { kPass, kViolation, kCovered, kNotCovered, kProved };
struct ForItem : Located {  // for any NAME / for NAME in low..high / for NAME = low
    Name constant;
    bool any = false;
    ExprPtr low;
    ExprPtr high;  // null after `=`
    bool operator==(const ForItem&) const = default;
};
struct ExpectDecl {
    ExpectKind kind{};
    Name of;  // of `violation of NAME`, `covered NAME`, `not covered NAME`; else empty
    std::vector<ForItem> constants;
    std::vector<Name> under;  // memory models
    Name instance;            // `in NAME`; may be empty
    bool operator==(const ExpectDecl&) const = default;
};

struct VariantDecl {
    Name name;
    Name parent;  // empty: the file
    std::string description;
    std::vector<Declaration> declarations;
    bool operator==(const VariantDecl&) const;
};
struct InstanceDecl {
    Name name;
    bool is_slow = false;
    std::vector<Declaration> constants;  // ConstDecl only
    bool operator==(const InstanceDecl&) const;
};

struct ScenarioStep : Located {
    Name thread;
    StmtPtr statement;
    bool operator==(const ScenarioStep&) const = default;
};
enum class ScenarioExpectation : std::uint8_t { kNone, kPossible, kPrevented };
struct ScenarioDecl {
    Name name;
    Name variant;  // may be empty
    std::vector<ScenarioStep> steps;
    ScenarioExpectation expectation = ScenarioExpectation::kNone;
    bool operator==(const ScenarioDecl&) const = default;
};

struct Declaration : Located {
    std::string doc;  // the text of the /// lines before it, without the slashes, joined by \n
    SourceId file;    // where it stands, also when all of it came out of a macro that another file defines
    std::variant<ConstDecl, EnumDecl, StructDecl, TypedefDecl, VariableDecl, FunctionDecl, ExternDecl, PoolDecl, ThreadDecl,
                 IrqDecl, InitDecl, PropertyDecl, LemmaDecl, CheckDecl, AllowDecl, MemoryDecl, ExpectDecl, VariantDecl,
                 InstanceDecl, ScenarioDecl>
        node;
    bool operator==(const Declaration& o) const { return doc == o.doc && node == o.node; }
};

struct Import : Located {
    std::string doc;
    std::string path;              // as written
    SourceSpan path_span;          // of the string
    std::optional<SourceId> file;  // what it named; none after an error
    bool operator==(const Import& o) const { return doc == o.doc && path == o.path; }
};

struct Spec {
    SourceId file;                // the top file; invalid when it could not be read
    std::string doc;              // what the file is about: the first /// comment, if it stands before an import or alone
    std::vector<Import> imports;  // of the top file
    std::vector<Declaration> declarations;  // of the top file
    std::vector<Declaration> imported;      // of all other files, in import order: a file after the files that it imports
    std::vector<SourceId> files;            // all that were read, in that order; the top file last
    bool operator==(const Spec& o) const {
        return imports == o.imports && declarations == o.declarations && imported == o.imported;
    }
};

// ---------------------------------------------------------------- what needs the complete types

inline bool StructType::operator==(const StructType& o) const { return tag == o.tag && members == o.members; }
inline bool EnumType::operator==(const EnumType& o) const { return tag == o.tag && enumerators == o.enumerators; }
inline bool Call::operator==(const Call& o) const { return callee == o.callee && arguments == o.arguments; }
inline bool Block::operator==(const Block& o) const { return statements == o.statements; }
inline bool SwitchSection::operator==(const SwitchSection& o) const {
    return values == o.values && is_default == o.is_default && body == o.body;
}
inline bool VariantDecl::operator==(const VariantDecl& o) const {
    return name == o.name && parent == o.parent && description == o.description && declarations == o.declarations;
}
inline bool InstanceDecl::operator==(const InstanceDecl& o) const {
    return name == o.name && is_slow == o.is_slow && constants == o.constants;
}

// The name that a declaration introduces; empty for init, check, expect ….
const Name* declared_name(const Declaration& declaration);
std::string_view spelling(UnaryOp op);
std::string_view spelling(BinaryOp op);
std::string_view spelling(ScalarKind kind);
std::string_view spelling(ContractKind kind);

// For std::visit: Overloaded{[](const Call& c) {…}, [](const auto&) {…}}.
template <class... Functions>
struct Overloaded : Functions... {
    using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

}  // namespace quire::ast
