#include "driver/list_spec.h"

#include "driver/plan.h"
#include "report/text_layout.h"
#include "types/expectations.h"

namespace quire {

namespace {

std::string first_line(const std::string& doc) {
    std::string line = printable(doc.substr(0, doc.find('\n')));
    while (!line.empty() && line.front() == ' ') line.erase(line.begin());
    return line;
}

std::string row(const std::string& name, const std::string& text) {
    std::string line = "    " + padded(name, 26) + "  " + text;
    while (!line.empty() && line.back() == ' ') line.pop_back();
    return line + "\n";
}

std::string kind_name(PropertyKind kind) {
    switch (kind) {
        case PropertyKind::kInvariant: return "invariant";
        case PropertyKind::kFinally: return "finally";
        case PropertyKind::kStep: return "step";
        case PropertyKind::kCover:
        case PropertyKind::kCoverFinally: return "cover";
    }
    return "";
}

std::string describe_sizes(const LoadedSpec& spec, const TypedProgram& base) {
    std::string out;
    Diagnostics ignored;
    Result<ConstantValues> values = constant_values(base, {}, ignored);
    for (std::size_t i = 0; values.ok() && i < base.constants.size(); ++i) {
        const Constant& constant = base.constants[i];
        if (constant.span.file != spec.spec.file) continue;
        out += row(constant.name + " = " + std::to_string((*values)[i]), first_line(constant.doc));
    }
    std::string instances;
    for (const Instance& instance : base.instances) {
        std::string sizes;
        for (const auto& [constant, expression] : instance.constants) {
            std::optional<Value> value = values.ok() ? evaluate_constant(base, expression, *values) : std::nullopt;
            sizes += " " + base[constant].name + "=" + (value ? std::to_string(*value) : "?");
        }
        instances += row(instance.name + (instance.slow ? " (slow)" : ""), sizes.substr(sizes.empty() ? 0 : 1));
    }
    return (out.empty() ? "" : "  constants\n" + out) + (instances.empty() ? "" : "  instances\n" + instances);
}

std::string describe_variant(const TypedProgram& program, const CheckPlan& plan) {
    std::string out =
        "  variant " + program.variant + (program.variant_text.empty() ? "" : "  " + printable(program.variant_text)) + "\n";
    for (const PlannedExpectation& planned : plan.expectations) {
        if (planned.head.variant != program.variant || planned.implied_cover) continue;
        out += row("expect " + planned.head.text,
                   planned.head.sizes + (planned.unsupported.empty() ? "" : "  (" + planned.unsupported + ")"));
    }
    return out;
}

}  // namespace

std::string describe_spec(LoadedSpec& spec) {
    std::string out = printable(spec.path) + "\n";
    if (!spec.spec.doc.empty()) out += "  " + first_line(spec.spec.doc) + "\n";
    if (spec.library_only) return out + "  a library: it only defines things\n";
    if (!spec.good || spec.programs.empty()) return out + "  it cannot be checked\n";
    const TypedProgram& base = spec.programs[0];
    std::string models;
    for (const std::string& model : base.memory_models) models += (models.empty() ? "" : ", ") + model;
    if (!models.empty()) out += "  memory " + models + "\n";
    out += describe_sizes(spec, base);
    std::string properties;
    for (const Property& property : base.properties) {
        properties +=
            row(property.name, kind_name(property.kind) + (property.doc.empty() ? "" : ": " + first_line(property.doc)));
    }
    for (const Cover& cover : base.covers) properties += row(cover.name, "cover in the code");
    if (!properties.empty()) out += "  properties\n" + properties;
    Selection everything;
    everything.all_instances = true;
    SelectionUse use;
    std::uint32_t next_id = 1;
    CheckPlan plan = plan_checks(spec, everything, use, next_id);
    for (const TypedProgram& program : spec.programs) out += describe_variant(program, plan);
    return out;
}

}  // namespace quire
