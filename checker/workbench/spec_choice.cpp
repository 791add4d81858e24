#include "workbench/spec_choice.h"

#include <algorithm>
#include <charconv>

#include "driver/registry.h"
#include "driver/session.h"
#include "report/text_layout.h"
#include "support/suggest.h"
#include "types/check.h"
#include "types/expectations.h"

namespace quire {

namespace {

void unknown(Sink& err, const std::string& kind, const std::string& name, const std::vector<std::string>& known) {
    std::optional<std::string> near = nearest_name(name, known);
    err.write("quire: there is no " + kind + " '" + printable(name) + "'" + (near ? "; did you mean '" + *near + "'?" : "") +
              "\n");
}

void tell_spec(const LoadedSpec& spec, bool color, Sink& err) {
    RenderOptions render;
    render.color = color;
    err.write(render_diagnostics(spec.sources, spec.diagnostics, render));
}

Value value_of(const std::string& text) {
    Value value = text == "true" ? 1 : 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

// The constants that the instance and -D give; an exit code, or 0.
int given_constants(const SpecChoice& choice, const TypedProgram& program, std::vector<GivenConstant>& given, Sink& err) {
    std::vector<std::string> names;
    if (!choice.instance.empty()) {
        bool found = false;
        for (const Instance& instance : program.instances) {
            names.push_back(instance.name);
            if (instance.name != choice.instance) continue;
            found = true;
            for (const auto& [constant, value] : instance.constants) given.push_back({constant, value, 0});
        }
        if (!found) {
            unknown(err, "instance", choice.instance, names);
            return kExitUsage;
        }
    }
    for (const auto& [name, text] : choice.defines) {
        bool found = false;
        names.clear();
        for (std::size_t c = 0; c < program.constants.size(); ++c) {
            names.push_back(program.constants[c].name);
            if (program.constants[c].name != name) continue;
            given.push_back({ConstantId(c), {}, value_of(text)});
            found = true;
        }
        if (!found) {
            unknown(err, "constant", name, names);
            return kExitUsage;
        }
    }
    return 0;
}

}  // namespace

std::optional<ChosenSpec> choose_spec(const SpecChoice& choice, const EngineOptions& engine, bool color, FileProvider& files,
                                      Sink& err, int& exit_code) {
    ChosenSpec chosen;
    LoadOptions load{choice.model_path, choice.defines, memory_models_allowed(engine.experimental)};
    chosen.spec = load_spec(choice.path, load, files, false);
    LoadedSpec& spec = *chosen.spec;
    tell_spec(spec, color, err);
    exit_code = kExitSpecError;
    if (!spec.good) return std::nullopt;
    std::vector<std::string> variants;
    std::optional<std::size_t> found;
    for (std::size_t v = 0; v < spec.programs.size(); ++v) {
        variants.push_back(spec.programs[v].variant);
        if (spec.programs[v].variant == choice.variant) found = v;
    }
    exit_code = kExitUsage;
    if (!found) {
        unknown(err, "variant", choice.variant, variants);
        return std::nullopt;
    }
    chosen.variant = *found;
    std::vector<GivenConstant> given;
    exit_code = given_constants(choice, chosen.program(), given, err);
    if (exit_code != 0) return std::nullopt;
    const std::size_t reported = spec.diagnostics.in_order().size();
    Result<ConstantValues> values = constant_values(chosen.program(), given, spec.diagnostics);
    exit_code = kExitSpecError;
    if (!values.ok() || !check_instance(chosen.program(), *values, spec.diagnostics)) {
        if (spec.diagnostics.in_order().size() != reported) tell_spec(spec, color, err);
        return std::nullopt;
    }
    chosen.values = *values;
    for (const GivenConstant& g : given)
        chosen.sizes.emplace_back(chosen.program()[g.constant].name, chosen.values[g.constant.index()]);
    if (!choice.memory.empty()) {
        chosen.memory = choice.memory;
    } else if (!chosen.program().memory_models.empty()) {
        chosen.memory = chosen.program().memory_models.front();
    }
    exit_code = 0;
    return chosen;
}

}  // namespace quire
