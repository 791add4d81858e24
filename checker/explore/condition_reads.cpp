// Evaluation that skips what cannot matter: of a false `a && b` one false side is enough, unless the other could fault.
#include "explore/condition_reads.h"

namespace quire::explore {

namespace {

constexpr std::uint32_t kMostInstructions = 4096;

}  // namespace

bool ConditionReads::faults(ExprId id) {
    auto known = faults_.find(id.value);
    if (known != faults_.end()) return known->second;
    const Expr& e = pool_[id];
    bool result = e.kind == ExprKind::kOp && can_fault(e.op);
    for (ExprId part : {e.a, e.b, e.c}) {
        if (part.valid() && faults(part)) result = true;
    }
    faults_.emplace(id.value, result);
    return result;
}

// kAnd, kOr, kImplies, whose sides can both be left out.
bool ConditionReads::connective(const Expr& e, Value& out) {
    const bool decided_by = e.op == Op::kOr;  // the left side's value that decides
    const std::size_t before = cells_->size();
    Value a = 0, b = 0;
    if (!value(e.a, a)) return false;
    bool left_decides = (a != 0) == decided_by;
    if (left_decides && !faults(e.b)) {
        out = e.op == Op::kAnd ? 0 : 1;
        return true;
    }
    const std::size_t between = cells_->size();
    if (!value(e.b, b)) return false;
    bool right_decides = (b != 0) == (e.op != Op::kAnd);
    if (right_decides && !faults(e.a)) {
        cells_->erase(cells_->begin() + static_cast<std::ptrdiff_t>(before),
                      cells_->begin() + static_cast<std::ptrdiff_t>(between));
    }
    out = e.op == Op::kAnd ? (a != 0 && b != 0) : e.op == Op::kOr ? (a != 0 || b != 0) : (a == 0 || b != 0);
    return true;
}

bool ConditionReads::value(ExprId id, Value& out) {
    const Expr& e = pool_[id];
    switch (e.kind) {
        case ExprKind::kLiteral:
        case ExprKind::kConstant: out = e.value; return true;
        case ExprKind::kSelf:
        case ExprKind::kSelfIndex: out = 0; return true;
        case ExprKind::kRegister: out = registers_[e.index]; return true;
        case ExprKind::kLoad: {
            Value address = 0;
            if (!value(e.a, address)) return false;
            cells_->push_back(static_cast<Address>(address));
            out = state_[static_cast<std::size_t>(address)];
            return true;
        }
        case ExprKind::kLookup: {
            Value index = 0;
            if (!value(e.a, index)) return false;
            out = pool_.table(e.index).entries[static_cast<std::size_t>(index)];
            return true;
        }
        case ExprKind::kOp: break;
    }
    if (e.op == Op::kAnd || e.op == Op::kOr) return connective(e, out);
    Value a = 0, b = 0, c = 0;
    if (!value(e.a, a) || (e.b.valid() && !value(e.b, b)) || (e.c.valid() && !value(e.c, c))) return false;
    Evaluated result = evaluate(e.op, e.type, a, b, c);
    out = result.value;
    return result.fault == Fault::kNone;
}

// Registers carry the cells that they were computed from along: they were read when they were set.
bool ConditionReads::find(const Program& condition, std::span<const Value> state, std::vector<Address>& cells) {
    state_ = state;
    cells_ = &cells;
    registers_.assign(condition.registers.size(), 0);
    std::uint32_t position = 0;
    for (std::uint32_t count = 0; count < kMostInstructions; ++count) {
        const Instruction& i = condition.code[position++];
        Value v = 0;
        switch (i.kind) {
            case InstructionKind::kSet:
                if (!value(i.value, v)) return true;
                registers_[i.target] = v;
                break;
            case InstructionKind::kBranch:
                if (!value(i.value, v)) return true;
                if (v == 0) position = i.target;
                break;
            case InstructionKind::kJump: position = i.target; break;
            case InstructionKind::kRequire:
            case InstructionKind::kCheck:
            case InstructionKind::kDrop:
                if (!value(i.value, v) || v == 0) return true;
                break;
            case InstructionKind::kLoopHead:
            case InstructionKind::kNote:
            case InstructionKind::kCover: break;
            case InstructionKind::kFinish: return true;
            case InstructionKind::kStore:
            case InstructionKind::kChoose:
            case InstructionKind::kMarkCells:
            case InstructionKind::kClearCells:
            case InstructionKind::kMarkRegister:
            case InstructionKind::kClearRegister:
            case InstructionKind::kMarkMembers: return false;
        }
    }
    return false;
}

}  // namespace quire::explore
