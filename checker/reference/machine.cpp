#include "reference/machine.h"

#include <algorithm>

#include "support/invariant.h"

namespace quire::reference {

namespace {

constexpr std::uint64_t kMostOperations = 1'000'000;

}  // namespace

Machine::Machine(const Layout& layout, State& state, std::uint32_t thread, ChoiceTape& tape, Mode mode)
    : layout_(layout), program_(*layout.program), state_(state), self_(thread), tape_(tape), mode_(mode) {}

StepEnd Machine::step() {
    thread().passed.clear();
    run_frames();
    if (end_ != StepEnd::kRunning) return end_;
    if (thread().frames.empty()) end_thread();
    return end_ = StepEnd::kMoved;
}

StepEnd Machine::run(StatementId body) {
    push(body);
    run_frames();
    if (end_ != StepEnd::kRunning) return end_;
    end_thread();
    return StepEnd::kMoved;
}

void Machine::run_frames() {
    while (end_ == StepEnd::kRunning && !stopped_ && !thread().frames.empty()) {
        if (++operations_ > kMostOperations) {
            end(StepEnd::kTooLong);
        } else {
            execute_top();
        }
    }
}

void Machine::end_thread() {
    values().clear();
    for (std::uint32_t i = 0; i < layout_.threads[self_].locals.size(); ++i) undefine(LocalId(i));
}

void Machine::execute_top() {
    Frame& frame = top();
    switch (frame.kind) {
        case FrameKind::kStatement: statement(StatementId(frame.id)); return;
        case FrameKind::kExpression: expression(ExpressionId(frame.id)); return;
        case FrameKind::kPlace: place(PlaceId(frame.id)); return;
        case FrameKind::kCall: call_frame(); return;
    }
}

// ------------------------------------------------------------------------------------------- where a step ends

// Before the access that the top frame is about to make.  The first one belongs to this step; the next one
// does not, and the thread stands before it.
bool Machine::stop_before_access(bool is_step) {
    if (!is_step || in_one_step()) return false;
    if (access_done_) {
        stopped_ = true;
        return true;
    }
    access_done_ = true;
    return false;
}

bool Machine::stop_before_choice() {
    if (in_one_step() || !access_done_) return false;
    stopped_ = true;
    return true;
}

// What must be equal for two moments of one step to have the same future: whether the access is still to
// come, and the covers that the step would report, included.
std::string Machine::way_key() const {
    std::string key = state_key(state_) + (access_done_ ? "+" : "-");
    for (CoverId cover : covers_) key += "," + std::to_string(cover.value);
    return key;
}

std::optional<std::uint64_t> Machine::choose(std::uint64_t count) {
    if (count == 0) {
        end(StepEnd::kBlocked);
        return std::nullopt;
    }
    if (!met_choices_.insert(way_key()).second) {
        end(StepEnd::kPruned);
        return std::nullopt;
    }
    met_loops_.clear();
    return tape_.take(count);
}

void Machine::note_cycle(const SourceSpan& span) {
    if (met_loops_.insert(way_key()).second) return;
    fail_for_good("endless_loop", span);
}

bool Machine::is_ghost_frame(const Frame& frame) const {
    if (frame.kind == FrameKind::kCall) {
        const Function& f = program_.functions[frame.extra];
        bool looks_at_contracts = frame.phase < 2 * f.contracts.size();
        return f.is_ghost || looks_at_contracts;
    }
    if (frame.kind != FrameKind::kStatement) return false;
    const Statement& s = program_.statements[frame.id];
    if (s.kind == StatementKind::kGhost || s.is_ghost) return true;
    if (s.kind != StatementKind::kBuiltin) return false;
    switch (s.builtin) {
        case Builtin::kCredit:
        case Builtin::kDebit:
        case Builtin::kMove:
        case Builtin::kRefresh:
        case Builtin::kCover: return true;
        case Builtin::kAssert:
        case Builtin::kFree:
        case Builtin::kUse:
        case Builtin::kAssume:
        case Builtin::kSpawn:
        case Builtin::kFence:
        case Builtin::kIrqDisable:
        case Builtin::kIrqEnable: return false;
    }
    return false;
}

bool Machine::in_ghost() const {
    if (mode_ == Mode::kObserver) return true;
    const std::vector<Frame>& frames = state_.threads[self_].frames;
    return std::any_of(frames.begin(), frames.end(), [this](const Frame& f) { return is_ghost_frame(f); });
}

bool Machine::in_one_step() const {
    if (mode_ != Mode::kThread) return true;
    for (const Frame& frame : state_.threads[self_].frames) {
        if (is_ghost_frame(frame)) return true;
        if (frame.kind == FrameKind::kCall) {
            const Function& f = program_.functions[frame.extra];
            if (f.is_atomic && frame.phase > 2 * f.contracts.size()) return true;
        }
        if (frame.kind != FrameKind::kStatement || frame.phase == 0) continue;
        StatementKind kind = program_.statements[frame.id].kind;
        if (kind == StatementKind::kAtomic || kind == StatementKind::kAwait) return true;
    }
    return false;
}

bool Machine::fail(const char* check, const SourceSpan& span) {
    if (end_ != StepEnd::kRunning) return true;
    const std::vector<std::string>& allowed = program_.allowed;
    if (std::find(allowed.begin(), allowed.end(), check) != allowed.end()) return false;
    failure_ = check;
    failure_span_ = span;
    end(StepEnd::kFailed);
    return true;
}

void Machine::fail_for_good(const char* check, const SourceSpan& span) {
    if (!fail(check, span)) end(StepEnd::kDropped);
}

void Machine::end(StepEnd how) {
    if (end_ == StepEnd::kRunning) end_ = how;
}

// -------------------------------------------------------------------------------------------------- the stacks

void Machine::push(FrameKind kind, std::uint32_t id) {
    thread().frames.push_back({kind, id, 0, static_cast<std::uint32_t>(values().size()), 0});
}

void Machine::finish(const Item& result) {
    values().resize(top().height);
    leave();
    values().push_back(result);
}

Item Machine::pop() {
    INVARIANT(!values().empty(), "a frame takes a temporary that nobody left");
    Item item = values().back();
    values().pop_back();
    return item;
}

Value Machine::pop_value(const SourceSpan& span) {
    Item item = pop();
    if (item.kind == ItemKind::kNothing) fail_for_good("uninitialised_read", span);
    return item.value;
}

Item Machine::scalar(Value value) {
    Item item;
    item.kind = ItemKind::kScalar;
    item.value = value;
    return item;
}

Item Machine::item_of(TypeId type, Value value) const {
    Item item = scalar(value);
    if (!type.valid() || program_[type].kind != TypeKind::kPointer) return item;
    item.kind = ItemKind::kPointer;
    item.structure = program_[type].structure.value;
    return item;
}

// ----------------------------------------------------------------------------------- start values and properties

StepEnd Machine::initialise(const Global& global) {
    for (const Initialiser& i : global.initialisers) {
        push(i.place);
        run_frames();
        if (end_ != StepEnd::kRunning) return end_;
        Item address = pop();
        push(i.value);
        run_frames();
        if (end_ != StepEnd::kRunning) return end_;
        const SourceSpan& span = program_[i.value].span;
        std::optional<std::uint32_t> cell = resolve(address, span);
        if (cell) write(*cell, pop_value(span), span);
        if (end_ != StepEnd::kRunning) return end_;
    }
    return StepEnd::kMoved;
}

std::optional<Value> Machine::observe(ExpressionId condition, const State* before, std::uint32_t acting) {
    before_ = before;
    acting_ = acting;
    push(condition);
    run_frames();
    std::optional<Value> result;
    if (end_ == StepEnd::kRunning && values().back().kind != ItemKind::kNothing) result = values().back().value;
    Thread& observer = thread();
    observer.frames.clear();
    observer.references.clear();
    observer.calls.clear();
    end_thread();
    return result;
}

}  // namespace quire::reference
