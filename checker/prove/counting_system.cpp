#include "prove/counting_system.h"

namespace quire::prove {

std::vector<CountingState> start_states(const CountingSystem& system, const std::vector<Value>& parameters) {
    std::vector<CountingState> out;
    CountingState state(system.terms.variable_count(), 0);
    std::size_t next = 0;
    for (std::size_t v = 0; v < system.variables.size(); ++v) {
        if (system.variables[v].kind == CountingVariable::Kind::kParameter) state[v] = parameters[next++];
    }
    if (!system.terms.holds(system.parameters_hold, state)) return out;
    for (const CountingRole& role : system.roles) {
        state[system.counter_of[role.start]] += system.terms.evaluate(role.count, state);
    }
    for (const CountingStart& start : system.starts) {
        if (!system.terms.holds(start.guard, state)) continue;
        CountingState begun = state;
        for (const Assignment& one : start.assignments) begun[one.variable] = system.terms.evaluate(one.value, state);
        out.push_back(std::move(begun));
    }
    return out;
}

bool can_fire(const CountingSystem& system, const CountingStep& step, const CountingState& state) {
    return state[system.counter_of[step.from]] >= 1 && system.terms.holds(step.guard, state);
}

CountingState after(const CountingSystem& system, const CountingStep& step, const CountingState& state) {
    CountingState out = state;
    for (const Assignment& one : step.assignments) out[one.variable] = system.terms.evaluate(one.value, state);
    out[system.counter_of[step.from]] -= 1;
    if (!step.others.empty()) {
        CountingState moved = out;
        for (const auto& [from, to] : step.others) moved[system.counter_of[from]] -= out[system.counter_of[from]];
        for (const auto& [from, to] : step.others) moved[system.counter_of[to]] += out[system.counter_of[from]];
        out = std::move(moved);
    }
    out[system.counter_of[step.to]] += 1;
    return out;
}

std::map<VariableNumber, NodeId> effect_of(CountingSystem& system, const CountingStep& step) {
    CountingTerms& terms = system.terms;
    std::map<VariableNumber, NodeId> out;
    for (const Assignment& one : step.assignments) out[one.variable] = one.value;
    auto counter = [&](LocalNumber l) { return system.counter_of[l]; };
    auto left = [&](LocalNumber l) {  // of the other threads
        NodeId all = terms.variable(counter(l));
        return l == step.from ? terms.subtract(all, terms.number(1)) : all;
    };
    std::map<LocalNumber, NodeId> after;
    after[step.from] = left(step.from);
    for (const auto& [from, to] : step.others) after[from] = terms.number(0);
    for (const auto& [from, to] : step.others) {
        if (after.count(to) == 0) after[to] = left(to);
        after[to] = terms.add(after[to], left(from));
    }
    if (after.count(step.to) == 0) after[step.to] = left(step.to);
    after[step.to] = terms.add(after[step.to], terms.number(1));
    for (const auto& [l, value] : after) {
        if (value != terms.variable(counter(l))) out[counter(l)] = value;
    }
    return out;
}

NodeId after_effect(CountingTerms& terms, const std::map<VariableNumber, NodeId>& effect, NodeId formula) {
    return terms.replace(formula, [&](VariableNumber v) {
        auto found = effect.find(v);
        return found == effect.end() ? std::nullopt : std::optional<NodeId>(found->second);
    });
}

NodeId state_at_start(CountingSystem& system, const CountingStart& start, NodeId formula) {
    CountingTerms& terms = system.terms;
    return terms.replace(formula, [&](VariableNumber v) -> std::optional<NodeId> {
        switch (system.variables[v].kind) {
            case CountingVariable::Kind::kParameter:
            case CountingVariable::Kind::kInternal: return std::nullopt;
            case CountingVariable::Kind::kGlobal:
                for (const Assignment& one : start.assignments) {
                    if (one.variable == v) return one.value;
                }
                return terms.number(0);
            case CountingVariable::Kind::kCounter: {
                NodeId sum = terms.number(0);
                for (const CountingRole& role : system.roles) {
                    if (role.start == system.variables[v].local) sum = terms.add(sum, role.count);
                }
                return sum;
            }
        }
        return std::nullopt;
    });
}

}  // namespace quire::prove
