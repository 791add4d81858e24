// Statements: what runs next, and what ends when a scope is left.
#include <algorithm>

#include "reference/machine.h"
#include "support/invariant.h"

namespace quire::reference {

void Machine::statement(StatementId id) {
    const Statement& s = program_[id];
    switch (s.kind) {
        case StatementKind::kBlock: return block(s);
        case StatementKind::kExpression:
            if (top().phase == 0) return run_then(s.operands[0], 1);
            pop();
            return leave();
        case StatementKind::kDeclare: return declare(s);
        case StatementKind::kIf: return if_statement(s);
        case StatementKind::kLoop: return s.loop == LoopKind::kForEach ? for_each(s) : loop(s);
        case StatementKind::kSwitch: return switch_statement(s);
        case StatementKind::kGoto: return jump(s.label, s.span);
        case StatementKind::kLabel: return label(s);
        case StatementKind::kReturn: {
            bool has_value = !s.operands.empty() && s.operands[0].valid();
            if (top().phase == 0 && has_value) return run_then(s.operands[0], 1);
            return do_return(has_value ? pop() : Item(), s.span);
        }
        case StatementKind::kAtomic:
            if (top().phase == 1) return leave();
            if (stop_before_access(true)) return;
            return run_then(s.body[0], 1);
        case StatementKind::kAwait: return await(s);
        case StatementKind::kEither: {
            if (top().phase == 1) return leave();
            if (stop_before_choice()) return;
            std::optional<std::uint64_t> chosen = choose(s.body.size());
            if (chosen) run_then(s.body[*chosen], 1);
            return;
        }
        case StatementKind::kChoose: return choose_statement(s);
        case StatementKind::kGhost:
            if (top().phase == 1) return leave();
            return run_then(s.body[0], 1);
        case StatementKind::kBuiltin: return builtin(s);
    }
}

void Machine::block(const Statement& s) {
    std::uint32_t phase = top().phase;
    if (phase < s.body.size()) return run_then(s.body[phase], phase + 1);
    Frame frame = top();
    exit_scope(frame);
    leave();
}

// The declared local starts undefined, or zero where its initialiser leaves out parts; then each initialiser
// is an assignment with the phases of one.  `extra` counts those done.
void Machine::declare(const Statement& s) {
    if (top().phase == 0 && top().extra == 0) {
        const CellRange& range = layout_.threads[self_].locals[s.local.index()];
        for (std::uint32_t i = 0; i < range.size; ++i) reset(range.begin + i, s.zero_rest);
    }
    if (top().extra == s.initialisers.size()) return leave();
    const Initialiser& initialiser = s.initialisers[top().extra];
    if (!assignment(initialiser.place, initialiser.value)) return;
    pop();
    top().phase = 0;
    ++top().extra;
}

void Machine::if_statement(const Statement& s) {
    if (top().phase == 0) return run_then(s.operands[0], 1);
    if (top().phase == 2) return leave();
    std::size_t branch = pop_value(s.span) != 0 ? 0 : 1;
    top().phase = 2;
    if (branch < s.body.size() && s.body[branch].valid()) push(s.body[branch]);
}

// ------------------------------------------------------------------------------------------------------- loops

namespace {

ExpressionId operand_or_none(const Statement& s, std::size_t index) {
    return index < s.operands.size() ? s.operands[index] : ExpressionId();
}

constexpr std::uint32_t kTest = 0;  // about to evaluate the condition
constexpr std::uint32_t kDecide = 1;
constexpr std::uint32_t kBody = 2;
constexpr std::uint32_t kStep = 3;
constexpr std::uint32_t kStepped = 4;

}  // namespace

// A do-while starts at kBody, which is why its first phase needs the detour through `extra`.
void Machine::loop(const Statement& s) {
    bool body_first = s.loop == LoopKind::kDoWhile;
    if (body_first && top().phase == kTest && top().extra == 0) {
        top().extra = 1;
        top().phase = kBody;
    }
    switch (top().phase) {
        case kTest: {
            note_cycle(s.span);
            ExpressionId condition = operand_or_none(s, 0);
            if (condition.valid()) return run_then(condition, kDecide);
            top().phase = kBody;
            return;
        }
        case kDecide:
            if (pop_value(s.span) == 0) return leave();
            top().phase = kBody;
            return;
        case kBody: return run_then(s.body[0], s.loop == LoopKind::kFor ? kStep : kTest);
        case kStep:
            if (operand_or_none(s, 1).valid()) return run_then(s.operands[1], kStepped);
            top().phase = kTest;
            return;
        case kStepped:
            pop();
            top().phase = kTest;
            return;
        default: UNREACHABLE("a loop in no phase");
    }
}

// The snapshot stands on the value stack, above the frame's height, until the loop has used it up.
void Machine::for_each(const Statement& s) {
    if (top().phase == 0) return run_then(s.place, 1);
    if (top().phase == 1) {
        if (stop_before_access(is_shared(values().back()))) return;
        std::optional<std::uint32_t> cell = resolve(pop(), s.span);
        if (!cell) return;
        TypeId element = program_[layout_.cells[*cell].type].element;
        for (Value v : state_.sequences[layout_.cells[*cell].sequence]) values().push_back(item_of(element, v));
        top().phase = 2;
        return;
    }
    undefine(s.local);
    std::uint32_t height = top().height;
    std::size_t left = values().size() - height;
    if (left == 0) return leave();
    std::size_t index = 0;
    if (program_[program_[s.place].type].kind == TypeKind::kSet) {
        if (stop_before_choice()) return;
        std::optional<std::uint64_t> chosen = choose(left);
        if (!chosen) return;
        index = *chosen;
    }
    auto position = values().begin() + static_cast<std::ptrdiff_t>(height + index);
    Value member = position->value;
    values().erase(position);
    if (!write(layout_.threads[self_].locals[s.local.index()].begin, member, s.span)) return;
    push(s.body[0]);
}

// ------------------------------------------------------------------------------------------------------- jumps

void Machine::switch_statement(const Statement& s) {
    if (top().phase == 0) return run_then(s.operands[0], 1);
    if (top().phase == 2) return leave();
    Value value = pop_value(s.span);
    top().phase = 2;
    for (const SwitchCase& c : s.cases) {
        Value label = c.value;
        if (c.constant.valid()) label = evaluate_constant(program_, c.constant, layout_.constants).value_or(0);
        if (label == value) return jump(c.label, s.span);
    }
    if (s.label.valid()) return jump(s.label, s.span);
    leave();
}

void Machine::label(const Statement& s) {
    leave();
    if (!program_[s.label].watched) return;
    std::vector<std::uint32_t>& passed = thread().passed;
    auto at = std::lower_bound(passed.begin(), passed.end(), s.label.value);
    if (at == passed.end() || *at != s.label.value) passed.insert(at, s.label.value);
}

// The statement whose body the frame runs.
StatementId Machine::statement_of(const Frame& frame) const {
    if (frame.kind == FrameKind::kStatement) return StatementId(frame.id);
    if (frame.kind != FrameKind::kExpression) return StatementId();
    const TypedExpression& e = program_.expressions[frame.id];
    bool is_block = e.kind == ExpressionKind::kStatements && program_[e.statement].kind == StatementKind::kBlock;
    return is_block ? e.statement : StatementId();
}

// Leaves frames until one that the target is inside of, then enters those on the way down to it.
void Machine::jump(LabelId target, const SourceSpan& span) {
    note_cycle(span);
    if (end_ != StepEnd::kRunning) return;
    const LabelPlace& place = layout_.labels[target.index()];
    const std::vector<StatementId>& path = place.path;
    auto found = path.end();
    while (true) {
        INVARIANT(!thread().frames.empty() && top().kind != FrameKind::kCall, "a jump out of its function");
        found = std::find(path.begin(), path.end(), statement_of(top()));
        if (found != path.end()) break;
        unwind_frame();
    }
    for (; found + 1 != path.end(); ++found) {
        set_child_phase(top(), found[1]);
        push(found[1]);
    }
    switch (place.landing) {
        case Landing::kBefore: return;
        case Landing::kContinue: top().phase = continue_phase(program_[path.back()]); return;
        case Landing::kBehind: unwind_frame(); return;
    }
}

std::uint32_t Machine::continue_phase(const Statement& s) const {
    switch (s.loop) {
        case LoopKind::kWhile:
        case LoopKind::kDoWhile: return kTest;
        case LoopKind::kFor: return kStep;
        case LoopKind::kForEach: return 2;
    }
    return 0;
}

// As if the frame had started this child of its statement in the ordinary way.
void Machine::set_child_phase(Frame& frame, StatementId child) {
    const Statement& s = program_[statement_of(frame)];
    switch (s.kind) {
        case StatementKind::kBlock: {
            auto index = std::find(s.body.begin(), s.body.end(), child) - s.body.begin();
            frame.phase = static_cast<std::uint32_t>(index) + 1;
            return;
        }
        case StatementKind::kLoop:
            frame.phase = continue_phase(s);
            frame.extra = s.loop == LoopKind::kDoWhile ? 1 : 0;
            return;
        case StatementKind::kIf:
        case StatementKind::kSwitch:
        case StatementKind::kAwait: frame.phase = 2; return;
        case StatementKind::kChoose: frame.phase = 3; return;
        case StatementKind::kEither:
        case StatementKind::kGhost:
        case StatementKind::kAtomic: frame.phase = 1; return;
        case StatementKind::kExpression:
        case StatementKind::kDeclare:
        case StatementKind::kGoto:
        case StatementKind::kLabel:
        case StatementKind::kReturn:
        case StatementKind::kBuiltin: UNREACHABLE("a jump into a statement without a body");
    }
}

void Machine::unwind_frame() {
    Frame frame = top();
    exit_scope(frame);
    values().resize(frame.height);
    leave();
}

// The locals of the frame's scope become undefined, and pointers to them dangle.
void Machine::exit_scope(const Frame& frame) {
    if (frame.kind == FrameKind::kExpression) {
        const TypedExpression& e = program_.expressions[frame.id];
        if (e.kind == ExpressionKind::kQuantifier) undefine(e.local);
    }
    StatementId id = statement_of(frame);
    if (!id.valid()) return;
    const Statement& s = program_[id];
    for (LocalId local : s.locals) undefine(local);
    bool binds = s.kind == StatementKind::kLoop && s.loop == LoopKind::kForEach;
    if (s.kind == StatementKind::kChoose && !s.body.empty()) binds = true;
    if (binds && s.local.valid()) undefine(s.local);
}

// ------------------------------------------------------------------------------------------- await and choices

void Machine::await(const Statement& s) {
    if (top().phase == 2) return leave();
    if (top().phase == 0) {
        if (stop_before_access(true)) return;
        return run_then(s.operands[0], 1);
    }
    if (pop_value(s.span) == 0) return end(StepEnd::kBlocked);
    if (s.body.empty() || !s.body[0].valid()) return leave();
    run_then(s.body[0], 2);
}

void Machine::choose_statement(const Statement& s) {
    if (top().phase == 3) {
        Frame frame = top();
        exit_scope(frame);
        return leave();
    }
    if (s.choose == ChooseKind::kPool) return choose_object(s);
    if (s.choose == ChooseKind::kMember) return choose_member(s);
    if (top().phase < 2) return run_then(s.operands[top().phase], top().phase + 1);
    if (stop_before_choice()) return;
    Value hi = pop_value(s.span);
    Value lo = pop_value(s.span);
    std::optional<std::uint64_t> chosen = choose(hi < lo ? 0 : static_cast<std::uint64_t>(hi - lo) + 1);
    if (!chosen) return;
    std::uint32_t cell = layout_.threads[self_].locals[s.local.index()].begin;
    if (!write(cell, lo + static_cast<Value>(*chosen), s.span)) return;
    top().phase = 3;
    if (!s.body.empty() && s.body[0].valid()) push(s.body[0]);
}

void Machine::choose_object(const Statement& s) {
    if (stop_before_access(true)) return;
    std::vector<Value> pointers;
    for (std::uint32_t number : layout_.pool_objects[s.structure.index()]) {
        const Object& object = layout_.objects[number];
        bool is_live = state_.alive[number] != 0;
        if (is_live || object.typesafe) pointers.push_back(make_pointer(object.slot, !is_live));
    }
    std::optional<std::uint64_t> chosen = choose(pointers.size());
    if (!chosen) return;
    if (!write(layout_.threads[self_].locals[s.local.index()].begin, pointers[*chosen], s.span)) return;
    top().phase = 3;
    if (!s.body.empty() && s.body[0].valid()) push(s.body[0]);
}

void Machine::choose_member(const Statement& s) {
    if (top().phase == 0) return run_then(s.place, 1);
    if (stop_before_access(true)) return;
    std::optional<std::uint32_t> container = resolve(pop(), s.span);
    if (!container) return;
    const std::vector<Value>& members = state_.sequences[layout_.cells[*container].sequence];
    std::optional<std::uint64_t> chosen = choose(members.size());
    if (!chosen) return;
    Value member = members[*chosen];
    if (!write(layout_.threads[self_].locals[s.local.index()].begin, member, s.span)) return;
    top().phase = 3;
    if (!s.body.empty() && s.body[0].valid()) push(s.body[0]);
}

// ------------------------------------------------------------------------------------------------------ built in

void Machine::builtin(const Statement& s) {
    switch (s.builtin) {
        case Builtin::kAssert:
            if (top().phase == 0) return run_then(s.operands[0], 1);
            if (pop_value(s.span) == 0 && fail("assertion", s.span)) return;
            return leave();
        case Builtin::kAssume:
            if (top().phase == 0) return run_then(s.operands[0], 1);
            if (pop_value(s.span) == 0) return end(StepEnd::kAssumed);
            return leave();
        case Builtin::kFree:
        case Builtin::kUse: {
            if (top().phase == 0) return run_then(s.operands[0], 1);
            if (stop_before_access(true)) return;
            Item pointer = pop();
            if (s.builtin == Builtin::kFree) {
                free_object(pointer, s.span);
            } else {
                use_object(pointer, s.span);
            }
            return leave();
        }
        case Builtin::kCover: covers_.insert(s.cover); return leave();
        case Builtin::kSpawn: return spawn(s);
        case Builtin::kCredit:
        case Builtin::kDebit:
        case Builtin::kMove: return ledger_call(s);
        case Builtin::kRefresh:
            if (top().phase == 0) return run_then(s.place, 1);
            refresh_cell(pop(), s.span);
            return leave();
        case Builtin::kFence: return leave();
        case Builtin::kIrqDisable: thread().irqs_off = true; return leave();
        case Builtin::kIrqEnable: thread().irqs_off = false; return leave();
    }
}

// The place, from whom, to whom, how many; then the booking.
void Machine::ledger_call(const Statement& s) {
    std::uint32_t phase = top().phase;
    if (phase == 0) return run_then(s.place, 1);
    if (phase < 3) {
        ExpressionId who = phase == 1 ? s.from.thread : s.to.thread;
        if (who.valid()) return run_then(who, phase + 1);
        values().push_back(scalar(0));
        top().phase = phase + 1;
        return;
    }
    if (phase == 3) return run_then(s.amount, 4);
    Value n = pop_value(s.span);
    Value to = pop_value(s.span);
    Value from = pop_value(s.span);
    std::optional<std::uint32_t> cell = resolve(pop(), s.span);
    if (!cell) return;
    const CellInfo& ledger = layout_.cells[*cell];
    bool debits = s.builtin != Builtin::kCredit;
    bool credits = s.builtin != Builtin::kDebit;
    if (debits && !debit(*cell, account_index(ledger, s.from, from), n, s.span)) return;
    if (credits && !credit(*cell, account_index(ledger, s.to, to), n, s.span)) return;
    leave();
}

}  // namespace quire::reference
