#include "explore/forms.h"

#include <algorithm>

#include "explore/control_order.h"

namespace quire::explore {

namespace {

std::uint64_t code_of(const ScalarType& type) {
    return static_cast<std::uint64_t>(type.kind) | std::uint64_t{type.bits} << 8 | std::uint64_t{type.is_signed} << 16 |
           std::uint64_t{type.pointee} << 32;
}

bool commutes(Op op) {
    return op == Op::kAdd || op == Op::kMultiply || op == Op::kBitAnd || op == Op::kBitOr || op == Op::kBitXor ||
           op == Op::kEqual || op == Op::kNotEqual;
}

bool compares(Op op) { return op >= Op::kEqual && op <= Op::kGreaterEqual; }

}  // namespace

// ------------------------------------------------------------------------------------------------------------ diagrams

Forms::Diagram Forms::make(std::uint32_t atom, Diagram no, Diagram yes) {
    if (no == yes) return no;
    auto [at, added] = unique_.try_emplace({atom, no, yes}, static_cast<Diagram>(diagrams_.size()));
    if (added) {
        if (diagrams_.size() > kMostNodes) too_large_ = true;
        diagrams_.push_back({atom, no, yes});
    }
    return at->second;
}

Forms::Diagram Forms::choose(Diagram condition, Diagram yes, Diagram no) {
    if (too_large_) return 0;
    if (condition == 1) return yes;
    if (condition == 0) return no;
    if (yes == no) return yes;
    if (yes == 1 && no == 0) return condition;
    auto found = chosen_.find({condition, yes, no});
    if (found != chosen_.end()) return found->second;
    std::uint32_t atom = std::min({diagrams_[condition].atom, diagrams_[yes].atom, diagrams_[no].atom});
    auto side = [&](Diagram d, bool which) {
        if (diagrams_[d].atom != atom) return d;
        return which ? diagrams_[d].yes : diagrams_[d].no;
    };
    Diagram when = choose(side(condition, true), side(yes, true), side(no, true));
    Diagram unless = choose(side(condition, false), side(yes, false), side(no, false));
    Diagram result = make(atom, unless, when);
    chosen_[{condition, yes, no}] = result;
    return result;
}

Forms::Diagram Forms::atom(Term term) {
    auto [at, added] = atoms_.try_emplace(term, static_cast<std::uint32_t>(atoms_.size()));
    return make(at->second, 0, 1);
}

// --------------------------------------------------------------------------------------------------------------- terms

Forms::Term Forms::intern(Kind kind, std::vector<std::uint64_t> rest) {
    rest.insert(rest.begin(), static_cast<std::uint64_t>(kind));
    auto [at, added] = terms_.try_emplace(std::move(rest), static_cast<Term>(keys_.size()));
    if (added) keys_.push_back(at->first);
    return at->second;
}

Forms::Term Forms::as_term(Form form) {
    if (!form.is_truth) return form.number;
    if (form.number <= 1) return intern(Kind::kLiteral, {form.number});
    return intern(Kind::kTruth, {form.number});
}

Forms::Diagram Forms::as_truth(Form form) {
    if (form.is_truth) return form.number;
    const Key& key = keys_[form.number];
    if (key[0] == static_cast<std::uint64_t>(Kind::kLiteral)) return key[1] != 0 ? 1 : 0;
    if (key[0] == static_cast<std::uint64_t>(Kind::kTruth)) return static_cast<Diagram>(key[1]);
    return atom(intern(Kind::kNonzero, {form.number}));
}

bool Forms::is_zero_or_one(Form form) const {
    if (form.is_truth) return true;
    const Key& key = keys_[form.number];
    return key[0] == static_cast<std::uint64_t>(Kind::kTruth) ||
           (key[0] == static_cast<std::uint64_t>(Kind::kLiteral) && key[1] <= 1);
}

Forms::Form Forms::select(Diagram condition, Form yes, Form no) {
    if (condition == 1 || yes == no) return yes;
    if (condition == 0) return no;
    if (is_zero_or_one(yes) && is_zero_or_one(no)) return {true, choose(condition, as_truth(yes), as_truth(no))};
    return {false, intern(Kind::kSelect, {condition, as_term(yes), as_term(no)})};
}

void Forms::add_to_sum(Term term, Value& literal, std::vector<Term>& terms) const {
    const Key& key = keys_[term];
    if (key[0] == static_cast<std::uint64_t>(Kind::kLiteral)) {
        literal += static_cast<Value>(key[1]);
    } else if (key[0] == static_cast<std::uint64_t>(Kind::kSum)) {
        literal += static_cast<Value>(key[1]);
        for (std::size_t i = 2; i < key.size(); ++i) terms.push_back(static_cast<Term>(key[i]));
    } else {
        terms.push_back(term);
    }
}

Forms::Form Forms::sum(const Expr& e) {
    Value literal = 0;
    std::vector<Term> terms;
    Term a = as_term(form(e.a));
    Term b = as_term(form(e.b));
    add_to_sum(a, literal, terms);
    add_to_sum(b, literal, terms);
    std::sort(terms.begin(), terms.end());
    if (terms.empty()) return {false, intern(Kind::kLiteral, {static_cast<std::uint64_t>(literal)})};
    if (terms.size() == 1 && literal == 0) return {false, terms[0]};
    Key rest{static_cast<std::uint64_t>(literal)};
    rest.insert(rest.end(), terms.begin(), terms.end());
    return {false, intern(Kind::kSum, std::move(rest))};
}

Forms::Form Forms::operation(const Expr& e) {
    if (e.op == Op::kNot) return {true, choose(as_truth(form(e.a)), 0, 1)};
    if (e.op == Op::kAnd || e.op == Op::kOr || e.op == Op::kImplies) {
        Diagram a = as_truth(form(e.a));
        Diagram b = as_truth(form(e.b));
        if (e.op == Op::kAnd) return {true, choose(a, b, 0)};
        return {true, e.op == Op::kOr ? choose(a, 1, b) : choose(a, b, 1)};
    }
    if (e.op == Op::kSelect) {
        Diagram condition = as_truth(form(e.a));
        Form yes = form(e.b);
        return select(condition, yes, form(e.c));
    }
    if (e.op == Op::kConvert && e.type.kind == ScalarKind::kBool) return {true, as_truth(form(e.a))};
    if (e.op == Op::kAdd && e.type == kLongType) return sum(e);
    Key key{static_cast<std::uint64_t>(e.op), code_of(e.type)};
    std::vector<Term> operands;
    for (ExprId operand : {e.a, e.b, e.c}) {
        if (operand.valid()) operands.push_back(as_term(form(operand)));
    }
    if (commutes(e.op)) std::sort(operands.begin(), operands.end());
    key.insert(key.end(), operands.begin(), operands.end());
    if (can_fault(e.op) && e.type != kLongType) {
        faults_ = choose(faults_, 1, atom(intern(Kind::kFaults, key)));
    }
    if (!compares(e.op)) return {false, intern(Kind::kOperator, std::move(key))};
    const bool negated = e.op == Op::kNotEqual;
    if (negated) key[0] = static_cast<std::uint64_t>(Op::kEqual);
    // A truth value compared with 0 or 1 is itself or its opposite.
    Diagram equal = atom(intern(Kind::kCompare, std::move(key)));
    return {true, negated ? choose(equal, 0, 1) : equal};
}

Forms::Form Forms::form(ExprId id) {
    const Expr e = pool_[id];
    Value literal = 0;
    if (pool_.known_value(id, literal)) return {false, intern(Kind::kLiteral, {static_cast<std::uint64_t>(literal)})};
    switch (e.kind) {
        case ExprKind::kSelf: return {false, intern(Kind::kSelf, {})};
        case ExprKind::kSelfIndex: return {false, intern(Kind::kSelfIndex, {})};
        case ExprKind::kRegister:
            if (registers_ != nullptr && (*registers_)[e.index]) return *(*registers_)[e.index];
            return {false, intern(Kind::kRegister, {e.index})};
        case ExprKind::kLoad: {
            Kind kind = e.index == 0 ? Kind::kLoad : Kind::kLoadBefore;
            return {false, intern(kind, {as_term(form(e.a)), code_of(e.type)})};
        }
        case ExprKind::kLookup: return {false, intern(Kind::kLookup, {e.index, as_term(form(e.a))})};
        default: return operation(e);
    }
}

std::optional<Forms::Form> Forms::of(ExprId id) {
    faults_ = 0;
    registers_ = nullptr;
    too_large_ = false;
    Form result = form(id);
    if (faults_ != 0 || too_large_) return std::nullopt;
    return result;
}

// ---------------------------------------------------------------------------------------------------------- conditions

void Forms::flow(const Path& from, Diagram condition, Path& to) {
    Diagram taken = choose(from.reached, condition, 0);
    if (taken == 0) return;
    if (to.reached == 0) {
        to = from;
        to.reached = taken;
        return;
    }
    for (std::size_t r = 0; r < to.registers.size(); ++r) {
        if (!from.registers[r]) continue;
        to.registers[r] = to.registers[r] ? select(taken, *from.registers[r], *to.registers[r]) : *from.registers[r];
    }
    to.reached = choose(taken, 1, to.reached);
}

std::optional<Forms::Form> Forms::of(const Program& condition) {
    const ControlOrder order = control_order(condition);
    if (order.loops()) return std::nullopt;
    too_large_ = false;
    std::vector<Path> before(condition.code.size());
    before[0].reached = 1;
    before[0].registers.resize(condition.registers.size());
    Diagram holds = 0;
    for (std::uint32_t number : order.order) {
        if (before[number].reached == 0) continue;
        Path path = before[number];
        const Instruction& i = condition.code[number];
        registers_ = &path.registers;
        faults_ = 0;
        std::optional<Form> value;
        if (i.kind != InstructionKind::kNote && i.value.valid()) value = form(i.value);
        path.reached = choose(faults_, 0, path.reached);
        Diagram truth = value ? as_truth(*value) : 1;
        registers_ = nullptr;
        switch (i.kind) {
            case InstructionKind::kSet: path.registers[i.target] = value; break;
            case InstructionKind::kCheck: path.reached = choose(path.reached, truth, 0); break;
            case InstructionKind::kBranch:
                flow(path, truth, before[number + 1]);
                flow(path, choose(truth, 0, 1), before[i.target]);
                break;
            case InstructionKind::kJump: flow(path, 1, before[i.target]); break;
            case InstructionKind::kFinish: {
                Diagram result = path.registers[0] ? as_truth(*path.registers[0]) : 0;
                holds = choose(choose(path.reached, result, 0), 1, holds);
                break;
            }
            case InstructionKind::kNote: break;
            default: return std::nullopt;
        }
        bool goes_on = i.kind == InstructionKind::kSet || i.kind == InstructionKind::kCheck || i.kind == InstructionKind::kNote;
        if (goes_on) flow(path, 1, before[number + 1]);
        before[number] = Path{};
        if (too_large_) return std::nullopt;
    }
    return Form{true, holds};
}

}  // namespace quire::explore
