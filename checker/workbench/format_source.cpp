// `quire fmt` keeps the lines that the author chose, as gofmt does, and settles what is around the tokens in them: a tab for
// each open brace, blanks around operators that can only be binary, none before `,` and `;`, one empty line where there were
// several, no blanks at the end.  Lines that go on with what the line before began keep the indentation that they have, and so
// do directives and what is inside of comments: there the author has aligned something.
//
// Invariant: without its white space the text is the same before and after, and blanks are taken away only where no two
// tokens could become one.
#include "workbench/format_source.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace quire {

namespace {

enum class Kind : std::uint8_t { kWord, kOperator, kLiteral, kLineComment, kBlockComment, kDirective };

struct Token {
    Kind kind = Kind::kWord;
    std::string_view text;
    std::string_view blanks;  // before it, on its line
};

struct Line {
    std::string_view indentation;
    std::vector<Token> tokens;
};

constexpr std::array<std::string_view, 29> kOperators = {
    "<<=", ">>=", "...", "->", "++", "--", "==", "!=", "<=", ">=", "=>", "&&", "||", "+=", "-=",
    "*=",  "/=",  "%=",  "&=", "|=", "^=", "<<", ">>", "##", "..", "::", "=",  ",",  ";"};
constexpr std::array<std::string_view, 18> kSpaced = {
    "==", "!=", "<=", ">=", "=>", "&&", "||", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "=", "<<=", ">>="};

template <class List>
bool among(const List& list, std::string_view text) {
    return std::find(list.begin(), list.end(), text) != list.end();
}

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v'; }

class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text) {}

    bool scan(std::vector<Line>& lines) {
        while (at_ < text_.size()) {
            Line line;
            const std::size_t begin = at_;
            skip_blanks();
            line.indentation = text_.substr(begin, at_ - begin);
            while (at_ < text_.size() && text_[at_] != '\n') {
                Token token;
                if (!next(line.tokens.empty(), token)) return false;
                line.tokens.push_back(token);
                const std::size_t end = at_;
                skip_blanks();
                blanks_ = text_.substr(end, at_ - end);
            }
            blanks_ = {};
            if (at_ < text_.size()) ++at_;
            lines.push_back(std::move(line));
        }
        return true;
    }

private:
    void skip_blanks() {
        while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    }

    bool next(bool first, Token& token) {
        const std::size_t begin = at_;
        const char c = text_[at_];
        const std::string_view rest = text_.substr(at_);
        token.blanks = blanks_;
        if (c == '#' && first) {
            token.kind = Kind::kDirective;
            if (!skip_directive()) return false;
        } else if (rest.starts_with("//")) {
            token.kind = Kind::kLineComment;
            at_ = std::min(text_.find('\n', at_), text_.size());
        } else if (rest.starts_with("/*")) {
            token.kind = Kind::kBlockComment;
            const std::size_t end = text_.find("*/", at_ + 2);
            if (end == std::string_view::npos) return false;
            at_ = end + 2;
        } else if (c == '"' || c == '\'') {
            token.kind = Kind::kLiteral;
            for (++at_; at_ < text_.size() && text_[at_] != c; ++at_) {
                if (text_[at_] == '\n') return false;
                if (text_[at_] == '\\') ++at_;
            }
            if (at_ >= text_.size()) return false;
            ++at_;
        } else if (is_word(c)) {
            while (at_ < text_.size() && is_word(text_[at_])) ++at_;
        } else {
            token.kind = Kind::kOperator;
            std::size_t length = 1;
            for (std::string_view one : kOperators) {
                if (rest.starts_with(one)) length = std::max(length, one.size());
            }
            at_ += length;
        }
        token.text = text_.substr(begin, at_ - begin);
        return true;
    }

    // To the end of its last line; a comment in it may go over several.
    bool skip_directive() {
        while (at_ < text_.size() && text_[at_] != '\n') {
            const std::string_view rest = text_.substr(at_);
            if (rest.starts_with("/*")) {
                const std::size_t end = text_.find("*/", at_ + 2);
                if (end == std::string_view::npos) return false;
                at_ = end + 2;
            } else if (rest.starts_with("\\\r\n")) {
                at_ += 3;
            } else if (rest.starts_with("\\\n")) {
                at_ += 2;
            } else {
                ++at_;
            }
        }
        return true;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::string_view blanks_;
};

class Formatter {
public:
    std::string format(const std::vector<Line>& lines) {
        bool empty = true;  // the line before, or there is none
        for (const Line& line : lines) {
            if (line.tokens.empty()) {
                if (!empty) out_ += '\n';
                empty = true;
                continue;
            }
            empty = false;
            indent(line);
            for (std::size_t i = 0; i < line.tokens.size(); ++i) {
                if (i != 0) out_ += between(line.tokens[i - 1], line.tokens[i]);
                take(line.tokens[i]);
            }
            while (!out_.empty() && is_blank(out_.back())) out_.pop_back();
            out_ += '\n';
            end_line(line);
        }
        while (out_.ends_with("\n\n")) out_.pop_back();
        return std::move(out_);
    }

private:
    void indent(const Line& line) {
        const Token& first = line.tokens[0];
        if (first.kind == Kind::kDirective || !begins_ || parentheses() != 0) {
            for (char c : line.indentation) {
                if (c != '\r') out_ += c;
            }
            return;
        }
        std::size_t depth = open_.size();
        for (std::size_t i = 0; i < line.tokens.size() && line.tokens[i].text == "}" && depth > 0; ++i) --depth;
        const bool is_case =
            first.text == "case" || (first.text == "default" && line.tokens.size() > 1 && line.tokens[1].text == ":");
        if (is_case && depth > 0) --depth;
        if (is_label(line)) {
            for (char c : line.indentation) {
                if (c != '\r') out_ += c;
            }
            return;
        }
        out_ += std::string(depth, '\t');
    }

    static bool is_label(const Line& line) {
        return line.tokens.size() >= 2 && line.tokens[0].kind == Kind::kWord && line.tokens[1].text == ":" &&
               line.tokens[0].text != "default" && (line.tokens.size() == 2 || line.tokens[2].text == ";");
    }

    int parentheses() const { return open_.empty() ? outside_ : open_.back(); }
    int& parentheses() { return open_.empty() ? outside_ : open_.back(); }

    void take(const Token& token) {
        if (token.kind != Kind::kBlockComment && token.kind != Kind::kDirective) {
            out_ += token.text;
        } else {
            for (char c : token.text) {  // blanks at the ends of its lines
                if (c == '\n') {
                    while (!out_.empty() && is_blank(out_.back())) out_.pop_back();
                }
                out_ += c;
            }
        }
        if (token.kind != Kind::kOperator) return;
        if (token.text == "{") open_.push_back(0);
        if (token.text == "}" && !open_.empty()) open_.pop_back();
        if (token.text == "(" || token.text == "[") ++parentheses();
        if ((token.text == ")" || token.text == "]") && parentheses() > 0) --parentheses();
    }

    // Does the next line begin something?
    void end_line(const Line& line) {
        const Token* last = nullptr;
        for (const Token& token : line.tokens) {
            if (token.kind != Kind::kLineComment && token.kind != Kind::kBlockComment) last = &token;
        }
        if (last == nullptr) return;
        const bool is_case = line.tokens[0].text == "case" || line.tokens[0].text == "default" || is_label(line);
        begins_ = last->kind == Kind::kDirective || last->text == ";" || last->text == "{" || last->text == "}" ||
                  (last->text == ":" && is_case) || (last->text == "," && !open_.empty());
    }

    static std::string between(const Token& before, const Token& after) {
        const std::string as_it_was(after.blanks);
        if (after.kind == Kind::kLineComment || after.kind == Kind::kBlockComment) return after.blanks.empty() ? " " : as_it_was;
        if (before.kind == Kind::kBlockComment || before.kind == Kind::kDirective || after.kind == Kind::kDirective)
            return as_it_was;
        if (after.text == "," || after.text == ";") return "";
        const bool opens = after.text == "{" && before.text != "(" && before.text != "{";
        const bool needs = before.text == "," || before.text == ";" || among(kSpaced, before.text) ||
                           among(kSpaced, after.text) || opens || (before.text == "}" && after.kind == Kind::kWord) ||
                           (before.text == "{" && after.text != "}") || (after.text == "}" && before.text != "{");
        if (needs && after.blanks.empty()) return " ";
        if (after.text == "(" && is_statement(before.text)) return " ";
        return as_it_was;
    }

    static bool is_statement(std::string_view word) {
        constexpr std::array<std::string_view, 5> kWords = {"if", "for", "while", "switch", "return"};
        return among(kWords, word);
    }

    std::string out_;
    std::vector<int> open_;  // per open brace: parentheses that are open in it
    int outside_ = 0;        // the same outside of every brace
    bool begins_ = true;
};

}  // namespace

std::optional<std::string> format_source(std::string_view text) {
    std::vector<Line> lines;
    if (!Scanner(text).scan(lines)) return std::nullopt;
    return Formatter().format(lines);
}

}  // namespace quire
