#include "driver/instances.h"

#include <algorithm>

namespace quire {

namespace {

// A constant is computed after those that its text names.
class ConstantEvaluator {
public:
    ConstantEvaluator(const TypedProgram& program, const ConstantSettings& settings, Diagnostics& diagnostics)
        : program_(program), diagnostics_(diagnostics), values_(program.constants.size(), 0), states_(program.constants.size(), 0) {
        for (const auto& [constant, value] : settings) {
            values_[constant.index()] = value;
            states_[constant.index()] = kDone;
        }
    }

    std::optional<ConstantValues> evaluate() {
        for (std::size_t i = 0; i < values_.size(); ++i) settle(ConstantId(i));
        if (failed_) return std::nullopt;
        return values_;
    }

private:
    static constexpr int kUnderWay = 1, kDone = 2;

    void settle(ConstantId id) {
        int& state = states_[id.index()];
        if (state != 0) return;
        state = kUnderWay;
        const Constant& constant = program_[id];
        if (constant.value.valid()) settle_parts(constant.value);
        std::optional<Value> value = constant.value.valid() ? evaluate_constant(program_, constant.value, values_) : std::nullopt;
        states_[id.index()] = kDone;
        if (value) {
            values_[id.index()] = *value;
            return;
        }
        diagnostics_.error(DiagnosticCode::kE0401, constant.span, "the value of '" + constant.name + "' cannot be computed")
            .with_label("it overflows, divides by zero or shifts by too much");
        failed_ = true;
    }

    void settle_parts(ExpressionId id) {
        const TypedExpression& expression = program_[id];
        if (expression.kind == ExpressionKind::kConstant) settle(expression.constant);
        for (ExpressionId operand : expression.operands) {
            if (operand.valid()) settle_parts(operand);
        }
    }

    const TypedProgram& program_;
    Diagnostics& diagnostics_;
    ConstantValues values_;
    std::vector<int> states_;
    bool failed_ = false;
};

}  // namespace

std::optional<ConstantValues> constant_values(const TypedProgram& program, const ConstantSettings& settings, Diagnostics& diagnostics) {
    return ConstantEvaluator(program, settings, diagnostics).evaluate();
}

std::optional<ConstantId> find_constant(const TypedProgram& program, const std::string& name) {
    for (std::size_t i = 0; i < program.constants.size(); ++i) {
        if (program.constants[i].name == name) return ConstantId(i);
    }
    return std::nullopt;
}

}  // namespace quire
