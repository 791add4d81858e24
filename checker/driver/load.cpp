#include "driver/load.h"

#include <algorithm>

#include <fmt/format.h>
#include <xxhash.h>

#include "syntax/parse.h"
#include "types/check.h"

namespace quire {

namespace {

bool asks_something(const ast::Declaration& d) {
    return std::holds_alternative<ast::ThreadDecl>(d.node) || std::holds_alternative<ast::InitDecl>(d.node) ||
           std::holds_alternative<ast::IrqDecl>(d.node) || std::holds_alternative<ast::ExpectDecl>(d.node) ||
           std::holds_alternative<ast::VariantDecl>(d.node) || std::holds_alternative<ast::ScenarioDecl>(d.node);
}

// Of the texts only, so that the same spec has the same hash in every directory.
std::string hash_of(const SourceManager& sources, const ast::Spec& spec) {
    XXH64_hash_t hash = 0;
    for (SourceId file : spec.files) {
        std::string_view text = sources.text(file);
        hash = XXH3_64bits_withSeed(text.data(), text.size(), hash);
    }
    return fmt::format("xxh3:{:016x}", hash);
}

bool nothing_runs(const std::vector<TypedProgram>& programs) {
    return std::all_of(programs.begin(), programs.end(),
                       [](const TypedProgram& p) { return p.roles.empty() && p.inits.empty(); });
}

}  // namespace

std::unique_ptr<LoadedSpec> load_spec(const std::string& path, const LoadOptions& options, FileProvider& files,
                                      bool passes_over_libraries) {
    auto loaded = std::make_unique<LoadedSpec>();
    loaded->path = path;
    loaded->spec =
        parse_spec(loaded->sources, loaded->diagnostics, files, path, ParseOptions{options.model_path, options.defines});
    loaded->hash = hash_of(loaded->sources, loaded->spec);
    const auto& declarations = loaded->spec.declarations;
    loaded->library_only = loaded->spec.file.valid() && std::none_of(declarations.begin(), declarations.end(), asks_something);
    // What does not parse is not typed: the messages that follow from it would only be noise.
    if (loaded->diagnostics.has_errors() || (loaded->library_only && passes_over_libraries)) return loaded;
    loaded->plan = plan_variants(loaded->spec, loaded->diagnostics);
    bool complete = true;
    for (const VariantPlan& variant : loaded->plan.variants) {
        Result<TypedProgram> program =
            check_types(variant, loaded->sources, loaded->diagnostics, TypeOptions{options.memory_models});
        complete = complete && program.ok();
        loaded->programs.push_back(program.ok() ? std::move(program).value() : TypedProgram{});
    }
    if (complete && nothing_runs(loaded->programs)) {
        loaded->diagnostics.error(DiagnosticCode::kE0408, SourceSpan{loaded->spec.file, 0, 0, {}},
                                  "there is nothing to check: no thread and no init block");
    }
    loaded->good = complete && !loaded->diagnostics.has_errors();
    return loaded;
}

}  // namespace quire
