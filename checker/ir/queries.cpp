// What only properties and ghost code may ask: other threads, labels, the past, all instances of a struct.
#include "ir/builder.h"

#include "support/invariant.h"

namespace quire::ir {

namespace {

// A quantifier over a range becomes that many copies of its body, which evaluate faster than a loop, or a loop.
constexpr Value kMostCopies = 256;
constexpr std::uint64_t kMostNestedCopies = 4096;

}  // namespace

ExprId Builder::query(const TypedExpression& e) {
    switch (e.kind) {
        case ExpressionKind::kThreadOf: {
            const ThreadRole& role = context_.system.roles[e.role.value];
            if (e.operands.empty() || !e.operands[0].valid()) return pool().literal(role.first_thread, kThreadType);
            ExprId index = settle(expression(e.operands[0]), kIntType);
            ExprId inside = pool().logical_and(pool().op(Op::kGreaterEqual, kLongType, index, lit(0)),
                                               pool().op(Op::kLess, kLongType, index, lit(role.count)));
            check(inside, "out_of_bounds");
            return pool().op(Op::kAdd, kLongType, index, lit(role.first_thread));
        }
        case ExpressionKind::kIrqsOn: return irqs_on(e);
        case ExpressionKind::kThreadIndex: {
            ExprId thread = expression(e.operands[0]);
            if (pool()[thread].kind == ExprKind::kSelf && !mode_.pure) return pool().self_index();
            check(pool().op(Op::kGreater, kLongType, thread, lit(0)), "out_of_bounds");
            return pool().lookup(context_.thread_index_table, thread, kIntType);
        }
        case ExpressionKind::kThreadLocal: return thread_local_value(e);
        case ExpressionKind::kAt: return at_label(e);
        case ExpressionKind::kLive:
            return live(settle(expression(e.operands[0]), scalar(e.operands[0])),
                        context_.typed[context_.typed[e.operands[0]].type].structure);
        case ExpressionKind::kOld: {
            bool before = mode_.before;
            mode_.before = true;
            ExprId value = expression(e.operands[0]);
            mode_.before = before;
            return value;
        }
        case ExpressionKind::kActing: return pool().equal(expression(e.operands[0]), pool().self());
        case ExpressionKind::kBalance:
        case ExpressionKind::kTotal: {
            Resolved place = resolve(e.place, true);
            const StructMember& member = ledger_member(e.place);
            check_guards(place);
            if (e.kind == ExpressionKind::kTotal) return ledger_sum(place.address, member);
            Account account;
            account.named = e.account;
            if (!e.operands.empty()) account.thread = e.operands[0];
            return load(ledger_cell(place, member, account), kIntType);
        }
        case ExpressionKind::kQuantifier: return quantifier(e);
        default: UNREACHABLE("not a query");
    }
}

ExprId Builder::irqs_on(const TypedExpression& e) {
    if (context_.irqs_off == 0) return pool().truth(true);
    ExprId cell = own_cell(context_.irqs_off);
    if (!e.operands.empty() && e.operands[0].valid()) {
        cell = pool().add_long(lit(context_.irqs_off), settle(expression(e.operands[0]), kThreadType));
    }
    return pool().logical_not(load(cell, kBoolType));
}

ExprId Builder::thread_local_value(const TypedExpression& e) {
    const ThreadRole& role = context_.system.roles[e.role.value];
    ExprId thread = settle(expression(e.operands[0]), kThreadType);
    ExprId index = pool().op(Op::kSubtract, kLongType, thread, lit(role.first_thread));
    ExprId inside = pool().logical_and(pool().op(Op::kGreaterEqual, kLongType, index, lit(0)),
                                       pool().op(Op::kLess, kLongType, index, lit(role.count)));
    check(inside, "out_of_bounds");
    std::uint32_t variable = context_.shared_locals.at({e.role.value, e.local});
    return load(pool().add_long(lit(context_.system.variables[variable].base), index), context_.system.variables[variable].type);
}

ExprId Builder::at_label(const TypedExpression& e) {
    ExprId thread = settle(expression(e.operands[0]), kThreadType);
    return load(pool().add_long(lit(context_.watched_labels.at(e.label)), thread), kBoolType);
}

// Calls `body` with each value of the bound variable, in order; code in between decides whether to go on.
void Builder::each_binding(const TypedExpression& e, const std::function<void(ExprId)>& bound_body) {
    auto body = [&](ExprId value) {
        if (!too_large()) bound_body(value);  // what is too large already is not worth the time to finish
    };
    auto guarded = [&](ExprId condition, ExprId value) {
        std::uint32_t yes = 0;
        std::uint32_t no = 0;
        branch(condition, yes, no);
        std::uint32_t join = nop();
        current_ = yes;
        body(value);
        jump_to(join);
        current_ = no;
        link_to(join);
    };
    switch (e.domain) {
        case Domain::kInstances: {
            ScalarType type{ScalarKind::kPointer, 64, true, e.structure.value};
            const std::vector<MemoryLayout::Placed>& places = context_.layout.places(e.structure);
            for (std::uint32_t slot = 1; slot <= context_.layout.real_place_count(e.structure); ++slot) {
                if (places[slot - 1].local) continue;
                Address in_use = context_.system.objects[places[slot - 1].object].in_use;
                bool pooled = places[slot - 1].object != 0;
                guarded(pooled ? load(lit(in_use), kBoolType) : pool().truth(true),
                        pool().literal(2 * static_cast<Value>(slot), type));
            }
            return;
        }
        case Domain::kRole: {
            const ThreadRole& role = context_.system.roles[e.role.value];
            for (std::uint32_t i = 0; i < role.count; ++i) body(pool().literal(role.first_thread + i, kThreadType));
            return;
        }
        case Domain::kContainer: {
            Resolved place = resolve(e.place, true);
            check_guards(place);
            TypeId element = context_.typed[place.type].element;
            if (context_.typed[place.type].kind == TypeKind::kSet) {
                for (std::uint32_t i = 0; i < context_.layout.universe_of(element).size; ++i) {
                    ExprId cell = cell_at(place, lit(i), kIntType);
                    guarded(pool().op(Op::kNotEqual, kLongType, cell, lit(0)), element_value(element, lit(i), cell));
                }
                return;
            }
            ExprId length = load(place.address, kIntType);
            ScalarType type = scalar_type(context_.typed, element);
            for (std::uint32_t i = 0; i < context_.layout.extent_of(place.type); ++i) {
                guarded(pool().op(Op::kLess, kLongType, lit(i), length), cell_at(place, lit(i + 1), type));
            }
            return;
        }
        case Domain::kRange: break;
    }
    ScalarType type = scalar_type(context_.typed, context_.typed[e.local].type);
    ExprId lo = expression(e.operands[1]);
    ExprId hi = expression(e.operands[2]);
    Value first = 0;
    Value last = 0;
    if (pool().known_value(lo, first) && pool().known_value(hi, last) && first <= last && last - first < kMostCopies &&
        unrolled_ * static_cast<std::uint64_t>(last - first + 1) <= kMostNestedCopies) {
        std::uint64_t copies = static_cast<std::uint64_t>(last - first + 1);
        unrolled_ *= copies;
        for (Value v = first; v <= last; ++v) body(pool().literal(v, type));
        unrolled_ /= copies;
        return;
    }
    std::uint32_t end_value = temporary(kLongType, "last");
    std::uint32_t index = temporary(kLongType, "index");
    set(index, lo);
    set(end_value, hi);
    std::uint32_t head = nop();
    link_to(head);
    std::uint32_t yes = 0;
    std::uint32_t no = 0;
    branch(pool().op(Op::kLessEqual, kLongType, reg(index), reg(end_value)), yes, no);
    current_ = yes;
    body(reg(index));
    set(index, pool().op(Op::kAdd, kLongType, reg(index), lit(1)));
    jump_to(head);
    current_ = no;
}

ExprId Builder::quantifier(const TypedExpression& e) {
    bool counts = e.quantifier == Quantifier::kCount;
    bool forall = e.quantifier == Quantifier::kForall;
    std::uint32_t result = temporary(counts ? kIntType : kBoolType, "quantified");
    set(result, counts ? lit(0) : pool().truth(forall));
    std::uint32_t done = nop();
    each_binding(e, [&](ExprId value) {
        bound_values_[e.local] = value;
        ExprId holds = truth(e.operands[0]);
        if (e.domain == Domain::kRole && context_.thread_marks != 0) {
            ExprId marked = load(pool().add_long(lit(context_.thread_marks), value), kBoolType);
            holds = forall ? pool().op(Op::kOr, kBoolType, pool().logical_not(marked), holds) : pool().logical_and(marked, holds);
        }
        if (counts) {
            set(result, pool().op(Op::kAdd, kLongType, reg(result), pool().op(Op::kNotEqual, kLongType, holds, lit(0))));
            return;
        }
        std::uint32_t yes = 0;
        std::uint32_t no = 0;
        branch(holds, yes, no);
        current_ = forall ? no : yes;
        set(result, pool().truth(!forall));
        jump_to(done);
        current_ = forall ? yes : no;
    });
    bound_values_.erase(e.local);
    link_to(done);
    return reg(result);
}

}  // namespace quire::ir
