#include "prove/counting_evaluate.h"

#include <algorithm>

namespace quire::prove {

LocalNumber Knowledge::local(const LocalState& state) {
    auto [found, is_new] = local_numbers.emplace(state, static_cast<LocalNumber>(locals.size()));
    if (is_new) {
        locals.push_back(state);
        grew = true;
    }
    return found->second;
}

void Knowledge::add(Address cell, Value value) {
    CellKnowledge& k = cells[cell];
    if (k.many || !k.values.insert(value).second) return;
    grew = true;
    if (k.values.size() > kMostListed) add_many(cell);
}

void Knowledge::add_many(Address cell) {
    if (cells[cell].many) return;
    cells[cell].many = true;
    grew = true;
}

// ---------------------------------------------------------------------------------------------------- the variables

Extraction::Extraction(const TransitionSystem& the_system, const SystemParameters& the_parameters, const ThreadCells& the_cells,
                       Knowledge& the_knowledge)
    : system(the_system), parameters(the_parameters), cells(the_cells), knowledge(the_knowledge) {
    for (std::size_t p = 0; p < parameters.names.size(); ++p) {
        CountingVariable v;
        v.kind = CountingVariable::Kind::kParameter;
        v.name = parameters.names[p];
        v.of_threads = p >= parameters.of_threads.size() || parameters.of_threads[p] != 0;
        const Bounds bounds{0, v.of_threads ? kMostThreads : kLargestParameter};
        parameter_variables_.push_back(terms().variable(add_variable(v, bounds)));
    }
}

VariableNumber Extraction::add_variable(CountingVariable variable, Bounds bounds, bool of_many) {
    variable.bounds = bounds;
    out.variables.push_back(std::move(variable));
    return terms().add_variable(bounds, of_many);
}

NodeId Extraction::parameter_term(const ParameterForm& form) {
    NodeId sum = terms().number(form.constant);
    for (const auto& [p, factor] : form.sum) sum = terms().add(sum, terms().scale(parameter_variables_[p], factor));
    return sum;
}

const std::vector<VariableNumber>& Extraction::global_variables(Address cell) {
    auto found = globals_.find(cell);
    if (found != globals_.end()) return found->second;
    const Variable& declared = system.variables[system.cell_variable[cell]];
    const CellKnowledge& known = knowledge.cells[cell];
    CountingVariable v;
    v.name = system.cell_name(cell);
    v.cell = cell;
    v.owned = cells.is_owned(cell);
    std::vector<VariableNumber> numbers;
    if (v.owned) {
        v.name += " is somebody";
        numbers.push_back(add_variable(v, {0, 1}));
    } else if (known.split) {
        std::uint32_t bits = 0;
        while ((Value{1} << bits) <= declared.hi) ++bits;
        for (v.bit = 0; v.bit < bits; ++v.bit) {
            v.name = system.cell_name(cell) + "." + std::to_string(v.bit);
            numbers.push_back(add_variable(v, {0, 1}));
        }
    } else {
        Bounds bounds{std::max(declared.lo, -kFar), std::min(declared.hi, kFar)};
        if (!known.many && !known.values.empty()) bounds = {*known.values.begin(), *known.values.rbegin()};
        numbers.push_back(add_variable(v, bounds));
    }
    return globals_.emplace(cell, std::move(numbers)).first->second;
}

NodeId Extraction::global(Address cell) {
    const CellKnowledge& known = knowledge.cells[cell];
    if (!known.many && known.values.size() == 1 && !cells.is_owned(cell)) return terms().number(*known.values.begin());
    const std::vector<VariableNumber> numbers = global_variables(cell);
    if (!known.split) return terms().variable(numbers[0]);
    NodeId sum = terms().number(0);
    for (std::size_t i = 0; i < numbers.size(); ++i)
        sum = terms().add(sum, terms().scale(terms().variable(numbers[i]), Value{1} << i));
    return sum;
}

NodeId Extraction::foreign_slot(ThreadNumber thread, std::uint32_t slot) {
    const std::uint32_t role = system.threads[thread].role;
    const bool mark = cells.slots(role)[slot].is_mark;
    if (mark && !parameters.role_counts[role]) return terms().number(1);
    auto found = foreign_numbers_.find({thread, slot});
    if (found == foreign_numbers_.end()) {
        CountingVariable v;
        v.kind = CountingVariable::Kind::kInternal;
        v.name = system.threads[thread].name + "#" + std::to_string(slot);
        // A state that is found later begins another round.
        Bounds bounds{0, 0};
        bool first = true;
        for (const LocalState& local : knowledge.locals) {
            if (local.role != role) continue;
            Value value = local.slots[slot];
            bounds = first ? Bounds{value, value} : Bounds{std::min(bounds.lo, value), std::max(bounds.hi, value)};
            first = false;
        }
        if (mark) bounds = {0, 1};  // 0: of a thread that is not there
        if (bounds.lo < -kLargestOwn || bounds.hi > kLargestOwn) bounds = kAnyValue;
        VariableNumber number = add_variable(v, bounds, parameters.role_counts[role].has_value());
        foreign[number] = {thread, slot};
        found = foreign_numbers_.emplace(ThreadSlot{thread, slot}, number).first;
    }
    return terms().variable(found->second);
}

NodeId Extraction::others_slot(std::uint32_t role, std::uint32_t slot) {
    auto found = others_numbers_.find({role, slot});
    if (found == others_numbers_.end()) {
        CountingVariable v;
        v.kind = CountingVariable::Kind::kInternal;
        v.name = "others of " + system.roles[role].name + "#" + std::to_string(slot);
        Bounds bounds = kAnyValue;
        if (is_only(system.roles[role].first_thread)) {
            bool first = true;
            for (const LocalState& local : knowledge.locals) {
                if (local.role != role) continue;
                Value value = local.slots[slot];
                bounds = first ? Bounds{value, value} : Bounds{std::min(bounds.lo, value), std::max(bounds.hi, value)};
                first = false;
            }
            if (first) bounds = {0, 0};  // a local state that is found later begins another round
        }
        VariableNumber number = add_variable(v, bounds);
        others[number] = {role, slot};
        found = others_numbers_.emplace(ThreadSlot{role, slot}, number).first;
    }
    return terms().variable(found->second);
}

NodeId Extraction::owner_of(Address cell) {
    auto found = owner_numbers_.find(cell);
    if (found == owner_numbers_.end()) {
        CountingVariable v;
        v.kind = CountingVariable::Kind::kInternal;
        v.name = "whom " + system.cell_name(cell) + " names";
        VariableNumber number = add_variable(v, kAnyValue);
        owner[number] = cell;
        found = owner_numbers_.emplace(cell, number).first;
    }
    return terms().variable(found->second);
}

NodeId Extraction::all_others(ThreadNumber model, NodeId said) {
    auto found = said_numbers_.find({{model, said}, false});
    if (found == said_numbers_.end()) {
        CountingVariable v;
        v.kind = CountingVariable::Kind::kInternal;
        v.name = "all others of " + system.roles[system.threads[model].role].name + " " + std::to_string(said);
        VariableNumber number = add_variable(v, {0, 1});
        said_of_others[number] = {model, said, false};
        found = said_numbers_.emplace(std::pair{std::pair{model, said}, false}, number).first;
    }
    return terms().equal(terms().variable(found->second), terms().number(1));
}

NodeId Extraction::sum_of_others(ThreadNumber model, NodeId said) {
    auto found = said_numbers_.find({{model, said}, true});
    if (found == said_numbers_.end()) {
        CountingVariable v;
        v.kind = CountingVariable::Kind::kInternal;
        v.name = "sum of others of " + system.roles[system.threads[model].role].name + " " + std::to_string(said);
        VariableNumber number = add_variable(v, kAnyValue);
        said_of_others[number] = {model, said, true};
        found = said_numbers_.emplace(std::pair{std::pair{model, said}, true}, number).first;
    }
    return terms().variable(found->second);
}

NodeId Extraction::only_has(std::uint32_t role, std::uint32_t slot, Value value) {
    auto found = only_numbers_.find({{role, slot}, value});
    if (found == only_numbers_.end()) {
        CountingVariable v;
        v.kind = CountingVariable::Kind::kInternal;
        v.name = "the " + system.roles[role].name + "#" + std::to_string(slot) + " is " + std::to_string(value);
        VariableNumber number = add_variable(v, {0, 1});
        only[number] = {role, slot, value};
        found = only_numbers_.emplace(std::pair{ThreadSlot{role, slot}, value}, number).first;
    }
    return terms().equal(terms().variable(found->second), terms().number(1));
}

std::optional<std::vector<Value>> Extraction::values_of(VariableNumber v) const {
    auto other = foreign.find(v);
    std::set<Value> values;
    if (other != foreign.end()) {
        std::uint32_t role = system.threads[other->second.thread_or_role].role;
        for (const LocalState& l : knowledge.locals) {
            if (l.role == role) values.insert(l.slots[other->second.slot]);
        }
    } else if (auto only_thread = others.find(v);
               only_thread != others.end() && is_only(system.roles[only_thread->second.thread_or_role].first_thread)) {
        for (const LocalState& l : knowledge.locals) {
            if (l.role == only_thread->second.thread_or_role) values.insert(l.slots[only_thread->second.slot]);
        }
    } else if (out.variables[v].kind == CountingVariable::Kind::kGlobal) {
        const CountingVariable& variable = out.variables[v];
        const CellKnowledge& known = knowledge.cells[variable.cell];
        if (variable.bit == kNone && !variable.owned && !known.many) {
            values = known.values;
        } else if (variable.bounds.hi - variable.bounds.lo < static_cast<Value>(kMostListed)) {
            for (Value value = variable.bounds.lo; value <= variable.bounds.hi; ++value) values.insert(value);
        }
    }
    if (values.empty() || values.size() > kMostCases) return std::nullopt;
    return std::vector<Value>(values.begin(), values.end());
}

namespace {

std::size_t threads_in(Extraction& x, NodeId term) {
    std::set<std::uint32_t> threads;
    for (VariableNumber v : x.terms().variables_of(term)) {
        auto found = x.foreign.find(v);
        if (found != x.foreign.end()) threads.insert(found->second.thread_or_role);
        if (x.others.count(v) != 0 || x.said_of_others.count(v) != 0) return SIZE_MAX;
    }
    return threads.size();
}

}  // namespace

std::optional<std::vector<Extraction::Case>> Extraction::cases_of(NodeId term) {
    CountingTerms& t = terms();
    if (std::optional<Value> known = t.known(term)) return std::vector<Case>{{1, *known}};
    // The cases would be those of so many threads as there are here.
    if (t.is_crowd(term) && threads_in(*this, term) != 1) return std::nullopt;
    NodeId atom = t[term].sum[0].first;
    const Node first = t[atom];
    std::vector<Case> out_cases;
    auto add = [&](NodeId condition, NodeId rest) {
        std::optional<std::vector<Case>> more = cases_of(rest);
        if (!more || out_cases.size() + more->size() > kMostCases) return false;
        for (const Case& one : *more) {
            NodeId both = t.both(condition, one.condition);
            if (!t.is_false(both)) out_cases.push_back({both, one.value});
        }
        return true;
    };
    if (first.kind == NodeKind::kIf) {
        Value factor = t[term].sum[0].second;
        auto with = [&](NodeId value) {
            NodeId without = term;
            // Taken out, and put back as what it is.
            NodeId alone = t.choose(first.kids[0], first.kids[1], first.kids[2]);
            without = t.subtract(without, t.scale(alone, factor));
            return t.add(without, t.scale(value, factor));
        };
        if (!add(first.kids[0], with(first.kids[1])) || !add(t.negation(first.kids[0]), with(first.kids[2]))) return std::nullopt;
        return out_cases;
    }
    std::optional<std::vector<Value>> values = values_of(first.variable);
    if (!values) return std::nullopt;
    for (Value value : *values) {
        NodeId rest = t.replace(
            term, [&](VariableNumber v) { return v == first.variable ? std::optional<NodeId>(t.number(value)) : std::nullopt; });
        if (!add(t.equal(t.variable(first.variable), t.number(value)), rest)) return std::nullopt;
    }
    return out_cases;
}

// -------------------------------------------------------------------------------------------------- the expressions

NodeId CountingEvaluator::evaluate(ExprId id) {
    const Expr e = system_.pool[id];
    switch (e.kind) {
        case ExprKind::kLiteral: return terms_.number(e.value);
        case ExprKind::kConstant:
            for (const ParameterForm& form : x_.parameters.forms) {
                if (form.constant_number == e.index) return x_.parameter_term(form);
            }
            return terms_.number(e.value);
        case ExprKind::kSelf: return terms_.number(thread_);
        case ExprKind::kSelfIndex: return terms_.number(system_.threads[thread_].index);
        case ExprKind::kRegister: return registers_[e.index];
        case ExprKind::kLoad: {
            bool before = e.index != 0;
            return pointwise({evaluate(e.a)}, [&](const std::vector<Value>& at) {
                bool inside = at[0] >= 0 && static_cast<std::size_t>(at[0]) < system_.cell_count();
                return inside ? load(static_cast<Address>(at[0]), before) : terms_.number(0);
            });
        }
        case ExprKind::kLookup:
            return pointwise({evaluate(e.a)}, [&](const std::vector<Value>& at) {
                const std::vector<Value>& entries = system_.pool.table(e.index).entries;
                bool inside = at[0] >= 0 && static_cast<std::size_t>(at[0]) < entries.size();
                return terms_.number(inside ? entries[static_cast<std::size_t>(at[0])] : 0);
            });
        case ExprKind::kOp: return operation(e);
    }
    refuse("an expression of an unknown kind");
}

NodeId CountingEvaluator::operation(const Expr& e) {
    NodeId a = evaluate(e.a);
    NodeId b = e.b.valid() ? evaluate(e.b) : terms_.number(0);
    NodeId c = e.c.valid() ? evaluate(e.c) : terms_.number(0);
    switch (e.op) {
        case Op::kNegate: return arithmetic(Op::kSubtract, e.type, terms_.number(0), a);
        case Op::kAdd:
        case Op::kSubtract:
        case Op::kMultiply: return arithmetic(e.op, e.type, a, b);
        case Op::kBitAnd:
        case Op::kBitOr:
        case Op::kBitXor: return bits(e.op, e.type, a, b);
        case Op::kShiftLeft:
        case Op::kShiftRight: return shift(e.op, e.type, a, b);
        case Op::kBitNot:
        case Op::kPointerSlot:
        case Op::kPointerMark: return by_values(e.op, e.type, {a});
        case Op::kDivide:
        case Op::kRemainder:
        case Op::kMakePointer: return by_values(e.op, e.type, {a, b});
        case Op::kNot: return terms_.truth(terms_.negation(nonzero(a)));
        case Op::kAnd: return terms_.truth(terms_.both(nonzero(a), nonzero(b)));
        case Op::kOr: return terms_.truth(terms_.either(nonzero(a), nonzero(b)));
        case Op::kImplies: return terms_.truth(terms_.implies(nonzero(a), nonzero(b)));
        case Op::kEqual:
        case Op::kNotEqual:
        case Op::kLess:
        case Op::kLessEqual:
        case Op::kGreater:
        case Op::kGreaterEqual: return terms_.truth(compare(e.op, e.type, a, b));
        case Op::kConvert: return convert(e.type, a);
        case Op::kSelect: return terms_.choose(nonzero(a), b, c);
    }
    refuse("an operator of an unknown kind");
}

NodeId CountingEvaluator::by_values(Op op, const ScalarType& type, const std::vector<NodeId>& operands) {
    NodeId possible = 1;
    NodeId result = pointwise(operands, [&](const std::vector<Value>& v) {
        Evaluated out = quire::evaluate(op, type, v[0], v.size() > 1 ? v[1] : 0, 0);
        if (out.fault != Fault::kNone) {
            NodeId here = 1;
            for (std::size_t i = 0; i < operands.size(); ++i)
                here = terms_.both(here, terms_.equal(operands[i], terms_.number(v[i])));
            NodeId not_here = terms_.negation(here);
            possible = terms_.both(possible, not_here);
            fails_unless(not_here, system_.fault_property(out.fault));
        }
        return terms_.number(out.value);
    });
    return result;
}

// The result of plain arithmetic, in the type: an overflow is a fault, or wraps.
NodeId CountingEvaluator::into_type(const ScalarType& type, NodeId raw) {
    Bounds range = terms_.range(raw);
    constexpr Value kFarthest = kFar / 2;
    if (type.bits == 64) {
        if (!type.is_signed && range.lo < 0) leaves_unless(terms_.at_most(terms_.number(0), raw), "an unsigned value wraps");
        if (range.lo < -kFarthest || range.hi > kFarthest) {
            NodeId inside =
                terms_.both(terms_.at_most(terms_.number(-kFarthest), raw), terms_.at_most(raw, terms_.number(kFarthest)));
            leaves_unless(inside, "a number of 64 bits may overflow");
        }
        return raw;
    }
    Value lo = smallest_value(type);
    Value hi = largest_value(type);
    if (range.lo >= lo && range.hi <= hi) return raw;
    NodeId above = terms_.at_most(terms_.number(lo), raw);
    NodeId below = terms_.at_most(raw, terms_.number(hi));
    if (type.is_signed) {
        fails_unless(terms_.both(above, below), system_.fault_property(Fault::kSignedOverflow));
        return raw;
    }
    Value all = hi - lo + 1;
    if (range.lo < lo - all || range.hi > hi + all) refuse("arithmetic that wraps more than once");
    return terms_.choose(below, terms_.choose(above, raw, terms_.add(raw, terms_.number(all))),
                         terms_.subtract(raw, terms_.number(all)));
}

NodeId CountingEvaluator::arithmetic(Op op, const ScalarType& type, NodeId a, NodeId b) {
    if (op == Op::kAdd) return into_type(type, terms_.add(a, b));
    if (op == Op::kSubtract) return into_type(type, terms_.subtract(a, b));
    std::optional<Value> x = terms_.known(a);
    std::optional<Value> y = terms_.known(b);
    constexpr Value kSmall = Value{1} << 24;
    if (x && y) return by_values(op, type, {a, b});
    if (y && *y > -kSmall && *y < kSmall) return into_type(type, terms_.scale(a, *y));
    if (x && *x > -kSmall && *x < kSmall) return into_type(type, terms_.scale(b, *x));
    return by_values(op, type, {a, b});
}

NodeId CountingEvaluator::compare(Op op, const ScalarType& type, NodeId a, NodeId b) {
    bool threads = type.kind == ScalarKind::kThread;
    auto names_other = [&](NodeId term) { return terms_.known(term) == kOtherThread; };
    if (threads && names_other(a) && names_other(b)) refuse("two threads are compared that are not known");
    if (op == Op::kEqual || op == Op::kNotEqual) {
        // Whom an owned cell names is known to that thread alone.
        for (bool swapped : {false, true}) {
            NodeId cell = swapped ? b : a;
            std::optional<Value> value = terms_.known(swapped ? a : b);
            const Node n = terms_[cell];
            if (!value || n.sum.size() != 1 || n.constant != 0 || terms_[n.sum[0].first].kind != NodeKind::kVariable) continue;
            const VariableNumber variable = terms_[n.sum[0].first].variable;
            if (auto other = x_.others.find(variable); other != x_.others.end() && n.sum[0].second == 1) {
                const auto& [role, slot] = other->second;
                if (!x_.is_only(system_.roles[role].first_thread)) continue;
                NodeId has = x_.only_has(role, slot, *value);
                return op == Op::kEqual ? has : terms_.negation(has);
            }
            auto owner = x_.owner.find(variable);
            if (owner == x_.owner.end()) continue;
            NodeId equal = 0;
            if (*value == 0) {
                equal = terms_.equal(x_.global(owner->second), terms_.number(0));
            } else if (*value > 0 && static_cast<std::size_t>(*value) < system_.threads.size()) {
                auto t = static_cast<ThreadNumber>(*value);
                std::uint32_t slot = x_.cells.owned_slot(system_.threads[t].role, owner->second);
                equal = terms_.equal(x_.foreign_slot(t, slot), terms_.number(1));
            }
            return op == Op::kEqual ? equal : terms_.negation(equal);
        }
    }
    if (type.kind == ScalarKind::kInteger && !type.is_signed && type.bits == 64 && op != Op::kEqual && op != Op::kNotEqual &&
        (terms_.range(a).lo < 0 || terms_.range(b).lo < 0))
        return nonzero(by_values(op, type, {a, b}));
    switch (op) {
        case Op::kEqual: return terms_.equal(a, b);
        case Op::kNotEqual: return terms_.negation(terms_.equal(a, b));
        case Op::kLess: return terms_.negation(terms_.at_most(b, a));
        case Op::kLessEqual: return terms_.at_most(a, b);
        case Op::kGreater: return terms_.negation(terms_.at_most(a, b));
        case Op::kGreaterEqual: return terms_.at_most(b, a);
        default: break;
    }
    refuse("a comparison of an unknown kind");
}

std::optional<std::vector<NodeId>> bits_of(CountingTerms& terms, NodeId term) {
    const Node n = terms[term];
    if (n.constant < 0 || n.constant >= (Value{1} << kMostSplitBits)) return std::nullopt;
    std::vector<NodeId> bits(kMostSplitBits, terms.number(0));
    for (std::uint32_t i = 0; i < kMostSplitBits; ++i) {
        if ((n.constant >> i & 1) != 0) bits[i] = terms.number(1);
    }
    for (const auto& [atom, factor] : n.sum) {
        std::uint32_t i = 0;
        while (i < kMostSplitBits && (Value{1} << i) != factor) ++i;
        if (i == kMostSplitBits || terms.known(bits[i]) != Value{0}) return std::nullopt;
        const Node a = terms[atom];
        bits[i] = a.kind == NodeKind::kVariable ? terms.variable(a.variable) : terms.choose(a.kids[0], a.kids[1], a.kids[2]);
        Bounds range = terms.range(bits[i]);
        if (range.lo < 0 || range.hi > 1) return std::nullopt;
    }
    return bits;
}

// In the next round the word that this is about is made of its bits.
void CountingEvaluator::want_bits(NodeId term) {
    for (VariableNumber v : terms_.variables_of(term)) {
        const CountingVariable& variable = x_.out.variables[v];
        if (variable.kind != CountingVariable::Kind::kGlobal || variable.bit != kNone || variable.owned) continue;
        const Variable& declared = system_.variables[system_.cell_variable[variable.cell]];
        bool word = declared.type.kind == ScalarKind::kInteger && declared.lo == 0 && declared.hi < (Value{1} << kMostSplitBits);
        if (word && !x_.knowledge.cells[variable.cell].split) throw SplitCell{variable.cell};
    }
}

NodeId CountingEvaluator::bits(Op op, const ScalarType& type, NodeId a, NodeId b) {
    std::optional<Value> y = terms_.known(b);
    if (!y && terms_.known(a)) {
        std::swap(a, b);
        y = terms_.known(b);
    }
    if (!y || terms_.known(a)) return by_values(op, type, {a, b});
    std::optional<std::vector<NodeId>> word = bits_of(terms_, a);
    if (!word) {
        want_bits(a);
        return by_values(op, type, {a, b});
    }
    if (op != Op::kBitAnd && (*y < 0 || *y >= (Value{1} << kMostSplitBits))) return by_values(op, type, {a, b});
    NodeId sum = terms_.number(0);
    for (std::uint32_t i = 0; i < kMostSplitBits; ++i) {
        bool mask = (*y >> i & 1) != 0;
        NodeId bit = (*word)[i];
        if (op == Op::kBitAnd && !mask) bit = terms_.number(0);
        if (op == Op::kBitOr && mask) bit = terms_.number(1);
        if (op == Op::kBitXor && mask) bit = terms_.subtract(terms_.number(1), bit);
        sum = terms_.add(sum, terms_.scale(bit, Value{1} << i));
    }
    return sum;
}

NodeId CountingEvaluator::shift(Op op, const ScalarType& type, NodeId a, NodeId b) {
    std::optional<Value> count = terms_.known(b);
    if (op == Op::kShiftRight && count && *count >= 0 && *count < 32 && !terms_.known(a)) {
        if (std::optional<std::vector<NodeId>> word = bits_of(terms_, a)) {
            NodeId sum = terms_.number(0);
            for (auto i = static_cast<std::uint32_t>(*count); i < kMostSplitBits; ++i)
                sum = terms_.add(sum, terms_.scale((*word)[i], Value{1} << (i - static_cast<std::uint32_t>(*count))));
            return sum;
        }
        want_bits(a);
    }
    return by_values(op, type, {a, b});
}

NodeId CountingEvaluator::convert(const ScalarType& type, NodeId a) {
    if (type.kind == ScalarKind::kBool) return terms_.truth(nonzero(a));
    if (type.kind != ScalarKind::kInteger || terms_.known(a)) return by_values(Op::kConvert, type, {a});
    Bounds range = terms_.range(a);
    if (type.bits == 64) return range.lo >= 0 || type.is_signed ? a : by_values(Op::kConvert, type, {a});
    if (range.lo >= smallest_value(type) && range.hi <= largest_value(type)) return a;
    return by_values(Op::kConvert, type, {a});
}

}  // namespace quire::prove
