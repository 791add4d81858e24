// A constant that the number of threads determines must be a linear function of it, and may be used where programs compute
// and where roles say how many threads they have.  Where it shapes what there is (an array, a pool, a range, the bounds of
// a quantifier), one instance cannot stand for the others: that is refused.
#include "driver/template_instance.h"

#include <map>
#include <set>

namespace quire {

namespace {

using prove::ParameterForm;

class Forms {
public:
    Forms(const TypedProgram& program, const std::vector<ConstantId>& any, const ConstantValues& given,
          const std::vector<std::pair<std::string, Value>>& fixed)
        : program_(program), given_(given) {
        for (std::uint32_t c = 0; c < program.constants.size(); ++c) {
            for (const auto& [name, value] : fixed) {
                if (program.constants[c].name == name) fixed_.insert(c);
            }
        }
        for (std::size_t p = 0; p < any.size(); ++p) {
            ParameterForm form;
            form.constant_number = any[p].value;
            form.sum.emplace_back(p, 1);
            forms_.emplace(any[p].value, form);
        }
        for (std::uint32_t c = 0; c < program.constants.size(); ++c) {
            bool own = forms_.count(c) == 0 && fixed_.count(c) == 0;
            if (own && depends(program.constants[c].value)) dependent_.insert(c);
        }
    }

    // Whether one of the parameters is in it.
    bool depends(ExpressionId id) const {
        if (!id.valid()) return false;
        const TypedExpression& e = program_[id];
        if (e.kind == ExpressionKind::kConstant) {
            if (fixed_.count(e.constant.value) != 0) return false;
            return forms_.count(e.constant.value) != 0 || depends(program_[e.constant].value);
        }
        for (ExpressionId operand : e.operands) {
            if (depends(operand)) return true;
        }
        return false;
    }

    std::optional<ParameterForm> form(ExpressionId id) const {
        const TypedExpression& e = program_[id];
        ParameterForm out;
        if (!depends(id)) {
            std::optional<Value> value = evaluate_constant(program_, id, given_);
            if (!value) return std::nullopt;
            out.constant = *value;
            return out;
        }
        if (e.kind == ExpressionKind::kConstant) {
            auto found = forms_.find(e.constant.value);
            if (found != forms_.end()) {
                out.sum = found->second.sum;
                return out;
            }
            return form(program_[e.constant].value);
        }
        if (e.kind != ExpressionKind::kOperator || !is_int(e.operand_type)) return std::nullopt;
        if (e.op == Op::kConvert) return form(e.operands[0]);
        if (e.operands.size() != 2) return std::nullopt;
        std::optional<ParameterForm> a = form(e.operands[0]);
        std::optional<ParameterForm> b = form(e.operands[1]);
        if (!a || !b) return std::nullopt;
        if (e.op == Op::kAdd) return combined(*a, 1, *b, 1);
        if (e.op == Op::kSubtract) return combined(*a, 1, *b, -1);
        if (e.op == Op::kMultiply && a->sum.empty()) return combined(*b, a->constant, {}, 0);
        if (e.op == Op::kMultiply && b->sum.empty()) return combined(*a, b->constant, {}, 0);
        return std::nullopt;
    }

    const std::set<std::uint32_t>& dependent() const { return dependent_; }

private:
    static constexpr Value kLargest = 64;  // of a factor: sums then stay far from the ends of an int

    static bool is_int(const ScalarType& type) { return type.kind == ScalarKind::kInteger && type.is_signed && type.bits >= 32; }

    static std::optional<ParameterForm> combined(const ParameterForm& a, Value x, const ParameterForm& b, Value y) {
        constexpr Value kLargestConstant = Value{1} << 24;
        auto small = [&](Value v, Value most) { return v >= -most && v <= most; };
        ParameterForm out;
        if (!small(a.constant, kLargestConstant) || !small(b.constant, kLargestConstant) || !small(x, kLargest) ||
            !small(y, kLargest))
            return std::nullopt;
        out.constant = a.constant * x + b.constant * y;
        std::map<std::size_t, Value> sum;
        for (const auto& [p, factor] : a.sum) sum[p] += factor * x;
        for (const auto& [p, factor] : b.sum) sum[p] += factor * y;
        for (const auto& [p, factor] : sum) {
            if (!small(factor, kLargest)) return std::nullopt;
            if (factor != 0) out.sum.emplace_back(p, factor);
        }
        if (!small(out.constant, kLargestConstant)) return std::nullopt;
        return out;
    }

    const TypedProgram& program_;
    const ConstantValues& given_;
    std::map<std::uint32_t, ParameterForm> forms_;
    std::set<std::uint32_t> dependent_, fixed_;
};

TemplateInstance refused(TemplateInstance out, std::string why, SourceSpan span) {
    out.refusal = std::move(why);
    out.span = span;
    return out;
}

}  // namespace

TemplateInstance template_instance(const TypedProgram& program, const std::vector<ConstantId>& any, const ConstantValues& values,
                                   const std::vector<std::pair<std::string, Value>>& fixed) {
    TemplateInstance out;
    out.constants = any;
    Forms forms(program, any, values, fixed);
    for (const Instance& instance : program.instances) {
        for (const auto& [constant, value] : instance.constants) {
            if (forms.depends(value))
                return refused(std::move(out), "instance '" + instance.name + "' depends on the number of threads",
                               instance.span);
        }
    }
    for (ConstantId c : any) {
        out.parameters.names.push_back(program[c].name);
        ParameterForm form;
        form.constant_number = c.value;
        form.sum.emplace_back(out.parameters.forms.size(), 1);
        out.parameters.forms.push_back(form);
    }
    for (std::uint32_t c : forms.dependent()) {
        std::optional<ParameterForm> form = forms.form(program.constants[c].value);
        if (!form)
            return refused(std::move(out), "'" + program.constants[c].name + "' is no linear function of a number of threads",
                           program.constants[c].span);
        form->constant_number = c;
        out.parameters.forms.push_back(*form);
    }
    std::set<std::size_t> used;
    for (const Role& role : program.roles) {
        out.parameters.role_counts.emplace_back();
        if (!forms.depends(role.count)) continue;
        std::optional<ParameterForm> form = forms.form(role.count);
        if (!form) return refused(std::move(out), "how many threads '" + role.name + "' has is no linear function", role.span);
        for (const auto& [p, factor] : form->sum) used.insert(p);
        out.parameters.role_counts.back() = *form;
    }
    for (std::size_t p = 0; p < any.size(); ++p) {
        if (program[program[program[any[p]].value].type].kind != TypeKind::kInteger)
            return refused(std::move(out), "'" + program[any[p]].name + "' is no number", program[any[p]].span);
        out.parameters.of_threads.push_back(used.count(p) != 0 ? 1 : 0);
    }
    for (std::uint32_t t = 0; t < program.types.size(); ++t) {
        const Type& type = program.types[t];
        if (forms.depends(type.extent))
            return refused(std::move(out), "the length of an array depends on the number of threads", program[type.extent].span);
        if (!type.has_range || (!forms.depends(type.lo) && !forms.depends(type.hi))) continue;
        const ExpressionId written = forms.depends(type.lo) ? type.lo : type.hi;
        if (!forms.form(type.lo) || !forms.form(type.hi))
            return refused(std::move(out), "a range is no linear function of the number of threads", program[written].span);
        if (type.bits == 64 && !type.is_signed)
            return refused(std::move(out), "a range of 64 bits depends on the number of threads", program[written].span);
        out.open_ranges.push_back(TypeId{t});
    }
    for (const Type& type : program.types) {
        const bool universe = type.kind == TypeKind::kSet || type.kind == TypeKind::kList;
        for (TypeId open : out.open_ranges) {
            if (universe && type.element == open)
                return refused(std::move(out), "what a set or a list can hold depends on the number of threads",
                               program[program[open].hi].span);
        }
    }
    for (const Pool& pool : program.pools) {
        if (forms.depends(pool.size))
            return refused(std::move(out), "the size of a pool depends on the number of threads", pool.span);
    }
    for (const Function& function : program.functions) {
        for (ExpressionId id : {function.havoc_lo, function.havoc_hi}) {
            if (forms.depends(id))
                return refused(std::move(out), "what '" + function.name + "' may return depends on the number of threads",
                               function.span);
        }
    }
    for (const TypedExpression& e : program.expressions) {
        if (e.kind == ExpressionKind::kThreadOf)
            return refused(std::move(out), "one thread of '" + program[e.role].name + "' is named", e.span);
        bool range = e.kind == ExpressionKind::kQuantifier && e.domain == Domain::kRange;
        for (std::size_t i = 1; range && i < e.operands.size(); ++i) {
            if (forms.depends(e.operands[i]))
                return refused(std::move(out), "a quantifier runs to the number of threads", e.span);
        }
    }
    return out;
}

}  // namespace quire
