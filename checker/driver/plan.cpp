// Constants are set by the file, then the variant (both are in its program), then the instance, then `for`, then -D.
#include "driver/plan.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "driver/instances.h"
#include "report/text_layout.h"
#include "types/check.h"

namespace quire {

namespace {

constexpr std::uint64_t kMostRuns = 10'000;  // of one expectation
constexpr std::size_t kLongestSizes = 32;

bool contains(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

Expected expected_of(ExpectationKind kind) {
    switch (kind) {
        case ExpectationKind::kPass: return Expected::kPass;
        case ExpectationKind::kViolation: return Expected::kViolation;
        case ExpectationKind::kCovered: return Expected::kCovered;
        case ExpectationKind::kNotCovered: return Expected::kNotCovered;
        case ExpectationKind::kProved: return Expected::kProved;
        case ExpectationKind::kScenario: return Expected::kScenario;
        case ExpectationKind::kLemma: return Expected::kLemma;
    }
    return Expected::kPass;
}

bool parse_define(const std::string& text, Value& value) {
    if (text == "true" || text == "false") {
        value = text == "true" ? 1 : 0;
        return true;
    }
    const char* end = text.data() + text.size();
    auto [rest, error] = std::from_chars(text.data(), end, value);
    return error == std::errc() && rest == end && !text.empty();
}

// One expectation with an instance: what its runs have in common.
struct Setting {
    std::string instance;  // "" without one
    ConstantSettings constants;
};

class Planner {
public:
    Planner(LoadedSpec& spec, const Selection& selection, SelectionUse& use, std::uint32_t& next_id)
        : spec_(spec), selection_(selection), use_(use), next_id_(next_id) {}

    CheckPlan plan() {
        for (std::size_t v = 0; v < spec_.programs.size(); ++v) plan_variant(v);
        implied_covers();
        return std::move(plan_);
    }

private:
    const TypedProgram& program(std::size_t variant) const { return spec_.programs[variant]; }

    void plan_variant(std::size_t variant);
    void plan_expectation(std::size_t variant, const Expectation& expectation);
    std::vector<Setting> settings_for(std::size_t variant, const Expectation& expectation);
    std::vector<ConstantSettings> range_settings(std::size_t variant, const Expectation& expectation, const Setting& setting);
    std::optional<std::size_t> run_for(std::size_t variant, ConstantSettings settings);
    ConstantSettings defines(std::size_t variant);
    void implied_covers();
    bool selected(const Expectation& expectation);
    std::string sizes_of(const Expectation& expectation, const PlannedExpectation& planned, std::size_t variant) const;
    ExpectationHead head_of(std::size_t variant, const Expectation& expectation) const;

    LoadedSpec& spec_;
    const Selection& selection_;
    SelectionUse& use_;
    std::uint32_t& next_id_;
    CheckPlan plan_;
    std::map<std::pair<std::size_t, ConstantValues>, std::size_t> known_runs_;
    std::vector<std::pair<std::size_t, std::size_t>> pass_runs_;  // (variant, run)
};

ConstantSettings Planner::defines(std::size_t variant) {
    ConstantSettings settings;
    for (const auto& [name, text] : selection_.defines) {
        Value value = 0;
        std::optional<ConstantId> constant = find_constant(program(variant), name);
        if (!constant || !parse_define(text, value)) continue;
        use_.defines.insert(name);
        settings.emplace_back(*constant, value);
    }
    return settings;
}

bool Planner::selected(const Expectation& expectation) {
    if (selection_.properties.empty()) return true;
    bool any = expectation.of.empty() && (expectation.kind == ExpectationKind::kPass || expectation.kind == ExpectationKind::kViolation);
    return any || contains(selection_.properties, expectation.of);
}

void Planner::plan_variant(std::size_t variant) {
    const TypedProgram& p = program(variant);
    if (!selection_.variants.empty() && !contains(selection_.variants, p.variant)) return;
    use_.variants.insert(p.variant);
    for (const Expectation& expectation : p.expectations) {
        if (selected(expectation)) plan_expectation(variant, expectation);
    }
}

// Without an instance, and with each instance that repeats it or that it names.
std::vector<Setting> Planner::settings_for(std::size_t variant, const Expectation& expectation) {
    const TypedProgram& p = program(variant);
    bool repeats = expectation.kind == ExpectationKind::kPass || expectation.kind == ExpectationKind::kCovered;
    std::vector<Setting> settings;
    bool plain_wanted = selection_.instances.empty() || contains(selection_.instances, "base");
    if (!expectation.instance && plain_wanted) settings.push_back({});
    if (contains(selection_.instances, "base")) use_.instances.insert("base");
    for (std::size_t i = 0; i < p.instances.size(); ++i) {
        const Instance& instance = p.instances[i];
        bool named = expectation.instance && *expectation.instance == i;
        if (!named && (expectation.instance || !repeats)) continue;
        bool asked = contains(selection_.instances, instance.name) || selection_.all_instances;
        if (asked) use_.instances.insert(instance.name);
        if (!asked && instance.slow && !contains(plan_.slow_instances, instance.name)) plan_.slow_instances.push_back(instance.name);
        if (!asked && (instance.slow || !selection_.instances.empty())) continue;
        Setting setting{instance.name, {}};
        std::optional<ConstantValues> base = constant_values(p, {}, spec_.diagnostics);
        for (const auto& [constant, expression] : instance.constants) {
            std::optional<Value> value = base ? evaluate_constant(p, expression, *base) : std::nullopt;
            if (value) setting.constants.emplace_back(constant, *value);
            if (!value && base) {
                spec_.diagnostics.error(DiagnosticCode::kE0401, instance.span,
                                        "the value of '" + p[constant].name + "' in instance '" + instance.name + "' cannot be computed");
            }
        }
        settings.push_back(std::move(setting));
    }
    return settings;
}

// Every combination of `for` ranges, the last one counting fastest.
std::vector<ConstantSettings> Planner::range_settings(std::size_t variant, const Expectation& expectation, const Setting& setting) {
    const TypedProgram& p = program(variant);
    std::optional<ConstantValues> outside = constant_values(p, setting.constants, spec_.diagnostics);
    std::vector<ConstantSettings> all = {setting.constants};
    if (!outside) return {};
    for (const ExpectationRange& range : expectation.ranges) {
        if (range.any) continue;
        std::optional<Value> lo = evaluate_constant(p, range.lo, *outside);
        std::optional<Value> hi = range.hi.valid() ? evaluate_constant(p, range.hi, *outside) : lo;
        if (!lo || !hi || *lo > *hi) {
            spec_.diagnostics.error(DiagnosticCode::kE0407, range.span, "the range of '" + p[range.constant].name + "' is empty");
            return {};
        }
        if (static_cast<std::uint64_t>(*hi - *lo) >= kMostRuns / all.size()) {
            spec_.diagnostics.error(DiagnosticCode::kE0407, range.span, "this expectation asks for more than 10000 searches");
            return {};
        }
        std::vector<ConstantSettings> next;
        for (const ConstantSettings& one : all) {
            for (Value value = *lo; value <= *hi; ++value) {
                next.push_back(one);
                next.back().emplace_back(range.constant, value);
            }
        }
        all = std::move(next);
    }
    return all;
}

std::optional<std::size_t> Planner::run_for(std::size_t variant, ConstantSettings settings) {
    const TypedProgram& p = program(variant);
    for (const auto& define : defines(variant)) settings.push_back(define);
    std::optional<ConstantValues> values = constant_values(p, settings, spec_.diagnostics);
    std::optional<ConstantValues> written = constant_values(p, {}, spec_.diagnostics);
    if (!values || !written) return std::nullopt;
    auto [found, is_new] = known_runs_.try_emplace({variant, *values}, plan_.runs.size());
    if (!is_new) return found->second;
    if (!check_instance(p, *values, spec_.diagnostics)) return std::nullopt;
    PlannedRun run;
    run.variant = variant;
    run.values = *values;
    std::set<ConstantId> told;
    for (const auto& [constant, ignored] : settings) {
        bool different = (*values)[constant.index()] != (*written)[constant.index()];
        if (different && told.insert(constant).second) run.sizes.emplace_back(p[constant].name, (*values)[constant.index()]);
    }
    run.instance = run.sizes.empty() ? "base" : sizes_text(run.sizes, ",");
    plan_.runs.push_back(std::move(run));
    return found->second;
}

ExpectationHead Planner::head_of(std::size_t variant, const Expectation& expectation) const {
    ExpectationHead head;
    head.file = spec_.path;
    head.variant = program(variant).variant;
    head.expected = expected_of(expectation.kind);
    head.property = expectation.of.empty() ? "*" : expectation.of;
    head.text = expectation.text.empty() ? std::string(expected_word(head.expected)) : expectation.text;
    if (!expectation.implicit && expectation.span.valid()) head.line = spec_.sources.start(spec_.sources.outermost(expectation.span)).line;
    return head;
}

// "HOLDERS=1..4 SCANNERS=0..1", or how many runs there are where that is shorter.
std::string Planner::sizes_of(const Expectation& expectation, const PlannedExpectation& planned, std::size_t variant) const {
    const TypedProgram& p = program(variant);
    std::string text;
    Diagnostics ignored;
    std::optional<ConstantValues> values = constant_values(p, {}, ignored);
    for (const ExpectationRange& range : expectation.ranges) {
        const std::string& name = p[range.constant].name;
        text += text.empty() ? "" : " ";
        if (range.any) {
            text += "any " + name;
            continue;
        }
        std::optional<Value> lo = values ? evaluate_constant(p, range.lo, *values) : std::nullopt;
        std::optional<Value> hi = values && range.hi.valid() ? evaluate_constant(p, range.hi, *values) : lo;
        text += name + "=" + std::to_string(lo.value_or(0));
        if (hi && hi != lo) text += ".." + std::to_string(*hi);
    }
    if (expectation.instance) text += (text.empty() ? "in " : " in ") + p.instances[*expectation.instance].name;
    bool repeated = !expectation.instance && expectation.ranges.empty() && planned.runs.size() > 1;
    if (repeated || text.size() > kLongestSizes || (!text.empty() && planned.runs.size() > 1 && text.find("..") == std::string::npos)) {
        return count_of(planned.runs.size(), "instance");
    }
    if (text.empty() && planned.runs.size() == 1) return sizes_text(plan_.runs[planned.runs[0]].sizes);
    return text;
}

void Planner::plan_expectation(std::size_t variant, const Expectation& expectation) {
    PlannedExpectation planned;
    planned.head = head_of(variant, expectation);
    planned.unsupported = expectation.unsupported;
    for (const std::string& name : selection_.properties) {
        if (name == expectation.of) use_.properties.insert(name);
    }
    if (planned.unsupported.empty()) {
        for (const Setting& setting : settings_for(variant, expectation)) {
            for (const ConstantSettings& constants : range_settings(variant, expectation, setting)) {
                std::optional<std::size_t> run = run_for(variant, constants);
                bool known = run && std::find(planned.runs.begin(), planned.runs.end(), *run) != planned.runs.end();
                if (run && !setting.instance.empty() && plan_.runs[*run].instance == sizes_text(plan_.runs[*run].sizes, ",")) {
                    std::string plain = sizes_text(plan_.runs[*run].sizes, ",");
                    bool only_instance = constants.size() == setting.constants.size();
                    plan_.runs[*run].instance = only_instance ? setting.instance : setting.instance + "," + plain;
                }
                if (run && !known) planned.runs.push_back(*run);
            }
        }
        if (planned.runs.empty()) return;
    }
    planned.head.id = next_id_++;
    planned.head.sizes = sizes_of(expectation, planned, variant);
    if (expectation.kind == ExpectationKind::kPass) {
        for (std::size_t run : planned.runs) pass_runs_.emplace_back(variant, run);
    }
    plan_.expectations.push_back(std::move(planned));
}

std::vector<std::string> covers_of(const TypedProgram& program) {
    std::vector<std::string> names;
    for (const Property& property : program.properties) {
        bool cover = property.kind == PropertyKind::kCover || property.kind == PropertyKind::kCoverFinally;
        if (cover && !contains(names, property.name)) names.push_back(property.name);
    }
    for (const Cover& cover : program.covers) {
        if (!contains(names, cover.name)) names.push_back(cover.name);
    }
    return names;
}

// Covers that no expectation of the whole file names.
void Planner::implied_covers() {
    std::set<std::string> named;
    for (const TypedProgram& p : spec_.programs) {
        for (const Expectation& e : p.expectations) {
            if (e.kind == ExpectationKind::kCovered || e.kind == ExpectationKind::kNotCovered) named.insert(e.of);
        }
    }
    std::vector<std::string> wanted;
    for (const auto& [variant, run] : pass_runs_) {
        for (const std::string& name : covers_of(program(variant))) {
            if (named.count(name) == 0 && !contains(wanted, name)) wanted.push_back(name);
        }
    }
    for (const std::string& name : wanted) {
        if (!selection_.properties.empty() && !contains(selection_.properties, name)) continue;
        PlannedExpectation planned;
        for (const auto& [variant, run] : pass_runs_) {
            bool has = contains(covers_of(program(variant)), name);
            bool known = std::find(planned.runs.begin(), planned.runs.end(), run) != planned.runs.end();
            if (!has || known) continue;
            if (planned.runs.empty()) planned.head.variant = program(variant).variant;
            planned.runs.push_back(run);
        }
        planned.head.id = next_id_++;
        planned.head.file = spec_.path;
        planned.head.expected = Expected::kCovered;
        planned.head.property = name;
        planned.head.text = "covered " + name;
        planned.implied_cover = true;
        planned.only_if_met = selection_.narrows();
        plan_.expectations.push_back(std::move(planned));
    }
}

}  // namespace

CheckPlan plan_checks(LoadedSpec& spec, const Selection& selection, SelectionUse& use, std::uint32_t& next_id) {
    KnownNames known = known_names(spec);
    for (const std::string& name : selection.properties) {
        if (contains(known.properties, name)) use.properties.insert(name);
    }
    return Planner(spec, selection, use, next_id).plan();
}

KnownNames known_names(const LoadedSpec& spec) {
    KnownNames known;
    auto add = [](std::vector<std::string>& names, const std::string& name) {
        if (!contains(names, name)) names.push_back(name);
    };
    for (const std::string& name : builtin_checks()) add(known.properties, name);
    for (const TypedProgram& p : spec.programs) {
        add(known.variants, p.variant);
        for (const Instance& instance : p.instances) add(known.instances, instance.name);
        for (const Constant& constant : p.constants) add(known.constants, constant.name);
        for (const Property& property : p.properties) add(known.properties, property.name);
        for (const Cover& cover : p.covers) add(known.properties, cover.name);
    }
    return known;
}

}  // namespace quire
