#include "driver/code_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace quire {

namespace {

constexpr std::string_view kWildcard = "...";

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$'; }

// The length of the comment or string at `at`, 0 if there is none.
std::size_t comment_at(std::string_view text, std::size_t at) {
    if (text.substr(at, 2) == "//") {
        std::size_t end = text.find('\n', at);
        return (end == std::string_view::npos ? text.size() : end) - at;
    }
    if (text.substr(at, 2) != "/*") return 0;
    std::size_t end = text.find("*/", at + 2);
    return (end == std::string_view::npos ? text.size() : end + 2) - at;
}

std::size_t operator_at(std::string_view text, std::size_t at) {
    static constexpr std::array<std::string_view, 3> kThree = {"<<=", ">>=", "..."};
    static constexpr std::array<std::string_view, 20> kTwo = {
        "->", "++", "--", "==", "!=", "<=", ">=", "&&", "||", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<", ">>", ".."};
    for (std::string_view op : kThree) {
        if (text.substr(at, 3) == op) return 3;
    }
    for (std::string_view op : kTwo) {
        if (text.substr(at, 2) == op) return 2;
    }
    return 1;
}

bool is_edge(const std::string& token) { return token == ";" || token == "{" || token == "}"; }

bool is_keyword(const std::string& word) {
    static constexpr std::array<std::string_view, 8> kWords = {"if", "while", "for", "switch", "return", "sizeof", "do", "else"};
    return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

// Whether all of `pattern` from p on matches a beginning of `text` from t on; with `whole`, all of it.  `used`: which tokens
// of the text the pattern spells.
bool matches_from(const std::vector<std::string>& pattern, std::size_t p, const std::vector<std::string>& text, std::size_t t,
                  bool whole, std::vector<std::size_t>* used = nullptr) {
    const std::size_t before = used != nullptr ? used->size() : 0;
    auto unlike = [&] {
        if (used != nullptr) used->resize(before);
        return false;
    };
    for (; p < pattern.size(); ++p, ++t) {
        if (pattern[p] == kWildcard) {
            for (std::size_t skip = t; skip <= text.size(); ++skip) {
                if (matches_from(pattern, p + 1, text, skip, whole, used)) return true;
            }
            return unlike();
        }
        if (t >= text.size() || pattern[p] != text[t]) return unlike();
        if (used != nullptr) used->push_back(t);
    }
    return !whole || t == text.size() || unlike();
}

// Where the pattern begins in the text, as a part of it.
std::optional<std::size_t> find_part(const std::vector<std::string>& pattern, const std::vector<std::string>& text) {
    if (pattern.empty() || std::none_of(pattern.begin(), pattern.end(), [](const std::string& s) { return is_word(s[0]); }))
        return std::nullopt;
    for (std::size_t t = 0; t < text.size(); ++t) {
        // Not in the middle of something: `x = 1` is no part of `p->x = 1`.
        bool member = t > 0 && (text[t - 1] == "->" || text[t - 1] == ".");
        if (!member && matches_from(pattern, 0, text, t, false)) return t;
    }
    return std::nullopt;
}

// The tokens of the first call of the function, up to the closing bracket.
std::vector<std::size_t> call_tokens(const std::string& function, const std::vector<std::string>& text) {
    std::vector<std::size_t> used;
    int depth = 0;
    for (std::size_t t = 0; t + 1 < text.size() || depth > 0; ++t) {
        if (t >= text.size()) break;
        if (used.empty() && (text[t] != function || text[t + 1] != "(")) continue;
        used.push_back(t);
        depth += text[t] == "(" ? 1 : text[t] == ")" ? -1 : 0;
        if (depth == 0 && used.size() > 1) break;
    }
    return used;
}

}  // namespace

std::vector<CodeToken> located_tokens(std::string_view text) {
    std::vector<CodeToken> tokens;
    for (std::size_t at = 0; at < text.size();) {
        char c = text[at];
        std::size_t length = 1;
        if (std::isspace(static_cast<unsigned char>(c)) != 0) {
            ++at;
            continue;
        }
        if (std::size_t comment = comment_at(text, at); comment != 0) {
            at += comment;
            continue;
        }
        if (is_word(c)) {
            while (at + length < text.size() && is_word(text[at + length])) ++length;
        } else if (c == '"') {
            while (at + length < text.size() && text[at + length] != '"') ++length;
            length = std::min(length + 1, text.size() - at);
        } else {
            length = operator_at(text, at);
        }
        std::string token(text.substr(at, length));
        tokens.push_back({token == ".." ? std::string(kWildcard) : std::move(token), at, at + length});
        at += length;
    }
    while (!tokens.empty() && is_edge(tokens.back().text)) tokens.pop_back();
    auto first = std::find_if(tokens.begin(), tokens.end(), [](const CodeToken& t) { return !is_edge(t.text); });
    tokens.erase(tokens.begin(), first);
    // `} else if (x)` is `if (x)`.
    if (tokens.size() > 1 && tokens[0].text == "else") tokens.erase(tokens.begin());
    return tokens;
}

std::vector<std::string> code_tokens(std::string_view text) {
    std::vector<std::string> tokens;
    for (CodeToken& token : located_tokens(text)) tokens.push_back(std::move(token.text));
    return tokens;
}

std::vector<std::string> called_functions(const std::vector<std::string>& tokens) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
        bool name = is_word(tokens[i][0]) && std::isdigit(static_cast<unsigned char>(tokens[i][0])) == 0;
        if (name && tokens[i + 1] == "(" && !is_keyword(tokens[i])) names.push_back(tokens[i]);
    }
    return names;
}

Likeness compare_code(const std::vector<std::string>& quoted, const std::vector<std::string>& statement) {
    if (quoted.empty() || statement.empty()) return Likeness::kUnlike;
    if (matches_from(quoted, 0, statement, 0, true)) return Likeness::kSame;
    if (find_part(quoted, statement)) return Likeness::kPart;
    // `if (x) return;` names its condition.
    bool header = is_keyword(statement[0]) && statement.size() > 2 && matches_from(statement, 0, quoted, 0, false);
    if (header) return Likeness::kPart;
    std::vector<std::string> wanted = called_functions(quoted);
    std::vector<std::string> there = called_functions(statement);
    bool all = !wanted.empty() && std::all_of(wanted.begin(), wanted.end(), [&](const std::string& name) {
        return std::find(there.begin(), there.end(), name) != there.end();
    });
    return all ? Likeness::kSameCall : Likeness::kUnlike;
}

std::vector<std::pair<std::size_t, std::size_t>> quoted_parts(const std::vector<std::string>& quoted,
                                                              const std::vector<CodeToken>& statement) {
    std::vector<std::string> text;
    for (const CodeToken& token : statement) text.push_back(token.text);
    std::vector<std::size_t> used;
    if (matches_from(quoted, 0, text, 0, true, &used)) {
        if (used.size() == text.size()) return {};
    } else if (std::optional<std::size_t> at = find_part(quoted, text)) {
        matches_from(quoted, 0, text, *at, false, &used);
    } else if (compare_code(quoted, text) == Likeness::kSameCall) {
        for (const std::string& function : called_functions(quoted)) {
            std::vector<std::size_t> call = call_tokens(function, text);
            used.insert(used.end(), call.begin(), call.end());
        }
    }
    std::vector<std::pair<std::size_t, std::size_t>> parts;
    for (std::size_t i = 0; i < used.size(); ++i) {
        if (i > 0 && used[i] == used[i - 1] + 1)
            parts.back().second = statement[used[i]].end;
        else
            parts.emplace_back(statement[used[i]].begin, statement[used[i]].end);
    }
    return parts;
}

std::size_t distance(const std::vector<std::string>& a, const std::vector<std::string>& b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row[b.size()];
}

}  // namespace quire
