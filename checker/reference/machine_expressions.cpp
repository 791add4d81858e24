// Places and expressions.  A frame's phase says how far it has got; what it has computed stands on the value
// stack above its height; when it is done, exactly one item is left there in its place.
#include <algorithm>

#include "reference/machine.h"
#include "support/invariant.h"

namespace quire::reference {

// ------------------------------------------------------------------------------------------------------ places

void Machine::place(PlaceId id) {
    const Place& p = program_[id];
    Item address;
    address.kind = ItemKind::kAddress;
    switch (p.kind) {
        case PlaceKind::kLocal: {
            const Local& local = program_[p.local];
            if (local.is_reference) {
                auto bound = thread().references.find(p.local.value);
                finish(bound == thread().references.end() ? address : Item(bound->second));
                return;
            }
            address.address = local.in_memory ? AddressKind::kShared : AddressKind::kPrivate;
            address.cell = layout_.threads[self_].locals[p.local.index()].begin;
            finish(address);
            return;
        }
        case PlaceKind::kGlobal:
            address.address = AddressKind::kShared;
            address.cell = layout_.global_cell[p.global.index()];
            finish(address);
            return;
        case PlaceKind::kDeref: {
            if (top().phase == 0) return run_then(p.operand, 1);
            Item pointer = pop();
            address.address = AddressKind::kThroughPointer;
            address.value = pointer.value;
            address.structure = program_[p.type].structure.value;
            finish(address);
            return;
        }
        case PlaceKind::kMember: {
            if (top().phase == 0) return run_then(p.base, 1);
            address = pop();
            StructId structure = program_[program_[p.base].type].structure;
            if (address.address != AddressKind::kNull && !address.bad_index) {
                address.cell += layout_.member_offsets[structure.index()][p.member];
            }
            finish(address);
            return;
        }
        case PlaceKind::kIndex: index_place(p); return;
    }
}

// A bad index is found out at the access, but at once in a local, whose accesses are no steps.
void Machine::index_place(const Place& p) {
    if (top().phase == 0) return run_then(p.base, 1);
    if (top().phase == 1) return run_then(p.operand, 2);
    Value index = pop_value(p.span);
    Item address = pop();
    TypeId array = program_[p.base].type;
    bool inside = index >= 0 && index < static_cast<Value>(layout_.extents[array.index()]);
    if (!inside && address.address == AddressKind::kPrivate) {
        fail_for_good("out_of_bounds", p.span);
        return;
    }
    if (!inside) {
        // All addresses that can only fail are alike.
        address.bad_index = true;
        address.cell = 0;
    } else if (address.address != AddressKind::kNull && !address.bad_index) {
        address.cell += static_cast<std::uint32_t>(index) * layout_.size(p.type);
    }
    finish(address);
}

// ------------------------------------------------------------------------------------------------- expressions

void Machine::expression(ExpressionId id) {
    const TypedExpression& e = program_[id];
    switch (e.kind) {
        case ExpressionKind::kLiteral: finish(item_of(e.type, e.value)); return;
        case ExpressionKind::kConstant: finish(scalar(layout_.constants[e.constant.index()])); return;
        case ExpressionKind::kSelf: finish(scalar(self_)); return;
        case ExpressionKind::kFunctionAddress: finish(scalar(Value{e.function.value} + 1)); return;
        case ExpressionKind::kRead:
        case ExpressionKind::kLoad: read_expression(e); return;
        case ExpressionKind::kAddressOf: {
            if (top().phase == 0) return run_then(e.place, 1);
            StructId target = program_[program_[e.place].type].structure;
            std::optional<Item> pointer = address_of(pop(), target, e.span);
            if (pointer) finish(*pointer);
            return;
        }
        case ExpressionKind::kOperator: operation(e); return;
        case ExpressionKind::kAnd:
        case ExpressionKind::kOr:
        case ExpressionKind::kImplies: lazy(e); return;
        case ExpressionKind::kConditional: conditional(e); return;
        case ExpressionKind::kAssign:
        case ExpressionKind::kStore:
            if (assignment(e.place, e.operands[0])) finish(pop());
            return;
        case ExpressionKind::kCompound: compound(e); return;
        case ExpressionKind::kCall:
        case ExpressionKind::kCallIndirect: call(e); return;
        case ExpressionKind::kStatements: statements(e); return;
        case ExpressionKind::kComma:
            if (top().phase == 0) return run_then(e.operands[0], 1);
            if (top().phase == 1) {
                pop();
                return run_then(e.operands[1], 2);
            }
            return leave();
        case ExpressionKind::kMaybe: {
            if (stop_before_choice()) return;
            std::optional<std::uint64_t> chosen = choose(2);
            if (chosen) finish(scalar(static_cast<Value>(*chosen)));
            return;
        }
        case ExpressionKind::kAlloc: allocate(e); return;
        case ExpressionKind::kContainer: container(e); return;
        case ExpressionKind::kIsNullReference:
            finish(scalar(thread().references.at(e.local.value).address == AddressKind::kNull));
            return;
        case ExpressionKind::kThreadOf:
            if (!e.operands.empty() && e.operands[0].valid() && top().phase == 0) return run_then(e.operands[0], 1);
            return thread_of(e);
        case ExpressionKind::kContainerOf:
        case ExpressionKind::kErrPtr:
        case ExpressionKind::kPtrErr:
        case ExpressionKind::kIsErr:
        case ExpressionKind::kIrqsOn:
        case ExpressionKind::kThreadIndex:
        case ExpressionKind::kThreadLocal:
        case ExpressionKind::kAt:
        case ExpressionKind::kLive:
        case ExpressionKind::kActing: unary(e); return;
        case ExpressionKind::kOld: old(e); return;
        case ExpressionKind::kBalance:
        case ExpressionKind::kTotal: ledger_query(e); return;
        case ExpressionKind::kQuantifier: quantifier(e); return;
    }
}

void Machine::read_expression(const TypedExpression& e) {
    std::uint32_t phase = top().phase;
    if (phase == 0) return run_then(e.place, 1);
    if (program_[e.type].kind != TypeKind::kStruct) {
        if (stop_before_access(is_shared(values().back()))) return;
        std::optional<Item> item = read(pop(), e.span);
        if (item) finish(*item);
        return;
    }
    // A struct as an argument: its scalars one after the other, each a read, left side by side.
    std::vector<std::uint32_t> scalars = layout_.scalars_of(e.type, in_ghost());
    std::uint32_t height = top().height;
    if (phase - 1 == scalars.size()) {
        values().erase(values().begin() + height);
        return leave();
    }
    Item address = values()[height];
    address.cell += scalars[phase - 1];
    if (stop_before_access(is_shared(address))) return;
    std::optional<Item> item = read(address, e.span);
    if (!item) return;
    values().push_back(*item);
    ++top().phase;
}

// Works in the phases of the frame on top, from 0; true when it is done and has left what was stored.
bool Machine::assignment(PlaceId target, ExpressionId value) {
    std::uint32_t phase = top().phase;
    if (phase == 0) {
        run_then(target, 1);
        return false;
    }
    if (program_[program_[target].type].kind == TypeKind::kStruct) return struct_assignment(target, value);
    if (phase == 1) {
        run_then(value, 2);
        return false;
    }
    const Item address = values()[values().size() - 2];
    if (stop_before_access(is_step_to_write(address))) return false;
    Item item = pop();
    pop();
    std::optional<std::uint32_t> cell = resolve(address, program_[target].span);
    if (!cell) return false;
    std::optional<Value> stored = write(*cell, item.value, program_[target].span);
    if (!stored) return false;
    values().push_back(item_of(layout_.cells[*cell].type, *stored));
    return true;
}

// Nobody can see a variable that is only being initialised.
bool Machine::is_step_to_write(const Item& address) { return is_shared(address) && top().kind != FrameKind::kStatement; }

// `value` is a read of a struct, perhaps behind commas.  What stands before the commas is evaluated first, in
// phases from 1 on, then the source; then scalar after scalar is read in one phase and written in the next.
bool Machine::struct_assignment(PlaceId target, ExpressionId value) {
    std::vector<ExpressionId> first;
    for (; program_[value].kind == ExpressionKind::kComma; value = program_[value].operands[1]) {
        first.push_back(program_[value].operands[0]);
    }
    PlaceId source = program_[value].place;
    auto copying = static_cast<std::uint32_t>(first.size()) + 2;
    std::uint32_t phase = top().phase;
    if (phase < copying) {
        if (phase > 1) pop();
        if (phase - 1 < first.size()) {
            run_then(first[phase - 1], phase + 1);
        } else {
            run_then(source, phase + 1);
        }
        return false;
    }
    std::vector<std::uint32_t> scalars = layout_.scalars_of(program_[target].type, in_ghost());
    std::uint32_t done = (phase - copying) / 2;
    if (done == scalars.size()) {
        pop();
        pop();
        values().emplace_back();
        return true;
    }
    bool reads = (phase - copying) % 2 == 0;
    Item address = values()[values().size() - (reads ? 1 : 3)];
    address.cell += scalars[done];
    if (stop_before_access(reads ? is_shared(address) : is_step_to_write(address))) return false;
    if (reads) {
        std::optional<Item> item = read(address, program_[source].span);
        if (!item) return false;
        // Where the last scalar came from is no part of the state: an operand ends with its last use.
        if (done + 1 == scalars.size()) values().back() = Item{};
        values().push_back(*item);
    } else {
        Item item = pop();
        std::optional<std::uint32_t> cell = resolve(address, program_[target].span);
        if (!cell || !write(*cell, item.value, program_[target].span)) return false;
    }
    top().phase = phase + 1;
    return false;
}

void Machine::compound(const TypedExpression& e) {
    std::uint32_t phase = top().phase;
    if (phase == 0) return run_then(e.place, 1);
    std::uint32_t height = top().height;
    const Item address = values()[height];
    if (phase == 1) {
        if (stop_before_access(is_shared(address))) return;
        std::optional<Item> before = read(address, e.span);
        if (!before) return;
        values().push_back(*before);
        return run_then(e.operands[0], 2);
    }
    if (phase == 2) {
        // The value is known; the arithmetic is local work before the write.
        Value operand = pop_value(e.span);
        Value before = evaluate(Op::kConvert, e.operand_type, values()[height + 1].value).value;
        std::optional<Value> result = apply(e.op, e.operand_type, before, operand, 0, e.span);
        if (!result) return;
        // What was read is dead by now, unless it is the value of the whole.
        if (!e.postfix) pop();
        values().push_back(scalar(*result));
        top().phase = 3;
        return;
    }
    if (stop_before_access(is_shared(address))) return;
    Value result = pop().value;
    Item before = e.postfix ? pop() : Item();
    std::optional<std::uint32_t> cell = resolve(address, e.span);
    if (!cell) return;
    std::optional<Value> stored = write(*cell, result, e.span);
    if (stored) finish(e.postfix ? before : item_of(layout_.cells[*cell].type, *stored));
}

std::optional<Value> Machine::apply(Op op, const ScalarType& type, Value a, Value b, Value c, const SourceSpan& span) {
    Evaluated result = evaluate(op, type, a, b, c);
    switch (result.fault) {
        case Fault::kNone: break;
        case Fault::kSignedOverflow: fail_for_good("signed_overflow", span); break;
        case Fault::kDivisionByZero: fail_for_good("division_by_zero", span); break;
        case Fault::kShiftOutOfRange: fail_for_good("out_of_range", span); break;
    }
    if (result.fault != Fault::kNone) return std::nullopt;
    return result.value;
}

void Machine::operation(const TypedExpression& e) {
    auto count = static_cast<std::uint32_t>(operand_count(e.op));
    std::uint32_t phase = top().phase;
    if (phase < count) return run_then(e.operands[phase], phase + 1);
    Item operands[3];
    for (std::uint32_t i = count; i-- > 0;) operands[i] = pop();
    bool compares = e.op >= Op::kEqual && e.op <= Op::kGreaterEqual;
    if (compares && (operands[0].kind == ItemKind::kPointer || operands[1].kind == ItemKind::kPointer)) {
        bool equality = e.op == Op::kEqual || e.op == Op::kNotEqual;
        if (equality && !in_ghost()) refresh_equal(operands[0], operands[1]);
        for (Item& operand : operands) operand.value = slot_of(operand.value);
    }
    std::optional<Value> result = apply(e.op, e.operand_type, operands[0].value, operands[1].value, operands[2].value, e.span);
    if (result) finish(item_of(e.type, *result));
}

void Machine::lazy(const TypedExpression& e) {
    if (top().phase == 0) return run_then(e.operands[0], 1);
    bool value = pop_value(e.span) != 0;
    if (top().phase == 2) return finish(scalar(value));
    bool decides = e.kind == ExpressionKind::kOr ? value : !value;
    if (!decides) return run_then(e.operands[1], 2);
    finish(scalar(e.kind == ExpressionKind::kAnd ? 0 : 1));
}

void Machine::conditional(const TypedExpression& e) {
    if (top().phase == 0) return run_then(e.operands[0], 1);
    if (top().phase == 2) return leave();
    bool value = pop_value(e.span) != 0;
    run_then(e.operands[value ? 1 : 2], 2);
}

void Machine::statements(const TypedExpression& e) {
    const Statement& inner = program_[e.statement];
    std::uint32_t phase = top().phase;
    // The frame stands for the block itself, so that its locals live until the value is known.
    bool is_block = inner.kind == StatementKind::kBlock;
    std::uint32_t count = is_block ? static_cast<std::uint32_t>(inner.body.size()) : 1;
    if (phase < count) return run_then(is_block ? inner.body[phase] : e.statement, phase + 1);
    if (phase == count && !e.operands.empty() && e.operands[0].valid()) return run_then(e.operands[0], phase + 1);
    if (phase == count) values().emplace_back();
    Frame frame = top();
    exit_scope(frame);
    leave();
}

void Machine::allocate(const TypedExpression& e) {
    if (stop_before_access(true)) return;
    std::vector<std::uint32_t> candidates;
    for (std::uint32_t object : layout_.pool_objects[e.structure.index()]) {
        if (state_.alive[object] == 0) candidates.push_back(object);
    }
    if (candidates.empty() && e.alloc_mode == AllocMode::kMustSucceed) return end(StepEnd::kExhausted);
    bool may_fail = candidates.empty() || e.alloc_mode == AllocMode::kMayFail;
    std::optional<std::uint64_t> chosen = choose(candidates.size() + (may_fail ? 1 : 0));
    if (!chosen) return;
    Item pointer = scalar(0);
    pointer.kind = ItemKind::kPointer;
    pointer.structure = e.structure.value;
    if (*chosen < candidates.size()) {
        const Object& object = layout_.objects[candidates[*chosen]];
        state_.alive[candidates[*chosen]] = 1;
        for (std::uint32_t cell = object.begin; cell < object.end; ++cell) reset(cell, true);
        pointer.value = make_pointer(object.slot, false);
    }
    finish(pointer);
}

void Machine::container(const TypedExpression& e) {
    if (top().phase == 0) return run_then(e.place, 1);
    bool has_operand = !e.operands.empty() && e.operands[0].valid();
    if (top().phase == 1 && has_operand) return run_then(e.operands[0], 2);
    const Item address = values()[top().height];
    if (stop_before_access(is_shared(address))) return;
    Value operand = has_operand ? pop_value(e.span) : 0;
    std::optional<std::uint32_t> cell = resolve(address, e.span);
    if (!cell) return;
    std::optional<Item> result = container_operation(e, *cell, operand);
    if (result) finish(*result);
}

// ------------------------------------------------------------------------------- of pointers, threads and ghosts

void Machine::unary(const TypedExpression& e) {
    if (e.operands.empty() || !e.operands[0].valid()) {
        finish(unary_value(e, scalar(self_)));
        return;
    }
    if (top().phase == 0) return run_then(e.operands[0], 1);
    Item operand = pop();
    Item result = unary_value(e, operand);
    if (end_ == StepEnd::kRunning) finish(result);
}

Item Machine::unary_value(const TypedExpression& e, const Item& operand) {
    Value v = operand.value;
    bool is_thread = v >= 1 && v < static_cast<Value>(layout_.threads.size());
    auto who = static_cast<std::size_t>(is_thread ? v : 0);
    switch (e.kind) {
        case ExpressionKind::kContainerOf: return container_of(e, operand).value_or(Item());
        case ExpressionKind::kErrPtr:
            if (v < -4095 || v > -1) fail_for_good("out_of_range", e.span);
            return item_of(e.type, make_pointer(v, false));
        case ExpressionKind::kPtrErr: return scalar(slot_of(v));
        case ExpressionKind::kIsErr: return scalar(slot_of(v) < 0);
        case ExpressionKind::kIrqsOn: return scalar(!state_.threads[who].irqs_off);
        case ExpressionKind::kThreadIndex:
            if (!is_thread) fail_for_good("null_dereference", e.span);
            return scalar(layout_.threads[who].index);
        case ExpressionKind::kThreadLocal: return thread_local_value(e, v);
        case ExpressionKind::kAt: {
            const std::vector<std::uint32_t>& passed = state_.threads[who].passed;
            return scalar(std::binary_search(passed.begin(), passed.end(), e.label.value));
        }
        case ExpressionKind::kLive: return scalar(is_live(operand));
        case ExpressionKind::kActing: return scalar(v == static_cast<Value>(acting_));
        case ExpressionKind::kLiteral:
        case ExpressionKind::kConstant:
        case ExpressionKind::kSelf:
        case ExpressionKind::kThreadOf:
        case ExpressionKind::kFunctionAddress:
        case ExpressionKind::kRead:
        case ExpressionKind::kAddressOf:
        case ExpressionKind::kOperator:
        case ExpressionKind::kAnd:
        case ExpressionKind::kOr:
        case ExpressionKind::kImplies:
        case ExpressionKind::kConditional:
        case ExpressionKind::kAssign:
        case ExpressionKind::kCompound:
        case ExpressionKind::kCall:
        case ExpressionKind::kCallIndirect:
        case ExpressionKind::kStatements:
        case ExpressionKind::kComma:
        case ExpressionKind::kMaybe:
        case ExpressionKind::kAlloc:
        case ExpressionKind::kContainer:
        case ExpressionKind::kIsNullReference:
        case ExpressionKind::kLoad:
        case ExpressionKind::kStore:
        case ExpressionKind::kOld:
        case ExpressionKind::kBalance:
        case ExpressionKind::kTotal:
        case ExpressionKind::kQuantifier: break;
    }
    UNREACHABLE("no expression of one operand");
}

void Machine::thread_of(const TypedExpression& e) {
    Value index = values().size() > top().height ? pop_value(e.span) : 0;
    const std::vector<std::uint32_t>& threads = layout_.threads_of[e.role.index()];
    if (index < 0 || index >= static_cast<Value>(threads.size())) return fail_for_good("out_of_bounds", e.span);
    finish(scalar(threads[static_cast<std::size_t>(index)]));
}

// The same expression in the state before the step, with the variables that quantifiers around it have bound.
void Machine::old(const TypedExpression& e) {
    State before = before_ != nullptr ? *before_ : state_;
    const State& now = state_;
    for (const CellRange& local : layout_.threads[self_].locals) {
        for (std::uint32_t i = local.begin; i < local.begin + local.size; ++i) {
            before.cells[i] = now.cells[i];
            before.defined[i] = now.defined[i];
        }
    }
    before.threads[self_].frames.clear();
    before.threads[self_].values.clear();
    before.threads[self_].references = now.threads[self_].references;
    ChoiceTape tape;
    Machine machine(layout_, before, self_, tape, Mode::kObserver);
    std::optional<Value> value = machine.observe(e.operands[0], nullptr, acting_);
    if (value) return finish(item_of(e.type, *value));
    failure_ = machine.failure();
    failure_span_ = e.span;
    end(StepEnd::kFailed);
}

void Machine::ledger_query(const TypedExpression& e) {
    if (top().phase == 0) return run_then(e.place, 1);
    bool of_thread = e.kind == ExpressionKind::kBalance && !e.operands.empty() && e.operands[0].valid();
    if (top().phase == 1 && of_thread) return run_then(e.operands[0], 2);
    Value who = of_thread ? pop_value(e.span) : 0;
    std::optional<std::uint32_t> cell = resolve(pop(), e.span);
    if (!cell) return;
    const CellInfo& info = layout_.cells[*cell];
    const std::vector<Value>& balances = state_.sequences[info.sequence];
    Value result = 0;
    if (e.kind == ExpressionKind::kTotal) {
        for (Value balance : balances) result += balance;
    } else {
        Account account;
        account.named = e.account;
        if (of_thread) account.thread = e.operands[0];
        result = balances[account_index(info, account, who)];
    }
    finish(item_of(e.type, result));
}

// ------------------------------------------------------------------------------------------------- quantifiers

namespace {

constexpr std::uint32_t kNextBinding = 10;

}  // namespace

void Machine::quantifier(const TypedExpression& e) {
    std::uint32_t phase = top().phase;
    if (phase == 0) {
        top().extra = e.quantifier == Quantifier::kForall ? 1 : 0;
        if (e.domain == Domain::kRange) return run_then(e.operands[1], 1);
        if (e.domain == Domain::kContainer) return run_then(e.place, 1);
        return quantifier_domain(e);
    }
    if (phase == 1 && e.domain == Domain::kRange) return run_then(e.operands[2], 2);
    if (phase < kNextBinding) return quantifier_domain(e);
    if (phase == kNextBinding) return quantifier_next(e);
    bool holds = pop_value(e.span) != 0;
    if (e.quantifier == Quantifier::kCount) {
        top().extra += holds ? 1 : 0;
    } else {
        top().extra = holds ? 1 : 0;
        bool decided = holds == (e.quantifier == Quantifier::kExists);
        if (decided) values().resize(top().height);
    }
    top().phase = kNextBinding;
}

// Leaves what the variable stands for on the value stack, the first on top.
void Machine::quantifier_domain(const TypedExpression& e) {
    std::vector<Value> domain;
    switch (e.domain) {
        case Domain::kInstances: {
            const std::vector<Instance>& instances = layout_.instances[e.structure.index()];
            for (std::size_t i = 0; i < instances.size(); ++i) {
                std::uint32_t object = instances[i].object;
                bool is_local = object != kNone && !layout_.objects[object].in_pool;
                if (is_local || !object_is_live(object)) continue;
                domain.push_back(make_pointer(static_cast<Value>(i) + 1, false));
            }
            break;
        }
        case Domain::kRange: {
            Value hi = pop_value(e.span);
            Value lo = pop_value(e.span);
            for (Value v = lo; v <= hi; ++v) {
                if (++operations_ > 1'000'000) return end(StepEnd::kTooLong);
                domain.push_back(v);
            }
            break;
        }
        case Domain::kRole:
            for (std::uint32_t t : layout_.threads_of[e.role.index()]) domain.push_back(t);
            break;
        case Domain::kContainer: {
            std::optional<std::uint32_t> cell = resolve(pop(), e.span);
            if (!cell) return;
            domain = state_.sequences[layout_.cells[*cell].sequence];
            break;
        }
    }
    TypeId type = program_[e.local].type;
    for (std::size_t i = domain.size(); i-- > 0;) values().push_back(item_of(type, domain[i]));
    top().phase = kNextBinding;
}

void Machine::quantifier_next(const TypedExpression& e) {
    if (values().size() == top().height) {
        undefine(e.local);
        return finish(scalar(top().extra));
    }
    std::uint32_t cell = layout_.threads[self_].locals[e.local.index()].begin;
    state_.cells[cell] = pop().value;
    state_.defined[cell] = 1;
    run_then(e.operands[0], kNextBinding + 1);
}

}  // namespace quire::reference
