// The canonical form of a spec's text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace quire {

// Only white space differs from what was given: no token and no comment is lost, added or joined.  Formatting again changes
// nothing.  Nothing for a text in which a comment or a literal has no end.
std::optional<std::string> format_source(std::string_view text);

}  // namespace quire
