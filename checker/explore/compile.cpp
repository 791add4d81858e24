// From programs to bytecode: each step once per thread, with the thread's number and the constants put in, so that most
// addresses become literal and a load of a cell is no instruction at all.
//
// Invariant: a way through the bytecode ends as `execute` ends it and leaves the same cells and registers.  In
// particular operands are evaluated left to right, the right side of `&&` is skipped only if it cannot fault, and every
// register of the program is really written (cycle detection compares registers).
#include "explore/compile.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "explore/control_order.h"
#include "explore/simplify.h"
#include "explore/written_cells.h"
#include "support/invariant.h"

namespace quire::explore {

namespace {

// Operands whose place in the frame is not known before everything is compiled.
constexpr std::uint32_t kTemporary = 1u << 30;
constexpr std::uint32_t kLiteral = 2u << 30;
constexpr std::uint32_t kTagMask = 3u << 30;
constexpr std::uint32_t kEntryLabel = 0;

bool is_unsigned(const ScalarType& type) { return type.kind == ScalarKind::kInteger && !type.is_signed; }

struct TableSpan {
    std::uint32_t first = 0;
    std::uint32_t size = 0;
};

// An address of the form index * stride + base.
struct Element {
    ExprId index;
    std::uint32_t base = 0;
    std::uint32_t stride = 1;
};

class Compiler {
public:
    Compiler(const TransitionSystem& system, bool simplify)
        : system_(system), simplify_(simplify), pool_(system.pool), simplifier_(system, pool_), written_(system, pool_) {}
    Bytecode run();

private:
    struct Label {
        std::uint32_t position = kNone;
        std::uint32_t flag = 0;
    };
    struct Ending {  // an end of a way, out of line
        std::uint32_t label = 0;
        BytecodeInstruction instruction;
        std::uint32_t site = kNone;
    };

    BytecodeProgram compile_program(const Program& program, ThreadNumber thread, bool is_step);
    void find_leaders(const Program& program);
    void find_zeroed(const Program& program);
    bool reads_any(ExprId id, const std::vector<char>& written);
    void begin_block(std::uint32_t number, const Instruction& i, bool is_step);
    void compile_instruction(const Instruction& i);
    void compile_store(const Instruction& i);
    void compile_marking(const Instruction& i);
    void compile_finish();
    void resolve_labels(std::uint32_t first);
    void resolve_operands();

    ExprId instantiate(ExprId id);
    std::uint32_t operand(ExprId id);
    void compute(ExprId id, std::uint32_t target);
    void compute_operator(const Expr& e, std::uint32_t target);
    void compute_arithmetic(const Expr& e, std::uint32_t target, std::uint32_t a, std::uint32_t b);
    void compute_load(const Expr& e, std::uint32_t target);
    void compute_lookup(const Expr& e, std::uint32_t target);
    bool find_element(ExprId address, Element& element) const;
    bool jump_range(const Expr& e, bool sense, std::uint32_t label);
    void jump(ExprId id, bool sense, std::uint32_t label);
    void jump_comparison(const Expr& e, bool sense, std::uint32_t label);
    void jump_connective(const Expr& e, bool sense, std::uint32_t label);
    bool faults(ExprId id) { return simplifier_.faults(id); }
    Program instantiate(const Program& program);
    bool is_literal(ExprId id, Value& value) const;
    bool is_cell(ExprId address, std::uint32_t& cell) const;

    void emit(Opcode opcode, std::uint32_t d, std::uint32_t a = 0, std::uint32_t b = 0, std::uint32_t c = 0, std::uint32_t e = 0);
    std::uint32_t position() const { return static_cast<std::uint32_t>(out_.code.size()); }
    std::uint32_t new_label() {
        labels_.push_back({});
        return static_cast<std::uint32_t>(labels_.size() - 1);
    }
    std::uint32_t literal(Value value);
    std::uint32_t temporary();
    std::uint32_t generic(Op op, const ScalarType& type);
    TableSpan table(std::uint32_t number);
    std::uint32_t ending(Opcode opcode, std::uint32_t d, std::uint32_t site);
    std::uint32_t fault_ending();

    const TransitionSystem& system_;
    bool simplify_;
    ExpressionPool pool_;
    Simplifier simplifier_;
    WrittenCells written_;
    Bytecode out_;
    std::vector<Value> literals_;
    std::unordered_map<Value, std::uint32_t> literal_numbers_;
    std::vector<TableSpan> tables_;
    std::uint32_t most_temporaries_ = 0;

    // of the present program
    ThreadNumber thread_ = 0;
    bool instantiates_self_ = true;
    bool notes_writes_ = false;
    std::unordered_map<std::uint32_t, ExprId> instances_;
    std::vector<char> leader_;
    std::vector<Label> labels_;  // the first ones: of the instructions
    std::vector<Ending> endings_;
    BytecodeProgram program_;
    // of the present instruction
    std::uint32_t site_ = kNone;
    std::uint32_t temporaries_ = 0;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> known_;  // expression -> operand that holds it
};

// ------------------------------------------------------------------------------------------------------- small parts

void Compiler::emit(Opcode opcode, std::uint32_t d, std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t e) {
    out_.code.push_back({opcode, d, a, b, c, e});
    out_.sites.push_back(site_);
}

std::uint32_t Compiler::literal(Value value) {
    auto [place, added] = literal_numbers_.try_emplace(value, static_cast<std::uint32_t>(literals_.size()));
    if (added) literals_.push_back(value);
    return kLiteral | place->second;
}

std::uint32_t Compiler::temporary() {
    most_temporaries_ = std::max(most_temporaries_, temporaries_ + 1);
    return kTemporary | temporaries_++;
}

std::uint32_t Compiler::generic(Op op, const ScalarType& type) {
    for (std::size_t i = 0; i < out_.generics.size(); ++i) {
        if (out_.generics[i].op == op && out_.generics[i].type == type) return static_cast<std::uint32_t>(i);
    }
    out_.generics.push_back({op, type});
    return static_cast<std::uint32_t>(out_.generics.size() - 1);
}

TableSpan Compiler::table(std::uint32_t number) {
    if (tables_.size() <= number) tables_.resize(number + 1);
    TableSpan& span = tables_[number];
    const std::vector<Value>& entries = pool_.table(number).entries;
    if (span.size == 0 && !entries.empty()) {
        span.first = static_cast<std::uint32_t>(out_.tables.size());
        span.size = static_cast<std::uint32_t>(entries.size());
        out_.tables.insert(out_.tables.end(), entries.begin(), entries.end());
    }
    return span;
}

std::uint32_t Compiler::ending(Opcode opcode, std::uint32_t d, std::uint32_t site) {
    for (const Ending& e : endings_) {
        bool same_site = e.site == site || opcode == Opcode::kBlocked;
        if (e.instruction.opcode == opcode && e.instruction.d == d && same_site) return e.label;
    }
    std::uint32_t label = new_label();
    endings_.push_back({label, {opcode, d, 0, 0, 0, 0}, site});
    return label;
}

bool Compiler::is_literal(ExprId id, Value& value) const {
    if (pool_[id].kind != ExprKind::kLiteral) return false;
    value = pool_[id].value;
    return true;
}

// Not an address outside the state, behind a check that is known to fail: that one is compiled like any computed one.
bool Compiler::is_cell(ExprId address, std::uint32_t& cell) const {
    Value known = -1;
    if (is_literal(address, known)) cell = static_cast<std::uint32_t>(known);
    return known >= 0 && known < static_cast<Value>(out_.cells);
}

// With a memory, so that shared parts are visited once.
ExprId Compiler::instantiate(ExprId id) {
    auto known = instances_.find(id.value);
    if (known != instances_.end()) return known->second;
    const Expr e = pool_[id];
    ExprId a = e.a.valid() ? instantiate(e.a) : ExprId{};
    ExprId b = e.b.valid() ? instantiate(e.b) : ExprId{};
    ExprId c = e.c.valid() ? instantiate(e.c) : ExprId{};
    ExprId result = id;
    switch (e.kind) {
        case ExprKind::kLiteral:
        case ExprKind::kRegister: break;
        case ExprKind::kConstant: result = pool_.literal(e.value, e.type); break;
        case ExprKind::kSelf:
            if (instantiates_self_) result = pool_.literal(thread_, e.type);
            break;
        case ExprKind::kSelfIndex:
            if (instantiates_self_) result = pool_.literal(system_.threads[thread_].index, e.type);
            break;
        case ExprKind::kLoad: result = pool_.load(a, e.type, e.index != 0); break;
        case ExprKind::kLookup: {
            // A literal index outside the table is never evaluated; the pool would fold it only if it is inside.
            result = pool_.lookup(e.index, a, e.type);
            break;
        }
        case ExprKind::kOp:
            // The pool would drop the side that is not selected, and its fault with it; then the condition stays as it
            // was, to be evaluated.
            if (e.op == Op::kSelect && pool_[a].kind == ExprKind::kLiteral && (faults(b) || faults(c))) a = e.a;
            result = pool_.op(e.op, e.type, a, b, c);
            break;
    }
    instances_.emplace(id.value, result);
    return result;
}

// ------------------------------------------------------------------------------------------------------- expressions

// Where the value of an expression is; computed into a temporary unless it has a place of its own.
std::uint32_t Compiler::operand(ExprId id) {
    const Expr e = pool_[id];
    std::uint32_t cell = 0;
    switch (e.kind) {
        case ExprKind::kLiteral:
        case ExprKind::kConstant: return literal(e.value);
        case ExprKind::kRegister: return out_.registers + e.index;
        case ExprKind::kSelf: program_.reads_self = true; return out_.self;
        case ExprKind::kSelfIndex: program_.reads_self = true; return out_.self + 1;
        case ExprKind::kLoad:
            if (is_cell(e.a, cell)) {
                if (e.index != 0) out_.reads_before = true;
                return cell + (e.index != 0 ? out_.before : 0);
            }
            break;
        case ExprKind::kLookup:
        case ExprKind::kOp: break;
    }
    for (const auto& [expression, place] : known_) {
        if (expression == id.value) return place;
    }
    std::uint32_t place = temporary();
    compute(id, place);
    known_.emplace_back(id.value, place);
    return place;
}

void Compiler::compute(ExprId id, std::uint32_t target) {
    const Expr e = pool_[id];
    std::uint32_t cell = 0;
    switch (e.kind) {
        case ExprKind::kLiteral:
        case ExprKind::kConstant:
        case ExprKind::kRegister:
        case ExprKind::kSelf:
        case ExprKind::kSelfIndex: emit(Opcode::kMove, target, operand(id)); return;
        case ExprKind::kLoad:
            if (!is_cell(e.a, cell)) return compute_load(e, target);
            return emit(Opcode::kMove, target, operand(id));
        case ExprKind::kLookup: compute_lookup(e, target); return;
        case ExprKind::kOp: compute_operator(e, target); return;
    }
}

void Compiler::compute_load(const Expr& e, std::uint32_t target) {
    const Expr address = pool_[e.a];
    if (e.index != 0) {
        out_.reads_before = true;
        emit(Opcode::kLoadBefore, target, operand(e.a));
        return;
    }
    Element element;
    if (find_element(e.a, element)) {
        emit(Opcode::kLoadElement, target, operand(element.index), element.base, element.stride);
        return;
    }
    if (address.kind != ExprKind::kLookup) {
        emit(Opcode::kLoad, target, operand(e.a));
        return;
    }
    TableSpan span = table(address.index);
    const Expr index = pool_[address.a];
    if (index.kind == ExprKind::kOp && index.op == Op::kPointerSlot) {
        emit(Opcode::kLoadField, target, operand(index.a), span.first, span.size);
    } else {
        emit(Opcode::kLoadLookup, target, operand(address.a), span.first, span.size);
    }
}

// Sums and products of numbers this small do not overflow unless the product with the index does, which is checked.
bool Compiler::find_element(ExprId address, Element& element) const {
    constexpr Value kSmall = Value{1} << 24;
    auto small = [this](ExprId id, Value& value) { return is_literal(id, value) && value >= 0 && value < kSmall; };
    Value value = 0;
    for (ExprId id = address;;) {
        const Expr& e = pool_[id];
        bool is_long = e.kind == ExprKind::kOp && e.type == kLongType;
        bool left = is_long && small(e.a, value);
        bool right = is_long && !left && e.b.valid() && small(e.b, value);
        if (is_long && e.op == Op::kAdd && (left || right)) {
            element.base += static_cast<std::uint32_t>(value);
            if (element.base >= kSmall) return false;
            id = left ? e.b : e.a;
            continue;
        }
        if (is_long && e.op == Op::kMultiply && (left || right)) {
            element.stride = static_cast<std::uint32_t>(value);
            element.index = left ? e.b : e.a;
        } else {
            element.index = id;
        }
        // An address that is nothing but an expression has its own instructions.
        return element.base != 0 || element.stride != 1;
    }
}

void Compiler::compute_lookup(const Expr& e, std::uint32_t target) {
    TableSpan span = table(e.index);
    const Expr index = pool_[e.a];
    if (index.kind == ExprKind::kOp && index.op == Op::kPointerSlot) {
        emit(Opcode::kLookupSlot, target, operand(index.a), span.first, span.size);
    } else {
        emit(Opcode::kLookup, target, operand(e.a), span.first, span.size);
    }
}

void Compiler::compute_operator(const Expr& e, std::uint32_t target) {
    std::uint32_t a = operand(e.a);
    std::uint32_t b = e.b.valid() ? operand(e.b) : 0;
    std::uint32_t c = e.c.valid() ? operand(e.c) : 0;
    bool below = is_unsigned(e.type);
    Opcode less = below ? Opcode::kBelow : Opcode::kLess;
    Opcode less_equal = below ? Opcode::kBelowEqual : Opcode::kLessEqual;
    std::uint32_t shift = e.type.bits >= 64 ? 0 : 64u - e.type.bits;
    switch (e.op) {
        case Op::kAdd:
        case Op::kSubtract:
        case Op::kMultiply: compute_arithmetic(e, target, a, b); return;
        case Op::kNegate: compute_arithmetic(e, target, literal(0), a); return;
        case Op::kBitAnd: emit(Opcode::kBitAnd, target, a, b); return;
        case Op::kBitOr: emit(Opcode::kBitOr, target, a, b); return;
        case Op::kBitXor: emit(Opcode::kBitXor, target, a, b); return;
        case Op::kNot: emit(Opcode::kNot, target, a); return;
        case Op::kAnd: emit(Opcode::kAnd, target, a, b); return;
        case Op::kOr: emit(Opcode::kOr, target, a, b); return;
        case Op::kImplies: emit(Opcode::kImplies, target, a, b); return;
        case Op::kEqual: emit(Opcode::kEqual, target, a, b); return;
        case Op::kNotEqual: emit(Opcode::kNotEqual, target, a, b); return;
        case Op::kLess: emit(less, target, a, b); return;
        case Op::kLessEqual: emit(less_equal, target, a, b); return;
        case Op::kGreater: emit(less, target, b, a); return;
        case Op::kGreaterEqual: emit(less_equal, target, b, a); return;
        case Op::kConvert:
            if (e.type.kind == ScalarKind::kBool)
                emit(Opcode::kTruth, target, a);
            else if (e.type.kind != ScalarKind::kInteger || shift == 0)
                emit(Opcode::kMove, target, a);
            else
                emit(e.type.is_signed ? Opcode::kSignExtend : Opcode::kZeroExtend, target, a, 0, shift);
            return;
        case Op::kSelect: emit(Opcode::kSelect, target, a, b, c); return;
        case Op::kPointerSlot: emit(Opcode::kSlot, target, a); return;
        case Op::kPointerMark: emit(Opcode::kMark, target, a); return;
        case Op::kMakePointer: emit(Opcode::kMakePointer, target, a, b); return;
        case Op::kBitNot:
        case Op::kDivide:
        case Op::kRemainder:
        case Op::kShiftLeft:
        case Op::kShiftRight: emit(Opcode::kGeneric, target, a, b, c, generic(e.op, e.type)); return;
    }
}

// The common integer types have instructions of their own; whatever else there is goes through `evaluate`.
void Compiler::compute_arithmetic(const Expr& e, std::uint32_t target, std::uint32_t a, std::uint32_t b) {
    Op op = e.op == Op::kNegate ? Op::kSubtract : e.op;
    bool integer = e.type.kind == ScalarKind::kInteger;
    if (integer && e.type.is_signed && e.type.bits <= 32) {
        Opcode opcode = op == Op::kAdd        ? Opcode::kAddSigned
                        : op == Op::kSubtract ? Opcode::kSubtractSigned
                                              : Opcode::kMultiplySigned;
        emit(opcode, target, a, b, 64u - e.type.bits);
    } else if (integer && e.type.is_signed && e.type.bits >= 64) {
        Opcode opcode = op == Op::kAdd ? Opcode::kAddLong : op == Op::kSubtract ? Opcode::kSubtractLong : Opcode::kMultiplyLong;
        emit(opcode, target, a, b);
    } else if (integer && !e.type.is_signed) {
        Opcode opcode = op == Op::kAdd        ? Opcode::kAddUnsigned
                        : op == Op::kSubtract ? Opcode::kSubtractUnsigned
                                              : Opcode::kMultiplyUnsigned;
        emit(opcode, target, a, b, e.type.bits >= 64 ? 0 : 64u - e.type.bits);
    } else {
        emit(Opcode::kGeneric, target, a, b, 0, generic(op, e.type));
    }
}

// Jumps to the label if the truth value of the expression is `sense`.
void Compiler::jump(ExprId id, bool sense, std::uint32_t label) {
    const Expr e = pool_[id];
    if (e.kind == ExprKind::kLiteral) {
        if ((e.value != 0) == sense) emit(Opcode::kJump, label);
        return;
    }
    if (e.kind == ExprKind::kOp) {
        if (e.op == Op::kNot) return jump(e.a, !sense, label);
        if (is_comparison(e.op)) return jump_comparison(e, sense, label);
        if (e.op == Op::kAnd && jump_range(e, sense, label)) return;
        bool connective = e.op == Op::kAnd || e.op == Op::kOr || e.op == Op::kImplies;
        if (connective && !faults(e.b)) return jump_connective(e, sense, label);
    }
    emit(sense ? Opcode::kJumpIf : Opcode::kJumpUnless, label, operand(id));
}

void Compiler::jump_comparison(const Expr& e, bool sense, std::uint32_t label) {
    std::uint32_t a = operand(e.a);
    std::uint32_t b = operand(e.b);
    bool below = is_unsigned(e.type);
    Opcode less = below ? Opcode::kJumpBelow : Opcode::kJumpLess;
    Opcode less_equal = below ? Opcode::kJumpBelowEqual : Opcode::kJumpLessEqual;
    if (e.op == Op::kEqual || e.op == Op::kNotEqual) {
        bool equal = (e.op == Op::kEqual) == sense;
        emit(equal ? Opcode::kJumpEqual : Opcode::kJumpNotEqual, label, a, b);
        return;
    }
    bool strict = e.op == Op::kLess || e.op == Op::kGreater;
    if (e.op == Op::kGreater || e.op == Op::kGreaterEqual) std::swap(a, b);
    if (!sense) {  // not (a < b) is b <= a
        std::swap(a, b);
        strict = !strict;
    }
    emit(strict ? less : less_equal, label, a, b);
}

// lo <= x && x <= hi in one comparison.
bool Compiler::jump_range(const Expr& e, bool sense, std::uint32_t label) {
    const Expr low = pool_[e.a];
    const Expr high = pool_[e.b];
    auto is_bound = [this](const Expr& side, Op strict, Op weak, Value& bound) {
        bool fits = side.kind == ExprKind::kOp && (side.op == strict || side.op == weak) &&
                    side.type.kind == ScalarKind::kInteger && side.type.is_signed && is_literal(side.b, bound);
        constexpr Value kLimit = Value{1} << 40;
        return fits && bound > -kLimit && bound < kLimit;
    };
    Value lo = 0;
    Value hi = 0;
    if (!is_bound(low, Op::kGreater, Op::kGreaterEqual, lo) || !is_bound(high, Op::kLess, Op::kLessEqual, hi)) return false;
    if (low.a != high.a) return false;
    if (low.op == Op::kGreater) ++lo;
    if (high.op == Op::kLess) --hi;
    if (lo > hi) return false;
    std::uint32_t number = static_cast<std::uint32_t>(out_.ranges.size());
    out_.ranges.push_back({lo, static_cast<std::uint64_t>(hi - lo)});
    emit(sense ? Opcode::kJumpInside : Opcode::kJumpOutside, label, operand(low.a), number);
    return true;
}

// a && b, a || b, a => b, where evaluating b less often than `evaluate` does cannot be seen.
void Compiler::jump_connective(const Expr& e, bool sense, std::uint32_t label) {
    bool a_sense = e.op != Op::kImplies;  // a => b is !a || b
    bool decides = e.op != Op::kAnd;      // the value of the first side that decides the whole
    bool first_jumps = decides == sense;
    std::uint32_t skip = first_jumps ? label : new_label();
    jump(e.a, decides == a_sense, skip);
    std::size_t known = known_.size();
    jump(e.b, sense, label);
    known_.resize(known);  // what the second side computed is not there if it was skipped
    if (!first_jumps) labels_[skip].position = position();
}

// ---------------------------------------------------------------------------------------------------------- programs

// Where control can arrive, or go on only under a condition: the beginnings of coverage blocks.
void Compiler::find_leaders(const Program& program) {
    leader_.assign(program.code.size() + 1, 0);
    leader_[0] = 1;
    for (std::size_t n = 0; n < program.code.size(); ++n) {
        const Instruction& i = program.code[n];
        switch (i.kind) {
            case InstructionKind::kBranch:
            case InstructionKind::kJump:
                leader_[i.target] = 1;
                leader_[n + 1] = 1;
                break;
            case InstructionKind::kRequire:
            case InstructionKind::kCheck:
            case InstructionKind::kDrop:
            case InstructionKind::kChoose:
            case InstructionKind::kLoopHead:
            case InstructionKind::kFinish: leader_[n + 1] = 1; break;
            case InstructionKind::kStore:
            case InstructionKind::kSet:
            case InstructionKind::kMarkCells:
            case InstructionKind::kClearCells:
            case InstructionKind::kMarkRegister:
            case InstructionKind::kClearRegister:
            case InstructionKind::kMarkMembers:
            case InstructionKind::kCover:
            case InstructionKind::kNote: break;
        }
    }
}

bool Compiler::reads_any(ExprId id, const std::vector<char>& written) {
    const Expr& e = pool_[id];
    if (e.kind == ExprKind::kRegister) return written[e.index] == 0;
    for (ExprId part : {e.a, e.b, e.c}) {
        if (part.valid() && reads_any(part, written)) return true;
    }
    return false;
}

// Registers begin as 0, but most are written before they are read.  Without loops one pass in the order of control finds
// what is written on every way to an instruction.  Loops compare registers: there all must be defined.
void Compiler::find_zeroed(const Program& program) {
    const std::size_t n = program.registers.size();
    const std::vector<char> all(n, 1);
    std::vector<char> needed(n, 0);
    std::vector<std::vector<char>> written(program.code.size(), all);
    std::fill(written[0].begin(), written[0].end(), 0);
    const ControlOrder control = control_order(program);
    if (control.loops()) needed = all;
    for (std::size_t k = 0; k < program.code.size(); ++k) {
        bool without_head = control.jumped_back_to[k] != 0 && program.code[k].kind != InstructionKind::kLoopHead;
        INVARIANT(!without_head, "a cycle within a step that passes no loop head, at instruction " + std::to_string(k));
    }
    for (std::uint32_t k : control.order) {
        const Instruction& i = program.code[k];
        std::vector<char>& here = written[k];
        for (ExprId id : {i.address, i.value, i.value2}) {
            if (i.kind == InstructionKind::kNote || !id.valid() || !reads_any(id, here)) continue;
            needed = all;  // some register of it; seldom, so all are zeroed
        }
        bool marks = i.kind == InstructionKind::kMarkRegister || i.kind == InstructionKind::kClearRegister;
        if (marks && here[i.target] == 0) needed = all;
        // A condition's register 0 is its result.
        if (i.kind == InstructionKind::kFinish && n > 0 && here[0] == 0) needed[0] = 1;
        if (i.kind == InstructionKind::kSet || i.kind == InstructionKind::kChoose) here[i.target] = 1;
        NextInstructions next = next_instructions(program, k);
        for (std::uint32_t s = 0; s < next.count; ++s) {
            std::vector<char>& there = written[next.next[s]];
            for (std::size_t r = 0; r < n; ++r) there[r] = there[r] != 0 && here[r] != 0;
        }
    }
    program_.first_zeroed = static_cast<std::uint32_t>(out_.zeroed.size());
    for (std::uint32_t r = 0; r < n; ++r) {
        if (needed[r] != 0) out_.zeroed.push_back(out_.registers + r);
    }
    program_.zeroed = static_cast<std::uint32_t>(out_.zeroed.size()) - program_.first_zeroed;
}

bool ends_straight_code(Opcode opcode) {
    return opcode == Opcode::kJump || opcode == Opcode::kStoreFinish || opcode >= Opcode::kFinish;
}
// Sets the flag of the block that follows, when control gets there.
bool flags_next(Opcode opcode) {
    return (opcode >= Opcode::kJumpIf && opcode <= Opcode::kJumpOutside) || opcode == Opcode::kChoose ||
           opcode == Opcode::kLoopHead || opcode == Opcode::kFlag;
}

void Compiler::begin_block(std::uint32_t number, const Instruction& i, bool is_step) {
    if (leader_[number] != 0 && is_step) {
        // Two blocks must not begin at the same place, or one would answer for the other.
        bool taken = !out_.blocks.empty() && number > 0 && labels_.size() > number;
        if (taken) {
            std::uint32_t previous = number;
            while (previous > 0 && leader_[previous - 1] == 0) --previous;
            taken = previous > 0 && labels_[previous - 1].position == position();
        }
        if (taken) emit(Opcode::kFlag, 0);
        CoverageBlock block;
        block.flag = out_.flags++;
        if (number > 0) {
            Opcode last = out_.code.back().opcode;
            block.falls_from_previous = !ends_straight_code(last) && !flags_next(last);
        }
        out_.blocks.push_back(std::move(block));
        labels_[number].flag = out_.blocks.back().flag;
    }
    labels_[number].position = position();
    if (is_step && i.site != kNone) out_.blocks.back().sites.push_back(i.site);
}

Program Compiler::instantiate(const Program& program) {
    Program result = program;
    for (Instruction& i : result.code) {
        for (ExprId* id : {&i.address, &i.value, &i.value2}) {
            if (id->valid() && i.kind != InstructionKind::kNote) *id = instantiate(*id);
        }
    }
    return result;
}

BytecodeProgram Compiler::compile_program(const Program& source, ThreadNumber thread, bool is_step) {
    thread_ = thread;
    program_ = BytecodeProgram{};
    program_.source = &source;
    Program program = instantiate(source);
    if (simplify_) program = simplifier_.simplify(program, !is_step);
    program_.registers = static_cast<std::uint32_t>(program.registers.size());
    find_zeroed(program);
    labels_.assign(program.code.size() + 1, Label{});
    endings_.clear();
    find_leaders(program);
    std::uint32_t first = position();
    program_.entry = first;
    for (std::uint32_t n = 0; n < program.code.size(); ++n) {
        const Instruction& i = program.code[n];
        temporaries_ = 0;
        known_.clear();
        begin_block(n, i, is_step);
        site_ = i.site;
        compile_instruction(i);
    }
    labels_[program.code.size()].position = position();
    program_.entry_flag = labels_[kEntryLabel].flag;
    for (const Ending& e : endings_) {
        labels_[e.label].position = position();
        out_.code.push_back(e.instruction);
        out_.sites.push_back(e.site);
    }
    resolve_labels(first);
    return program_;
}

void Compiler::compile_instruction(const Instruction& i) {
    switch (i.kind) {
        case InstructionKind::kStore: compile_store(i); return;
        case InstructionKind::kSet: compute(i.value, out_.registers + i.target); return;
        case InstructionKind::kBranch: jump(i.value, false, i.target); return;
        case InstructionKind::kJump: emit(Opcode::kJump, i.target); return;
        case InstructionKind::kRequire: jump(i.value, false, ending(Opcode::kBlocked, 0, i.site)); return;
        case InstructionKind::kCheck: jump(i.value, false, ending(Opcode::kViolate, i.property, i.site)); return;
        case InstructionKind::kDrop:
            jump(i.value, false, ending(Opcode::kDropped, static_cast<std::uint32_t>(i.drop), i.site));
            return;
        case InstructionKind::kChoose: {
            std::uint32_t lo = operand(i.value);
            std::uint32_t hi = operand(i.value2);
            emit(Opcode::kChoose, out_.registers + i.target, lo, hi);
            program_.has_choice = true;
            return;
        }
        case InstructionKind::kMarkCells:
        case InstructionKind::kClearCells:
        case InstructionKind::kMarkMembers:
        case InstructionKind::kMarkRegister:
        case InstructionKind::kClearRegister: compile_marking(i); return;
        case InstructionKind::kLoopHead: emit(Opcode::kLoopHead, 0); return;
        case InstructionKind::kCover: emit(Opcode::kCover, i.property); return;
        case InstructionKind::kNote: return;
        case InstructionKind::kFinish: compile_finish(); return;
    }
}

void Compiler::compile_store(const Instruction& i) {
    ExprId address = i.address;
    ExprId value = i.value;
    ++program_.max_writes;
    if (notes_writes_) written_.note(address);
    std::uint32_t cell = 0;
    if (is_cell(address, cell)) {
        emit(Opcode::kStoreCell, cell, operand(value));
        return;
    }
    const Expr e = pool_[address];
    if (e.kind == ExprKind::kLookup && pool_[e.a].kind == ExprKind::kOp && pool_[e.a].op == Op::kPointerSlot) {
        TableSpan span = table(e.index);
        std::uint32_t pointer = operand(pool_[e.a].a);
        emit(Opcode::kStoreField, 0, pointer, span.first, span.size, operand(value));
        return;
    }
    Element element;
    if (find_element(address, element)) {
        std::uint32_t index = operand(element.index);
        emit(Opcode::kStoreElement, 0, index, element.base, element.stride, operand(value));
        return;
    }
    std::uint32_t place = operand(address);
    emit(Opcode::kStoreIndirect, 0, place, operand(value));
}

void Compiler::compile_marking(const Instruction& i) {
    std::uint32_t object = operand(i.value);
    TableSpan span = table(i.table);
    bool on_register = i.kind == InstructionKind::kMarkRegister || i.kind == InstructionKind::kClearRegister;
    if (on_register) {
        Opcode opcode = i.kind == InstructionKind::kMarkRegister ? Opcode::kMarkRegister : Opcode::kClearRegister;
        emit(opcode, out_.registers + i.target, object, span.first, span.size);
        return;
    }
    Opcode opcode = i.kind == InstructionKind::kMarkCells    ? Opcode::kMarkCells
                    : i.kind == InstructionKind::kClearCells ? Opcode::kClearCells
                                                             : Opcode::kMarkMembers;
    program_.max_writes += i.count;
    if (notes_writes_) written_.note(i.base, i.count);
    emit(opcode, i.base, object, span.first, span.size, i.count);
}

void Compiler::compile_finish() {
    bool joined = false;  // something jumps to here
    for (std::size_t n = 0; n < leader_.size(); ++n) {
        joined = joined || (leader_[n] != 0 && labels_[n].position == position());
    }
    bool after_store = position() > program_.entry && out_.code.back().opcode == Opcode::kStoreCell;
    if (after_store && !joined)
        out_.code.back().opcode = Opcode::kStoreFinish;
    else
        emit(Opcode::kFinish, 0);
}

void Compiler::resolve_labels(std::uint32_t first) {
    std::unordered_map<std::uint32_t, std::uint32_t> flag_at;
    for (const Label& label : labels_) {
        if (label.flag != 0) flag_at.emplace(label.position, label.flag);
    }
    auto flag_of = [&flag_at](std::uint32_t place) {
        auto found = flag_at.find(place);
        return found == flag_at.end() ? 0 : found->second;
    };
    for (std::uint32_t n = first; n < position(); ++n) {
        BytecodeInstruction& i = out_.code[n];
        if (i.opcode >= Opcode::kJump && i.opcode <= Opcode::kJumpOutside) {
            i.d = labels_[i.d].position;
            i.e = flag_of(i.d);
        }
        if (flags_next(i.opcode)) i.c = flag_of(n + 1);
    }
}

void Compiler::resolve_operands() {
    std::uint32_t temporaries = static_cast<std::uint32_t>(out_.frame.size());
    std::uint32_t literals = temporaries + most_temporaries_;
    auto resolve = [&](std::uint32_t& field) {
        std::uint32_t tag = field & kTagMask;
        if (tag == kTemporary) field = temporaries + (field & ~kTagMask);
        if (tag == kLiteral) field = literals + (field & ~kTagMask);
    };
    for (BytecodeInstruction& i : out_.code) {
        if (i.opcode == Opcode::kViolate || i.opcode == Opcode::kCover) continue;
        resolve(i.d);
        resolve(i.a);
        resolve(i.b);
        resolve(i.c);
        resolve(i.e);
    }
    out_.literals = literals;
    out_.frame.resize(literals, 0);
    out_.frame.insert(out_.frame.end(), literals_.begin(), literals_.end());
}

Bytecode Compiler::run() {
    out_.cells = static_cast<std::uint32_t>(system_.cell_count());
    out_.before = out_.cells;
    out_.self = 2 * out_.cells;
    out_.registers = out_.self + 2;
    std::size_t most_registers = system_.start.registers.size();
    for (const ThreadRole& role : system_.roles) {
        for (const Location& l : role.locations) most_registers = std::max(most_registers, l.step.registers.size());
    }
    for (const SystemProperty& p : system_.properties) {
        most_registers = std::max(most_registers, p.condition.registers.size());
    }
    out_.frame.assign(out_.registers + most_registers + 1, 0);
    for (Fault fault : {Fault::kSignedOverflow, Fault::kDivisionByZero, Fault::kShiftOutOfRange}) {
        out_.fault_property[static_cast<std::size_t>(fault)] = system_.fault_property(fault);
    }
    out_.endless_loop = system_.property("endless_loop");

    out_.start = compile_program(system_.start, 0, true);
    notes_writes_ = true;
    out_.steps.resize(system_.threads.size());
    for (ThreadNumber t = 1; t < system_.threads.size(); ++t) {
        instances_.clear();
        for (const Location& location : system_.roles[system_.threads[t].role].locations) {
            bool steps = !location.step.code.empty();
            out_.steps[t].push_back(steps ? compile_program(location.step, t, true) : BytecodeProgram{});
        }
    }
    out_.may_write = written_.cells();
    notes_writes_ = false;
    instantiates_self_ = false;
    instances_.clear();
    for (const SystemProperty& p : system_.properties) {
        bool has_condition = !p.condition.code.empty();
        out_.conditions.push_back(has_condition ? compile_program(p.condition, 0, false) : BytecodeProgram{});
    }
    resolve_operands();
    return std::move(out_);
}

}  // namespace

Bytecode compile(const TransitionSystem& system, bool simplify) { return Compiler(system, simplify).run(); }

}  // namespace quire::explore
