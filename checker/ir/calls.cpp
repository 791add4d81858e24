// Calls are inlined; recursion does not exist.  Contracts become ghost counters around the body.
#include "ir/builder.h"

#include <algorithm>

#include "support/invariant.h"

namespace quire::ir {

BoundArgument Builder::struct_argument(ExpressionId id) {
    BoundArgument bound;
    Resolved source;
    struct_read_operand(id, source);
    for (const MemoryLayout::Scalar& part : context_.layout.scalars_of(source.type)) {
        if (part.counter || (part.ghost && !mode_.ghost)) continue;
        ScalarType type = scalar_type(context_.typed, part.type);
        bound.parts.emplace_back(part, freeze(read(part_of(source, part), mode_.stepping), type));
    }
    return bound;
}

std::vector<BoundArgument> Builder::arguments(const std::vector<Argument>& all) {
    std::vector<BoundArgument> bound;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const Argument& argument = all[i];
        if (argument.is_reference) {
            Resolved place;
            place.kind = Resolved::Kind::kNull;
            if (argument.place.valid()) place = resolve(argument.place, true);
            // `&a[i]` with a bad index fails here and not at the access.
            for (const Guard& guard : place.guards) {
                if (place.indexed && guard.property == context_.check("out_of_bounds")) check(guard);
            }
            bound.push_back({{}, std::move(place), {}});
            continue;
        }
        if (!is_scalar(context_.typed, context_.typed[argument.value].type)) {
            bound.push_back(struct_argument(argument.value));
            continue;
        }
        ExprId value = expression(argument.value);
        bool more = false;
        for (std::size_t k = i + 1; k < all.size(); ++k) {
            more = more || all[k].is_reference || !is_local_computation(context_.typed, all[k].value);
        }
        value = more ? freeze(value, scalar(argument.value)) : settle(value, scalar(argument.value));
        bound.push_back({value, std::nullopt, {}});
    }
    return bound;
}

ExprId Builder::call(const TypedExpression& e) {
    const Function& f = context_.typed[e.function];
    bool used = !result_dropped_;
    result_dropped_ = false;
    std::vector<BoundArgument> values = arguments(e.arguments);
    if (f.external != ExternKind::kDefined) return extern_result(f);
    return inline_function(e.function, values, e.span, used);
}

ExprId Builder::extern_result(const Function& f) {
    if (!is_scalar(context_.typed, f.result)) return {};
    ScalarType type = scalar_type(context_.typed, f.result);
    if (f.external == ExternKind::kIgnore) return pool().literal(0, type);
    std::uint32_t target = temporary(type, "havoc");
    choice(target, expression(f.havoc_lo), expression(f.havoc_hi), true);
    return reg(target);
}

ExprId Builder::call_indirect(const TypedExpression& e) {
    bool used = !result_dropped_;
    result_dropped_ = false;
    ExprId pointer = freeze(expression(e.operands[0]), scalar(e.operands[0]));
    std::vector<BoundArgument> values = arguments(e.arguments);
    check(pool().op(Op::kNotEqual, kLongType, pointer, lit(0)), "null_dereference");
    bool has_value = e.type.valid() && is_scalar(context_.typed, e.type);
    std::uint32_t result = has_value ? temporary(scalar_type(context_.typed, e.type)) : kNone;
    std::uint32_t join = nop();
    for (FunctionId candidate : candidates(context_.typed, context_.typed[e.operands[0]].type)) {
        std::uint32_t yes = 0;
        std::uint32_t no = 0;
        branch(pool().equal(pointer, lit(candidate.value + 1)), yes, no);
        current_ = yes;
        const Function& f = context_.typed[candidate];
        ExprId value = f.external == ExternKind::kDefined ? inline_function(candidate, values, e.span, used) : extern_result(f);
        if (has_value && value.valid()) set(result, value);
        jump_to(join);
        current_ = no;
    }
    // Only NULL and functions of this type are ever stored in it.
    check(pool().truth(false), "null_dereference");
    link_to(join);
    return has_value ? reg(result) : ExprId{};
}

// A parameter that is never written needs no register when its argument cannot change during the call.
bool Builder::binds_directly(LocalId parameter, ExprId value) const {
    if (context_.typed[parameter].in_memory || assigned_.count(parameter) != 0) return false;
    if (mode_.pure) return true;
    if (!context_.propagate_arguments) return false;
    const Expr& e = context_.system.pool[value];
    if (e.kind == ExprKind::kLiteral || e.kind == ExprKind::kConstant || e.kind == ExprKind::kSelf ||
        e.kind == ExprKind::kSelfIndex) {
        return true;
    }
    if (e.kind != ExprKind::kRegister) return false;
    const VirtualRegister& r = graph_.registers[e.index];
    if (!r.local.valid()) return true;  // a temporary: written once
    return context_.executors[graph_.executor].reached.referenced.count(r.local) == 0;
}

Resolved Builder::whole_local(LocalId local) {
    Resolved whole;
    whole.type = context_.typed[local].type;
    whole.local = local;
    whole.kind = Resolved::Kind::kRegisters;
    const Region* region = graph_.executor == kNone ? nullptr : context_.layout.region(graph_.executor, local);
    if (region == nullptr) return whole;
    ExprId index = context_.executors[graph_.executor].role.valid() ? pool().self_index() : lit(0);
    whole.kind = Resolved::Kind::kMemory;
    whole.address = pool().add_long(lit(region->base), pool().op(Op::kMultiply, kLongType, index, lit(region->size)));
    whole.tracked = region->tracked;
    if (context_.typed[local].in_memory) store(pool().add_long(lit(region->in_use), index), pool().truth(true));
    return whole;
}

void Builder::bind(const Function& f, const std::vector<BoundArgument>& values) {
    for (std::size_t i = 0; i < f.parameters.size(); ++i) {
        LocalId parameter = f.parameters[i];
        bound_values_.erase(parameter);
        if (context_.typed[parameter].is_reference) {
            INVARIANT(i < values.size() && values[i].place.has_value(), "a reference parameter without a place");
            bound_places_[parameter] = *values[i].place;
            continue;
        }
        if (!values[i].value.valid()) {
            Resolved whole = whole_local(parameter);
            for (const auto& [part, value] : values[i].parts) write(part_of(whole, part), value, false);
            continue;
        }
        check_range(context_.typed[parameter].type, values[i].value);
        if (binds_directly(parameter, values[i].value)) {
            bound_values_[parameter] = values[i].value;
        } else {
            set(register_of(parameter, 0), values[i].value);
            set(flag_of(parameter, 0), pool().truth(true));
        }
    }
}

ExprId Builder::inline_function(FunctionId id, const std::vector<BoundArgument>& values, SourceSpan span, bool used) {
    const Function& f = context_.typed[id];
    if (too_large() || !f.body.valid()) return {};
    for (const Frame& frame : frames_) {
        if (frame.id == id) {
            context_.diagnostics.error(DiagnosticCode::kE0301, f.span, "'" + f.name + "' calls itself");
            return {};
        }
    }
    at(span);
    bind(f, values);
    Frame frame;
    frame.function = f.name;
    frame.library = f.in_library;
    frame.call_site = current_site();
    frame.exit = nop();
    frame.id = id;
    frame.result_type = f.result;
    frame.scope_base = scopes_.size();
    if (is_scalar(context_.typed, f.result)) {
        frame.result = temporary(scalar_type(context_.typed, f.result), "result");
        frame.result_flag = temporary(kBoolType, "result.defined");
        graph_.registers[frame.result_flag].is_flag = true;
        set(frame.result_flag, pool().truth(false));
    }
    frames_.push_back(frame);
    std::vector<StatementId> scopes(scopes_);
    scan_labels(f.body, scopes);
    SourceSpan outer = span_;
    at(f.span);
    std::vector<ExprId> entry_counts;
    contracts_on_entry(f, entry_counts);
    Mode mode = mode_;
    if (f.is_atomic && mode_.stepping) {
        step(NoteKind::kAtomic, f.order);
        mode_.stepping = false;
    }
    if (f.is_ghost) {
        mode_.ghost = true;
        mode_.stepping = false;
    }
    statement(f.body);
    mode_ = mode;
    link_to(frames_.back().exit);
    at(f.span);
    ExprId result = frame.result != kNone ? reg(frame.result) : ExprId{};
    if (frame.result != kNone && used && !mode_.pure) check(reg(frame.result_flag), "uninitialised_read");
    contracts_on_return(f, result, frame.result != kNone ? reg(frame.result_flag) : ExprId{}, entry_counts);
    for (LocalId parameter : f.parameters) {
        if (!context_.typed[parameter].is_reference && bound_values_.count(parameter) == 0) undefine(parameter);
    }
    frames_.pop_back();
    span_ = outer;
    return result;
}

void Builder::undefine_locals(const std::vector<LocalId>& locals) {
    for (std::size_t i = locals.size(); i > 0; --i) undefine(locals[i - 1]);
}

// The end of a local's scope: undefined, and if it was in memory, pointers to it dangle.
void Builder::undefine(LocalId local) {
    const Local& declared = context_.typed[local];
    if (declared.is_reference || mode_.pure || !reachable()) return;
    const Region* region = graph_.executor == kNone ? nullptr : context_.layout.region(graph_.executor, local);
    if (region == nullptr) {
        for (const MemoryLayout::Scalar& part : context_.layout.scalars_of(declared.type)) {
            if (local_registers_.count({local, part.offset}) == 0 && flags_.count({local, part.offset}) == 0) continue;
            std::uint32_t number = register_of(local, part.offset);
            set(number, pool().literal(0, graph_.registers[number].type));
            set(flag_of(local, part.offset), pool().truth(false));
        }
        return;
    }
    ExprId index = context_.executors[graph_.executor].role.valid() ? pool().self_index() : lit(0);
    ExprId base = pool().add_long(lit(region->base), pool().op(Op::kMultiply, kLongType, index, lit(region->size)));
    if (declared.in_memory) {
        store(pool().add_long(lit(region->in_use), index), pool().truth(false));
        release(pool().add_long(lit(region->first_object), index));
    }
    for (std::uint32_t cell = 0; cell < region->size; ++cell) {
        ExprId address = pool().add_long(base, lit(cell));
        store(address, lit(0));
        if (region->tracked) {
            store(pool().lookup(context_.layout.defined_table(), address, kLongType), pool().truth(false));
        }
    }
}

// -------------------------------------------------------------------------------------------------------- contracts

Builder::LockRef Builder::lock_of(const Contract& contract) {
    LockRef ref;
    for (const LockClass& lock : context_.locks) {
        if (!contract.lock.valid() && !lock.structure.valid() && lock.name == contract.name) ref.lock = &lock;
        if (contract.lock.valid() && lock.structure.valid() &&
            context_.typed[context_.typed[contract.lock].type].structure == lock.structure) {
            ref.lock = &lock;
        }
    }
    if (ref.lock == nullptr) return ref;
    ExprId slot = lit(0);
    if (contract.lock.valid()) {
        Mode mode = mode_;
        mode_.stepping = false;
        mode_.ghost = true;
        slot = pool().op(Op::kPointerSlot, kLongType, expression(contract.lock));
        slot = settle(pool().op(Op::kSelect, kLongType, pool().op(Op::kLess, kLongType, slot, lit(0)), lit(0), slot), kLongType);
        mode_ = mode;
    }
    ExprId threads = lit(context_.layout.thread_count() + 1);
    ExprId row = pool().op(Op::kMultiply, kLongType, slot, threads);
    ref.cell = pool().add_long(pool().add_long(lit(ref.lock->held), row), pool().self());
    return ref;
}

// The lock is held `count` times now; the sums over all locks follow.
void Builder::set_lock(const LockRef& ref, ExprId count) {
    ExprId before = settle(load(ref.cell, kIntType), kIntType);
    ExprId change = settle(pool().op(Op::kSubtract, kLongType, count, before), kLongType);
    store(ref.cell, count);
    auto follow = [&](Address sum) {
        ExprId cell = own_cell(sum);
        store(cell, pool().op(Op::kAdd, kLongType, load(cell, kIntType), change));
    };
    if (ref.lock->spins && context_.spinning != 0) follow(context_.spinning);
    if (!ref.lock->structure.valid() && context_.named_held != 0) follow(context_.named_held);
}

// A contract is the net effect of a function.  `entry_counts`: how often each lock was held on entry, where the body has
// contracts of its own and it must be remembered.
void Builder::contracts_on_entry(const Function& f, std::vector<ExprId>& entry_counts) {
    if (mode_.pure) return;
    bool wrapper = context_.wraps_contracts(f);
    for (const Contract& contract : f.contracts) {
        at(contract.span);
        entry_counts.push_back({});
        switch (contract.kind) {
            case ContractKind::kReleases:
            case ContractKind::kMustHold:
            case ContractKind::kAcquires: {
                LockRef ref = lock_of(contract);
                if (ref.lock == nullptr) break;
                ExprId held = settle(load(ref.cell, kIntType), kIntType);
                if (wrapper && contract.kind != ContractKind::kMustHold) entry_counts.back() = held;
                if (contract.kind == ContractKind::kAcquires) break;
                if (enabled("lock_not_held")) {
                    check(pool().op(Op::kGreater, kLongType, held, lit(0)), "lock_not_held");
                }
                if (contract.kind == ContractKind::kMustHold) break;
                note(NoteKind::kReleased, pool().literal(1, kBoolType), ref.cell);
                if (!wrapper) set_lock(ref, one_less(held));
                break;
            }
            case ContractKind::kSleeps: check_may_sleep(); break;
            case ContractKind::kGracePeriod:
                if (context_.named_held != 0 && enabled("grace_period_in_reader")) {
                    check(pool().equal(load(own_cell(context_.named_held), kIntType), lit(0)), "grace_period_in_reader");
                }
                break;
            case ContractKind::kGets:
            case ContractKind::kPuts: watch_ledger(contract); break;
        }
    }
}

// Even behind a dangling pointer there is a ledger; behind NULL or a phantom there is none.
void Builder::watch_ledger(const Contract& contract) {
    Mode mode = mode_;
    mode_.stepping = false;
    mode_.ghost = true;
    LedgerWatch watch{temporary(kLongType, "ledger"), temporary(kLongType, "net")};
    StructId structure = context_.typed[context_.typed[contract.lock].type].structure;
    ExprId slot = settle(pool().op(Op::kPointerSlot, kLongType, expression(contract.lock)), kLongType);
    ExprId real =
        pool().logical_and(pool().op(Op::kGreater, kLongType, slot, lit(0)),
                           pool().op(Op::kLessEqual, kLongType, slot, lit(context_.layout.real_place_count(structure))));
    std::uint32_t yes = 0;
    std::uint32_t no = 0;
    std::uint32_t join = nop();
    set(watch.ledger, lit(-1));
    set(watch.net, lit(0));
    branch(real, yes, no);
    current_ = yes;
    Resolved place;
    place.type = context_.layout.struct_type(structure);
    place.address = pool().lookup(context_.layout.base_table(structure), slot, kLongType);
    for (std::uint32_t member : contract.ledger_path) {
        TypeId type = context_.typed[context_.typed[place.type].structure].members[member].type;
        place = member_of(std::move(place), member, type);
    }
    set(watch.ledger, place.address);
    jump_to(join);
    current_ = no;
    link_to(join);
    mode_ = mode;
    watches_.push_back(watch);
}

// A ledger call of the running code: every active call that watches this ledger counts it.
void Builder::count_change(ExprId ledger, ExprId change) {
    for (const LedgerWatch& watch : watches_) {
        ExprId same = pool().equal(reg(watch.ledger), ledger);
        ExprId more = pool().op(Op::kSelect, kLongType, same, change, lit(0));
        set(watch.net, pool().add_long(reg(watch.net), more));
    }
}

void Builder::check_ledger(const Contract& contract, const LedgerWatch& watch, ExprId success) {
    bool gets = contract.kind == ContractKind::kGets;
    std::string_view name = gets ? "contract_gets" : "contract_puts";
    ExprId right = pool().equal(reg(watch.net), lit(gets ? 1 : -1));
    if (gets) right = pool().op(Op::kSelect, kBoolType, success, right, pool().truth(true));
    if (enabled(name)) check(right, name);
}

// A void function always does; another one by returning what is not zero.
ExprId Builder::succeeded(const Function& f, ExprId result, ExprId returned) {
    if (!result.valid()) return pool().truth(true);
    bool pointer = scalar_type(context_.typed, f.result).kind == ScalarKind::kPointer;
    ExprId value = pointer ? pool().op(Op::kPointerSlot, kLongType, result) : result;
    return pool().logical_and(returned, pool().op(Op::kNotEqual, kLongType, value, lit(0)));
}

// With lock_not_held allowed, a count may not go below zero.
ExprId Builder::one_less(ExprId count) {
    ExprId positive = pool().op(Op::kGreater, kLongType, count, lit(0));
    ExprId less = pool().op(Op::kSubtract, kLongType, count, lit(1));
    return settle(pool().op(Op::kSelect, kLongType, positive, less, lit(0)), kLongType);
}

void Builder::check_may_sleep() {
    if (!enabled("sleeps_in_atomic")) return;
    for (Address sum : {context_.spinning, context_.irqs_off}) {
        if (sum == 0) continue;
        check(pool().equal(load(own_cell(sum), kIntType), lit(0)), "sleeps_in_atomic");
    }
}

// `result`: a lock is taken only if it is true, where there is one.
void Builder::contracts_on_return(const Function& f, ExprId result, ExprId returned, const std::vector<ExprId>& entry_counts) {
    if (mode_.pure) return;
    auto watches = [](const Contract& contract) {
        return contract.kind == ContractKind::kGets || contract.kind == ContractKind::kPuts;
    };
    auto watched = static_cast<std::size_t>(std::count_if(f.contracts.begin(), f.contracts.end(), watches));
    std::vector<LedgerWatch> ended(watches_.end() - static_cast<std::ptrdiff_t>(watched), watches_.end());
    watches_.resize(watches_.size() - watched);
    if (!reachable()) return;
    std::size_t next_watch = 0;
    for (std::size_t i = 0; i < f.contracts.size(); ++i) {
        const Contract& contract = f.contracts[i];
        bool acquires = contract.kind == ContractKind::kAcquires;
        if (watches(contract)) {
            at(contract.span);
            check_ledger(contract, ended[next_watch++], succeeded(f, result, returned));
            continue;
        }
        if (!acquires && !(contract.kind == ContractKind::kReleases && entry_counts[i].valid())) continue;
        at(contract.span);
        LockRef ref = lock_of(contract);
        if (ref.lock == nullptr) continue;
        std::uint32_t yes = 0;
        std::uint32_t no = 0;
        std::uint32_t join = nop();
        ExprId taken = acquires ? succeeded(f, result, returned) : pool().truth(true);
        branch(taken, yes, no);
        current_ = yes;
        ExprId before = entry_counts[i].valid() ? entry_counts[i] : settle(load(ref.cell, kIntType), kIntType);
        if (acquires) {
            set_lock(ref, settle(pool().op(Op::kAdd, kLongType, before, lit(1)), kLongType));
            note(NoteKind::kAcquired, pool().literal(1, kBoolType), ref.cell);
        } else {
            set_lock(ref, one_less(before));
        }
        jump_to(join);
        current_ = no;
        link_to(join);
    }
}

}  // namespace quire::ir
