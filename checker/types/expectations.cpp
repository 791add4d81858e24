#include "types/expectations.h"

#include <algorithm>
#include <map>
#include <optional>

namespace quire {

namespace {

// Constants refer to each other; the type checker has excluded circles, but an instance may close one.
class Environment {
public:
    Environment(const TypedProgram& program, const std::vector<GivenConstant>& given, Diagnostics& diagnostics)
        : program_(program),
          diagnostics_(diagnostics),
          values_(program.constants.size(), 0),
          states_(program.constants.size(), 0) {
        for (const GivenConstant& g : given) given_[g.constant.value] = g;  // the last one wins
    }

    Result<ConstantValues> values() {
        for (std::size_t i = 0; i < values_.size(); i++) {
            if (!resolve(i)) return Failure{};
        }
        return values_;
    }

private:
    bool resolve(std::size_t index) {
        if (states_[index] == 2) return true;
        const Constant& constant = program_.constants[index];
        if (states_[index] == 1) {
            diagnostics_.error(DiagnosticCode::kE0402, constant.span,
                               "constant `" + constant.name + "` depends on itself in this instance");
            return false;
        }
        states_[index] = 1;
        ExpressionId expression = constant.value;
        auto found = given_.find(static_cast<std::uint32_t>(index));
        if (found != given_.end()) expression = found->second.expression;
        std::optional<Value> value;
        if (found != given_.end() && !expression.valid()) {
            value = found->second.value;
        } else if (expression.valid()) {
            if (!resolve_used(expression)) return false;
            value = evaluate_constant(program_, expression, values_);
        }
        if (!value) {
            diagnostics_.error(DiagnosticCode::kE0401, constant.span,
                               "constant `" + constant.name + "` has no value: it overflows, divides by zero or shifts too far");
            return false;
        }
        if (constant.value.valid() && !fits(constant, *value)) return false;
        values_[index] = *value;
        states_[index] = 2;
        return true;
    }

    bool fits(const Constant& constant, Value value) {
        ScalarType type = scalar_type(program_, program_[constant.value].type);
        if (wrap(type, value) == value) return true;
        diagnostics_.error(DiagnosticCode::kE0401, constant.span,
                           "constant `" + constant.name + "` is an `int`, and " + std::to_string(value) + " is none");
        return false;
    }

    bool resolve_used(ExpressionId id) {
        if (!id.valid()) return true;
        const TypedExpression& e = program_[id];
        if (e.kind == ExpressionKind::kConstant && !resolve(e.constant.index())) return false;
        for (ExpressionId operand : e.operands) {
            if (!resolve_used(operand)) return false;
        }
        return true;
    }

    const TypedProgram& program_;
    Diagnostics& diagnostics_;
    ConstantValues values_;
    std::vector<int> states_;
    std::map<std::uint32_t, GivenConstant> given_;
};

// Collects runs, each set of constants once.
class RunPlanner {
public:
    RunPlanner(const TypedProgram& program, const RunOptions& options, Diagnostics& diagnostics)
        : program_(program), options_(options), diagnostics_(diagnostics) {}

    Result<RunPlan> plan() {
        for (const Expectation& expectation : program_.expectations) {
            plan_.by_expectation.emplace_back();
            if (!expectation.unsupported.empty()) continue;
            for (const std::string& memory : models_of(expectation)) {
                memory_ = memory;
                for (std::optional<std::uint32_t> instance : instances_of(expectation)) {
                    if (!add_runs(expectation, instance)) return Failure{};
                }
            }
        }
        return std::move(plan_);
    }

private:
    bool is_asked_for(const std::string& name) const {
        return std::find(options_.instances.begin(), options_.instances.end(), name) != options_.instances.end();
    }

    std::vector<std::string> models_of(const Expectation& expectation) const {
        std::vector<std::string> models = expectation.under.empty() ? program_.memory_models : expectation.under;
        if (models.empty()) models.push_back("sc");
        if (options_.memory.empty()) return models;
        bool applies = expectation.under.empty() || std::find(models.begin(), models.end(), options_.memory) != models.end();
        return applies ? std::vector<std::string>{options_.memory} : std::vector<std::string>{};
    }

    // The bases of an expectation: the file's own constants, and those of instances.
    std::vector<std::optional<std::uint32_t>> instances_of(const Expectation& expectation) const {
        std::vector<std::optional<std::uint32_t>> bases;
        bool filtered = !options_.instances.empty();
        auto is_wanted = [&](const Instance& instance) {
            if (filtered) return is_asked_for(instance.name);
            return !instance.slow || options_.all_instances;
        };
        if (expectation.instance) {
            if (is_wanted(program_.instances[*expectation.instance])) bases.push_back(expectation.instance);
            return bases;
        }
        if (!filtered) bases.push_back(std::nullopt);
        bool repeats = expectation.kind == ExpectationKind::kPass || expectation.kind == ExpectationKind::kCovered;
        for (std::size_t i = 0; repeats && i < program_.instances.size(); i++) {
            if (is_wanted(program_.instances[i])) bases.push_back(static_cast<std::uint32_t>(i));
        }
        return bases;
    }

    bool add_runs(const Expectation& expectation, std::optional<std::uint32_t> instance) {
        std::vector<GivenConstant> fixed;
        if (instance) {
            for (const auto& [constant, value] : program_.instances[*instance].constants) fixed.push_back({constant, value, 0});
        }
        std::vector<GivenConstant> defines;
        for (const auto& [name, value] : options_.defines) {
            for (std::size_t i = 0; i < program_.constants.size(); i++) {
                if (program_.constants[i].name == name) defines.push_back({ConstantId{i}, {}, value});
            }
        }
        // Ranges may be given by other constants: as they are without the `for`.
        std::vector<GivenConstant> outer = fixed;
        outer.insert(outer.end(), defines.begin(), defines.end());
        Result<ConstantValues> base = constant_values(program_, outer, diagnostics_);
        if (!base) return false;
        std::vector<std::vector<GivenConstant>> ways{fixed};
        for (const ExpectationRange& range : expectation.ranges) {
            bool is_defined = false;
            for (const GivenConstant& d : defines) is_defined = is_defined || d.constant == range.constant;
            if (is_defined || range.any) continue;
            if (!multiply(ways, range, *base)) return false;
        }
        for (std::vector<GivenConstant>& way : ways) {
            way.insert(way.end(), defines.begin(), defines.end());
            Result<ConstantValues> values = constant_values(program_, way, diagnostics_);
            if (!values) return false;
            add_run(std::move(*values), way, instance);
        }
        return true;
    }

    bool multiply(std::vector<std::vector<GivenConstant>>& ways, const ExpectationRange& range, const ConstantValues& base) {
        std::optional<Value> lo = evaluate_constant(program_, range.lo, base);
        std::optional<Value> hi = evaluate_constant(program_, range.hi, base);
        if (!lo || !hi || *lo > *hi) {
            diagnostics_.error(DiagnosticCode::kE0407, range.span, "this range is empty, so nothing would be checked");
            return false;
        }
        std::uint64_t count = static_cast<std::uint64_t>(*hi) - static_cast<std::uint64_t>(*lo) + 1;
        if (count > kMaxRuns || count * ways.size() > kMaxRuns) {
            diagnostics_.error(DiagnosticCode::kE0407, range.span,
                               "these are more than " + std::to_string(kMaxRuns) + " searches");
            return false;
        }
        std::vector<std::vector<GivenConstant>> more;
        for (const std::vector<GivenConstant>& way : ways) {
            for (std::uint64_t i = 0; i < count; i++) {
                std::vector<GivenConstant> longer = way;
                longer.push_back({range.constant, {}, *lo + static_cast<Value>(i)});
                more.push_back(std::move(longer));
            }
        }
        ways = std::move(more);
        return true;
    }

    void add_run(ConstantValues values, const std::vector<GivenConstant>& given, std::optional<std::uint32_t> instance) {
        auto [found, is_new] = known_.emplace(std::pair{memory_, values}, static_cast<std::uint32_t>(plan_.runs.size()));
        if (is_new) {
            Run run;
            run.memory = memory_;
            if (instance) run.instance = program_.instances[*instance].name;
            for (std::size_t i = 0; i < program_.constants.size(); i++) {
                bool is_given =
                    std::any_of(given.begin(), given.end(), [&](const GivenConstant& g) { return g.constant.index() == i; });
                if (is_given) run.shown.emplace_back(program_.constants[i].name, values[i]);
            }
            run.constants = std::move(values);
            plan_.runs.push_back(std::move(run));
        }
        std::vector<std::uint32_t>& list = plan_.by_expectation.back();
        if (std::find(list.begin(), list.end(), found->second) == list.end()) list.push_back(found->second);
    }

    const TypedProgram& program_;
    const RunOptions& options_;
    Diagnostics& diagnostics_;
    RunPlan plan_;
    std::string memory_;  // of the runs that are added at present
    std::map<std::pair<std::string, ConstantValues>, std::uint32_t> known_;
};

}  // namespace

Result<ConstantValues> constant_values(const TypedProgram& program, const std::vector<GivenConstant>& given,
                                       Diagnostics& diagnostics) {
    return Environment(program, given, diagnostics).values();
}

Result<RunPlan> plan_runs(const TypedProgram& program, const RunOptions& options, Diagnostics& diagnostics) {
    return RunPlanner(program, options, diagnostics).plan();
}

std::vector<std::string> unknown_defines(const TypedProgram& program, const RunOptions& options) {
    std::vector<std::string> unknown;
    for (const auto& define : options.defines) {
        bool known = std::any_of(program.constants.begin(), program.constants.end(),
                                 [&](const Constant& c) { return c.name == define.first; });
        if (!known) unknown.push_back(define.first);
    }
    return unknown;
}

std::vector<std::string> unknown_instances(const TypedProgram& program, const RunOptions& options) {
    std::vector<std::string> unknown;
    for (const std::string& name : options.instances) {
        bool known =
            std::any_of(program.instances.begin(), program.instances.end(), [&](const Instance& i) { return i.name == name; });
        if (!known) unknown.push_back(name);
    }
    return unknown;
}

std::string describe_constants(const Run& run) {
    std::string text;
    for (const auto& [name, value] : run.shown) text += (text.empty() ? "" : " ") + name + "=" + std::to_string(value);
    return text;
}

}  // namespace quire
