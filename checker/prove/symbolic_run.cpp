// Symbolic execution that merges where ways meet (as in bounded model checkers; E. Clarke, D. Kroening, F. Lerda, "A tool for
// checking ANSI-C programs", 2004): of the instructions that are waiting the one with the smallest number goes next, and
// two ways that wait at the same one become one, cell by cell an `ite`.  So a program costs as much as it is long and not
// as much as it has ways.  Loops are unrolled as long as what is known decides them; past a limit we give up.
//
// Invariant: the guards of all points that wait, and of the end, exclude one another for given choices.
#include "prove/symbolic_run.h"

#include <algorithm>

namespace quire::prove {

namespace {

constexpr std::size_t kMostRounds = 24;    // through loop heads, in one run
constexpr std::size_t kRoundsForFree = 2;  // before Z3 is asked whether there is another
constexpr unsigned kLoopLimit = 100'000;   // of Z3's resources, for that question
constexpr std::size_t kMostCells = 512;    // that one access can mean

}  // namespace

const Term& AnyState::cell(Address address) {
    auto found = cells_.find(address);
    if (found != cells_.end()) return found->second;
    const Variable& variable = system_.variables[system_.cell_variable[address]];
    Term term = terms_.constant("c" + std::to_string(address), variable.lo, variable.hi);
    if (!term.known()) constraints_.push_back(terms_.range_of(term));
    return cells_.emplace(address, std::move(term)).first->second;
}

std::optional<Finished> SymbolicRun::run(const Program& program, const Cells& written) {
    pending_.clear();
    end_.reset();
    std::vector<Term> registers(program.registers.size(), terms_.literal(0));
    arrive(0, {terms_.context().bool_val(true), written, std::move(registers)});
    std::size_t rounds = 0;
    while (!pending_.empty() && terms_.gave_up().empty()) {
        auto node = pending_.extract(pending_.begin());
        // Every cycle passes a loop head, so this ends.
        if (program.code[node.key()].kind == InstructionKind::kLoopHead) {
            if (++rounds > kMostRounds) {
                terms_.give_up("a loop without a fixed end");
                break;
            }
            if (rounds > kRoundsForFree && impossible(node.mapped().guard)) continue;
        }
        perform(program.code[node.key()], node.key(), std::move(node.mapped()));
    }
    if (!end_) return std::nullopt;
    return Finished{end_->guard, std::move(end_->written), std::move(end_->registers)};
}

z3::expr SymbolicRun::truth(ExprId condition, const Cells& written) {
    Point point{terms_.context().bool_val(true), written, {}};
    Term value = value_of(condition, point);
    return point.guard.is_true() ? terms_.is_true(value) : point.guard && terms_.is_true(value);
}

// Whether Z3 sees that no state comes here.  A loop over a set that takes out a member in each round ends like that.
bool SymbolicRun::impossible(const z3::expr& guard) {
    z3::solver solver(terms_.context(), z3::solver::simple());
    z3::params parameters(terms_.context());
    parameters.set("rlimit", kLoopLimit);
    parameters.set("random_seed", 0u);
    solver.set(parameters);
    for (const z3::expr& constraint : before_.constraints()) solver.add(constraint);
    solver.add(guard);
    return solver.check() == z3::unsat;
}

void SymbolicRun::arrive(std::size_t number, Point point) {
    if (point.guard.is_false()) return;
    auto found = pending_.find(number);
    if (found == pending_.end()) {
        pending_.emplace(number, std::move(point));
    } else {
        merge(found->second, point);
    }
}

void SymbolicRun::merge(Point& into, const Point& other) {
    Cells cells;
    for (const auto& [address, term] : into.written)
        cells.insert_or_assign(address, terms_.select(other.guard, cell(other, address), term));
    for (const auto& [address, term] : other.written) {
        if (cells.count(address) == 0) cells.emplace(address, terms_.select(other.guard, term, cell(into, address)));
    }
    into.written = std::move(cells);
    for (std::size_t r = 0; r < into.registers.size(); ++r) {
        into.registers[r] = terms_.select(other.guard, other.registers[r], into.registers[r]);
    }
    into.guard = into.guard.is_true() ? into.guard : into.guard || other.guard;
}

void SymbolicRun::only_if(Point& point, const z3::expr& condition) {
    if (condition.is_true()) return;
    if (condition.is_false()) {
        point.guard = condition;
    } else {
        point.guard = point.guard.is_true() ? condition : point.guard && condition;
    }
}

void SymbolicRun::perform(const Instruction& i, std::size_t number, Point point) {
    switch (i.kind) {
        case InstructionKind::kStore: store(i, point); break;
        case InstructionKind::kSet: point.registers[i.target] = value_of(i.value, point); break;
        case InstructionKind::kBranch: branch(i, number, std::move(point)); return;
        case InstructionKind::kJump: arrive(i.target, std::move(point)); return;
        case InstructionKind::kRequire:
        case InstructionKind::kCheck:
        case InstructionKind::kDrop: {
            Term value = value_of(i.value, point);
            only_if(point, terms_.is_true(value));
            break;
        }
        case InstructionKind::kChoose: choose(i, point); break;
        case InstructionKind::kMarkCells:
        case InstructionKind::kClearCells: mark_cells(i, point); break;
        case InstructionKind::kMarkRegister:
        case InstructionKind::kClearRegister: {
            Term object = value_of(i.value, point);
            bool mark = i.kind == InstructionKind::kMarkRegister;
            point.registers[i.target] = marked(point.registers[i.target], object, i.table, mark);
            break;
        }
        case InstructionKind::kMarkMembers: mark_members(i, point); break;
        case InstructionKind::kLoopHead:
        case InstructionKind::kCover:
        case InstructionKind::kNote: break;
        case InstructionKind::kFinish:
            if (point.guard.is_false()) return;
            if (end_) {
                merge(*end_, point);
            } else {
                end_ = std::move(point);
            }
            return;
    }
    arrive(number + 1, std::move(point));
}

void SymbolicRun::branch(const Instruction& i, std::size_t number, Point point) {
    Term value = value_of(i.value, point);
    z3::expr condition = terms_.is_true(value);
    Point other = point;
    only_if(point, condition);
    only_if(other, condition.is_true()    ? terms_.context().bool_val(false)
                   : condition.is_false() ? terms_.context().bool_val(true)
                                          : !condition);
    arrive(number + 1, std::move(point));
    arrive(i.target, std::move(other));
}

void SymbolicRun::store(const Instruction& i, Point& point) {
    Term address = value_of(i.address, point);
    Term value = value_of(i.value, point);
    std::vector<Address> targets = addresses(address);
    for (Address a : targets) {
        bool only = targets.size() == 1;
        Term after = only ? value : terms_.select(terms_.equals(address, a), value, cell(point, a));
        point.written.insert_or_assign(a, std::move(after));
    }
}

void SymbolicRun::choose(const Instruction& i, Point& point) {
    Term lo = value_of(i.value, point);
    Term hi = value_of(i.value2, point);
    if (lo.lo > hi.hi) {
        only_if(point, terms_.context().bool_val(false));
        return;
    }
    Term chosen = terms_.constant("choice" + std::to_string(choices_++), lo.lo, hi.hi);
    only_if(point, chosen.value >= lo.value && chosen.value <= hi.value);
    point.registers[i.target] = std::move(chosen);
}

// Whether table[index] is `object`; false for an index outside the table, and for object 0.
z3::expr SymbolicRun::owned_by(const Term& index, const Term& object, std::uint32_t table) {
    const std::vector<Value>& entries = system_.pool.table(table).entries;
    z3::expr any = terms_.context().bool_val(false);
    for (std::size_t slot = 0; slot < entries.size(); ++slot) {
        if (entries[slot] == 0) continue;
        z3::expr here = terms_.equals(index, static_cast<Value>(slot));
        z3::expr owner = terms_.equals(object, entries[slot]);
        if (!here.is_false() && !owner.is_false()) any = any || (here && owner);
    }
    return any.simplify();
}

Term SymbolicRun::marked(const Term& pointer, const Term& object, std::uint32_t table, bool mark) {
    Term zero = terms_.literal(0);
    Term slot = terms_.apply(Op::kPointerSlot, kLongType, pointer, zero, zero);
    Term changed = terms_.apply(Op::kMakePointer, kLongType, slot, terms_.literal(mark ? 1 : 0), zero);
    return terms_.select(owned_by(slot, object, table), changed, pointer);
}

void SymbolicRun::mark_cells(const Instruction& i, Point& point) {
    Term object = value_of(i.value, point);
    bool mark = i.kind == InstructionKind::kMarkCells;
    for (Address a = i.base; a < i.base + i.count; ++a) {
        Term before = cell(point, a);
        Term after = marked(before, object, i.table, mark);
        if (!z3::eq(before.value, after.value)) point.written.insert_or_assign(a, std::move(after));
    }
}

void SymbolicRun::mark_members(const Instruction& i, Point& point) {
    Term object = value_of(i.value, point);
    for (std::uint32_t k = 0; k < i.count; ++k) {
        Address a = i.base + k;
        Term before = cell(point, a);
        z3::expr hit = owned_by(terms_.literal(k), object, i.table) && terms_.equals(before, 1);
        point.written.insert_or_assign(a, terms_.select(hit.simplify(), terms_.literal(2), before));
    }
}

// ---------------------------------------------------------------------------------------------------- expressions

Term SymbolicRun::cell(const Point& point, Address address) {
    auto found = point.written.find(address);
    if (found != point.written.end()) return found->second;
    read_.insert(address);
    return before_.cell(address);
}

Term SymbolicRun::value_of(ExprId id, Point& point) {
    evaluated_.clear();
    Term value = evaluate(id, point);
    only_if(point, terms_.take_no_fault());
    return value;
}

Term SymbolicRun::evaluate(ExprId id, const Point& point) {
    auto found = evaluated_.find(id.value);
    if (found != evaluated_.end()) return found->second;
    Term value = evaluate_new(system_.pool[id], point);
    evaluated_.emplace(id.value, value);
    return value;
}

Term SymbolicRun::evaluate_new(const Expr& e, const Point& point) {
    switch (e.kind) {
        case ExprKind::kLiteral:
        case ExprKind::kConstant: return terms_.literal(e.value);
        case ExprKind::kSelf: return terms_.literal(thread_);
        case ExprKind::kSelfIndex: return terms_.literal(system_.threads[thread_].index);
        case ExprKind::kRegister: return point.registers[e.index];
        case ExprKind::kLoad:
            if (e.index != 0) return terms_.give_up("the state before a step");
            return load(evaluate(e.a, point), point);
        case ExprKind::kLookup: return lookup(evaluate(e.a, point), e.index);
        case ExprKind::kOp: {
            Term a = evaluate(e.a, point);
            Term b = e.b.valid() ? evaluate(e.b, point) : terms_.literal(0);
            Term c = e.c.valid() ? evaluate(e.c, point) : terms_.literal(0);
            return terms_.apply(e.op, e.type, a, b, c);
        }
    }
    return terms_.give_up("an unknown expression");
}

// The cells that an address can mean.  It is in range whenever it is evaluated in a state that can be reached, so what is
// outside can be left out; if nothing is left, nothing comes here.
std::vector<Address> SymbolicRun::addresses(const Term& term) {
    std::vector<Address> out;
    Value count = static_cast<Value>(system_.cell_count());
    if (!term.values.empty()) {
        for (Value v : term.values) {
            if (v >= 0 && v < count) out.push_back(static_cast<Address>(v));
        }
    } else {
        Value first = std::max<Value>(term.lo, 0);
        Value last = std::min<Value>(term.hi, count - 1);
        if (last - first >= static_cast<Value>(kMostCells)) {
            terms_.give_up("an address that can mean almost anything");
            return out;
        }
        for (Value v = first; v <= last; ++v) out.push_back(static_cast<Address>(v));
    }
    if (out.empty()) terms_.fault_if(terms_.context().bool_val(true));
    return out;
}

Term SymbolicRun::load(const Term& address, const Point& point) {
    std::vector<std::pair<Value, Term>> entries;
    for (Address a : addresses(address)) entries.emplace_back(a, cell(point, a));
    return entries.empty() ? terms_.literal(0) : terms_.pick(address, entries);
}

Term SymbolicRun::lookup(const Term& index, std::uint32_t table) {
    const std::vector<Value>& all = system_.pool.table(table).entries;
    std::vector<std::pair<Value, Term>> entries;
    for (std::size_t n = 0; n < all.size(); ++n) {
        if (!terms_.equals(index, static_cast<Value>(n)).is_false())
            entries.emplace_back(static_cast<Value>(n), terms_.literal(all[n]));
    }
    if (entries.empty()) {
        terms_.fault_if(terms_.context().bool_val(true));
        return terms_.literal(0);
    }
    return terms_.pick(index, entries);
}

}  // namespace quire::prove
