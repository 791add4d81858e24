#pragma once

#include <string>
#include <utility>
#include <vector>

#include "support/diagnostics.h"
#include "support/source.h"
#include "syntax/ast.h"
#include "syntax/file_provider.h"

namespace quire {

// A property that is not in the file but on the command line.
struct Question {
    bool never = false;  // the negation is what has to hold
    std::string text;    // an expression
};

struct ParseOptions {
    std::vector<std::string> model_path;                       // directories, searched in order after the importing file's own
    std::vector<std::pair<std::string, std::string>> defines;  // -D NAME=value: a name for #ifdef; it replaces no token
    std::vector<Question> questions = {};                      // each becomes the last declarations, in order
};

// "invariant_1", "never_2": `index` counts both kinds, from 0.
std::string question_name(const Question& question, std::size_t index);

// Reads the file at `path` and everything that it imports. Always gives a Spec; it is complete only if no error was reported.
ast::Spec parse_spec(SourceManager& sources, Diagnostics& diagnostics, FileProvider& files, const std::string& path,
                     const ParseOptions& options);

}  // namespace quire
