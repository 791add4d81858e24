// Symbolic execution (J. King, 1976) of one step, way by way.
//
// A value that depends on what was written earlier on the same way, through an address that cannot be told apart from
// the one that is read, is a register that nothing is known of.  Programs with loops, and those with too many ways, get
// one path that stands for all: every access, no conditions, no values.
//
// Invariant: whatever a step does in a reachable state is one of the paths: its conditions hold there, and each cell that
// it reads or writes is named by one of the path's accesses, if only by one whose cells are not known better than "any".
#include "explore/step_paths.h"

#include <algorithm>

#include "explore/control_order.h"

namespace quire::explore {

namespace {

constexpr std::size_t kMostPaths = 96;

}  // namespace

bool KnownCells::meet(const KnownCells& other) {
    bool changed = false;
    for (std::size_t a = 0; a < known_.size(); ++a) {
        if (known_[a] == 0 || (other.known_[a] != 0 && other.values_[a] == values_[a])) continue;
        known_[a] = 0;
        changed = true;
    }
    return changed;
}

bool StepPaths::faults(ExprId id) {
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

bool StepPaths::expressions_fault(const Instruction& i) {
    for (ExprId id : {i.address, i.value, i.value2}) {
        if (id.valid() && faults(id)) return true;
    }
    return false;
}

ExprId StepPaths::unknown(const ScalarType& type) {
    ExprId result = pool_.reg(next_unknown_++, type);
    bool known = type.kind == ScalarKind::kPointer && type.pointee < system_.pointer_spaces.size() &&
                 !system_.pointer_spaces[type.pointee].places.empty();
    if (known) {
        Value places = static_cast<Value>(system_.pointer_spaces[type.pointee].places.size());
        sets_.set_register_range(pool_[result].index, -2, 2 * places + 1);
    }
    return result;
}

ExprId StepPaths::unknown_of(Address cell, const ScalarType& type) {
    ExprId result = unknown(type);
    const Variable& variable = system_.variables[system_.cell_variable[cell]];
    bool bit_pattern = type.kind == ScalarKind::kInteger && !type.is_signed && type.bits == 64;
    if (type.kind == ScalarKind::kInteger && variable.type == type && !bit_pattern) {
        sets_.set_register_range(pool_[result].index, variable.lo, variable.hi);
    }
    return result;
}

// Behind a check that this thread fails, which a summary does not see.
bool StepPaths::outside(ExprId address) const {
    const Value at = pool_[address].value;
    return pool_.is_literal(address) && (at < 0 || at >= static_cast<Value>(system_.cell_count()));
}

// What the cell holds now, for a run that has come this far.
ExprId StepPaths::load(ExprId address, const ScalarType& type, bool slot_only, State& state) {
    if (outside(address)) return unknown(type);
    state.path.accesses.push_back({address, false, 0});
    const bool direct = pool_.is_literal(address);
    const Address cell = direct ? static_cast<Address>(pool_[address].value) : 0;
    if (summarising_) return direct ? unknown_of(cell, type) : unknown(type);
    std::optional<CellSet> cells;
    auto may_name = [&](const Memory& m) {
        if (direct && m.is_range) return cell >= m.range.base && cell - m.range.base < m.range.count;
        if (direct) return m.cells.has(cell);
        if (!cells) cells = sets_.cells(address, state.path.conditions);
        if (!m.is_range) return cells->meets(m.cells);
        if (cells->all) return true;
        return std::any_of(cells->cells.begin(), cells->cells.end(),
                           [&m](Address a) { return a >= m.range.base && a - m.range.base < m.range.count; });
    };
    for (std::size_t k = state.memory.size(); k-- > 0;) {
        const Memory& m = state.memory[k];
        if (!m.is_range && m.address == address) return m.value;
        if (!may_name(m)) continue;
        // A mark leaves the slot of a pointer as it was.
        if (m.is_range && slot_only) continue;
        return unknown(type);
    }
    if (direct) {
        if (std::optional<Value> value = known_->get(cell)) return pool_.literal(*value, type);
    }
    return pool_.load(address, type);
}

ExprId StepPaths::substitute(ExprId id, State& state) {
    const Expr e = pool_[id];
    switch (e.kind) {
        case ExprKind::kLiteral: return id;
        case ExprKind::kConstant: return pool_.literal(e.value, e.type);
        case ExprKind::kSelf: return pool_.literal(thread_, e.type);
        case ExprKind::kSelfIndex: return pool_.literal(system_.threads[thread_].index, e.type);
        case ExprKind::kRegister: return state.registers[e.index];
        case ExprKind::kLoad: return load(substitute(e.a, state), e.type, false, state);
        case ExprKind::kLookup: return pool_.lookup(e.index, substitute(e.a, state), e.type);
        case ExprKind::kOp: break;
    }
    ExprId a;
    const Expr inner = pool_[e.a];
    if (e.op == Op::kPointerSlot && inner.kind == ExprKind::kLoad) {
        a = load(substitute(inner.a, state), inner.type, true, state);
    } else {
        a = substitute(e.a, state);
    }
    ExprId b = e.b.valid() ? substitute(e.b, state) : ExprId{};
    ExprId c = e.c.valid() ? substitute(e.c, state) : ExprId{};
    return pool_.op(e.op, e.type, a, b, c);
}

// 1, 0: the value is known to be true, false; -1: it is not.
int StepPaths::decided(ExprId value, const State& state) const {
    bool sense = true;
    while (pool_[value].kind == ExprKind::kOp && pool_[value].op == Op::kNot) {
        value = pool_[value].a;
        sense = !sense;
    }
    if (pool_.is_literal(value)) return (pool_[value].value != 0) == sense ? 1 : 0;
    for (const Condition& c : state.path.conditions) {
        if (c.value == value) return c.truth == sense ? 1 : 0;
    }
    return -1;
}

// A run may end here: what comes later on the way says nothing about the accesses so far.
void StepPaths::settle(State& state) {
    for (; state.settled < state.path.accesses.size(); ++state.settled) {
        state.path.accesses[state.settled].known = static_cast<std::uint32_t>(state.path.conditions.size());
    }
}

void StepPaths::block(const State& state) {
    info_.can_block = true;
    State blocked = state;
    settle(blocked);
    blocked.path.end = PathEnd::kBlocked;
    info_.paths.push_back(std::move(blocked.path));
}

void StepPaths::finish(State&& state) {
    settle(state);
    info_.paths.push_back(std::move(state.path));
}

bool StepPaths::branch(const Instruction& i, State& state) {
    ExprId value = substitute(i.value, state);
    evaluated(i, state);
    int known = decided(value, state);
    if (known == 0) state.position = i.target;
    if (known >= 0) return true;
    State other = state;
    other.position = i.target;
    sets_.add_condition(value, false, other.path.conditions);
    sets_.add_condition(value, true, state.path.conditions);
    return run(std::move(other));
}

// kRequire, kCheck, kDrop.
bool StepPaths::condition(const Instruction& i, State& state) {
    ExprId value = substitute(i.value, state);
    evaluated(i, state);
    int known = decided(value, state);
    if (i.kind == InstructionKind::kRequire) {
        if (known != 1) block(state);
    } else if (known != 1) {
        settle(state);
    }
    if (known == 0) {
        state.path.ends_run = true;
        if (i.kind != InstructionKind::kRequire) finish(std::move(state));
        return false;
    }
    if (known < 0) sets_.add_condition(value, true, state.path.conditions);
    return true;
}

bool StepPaths::choose(const Instruction& i, State& state) {
    ExprId lo = substitute(i.value, state);
    ExprId hi = substitute(i.value2, state);
    evaluated(i, state);
    bool direct = pool_.is_literal(lo) && pool_.is_literal(hi);
    bool some = direct && pool_[lo].value <= pool_[hi].value;
    if (!some) block(state);
    if (direct && !some) return false;
    ExprId chosen = unknown(program_->registers[i.target]);
    if (direct) sets_.set_register_range(pool_[chosen].index, pool_[lo].value, pool_[hi].value);
    if (direct && pool_[lo].value == pool_[hi].value) chosen = lo;
    state.registers[i.target] = chosen;
    return true;
}

void StepPaths::store(const Instruction& i, State& state) {
    ExprId address = substitute(i.address, state);
    ExprId value = substitute(i.value, state);
    evaluated(i, state);
    if (outside(address)) return;
    state.path.accesses.push_back({address, true, 0});
    state.path.stores.push_back({address, value});
    Memory memory;
    memory.address = address;
    memory.value = value;
    memory.cells = sets_.cells(address, state.path.conditions);
    state.memory.push_back(std::move(memory));
}

void StepPaths::mark(const Instruction& i, State& state) {
    substitute(i.value, state);
    Memory memory;
    memory.is_range = true;
    memory.range = {i.base, i.count};
    state.memory.push_back(memory);
    state.path.marks.push_back(memory.range);
}

// False: the way ends here.
bool StepPaths::perform(const Instruction& i, State& state) {
    switch (i.kind) {
        case InstructionKind::kStore: store(i, state); break;
        case InstructionKind::kSet:
            state.registers[i.target] = substitute(i.value, state);
            evaluated(i, state);
            break;
        case InstructionKind::kBranch: return branch(i, state);
        case InstructionKind::kJump: state.position = i.target; break;
        case InstructionKind::kRequire:
        case InstructionKind::kCheck:
        case InstructionKind::kDrop: return condition(i, state);
        case InstructionKind::kChoose: return choose(i, state);
        case InstructionKind::kMarkCells:
        case InstructionKind::kClearCells:
        case InstructionKind::kMarkMembers: mark(i, state); break;
        case InstructionKind::kMarkRegister:
        case InstructionKind::kClearRegister:
            substitute(i.value, state);
            state.registers[i.target] = unknown(program_->registers[i.target]);
            break;
        case InstructionKind::kCover: info_.covers.push_back(i.property); break;
        case InstructionKind::kLoopHead:
        case InstructionKind::kNote: break;
        case InstructionKind::kFinish: finish(std::move(state)); return false;
    }
    return true;
}

// False: too many ways.
bool StepPaths::run(State state) {
    for (;;) {
        if (info_.paths.size() > kMostPaths) return false;
        ++work_;
        const Instruction& i = program_->code[state.position++];
        bool branches = i.kind == InstructionKind::kBranch;
        bool goes_on = perform(i, state);
        if (!goes_on && branches) return false;
        if (!goes_on) return info_.paths.size() <= kMostPaths;
    }
}

StepInfo StepPaths::summary(const Program& program, ThreadNumber thread) {
    info_ = {};
    program_ = &program;
    thread_ = thread;
    summarising_ = true;
    info_.exact = false;
    info_.has_step = true;
    State state;
    for (const ScalarType& type : program.registers) state.registers.push_back(unknown(type));
    for (const Instruction& i : program.code) {
        ++work_;
        bool blocks = i.kind == InstructionKind::kRequire || i.kind == InstructionKind::kChoose;
        bool loops = i.kind == InstructionKind::kLoopHead;  // a way that comes back after a choice is blocked
        info_.can_block = info_.can_block || blocks || loops;
        if (i.kind == InstructionKind::kNote) continue;
        if (i.kind == InstructionKind::kCover) info_.covers.push_back(i.property);
        bool marks = i.kind == InstructionKind::kMarkCells || i.kind == InstructionKind::kClearCells ||
                     i.kind == InstructionKind::kMarkMembers;
        if (marks) state.path.marks.push_back({i.base, i.count});
        state.memory.clear();
        for (ExprId id : {i.value, i.value2}) {
            if (id.valid()) substitute(id, state);
        }
        if (i.kind != InstructionKind::kStore) continue;
        ExprId address = substitute(i.address, state);
        ExprId value = substitute(i.value, state);
        if (outside(address)) continue;
        state.path.accesses.push_back({address, true, 0});
        state.path.stores.push_back({address, value});
    }
    StepPath reads = state.path;
    reads.end = PathEnd::kBlocked;
    info_.paths.push_back(std::move(state.path));
    if (info_.can_block) info_.paths.push_back(std::move(reads));
    summarising_ = false;
    return std::move(info_);
}

StepInfo StepPaths::of(const Program& program, ThreadNumber thread, const KnownCells& known) {
    info_ = {};
    if (program.code.empty()) return std::move(info_);
    program_ = &program;
    thread_ = thread;
    known_ = &known;
    if (control_order(program).loops()) return summary(program, thread);
    State state;
    for (const ScalarType& type : program.registers) state.registers.push_back(pool_.literal(0, type));
    info_.has_step = true;
    if (run(std::move(state))) return std::move(info_);
    return summary(program, thread);
}

}  // namespace quire::explore
