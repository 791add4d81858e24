// Columns, wrapping and plain characters for text that people read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "system/transition_system.h"

namespace quire {

// Columns on a terminal, counting each UTF-8 character as one.
std::size_t text_width(std::string_view text);
// Blanks behind up to `width` columns.
std::string padded(std::string_view text, std::size_t width);
// Lines of at most `width` columns, broken at blanks where there are some; lines after the first start with `indent`.
std::vector<std::string> wrapped(std::string_view text, std::size_t width, std::string_view indent = "");
// No control characters.
std::string printable(std::string_view text);
// ASCII only; what is not becomes "..." or "?".
std::string ascii(std::string_view text);
// What is no UTF-8, or no character that XML knows, becomes U+FFFD.
std::string clean_utf8(std::string_view text);
// For XML and HTML, within text and within quotes; clean_utf8 first.
std::string markup_escaped(std::string_view text);
// 1,234,567
std::string grouped(std::uint64_t number);
// 88.1M
std::string short_number(std::uint64_t number);
std::string short_bytes(std::uint64_t bytes);
std::string short_time(double seconds);
std::string count_of(std::uint64_t number, std::string_view noun);  // "1 step", "2 switches"
// "HOLDERS=2 SCANNERS=0"
std::string sizes_text(const std::vector<std::pair<std::string, Value>>& sizes, std::string_view separator = " ");

}  // namespace quire
