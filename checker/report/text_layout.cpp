#include "report/text_layout.h"

#include <fmt/format.h>

namespace quire {

namespace {

bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

// The byte offset behind `columns` characters from `from`.
std::size_t advance(std::string_view text, std::size_t from, std::size_t columns) {
    std::size_t at = from;
    while (at < text.size()) {
        if (starts_character(text[at]) && columns-- == 0) break;
        ++at;
    }
    return at;
}

// Where a line that may reach to `end` had better end: at a blank, else behind a bracket, comma or arrow.
std::size_t good_break(std::string_view text, std::size_t at, std::size_t end) {
    std::size_t blank = text.rfind(' ', end);
    std::size_t first_word = text.find_first_not_of(' ', at);
    bool usable = blank != std::string_view::npos && blank > at && blank > first_word;
    std::size_t sign = text.find_last_of("(,>;|&", end - 1);
    bool sign_usable = sign != std::string_view::npos && sign + 1 > at + (end - at) / 2;
    if (usable && (blank > at + (end - at) / 2 || !sign_usable)) return blank;
    return sign_usable ? sign + 1 : end;
}

}  // namespace

std::size_t text_width(std::string_view text) {
    std::size_t width = 0;
    for (char c : text) width += starts_character(c) ? 1 : 0;
    return width;
}

std::string padded(std::string_view text, std::size_t width) {
    std::string out(text);
    std::size_t have = text_width(text);
    if (have < width) out.append(width - have, ' ');
    return out;
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width, std::string_view indent) {
    std::vector<std::string> lines;
    if (width < indent.size() + 8) width = indent.size() + 8;
    std::size_t at = 0;
    while (true) {
        std::string_view prefix = lines.empty() ? std::string_view() : indent;
        std::size_t end = advance(text, at, width - prefix.size());
        std::size_t next = end;
        if (end < text.size()) {
            end = next = good_break(text, at, end);
            while (next < text.size() && text[next] == ' ') ++next;
        }
        lines.push_back(std::string(prefix) + std::string(text.substr(at, end - at)));
        if (next >= text.size()) return lines;
        at = next;
    }
}

std::string printable(std::string_view text) {
    std::string out;
    for (char c : text) out += static_cast<unsigned char>(c) < 32 || c == 127 ? ' ' : c;
    return out;
}

std::string ascii(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned char c = static_cast<unsigned char>(text[i]);
        if (c < 128) {
            out += c < 32 || c == 127 ? ' ' : text[i];
        } else if (starts_character(text[i])) {
            out += text.substr(i).starts_with("\xe2\x80\xa6") ? "..." : "?";
        }
    }
    return out;
}

namespace {

// How many bytes the character at `at` has; 0: none begins there.
std::size_t character_length(std::string_view text, std::size_t at) {
    auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    unsigned char first = byte(at);
    if (first < 0x80) return 1;
    std::size_t length = first >= 0xc2 && first < 0xe0   ? 2
                         : first >= 0xe0 && first < 0xf0 ? 3
                         : first >= 0xf0 && first < 0xf5 ? 4
                                                         : 0;
    if (length == 0 || at + length > text.size()) return 0;
    for (std::size_t i = at + 1; i < at + length; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return 0;
    }
    // Longer than it has to be, half of a pair, or beyond the last one.
    unsigned char second = byte(at + 1);
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second >= 0xa0) || (first == 0xf0 && second < 0x90) ||
        (first == 0xf4 && second >= 0x90))
        return 0;
    return length;
}

}  // namespace

std::string clean_utf8(std::string_view text) {
    constexpr std::string_view kReplacement = "\xef\xbf\xbd";
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t length = character_length(text, at);
        std::string_view character = text.substr(at, length == 0 ? 1 : length);
        unsigned char first = static_cast<unsigned char>(text[at]);
        bool control = length == 1 && first < 32 && first != '\t' && first != '\n' && first != '\r';
        bool no_character = character == "\xef\xbf\xbe" || character == "\xef\xbf\xbf";
        out += length == 0 || control || no_character ? kReplacement : character;
        at += character.size();
    }
    return out;
}

std::string markup_escaped(std::string_view text) {
    std::string out;
    for (char c : clean_utf8(text)) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&#39;"; break;
            default: out += c;
        }
    }
    return out;
}

std::string grouped(std::uint64_t number) {
    std::string digits = std::to_string(number);
    for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
    return digits;
}

std::string short_number(std::uint64_t number) {
    double value = static_cast<double>(number);
    if (number < 10'000) return grouped(number);
    if (number < 1'000'000) return fmt::format("{:.1f}k", value / 1e3);
    if (number < 1'000'000'000) return fmt::format("{:.1f}M", value / 1e6);
    return fmt::format("{:.1f}G", value / 1e9);
}

std::string short_bytes(std::uint64_t bytes) {
    double value = static_cast<double>(bytes);
    if (bytes < 1024 * 1024) return fmt::format("{:.0f} KiB", value / 1024);
    if (bytes < 1024ull * 1024 * 1024) return fmt::format("{:.0f} MiB", value / (1024 * 1024));
    return fmt::format("{:.1f} GiB", value / (1024.0 * 1024 * 1024));
}

std::string short_time(double seconds) {
    if (seconds < 100) return fmt::format("{:.1f} s", seconds);
    return fmt::format("{:.0f} s", seconds);
}

std::string count_of(std::uint64_t number, std::string_view noun) {
    std::string text = grouped(number) + " " + std::string(noun);
    if (number == 1) return text;
    bool hissing = noun.ends_with("s") || noun.ends_with("ch");
    return text + (hissing ? "es" : "s");
}

std::string sizes_text(const std::vector<std::pair<std::string, Value>>& sizes, std::string_view separator) {
    std::string text;
    for (const auto& [name, value] : sizes) {
        if (!text.empty()) text += separator;
        text += name + "=" + std::to_string(value);
    }
    return text;
}

}  // namespace quire
