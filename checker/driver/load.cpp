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
std::string hash_of(const SourceManager& sources, const ast::Spec& spec, const std::vector<Question>& questions) {
    XXH64_hash_t hash = 0;
    for (SourceId file : spec.files) {
        std::string_view text = sources.text(file);
        hash = XXH3_64bits_withSeed(text.data(), text.size(), hash);
    }
    for (const Question& question : questions) {
        hash = XXH3_64bits_withSeed(question.text.data(), question.text.size(), hash + (question.never ? 1 : 0));
    }
    return fmt::format("xxh3:{:016x}", hash);
}

// What the file itself asks is not asked, and ends no run.
void drop_properties(std::vector<ast::Declaration>& declarations) {
    auto asks = [](const ast::Declaration& d) {
        return std::holds_alternative<ast::PropertyDecl>(d.node) || std::holds_alternative<ast::LemmaDecl>(d.node) ||
               std::holds_alternative<ast::ExpectDecl>(d.node) || std::holds_alternative<ast::ScenarioDecl>(d.node);
    };
    declarations.erase(std::remove_if(declarations.begin(), declarations.end(), asks), declarations.end());
    for (ast::Declaration& declaration : declarations) {
        if (auto* variant = std::get_if<ast::VariantDecl>(&declaration.node)) drop_properties(variant->declarations);
    }
}

// Only the questions are asked; they are the last declarations.
void ask_only(const std::vector<Question>& questions, LoadedSpec& loaded) {
    std::vector<ast::Declaration>& declarations = loaded.spec.declarations;
    auto first = declarations.end() - static_cast<std::ptrdiff_t>(std::min(questions.size(), declarations.size()));
    std::vector<ast::Declaration> asked(std::make_move_iterator(first), std::make_move_iterator(declarations.end()));
    declarations.erase(first, declarations.end());
    drop_properties(declarations);
    drop_properties(loaded.spec.imported);
    for (ast::Declaration& one : asked) declarations.push_back(std::move(one));
    for (std::size_t q = 0; q < questions.size(); ++q) {
        const std::string text = (questions[q].never ? "never " : "invariant ") + questions[q].text;
        loaded.questions.emplace_back(question_name(questions[q], q), text);
    }
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
    loaded->spec = parse_spec(loaded->sources, loaded->diagnostics, files, path,
                              ParseOptions{options.model_path, options.defines, options.questions});
    loaded->hash = hash_of(loaded->sources, loaded->spec, options.questions);
    const auto& declarations = loaded->spec.declarations;
    loaded->library_only = loaded->spec.file.valid() && std::none_of(declarations.begin(), declarations.end(), asks_something);
    // What does not parse is not typed: the messages that follow from it would only be noise.
    if (loaded->diagnostics.has_errors() || (loaded->library_only && passes_over_libraries)) return loaded;
    if (!options.questions.empty()) ask_only(options.questions, *loaded);
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
