// Available expressions, constants, copies and dead registers of one program (A. Aho, R. Sethi, J. Ullman, "Compilers",
// 1986, chapter 10).  Lowered code computes the same address again and again and checks the same index at each use; here
// what is known already is not computed again.
//
// One pass in the order of control sees every way into a place before the place itself, but for jumps back; where those
// go nothing is known.  Programs with loops keep all their registers, which cycle detection compares.
//
// Invariant: the new program ends as the old one does, with the same cells, choices and faults.  An expression that can
// fault is dropped only where it was evaluated before without a fault and nothing that it reads has changed.
#include "explore/simplify.h"

#include <algorithm>

#include "explore/control_order.h"

namespace quire::explore {

namespace {

// Old knowledge gives way to new.
constexpr std::size_t kMostKnown = 32;

bool is_connective(Op op) { return op == Op::kNot || op == Op::kAnd || op == Op::kOr || op == Op::kImplies; }

}  // namespace

// ---------------------------------------------------------------------------------------------------- what is read

bool Simplifier::faults(ExprId id) {
    auto known = faults_.find(id.value);
    if (known != faults_.end()) return known->second;
    const Expr e = pool_[id];
    bool result = e.kind == ExprKind::kOp && can_fault(e.op);
    for (ExprId part : {e.a, e.b, e.c}) {
        if (part.valid() && faults(part)) result = true;
    }
    faults_.emplace(id.value, result);
    return result;
}

// The cells that an address may name: the entries of a table, or what is base modulo stride.
void Simplifier::add_address(ExprId address, Reads& result) {
    const Value cells = static_cast<Value>(system_.cell_count());
    const Expr& e = pool_[address];
    if (e.kind == ExprKind::kLiteral) {
        if (e.value >= 0 && e.value < cells) result.cells.push_back(static_cast<Address>(e.value));
        return;
    }
    if (e.kind == ExprKind::kLookup) {
        for (Value entry : pool_.table(e.index).entries) {
            if (entry >= 0 && entry < cells) result.cells.push_back(static_cast<Address>(entry));
        }
        return;
    }
    Value base = 0;
    ExprId id = address;
    auto literal = [this](ExprId part, Value& value) {
        value = pool_[part].value;
        return pool_[part].kind == ExprKind::kLiteral && value >= 0;
    };
    Value value = 0;
    while (pool_[id].kind == ExprKind::kOp && pool_[id].op == Op::kAdd && pool_[id].type == kLongType) {
        const Expr sum = pool_[id];
        bool left = literal(sum.a, value);
        if (!left && !literal(sum.b, value)) break;
        base += value;
        id = left ? sum.b : sum.a;
    }
    const Expr product = pool_[id];
    bool scaled = product.kind == ExprKind::kOp && product.op == Op::kMultiply && product.type == kLongType &&
                  (literal(product.a, value) || literal(product.b, value));
    if (!scaled || value < 2 || base >= cells) {
        result.everything = true;
        return;
    }
    for (Value a = base % value; a < cells; a += value) result.cells.push_back(static_cast<Address>(a));
}

const Reads& Simplifier::reads(ExprId id) {
    auto known = reads_.find(id.value);
    if (known != reads_.end()) return known->second;
    const Expr e = pool_[id];
    Reads result;
    for (ExprId part : {e.a, e.b, e.c}) {
        if (!part.valid()) continue;
        const Reads& inner = reads(part);
        result.registers.insert(result.registers.end(), inner.registers.begin(), inner.registers.end());
        result.cells.insert(result.cells.end(), inner.cells.begin(), inner.cells.end());
        result.everything = result.everything || inner.everything;
    }
    if (e.kind == ExprKind::kRegister) result.registers.push_back(e.index);
    if (e.kind == ExprKind::kLoad && e.index == 0) add_address(e.a, result);
    for (std::vector<std::uint32_t>* list : {&result.registers, &result.cells}) {
        std::sort(list->begin(), list->end());
        list->erase(std::unique(list->begin(), list->end()), list->end());
    }
    return reads_.emplace(id.value, std::move(result)).first->second;
}

// -------------------------------------------------------------------------------------------------------- knowledge

void Simplifier::add(std::vector<Equality>& list, ExprId key, ExprId value) {
    if (key == value) return;
    std::erase_if(list, [&](const Equality& e) { return e.key == key; });
    if (list.size() == kMostKnown) list.erase(list.begin());
    list.push_back({key, value});
}

ExprId Simplifier::known(const std::vector<Equality>& list, ExprId id) const {
    for (const Equality& e : list) {
        if (e.key == id) return e.value;
    }
    return {};
}

void Simplifier::forget_register(std::uint32_t number) {
    auto stale = [&](const Equality& e) {
        for (ExprId id : {e.key, e.value}) {
            const std::vector<std::uint32_t>& read = reads(id).registers;
            if (std::binary_search(read.begin(), read.end(), number)) return true;
        }
        return false;
    };
    std::erase_if(now_.equal, stale);
    std::erase_if(now_.definitions, stale);
}

void Simplifier::forget_cells(const std::vector<Address>& cells, bool everything) {
    auto stale = [&](const Equality& e) {
        for (ExprId id : {e.key, e.value}) {
            const Reads& read = reads(id);
            if (read.everything || (everything && !read.cells.empty())) return true;
            for (Address a : cells) {
                if (std::binary_search(read.cells.begin(), read.cells.end(), a)) return true;
            }
        }
        return false;
    };
    std::erase_if(now_.equal, stale);
    std::erase_if(now_.definitions, stale);
}

// Knowledge at a place is what all ways to it have in common.
void Simplifier::flow(std::uint32_t to, const Knowledge& from) {
    if (!from.reachable) return;
    Knowledge& there = at_[to];
    if (!there.reachable) {
        there = from;
        return;
    }
    auto lost = [](const std::vector<Equality>& list) {
        return [&list](const Equality& e) { return std::find(list.begin(), list.end(), e) == list.end(); };
    };
    std::erase_if(there.equal, lost(from.equal));
    std::erase_if(there.definitions, lost(from.definitions));
}

bool Simplifier::is_truth(ExprId id) const {
    const Expr& e = pool_[id];
    if (e.kind == ExprKind::kOp) return is_comparison(e.op) || is_connective(e.op);
    if (e.kind == ExprKind::kRegister) return program_->registers[e.index].kind == ScalarKind::kBool;
    return e.kind == ExprKind::kLoad && e.type.kind == ScalarKind::kBool;
}

void Simplifier::learn(ExprId condition, bool truth, Knowledge& into) {
    const Expr e = pool_[condition];
    if (e.kind == ExprKind::kLiteral) return;
    if (!truth || is_truth(condition)) add(into.equal, condition, pool_.literal(truth ? 1 : 0, kBoolType));
    if (e.kind != ExprKind::kOp) return;
    if (e.op == Op::kNot) learn(e.a, !truth, into);
    if (e.op == Op::kAnd && truth) {
        learn(e.a, true, into);
        learn(e.b, true, into);
    }
    if (e.op == Op::kOr && !truth) {
        learn(e.a, false, into);
        learn(e.b, false, into);
    }
}

// ------------------------------------------------------------------------------------------------------ expressions

bool Simplifier::is_simple(ExprId id) const {
    const Expr& e = pool_[id];
    if (e.kind == ExprKind::kLoad) return e.index == 0 && pool_[e.a].kind == ExprKind::kLiteral;
    return e.kind == ExprKind::kLiteral || e.kind == ExprKind::kRegister;
}

bool Simplifier::is_cheap(ExprId id) const {
    const Expr& e = pool_[id];
    if (e.kind != ExprKind::kOp || !(is_comparison(e.op) || e.op == Op::kNot)) return false;
    return is_simple(e.a) && (!e.b.valid() || is_simple(e.b));
}

ExprId Simplifier::rewrite(ExprId id) {
    const Expr e = pool_[id];
    if (e.kind == ExprKind::kLiteral) return id;
    if (ExprId value = known(now_.equal, id); value.valid()) return value;
    ExprId a = e.a.valid() ? rewrite(e.a) : e.a;
    ExprId b = e.b.valid() ? rewrite(e.b) : e.b;
    ExprId c = e.c.valid() ? rewrite(e.c) : e.c;
    if (a == e.a && b == e.b && c == e.c) return id;
    ExprId result = id;
    switch (e.kind) {
        case ExprKind::kLoad: result = pool_.load(a, e.type, e.index != 0); break;
        case ExprKind::kLookup: result = pool_.lookup(e.index, a, e.type); break;
        case ExprKind::kOp: {
            // Folding would drop the side that is not selected, and its fault with it.
            bool folds = e.op == Op::kSelect && pool_[a].kind == ExprKind::kLiteral;
            if (folds && (faults(b) || faults(c))) a = e.a;
            result = pool_.op(e.op, e.type, a, b, c);
            break;
        }
        case ExprKind::kLiteral:
        case ExprKind::kConstant:
        case ExprKind::kSelf:
        case ExprKind::kSelfIndex:
        case ExprKind::kRegister: break;
    }
    ExprId value = known(now_.equal, result);
    return value.valid() ? value : result;
}

// ----------------------------------------------------------------------------------------------------- instructions

void Simplifier::visit_store(Instruction& i) {
    i.address = rewrite(i.address);
    i.value = rewrite(i.value);
    Reads written;
    add_address(i.address, written);
    forget_cells(written.cells, written.everything);
    // What is read back from there is what was put there.
    if (written.cells.empty() || !is_simple(i.value) || pool_[i.value].kind == ExprKind::kLoad) return;
    bool direct = pool_[i.address].kind == ExprKind::kLiteral;
    if (direct && pool_[i.value].kind != ExprKind::kLiteral) return;
    const ScalarType& type = system_.variables[system_.cell_variable[written.cells[0]]].type;
    ExprId load = pool_.load(i.address, type);
    const Reads& address = reads(i.address);
    for (Address a : written.cells) {  // unless the address itself has changed
        if (std::binary_search(address.cells.begin(), address.cells.end(), a)) return;
    }
    if (!address.everything) add(now_.equal, load, i.value);
}

void Simplifier::visit_set(Instruction& i) {
    i.value = rewrite(i.value);
    const ScalarType& type = program_->registers[i.target];
    ExprId target = pool_.reg(i.target, type);
    // r = r: nothing changes.
    if (pool_[i.value].kind == ExprKind::kRegister && pool_[i.value].index == i.target) return;
    forget_register(i.target);
    const std::vector<std::uint32_t>& read = reads(i.value).registers;
    if (std::binary_search(read.begin(), read.end(), i.target)) return;
    if (is_simple(i.value)) {
        add(now_.equal, target, i.value);
        return;
    }
    add(now_.equal, i.value, target);
    if (is_cheap(i.value)) add(now_.definitions, target, i.value);
}

// kBranch, kRequire, kCheck, kDrop: something is known after them.
void Simplifier::visit_condition(Instruction& i) {
    i.value = rewrite(i.value);
    ExprId tested = i.value;
    if (ExprId definition = known(now_.definitions, i.value); definition.valid()) i.value = definition;
    const Expr e = pool_[i.value];
    bool is_known = e.kind == ExprKind::kLiteral;
    if (i.kind == InstructionKind::kBranch) {
        Knowledge taken = now_;
        taken.reachable = now_.reachable && !(is_known && e.value != 0);
        learn(tested, false, taken);
        learn(i.value, false, taken);
        flow(i.target, taken);
    }
    now_.reachable = now_.reachable && !(is_known && e.value == 0);
    learn(tested, true, now_);
    learn(i.value, true, now_);
}

void Simplifier::visit(Instruction& i) {
    switch (i.kind) {
        case InstructionKind::kStore: visit_store(i); return;
        case InstructionKind::kSet: visit_set(i); return;
        case InstructionKind::kBranch:
        case InstructionKind::kRequire:
        case InstructionKind::kCheck:
        case InstructionKind::kDrop: visit_condition(i); return;
        case InstructionKind::kJump:
            flow(i.target, now_);
            now_.reachable = false;
            return;
        case InstructionKind::kChoose:
            i.value = rewrite(i.value);
            i.value2 = rewrite(i.value2);
            forget_register(i.target);
            return;
        case InstructionKind::kMarkCells:
        case InstructionKind::kClearCells:
        case InstructionKind::kMarkMembers: {
            i.value = rewrite(i.value);
            std::vector<Address> cells;
            for (std::uint32_t k = 0; k < i.count; ++k) cells.push_back(i.base + k);
            forget_cells(cells, false);
            return;
        }
        case InstructionKind::kMarkRegister:
        case InstructionKind::kClearRegister:
            i.value = rewrite(i.value);
            forget_register(i.target);
            return;
        case InstructionKind::kLoopHead:
        case InstructionKind::kCover:
        case InstructionKind::kNote: return;
        case InstructionKind::kFinish: now_.reachable = false; return;
    }
}

// Backwards: a register that no later instruction on the way reads need not be set.
void Simplifier::remove_dead(Program& program, const std::vector<std::uint32_t>& order, bool keeps_result) {
    const std::size_t registers = program.registers.size();
    std::vector<std::vector<char>> live(program.code.size(), std::vector<char>(registers, 0));
    for (std::size_t k = order.size(); k-- > 0;) {
        Instruction& i = program.code[order[k]];
        std::vector<char>& here = live[order[k]];
        NextInstructions next = next_instructions(program, order[k]);
        for (std::uint32_t n = 0; n < next.count; ++n) {
            for (std::size_t r = 0; r < registers; ++r) here[r] = here[r] != 0 || live[next.next[n]][r] != 0;
        }
        if (i.kind == InstructionKind::kFinish && keeps_result && registers > 0) here[0] = 1;
        if (i.kind == InstructionKind::kSet) {
            bool itself = pool_[i.value].kind == ExprKind::kRegister && pool_[i.value].index == i.target;
            if (itself || (here[i.target] == 0 && !faults(i.value))) {
                i.kind = InstructionKind::kNote;
                continue;
            }
        }
        bool marks = i.kind == InstructionKind::kMarkRegister || i.kind == InstructionKind::kClearRegister;
        if (marks && here[i.target] == 0 && !faults(i.value)) {
            i.kind = InstructionKind::kNote;
            continue;
        }
        if (i.kind == InstructionKind::kSet || i.kind == InstructionKind::kChoose) here[i.target] = 0;
        if (i.kind == InstructionKind::kNote) continue;
        for (ExprId id : {i.address, i.value, i.value2}) {
            if (!id.valid()) continue;
            for (std::uint32_t r : reads(id).registers) here[r] = 1;
        }
    }
}

Program Simplifier::simplify(const Program& program, bool keeps_result) {
    Program result = program;
    program_ = &program;
    at_.assign(program.code.size(), Knowledge{});
    at_[0].reachable = true;
    const ControlOrder control = control_order(program);
    for (std::uint32_t n : control.order) {
        now_ = std::move(at_[n]);
        if (control.jumped_back_to[n] != 0) now_ = Knowledge{true, {}, {}};
        if (!now_.reachable) continue;
        Instruction& i = result.code[n];
        visit(i);
        if (now_.reachable) flow(n + 1, now_);
    }
    if (!control.loops()) remove_dead(result, control.order, keeps_result);
    return result;
}

}  // namespace quire::explore
