// What depends on the values of constants: is this instance of the program sensible?
#include <map>
#include <set>

#include "types/check.h"

namespace quire {

namespace {

// Beyond these no search could end, and most often a constant is mistaken.
constexpr Value kMaxArray = 1 << 16;
constexpr Value kMaxThreads = 1 << 12;
constexpr Value kMaxCells = 1 << 20;

class InstanceChecker {
public:
    InstanceChecker(const TypedProgram& program, const ConstantValues& constants, Diagnostics& diagnostics)
        : program_(program), constants_(constants), diagnostics_(diagnostics) {}

    bool check() {
        std::size_t before = diagnostics_.error_count();
        check_ranges();
        check_roles();
        check_pools();
        if (diagnostics_.error_count() == before) check_storage();
        if (diagnostics_.error_count() == before) check_globals();
        check_functions();
        check_switches();
        return diagnostics_.error_count() == before;
    }

private:
    std::optional<Value> value(ExpressionId id) const { return evaluate_constant(program_, id, constants_); }

    // The values of the constants that an expression uses: "HOLDERS is -1".
    void explain(Diagnostic& diagnostic, ExpressionId id) {
        std::set<std::uint32_t> used;
        collect(id, used);
        for (std::uint32_t constant : used) {
            diagnostic.with_note("`" + program_.constants[constant].name + "` is " + std::to_string(constants_[constant]) +
                                 " in this instance");
        }
    }
    void collect(ExpressionId id, std::set<std::uint32_t>& used) {
        if (!id.valid()) return;
        const TypedExpression& e = program_[id];
        if (e.kind == ExpressionKind::kConstant) used.insert(e.constant.value);
        for (ExpressionId operand : e.operands) collect(operand, used);
    }

    Diagnostic& error(DiagnosticCode code, SourceSpan span, const std::string& message, ExpressionId why) {
        Diagnostic& d = diagnostics_.error(code, span, message);
        explain(d, why);
        return d;
    }

    std::optional<Value> value_or_report(ExpressionId id) {
        std::optional<Value> v = value(id);
        if (!v)
            error(DiagnosticCode::kE0401, program_[id].span, "this has no value: it overflows, divides by zero or shifts too far",
                  id);
        return v;
    }

    void check_ranges() {
        for (const Type& t : program_.types) {
            if (t.has_range) {
                std::optional<Value> lo = value_or_report(t.lo);
                std::optional<Value> hi = value_or_report(t.hi);
                if (!lo || !hi) continue;
                if (*lo > *hi) {
                    Diagnostic& d = error(DiagnosticCode::kE0401, program_[t.hi].span,
                                          "the range " + std::to_string(*lo) + ".." + std::to_string(*hi) + " is empty", t.hi);
                    explain(d, t.lo);
                }
                ScalarType scalar{ScalarKind::kInteger, t.bits, t.is_signed, 0};
                if (*lo < smallest_value(scalar) || *hi > largest_value(scalar)) {
                    error(DiagnosticCode::kE0401, program_[t.hi].span,
                          "the range " + std::to_string(*lo) + ".." + std::to_string(*hi) + " does not fit into its integer type",
                          t.hi);
                }
            }
            bool has_length = (t.kind == TypeKind::kArray || t.kind == TypeKind::kList) && t.extent.valid();
            if (!has_length) continue;
            std::optional<Value> length = value_or_report(t.extent);
            if (!length) continue;
            if (*length <= 0) {
                error(DiagnosticCode::kE0401, program_[t.extent].span, "an array or list of length " + std::to_string(*length),
                      t.extent);
            } else if (*length > kMaxArray) {
                error(DiagnosticCode::kE0602, program_[t.extent].span,
                      "an array or list of length " + std::to_string(*length) + ", at most " + std::to_string(kMaxArray) +
                          " are possible",
                      t.extent);
            }
        }
    }

    void check_roles() {
        Value total = 0;
        for (const Role& role : program_.roles) {
            std::optional<Value> count = role.count.valid() ? value_or_report(role.count) : std::optional<Value>(1);
            if (!count) continue;
            if (*count < 0) {
                error(DiagnosticCode::kE0401, program_[role.count].span,
                      "there cannot be " + std::to_string(*count) + " threads `" + role.name + "`", role.count);
                continue;
            }
            total += std::min(*count, kMaxThreads + 1);
            if (total > kMaxThreads) {
                error(DiagnosticCode::kE0602, role.count.valid() ? program_[role.count].span : role.span,
                      "more than " + std::to_string(kMaxThreads) + " threads", role.count);
                return;
            }
        }
    }

    void check_pools() {
        for (const Pool& pool : program_.pools) {
            std::optional<Value> size = value_or_report(pool.size);
            if (!size) continue;
            if (*size <= 0) {
                error(DiagnosticCode::kE0403, program_[pool.size].span,
                      "a pool of " + std::to_string(*size) + " objects has nothing to allocate", pool.size);
            } else if (*size > kMaxArray) {
                error(DiagnosticCode::kE0602, program_[pool.size].span,
                      "a pool of " + std::to_string(*size) + " objects, at most " + std::to_string(kMaxArray) + " are possible",
                      pool.size);
            }
        }
    }

    // Scalars in a value of the type, saturated.
    Value cells(TypeId id) {
        const Type& t = program_[id];
        Value sum = 1;
        if (t.kind == TypeKind::kStruct) {
            sum = 0;
            for (const StructMember& member : program_[t.structure].members)
                sum = std::min(kMaxCells + 1, sum + cells(member.type));
        } else if (t.kind == TypeKind::kArray || (t.kind == TypeKind::kList && t.extent.valid())) {
            Value each = t.kind == TypeKind::kArray ? cells(t.element) : 1;
            sum = std::min(kMaxCells + 1, each * value(t.extent).value_or(1));
        }
        return sum;
    }

    void check_storage() {
        Value total = 0;
        auto add = [&](Value count, SourceSpan span, const std::string& what) {
            total = std::min(kMaxCells + 1, total + count);
            if (total > kMaxCells && count > 0) {
                diagnostics_.error(
                    DiagnosticCode::kE0602, span,
                    what + " is too large: a state would have more than " + std::to_string(kMaxCells) + " variables");
                total = 0;
            }
        };
        for (const Global& global : program_.globals) add(cells(global.type), global.span, "`" + global.name + "`");
        for (const Pool& pool : program_.pools) {
            Type whole;
            Value each = 0;
            for (const StructMember& member : program_[pool.structure].members)
                each = std::min(kMaxCells + 1, each + cells(member.type));
            add(std::min(kMaxCells + 1, each * value(pool.size).value_or(1)), pool.span, "this pool");
        }
        for (const Local& local : program_.locals) {
            if (!local.is_reference) add(cells(local.type), local.span, "`" + local.name + "`");
        }
    }

    // Whether a place of the type may start at zero; else the type with the range that excludes it.
    void check_globals() {
        for (const Global& global : program_.globals) {
            bool has_initialiser = !global.initialisers.empty();
            TypeId t = global.type;
            while (program_[t].kind == TypeKind::kArray) t = program_[t].element;
            if (!has_initialiser && program_[t].has_range) check_start(global.name, 0, t, global.span, {});
            for (const Initialiser& initialiser : global.initialisers) check_initialiser(global, initialiser);
        }
    }

    void check_start(const std::string& name, Value start, TypeId t, SourceSpan span, ExpressionId why) {
        std::optional<Value> lo = value(program_[t].lo);
        std::optional<Value> hi = value(program_[t].hi);
        if (!lo || !hi || (start >= *lo && start <= *hi)) return;
        Diagnostic& d = error(DiagnosticCode::kE0401, span,
                              "`" + name + "` starts at " + std::to_string(start) + ", outside its range " + std::to_string(*lo) +
                                  ".." + std::to_string(*hi),
                              why);
        if (!why.valid()) d.with_help("initialise it: `" + name + " = " + std::to_string(*lo) + "`");
    }

    void check_initialiser(const Global& global, const Initialiser& initialiser) {
        for (PlaceId id = initialiser.place; program_[id].kind == PlaceKind::kMember || program_[id].kind == PlaceKind::kIndex;
             id = program_[id].base) {
            if (program_[id].kind == PlaceKind::kIndex) check_index(id);
        }
        const TypedExpression& e = program_[initialiser.value];
        if (e.kind == ExpressionKind::kAddressOf) {
            for (PlaceId id = e.place; program_[id].kind == PlaceKind::kMember || program_[id].kind == PlaceKind::kIndex;
                 id = program_[id].base) {
                if (program_[id].kind == PlaceKind::kIndex) check_index(id);
            }
            return;
        }
        if (e.kind == ExpressionKind::kFunctionAddress) return;
        std::optional<Value> start = value_or_report(initialiser.value);
        TypeId t = program_[initialiser.place].type;
        if (start && program_[t].has_range) check_start(global.name, *start, t, e.span, initialiser.value);
    }

    void check_index(PlaceId id) {
        const Place& place = program_[id];
        ExpressionId extent = program_[program_[place.base].type].extent;
        std::optional<Value> index = value_or_report(place.operand);
        std::optional<Value> length = extent.valid() ? value(extent) : std::nullopt;
        if (!index || !length || (*index >= 0 && *index < *length)) return;
        error(DiagnosticCode::kE0401, place.span,
              "index " + std::to_string(*index) + " is outside an array of " + std::to_string(*length), extent);
    }

    void check_functions() {
        for (const Function& function : program_.functions) {
            if (function.external != ExternKind::kHavoc) continue;
            std::optional<Value> lo = value_or_report(function.havoc_lo);
            std::optional<Value> hi = value_or_report(function.havoc_hi);
            if (lo && hi && *lo > *hi) {
                error(DiagnosticCode::kE0401, function.span,
                      "`" + function.name + "` cannot return anything from " + std::to_string(*lo) + " to " + std::to_string(*hi),
                      function.havoc_hi);
            }
        }
    }

    void check_switches() {
        for (const Statement& s : program_.statements) {
            if (s.kind != StatementKind::kSwitch) continue;
            std::map<Value, SourceSpan> seen;
            for (const SwitchCase& one : s.cases) {
                std::optional<Value> v = one.constant.valid() ? value_or_report(one.constant) : one.value;
                if (!v) continue;
                SourceSpan span = one.constant.valid() ? program_[one.constant].span : s.span;
                auto [first, is_new] = seen.emplace(*v, span);
                if (!is_new)
                    error(DiagnosticCode::kE0401, span, "two cases for " + std::to_string(*v), one.constant)
                        .with_secondary(first->second, "first one");
            }
        }
    }

    const TypedProgram& program_;
    const ConstantValues& constants_;
    Diagnostics& diagnostics_;
};

}  // namespace

bool check_instance(const TypedProgram& program, const ConstantValues& constants, Diagnostics& diagnostics) {
    return InstanceChecker(program, constants, diagnostics).check();
}

}  // namespace quire
