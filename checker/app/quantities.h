// Amounts as people write them on a command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace quire {

std::optional<double> parse_duration(std::string_view text);      // "60", "60s", "500ms", "45m", "2h" -> seconds
std::optional<std::uint64_t> parse_bytes(std::string_view text);  // "4GiB", "512M", "1000000"
std::optional<std::uint64_t> parse_count(std::string_view text);  // "1000000", "1_000_000", "2M", "10k"

}  // namespace quire
