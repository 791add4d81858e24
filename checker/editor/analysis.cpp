#include "editor/analysis.h"

#include <algorithm>
#include <exception>

#include "driver/plan.h"
#include "driver/registry.h"
#include "types/check.h"

namespace quire {

namespace {

// Constants that make no sense, lengths that are negative: `quire check` tells of them before it searches.
void check_instances(LoadedSpec& loaded) {
    Selection everything;
    everything.all_instances = true;
    SelectionUse use;
    std::uint32_t next_id = 1;
    plan_checks(loaded, everything, use, next_id);
}

void type_variants(Analysis& analysis, Diagnostics& told) {
    LoadedSpec& loaded = analysis.loaded;
    const TypeOptions options{memory_models_allowed(true)};
    loaded.plan = plan_variants(loaded.spec, told);
    for (const VariantPlan& variant : loaded.plan.variants) {
        NameTable& names = analysis.names.emplace_back();
        Result<TypedProgram> program = check_types(variant, loaded.sources, told, options, names);
        loaded.good = loaded.good && program.ok();
        loaded.programs.push_back(program.ok() ? std::move(program).value() : std::move(names.program));
    }
}

bool runs_something(const LoadedSpec& loaded) {
    return std::any_of(loaded.programs.begin(), loaded.programs.end(),
                       [](const TypedProgram& p) { return !p.roles.empty() || !p.inits.empty(); });
}

}  // namespace

const TextPositions& Analysis::positions(SourceId file) {
    auto found = positions_.find(file);
    if (found == positions_.end()) found = positions_.emplace(file, TextPositions(sources().text(file))).first;
    return found->second;
}

TextRange Analysis::range(const SourceSpan& span) {
    const SourceSpan place = sources().outermost(span);
    if (!place.valid()) return {};
    return positions(place.file).range(place.begin, place.end);
}

std::unique_ptr<Analysis> analyse(const std::string& path, const AnalysisOptions& options, FileProvider& files) {
    auto analysis = std::make_unique<Analysis>();
    LoadedSpec& loaded = analysis->loaded;
    loaded.path = path;
    try {
        loaded.spec = parse_spec(loaded.sources, loaded.diagnostics, files, path, ParseOptions{options.model_path, {}});
        const bool parsed = !loaded.diagnostics.has_errors();
        Diagnostics untold;
        loaded.good = true;
        type_variants(*analysis, parsed ? loaded.diagnostics : untold);
        loaded.library_only = !runs_something(loaded);
        loaded.good = loaded.good && !loaded.diagnostics.has_errors() && !loaded.library_only;
        if (loaded.good) check_instances(loaded);
    } catch (const std::exception& error) {
        loaded.good = false;
        analysis->failure = error.what();
    }
    loaded.programs.resize(loaded.plan.variants.size());
    analysis->names.resize(loaded.plan.variants.size());
    return analysis;
}

}  // namespace quire
