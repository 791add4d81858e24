// alloc, free, use, spawn, ledgers, and the other words that the language has beside C.
#include "ir/builder.h"

#include "support/invariant.h"

namespace quire::ir {

void Builder::release(ExprId object) {
    Node node = make(NodeKind::kRelease);
    node.value = object;
    append(node);
}

ExprId Builder::allocate(const TypedExpression& e) {
    const PoolLayout* pool_layout = context_.layout.pool(e.structure);
    ScalarType type = scalar_type(context_.typed, e.type);
    step(NoteKind::kAllocate);
    std::uint32_t result = temporary(type, "allocated");
    ExprId any = pool().truth(false);
    std::uint32_t size = pool_layout == nullptr ? 0 : pool_layout->size;
    for (std::uint32_t i = 0; i < size; ++i) {
        any = pool().op(Op::kOr, kBoolType, any, pool().logical_not(load(lit(pool_layout->in_use + i), kBoolType)));
    }
    std::uint32_t some = 0;
    std::uint32_t none = 0;
    std::uint32_t join = nop();
    branch(any, some, none);
    current_ = some;
    if (size > 0) {
        if (e.alloc_mode == AllocMode::kMayFail) {
            std::uint32_t fails = temporary(kBoolType, "fails");
            choice(fails, lit(0), lit(1), false);
            std::uint32_t yes = 0;
            std::uint32_t no = 0;
            branch(reg(fails), yes, no);
            current_ = yes;
            set(result, pool().literal(0, type));
            jump_to(join);
            current_ = no;
        }
        take_slot(*pool_layout, e.structure, result);
        jump_to(join);
    }
    current_ = none;
    if (e.alloc_mode == AllocMode::kMustSucceed) drop(pool().truth(false), DropKind::kExhausted);
    set(result, pool().literal(0, type));
    link_to(join);
    note(NoteKind::kAllocate, reg(result));
    return reg(result);
}

// Any free slot, zeroed.
void Builder::take_slot(const PoolLayout& slots, StructId structure, std::uint32_t result) {
    std::uint32_t index = temporary(kIntType, "slot");
    choice(index, lit(0), lit(static_cast<Value>(slots.size) - 1), false);
    ExprId in_use = pool().add_long(lit(slots.in_use), reg(index));
    Node free_slot = make(NodeKind::kRequire);
    free_slot.value = pool().logical_not(load(in_use, kBoolType));
    append(free_slot);
    store(in_use, pool().truth(true));
    ExprId base = pool().add_long(lit(slots.base), pool().op(Op::kMultiply, kLongType, reg(index), lit(slots.stride)));
    for (std::uint32_t cell = 0; cell < slots.stride; ++cell) store(pool().add_long(base, lit(cell)), lit(0));
    ExprId slot = pool().lookup(context_.layout.slot_table(structure), base, kLongType);
    set(result, pool().op(Op::kMakePointer, graph_.registers[result].type, slot, lit(0)));
}

void Builder::free_object(const Statement& s) {
    ScalarType type = scalar(s.operands[0]);
    StructId structure{type.pointee};
    ExprId pointer = settle(expression(s.operands[0]), type);
    step(NoteKind::kFree);
    note(NoteKind::kFree, pointer);
    ExprId slot = pool().op(Op::kPointerSlot, kLongType, pointer);
    std::uint32_t yes = 0;
    std::uint32_t no = 0;
    std::uint32_t join = nop();
    branch(pool().equal(slot, lit(0)), yes, no);
    current_ = yes;
    jump_to(join);
    current_ = no;
    if (!structure.valid()) {  // a bare ERR_PTR
        check(pool().truth(false), "bad_free");
        link_to(join);
        note(NoteKind::kStatement);
        return;
    }
    check(pool().op(Op::kGreater, kLongType, slot, lit(0)), "bad_free");
    std::uint32_t object = temporary(kIntType, "object");
    set(object, pool().lookup(context_.layout.pool_object_table(structure), slot, kLongType));
    check(pool().op(Op::kNotEqual, kLongType, reg(object), lit(0)), "bad_free");
    const PoolLayout* slots = context_.layout.pool(structure);
    if (slots != nullptr && slots->size > 0) {
        ExprId in_use = pool().lookup(context_.in_use_table, reg(object), kLongType);
        check(slots->typesafe ? load(in_use, kBoolType) : pool().logical_not(pool().op(Op::kPointerMark, kBoolType, pointer)),
              "double_free");
        ExprId base = pool().lookup(context_.layout.base_table(structure), slot, kLongType);
        check_ledgers_empty(structure, base);
        store(in_use, pool().truth(false));
        release(reg(object));
    }
    link_to(join);
    note(NoteKind::kStatement);
}

void Builder::check_ledgers_empty(StructId structure, ExprId base) {
    if (!enabled("freed_with_references")) return;
    for (const MemoryLayout::LedgerAt& at : context_.layout.ledgers_in(context_.layout.struct_type(structure))) {
        const StructMember& member = context_.typed[at.structure].members[at.member];
        ExprId sum = ledger_sum(pool().add_long(base, lit(at.offset)), member);
        check(pool().equal(sum, lit(0)), "freed_with_references");
    }
}

void Builder::use(const Statement& s) {
    ScalarType type = scalar(s.operands[0]);
    ExprId pointer = settle(expression(s.operands[0]), type);
    step(NoteKind::kUse, MemoryOrder::kPlain);
    ExprId slot = pool().op(Op::kPointerSlot, kLongType, pointer);
    check(pool().op(Op::kGreater, kLongType, slot, lit(0)), "null_dereference");
    StructId structure{type.pointee};
    if (structure.valid() && context_.layout.has_phantoms(structure)) {
        check(pool().op(Op::kLessEqual, kLongType, slot, lit(context_.layout.real_place_count(structure))), "out_of_bounds");
    }
    if (enabled("use_after_free")) {
        check(pool().logical_not(pool().op(Op::kPointerMark, kBoolType, pointer)), "use_after_free");
    }
    note(NoteKind::kUse, pointer);
    note(NoteKind::kStatement);
}

// The first ended instance starts; parameters of dormant roles always have cells.
void Builder::spawn(const Statement& s) {
    std::vector<BoundArgument> values = arguments(s.arguments);
    step(NoteKind::kSpawn);
    const Role& role = context_.typed[s.role];
    const ThreadRole& target = context_.system.roles[s.role.value];
    for (std::size_t i = 0; i < role.parameters.size(); ++i)
        check_range(context_.typed[role.parameters[i]].type, values[i].value);
    Address location = context_.system.variables[target.location_variable].base;
    std::uint32_t join = nop();
    for (std::uint32_t i = 0; i < target.count; ++i) {
        std::uint32_t yes = 0;
        std::uint32_t no = 0;
        ExprId ended = pool().equal(load(lit(location + i), kLongType), lit(kEndLocation));
        branch(ended, yes, no);
        current_ = yes;
        for (std::size_t p = 0; p < role.parameters.size(); ++p) {
            std::uint32_t variable = context_.shared_locals.at({s.role.value, role.parameters[p]});
            store(lit(context_.system.variables[variable].base + i), values[p].value);
        }
        store(lit(location + i), lit(kStartLocation));
        jump_to(join);
        current_ = no;
    }
    drop(pool().truth(false), DropKind::kExhausted);
    link_to(join);
    note(NoteKind::kSpawn);
    note(NoteKind::kStatement);
}

void Builder::choose_from_pool(const Statement& s) {
    const PoolLayout* slots = context_.layout.pool(s.structure);
    step(NoteKind::kChoosePool);
    std::uint32_t index = temporary(kIntType, "slot");
    choice(index, lit(0), lit(slots == nullptr ? -1 : static_cast<Value>(slots->size) - 1), false);
    if (slots == nullptr) return;
    ExprId in_use = load(pool().add_long(lit(slots->in_use), reg(index)), kBoolType);
    ExprId mark = lit(0);
    if (slots->typesafe) {
        mark = pool().logical_not(in_use);
    } else {
        Node live_slot = make(NodeKind::kRequire);
        live_slot.value = in_use;
        append(live_slot);
    }
    ExprId base = pool().add_long(lit(slots->base), pool().op(Op::kMultiply, kLongType, reg(index), lit(slots->stride)));
    ExprId slot = pool().lookup(context_.layout.slot_table(s.structure), base, kLongType);
    ScalarType type = scalar_type(context_.typed, context_.typed[s.local].type);
    std::uint32_t chosen = temporary(type, "chosen");
    set(chosen, pool().op(Op::kMakePointer, type, slot, mark));
    set_local(s.local, reg(chosen));
    note(NoteKind::kChoosePool, reg(chosen));
}

// ---------------------------------------------------------------------------------------------------------- ledgers

const StructMember& Builder::ledger_member(PlaceId id) const {
    const Place* p = &context_.typed[id];
    if (p->kind == PlaceKind::kLocal && context_.typed[p->local].is_reference) {
        INVARIANT(false, "a ledger passed by reference");
    }
    INVARIANT(p->kind == PlaceKind::kMember, "a ledger that is no member");
    return context_.typed[context_.typed[context_.typed[p->base].type].structure].members[p->member];
}

ExprId Builder::ledger_sum(ExprId address, const StructMember& member) {
    ExprId sum = lit(0);
    for (std::uint32_t i = 0; i < context_.layout.ledger_size(member); ++i) {
        sum = pool().op(Op::kAdd, kLongType, sum, load(pool().add_long(address, lit(i)), kIntType));
    }
    return sum;
}

ExprId Builder::ledger_cell(const Resolved& place, const StructMember& member, const Account& account) {
    if (account.named == kUnbookedAccount) {
        return pool().add_long(place.address, lit(context_.layout.ledger_unbooked(member)));
    }
    if (account.named != kNoAccount) return pool().add_long(place.address, lit(account.named));
    ExprId thread = settle(expression(account.thread), kThreadType);
    ExprId first = pool().add_long(place.address, lit(context_.layout.ledger_thread(member, 0)));
    return pool().add_long(first, thread);
}

void Builder::credit(const Resolved& place, const StructMember& member, const Account& account, ExprId amount) {
    ExprId cell = ledger_cell(place, member, account);
    store(cell, pool().op(Op::kAdd, kLongType, load(cell, kIntType), amount));
}

// A thread draws on its own account, then on what was never booked; a named account on itself alone.
void Builder::debit(const Resolved& place, const StructMember& member, const Account& account, ExprId amount) {
    ExprId cell = ledger_cell(place, member, account);
    ExprId own = settle(load(cell, kIntType), kIntType);
    ExprId less = pool().op(Op::kLess, kLongType, own, amount);
    ExprId drawn = settle(pool().op(Op::kSelect, kLongType, less, own, amount), kLongType);
    ExprId rest = settle(pool().op(Op::kSubtract, kLongType, amount, drawn), kLongType);
    bool checked = enabled("unowned_put");
    if (account.named != kNoAccount) {
        if (checked) check(pool().equal(rest, lit(0)), "unowned_put");
        store(cell, pool().op(Op::kSubtract, kLongType, own, drawn));
        return;
    }
    ExprId unbooked_cell = pool().add_long(place.address, lit(context_.layout.ledger_unbooked(member)));
    ExprId unbooked = settle(load(unbooked_cell, kIntType), kIntType);
    if (checked) check(pool().op(Op::kGreaterEqual, kLongType, unbooked, rest), "unowned_put");
    ExprId left = pool().op(Op::kSubtract, kLongType, unbooked, rest);
    ExprId negative = pool().op(Op::kLess, kLongType, left, lit(0));
    store(cell, pool().op(Op::kSubtract, kLongType, own, drawn));
    store(unbooked_cell, pool().op(Op::kSelect, kLongType, negative, lit(0), left));
}

void Builder::ledger(const Statement& s) {
    Mode mode = mode_;
    mode_.stepping = false;
    mode_.ghost = true;
    Resolved place = resolve(s.place, true);
    const StructMember& member = ledger_member(s.place);
    ExprId amount = s.amount.valid() ? settle(expression(s.amount), scalar(s.amount)) : lit(1);
    check_guards(place);
    check(pool().op(Op::kGreaterEqual, kLongType, amount, lit(0)), "out_of_range");
    if (s.builtin == Builtin::kCredit) credit(place, member, s.to, amount);
    if (s.builtin == Builtin::kDebit) debit(place, member, s.from, amount);
    if (s.builtin == Builtin::kMove) {
        debit(place, member, s.from, amount);
        credit(place, member, s.to, amount);
    }
    if (s.builtin == Builtin::kCredit) count_change(place.address, amount);
    if (s.builtin == Builtin::kDebit) count_change(place.address, pool().op(Op::kSubtract, kLongType, lit(0), amount));
    mode_ = mode;
}

// refresh(cell): the pointer in it names the slot's present object, if there is one.
void Builder::refresh_cell(const Statement& s) {
    Resolved place = resolve(s.place, true);
    StructId structure = context_.typed[place.type].structure;
    if (!context_.layout.can_dangle(structure)) return;
    ScalarType type = scalar_type(context_.typed, place.type);
    ExprId pointer = settle(read(place, false), type);
    ExprId slot = pool().op(Op::kPointerSlot, kLongType, pointer);
    ExprId positive = pool().op(Op::kSelect, kLongType, pool().op(Op::kGreater, kLongType, slot, lit(0)), slot, lit(0));
    ExprId object = pool().lookup(context_.layout.object_table(structure), positive, kLongType);
    ExprId in_use = load(pool().lookup(context_.in_use_table, object, kLongType), kBoolType);
    ExprId fresh = pool().op(Op::kMakePointer, type, slot, lit(0));
    write(place, settle(pool().op(Op::kSelect, type, in_use, fresh, pointer), type), false);
}

// ------------------------------------------------------------------------------------------------------------- rest

void Builder::builtin(const Statement& s) {
    switch (s.builtin) {
        case Builtin::kAssert: {
            ExprId value = truth(s.operands[0]);
            if (enabled("assertion")) check(value, "assertion");
            note(NoteKind::kStatement);
            break;
        }
        case Builtin::kFree: free_object(s); break;
        case Builtin::kUse: use(s); break;
        case Builtin::kAssume:
            drop(truth(s.operands[0]), DropKind::kAssumed);
            note(NoteKind::kStatement);
            break;
        case Builtin::kCover: {
            Node node = make(NodeKind::kCover);
            node.property = context_.first_cover + s.cover.value;
            if (!mode_.pure) append(node);
            break;
        }
        case Builtin::kSpawn: spawn(s); break;
        case Builtin::kCredit:
        case Builtin::kDebit:
        case Builtin::kMove: ledger(s); break;
        case Builtin::kRefresh: refresh_cell(s); break;
        case Builtin::kFence: {
            Node node = make(NodeKind::kFence);
            node.order = s.order;
            node.boundary = mode_.stepping;
            append(node);
            break;
        }
        case Builtin::kIrqDisable:
        case Builtin::kIrqEnable: {
            bool off = s.builtin == Builtin::kIrqDisable;
            if (context_.irqs_off != 0) store(own_cell(context_.irqs_off), pool().truth(off));
            note(NoteKind::kStatement);
            break;
        }
    }
}

}  // namespace quire::ir
