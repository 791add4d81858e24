// Accesses with their checks, the ends of objects, containers and ledgers.
#include <algorithm>

#include "reference/machine.h"

namespace quire::reference {

bool Machine::is_shared(const Item& address) const {
    return address.address == AddressKind::kShared || address.address == AddressKind::kThroughPointer ||
           address.address == AddressKind::kNull;
}

// The cell that an address names, after the checks that belong to an access, in their order.
std::optional<std::uint32_t> Machine::resolve(const Item& address, const SourceSpan& span) {
    std::uint32_t cell = address.cell;
    if (address.address == AddressKind::kNull) {
        fail_for_good("null_dereference", span);
        return std::nullopt;
    }
    if (address.address == AddressKind::kThroughPointer) {
        if (slot_of(address.value) <= 0) {
            fail_for_good("null_dereference", span);
            return std::nullopt;
        }
        if (is_phantom(layout_, address.structure, address.value)) {
            fail_for_good("out_of_bounds", span);
            return std::nullopt;
        }
        std::uint32_t base = cell_of_pointer(layout_, address.structure, address.value);
        std::uint32_t object = layout_.object_of_cell[base];
        bool typesafe = object != kNone && layout_.objects[object].typesafe;
        if (is_dangling(address.value) && !typesafe && fail("use_after_free", span)) return std::nullopt;
        cell += base;
    }
    if (address.bad_index) {
        fail_for_good("out_of_bounds", span);
        return std::nullopt;
    }
    return cell;
}

std::optional<Item> Machine::read(const Item& address, const SourceSpan& span) {
    std::optional<std::uint32_t> cell = resolve(address, span);
    if (!cell) return std::nullopt;
    if (state_.defined[*cell] == 0) {
        fail_for_good("uninitialised_read", span);
        return std::nullopt;
    }
    return item_of(layout_.cells[*cell].type, state_.cells[*cell]);
}

bool Machine::check_range(TypeId type, Value value, const SourceSpan& span) {
    const Range& range = layout_.ranges[type.index()];
    if (!range.limited || (value >= range.lo && value <= range.hi)) return true;
    fail_for_good("out_of_range", span);
    return false;
}

// What is stored is what the type of the *cell* leaves of the value.
std::optional<Value> Machine::write(std::uint32_t cell, Value value, const SourceSpan& span) {
    TypeId type = layout_.cells[cell].type;
    Value stored = wrap(scalar_type(program_, type), value);
    if (!check_range(type, stored, span)) return std::nullopt;
    state_.cells[cell] = stored;
    state_.defined[cell] = 1;
    return stored;
}

void Machine::reset(std::uint32_t cell, bool defined) {
    const CellInfo& info = layout_.cells[cell];
    state_.cells[cell] = 0;
    state_.defined[cell] = defined || info.sequence != kNone ? 1 : 0;
    if (info.sequence == kNone) return;
    bool is_ledger = program_[info.type].kind == TypeKind::kLedger;
    state_.sequences[info.sequence].assign(is_ledger ? info.accounts + 1 + layout_.threads.size() : 0, 0);
}

// The end of a local's scope.
void Machine::undefine(LocalId local) {
    thread().references.erase(local.value);
    const CellRange& range = layout_.threads[self_].locals[local.index()];
    for (std::uint32_t i = 0; i < range.size; ++i) reset(range.begin + i, false);
    if (range.size == 0 || !program_[local].in_memory) return;
    mark_dangling(layout_, state_, layout_.objects[layout_.object_of_cell[range.begin]]);
}

// ------------------------------------------------------------------------------------------------- pointers

std::optional<Item> Machine::address_of(const Item& address, StructId structure, const SourceSpan& span) {
    Item result = scalar(0);
    result.kind = ItemKind::kPointer;
    result.structure = structure.value;
    if (address.bad_index) {
        fail_for_good("out_of_bounds", span);
        return std::nullopt;
    }
    if (address.address == AddressKind::kNull) return result;
    std::uint32_t cell = address.cell;
    bool dangling = false;
    if (address.address == AddressKind::kThroughPointer) {
        Value slot = slot_of(address.value);
        dangling = is_dangling(address.value);
        // `&*p` is p, whatever p is.
        bool is_itself = address.cell == 0 && address.structure == structure.value;
        if (is_itself || slot == 0) {
            result.value = slot == 0 ? 0 : address.value;
            return result;
        }
        if (slot < 0) {
            fail_for_good("out_of_bounds", span);
            return std::nullopt;
        }
        if (is_phantom(layout_, address.structure, address.value)) {
            std::size_t index = static_cast<std::size_t>(slot) - layout_.instances[address.structure].size() - 1;
            const Phantom& phantom = layout_.phantoms[address.structure][index];
            if (phantom.offset != address.cell || phantom.member != structure) {
                fail_for_good("out_of_bounds", span);
                return std::nullopt;
            }
            result.value = make_pointer(phantom.slot, dangling);
            return result;
        }
        cell += cell_of_pointer(layout_, address.structure, address.value);
    }
    auto found = layout_.slot_at.find({structure.value, cell});
    if (found == layout_.slot_at.end()) {
        fail_for_good("out_of_bounds", span);
        return std::nullopt;
    }
    result.value = make_pointer(found->second, dangling);
    return result;
}

std::optional<Item> Machine::container_of(const TypedExpression& e, const Item& member) {
    std::uint32_t offset = layout_.offset_of(e.structure, e.member_path);
    StructId inner = program_[program_[e.operands[0]].type].structure;
    Item result = member;
    result.kind = ItemKind::kPointer;
    result.structure = e.structure.value;
    Value slot = slot_of(member.value);
    if (slot == 0) return result;
    if (slot < 0 || is_phantom(layout_, inner.value, member.value)) {
        fail_for_good("out_of_bounds", e.span);
        return std::nullopt;
    }
    std::uint32_t cell = cell_of_pointer(layout_, inner.value, member.value);
    auto found = layout_.slot_at.end();
    if (cell >= offset) found = layout_.slot_at.find({e.structure.value, cell - offset});
    if (found != layout_.slot_at.end()) {
        result.value = make_pointer(found->second, is_dangling(member.value));
        return result;
    }
    const std::vector<Phantom>& phantoms = layout_.phantoms[e.structure.index()];
    auto same = [&](const Phantom& p) { return p.offset == offset && p.member == inner && p.slot == slot; };
    auto phantom = std::find_if(phantoms.begin(), phantoms.end(), same);
    Value number = layout_.slot_count(e.structure) + 1 + (phantom - phantoms.begin());
    result.value = make_pointer(number, is_dangling(member.value));
    return result;
}

// `==` or `!=` in real code has found that both name the same slot.
void Machine::refresh_equal(const Item& a, const Item& b) {
    if (slot_of(a.value) != slot_of(b.value) || (is_dangling(a.value) && is_dangling(b.value))) return;
    std::uint32_t structure = a.structure != kNone ? a.structure : b.structure;
    std::uint32_t cell = cell_of_pointer(layout_, structure, a.value);
    if (cell == kNone || layout_.object_of_cell[cell] == kNone) return;
    refresh_locals(layout_, state_, self_, layout_.objects[layout_.object_of_cell[cell]]);
}

void Machine::refresh_cell(const Item& address, const SourceSpan& span) {
    std::optional<std::uint32_t> cell = resolve(address, span);
    if (!cell) return;
    Value& pointer = state_.cells[*cell];
    std::uint32_t structure = program_[layout_.cells[*cell].type].structure.value;
    std::uint32_t target = cell_of_pointer(layout_, structure, pointer);
    if (target == kNone || !object_is_live(layout_.object_of_cell[target])) return;
    pointer = make_pointer(slot_of(pointer), false);
}

bool Machine::object_is_live(std::uint32_t object) const {
    return object == kNone || !layout_.objects[object].in_pool || state_.alive[object] != 0;
}

bool Machine::is_live(const Item& pointer) const {
    std::uint32_t cell = cell_of_pointer(layout_, pointer.structure, pointer.value);
    if (cell == kNone || is_dangling(pointer.value)) return false;
    return !is_phantom(layout_, pointer.structure, pointer.value) && object_is_live(layout_.object_of_cell[cell]);
}

void Machine::free_object(const Item& pointer, const SourceSpan& span) {
    Value slot = slot_of(pointer.value);
    if (slot == 0) return;
    std::uint32_t object = kNone;
    if (slot > 0 && !is_phantom(layout_, pointer.structure, pointer.value)) {
        for (std::uint32_t candidate : layout_.pool_objects[pointer.structure]) {
            if (static_cast<Value>(layout_.objects[candidate].slot) == slot) object = candidate;
        }
    }
    if (object == kNone) {
        fail_for_good("bad_free", span);
        return;
    }
    bool is_free = state_.alive[object] == 0;
    if (layout_.objects[object].typesafe ? is_free : is_dangling(pointer.value)) {
        fail_for_good("double_free", span);
        return;
    }
    for (std::uint32_t cell = layout_.objects[object].begin; cell < layout_.objects[object].end; ++cell) {
        const CellInfo& info = layout_.cells[cell];
        if (info.sequence == kNone || program_[info.type].kind != TypeKind::kLedger) continue;
        Value total = 0;
        for (Value balance : state_.sequences[info.sequence]) total += balance;
        if (total > 0 && fail("freed_with_references", span)) return;
    }
    state_.alive[object] = 0;
    mark_dangling(layout_, state_, layout_.objects[object]);
}

void Machine::use_object(const Item& pointer, const SourceSpan& span) {
    if (slot_of(pointer.value) <= 0) {
        fail_for_good("null_dereference", span);
    } else if (is_phantom(layout_, pointer.structure, pointer.value)) {
        fail_for_good("out_of_bounds", span);
    } else if (is_dangling(pointer.value)) {
        fail("use_after_free", span);
    }
}

Item Machine::thread_local_value(const TypedExpression& e, Value who) {
    if (who < 1 || who >= static_cast<Value>(layout_.threads.size())) {
        fail_for_good("null_dereference", e.span);
        return scalar(0);
    }
    const CellRange& range = layout_.threads[static_cast<std::size_t>(who)].locals[e.local.index()];
    if (range.begin == kNone || state_.defined[range.begin] == 0) return item_of(e.type, 0);
    return item_of(e.type, state_.cells[range.begin]);
}

// ------------------------------------------------------------------------------------------------ containers

bool Machine::push_to_list(TypeId type, std::vector<Value>& list, bool front, Value v, const SourceSpan& span) {
    if (!check_range(program_[type].element, v, span)) return false;
    std::uint32_t extent = layout_.extents[type.index()];
    if (extent != kNone && list.size() >= extent) {
        fail_for_good("out_of_bounds", span);
        return false;
    }
    if (extent == kNone && list.size() >= layout_.list_capacity(type)) {
        end(StepEnd::kExhausted);
        return false;
    }
    list.insert(front ? list.begin() : list.end(), v);
    return true;
}

std::optional<Item> Machine::container_operation(const TypedExpression& e, std::uint32_t cell, Value operand) {
    TypeId type = layout_.cells[cell].type;
    bool is_set = program_[type].kind == TypeKind::kSet;
    TypeId element = program_[type].element;
    bool pointers = program_[element].kind == TypeKind::kPointer;
    std::vector<Value>& members = state_.sequences[layout_.cells[cell].sequence];
    auto rank = [pointers](Value v) { return pointers ? slot_of(v) : v; };
    auto found = std::find_if(members.begin(), members.end(), [&](Value v) { return rank(v) == rank(operand); });
    bool present = found != members.end();
    bool takes_element =
        e.container_op == ContainerOp::kContains || e.container_op == ContainerOp::kRemove || e.container_op == ContainerOp::kAdd;
    if (is_set && pointers && takes_element) {
        // Members are NULL or instances.
        std::uint32_t structure = program_[element].structure.value;
        if (slot_of(operand) < 0 || (slot_of(operand) > 0 && is_phantom(layout_, structure, operand))) {
            fail_for_good("out_of_range", e.span);
            return std::nullopt;
        }
    }
    switch (e.container_op) {
        case ContainerOp::kContains: return scalar(present);
        case ContainerOp::kEmpty: return scalar(members.empty());
        case ContainerOp::kSize: return scalar(static_cast<Value>(members.size()));
        case ContainerOp::kRemove:
            if (present) members.erase(found);
            return scalar(present);
        case ContainerOp::kAdd:
            if (!is_set) {
                if (!push_to_list(type, members, false, operand, e.span)) return std::nullopt;
                return scalar(1);
            }
            if (!check_range(element, operand, e.span)) return std::nullopt;
            if (present) return scalar(0);
            members.insert(std::find_if(members.begin(), members.end(), [&](Value v) { return rank(v) > rank(operand); }),
                           operand);
            return scalar(1);
        case ContainerOp::kPushFront:
        case ContainerOp::kPushBack:
            if (!push_to_list(type, members, e.container_op == ContainerOp::kPushFront, operand, e.span)) {
                return std::nullopt;
            }
            return Item();
        case ContainerOp::kPopFront:
        case ContainerOp::kFirst: {
            if (members.empty()) {
                fail_for_good("out_of_bounds", e.span);
                return std::nullopt;
            }
            Item first = item_of(element, members.front());
            if (e.container_op == ContainerOp::kPopFront) members.erase(members.begin());
            return first;
        }
    }
    return std::nullopt;
}

// ---------------------------------------------------------------------------------------------------- ledgers

std::uint32_t Machine::account_index(const CellInfo& ledger, const Account& account, Value who) const {
    if (account.thread.valid()) return ledger.accounts + 1 + static_cast<std::uint32_t>(who);
    return account.named == kUnbookedAccount ? ledger.accounts : account.named;
}

void Machine::note_ledger(std::uint32_t cell, Value change) {
    for (std::vector<ContractWatch>& call : thread().calls) {
        for (ContractWatch& watch : call) {
            if (watch.cell == cell) watch.net += change;
        }
    }
}

bool Machine::credit(std::uint32_t cell, std::uint32_t account, Value n, const SourceSpan& span) {
    if (n < 0) {
        fail_for_good("out_of_range", span);
        return false;
    }
    state_.sequences[layout_.cells[cell].sequence][account] += n;
    note_ledger(cell, n);
    return true;
}

// A thread draws on its own account and then on the unbooked one, a named account on itself alone.
bool Machine::debit(std::uint32_t cell, std::uint32_t account, Value n, const SourceSpan& span) {
    if (n < 0) {
        fail_for_good("out_of_range", span);
        return false;
    }
    const CellInfo& info = layout_.cells[cell];
    std::vector<Value>& balances = state_.sequences[info.sequence];
    Value own = std::min(n, std::max<Value>(0, balances[account]));
    Value rest = n - own;
    Value unbooked = account > info.accounts ? std::min(rest, std::max<Value>(0, balances[info.accounts])) : 0;
    if (rest > unbooked && fail("unowned_put", span)) return false;
    balances[account] -= own;
    balances[info.accounts] -= unbooked;
    note_ledger(cell, -n);
    return true;
}

}  // namespace quire::reference
