// Sets and lists.  A set is one cell per possible element (0 absent, 1 present, 2 present but dangling); a list is its
// length and then its elements, of which those beyond the length are 0.
#include "ir/builder.h"

#include "support/invariant.h"

namespace quire::ir {

ExprId Builder::cell_at(const Resolved& place, ExprId offset, ScalarType type) {
    return load(pool().add_long(place.address, offset), type);
}

void Builder::store_at(const Resolved& place, ExprId offset, ExprId value) {
    store(pool().add_long(place.address, offset), value);
}

ExprId Builder::element_index(TypeId element, ExprId value) {
    Universe universe = context_.layout.universe_of(element);
    ExprId index = value;
    if (context_.typed[element].kind == TypeKind::kPointer)
        index = pool().op(Op::kPointerSlot, kLongType, value);
    else
        index = pool().op(Op::kSubtract, kLongType, value, lit(universe.lo));
    ExprId inside = pool().logical_and(pool().op(Op::kGreaterEqual, kLongType, index, lit(0)),
                                       pool().op(Op::kLess, kLongType, index, lit(universe.size)));
    check(inside, "out_of_range");
    return index;
}

ExprId Builder::element_value(TypeId element, ExprId index, ExprId cell) {
    ScalarType type = scalar_type(context_.typed, element);
    if (context_.typed[element].kind == TypeKind::kPointer) {
        return pool().op(Op::kMakePointer, type, index, pool().equal(cell, lit(2)));
    }
    const Value lo = context_.layout.universe_of(element).lo;
    return lo == 0 ? index : pool().op(Op::kAdd, kLongType, index, lit(lo));
}

ExprId Builder::same_element(TypeId element, ExprId a, ExprId b) {
    if (context_.typed[element].kind == TypeKind::kPointer) {
        a = pool().op(Op::kPointerSlot, kLongType, a);
        b = pool().op(Op::kPointerSlot, kLongType, b);
    }
    return pool().equal(a, b);
}

ExprId Builder::container(const TypedExpression& e) {
    bool simple = e.operands.empty() || is_local_computation(context_.typed, e.operands[0]);
    Resolved place = resolve(e.place, !simple);
    ExprId operand;
    if (!e.operands.empty()) operand = settle(expression(e.operands[0]), scalar(e.operands[0]));
    if (place.shared) step(NoteKind::kContainer);
    check_guards(place);
    ExprId value =
        context_.typed[place.type].kind == TypeKind::kSet ? set_operation(e, place, operand) : list_operation(e, place, operand);
    note(NoteKind::kContainer, value);
    return value;
}

ExprId Builder::set_operation(const TypedExpression& e, const Resolved& place, ExprId operand) {
    TypeId element = context_.typed[place.type].element;
    std::uint32_t size = context_.layout.universe_of(element).size;
    if (e.container_op == ContainerOp::kEmpty || e.container_op == ContainerOp::kSize) {
        ExprId count = lit(0);
        for (std::uint32_t i = 0; i < size; ++i) {
            ExprId there = pool().op(Op::kNotEqual, kLongType, cell_at(place, lit(i), kIntType), lit(0));
            count = pool().op(Op::kAdd, kLongType, count, there);
        }
        count = settle(count, kIntType);
        return e.container_op == ContainerOp::kSize ? count : pool().equal(count, lit(0));
    }
    ExprId index = settle(element_index(element, operand), kLongType);
    ExprId old = settle(cell_at(place, index, kIntType), kIntType);
    ExprId present = pool().op(Op::kNotEqual, kLongType, old, lit(0));
    switch (e.container_op) {
        case ContainerOp::kContains: return present;
        case ContainerOp::kAdd: {
            ExprId fresh = lit(1);
            if (context_.typed[element].kind == TypeKind::kPointer) {
                fresh = pool().op(Op::kAdd, kLongType, lit(1), pool().op(Op::kPointerMark, kLongType, operand));
            }
            store_at(place, index, pool().op(Op::kSelect, kLongType, present, old, fresh));
            return pool().logical_not(present);
        }
        case ContainerOp::kRemove: store_at(place, index, lit(0)); return present;
        case ContainerOp::kEmpty:
        case ContainerOp::kSize:
        case ContainerOp::kPushFront:
        case ContainerOp::kPushBack:
        case ContainerOp::kPopFront:
        case ContainerOp::kFirst: break;
    }
    UNREACHABLE("a list operation on a set");
}

ExprId Builder::list_operation(const TypedExpression& e, const Resolved& place, ExprId operand) {
    TypeId element = context_.typed[place.type].element;
    ScalarType type = scalar_type(context_.typed, element);
    ExprId length = pool().load(place.address, kIntType, mode_.before);
    switch (e.container_op) {
        case ContainerOp::kSize: return settle(length, kIntType);
        case ContainerOp::kEmpty: return settle(pool().equal(length, lit(0)), kBoolType);
        case ContainerOp::kContains: {
            ExprId found = pool().truth(false);
            for (std::uint32_t i = 0; i < context_.layout.extent_of(place.type); ++i) {
                ExprId there = pool().op(Op::kLess, kLongType, lit(i), length);
                ExprId same = same_element(element, cell_at(place, lit(i + 1), type), operand);
                found = pool().op(Op::kOr, kBoolType, found, pool().logical_and(there, same));
            }
            return settle(found, kBoolType);
        }
        case ContainerOp::kFirst:
            check(pool().op(Op::kGreater, kLongType, length, lit(0)), "out_of_bounds");
            return settle(cell_at(place, lit(1), type), type);
        case ContainerOp::kAdd:
        case ContainerOp::kPushBack:
        case ContainerOp::kPushFront: list_push(e, place, operand); return pool().truth(true);
        case ContainerOp::kRemove: return list_remove(e, place, operand);
        case ContainerOp::kPopFront: return list_take(e, place);
    }
    return {};
}

void Builder::list_push(const TypedExpression& e, const Resolved& place, ExprId operand) {
    std::uint32_t extent = context_.layout.extent_of(place.type);
    ScalarType type = scalar_type(context_.typed, context_.typed[place.type].element);
    std::uint32_t length = temporary(kIntType, "length");
    set(length, load(place.address, kIntType));
    ExprId room = pool().op(Op::kLess, kLongType, reg(length), lit(extent));
    if (context_.layout.list_is_bounded(place.type))
        check(room, "out_of_bounds");
    else
        drop(room, DropKind::kExhausted);
    if (extent == 0) return;
    if (e.container_op == ContainerOp::kPushFront) {
        for (std::uint32_t i = extent; i > 1; --i) store_at(place, lit(i), cell_at(place, lit(i - 1), type));
        store_at(place, lit(1), operand);
    } else {
        store_at(place, pool().add_long(reg(length), lit(1)), operand);
    }
    store(place.address, pool().op(Op::kAdd, kLongType, reg(length), lit(1)));
}

ExprId Builder::list_take(const TypedExpression&, const Resolved& place) {
    std::uint32_t extent = context_.layout.extent_of(place.type);
    ScalarType type = scalar_type(context_.typed, context_.typed[place.type].element);
    ExprId length = load(place.address, kIntType);
    check(pool().op(Op::kGreater, kLongType, length, lit(0)), "out_of_bounds");
    ExprId first = settle(cell_at(place, lit(1), type), type);
    for (std::uint32_t i = 1; i < extent; ++i) store_at(place, lit(i), cell_at(place, lit(i + 1), type));
    if (extent > 0) store_at(place, lit(extent), lit(0));
    store(place.address, pool().op(Op::kSubtract, kLongType, length, lit(1)));
    return first;
}

ExprId Builder::list_remove(const TypedExpression&, const Resolved& place, ExprId operand) {
    std::uint32_t extent = context_.layout.extent_of(place.type);
    TypeId element = context_.typed[place.type].element;
    ScalarType type = scalar_type(context_.typed, element);
    ExprId length = settle(load(place.address, kIntType), kIntType);
    std::uint32_t position = temporary(kIntType, "position");
    set(position, lit(-1));
    for (std::uint32_t i = extent; i > 0; --i) {
        ExprId there = pool().op(Op::kLess, kLongType, lit(i - 1), length);
        ExprId same = same_element(element, cell_at(place, lit(i), type), operand);
        set(position, pool().op(Op::kSelect, kLongType, pool().logical_and(there, same), lit(i - 1), reg(position)));
    }
    ExprId found = settle(pool().op(Op::kGreaterEqual, kLongType, reg(position), lit(0)), kBoolType);
    for (std::uint32_t i = 0; i < extent; ++i) {
        ExprId behind = pool().logical_and(found, pool().op(Op::kGreaterEqual, kLongType, lit(i), reg(position)));
        ExprId next = i + 1 < extent ? cell_at(place, lit(i + 2), type) : pool().literal(0, type);
        store_at(place, lit(i + 1), pool().op(Op::kSelect, type, behind, next, cell_at(place, lit(i + 1), type)));
    }
    store(place.address, pool().op(Op::kSubtract, kLongType, length, found));
    return found;
}

void Builder::choose_member(const Statement& s) {
    Resolved place = resolve(s.place, false);
    TypeId element = context_.typed[place.type].element;
    ScalarType type = scalar_type(context_.typed, element);
    if (place.shared) step(NoteKind::kContainer);
    check_guards(place);
    std::uint32_t index = temporary(kIntType, "member");
    std::uint32_t chosen = temporary(type, "chosen");
    if (context_.typed[place.type].kind == TypeKind::kSet) {
        choice(index, lit(0), lit(static_cast<Value>(context_.layout.universe_of(element).size) - 1), !place.shared);
        ExprId cell = settle(cell_at(place, reg(index), kIntType), kIntType);
        Node present = make(NodeKind::kRequire);
        present.value = pool().op(Op::kNotEqual, kLongType, cell, lit(0));
        append(present);
        set(chosen, element_value(element, reg(index), cell));
    } else {
        ExprId length = load(place.address, kIntType);
        choice(index, lit(0), pool().op(Op::kSubtract, kLongType, length, lit(1)), !place.shared);
        set(chosen, cell_at(place, pool().add_long(reg(index), lit(1)), type));
    }
    set_local(s.local, reg(chosen));
    note(NoteKind::kContainer, reg(chosen));
}

// for (x : s): the snapshot is taken in one step into registers; a set is then gone through in any order.
void Builder::for_each(StatementId id) {
    const Statement& s = context_.typed[id];
    Frame& frame = frames_.back();
    std::uint32_t head = nop();
    std::uint32_t exit = nop();
    frame.labels[s.label] = head;
    frame.label_scopes[s.label] = scopes_;
    frame.labels[s.break_label] = exit;
    frame.label_scopes[s.break_label] = scopes_;
    Resolved place = resolve(s.place, false);
    TypeId element = context_.typed[place.type].element;
    ScalarType type = scalar_type(context_.typed, element);
    if (place.shared) step(NoteKind::kContainer);
    check_guards(place);
    note(NoteKind::kContainer);
    bool is_set = context_.typed[place.type].kind == TypeKind::kSet;
    bool pointers = context_.typed[element].kind == TypeKind::kPointer;
    std::uint32_t size = is_set ? context_.layout.universe_of(element).size : context_.layout.extent_of(place.type);
    if (is_set && context_.empty_sets_at_once && !mode_.stepping && empties(s)) {
        for (std::uint32_t i = 0; i < size; ++i) store_at(place, lit(i), lit(0));
        return;
    }
    std::vector<std::uint32_t> snapshot;
    for (std::uint32_t i = 0; i < size; ++i) {
        std::uint32_t cell = temporary(is_set ? kIntType : type, "snapshot");
        if (is_set && pointers) {
            graph_.registers[cell].member_of = context_.typed[element].structure;
            graph_.registers[cell].member_slot = i;
        }
        set(cell, cell_at(place, lit(is_set ? i : i + 1), is_set ? kIntType : type));
        snapshot.push_back(cell);
    }
    if (is_set && !snapshot.empty()) {
        VirtualRegister& first = graph_.registers[snapshot[0]];
        first.row_size = size;
        if (pointers) {
            first.row_kind = RepetitionKind::kBySlot;
            first.row_group = context_.typed[element].structure.value;
        }
        if (context_.typed[element].kind == TypeKind::kThread) first.row_kind = RepetitionKind::kByThread;
    }
    if (is_set && context_.wait_for_all_at_once && mode_.stepping && waits_for_each(s)) {
        wait_for_all(place, snapshot, exit);
        return;
    }
    std::uint32_t length = temporary(kIntType, "length");
    set(length, is_set ? lit(0) : load(place.address, kIntType));
    std::uint32_t next = temporary(kIntType, "next");
    set(next, lit(0));
    link_to(head);
    if (is_set)
        each_of_set(s, element, snapshot, exit);
    else
        each_of_list(s, type, snapshot, length, next, exit);
    scopes_.push_back(id);
    if (!s.body.empty() && s.body[0].valid()) statement(s.body[0]);
    undefine(s.local);
    scopes_.pop_back();
    jump_to(head);
    current_ = exit;
}

// What stands alone in the body of the loop; null: anything else.
const Statement* Builder::only_statement(const Statement& loop) const {
    if (loop.body.empty() || !loop.body[0].valid()) return nullptr;
    const Statement* body = &context_.typed[loop.body[0]];
    while (body->kind == StatementKind::kBlock) {
        if (body->body.size() != 1 || !body->locals.empty() || !body->body[0].valid()) return nullptr;
        body = &context_.typed[body->body[0]];
    }
    return body;
}

// s.op(x) in `for (x : s)`, of a global set.
bool Builder::is_about(ExpressionId id, ContainerOp op, const Statement& loop) const {
    if (!id.valid()) return false;
    const TypedExpression& e = context_.typed[id];
    if (e.kind != ExpressionKind::kContainer || e.container_op != op) return false;
    const Place& set = context_.typed[loop.place];
    const Place& from = context_.typed[e.place];
    if (set.kind != PlaceKind::kGlobal || from.kind != PlaceKind::kGlobal || from.global != set.global) return false;
    const TypedExpression& what = context_.typed[e.operands[0]];
    return what.kind == ExpressionKind::kRead && context_.typed[what.place].kind == PlaceKind::kLocal &&
           context_.typed[what.place].local == loop.local;
}

// for (x : s) s.remove(x): all of them, in whatever order.  Within one step, where nobody sees them one by one, that is one
// way instead of one for each order.
bool Builder::empties(const Statement& loop) const {
    const Statement* body = only_statement(loop);
    return body != nullptr && body->kind == StatementKind::kExpression && is_about(body->operands[0], ContainerOp::kRemove, loop);
}

// for (x : s) await (!s.contains(x))
bool Builder::waits_for_each(const Statement& loop) const {
    const Statement* body = only_statement(loop);
    if (body == nullptr || body->kind != StatementKind::kAwait || (!body->body.empty() && body->body[0].valid())) return false;
    const TypedExpression& e = context_.typed[body->operands[0]];
    return e.kind == ExpressionKind::kOperator && e.op == Op::kNot && is_about(e.operands[0], ContainerOp::kContains, loop);
}

// Each step forgets all those who are outside now, and there is one.
void Builder::wait_for_all(const Resolved& place, const std::vector<std::uint32_t>& snapshot, std::uint32_t exit) {
    std::uint32_t head = nop();
    link_to(head);
    ExprId any = pool().truth(false);
    ExprId some_left = pool().truth(false);
    for (std::uint32_t cell : snapshot)
        any = pool().op(Op::kOr, kBoolType, any, pool().op(Op::kNotEqual, kLongType, reg(cell), lit(0)));
    std::uint32_t yes = 0;
    std::uint32_t no = 0;
    branch(any, yes, no);
    current_ = no;
    jump_to(exit);
    current_ = yes;
    step(NoteKind::kAwait);
    for (std::uint32_t i = 0; i < snapshot.size(); ++i) {
        ExprId waited = pool().op(Op::kNotEqual, kLongType, reg(snapshot[i]), lit(0));
        ExprId outside = pool().equal(cell_at(place, lit(i), kIntType), lit(0));
        some_left = pool().op(Op::kOr, kBoolType, some_left, pool().logical_and(waited, outside));
    }
    Node node = make(NodeKind::kRequire);
    node.value = some_left;
    append(node);
    note(NoteKind::kStatement);
    for (std::uint32_t i = 0; i < snapshot.size(); ++i) {
        ExprId inside = pool().op(Op::kNotEqual, kLongType, cell_at(place, lit(i), kIntType), lit(0));
        set(snapshot[i], pool().op(Op::kSelect, kLongType, inside, reg(snapshot[i]), lit(0)));
    }
    jump_to(head);
    current_ = exit;
}

void Builder::each_of_set(const Statement& s, TypeId element, const std::vector<std::uint32_t>& snapshot, std::uint32_t exit) {
    ExprId any = pool().truth(false);
    for (std::uint32_t cell : snapshot) {
        any = pool().op(Op::kOr, kBoolType, any, pool().op(Op::kNotEqual, kLongType, reg(cell), lit(0)));
    }
    std::uint32_t yes = 0;
    std::uint32_t no = 0;
    branch(any, yes, no);
    current_ = no;
    jump_to(exit);
    current_ = yes;
    std::uint32_t index = temporary(kIntType, "member");
    choice(index, lit(0), lit(static_cast<Value>(snapshot.size()) - 1), true);
    ExprId cell = lit(0);
    for (std::size_t i = 0; i < snapshot.size(); ++i) {  // a sum, for all but one are 0, and in a sum no order shows
        ExprId here = pool().equal(reg(index), lit(static_cast<Value>(i)));
        cell = pool().op(Op::kAdd, kLongType, cell, pool().op(Op::kSelect, kLongType, here, reg(snapshot[i]), lit(0)));
    }
    cell = settle(cell, kIntType);
    Node present = make(NodeKind::kRequire);
    present.value = pool().op(Op::kNotEqual, kLongType, cell, lit(0));
    append(present);
    ScalarType type = scalar_type(context_.typed, element);
    ExprId value = settle(element_value(element, reg(index), cell), type);
    for (std::size_t i = 0; i < snapshot.size(); ++i) {
        ExprId taken = pool().equal(reg(index), lit(static_cast<Value>(i)));
        set(snapshot[i], pool().op(Op::kSelect, kLongType, taken, lit(0), reg(snapshot[i])));
    }
    set_local(s.local, value);
}

void Builder::each_of_list(const Statement& s, ScalarType type, const std::vector<std::uint32_t>& snapshot, std::uint32_t length,
                           std::uint32_t next, std::uint32_t exit) {
    std::uint32_t yes = 0;
    std::uint32_t no = 0;
    branch(pool().op(Op::kLess, kLongType, reg(next), reg(length)), yes, no);
    current_ = no;
    jump_to(exit);
    current_ = yes;
    ExprId value = pool().literal(0, type);
    for (std::size_t i = 0; i < snapshot.size(); ++i) {
        value = pool().op(Op::kSelect, type, pool().equal(reg(next), lit(static_cast<Value>(i))), reg(snapshot[i]), value);
    }
    value = settle(value, type);
    set(next, pool().op(Op::kAdd, kLongType, reg(next), lit(1)));
    set_local(s.local, value);
}

}  // namespace quire::ir
