// Renaming what a name means, wherever it stands: in the file, in what it imports, and in the other specs of the workspace.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "editor/workspace.h"

namespace quire {

struct RenameResult {
    std::string problem;  // not empty: nothing is renamed, and this is why
    std::vector<PlacedText> places;
};

// Why what stands there cannot be renamed, or nothing.
std::string why_not_renamed(const Document& document, const std::vector<const Occurrence*>& at);

// The result is tried before it is given: with the edits made, every spec that they reach is as right as it was, and every name
// in it means what it meant. So nothing is captured by another declaration, and nothing is left behind.
RenameResult rename_symbol(Workspace& workspace, Document& document, const std::vector<const Occurrence*>& at,
                           const std::string& new_name);

}  // namespace quire
