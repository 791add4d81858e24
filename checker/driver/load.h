// From a path to typed programs, one per variant: everything before constants have values.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/diagnostics.h"
#include "support/source.h"
#include "syntax/ast.h"
#include "syntax/file_provider.h"
#include "syntax/parse.h"
#include "types/typed_program.h"
#include "types/variants.h"

namespace quire {

struct LoadOptions {
    std::vector<std::string> model_path;
    std::vector<std::pair<std::string, std::string>> defines;
    std::vector<std::string> memory_models;  // that a spec may ask for, besides sc
    std::vector<Question> questions = {};    // in place of the properties and expectations of the file
};

struct LoadedSpec {
    std::string path;
    SourceManager sources;
    Diagnostics diagnostics;
    ast::Spec spec;
    SpecPlan plan;
    std::vector<TypedProgram> programs;                          // as plan.variants; complete only if `good`
    std::vector<std::pair<std::string, std::string>> questions;  // name and text of each
    std::string hash;                                            // "xxh3:…" over the text of every file read
    bool good = false;                                           // no error was reported
    bool library_only = false;                                   // no thread, no init block, no expectation: nothing to check
};

// `passes_over_libraries`: a file that only defines things is not typed on its own.
std::unique_ptr<LoadedSpec> load_spec(const std::string& path, const LoadOptions& options, FileProvider& files,
                                      bool passes_over_libraries);

}  // namespace quire
