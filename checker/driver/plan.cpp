// What searches an expectation needs is decided in types/; here equal searches get names, and covers that nobody named
// their expectations.
#include "driver/plan.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <xxhash.h>

#include "report/text_layout.h"
#include "types/check.h"
#include "types/expectations.h"

namespace quire {

namespace {

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

class Planner {
public:
    Planner(LoadedSpec& spec, const Selection& selection, SelectionUse& use, std::uint32_t& next_id)
        : spec_(spec), selection_(selection), use_(use), next_id_(next_id) {
        options_.instances = selection.instances;
        options_.all_instances = selection.all_instances;
        options_.memory = selection.memory;
        for (const auto& [name, text] : selection.defines) {
            Value value = 0;
            if (parse_define(text, value)) options_.defines.emplace_back(name, value);
        }
    }

    CheckPlan plan() {
        for (std::size_t v = 0; v < spec_.programs.size(); ++v) plan_variant(v);
        implied_covers();
        keep_shard();
        return std::move(plan_);
    }

private:
    const TypedProgram& program(std::size_t variant) const { return spec_.programs[variant]; }

    void plan_variant(std::size_t variant);
    void note_use(const TypedProgram& p);
    std::vector<std::optional<std::size_t>> add_runs(std::size_t variant, const RunPlan& planned);
    void add_expectation(std::size_t variant, const Expectation& expectation, std::vector<std::size_t> runs);
    void add_questions(const PlannedExpectation& pass);
    void implied_covers();
    void leave_out_for_quick(ExpectationKind kind, std::vector<std::size_t>& runs);
    void keep_shard();
    bool selected(const Expectation& expectation) const;
    std::string sizes_of(std::size_t variant, const Expectation& expectation, const std::vector<std::size_t>& runs) const;
    ExpectationHead head_of(std::size_t variant, const Expectation& expectation) const;
    std::string models_of(const TypedProgram& p, const std::vector<std::size_t>& runs) const;

    LoadedSpec& spec_;
    const Selection& selection_;
    SelectionUse& use_;
    std::uint32_t& next_id_;
    RunOptions options_;
    CheckPlan plan_;
    std::vector<std::pair<std::size_t, std::size_t>> pass_runs_;  // (variant, run)
};

bool Planner::selected(const Expectation& expectation) const {
    if (selection_.properties.empty()) return true;
    bool any =
        expectation.of.empty() && (expectation.kind == ExpectationKind::kPass || expectation.kind == ExpectationKind::kViolation);
    return any || contains(selection_.properties, expectation.of);
}

// What of the selection means something in this program.
void Planner::note_use(const TypedProgram& p) {
    use_.variants.insert(p.variant);
    std::vector<std::string> unknown = unknown_defines(p, options_);
    for (const auto& [name, value] : options_.defines) {
        if (!contains(unknown, name)) use_.defines.insert(name);
    }
    unknown = unknown_instances(p, options_);
    for (const std::string& name : options_.instances) {
        if (!contains(unknown, name)) use_.instances.insert(name);
    }
    for (const Instance& instance : p.instances) {
        bool left_out = instance.slow && !options_.all_instances && options_.instances.empty();
        if (left_out && !contains(plan_.slow_instances, instance.name)) plan_.slow_instances.push_back(instance.name);
    }
}

void Planner::plan_variant(std::size_t variant) {
    const TypedProgram& p = program(variant);
    if (!selection_.variants.empty() && !contains(selection_.variants, p.variant)) return;
    // Who asks something new asks it of the file as it stands: variants are there to be wrong.
    if (!spec_.questions.empty() && selection_.variants.empty() && variant != 0) return;
    note_use(p);
    Result<RunPlan> planned = plan_runs(p, options_, spec_.diagnostics);
    if (!planned.ok()) return;
    std::vector<std::optional<std::size_t>> numbers = add_runs(variant, *planned);
    for (std::size_t e = 0; e < p.expectations.size(); ++e) {
        std::vector<std::size_t> runs;
        for (std::uint32_t run : planned->by_expectation[e]) {
            if (numbers[run]) runs.push_back(*numbers[run]);
        }
        if (selection_.quick) leave_out_for_quick(p.expectations[e].kind, runs);
        bool judged = !runs.empty() || !p.expectations[e].unsupported.empty();
        if (judged && selected(p.expectations[e])) add_expectation(variant, p.expectations[e], std::move(runs));
    }
}

// What is left is the first instance under each memory model; a proof takes as long as all of them.
void Planner::leave_out_for_quick(ExpectationKind kind, std::vector<std::size_t>& runs) {
    const std::size_t before = runs.size();
    if (kind == ExpectationKind::kProved) runs.clear();
    std::set<std::string> models;
    std::erase_if(runs, [&](std::size_t run) { return !models.insert(plan_.runs[run].memory).second; });
    plan_.quick_left_out += before - runs.size();
}

// Expectations that begin with the same search stay together.  What a shard gets depends on this file alone, so that another
// file does not move the rest; files begin with different shards.
void Planner::keep_shard() {
    if (selection_.shard.count == 1) return;
    const std::uint64_t offset = XXH3_64bits(spec_.path.data(), spec_.path.size());
    std::vector<std::size_t> groups;  // by the first run
    std::erase_if(plan_.expectations, [&](const PlannedExpectation& planned) {
        const std::size_t first = planned.runs.empty() ? plan_.runs.size() : planned.runs[0];
        auto group = std::find(groups.begin(), groups.end(), first);
        const auto number = static_cast<std::uint64_t>(group - groups.begin());
        if (group == groups.end()) groups.push_back(first);
        return (offset % selection_.shard.count + number) % selection_.shard.count != selection_.shard.index - 1;
    });
}

// The searches of one variant; none where the constants make no sense.
std::vector<std::optional<std::size_t>> Planner::add_runs(std::size_t variant, const RunPlan& planned) {
    const TypedProgram& p = program(variant);
    std::vector<std::optional<std::size_t>> numbers;
    Result<ConstantValues> written = constant_values(p, {}, spec_.diagnostics);
    for (const Run& wanted : planned.runs) {
        numbers.emplace_back();
        if (!written.ok() || !check_instance(p, wanted.constants, spec_.diagnostics)) continue;
        PlannedRun run;
        run.variant = variant;
        run.values = wanted.constants;
        run.sizes = wanted.shown;
        run.memory = wanted.memory;
        bool as_written = wanted.constants == *written;
        run.instance = !wanted.instance.empty() ? wanted.instance : as_written ? "base" : sizes_text(run.sizes, ",");
        for (const PlannedRun& other : plan_.runs) {
            if (other.variant == variant && other.memory == run.memory && other.instance == run.instance)
                run.instance += "," + sizes_text(run.sizes, ",");
        }
        numbers.back() = plan_.runs.size();
        plan_.runs.push_back(std::move(run));
    }
    return numbers;
}

ExpectationHead Planner::head_of(std::size_t variant, const Expectation& expectation) const {
    ExpectationHead head;
    head.file = spec_.path;
    head.variant = program(variant).variant;
    head.expected = expected_of(expectation.kind);
    head.property = expectation.of.empty() ? "*" : expectation.of;
    head.text = expectation.text.empty() ? std::string(expected_word(head.expected)) : expectation.text;
    if (!expectation.implicit && expectation.span.valid())
        head.line = spec_.sources.start(spec_.sources.outermost(expectation.span)).line;
    return head;
}

// " under sc, tso"; nothing where the spec asks for sc alone.
std::string Planner::models_of(const TypedProgram& p, const std::vector<std::size_t>& runs) const {
    std::vector<std::string> models;
    for (std::size_t run : runs) {
        if (!contains(models, plan_.runs[run].memory)) models.push_back(plan_.runs[run].memory);
    }
    bool only_sc = p.memory_models.empty() || p.memory_models == std::vector<std::string>{"sc"};
    if (models.empty() || (only_sc && models == std::vector<std::string>{"sc"})) return {};
    std::string text;
    for (const std::string& model : models) text += (text.empty() ? " under " : ", ") + model;
    return text;
}

// "HOLDERS=1..4 SCANNERS=0..1", or how many searches there are where that is shorter.
std::string Planner::sizes_of(std::size_t variant, const Expectation& expectation, const std::vector<std::size_t>& runs) const {
    const TypedProgram& p = program(variant);
    std::string text;
    for (const ExpectationRange& range : expectation.ranges) {
        const std::string& name = p[range.constant].name;
        std::optional<Value> lo, hi;
        for (std::size_t run : runs) {
            Value value = plan_.runs[run].values[range.constant.index()];
            lo = lo ? std::min(*lo, value) : value;
            hi = hi ? std::max(*hi, value) : value;
        }
        text += text.empty() ? "" : " ";
        text +=
            range.any || !lo ? "any " + name : name + "=" + std::to_string(*lo) + (hi != lo ? ".." + std::to_string(*hi) : "");
    }
    if (expectation.instance) return "in " + p.instances[*expectation.instance].name;
    std::set<ConstantValues> instances;
    for (std::size_t run : runs) instances.insert(plan_.runs[run].values);
    bool repeated = expectation.ranges.empty() && instances.size() > 1;
    if (repeated || text.size() > kLongestSizes) return count_of(instances.size(), "instance");
    if (!text.empty()) return text;
    NamedValues defined;
    for (const auto& [name, value] : options_.defines) {
        if (!contains(unknown_defines(p, options_), name)) defined.emplace_back(name, value);
    }
    return sizes_text(defined);
}

void Planner::add_expectation(std::size_t variant, const Expectation& expectation, std::vector<std::size_t> runs) {
    PlannedExpectation planned;
    planned.head = head_of(variant, expectation);
    planned.head.id = next_id_++;
    planned.head.sizes = sizes_of(variant, expectation, runs);
    planned.head.text += models_of(program(variant), runs);
    planned.unsupported = expectation.unsupported;
    planned.runs = std::move(runs);
    for (const ExpectationRange& range : expectation.ranges) {
        const std::string& name = program(variant)[range.constant].name;
        bool defined =
            std::any_of(options_.defines.begin(), options_.defines.end(), [&](const auto& d) { return d.first == name; });
        if (range.any && !defined) planned.any.push_back(range.constant);
        if (!range.any) planned.fixed.push_back(range.constant);
    }
    const TypedProgram& p = program(variant);
    for (std::uint32_t c = 0; c < p.constants.size(); ++c) {
        bool given = std::any_of(options_.defines.begin(), options_.defines.end(),
                                 [&](const auto& d) { return d.first == p.constants[c].name; });
        if (expectation.instance) {
            for (const auto& [constant, value] : p.instances[*expectation.instance].constants)
                given = given || constant.value == c;
        }
        if (given) planned.fixed.push_back(ConstantId{c});
    }
    if (expectation.kind == ExpectationKind::kPass) {
        for (std::size_t run : planned.runs) pass_runs_.emplace_back(variant, run);
    }
    if (!spec_.questions.empty()) return add_questions(planned);
    plan_.expectations.push_back(std::move(planned));
}

// A line for each question, and one for the checks that are always on.
void Planner::add_questions(const PlannedExpectation& pass) {
    const std::string models = models_of(program(plan_.runs[pass.runs.front()].variant), pass.runs);
    for (const auto& [name, text] : spec_.questions) {
        PlannedExpectation asked = pass;
        if (!plan_.expectations.empty() && plan_.expectations.back().head.id == asked.head.id) asked.head.id = next_id_++;
        asked.head.property = name;
        asked.head.text = text + models;
        asked.only = {name};
        plan_.expectations.push_back(std::move(asked));
    }
    PlannedExpectation checks = pass;
    checks.head.id = next_id_++;
    checks.head.text = "no failing check" + models;
    checks.only = builtin_checks();
    plan_.expectations.push_back(std::move(checks));
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
    if (!spec_.questions.empty()) return;
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
        planned.head.text = "covered " + name + models_of(program(plan_.runs[planned.runs[0]].variant), planned.runs);
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
