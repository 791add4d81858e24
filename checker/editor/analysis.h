// All that is known about one file as it stands in the editor, half-typed or not.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "driver/load.h"
#include "editor/text_positions.h"
#include "types/name_uses.h"

namespace quire {

struct AnalysisOptions {
    std::vector<std::string> model_path;
};

struct Analysis {
    LoadedSpec loaded;             // its programs are there, in parts, when there are errors; its diagnostics are what is told
    std::vector<NameTable> names;  // by variant
    std::string failure;           // not empty: something of ours went wrong, and the rest is what there was until then

    const SourceManager& sources() const { return loaded.sources; }
    SourceId top() const { return loaded.spec.file; }
    // Of a file; built when it is first asked for.
    const TextPositions& positions(SourceId file);
    // Where what stands behind macros was written by the user.
    TextRange range(const SourceSpan& span);

private:
    std::map<SourceId, TextPositions> positions_;
};

// As `quire check` reads it, with these differences: a file that only defines things is typed and no error, and what does not
// parse is typed as well, but what is wrong with it then is not told.
std::unique_ptr<Analysis> analyse(const std::string& path, const AnalysisOptions& options, FileProvider& files);

}  // namespace quire
