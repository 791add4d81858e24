// Instances and expectations: names looked up, ranges typed.
#include <algorithm>

#include "support/suggest.h"
#include "types/checker.h"

namespace quire {

const std::vector<std::string>& builtin_checks() {
    static const std::vector<std::string> kNames = {"assertion",
                                                    "bad_free",
                                                    "contract_gets",
                                                    "contract_puts",
                                                    "data_race",
                                                    "deadlock",
                                                    "division_by_zero",
                                                    "double_free",
                                                    "endless_loop",
                                                    "freed_with_references",
                                                    "grace_period_in_reader",
                                                    "leak",
                                                    "lock_not_held",
                                                    "null_dereference",
                                                    "out_of_bounds",
                                                    "out_of_range",
                                                    "signed_overflow",
                                                    "sleeps_in_atomic",
                                                    "uninitialised_read",
                                                    "unowned_put",
                                                    "use_after_free"};
    return kNames;
}

std::optional<ConstantId> Checker::find_constant(const ast::Name& name) {
    auto found = file_scope_.names.find(name.text);
    if (found != file_scope_.names.end() && found->second.kind == Symbol::Kind::kConstant) {
        note_symbol(name, found->second);
        return ConstantId{found->second.index};
    }
    if (name.empty()) return std::nullopt;
    Diagnostic& d = diagnostics_.error(DiagnosticCode::kE0404, name.span, "there is no constant `" + name.text + "`");
    std::vector<std::string> known;
    for (const Constant& constant : program_.constants) known.push_back(constant.name);
    suggest(d, name.text, known, "a constant of a similar name exists");
    return std::nullopt;
}

void Checker::resolve_instances() {
    for (const ast::Declaration* declaration : plan_.instances) {
        const auto& node = std::get<ast::InstanceDecl>(declaration->node);
        Instance instance;
        instance.name = node.name.text;
        instance.slow = node.is_slow;
        instance.span = node.name.span;
        instance.doc = declaration->doc;
        std::set<std::uint32_t> seen;
        for (const ast::Declaration& inner : node.constants) {
            const auto* constant = std::get_if<ast::ConstDecl>(&inner.node);
            if (constant == nullptr) continue;
            std::optional<ConstantId> id = find_constant(constant->name);
            ExpressionId value = constant->value ? constant_expression(*constant->value, "a `const`") : ExpressionId{};
            if (!id || !value.valid()) continue;
            if (!seen.insert(id->value).second) {
                diagnostics_.error(DiagnosticCode::kE0204, constant->name.span,
                                   "`" + constant->name.text + "` is set twice in this instance");
                continue;
            }
            if (constant_types_[id->index()].valid()) value = convert_arithmetic(value, constant_types_[id->index()]);
            instance.constants.emplace_back(*id, value);
        }
        program_.instances.push_back(instance);
    }
}

void Checker::resolve_expectations() {
    for (const ast::Declaration* declaration : plan_.expectations) {
        resolve_expectation(*declaration, std::get<ast::ExpectDecl>(declaration->node));
    }
    if (!plan_.expectations.empty()) return;
    Expectation pass;
    pass.text = "pass";
    pass.implicit = true;
    pass.span = plan_.span;
    program_.expectations.push_back(pass);
}

void Checker::resolve_expectation(const ast::Declaration& declaration, const ast::ExpectDecl& node) {
    Expectation expectation;
    expectation.span = declaration.span;
    switch (node.kind) {
        case ast::ExpectKind::kPass:
            expectation.kind = ExpectationKind::kPass;
            expectation.text = "pass";
            break;
        case ast::ExpectKind::kViolation:
            expectation.kind = ExpectationKind::kViolation;
            expectation.text = "violation";
            break;
        case ast::ExpectKind::kCovered:
            expectation.kind = ExpectationKind::kCovered;
            expectation.text = "covered";
            break;
        case ast::ExpectKind::kNotCovered:
            expectation.kind = ExpectationKind::kNotCovered;
            expectation.text = "not covered";
            break;
        case ast::ExpectKind::kProved:
            expectation.kind = ExpectationKind::kProved;
            expectation.text = "proved";
            break;
    }
    resolve_expected_name(node, expectation);
    for (const ast::ForItem& item : node.constants) resolve_range(item, expectation);
    if (!node.instance.empty()) {
        for (std::size_t i = 0; i < program_.instances.size(); i++) {
            if (program_.instances[i].name != node.instance.text) continue;
            expectation.instance = static_cast<std::uint32_t>(i);
            note_use(node.instance, NamedThing::kInstance, program_.instances[i].span);
        }
        if (!expectation.instance) {
            Diagnostic& d =
                diagnostics_.error(DiagnosticCode::kE0405, node.instance.span, "unknown instance `" + node.instance.text + "`");
            std::vector<std::string> known;
            for (const Instance& instance : program_.instances) known.push_back(instance.name);
            suggest(d, node.instance.text, known, "an instance of a similar name exists");
        }
    }
    for (const ast::Name& model : node.under) {
        if (!is_memory_model(model)) continue;
        std::vector<std::string> listed = program_.memory_models;
        if (listed.empty()) listed.push_back("sc");
        if (std::find(listed.begin(), listed.end(), model.text) == listed.end()) {
            diagnostics_
                .error(DiagnosticCode::kE0407, model.span,
                       "the spec is not checked under `" + model.text + "`, so nothing can be expected there")
                .with_help("list it: `memory " + listed.front() + ", " + model.text + ";`");
        }
        expectation.under.push_back(model.text);
    }
    program_.expectations.push_back(expectation);
}

void Checker::resolve_expected_name(const ast::ExpectDecl& node, Expectation& expectation) {
    if (node.of.empty()) return;
    bool wants_cover = node.kind == ast::ExpectKind::kCovered || node.kind == ast::ExpectKind::kNotCovered;
    expectation.of = node.of.text;
    expectation.text += (wants_cover ? " " : " of ") + node.of.text;
    std::vector<std::string> known;
    for (std::size_t i = 0; i < program_.properties.size(); i++) {
        const Property& property = program_.properties[i];
        bool is_cover = property.kind == PropertyKind::kCover || property.kind == PropertyKind::kCoverFinally;
        if (is_cover == wants_cover) known.push_back(property.name);
        if (property.name != node.of.text) continue;
        note_use(node.of, NamedThing::kProperty, property.span);
        if (is_cover == wants_cover) {
            expectation.property = PropertyId{i};
            return;
        }
        diagnostics_
            .error(DiagnosticCode::kE0407, node.of.span,
                   wants_cover ? "`" + property.name + "` is no cover, so it cannot be covered"
                               : "`" + property.name + "` is a cover, so it cannot be violated")
            .with_secondary(property.span, "declared here")
            .with_help(wants_cover ? "write `expect violation of " + property.name + ";`, or declare a `cover`"
                                   : "write `expect covered " + property.name + ";`");
        return;
    }
    if (wants_cover) {
        auto point = cover_names_.find(node.of.text);
        if (point != cover_names_.end()) {
            expectation.cover = point->second;
            note_use(node.of, NamedThing::kCoverPoint, program_.covers[point->second.index()].span);
            return;
        }
        for (const auto& [name, unused] : cover_names_) known.push_back(name);
    } else {
        const std::vector<std::string>& checks = builtin_checks();
        if (std::find(checks.begin(), checks.end(), node.of.text) != checks.end()) {
            expectation.is_builtin = true;
            if (node.of.text == "leak" && !program_.check_leaks) {
                diagnostics_.error(DiagnosticCode::kE0407, node.of.span, "`leak` is only found with `check leaks;`")
                    .with_help("add `check leaks;`");
            }
            if (std::find(program_.allowed.begin(), program_.allowed.end(), node.of.text) != program_.allowed.end()) {
                diagnostics_.error(DiagnosticCode::kE0407, node.of.span,
                                   "`" + node.of.text + "` is taken away by `allow`, so it is never violated");
            }
            return;
        }
        known.insert(known.end(), checks.begin(), checks.end());
    }
    Diagnostic& d = diagnostics_.error(DiagnosticCode::kE0215, node.of.span,
                                       (wants_cover ? "unknown cover `" : "unknown property `") + node.of.text + "`");
    suggest(d, node.of.text, known, "a similar name exists");
}

void Checker::resolve_range(const ast::ForItem& item, Expectation& expectation) {
    std::optional<ConstantId> constant = find_constant(item.constant);
    ExpectationRange range;
    range.any = item.any;
    range.span = item.span;
    if (item.low) range.lo = constant_expression(*item.low, "a range");
    range.hi = item.high ? constant_expression(*item.high, "a range") : range.lo;
    if (!constant || (!item.any && (!range.lo.valid() || !range.hi.valid()))) return;
    range.constant = *constant;
    if (item.any && expectation.kind != ExpectationKind::kProved) {
        diagnostics_.error(DiagnosticCode::kE0407, item.span, "only `expect proved` can be `for any`")
            .with_help("give the values: `for " + item.constant.text + " in 1..4`");
    }
    for (const ExpectationRange& other : expectation.ranges) {
        if (other.constant == range.constant) {
            diagnostics_.error(DiagnosticCode::kE0407, item.span, "`" + item.constant.text + "` is given twice")
                .with_secondary(other.span, "first here");
            return;
        }
    }
    std::optional<Value> lo = static_value(range.lo);
    std::optional<Value> hi = static_value(range.hi);
    if (lo && hi && *lo > *hi) {
        diagnostics_.error(
            DiagnosticCode::kE0407, item.span,
            "the range " + std::to_string(*lo) + ".." + std::to_string(*hi) + " is empty, so nothing would be checked");
        return;
    }
    expectation.ranges.push_back(range);
}

void Checker::resolve_scenarios_and_lemmas() {
    for (const ast::Declaration* declaration : plan_.scenarios) {
        const auto& node = std::get<ast::ScenarioDecl>(declaration->node);
        Expectation expectation;
        expectation.kind = ExpectationKind::kScenario;
        expectation.of = node.name.text;
        expectation.text = "scenario " + node.name.text;
        if (node.expectation == ast::ScenarioExpectation::kPossible) expectation.text += " possible";
        if (node.expectation == ast::ScenarioExpectation::kPrevented) expectation.text += " prevented";
        expectation.span = node.name.span.valid() ? node.name.span : declaration->span;
        program_.expectations.push_back(expectation);
    }
    for (const ast::Declaration* declaration : plan_.lemmas) {
        const auto& node = std::get<ast::LemmaDecl>(declaration->node);
        Body& body = other_bodies_.emplace_back();
        Property lemma;
        lemma.name = "lemma " + node.name.text;
        lemma.span = node.name.span.valid() ? node.name.span : declaration->span;
        if (node.condition) lemma.condition = property_condition(*node.condition, false, body);
        if (lemma.condition.valid()) program_.lemmas.push_back(std::move(lemma));
    }
}

}  // namespace quire
