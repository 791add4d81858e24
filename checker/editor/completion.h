// What could stand at a place.
#pragma once

#include <string>
#include <vector>

#include "editor/workspace.h"

namespace quire {

enum class ProposalKind : std::uint8_t {
    kKeyword,
    kFunction,
    kVariable,
    kMember,
    kConstant,
    kEnumerator,
    kType,
    kStruct,
    kThread,
    kProperty,
    kName,  // a variant, an instance, a check, an account
    kFile,
    kMethod,
};

struct Proposal {
    std::string name;
    ProposalKind kind = ProposalKind::kName;
    std::string detail;  // its declaration
    std::string doc;
};

// Each name once, in the order of the alphabet. `offset` is in the text of the document as it is now.
std::vector<Proposal> complete(Workspace& workspace, Document& document, std::size_t offset);

}  // namespace quire
