// Calls, their contracts, and spawn.
#include <algorithm>

#include "reference/machine.h"

namespace quire::reference {

// Pushes argument `phase`; true as long as there is one.
bool Machine::push_arguments(const std::vector<Argument>& arguments, std::uint32_t phase) {
    if (phase >= arguments.size()) return false;
    const Argument& argument = arguments[phase];
    std::uint32_t next = top().phase + 1;
    if (argument.is_reference && argument.place.valid()) {
        run_then(argument.place, next);
    } else if (!argument.is_reference && argument.value.valid()) {
        run_then(argument.value, next);
    } else {
        Item null;
        null.kind = ItemKind::kAddress;
        values().push_back(null);
        top().phase = next;
    }
    return true;
}

void Machine::call(const TypedExpression& e) {
    bool indirect = e.kind == ExpressionKind::kCallIndirect;
    std::uint32_t phase = top().phase;
    if (indirect && phase == 0) return run_then(e.operands[0], 1);
    if (push_arguments(e.arguments, phase - (indirect ? 1 : 0))) return;
    FunctionId function = e.function;
    if (indirect) {
        Value number = values()[top().height].value;
        if (number == 0) return fail_for_good("null_dereference", e.span);
        function = FunctionId(static_cast<std::size_t>(number - 1));
    }
    if (program_[function].external != ExternKind::kDefined) return external_call(e, program_[function]);
    enter(function);
}

// The arguments have been evaluated, as in C.
void Machine::external_call(const TypedExpression& e, const Function& f) {
    if (f.external == ExternKind::kIgnore) {
        bool is_void = program_[e.type].kind == TypeKind::kVoid;
        return finish(is_void ? Item() : item_of(e.type, 0));
    }
    if (stop_before_choice()) return;
    Value lo = evaluate_constant(program_, f.havoc_lo, layout_.constants).value_or(0);
    Value hi = evaluate_constant(program_, f.havoc_hi, layout_.constants).value_or(0);
    std::optional<std::uint64_t> chosen = choose(hi < lo ? 0 : static_cast<std::uint64_t>(hi - lo) + 1);
    if (!chosen) return;
    Value value = wrap(scalar_type(program_, f.result), lo + static_cast<Value>(*chosen));
    if (check_range(f.result, value, e.span)) finish(item_of(f.result, value));
}

// Gives the parameters the arguments that stand on the value stack from `first` on.
bool Machine::bind(std::uint32_t thread_number, const std::vector<LocalId>& parameters, std::size_t first) {
    for (LocalId parameter : parameters) {
        const Local& local = program_[parameter];
        if (local.is_reference) {
            const Item& address = values()[first++];
            if (address.bad_index) {
                fail_for_good("out_of_bounds", local.span);
                return false;
            }
            state_.threads[thread_number].references[parameter.value] = address;
            continue;
        }
        std::uint32_t begin = layout_.threads[thread_number].locals[parameter.index()].begin;
        std::vector<std::uint32_t> scalars = {0};
        if (program_[local.type].kind == TypeKind::kStruct) scalars = layout_.scalars_of(local.type, in_ghost());
        for (std::uint32_t offset : scalars) {
            if (!write(begin + offset, values()[first++].value, local.span)) return false;
        }
    }
    return true;
}

void Machine::enter(FunctionId function) {
    const Function& f = program_[function];
    bool indirect = program_.expressions[top().id].kind == ExpressionKind::kCallIndirect;
    std::size_t first = top().height + (indirect ? 1 : 0);
    // A property only looks: it owes the contracts of what it calls nothing.
    bool with_contracts = mode_ != Mode::kObserver;
    if (!bind(self_, f.parameters, first)) return;
    values().resize(top().height);
    Frame& frame = top();
    frame.kind = FrameKind::kCall;
    frame.phase = with_contracts ? 0 : static_cast<std::uint32_t>(2 * f.contracts.size());
    frame.extra = function.value;
    thread().calls.emplace_back();
}

// Two phases for each contract, then the way into the body, then the end of a body without `return`.
void Machine::call_frame() {
    const Function& f = program_.functions[top().extra];
    std::uint32_t phase = top().phase;
    std::size_t contract = phase / 2;
    if (contract < f.contracts.size()) {
        ExpressionId lock = f.contracts[contract].lock;
        if (phase % 2 == 1) {
            Item item = pop();
            begin_contract(contract, item);
            top().phase = phase + 1;
        } else if (!lock.valid()) {
            values().emplace_back();
            top().phase = phase + 1;
        } else {
            run_then(lock, phase + 1);
        }
        return;
    }
    if (phase == 2 * f.contracts.size()) {
        if (f.is_atomic && stop_before_access(true)) return;
        top().phase = phase + 1;
        if (f.body.valid()) push(f.body);
        return;
    }
    do_return(Item(), f.span);
}

namespace {

LockKey lock_key(const Contract& contract, const ContractWatch& watch) {
    if (!contract.lock.valid()) return {contract.name, {kNone, 0}};
    return {"", {watch.structure, watch.slot}};
}

bool is_spinning(const Layout& layout, const LockKey& key) {
    if (key.second.first != kNone) return !layout.sleeping_struct[key.second.first];
    const std::vector<std::string>& names = layout.sleeping_names;
    return std::find(names.begin(), names.end(), key.first) == names.end();
}

}  // namespace

void Machine::begin_contract(std::size_t index, const Item& lock) {
    const Contract& contract = program_.functions[top().extra].contracts[index];
    ContractWatch watch;
    watch.contract = static_cast<std::uint32_t>(index);
    watch.structure = lock.structure;
    watch.slot = slot_of(lock.value);
    LockKey key = lock_key(contract, watch);
    std::map<LockKey, Value>& held = thread().held;
    switch (contract.kind) {
        // A contract is the net effect of the function, whatever the calls inside it count.
        case ContractKind::kAcquires:
        case ContractKind::kReleases: {
            auto found = held.find(key);
            watch.held_on_entry = found == held.end() ? 0 : found->second;
            thread().calls.back().push_back(watch);
            bool releases = contract.kind == ContractKind::kReleases;
            if (releases && watch.held_on_entry == 0) fail("lock_not_held", contract.span);
            return;
        }
        case ContractKind::kMustHold:
            if (held.count(key) == 0) fail("lock_not_held", contract.span);
            return;
        case ContractKind::kSleeps: {
            bool spins =
                std::any_of(held.begin(), held.end(), [this](const auto& entry) { return is_spinning(layout_, entry.first); });
            if (spins || thread().irqs_off) fail("sleeps_in_atomic", contract.span);
            return;
        }
        case ContractKind::kGracePeriod: {
            bool reads =
                std::any_of(held.begin(), held.end(), [](const auto& entry) { return entry.first.second.first == kNone; });
            if (reads) fail("grace_period_in_reader", contract.span);
            return;
        }
        case ContractKind::kGets:
        case ContractKind::kPuts:
            // Even behind a dangling pointer there is a ledger; behind NULL there is none, and none is
            // touched.
            watch.cell = cell_of_pointer(layout_, lock.structure, lock.value);
            if (watch.cell != kNone && is_phantom(layout_, lock.structure, lock.value)) watch.cell = kNone;
            if (watch.cell != kNone) watch.cell += layout_.offset_of(StructId(lock.structure), contract.ledger_path);
            thread().calls.back().push_back(watch);
            return;
    }
}

void Machine::set_held(const LockKey& key, Value count) {
    if (count > 0)
        thread().held[key] = count;
    else
        thread().held.erase(key);
}

// False: the run ends.
bool Machine::end_contracts(const Function& f, const Item& result) {
    bool is_void = program_[f.result].kind == TypeKind::kVoid;
    bool succeeded = is_void || (result.kind != ItemKind::kNothing && result.value != 0);
    for (const ContractWatch& watch : thread().calls.back()) {
        const Contract& contract = f.contracts[watch.contract];
        if (contract.kind == ContractKind::kAcquires && succeeded) set_held(lock_key(contract, watch), watch.held_on_entry + 1);
        if (contract.kind == ContractKind::kReleases) set_held(lock_key(contract, watch), watch.held_on_entry - 1);
        bool gets_wrong = contract.kind == ContractKind::kGets && succeeded && watch.net != 1;
        bool puts_wrong = contract.kind == ContractKind::kPuts && watch.net != -1;
        if (gets_wrong && fail("contract_gets", contract.span)) return false;
        if (puts_wrong && fail("contract_puts", contract.span)) return false;
    }
    return true;
}

// Leaves all scopes up to the call (or the whole body of the thread).  The result stays on the value stack
// meanwhile, for it may point to what ends on the way.
void Machine::do_return(const Item& result, const SourceSpan&) {
    values().push_back(result);
    while (!thread().frames.empty() && top().kind != FrameKind::kCall) {
        Frame frame = top();
        exit_scope(frame);
        Item carried = pop();
        values().resize(frame.height);
        values().push_back(carried);
        leave();
    }
    if (thread().frames.empty()) {
        values().clear();
        return;
    }
    leave_call(pop());
}

void Machine::leave_call(Item result) {
    const Function& f = program_.functions[top().extra];
    const SourceSpan& span = program_.expressions[top().id].span;
    bool is_void = program_[f.result].kind == TypeKind::kVoid;
    if (is_void) result = Item();
    if (result.kind != ItemKind::kNothing) {
        result = item_of(f.result, wrap(scalar_type(program_, f.result), result.value));
        if (!check_range(f.result, result.value, span)) return;
    }
    if (!end_contracts(f, result)) return;
    values().push_back(result);
    for (LocalId parameter : f.parameters) undefine(parameter);
    result = pop();
    thread().calls.pop_back();
    bool missing = !is_void && result.kind == ItemKind::kNothing;
    if (missing && !value_is_dropped()) {
        fail_for_good("uninitialised_read", span);
        return;
    }
    finish(result);
}

// Whether nobody looks at the value of the call on top.
bool Machine::value_is_dropped() const {
    const std::vector<Frame>& frames = state_.threads[self_].frames;
    for (std::size_t i = frames.size() - 1; i-- > 0;) {
        const Frame& frame = frames[i];
        if (frame.kind == FrameKind::kStatement) {
            const Statement& s = program_.statements[frame.id];
            bool is_step_of_for = s.kind == StatementKind::kLoop && s.loop == LoopKind::kFor && frame.phase == 4;
            return s.kind == StatementKind::kExpression || is_step_of_for;
        }
        if (frame.kind != FrameKind::kExpression) return false;
        const TypedExpression& e = program_.expressions[frame.id];
        if (e.kind == ExpressionKind::kComma && frame.phase == 1) return true;
        bool passes_on = e.kind == ExpressionKind::kComma || e.kind == ExpressionKind::kStatements ||
                         (e.kind == ExpressionKind::kConditional && frame.phase == 2);
        if (!passes_on) return false;
    }
    return false;
}

void Machine::spawn(const Statement& s) {
    if (push_arguments(s.arguments, top().phase)) return;
    if (stop_before_access(true)) return;
    const std::vector<std::uint32_t>& instances = layout_.threads_of[s.role.index()];
    auto ended =
        std::find_if(instances.begin(), instances.end(), [this](std::uint32_t t) { return state_.threads[t].frames.empty(); });
    if (ended == instances.end()) return end(StepEnd::kExhausted);
    if (!bind(*ended, program_[s.role].parameters, top().height)) return;
    values().resize(top().height);
    leave();
    Thread& started = state_.threads[*ended];
    started.frames.push_back({FrameKind::kStatement, program_[s.role].body.value, 0, 0, 0});
    started.passed.clear();
    started.held.clear();
    started.irqs_off = false;
}

}  // namespace quire::reference
