#include "prove/counting_sample.h"

#include <algorithm>
#include <set>
#include <unordered_set>

namespace quire::prove {

namespace {

struct StateHash {
    std::size_t operator()(const CountingState& state) const {
        std::uint64_t h = 0x9e3779b97f4a7c15u;
        for (Value v : state) h = (h ^ static_cast<std::uint64_t>(v)) * 0xff51afd7ed558ccdu ^ (h >> 29);
        return static_cast<std::size_t>(h);
    }
};

constexpr Value kMostOfEach = 6;
constexpr std::size_t kMostVectors = 64;

std::optional<CountingBug> bug_at_start(const CountingSystem& system, const std::vector<Value>& parameters) {
    CountingState state(system.terms.variable_count(), 0);
    std::size_t next = 0;
    for (VariableNumber v = 0; v < system.variables.size(); ++v) {
        if (system.variables[v].kind == CountingVariable::Kind::kParameter) state[v] = parameters[next++];
    }
    if (!system.terms.holds(system.parameters_hold, state)) return std::nullopt;
    for (const CountingFailure& failure : system.start_failures) {
        if (failure.property != kNone && system.terms.holds(failure.guard, state))
            return CountingBug{parameters, failure.what, failure.property};
    }
    return std::nullopt;
}

}  // namespace

std::vector<CountingState> reached(const CountingSystem& system, const std::vector<Value>& parameters, std::size_t most,
                                   bool& whole, std::optional<CountingBug>* bug, const std::function<bool()>& stop) {
    std::vector<std::vector<const CountingStep*>> steps(system.locals.size());
    std::vector<std::vector<const CountingFailure*>> failures(system.locals.size());
    for (const CountingStep& step : system.steps) steps[step.from].push_back(&step);
    for (const CountingFailure& failure : system.failures) failures[failure.from].push_back(&failure);
    std::vector<CountingState> states;
    std::unordered_set<CountingState, StateHash> seen;
    auto add = [&](CountingState state) {
        if (seen.insert(state).second) states.push_back(std::move(state));
    };
    auto found = [&](const std::string& name, PropertyNumber number) {
        if (bug != nullptr && !*bug) *bug = CountingBug{parameters, name, number};
    };
    whole = true;
    if (bug != nullptr && !*bug) *bug = bug_at_start(system, parameters);
    for (CountingState& state : start_states(system, parameters)) add(std::move(state));
    for (std::size_t next = 0; next < states.size(); ++next) {
        if (states.size() > most || (next % 256 == 0 && stop && stop())) {
            whole = false;
            break;
        }
        const CountingState state = states[next];
        for (const CountingProperty& property : system.properties) {
            if (bug != nullptr && !system.terms.holds(property.formula, state)) found(property.name, property.property);
        }
        if (bug != nullptr && *bug) return states;
        for (LocalNumber l = 0; l < system.locals.size(); ++l) {
            if (state[system.counter_of[l]] == 0) continue;
            for (const CountingFailure* failure : failures[l]) {
                if (failure->property != kNone && system.terms.holds(failure->guard, state))
                    found(failure->what, failure->property);
            }
            for (const CountingStep* step : steps[l]) {
                if (system.terms.holds(step->guard, state)) add(after(system, *step, state));
            }
        }
        if (bug != nullptr && *bug) return states;
    }
    return states;
}

CountingSample sample_counting_system(const CountingSystem& system, const SampleOptions& options) {
    std::size_t parameters = 0;
    for (const CountingVariable& v : system.variables) parameters += v.kind == CountingVariable::Kind::kParameter ? 1 : 0;
    CountingSample out;
    for (Value most = 0; most <= kMostOfEach; ++most) {
        // Those with `most` in them: the smaller ones were before.
        std::vector<std::vector<Value>> vectors{{}};
        for (std::size_t p = 0; p < parameters; ++p) {
            std::vector<std::vector<Value>> longer;
            for (const auto& v : vectors) {
                for (Value value = 0; value <= most; ++value) {
                    longer.push_back(v);
                    longer.back().push_back(value);
                }
            }
            vectors = std::move(longer);
            if (vectors.size() > 4096) return out;
        }
        std::erase_if(vectors, [&](const auto& v) { return most != 0 && std::find(v.begin(), v.end(), most) == v.end(); });
        if (out.sizes + vectors.size() > kMostVectors && most > 1) return out;
        auto total = [](const std::vector<Value>& v) {
            Value sum = 0;
            for (Value one : v) sum += one;
            return sum;
        };
        std::stable_sort(vectors.begin(), vectors.end(), [&](const auto& a, const auto& b) { return total(a) < total(b); });
        for (const auto& v : vectors) {
            if (out.states.size() >= options.most_states && most > 1) return out;
            bool whole = false;
            std::vector<CountingState> states = reached(system, v, options.most_states, whole, &out.bug, options.stop);
            out.states.insert(out.states.end(), states.begin(), states.end());
            if (out.bug || (options.stop && options.stop())) return out;
            if (whole) ++out.sizes;
        }
        if (parameters == 0) return out;
    }
    return out;
}

}  // namespace quire::prove
