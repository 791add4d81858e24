// Each step is run once more, instruction by instruction, on a copy of the state before it; of every expression that is
// evaluated on the way the loads are collected.  That is exact: what stands on a branch not taken is not read.
#include "explain/data_flow.h"

#include <algorithm>
#include <set>

namespace quire {

namespace {

constexpr std::size_t kMostInstructions = 100'000;

class StepReader {
public:
    StepReader(const TransitionSystem& system, std::span<const Value> state, std::span<const Value> before, ThreadNumber thread)
        : system_(system), state_(state.begin(), state.end()), before_(before), thread_(thread) {}

    StepFlow run(const Program& program, const std::vector<Value>& choices) {
        registers_.assign(program.registers.size(), 0);
        std::size_t choice = 0;
        std::size_t at = 0;
        for (std::size_t n = 0; at < program.code.size() && n < kMostInstructions; ++n) {
            const Instruction& i = program.code[at++];
            if (i.kind == InstructionKind::kFinish) break;
            if (i.kind == InstructionKind::kJump) at = i.target;
            if (i.kind == InstructionKind::kChoose && choice < choices.size()) registers_[i.target] = choices[choice++];
            if (!perform(i, at)) break;
        }
        return std::move(flow_);
    }

private:
    // False: the step ends here.
    bool perform(const Instruction& i, std::size_t& at) {
        switch (i.kind) {
            case InstructionKind::kSet: {
                Evaluated value = look(i.value);
                if (value.fault != Fault::kNone) return false;
                registers_[i.target] = value.value;
                return true;
            }
            case InstructionKind::kBranch: {
                Evaluated value = look(i.value);
                if (value.fault != Fault::kNone) return false;
                flow_.decided = true;
                if (value.value == 0) at = i.target;
                return true;
            }
            case InstructionKind::kStore: {
                Evaluated address = look(i.address);
                Evaluated value = look(i.value);
                bool fault = address.fault != Fault::kNone || value.fault != Fault::kNone;
                if (fault || !inside(address.value)) return false;
                state_[static_cast<std::size_t>(address.value)] = value.value;
                note(flow_.writes, static_cast<Address>(address.value));
                return true;
            }
            case InstructionKind::kRequire:
            case InstructionKind::kCheck:
            case InstructionKind::kDrop: {
                Evaluated value = look(i.value);
                return value.fault == Fault::kNone && value.value != 0;
            }
            default: return true;
        }
    }

    bool inside(Value address) const { return address >= 0 && static_cast<std::size_t>(address) < state_.size(); }

    Environment environment() const { return {state_, before_, registers_, thread_, system_.threads[thread_].index}; }

    Evaluated look(ExprId id) {
        seen_.clear();
        loads(id);
        return evaluate(system_.pool, id, environment());
    }

    void loads(ExprId id) {
        if (!id.valid() || !seen_.insert(id.value).second) return;
        const Expr& node = system_.pool[id];
        loads(node.a);
        loads(node.b);
        loads(node.c);
        if (node.kind != ExprKind::kLoad) return;
        Evaluated address = evaluate(system_.pool, node.a, environment());
        if (address.fault == Fault::kNone && inside(address.value)) note(flow_.reads, static_cast<Address>(address.value));
    }

    void note(std::vector<Address>& cells, Address cell) const {
        VariableKind kind = system_.variables[system_.cell_variable[cell]].kind;
        if (kind == VariableKind::kLocation || kind == VariableKind::kInternal) return;
        if (std::find(cells.begin(), cells.end(), cell) == cells.end()) cells.push_back(cell);
    }

    const TransitionSystem& system_;
    std::vector<Value> state_;
    std::span<const Value> before_;
    ThreadNumber thread_;
    std::vector<Value> registers_;
    std::set<std::uint32_t> seen_;  // of one expression, whose parts may be shared
    StepFlow flow_;
};

}  // namespace

std::vector<StepFlow> data_flow(const TransitionSystem& system, const Trace& trace, const ReplayedTrace& run) {
    std::vector<StepFlow> flows;
    for (std::size_t i = 0; i < trace.steps.size() && i < run.states.size(); ++i) {
        ThreadNumber thread = trace.steps[i].thread;
        const ThreadRole& role = system.roles[system.threads[thread].role];
        const Program& step = role.locations[static_cast<std::size_t>(system.location(run.states[i], thread))].step;
        flows.push_back(StepReader(system, run.states[i], run.states[i], thread).run(step, trace.steps[i].choices));
    }
    return flows;
}

std::vector<Address> cells_read_by(const TransitionSystem& system, const Program& program, std::span<const Value> state,
                                   std::span<const Value> before, ThreadNumber thread) {
    return StepReader(system, state, before, thread).run(program, {}).reads;
}

std::size_t object_named_by(const TransitionSystem& system, Address cell, Value value) {
    const Variable& v = system.variables[system.cell_variable[cell]];
    if (v.type.kind != ScalarKind::kPointer || value <= 0 || v.type.pointee >= system.pointer_spaces.size()) return 0;
    std::uint32_t table = system.pointer_spaces[v.type.pointee].object_table;
    if (table == kNone) return 0;
    const std::vector<Value>& owner = system.pool.table(table).entries;
    std::size_t slot = static_cast<std::size_t>(value >> 1);
    return slot < owner.size() && owner[slot] > 0 ? static_cast<std::size_t>(owner[slot]) : 0;
}

}  // namespace quire
