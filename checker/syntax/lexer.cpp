#include "syntax/lexer.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace quire {

namespace {

// More mistakes than this among the characters say that the file is no spec.
constexpr std::size_t kMaxLexicalErrors = 20;

// Longest first among those that share a beginning.
constexpr std::array<std::string_view, 49> kPunctuators = {
    "<<=", ">>=", "...", "->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "+=", "-=", "*=",
    "/=",  "%=",  "&=",  "^=", "|=", "##", "..", "=>", "{",  "}",  "[",  "]",  "(",  ")",  ";",  ",",  ":",
    "?",   "~",   "!",   "+",  "-",  "*",  "/",  "%",  "^",  "&",  "|",  "=",  "<",  ">",  ".",
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_word(char c) { return is_word_start(c) || is_digit(c); }

std::size_t utf8_length(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u; };
    const unsigned lead = byte(0);
    if (lead < 0x80) return 1;
    const std::size_t length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xc0) != 0x80) return 0;
    const bool overlong = (lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xf0 && byte(1) < 0x90);
    const bool outside = (lead == 0xed && byte(1) > 0x9f) || (lead == 0xf4 && byte(1) > 0x8f);
    return overlong || outside ? 0 : length;
}

class Lexer {
public:
    Lexer(std::string_view text, SourceId file, Diagnostics& diagnostics, std::deque<std::string>& docs)
        : text_(text), file_(file), diagnostics_(diagnostics), docs_(docs) {}

    LexedFile run() {
        if (!check_bytes()) {
            result_.readable = false;
        } else {
            if (text_.substr(0, 3) == "\xef\xbb\xbf") at_ = 3;
            while (skip_blanks() && errors_ <= kMaxLexicalErrors) next();
            if (errors_ > kMaxLexicalErrors) {
                diagnostics_.error(DiagnosticCode::kE0106, span(at_, at_),
                                   "too many mistakes: the rest of this file was not read");
                result_.readable = false;
            }
        }
        const std::size_t end = text_.size();
        Token token = start_token(TokenKind::kEnd, end);
        token.line_start = true;
        token.span = span(end, end);
        token.text = {};
        result_.tokens.push_back(token);
        return std::move(result_);
    }

private:
    SourceSpan span(std::size_t begin, std::size_t end) const {
        return {file_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end), {}};
    }

    void error(DiagnosticCode code, std::size_t begin, std::size_t end, std::string message, std::string label = {}) {
        ++errors_;
        diagnostics_.error(code, span(begin, end), std::move(message)).with_label(std::move(label));
    }

    // NUL bytes make a file unreadable; other bytes that are no UTF-8 are reported once and skipped.
    bool check_bytes() {
        if (const std::size_t nul = text_.find('\0'); nul != std::string_view::npos) {
            const auto count = static_cast<std::size_t>(std::count(text_.begin(), text_.end(), '\0'));
            diagnostics_.error(DiagnosticCode::kE0107, span(nul, nul + 1), "the file has a NUL byte: it is not plain text")
                .with_label(count == 1 ? "the only one" : "the first of " + std::to_string(count))
                .with_note("byte " + std::to_string(nul) + " of the file");
            return false;
        }
        std::size_t first = std::string_view::npos;
        std::size_t count = 0;
        for (std::size_t i = 0; i < text_.size();) {
            const std::size_t length = utf8_length(text_, i);
            if (length == 0 && count++ == 0) first = i;
            i += std::max<std::size_t>(length, 1);
        }
        if (count > 0)
            diagnostics_.error(DiagnosticCode::kE0108, span(first, first + 1), "the text is not UTF-8")
                .with_label(count == 1 ? "this byte" : "the first of " + std::to_string(count) + " such bytes")
                .with_note("byte " + std::to_string(first) + " of the file");
        return true;
    }

    // Moves to the next token, noting doc comments; false at the end.
    bool skip_blanks() {
        space_ = false;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '\n') {
                ++at_;
                line_start_ = true;
                if (blank_line_) detach_doc();
                blank_line_ = true;
            } else if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v') {
                ++at_;
            } else if (c == '\\' && (rest().substr(0, 2) == "\\\n" || rest().substr(0, 3) == "\\\r\n")) {
                at_ += rest()[1] == '\n' ? 2 : 3;
            } else if (rest().substr(0, 2) == "//") {
                line_comment();
            } else if (rest().substr(0, 2) == "/*") {
                block_comment();
            } else {
                blank_line_ = false;
                return true;
            }
            space_ = true;
        }
        detach_doc();
        return false;
    }

    std::string_view rest() const { return text_.substr(at_); }

    void line_comment() {
        const std::size_t end = std::min(text_.find('\n', at_), text_.size());
        std::string_view comment = text_.substr(at_, end - at_);
        // "////…" is a banner, and a /// behind code documents nothing.
        const bool is_doc = line_start_ && comment.substr(0, 3) == "///" && comment.substr(0, 4) != "////";
        if (is_doc) {
            comment.remove_prefix(3);
            if (!comment.empty() && comment[0] == ' ') comment.remove_prefix(1);
            while (!comment.empty() && (comment.back() == ' ' || comment.back() == '\t' || comment.back() == '\r'))
                comment.remove_suffix(1);
            if (has_doc_) doc_ += '\n';
            doc_ += comment;
            has_doc_ = true;
        }
        blank_line_ = false;
        at_ = end;
    }

    void block_comment() {
        const std::size_t end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos) {
            error(DiagnosticCode::kE0103, at_, at_ + 2, "a comment without its end", "opened here, never closed by `*/`");
            at_ = text_.size();
            return;
        }
        if (text_.substr(at_, end - at_).find('\n') != std::string_view::npos) line_start_ = true;
        blank_line_ = false;
        at_ = end + 2;
    }

    // The first comment of the file is about the file, also when a blank line keeps it from the first declaration.
    void detach_doc() {
        if (!has_doc_) return;
        if (result_.tokens.empty() && result_.doc.empty()) result_.doc = doc_;
        has_doc_ = false;
        doc_.clear();
    }

    Token start_token(TokenKind kind, std::size_t end) {
        Token token;
        token.kind = kind;
        token.line_start = line_start_;
        token.space_before = space_;
        token.span = span(at_, end);
        token.text = text_.substr(at_, end - at_);
        if (has_doc_) {
            if (result_.tokens.empty() && result_.doc.empty()) result_.doc = doc_;
            token.doc = static_cast<std::uint32_t>(docs_.size());
            docs_.push_back(std::move(doc_));
            doc_.clear();
            has_doc_ = false;
        }
        return token;
    }

    void emit(TokenKind kind, std::size_t end) {
        result_.tokens.push_back(start_token(kind, end));
        line_start_ = false;
        at_ = end;
    }

    void next() {
        const char c = text_[at_];
        if (is_word_start(c)) {
            std::size_t end = at_ + 1;
            while (end < text_.size() && is_word(text_[end])) ++end;
            return emit(TokenKind::kIdentifier, end);
        }
        if (is_digit(c)) return number();
        if (c == '"' || c == '\'') return quoted(c);
        for (const std::string_view punctuator : kPunctuators)
            if (punctuator[0] == c && rest().substr(0, punctuator.size()) == punctuator)
                return emit(TokenKind::kPunctuator, at_ + punctuator.size());
        if (c == '#') return emit(TokenKind::kPunctuator, at_ + 1);
        unknown();
    }

    // `0..4` is a number, then `..`; `1.5` is one malformed number.
    void number() {
        std::size_t end = at_ + 1;
        while (end < text_.size() && is_word(text_[end])) ++end;
        if (end + 1 < text_.size() && text_[end] == '.' && is_digit(text_[end + 1])) {
            ++end;
            while (end < text_.size() && is_word(text_[end])) ++end;
        }
        emit(TokenKind::kNumber, end);
    }

    void quoted(char quote) {
        std::size_t end = at_ + 1;
        while (end < text_.size() && text_[end] != quote && text_[end] != '\n')
            end += text_[end] == '\\' && end + 1 < text_.size() && text_[end + 1] != '\n' ? 2 : 1;
        if (end >= text_.size() || text_[end] == '\n') {
            const std::string what = quote == '"' ? "a string" : "a character";
            error(DiagnosticCode::kE0103, at_, at_ + 1, what + " without its end",
                  std::string("no closing `") + quote + "` on this line");
            at_ = std::min(end, text_.size());
            return;
        }
        emit(quote == '"' ? TokenKind::kString : TokenKind::kCharacter, end + 1);
    }

    // A run of characters that start nothing is one mistake. Bytes that are no UTF-8 were reported before.
    void unknown() {
        const std::size_t begin = at_;
        bool reported = true;
        while (at_ < text_.size()) {
            const auto byte = static_cast<unsigned char>(text_[at_]);
            const std::size_t length = utf8_length(text_, at_);
            const bool starts_nothing = byte >= 0x7f || byte < ' ' || byte == '@' || byte == '$' || byte == '`' || byte == '\\';
            if (!starts_nothing || byte == '\n' || byte == '\t' || byte == '\r') break;
            if (length != 0) reported = false;
            at_ += std::max<std::size_t>(length, 1);
        }
        if (at_ == begin) ++at_;
        if (reported) return;
        const std::string shown(text_.substr(begin, std::min(utf8_length(text_, begin), at_ - begin)));
        error(DiagnosticCode::kE0102, begin, at_,
              shown.empty() ? "these characters start nothing" : "`" + shown + "` starts nothing", "not part of the language");
    }

    std::string_view text_;
    SourceId file_;
    Diagnostics& diagnostics_;
    std::deque<std::string>& docs_;
    LexedFile result_;
    std::size_t at_ = 0;
    std::size_t errors_ = 0;
    bool line_start_ = true;
    bool blank_line_ = true;
    bool space_ = false;
    bool has_doc_ = false;
    std::string doc_;
};

int digit_value(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return 99;
}

// Reads one escape behind a backslash at `at`; moves past it. -1: unknown.
int decode_escape(std::string_view text, std::size_t& at) {
    const char c = text[at++];
    switch (c) {
        case 'n': return '\n';
        case 't': return '\t';
        case 'r': return '\r';
        case 'a': return '\a';
        case 'b': return '\b';
        case 'f': return '\f';
        case 'v': return '\v';
        case '\\':
        case '\'':
        case '"':
        case '?': return c;
        case 'x': {
            int value = 0;
            const std::size_t begin = at;
            while (at < text.size() && at < begin + 2 && digit_value(text[at]) < 16) value = value * 16 + digit_value(text[at++]);
            return at > begin ? value : -1;
        }
        default: break;
    }
    if (c < '0' || c > '7') return -1;
    int value = c - '0';
    for (int i = 0; i < 2 && at < text.size() && text[at] >= '0' && text[at] <= '7'; ++i) value = value * 8 + (text[at++] - '0');
    return value & 0xff;
}

}  // namespace

LexedFile lex_file(const SourceManager& sources, SourceId file, Diagnostics& diagnostics, std::deque<std::string>& docs) {
    if (docs.empty()) docs.emplace_back();
    return Lexer(sources.text(file), file, diagnostics, docs).run();
}

bool lex_single(std::string_view text, Token& token) {
    Diagnostics ignored;
    std::deque<std::string> docs(1);
    LexedFile lexed = Lexer(text, SourceId(0), ignored, docs).run();
    if (lexed.tokens.size() != 2 || !ignored.empty() || lexed.tokens[0].text.size() != text.size()) return false;
    token = lexed.tokens[0];
    token.span = {};
    return true;
}

bool decode_number(const Token& token, Diagnostics& diagnostics, NumberValue& result) {
    std::string_view text = token.text;
    if (text.find('.') != std::string_view::npos) {
        diagnostics.error(DiagnosticCode::kE0115, token.span, "there are no floating-point numbers").with_label("not an integer");
        return false;
    }
    int base = 10;
    const char second = text.size() > 1 ? static_cast<char>(text[1] | 0x20) : '\0';
    if (text[0] == '0' && text.size() > 1 && (second == 'x' || second == 'b')) {
        base = second == 'x' ? 16 : 2;
        text.remove_prefix(2);
    } else if (text[0] == '0' && text.size() > 1) {
        base = 8;
    }
    result.is_decimal = base == 10;
    std::size_t at = 0;
    bool overflow = false;
    for (; at < text.size() && digit_value(text[at]) < base; ++at) {
        const auto digit = static_cast<std::uint64_t>(digit_value(text[at]));
        overflow |= result.value > (~std::uint64_t{0} - digit) / static_cast<std::uint64_t>(base);
        result.value = result.value * static_cast<std::uint64_t>(base) + digit;
    }
    const bool has_digits = at > 0;
    std::string suffix(text.substr(at));
    for (char& c : suffix) c = static_cast<char>(c | 0x20);
    result.is_unsigned = suffix == "u" || suffix == "ul" || suffix == "lu" || suffix == "ull" || suffix == "llu";
    result.is_long = suffix.find('l') != std::string::npos;
    const bool known_suffix = suffix.empty() || result.is_unsigned || suffix == "l" || suffix == "ll";
    if (!has_digits || !known_suffix) {
        diagnostics.error(DiagnosticCode::kE0104, token.span, "malformed number `" + std::string(token.text.substr(0, 60)) + "`")
            .with_label(has_digits ? "`" + std::string(text.substr(at, 20)) + "` is no suffix" : "no digits");
        return false;
    }
    if (overflow)
        diagnostics.error(DiagnosticCode::kE0104, token.span, "the number does not fit in 64 bits").with_label("too large");
    return !overflow;
}

bool decode_character(const Token& token, Diagnostics& diagnostics, NumberValue& result) {
    const std::string_view body = token.text.substr(1, token.text.size() - 2);
    int value = -1;
    std::size_t at = 1;
    if (!body.empty()) value = body[0] == '\\' && body.size() > 1 ? decode_escape(body, at) : static_cast<unsigned char>(body[0]);
    if (value >= 0 && at == body.size()) {
        result = {static_cast<std::uint64_t>(value), false, false, true};
        return true;
    }
    diagnostics.error(DiagnosticCode::kE0104, token.span, "malformed character")
        .with_label("one character or one escape was expected");
    return false;
}

std::string decode_string(const Token& token, Diagnostics& diagnostics) {
    const std::string_view body = token.text.substr(1, token.text.size() - 2);
    std::string result;
    for (std::size_t at = 0; at < body.size();) {
        if (body[at] != '\\') {
            result += body[at++];
            continue;
        }
        const std::size_t begin = at++;
        const int value = decode_escape(body, at);
        if (value < 0) {
            const std::string escape(body.substr(begin, at - begin));
            diagnostics.error(DiagnosticCode::kE0104, token.span, "unknown escape `" + escape + "` in a string");
            continue;
        }
        result += static_cast<char>(value);
    }
    return result;
}

}  // namespace quire
