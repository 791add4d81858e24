// Macro expansion as in C99 6.10.3 (without pragmas and #if), see macros.h for the idea. Differences: __VA_ARGS__ needs no argument,
// and a limit on the tokens that expansions may make in one run.

#include "syntax/macros.h"

#include <algorithm>
#include <utility>

#include "support/suggest.h"
#include "syntax/lexer.h"

namespace quire {

namespace {

// No spec that a person wrote comes near either.
constexpr std::uint64_t kMaxTokensMade = 500'000;
constexpr std::size_t kMaxNesting = 100;

bool same_body(const Macro& a, const Macro& b) {
    const auto same = [](const Token& x, const Token& y) { return x.kind == y.kind && x.text == y.text; };
    return a.function_like == b.function_like && a.variadic == b.variadic && a.parameters == b.parameters &&
           std::equal(a.body.begin(), a.body.end(), b.body.begin(), b.body.end(), same);
}

std::ptrdiff_t parameter_index(const Macro& macro, const Token& token) {
    if (!macro.function_like || !token.is_identifier()) return -1;
    const auto found = std::find(macro.parameters.begin(), macro.parameters.end(), token.text);
    return found == macro.parameters.end() ? -1 : found - macro.parameters.begin();
}

class ListSource final : public TokenSource {
public:
    explicit ListSource(const std::vector<Token>& tokens) : tokens_(tokens) {}
    Token next() override { return at_ < tokens_.size() ? tokens_[at_++] : Token{}; }

private:
    const std::vector<Token>& tokens_;
    std::size_t at_ = 0;
};

}  // namespace

MacroTable::MacroTable(SourceManager& sources, Diagnostics& diagnostics) : sources_(sources), diagnostics_(diagnostics) {}

Macro* MacroTable::find(std::string_view name) {
    const auto found = macros_.find(name);
    return found == macros_.end() ? nullptr : found->second.get();
}

std::string_view MacroTable::keep(std::string text) {
    kept_.push_back(std::move(text));
    return kept_.back();
}

bool MacroTable::parse_parameters(const std::vector<Token>& line, std::size_t& at, Macro& macro) {
    const SourceSpan open = line[at++].span;
    const auto fail = [&](const SourceSpan& span, std::string label) {
        diagnostics_.error(DiagnosticCode::kE0120, span, "malformed parameters of the macro `" + macro.name + "`")
            .with_label(std::move(label));
        return false;
    };
    if (at < line.size() && line[at].is(")")) {
        ++at;
        return true;
    }
    while (at < line.size()) {
        const Token& token = line[at++];
        if (token.is("...")) {
            macro.variadic = true;
            macro.parameters.emplace_back("__VA_ARGS__");
        } else if (!token.is_identifier()) {
            return fail(token.span, "a parameter's name was expected");
        } else if (parameter_index(macro, token) >= 0) {
            return fail(token.span, "twice");
        } else {
            macro.parameters.emplace_back(token.text);
        }
        if (at >= line.size()) break;
        const Token& after = line[at++];
        if (after.is(")")) return true;
        if (!after.is(",") || macro.variadic)
            return fail(after.span, macro.variadic ? "`)` was expected" : "`,` or `)` was expected");
    }
    return fail(open, "no `)` on this line");
}

bool MacroTable::check_body(const Macro& macro) {
    if (macro.body.empty() || (!macro.body.front().is("##") && !macro.body.back().is("##"))) return true;
    const Token& token = macro.body.front().is("##") ? macro.body.front() : macro.body.back();
    diagnostics_.error(DiagnosticCode::kE0126, token.span,
                       "`##` has nothing to join at the edge of the macro `" + macro.name + "`");
    return false;
}

void MacroTable::define(const std::vector<Token>& line, const SourceSpan& directive) {
    if (line.empty() || !line[0].is_identifier()) {
        diagnostics_.error(DiagnosticCode::kE0120, line.empty() ? directive : line[0].span, "`#define` without a name")
            .with_label("a macro's name was expected");
        return;
    }
    auto macro = std::make_unique<Macro>();
    macro->name = line[0].text;
    macro->definition = line[0].span;
    std::size_t at = 1;
    if (line.size() > 1 && line[1].is("(") && !line[1].space_before) {
        macro->function_like = true;
        if (!parse_parameters(line, at, *macro)) return;
    }
    macro->body.assign(line.begin() + static_cast<std::ptrdiff_t>(at), line.end());
    for (Token& token : macro->body) {
        token.doc = 0;
        token.line_start = false;
    }
    if (!check_body(*macro)) return;
    std::unique_ptr<Macro>& place = macros_[macro->name];
    if (place != nullptr) {
        if (same_body(*place, *macro)) return;
        diagnostics_
            .error(DiagnosticCode::kE0122, macro->definition, "the macro `" + macro->name + "` is defined twice, differently")
            .with_label("defined again here")
            .with_secondary(place->definition, "first defined here")
            .with_help("`#undef " + macro->name + "` before it, if that is meant");
        retired_.push_back(std::move(place));
    }
    place = std::move(macro);
}

void MacroTable::undefine(std::string_view name) {
    const auto found = macros_.find(name);
    if (found == macros_.end()) return;
    retired_.push_back(std::move(found->second));
    macros_.erase(found);
}

void MacroExpander::drop_finished_frames() {
    while (!frames_.empty() && frames_.back().at >= frames_.back().tokens.size()) {
        --frames_.back().macro->active;
        frames_.pop_back();
    }
}

Token MacroExpander::next_raw() {
    if (!pushed_back_.empty()) {
        const Token token = pushed_back_.back();
        pushed_back_.pop_back();
        return token;
    }
    drop_finished_frames();
    if (frames_.empty()) return source_.next();
    return frames_.back().tokens[frames_.back().at++];
}

Token MacroExpander::next() {
    while (true) {
        Token token = next_raw();
        if (gave_up_) token.kind = TokenKind::kEnd;
        if (!token.is_identifier() || token.no_expand) return token;
        Macro* macro = macros_.find(token.text);
        if (macro == nullptr) return token;
        if (macro->active > 0) {
            token.no_expand = true;
            return token;
        }
        if (!expand(token, *macro)) return token;
    }
}

// False: no use of the macro (a function-like one without its bracket), or a wrong one that was reported; the name stands for itself.
bool MacroExpander::expand(const Token& name, Macro& macro) {
    Arguments arguments;
    Token close = name;
    if (macro.function_like) {
        const Token open = next_raw();
        if (!open.is("(")) {
            push_back(open);
            return false;
        }
        if (!collect_arguments(name, macro, arguments, close)) return false;
    }
    const SourceSpan use = macros_.sources().join(name.span, close.span);
    if (macro.function_like && !check_arguments(name, macro, arguments, use)) return false;
    const ExpansionId expansion = macros_.sources().add_expansion({macro.name, macro.definition, use});
    std::vector<Token> body = substitute(macro, arguments, expansion);
    if (gave_up_) return true;
    if (tokens_made_ <= kMaxTokensMade) tokens_made_ += body.size();
    if (tokens_made_ > kMaxTokensMade) {
        give_up(name, macro, "the macro `" + macro.name + "` expands without bound");
        return true;
    }
    // A frame that was read to its end stays until the next token is asked for, or `#define A B` and `#define B A` would never end.
    if (frames_.size() >= kMaxNesting) {
        give_up(name, macro, "macros are nested too deeply at `" + macro.name + "`");
        return true;
    }
    if (!body.empty()) {
        body.front().doc = name.doc;
        body.front().line_start = name.line_start;
        body.front().space_before = name.space_before;
    }
    ++macro.active;
    frames_.push_back({&macro, std::move(body), 0});
    return true;
}

void MacroExpander::give_up(const Token& at, const Macro& macro, const std::string& message) {
    gave_up_ = true;
    while (!frames_.empty()) {
        --frames_.back().macro->active;
        frames_.pop_back();
    }
    pushed_back_.clear();
    if (tokens_made_ == ~std::uint64_t{0}) return;  // reported by an outer or inner expander
    tokens_made_ = ~std::uint64_t{0};
    const SourceSpan use = macros_.sources().outermost(at.span);
    macros_.diagnostics()
        .error(DiagnosticCode::kE0123, use, message)
        .with_label("expanding this gives more than " + std::to_string(kMaxTokensMade) + " tokens, or " +
                    std::to_string(kMaxNesting) + " levels")
        .with_secondary(macro.definition, "`" + macro.name + "` is defined here");
}

bool MacroExpander::collect_arguments(const Token& name, const Macro& macro, Arguments& arguments, Token& close) {
    arguments.emplace_back();
    for (int nesting = 0;;) {
        const Token token = next_raw();
        if (token.kind == TokenKind::kEnd) {
            push_back(token);
            macros_.diagnostics()
                .error(DiagnosticCode::kE0121, name.span, "the arguments of the macro `" + macro.name + "` have no end")
                .with_label("no `)` closes them")
                .with_secondary(macro.definition, "the macro is defined here");
            return false;
        }
        if (token.is(")") && nesting == 0) {
            close = token;
            return true;
        }
        if (token.is("(")) ++nesting;
        if (token.is(")")) --nesting;
        const bool in_rest = macro.variadic && arguments.size() == macro.parameters.size();
        if (token.is(",") && nesting == 0 && !in_rest)
            arguments.emplace_back();
        else
            arguments.back().push_back(token);
    }
}

bool MacroExpander::check_arguments(const Token& name, const Macro& macro, Arguments& arguments, const SourceSpan& use) {
    const std::size_t wanted = macro.parameters.size();
    if (wanted == 0 && arguments.size() == 1 && arguments[0].empty()) arguments.clear();
    if (macro.variadic && arguments.size() + 1 == wanted) arguments.emplace_back();
    if (arguments.size() == wanted) return true;
    const std::string needs = std::to_string(wanted) + (wanted == 1 ? " argument" : " arguments");
    macros_.diagnostics()
        .error(DiagnosticCode::kE0121, use, "the macro `" + std::string(name.text) + "` needs " + needs)
        .with_label(std::to_string(arguments.size()) + " given")
        .with_secondary(macro.definition, "the macro is defined here");
    return false;
}

std::vector<Token> MacroExpander::expand_argument(const std::vector<Token>& argument) {
    ListSource source(argument);
    MacroExpander inner(macros_, source, tokens_made_, depth_ + 1);
    std::vector<Token> out;
    if (depth_ >= static_cast<int>(kMaxNesting)) {
        if (!argument.empty()) give_up(argument.front(), Macro{}, "macro arguments are nested too deeply");
        return out;
    }
    for (Token token = inner.next(); token.kind != TokenKind::kEnd; token = inner.next()) out.push_back(token);
    if (inner.gave_up()) gave_up_ = true;
    return out;
}

std::vector<Token> MacroExpander::substitute(const Macro& macro, const Arguments& arguments, ExpansionId expansion) {
    std::vector<Token> out;
    bool join_next = false;   // the last token in `out` waits for its right neighbour
    bool left_empty = false;  // … but that side of ## was an empty argument
    for (std::size_t i = 0; i < macro.body.size() && !gave_up_; ++i) {
        Token token = macro.body[i];
        token.span.expansion = expansion;
        if (token.is("##")) {
            join_next = true;
            continue;
        }
        std::vector<Token> piece{token};
        const bool before_join = i + 1 < macro.body.size() && macro.body[i + 1].is("##");
        const std::ptrdiff_t index = parameter_index(macro, token);
        if (token.is("#") && macro.function_like && i + 1 < macro.body.size() && parameter_index(macro, macro.body[i + 1]) >= 0) {
            piece = {stringize(arguments[static_cast<std::size_t>(parameter_index(macro, macro.body[++i]))], token)};
        } else if (index >= 0) {
            const auto& argument = arguments[static_cast<std::size_t>(index)];
            piece = join_next || before_join ? argument : expand_argument(argument);
            if (join_next || before_join)
                for (Token& part : piece)  // what is pasted belongs to the macro's text
                    if (piece.size() == 1) part.span = token.span;
            if (!piece.empty()) piece.front().space_before = token.space_before;
        }
        for (std::size_t k = 0; k < piece.size(); ++k) {
            if (k == 0 && join_next && !left_empty && !out.empty())
                paste(out, piece[k]);
            else
                out.push_back(piece[k]);
        }
        if (!(piece.empty() && join_next)) left_empty = piece.empty();
        join_next = false;
    }
    return out;
}

void MacroExpander::paste(std::vector<Token>& out, const Token& right) {
    Token& left = out.back();
    const std::string text = std::string(left.text) + std::string(right.text);
    Token joined;
    if (!lex_single(macros_.keep(text), joined)) {
        macros_.diagnostics()
            .error(DiagnosticCode::kE0126, right.span,
                   "`##` makes no token of `" + std::string(left.text) + "` and `" + std::string(right.text) + "`")
            .with_label("cannot be joined to what stands before");
        out.push_back(right);
        return;
    }
    joined.span = macros_.sources().join(left.span, right.span);
    joined.space_before = left.space_before;
    joined.line_start = false;
    left = joined;
}

Token MacroExpander::stringize(const std::vector<Token>& argument, const Token& hash) {
    std::string text = "\"";
    for (std::size_t i = 0; i < argument.size(); ++i) {
        if (i > 0 && argument[i].space_before) text += ' ';
        const bool quoted = argument[i].kind == TokenKind::kString || argument[i].kind == TokenKind::kCharacter;
        for (const char c : argument[i].text) {
            if (quoted && (c == '"' || c == '\\')) text += '\\';
            text += c;
        }
    }
    Token token = hash;
    token.kind = TokenKind::kString;
    token.text = macros_.keep(text + "\"");
    return token;
}

}  // namespace quire
