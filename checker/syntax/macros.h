#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "support/diagnostics.h"
#include "support/source.h"
#include "syntax/token.h"

namespace quire {

struct Macro {
    std::string name;
    SourceSpan definition;  // its name in the #define
    bool function_like = false;
    bool variadic = false;  // the last parameter is __VA_ARGS__
    std::vector<std::string> parameters;
    std::vector<Token> body;
    int active = 0;  // how many expansions of it are being read
};

// The macros known at one point of the text, and their expansion.
class MacroTable {
public:
    MacroTable(SourceManager& sources, Diagnostics& diagnostics);

    // `line` is what stands behind #define.
    void define(const std::vector<Token>& line, const SourceSpan& directive);
    void undefine(std::string_view name);
    bool is_defined(std::string_view name) const { return macros_.find(name) != macros_.end(); }
    Macro* find(std::string_view name);

    // Text of tokens that no file holds; lives as long as the table.
    std::string_view keep(std::string text);

    SourceManager& sources() { return sources_; }
    Diagnostics& diagnostics() { return diagnostics_; }

private:
    bool parse_parameters(const std::vector<Token>& line, std::size_t& at, Macro& macro);
    bool check_body(const Macro& macro);

    SourceManager& sources_;
    Diagnostics& diagnostics_;
    std::map<std::string, std::unique_ptr<Macro>, std::less<>> macros_;
    std::vector<std::unique_ptr<Macro>> retired_;  // redefined while something may still read their bodies
    std::deque<std::string> kept_;
};

// Where tokens come from before expansion: a file with its directives, or a list.
class TokenSource {
public:
    virtual ~TokenSource() = default;
    // kEnd for ever at the end.
    virtual Token next() = 0;
};

// Reads tokens with macros expanded. As in C, a macro is not expanded inside its own expansion.
//
// A stack of frames: the source at the bottom, above it the bodies of the macros being read. A frame's macro is active while the frame
// is on the stack; a name that meets its active macro is marked and never expanded later. Arguments are expanded on their own before
// they are put in, unless they stand next to # or ##. What every expansion yields is counted, since macros that name each other twice
// double at each level.
class MacroExpander {
public:
    MacroExpander(MacroTable& macros, TokenSource& source, std::uint64_t& tokens_made, int depth = 0)
        : macros_(macros), source_(source), tokens_made_(tokens_made), depth_(depth) {}

    Token next();
    // The next token of the source itself, without expansion.
    Token next_raw();
    void push_back(const Token& token) { pushed_back_.push_back(token); }
    // A limit was passed: nothing more comes, and a diagnostic says so.
    bool gave_up() const { return gave_up_; }

private:
    struct Frame {
        Macro* macro;
        std::vector<Token> tokens;
        std::size_t at = 0;
    };
    using Arguments = std::vector<std::vector<Token>>;

    bool expand(const Token& name, Macro& macro);
    bool collect_arguments(const Token& name, const Macro& macro, Arguments& arguments, Token& close);
    bool check_arguments(const Token& name, const Macro& macro, Arguments& arguments, const SourceSpan& use);
    std::vector<Token> substitute(const Macro& macro, const Arguments& arguments, ExpansionId expansion);
    std::vector<Token> expand_argument(const std::vector<Token>& argument);
    void paste(std::vector<Token>& out, const Token& right);
    Token stringize(const std::vector<Token>& argument, const Token& hash);
    void give_up(const Token& at, const Macro& macro, const std::string& message);
    void drop_finished_frames();

    MacroTable& macros_;
    TokenSource& source_;
    std::uint64_t& tokens_made_;
    int depth_;
    std::deque<Frame> frames_;
    std::vector<Token> pushed_back_;
    bool gave_up_ = false;
};

}  // namespace quire
