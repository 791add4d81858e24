#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quire {

// Edits (insert, delete, replace, swap of neighbours) from a to b, or anything above `limit` once it is known to be above it.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);

// The nearest of the candidates, if one is near enough to be what was meant. Ties go to the alphabetically first.
std::optional<std::string> nearest_name(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace quire
