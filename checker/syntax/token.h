#pragma once

#include <cstdint>
#include <string_view>

#include "support/source.h"

namespace quire {

enum class TokenKind : std::uint8_t { kEnd, kIdentifier, kNumber, kCharacter, kString, kPunctuator };

// `text` points into a source text, or for what `##` made into storage of the preprocessor.
struct Token {
    TokenKind kind = TokenKind::kEnd;
    bool line_start = false;  // first of its line: where a directive can stand
    bool space_before = false;
    bool no_expand = false;  // names a macro that was being expanded when it was met: never expanded again, as in C
    std::uint32_t doc = 0;   // index of the /// comment before it; 0: none
    SourceSpan span;
    std::string_view text;

    bool is(std::string_view spelling) const {
        return (kind == TokenKind::kPunctuator || kind == TokenKind::kIdentifier) && text == spelling;
    }
    bool is_identifier() const { return kind == TokenKind::kIdentifier; }
};

}  // namespace quire
