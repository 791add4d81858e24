#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "support/diagnostics.h"
#include "support/source.h"
#include "syntax/ast.h"
#include "syntax/file_provider.h"
#include "syntax/macros.h"
#include "syntax/parse.h"
#include "syntax/token.h"

namespace quire {

// One file, ready for the parser: directives obeyed, macros expanded, imports taken out.
struct PreprocessedFile {
    SourceId file;
    std::string doc;
    std::vector<ast::Import> imports;
    std::vector<Token> tokens;  // ends with kEnd
    bool readable = true;       // false: do not parse, what matters was reported
};

// Reads a file and what it imports. Macros run on: what a file defines holds in the files read after it.
class Preprocessor {
public:
    Preprocessor(SourceManager& sources, Diagnostics& diagnostics, FileProvider& provider, const ParseOptions& options);

    // All files in import order, the top file last; empty if the top file cannot be read.
    std::vector<PreprocessedFile> run(const std::string& path);
    // A text that is in no file, with the macros that were defined so far.
    PreprocessedFile run_text(std::string path, std::string display, std::string text);

    const std::string& doc(std::uint32_t index) const { return docs_[index]; }

private:
    friend class FileReader;
    struct Open {  // a file being read
        SourceId file;
        SourceSpan import;  // the import that opened the next one
    };
    struct Found {
        std::string path;     // canonical
        std::string display;  // for reports
        std::string text;
    };

    std::optional<SourceId> import(const std::string& path, const SourceSpan& span);
    std::optional<Found> locate(const std::string& path, const SourceSpan& span);
    std::optional<Found> try_read(const std::string& candidate, const std::string& display, const SourceSpan& span,
                                  bool& reported);
    bool may_read(const std::string& candidate, const std::string& importing_directory) const;
    void report_cycle(SourceId file, const SourceSpan& span);
    void read(SourceId file);

    SourceManager& sources_;
    Diagnostics& diagnostics_;
    FileProvider& provider_;
    const ParseOptions& options_;
    MacroTable macros_;
    std::set<std::string, std::less<>> names_;  // of -D
    std::deque<std::string> docs_;
    std::vector<Open> open_;
    std::set<SourceId> done_;
    std::vector<PreprocessedFile> files_;
    std::uint64_t tokens_made_ = 0;
};

}  // namespace quire
