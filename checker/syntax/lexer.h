#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "support/diagnostics.h"
#include "support/source.h"
#include "syntax/token.h"

namespace quire {

struct LexedFile {
    std::vector<Token> tokens;  // ends with kEnd
    std::string doc;            // the /// comment that opens the file
    bool readable = true;       // false: no text at all, do not parse
};

// Splits a text into tokens; `docs` receives the /// comments that tokens refer to (its element 0 is no comment).
LexedFile lex_file(const SourceManager& sources, SourceId file, Diagnostics& diagnostics, std::deque<std::string>& docs);

// The only token of `text`, if it is exactly one; its span is left empty.
bool lex_single(std::string_view text, Token& token);

// Decodes a number or character token. Reports and returns false when it is malformed.
struct NumberValue {
    std::uint64_t value = 0;
    bool is_unsigned = false;
    bool is_long = false;
    bool is_decimal = true;
};
bool decode_number(const Token& token, Diagnostics& diagnostics, NumberValue& result);
bool decode_character(const Token& token, Diagnostics& diagnostics, NumberValue& result);
std::string decode_string(const Token& token, Diagnostics& diagnostics);

}  // namespace quire
