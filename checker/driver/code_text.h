// Code as people quote it, compared without regard to blanks, comments, semicolons and braces around it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace quire {

struct CodeToken {
    std::string text;
    std::size_t begin = 0, end = 0;  // in the piece
};

// The tokens of a piece of C, without comments, without `;` `{` `}` at its ends.  `...` (or `..`) stands for anything.
std::vector<CodeToken> located_tokens(std::string_view text);
std::vector<std::string> code_tokens(std::string_view text);

enum class Likeness : std::uint8_t {
    kUnlike,
    kSameCall,  // calls the same function
    kPart,      // one is a part of the other
    kSame,
};

// How much `quoted` looks like `statement`.
Likeness compare_code(const std::vector<std::string>& quoted, const std::vector<std::string>& statement);

// Which parts of the statement, as ranges of its text, `quoted` names; empty if it is unlike, or names all of it.
std::vector<std::pair<std::size_t, std::size_t>> quoted_parts(const std::vector<std::string>& quoted,
                                                              const std::vector<CodeToken>& statement);

// The functions that are called in it, in order.
std::vector<std::string> called_functions(const std::vector<std::string>& tokens);

// How many tokens have to be put in, left out or changed to make one of the other.
std::size_t distance(const std::vector<std::string>& a, const std::vector<std::string>& b);

}  // namespace quire
