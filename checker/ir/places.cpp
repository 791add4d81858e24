// Places: from typed lvalues to addresses with the checks that their access makes.
#include "ir/builder.h"

#include "support/invariant.h"

namespace quire::ir {

Resolved Builder::deref(ExprId pointer, StructId structure, TypeId type) {
    Resolved place;
    place.type = type;
    place.shared = true;
    place.pointer = pointer;
    place.pointer_struct = structure;
    place.tracked = context_.layout.has_local_places(structure);
    ExprId slot = pool().op(Op::kPointerSlot, kLongType, pointer);
    place.guards.push_back({pool().op(Op::kGreater, kLongType, slot, lit(0)), context_.check("null_dereference")});
    if (context_.layout.has_phantoms(structure)) {
        ExprId real = lit(context_.layout.real_place_count(structure));
        place.guards.push_back({pool().op(Op::kLessEqual, kLongType, slot, real), context_.check("out_of_bounds")});
    }
    if (context_.layout.can_dangle(structure) && enabled("use_after_free")) {
        ExprId fine = pool().logical_not(pool().op(Op::kPointerMark, kBoolType, pointer));
        if (context_.layout.has_typesafe(structure)) {
            ExprId reused = pool().lookup(context_.layout.typesafe_table(structure), slot, kBoolType);
            fine = pool().op(Op::kOr, kBoolType, fine, reused);
        }
        place.guards.push_back({fine, context_.check("use_after_free")});
    }
    place.address = pool().lookup(context_.layout.base_table(structure), slot, kLongType);
    return place;
}

Resolved Builder::member_of(Resolved base, std::uint32_t member, TypeId type) {
    StructId structure = context_.typed[base.type].structure;
    std::uint32_t offset = context_.layout.offset_of(structure, member);
    if (base.kind == Resolved::Kind::kRegisters) base.leaf += offset;
    if (base.kind == Resolved::Kind::kMemory) base.address = pool().add_long(base.address, lit(offset));
    base.type = type;
    base.path.push_back(member);
    return base;
}

Resolved Builder::part_of(const Resolved& whole, const MemoryLayout::Scalar& part) {
    Resolved place = whole;
    place.type = part.type;
    if (whole.kind == Resolved::Kind::kRegisters) place.leaf += part.offset;
    if (whole.kind == Resolved::Kind::kMemory) place.address = pool().add_long(whole.address, lit(part.offset));
    return place;
}

Resolved Builder::resolve(PlaceId id, bool frozen) {
    const Place& p = context_.typed[id];
    switch (p.kind) {
        case PlaceKind::kLocal: {
            if (context_.typed[p.local].is_reference) {
                auto bound = bound_places_.find(p.local);
                INVARIANT(bound != bound_places_.end(), "unbound reference '" + context_.typed[p.local].name + "'");
                return bound->second;
            }
            Resolved place;
            place.type = p.type;
            const Region* region = graph_.executor == kNone ? nullptr : context_.layout.region(graph_.executor, p.local);
            if (region != nullptr) {
                ExprId index = context_.executors[graph_.executor].role.valid() ? pool().self_index() : lit(0);
                ExprId offset = pool().op(Op::kMultiply, kLongType, index, lit(region->size));
                place.address = pool().add_long(lit(region->base), offset);
                place.shared = context_.typed[p.local].in_memory;
                place.tracked = region->tracked;
                return place;
            }
            place.kind = Resolved::Kind::kRegisters;
            place.local = p.local;
            auto value = bound_values_.find(p.local);
            if (value != bound_values_.end()) place.bound = value->second;
            return place;
        }
        case PlaceKind::kGlobal: {
            Resolved place;
            place.type = p.type;
            place.address = lit(context_.layout.global(p.global));
            place.shared = true;
            return place;
        }
        case PlaceKind::kDeref: {
            StructId structure = context_.typed[context_.typed[p.operand].type].structure;
            ExprId pointer = expression(p.operand);
            pointer = frozen ? freeze(pointer, scalar(p.operand)) : settle(pointer, scalar(p.operand));
            return deref(pointer, structure, p.type);
        }
        case PlaceKind::kMember: return member_of(resolve(p.base, frozen), p.member, p.type);
        case PlaceKind::kIndex: break;
    }
    Resolved base = resolve(p.base, frozen);
    ExprId index = expression(p.operand);
    index = frozen ? freeze(index, scalar(p.operand)) : settle(index, scalar(p.operand));
    Value extent = context_.layout.extent_of(base.type);
    ExprId inside = pool().logical_and(pool().op(Op::kGreaterEqual, kLongType, index, lit(0)),
                                       pool().op(Op::kLess, kLongType, index, lit(extent)));
    Guard guard{inside, context_.check("out_of_bounds")};
    if (base.shared)
        base.guards.push_back(guard);
    else
        check(guard);
    // Nobody gets past a check that is known to fail. The address behind it names a cell all the same, so that an address
    // which is a literal always does.
    if (pool().is_literal(inside) && pool()[inside].value == 0) index = lit(0);
    ExprId offset = pool().op(Op::kMultiply, kLongType, index, lit(context_.layout.size_of(p.type)));
    base.address = pool().add_long(base.address, offset);
    base.type = p.type;
    base.indexed = true;
    return base;
}

void Builder::check_guards(const Resolved& place) {
    for (const Guard& guard : place.guards) check(guard);
}

ExprId Builder::load(ExprId address, ScalarType type) { return pool().load(address, type, mode_.before); }

// The value of a scalar place.  `is_step`: a read by real code is a step of its own.
ExprId Builder::read(const Resolved& place, bool is_step, MemoryOrder order) {
    ScalarType type = scalar_type(context_.typed, place.type);
    if (place.kind == Resolved::Kind::kNull) {
        check(pool().truth(false), "null_dereference");
        return pool().literal(0, type);
    }
    if (place.kind == Resolved::Kind::kRegisters) {
        if (place.bound.valid()) return place.bound;
        std::uint32_t number = register_of(place.local, place.leaf);
        if (!mode_.pure) check(reg(flag_of(place.local, place.leaf)), "uninitialised_read");
        return reg(number);
    }
    if (is_step && place.shared) step(NoteKind::kRead, order);
    check_guards(place);
    if (place.tracked && context_.layout.anything_tracked()) {
        ExprId flag = pool().lookup(context_.layout.defined_table(), place.address, kLongType);
        check(load(flag, kBoolType), "uninitialised_read");
    }
    ExprId value = load(place.address, type);
    if (mode_.pure) return value;
    std::uint32_t target = temporary(type);
    if (mode_.ghost || !place.shared) {
        set(target, value);
        return reg(target);
    }
    Node node = make(NodeKind::kRead);
    node.target = target;
    node.address = place.address;
    node.order = order;
    append(node);
    note(NoteKind::kRead, reg(target), place.address);
    return reg(target);
}

void Builder::check_range(TypeId type, ExprId value) {
    const Type& t = context_.typed[type];
    if (!t.has_range) {
        // A range that is checked and shapes nothing (types/typed_program.h, `lo`): its ends stay as they are written.
        if (!t.lo.valid() || !t.hi.valid()) return;
        ExprId inside = pool().logical_and(pool().op(Op::kLessEqual, kLongType, expression(t.lo), value),
                                           pool().op(Op::kLessEqual, kLongType, value, expression(t.hi)));
        check(inside, "out_of_range");
        return;
    }
    ScalarRange range = range_of(context_.typed, type, context_.constants);
    ScalarType scalar = scalar_type(context_.typed, type);
    ExprId lo = pool().op(Op::kGreaterEqual, scalar, value, pool().literal(range.lo, scalar));
    ExprId hi = pool().op(Op::kLessEqual, scalar, value, pool().literal(range.hi, scalar));
    check(pool().logical_and(lo, hi), "out_of_range");
}

void Builder::write(const Resolved& place, ExprId value, bool is_step, MemoryOrder order) {
    if (place.kind == Resolved::Kind::kNull) {
        check(pool().truth(false), "null_dereference");
        return;
    }
    if (place.kind == Resolved::Kind::kRegisters) {
        check_range(place.type, value);
        set(register_of(place.local, place.leaf), value);
        set(flag_of(place.local, place.leaf), pool().truth(true));
        return;
    }
    if (is_step && place.shared) step(NoteKind::kWrite, order);
    check_guards(place);
    check_range(place.type, value);
    if (mode_.ghost || !place.shared) {
        store(place.address, value);
    } else {
        Node node = make(NodeKind::kWrite);
        node.address = place.address;
        node.value = value;
        node.type = scalar_type(context_.typed, place.type);
        node.order = order;
        append(node);
        note(NoteKind::kWrite, value, place.address);
    }
    if (place.tracked && context_.layout.anything_tracked()) {
        store(pool().lookup(context_.layout.defined_table(), place.address, kLongType), pool().truth(true));
    }
}

// The pointer to a struct place.  Through a pointer, NULL stays NULL and the mark is kept.
ExprId Builder::address_of(PlaceId id) {
    const Place& p = context_.typed[id];
    Resolved place = resolve(id, false);
    StructId inner = context_.typed[p.type].structure;
    ScalarType type{ScalarKind::kPointer, 64, true, inner.value};
    if (place.kind == Resolved::Kind::kNull) return pool().literal(0, type);
    INVARIANT(place.kind == Resolved::Kind::kMemory, "the address of a local that is not in memory");
    if (!place.pointer.valid()) {
        for (const Guard& guard : place.guards) check(guard);
        ExprId slot = pool().lookup(context_.layout.slot_table(inner), place.address, kLongType);
        return pool().op(Op::kMakePointer, type, slot, lit(0));
    }
    if (place.path.empty() && !place.indexed) return place.pointer;
    ExprId base_slot = pool().op(Op::kPointerSlot, kLongType, place.pointer);
    ExprId mark =
        context_.layout.can_dangle(place.pointer_struct) ? pool().op(Op::kPointerMark, kLongType, place.pointer) : lit(0);
    check(pool().op(Op::kGreaterEqual, kLongType, base_slot, lit(0)), "out_of_bounds");
    if (!place.indexed) {
        std::uint32_t table = context_.layout.member_table(place.pointer_struct, place.path, inner);
        ExprId slot = pool().lookup(table, base_slot, kLongType);
        if (context_.layout.has_phantoms(place.pointer_struct)) {
            check(pool().op(Op::kGreaterEqual, kLongType, slot, lit(0)), "out_of_bounds");
        }
        return settle(pool().op(Op::kMakePointer, type, slot, mark), type);
    }
    for (const Guard& guard : place.guards) {
        if (guard.property == context_.check("out_of_bounds")) check(guard);
    }
    ExprId slot = pool().lookup(context_.layout.slot_table(inner), place.address, kLongType);
    ExprId is_null = pool().equal(base_slot, lit(0));
    slot = pool().op(Op::kSelect, kLongType, is_null, lit(0), slot);
    return settle(pool().op(Op::kMakePointer, type, slot, mark), type);
}

ExprId Builder::container_of(const TypedExpression& e) {
    ExprId inner_pointer = settle(expression(e.operands[0]), scalar(e.operands[0]));
    StructId inner = context_.typed[context_.typed[e.operands[0]].type].structure;
    ScalarType type = scalar_type(context_.typed, e.type);
    ExprId inner_slot = pool().op(Op::kPointerSlot, kLongType, inner_pointer);
    check(pool().op(Op::kGreaterEqual, kLongType, inner_slot, lit(0)), "out_of_bounds");
    std::uint32_t table = context_.layout.container_table(e.structure, e.member_path, inner);
    ExprId slot = pool().lookup(table, inner_slot, kLongType);
    // A phantom of the inner struct has no container.
    if (context_.layout.has_phantoms(inner)) {
        check(pool().op(Op::kGreaterEqual, kLongType, slot, lit(0)), "out_of_bounds");
    }
    ExprId mark = context_.layout.can_dangle(inner) ? pool().op(Op::kPointerMark, kLongType, inner_pointer) : lit(0);
    return settle(pool().op(Op::kMakePointer, type, slot, mark), type);
}

// live(p): not NULL, not dangling, in use.
ExprId Builder::live(ExprId pointer, StructId structure) {
    if (!structure.valid()) return pool().truth(false);  // a bare NULL or ERR_PTR
    ExprId slot = pool().op(Op::kPointerSlot, kLongType, pointer);
    ExprId named =
        pool().logical_and(pool().op(Op::kGreater, kLongType, slot, lit(0)),
                           pool().op(Op::kLessEqual, kLongType, slot, lit(context_.layout.real_place_count(structure))));
    if (!context_.layout.can_dangle(structure)) return named;
    std::uint32_t result = temporary(kBoolType, "live");
    std::uint32_t yes = 0;
    std::uint32_t no = 0;
    std::uint32_t join = nop();
    branch(named, yes, no);
    current_ = yes;
    ExprId object = pool().lookup(context_.layout.object_table(structure), slot, kLongType);
    ExprId in_use = load(pool().lookup(context_.in_use_table, object, kLongType), kBoolType);
    ExprId unmarked = pool().logical_not(pool().op(Op::kPointerMark, kBoolType, pointer));
    set(result, pool().logical_and(unmarked, in_use));
    jump_to(join);
    current_ = no;
    set(result, pool().truth(false));
    link_to(join);
    return reg(result);
}

}  // namespace quire::ir
