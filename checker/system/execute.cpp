// The meaning of actions: one instruction after the other, every expression by `evaluate`.
//
// Cycles within a step are found with Brent's method (R. P. Brent, "An improved Monte Carlo factorization algorithm",
// 1980): at loop heads the whole configuration is compared with one saved at a power of two of visits.  A configuration
// that comes back without a choice in between can never leave the cycle (endless_loop); with a choice in between every
// way out of it is reached by another way, so this one is dropped as blocked.
#include "system/execute.h"

#include <algorithm>

#include "support/invariant.h"

namespace quire {

// NOLINTNEXTLINE(performance-unnecessary-value-param): the choices are handed over
ChoiceTape ChoiceTape::fixed(std::vector<Value> values) {
    ChoiceTape tape;
    tape.fixed_ = true;
    for (Value value : values) tape.entries_.push_back({value, value});
    return tape;
}

bool ChoiceTape::next() {
    if (fixed_) return false;
    entries_.resize(std::min(entries_.size(), position_));
    while (!entries_.empty() && entries_.back().value == entries_.back().hi) entries_.pop_back();
    if (entries_.empty()) return false;
    ++entries_.back().value;
    rewind();
    return true;
}

bool ChoiceTape::choose(Value lo, Value hi, Value& value) {
    if (lo > hi) return false;
    if (position_ == entries_.size()) {
        if (fixed_) return false;
        entries_.push_back({lo, hi});
    }
    value = entries_[position_++].value;
    return lo <= value && value <= hi;
}

std::vector<Value> ChoiceTape::taken() const {
    std::vector<Value> values;
    for (std::size_t i = 0; i < position_; ++i) values.push_back(entries_[i].value);
    return values;
}

namespace {

// One run of one program.  `run` loops over the instructions; each handler returns whether to go on.
class Machine {
public:
    Machine(const TransitionSystem& system, const Program& program, std::vector<Value>& state, std::span<const Value> before,
            ThreadNumber thread, ChoiceTape& tape, std::vector<Event>* events)
        : system_(system),
          program_(program),
          state_(state),
          before_(before),
          thread_(thread),
          tape_(tape),
          events_(events),
          registers_(program.registers.size(), 0) {}

    Outcome run() {
        for (std::uint32_t count = 0; count < kStepLimit; ++count) {
            const Instruction& instruction = program_.code[position_++];
            if (!perform(instruction)) return std::move(outcome_);
        }
        outcome_.kind = OutcomeKind::kTooLong;
        return std::move(outcome_);
    }

    std::vector<Value>& registers() { return registers_; }

private:
    bool perform(const Instruction& i);
    bool store(const Instruction& i);
    bool choose(const Instruction& i);
    bool loop_head(const Instruction& i);
    void mark_cells(const Instruction& i, bool mark);
    void mark_register(const Instruction& i, bool mark);
    void mark_members(const Instruction& i);

    bool end(OutcomeKind kind, const Instruction& i, PropertyNumber property = kNone) {
        outcome_.kind = kind;
        outcome_.property = property;
        outcome_.site = i.site;
        if (kind == OutcomeKind::kBlocked) outcome_.covers.clear();
        return false;
    }

    // Puts the value into `value`; false (and the outcome set) when it faults.
    bool value_of(const Instruction& i, ExprId id, Value& value) {
        Environment environment{state_, before_, registers_, thread_, system_.threads[thread_].index};
        Evaluated result = evaluate(system_.pool, id, environment);
        value = result.value;
        if (result.fault == Fault::kNone) return true;
        PropertyNumber property = system_.fault_property(result.fault);
        bool enabled = system_.properties[property].enabled;
        return end(enabled ? OutcomeKind::kViolation : OutcomeKind::kDropped, i, enabled ? property : kNone);
    }

    void record(const Instruction& i, Value address, Value value) {
        if (events_ != nullptr) events_->push_back({i, address, value});
    }

    const TransitionSystem& system_;
    const Program& program_;
    std::vector<Value>& state_;
    std::span<const Value> before_;
    ThreadNumber thread_;
    ChoiceTape& tape_;
    std::vector<Event>* events_;
    std::vector<Value> registers_;
    std::size_t position_ = 0;
    Outcome outcome_;
    struct Saved {
        std::size_t position = 0;
        std::vector<Value> state, registers;
        std::vector<PropertyNumber> covers;
    };
    Saved saved_;
    std::uint64_t visits_ = 0;
    std::uint64_t save_at_ = 1;
    std::uint32_t choices_since_saved_ = 0;
};

bool Machine::store(const Instruction& i) {
    Value address = 0;
    Value value = 0;
    if (!value_of(i, i.address, address) || !value_of(i, i.value, value)) return false;
    INVARIANT(address >= 0 && static_cast<std::size_t>(address) < state_.size(), "store outside the state");
    state_[static_cast<std::size_t>(address)] = value;
    record(i, address, value);
    return true;
}

bool Machine::choose(const Instruction& i) {
    Value lo = 0;
    Value hi = 0;
    if (!value_of(i, i.value, lo) || !value_of(i, i.value2, hi)) return false;
    Value value = 0;
    if (!tape_.choose(lo, hi, value)) return end(OutcomeKind::kBlocked, i);
    registers_[i.target] = value;
    ++choices_since_saved_;
    record(i, 0, value);
    return true;
}

bool Machine::loop_head(const Instruction& i) {
    if (visits_ > 0 && saved_.position == position_ && saved_.covers == outcome_.covers && saved_.state == state_ &&
        saved_.registers == registers_) {
        if (choices_since_saved_ > 0) return end(OutcomeKind::kBlocked, i);
        PropertyNumber property = system_.property("endless_loop");
        bool enabled = system_.properties[property].enabled;
        return end(enabled ? OutcomeKind::kViolation : OutcomeKind::kDropped, i, enabled ? property : kNone);
    }
    if (++visits_ == save_at_) {
        saved_ = {position_, state_, registers_, outcome_.covers};
        save_at_ *= 2;
        choices_since_saved_ = 0;
    }
    return true;
}

void Machine::mark_cells(const Instruction& i, bool mark) {
    Value object = 0;
    if (!value_of(i, i.value, object)) return;
    const std::vector<Value>& owner = system_.pool.table(i.table).entries;
    for (Address a = i.base; a < i.base + i.count; ++a) {
        Value slot = state_[a] >> 1;
        if (slot < 0 || owner[static_cast<std::size_t>(slot)] != object || object == 0) continue;
        state_[a] = mark ? state_[a] | 1 : state_[a] & ~Value{1};
    }
}

void Machine::mark_register(const Instruction& i, bool mark) {
    Value object = 0;
    if (!value_of(i, i.value, object)) return;
    Value& cell = registers_[i.target];
    Value slot = cell >> 1;
    const std::vector<Value>& owner = system_.pool.table(i.table).entries;
    if (object == 0 || slot < 0 || owner[static_cast<std::size_t>(slot)] != object) return;
    cell = mark ? cell | 1 : cell & ~Value{1};
}

void Machine::mark_members(const Instruction& i) {
    Value object = 0;
    if (!value_of(i, i.value, object)) return;
    const std::vector<Value>& owner = system_.pool.table(i.table).entries;
    for (std::uint32_t k = 0; k < i.count; ++k) {
        if (state_[i.base + k] == 1 && owner[k] == object && object != 0) state_[i.base + k] = 2;
    }
}

bool Machine::perform(const Instruction& i) {
    Value value = 0;
    switch (i.kind) {
        case InstructionKind::kStore: return store(i);
        case InstructionKind::kSet:
            if (!value_of(i, i.value, value)) return false;
            registers_[i.target] = value;
            return true;
        case InstructionKind::kBranch:
            if (!value_of(i, i.value, value)) return false;
            if (value == 0) position_ = i.target;
            return true;
        case InstructionKind::kJump: position_ = i.target; return true;
        case InstructionKind::kRequire:
            if (!value_of(i, i.value, value)) return false;
            return value != 0 || end(OutcomeKind::kBlocked, i);
        case InstructionKind::kCheck:
            if (!value_of(i, i.value, value)) return false;
            return value != 0 || end(OutcomeKind::kViolation, i, i.property);
        case InstructionKind::kDrop:
            if (!value_of(i, i.value, value)) return false;
            if (value != 0) return true;
            return end(i.drop == DropKind::kExhausted ? OutcomeKind::kExhausted : OutcomeKind::kDropped, i);
        case InstructionKind::kChoose: return choose(i);
        case InstructionKind::kMarkCells:
            mark_cells(i, true);
            record(i, 0, 0);
            return true;
        case InstructionKind::kClearCells: mark_cells(i, false); return true;
        case InstructionKind::kMarkRegister: mark_register(i, true); return true;
        case InstructionKind::kClearRegister: mark_register(i, false); return true;
        case InstructionKind::kMarkMembers: mark_members(i); return true;
        case InstructionKind::kLoopHead: return loop_head(i);
        case InstructionKind::kCover:
            if (std::find(outcome_.covers.begin(), outcome_.covers.end(), i.property) == outcome_.covers.end()) {
                outcome_.covers.push_back(i.property);
            }
            record(i, 0, 0);
            return true;
        case InstructionKind::kNote: {
            Value address = 0;
            if (events_ == nullptr) return true;
            if (i.address.valid() && !value_of(i, i.address, address)) return false;
            if (i.value.valid() && !value_of(i, i.value, value)) return false;
            record(i, address, value);
            return true;
        }
        case InstructionKind::kFinish: return end(OutcomeKind::kDone, i);
    }
    return false;
}

}  // namespace

Outcome execute(const TransitionSystem& system, const Program& program, std::vector<Value>& state, std::span<const Value> before,
                ThreadNumber thread, ChoiceTape& tape, std::vector<Value>* registers, std::vector<Event>* events) {
    INVARIANT(!program.code.empty(), "executing an empty program");
    tape.rewind();
    Machine machine(system, program, state, before, thread, tape, events);
    Outcome outcome = machine.run();
    if (registers != nullptr) *registers = std::move(machine.registers());
    return outcome;
}

Truth truth_of(const TransitionSystem& system, const SystemProperty& property, std::span<const Value> state,
               std::span<const Value> before, ThreadNumber acting, std::uint32_t* site) {
    std::vector<Value> scratch(state.begin(), state.end());
    std::vector<Value> registers;
    ChoiceTape tape;
    Outcome outcome = execute(system, property.condition, scratch, before, acting, tape, &registers);
    if (site != nullptr) *site = outcome.site;
    if (outcome.kind == OutcomeKind::kTooLong) return Truth::kUnknown;
    return outcome.kind == OutcomeKind::kDone && registers[0] != 0 ? Truth::kTrue : Truth::kFalse;
}

namespace {

void all_ways(const TransitionSystem& system, const Program& program, std::span<const Value> state, ThreadNumber thread,
              std::vector<Successor>& out) {
    ChoiceTape tape;
    do {
        Successor successor;
        successor.thread = thread;
        successor.state.assign(state.begin(), state.end());
        successor.outcome = execute(system, program, successor.state, state, thread, tape);
        successor.choices = tape.taken();
        if (successor.outcome.kind != OutcomeKind::kBlocked) out.push_back(std::move(successor));
    } while (tape.next());
}

}  // namespace

std::vector<Successor> successors(const TransitionSystem& system, std::span<const Value> state) {
    std::vector<Successor> out;
    for (ThreadNumber t = 1; t < system.threads.size(); ++t) {
        const ThreadRole& role = system.roles[system.threads[t].role];
        const Program& step = role.locations[static_cast<std::size_t>(system.location(state, t))].step;
        if (!step.code.empty()) all_ways(system, step, state, t, out);
    }
    return out;
}

std::vector<Successor> start_states(const TransitionSystem& system) {
    std::vector<Successor> out;
    all_ways(system, system.start, system.initial, 0, out);
    return out;
}

}  // namespace quire
