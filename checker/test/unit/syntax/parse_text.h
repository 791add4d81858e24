#pragma once

#include <string>
#include <utility>
#include <vector>

#include "support/diagnostics.h"
#include "support/source.h"
#include "syntax/parse.h"
#include "syntax/printer.h"

namespace quire {

// A text, or several files of which the first is on top, parsed in memory.
struct ParsedText {
    SourceManager sources;
    Diagnostics diagnostics;
    ast::Spec spec;

    explicit ParsedText(const std::string& text, ParseOptions options = {}) { parse({{"top.quire", text}}, std::move(options)); }
    explicit ParsedText(const std::vector<std::pair<std::string, std::string>>& files, ParseOptions options = {}) {
        parse(files, std::move(options));
    }

    std::string rendered() const { return render_diagnostics(sources, diagnostics); }
    std::string printed() const { return print(spec); }
    // The codes of what was reported, in the order of their places: "E0101 E0105".
    std::string codes() const {
        std::string result;
        for (const Diagnostic& diagnostic : diagnostics.sorted())
            result += (result.empty() ? "" : " ") + std::string(diagnostic_info(diagnostic.code).code);
        return result;
    }

private:
    void parse(const std::vector<std::pair<std::string, std::string>>& files, const ParseOptions& options) {
        MemoryFiles provider;
        for (const auto& [path, text] : files) provider.add(path, text);
        spec = parse_spec(sources, diagnostics, provider, files.front().first, options);
    }
};

}  // namespace quire
