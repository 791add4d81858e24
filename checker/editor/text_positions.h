// Places in a text as editors count them: lines from 0, and UTF-16 code units in the line.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace quire {

struct TextPosition {
    std::uint32_t line = 0;
    std::uint32_t character = 0;
    friend auto operator<=>(const TextPosition&, const TextPosition&) = default;
};

struct TextRange {
    TextPosition start, end;
    friend auto operator<=>(const TextRange&, const TextRange&) = default;
};

// A line ends with \n, \r\n or a \r of its own. What is no UTF-8 counts one unit for each byte. The text must live on.
class TextPositions {
public:
    explicit TextPositions(std::string_view text);

    // Inside of a character: its beginning. Behind the end: the end.
    TextPosition position(std::size_t offset) const;
    TextRange range(std::size_t begin, std::size_t end) const { return {position(begin), position(end)}; }
    // Behind the end of a line: its end, before what ends it.
    std::size_t offset(TextPosition position) const;

private:
    std::string_view text_;
    std::vector<std::size_t> starts_;  // of lines
    std::vector<std::size_t> ends_;    // without what ends them
};

struct TextEdit {
    std::size_t begin = 0, end = 0;
    std::string text;
};

// The one edit that makes `after` of `before`: what they have in common at both ends is left out, by whole characters and
// without parting \r\n.
TextEdit difference(std::string_view before, std::string_view after);

}  // namespace quire
