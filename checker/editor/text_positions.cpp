#include "editor/text_positions.h"

#include <algorithm>

namespace quire {

namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0u) == 0x80; }

// Bytes of the character at the front; 1 for what is none.
std::size_t character_length(std::string_view text) {
    const auto first = static_cast<unsigned char>(text[0]);
    std::size_t length = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : 0;
    if (first >= 0xf0 && first < 0xf5) length = 4;
    if (length == 0 || length > text.size()) return 1;
    for (std::size_t i = 1; i < length; ++i) {
        if (!continues(text[i])) return 1;
    }
    return length;
}

std::uint32_t units(std::size_t length) { return length == 4 ? 2 : 1; }

}  // namespace

TextPositions::TextPositions(std::string_view text) : text_(text), starts_{0} {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\n' && text[i] != '\r') continue;
        ends_.push_back(i);
        if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') ++i;
        starts_.push_back(i + 1);
    }
    ends_.push_back(text.size());
}

TextPosition TextPositions::position(std::size_t offset) const {
    offset = std::min(offset, text_.size());
    const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
    const auto line = static_cast<std::size_t>(after - starts_.begin()) - 1;
    TextPosition position{static_cast<std::uint32_t>(line), 0};
    const std::size_t wanted = std::min(offset, ends_[line]);
    for (std::size_t at = starts_[line]; at < wanted;) {
        const std::size_t length = character_length(text_.substr(at));
        if (at + length > wanted) break;
        position.character += units(length);
        at += length;
    }
    return position;
}

std::size_t TextPositions::offset(TextPosition position) const {
    if (position.line >= starts_.size()) return text_.size();
    std::uint32_t left = position.character;
    std::size_t at = starts_[position.line];
    while (at < ends_[position.line]) {
        const std::size_t length = character_length(text_.substr(at));
        if (left < units(length)) break;
        left -= units(length);
        at += length;
    }
    return at;
}

TextEdit difference(std::string_view before, std::string_view after) {
    const std::size_t most = std::min(before.size(), after.size());
    std::size_t front = 0;
    while (front < most && before[front] == after[front]) ++front;
    while (front > 0 &&
           ((front < before.size() && continues(before[front])) || (front < after.size() && continues(after[front]))))
        --front;
    if (front > 0 && before[front - 1] == '\r') --front;
    std::size_t back = 0;
    while (back < most - front && before[before.size() - 1 - back] == after[after.size() - 1 - back]) ++back;
    while (back > 0 && (continues(before[before.size() - back]) || before[before.size() - back] == '\n')) --back;
    return {front, before.size() - back, std::string(after.substr(front, after.size() - back - front))};
}

}  // namespace quire
