#include "syntax/preprocessor.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "support/suggest.h"
#include "syntax/lexer.h"

namespace quire {

namespace {

constexpr std::size_t kMaxOpenFiles = 64;

// The tokens of one file with the directives obeyed, before macros.
class DirectiveReader final : public TokenSource {
public:
    DirectiveReader(const std::vector<Token>& tokens, MacroTable& macros, const std::set<std::string, std::less<>>& names)
        : tokens_(tokens), macros_(macros), names_(names) {}

    Token next() override {
        while (true) {
            const Token& token = tokens_[at_];
            if (token.kind == TokenKind::kEnd) {
                report_open_conditions();
                return token;
            }
            ++at_;
            if (token.line_start && token.is("#")) {
                directive(token);
                continue;
            }
            if (taken()) return token;
        }
    }

private:
    struct Condition {
        Token directive;
        bool outer = true;  // the text around it is taken
        bool taken = true;
        bool in_else = false;
    };

    bool taken() const { return conditions_.empty() || (conditions_.back().outer && conditions_.back().taken); }

    std::vector<Token> rest_of_line() {
        std::vector<Token> line;
        while (tokens_[at_].kind != TokenKind::kEnd && !tokens_[at_].line_start) line.push_back(tokens_[at_++]);
        return line;
    }

    Diagnostic& error(DiagnosticCode code, const SourceSpan& span, std::string message) {
        return macros_.diagnostics().error(code, span, std::move(message));
    }

    void directive(const Token& hash) {
        std::vector<Token> line = rest_of_line();
        if (line.empty()) return;  // a lone # is nothing in C
        const Token name = line.front();
        line.erase(line.begin());
        const SourceSpan span = macros_.sources().join(hash.span, name.span);
        if (name.is("ifdef") || name.is("ifndef")) {
            condition(name, line, span);
        } else if (name.is("else") || name.is("endif")) {
            end_or_else(name, span);
        } else if (name.is("if")) {
            // Its lines are taken as if it held, so that its #endif has something to match.
            conditions_.push_back({name, taken(), true, false});
            if (conditions_.back().outer) unknown(name, span);
        } else if (!taken()) {
            return;
        } else if (name.is("define")) {
            macros_.define(line, span);
        } else if (name.is("undef")) {
            if (check_name(line, span)) macros_.undefine(line[0].text);
        } else {
            unknown(name, span);
        }
    }

    bool check_name(const std::vector<Token>& line, const SourceSpan& span) {
        if (line.size() == 1 && line[0].is_identifier()) return true;
        const bool too_many = line.size() > 1 && line[0].is_identifier();
        error(DiagnosticCode::kE0124, line.empty() ? span : line[too_many ? 1 : 0].span,
              "a single name was expected behind this directive");
        return too_many;
    }

    void condition(const Token& name, const std::vector<Token>& line, const SourceSpan& span) {
        Condition condition{name, taken(), true, false};
        if (condition.outer && check_name(line, span)) {
            const bool defined = macros_.is_defined(line[0].text) || names_.find(line[0].text) != names_.end();
            condition.taken = defined == name.is("ifdef");
        }
        conditions_.push_back(condition);
    }

    void end_or_else(const Token& name, const SourceSpan& span) {
        const std::string text(name.text);
        if (conditions_.empty()) {
            error(DiagnosticCode::kE0124, span, "`#" + text + "` without `#ifdef`").with_label("nothing to end here");
            return;
        }
        Condition& condition = conditions_.back();
        if (name.is("endif")) {
            conditions_.pop_back();
        } else if (condition.in_else) {
            error(DiagnosticCode::kE0124, span, "a second `#else`").with_secondary(condition.directive.span, "of this");
        } else {
            condition.in_else = true;
            condition.taken = !condition.taken;
        }
    }

    void unknown(const Token& name, const SourceSpan& span) {
        const std::string text(name.text);
        Diagnostic& report =
            error(DiagnosticCode::kE0125, span, "unknown directive `#" + text + "`").with_label("not part of the language");
        const auto nearest = nearest_name(text, {"define", "undef", "ifdef", "ifndef", "else", "endif"});
        if (text == "include")
            report.with_help("write `import \"file.quire\";`");
        else if (text == "if" || text == "elif")
            report.with_help("`#ifdef` asks for a name; `if` with a `const` asks for a value");
        else if (nearest)
            report.with_help("did you mean `#" + *nearest + "`?");
    }

    void report_open_conditions() {
        for (const Condition& condition : conditions_)
            error(DiagnosticCode::kE0124, condition.directive.span,
                  "`#" + std::string(condition.directive.text) + "` without `#endif`")
                .with_label("never ended");
        conditions_.clear();
    }

    const std::vector<Token>& tokens_;
    MacroTable& macros_;
    const std::set<std::string, std::less<>>& names_;
    std::vector<Condition> conditions_;
    std::size_t at_ = 0;
};

std::string directory_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? "" : slash == 0 ? "/" : path.substr(0, slash);
}

std::string join_path(const std::string& directory, const std::string& path) {
    return (std::filesystem::path(directory) / path).lexically_normal().string();
}

bool lies_below(const std::string& path, const std::string& directory) {
    if (directory.empty()) return path.empty() || (path[0] != '/' && path.compare(0, 2, "..") != 0);
    const std::string prefix = directory.back() == '/' ? directory : directory + "/";
    return path.compare(0, prefix.size(), prefix) == 0;
}

// Without `.` and a `/` at the end; the current directory is "".
std::string plain_directory(const std::string& directory) {
    std::string plain = std::filesystem::path(directory).lexically_normal().string();
    if (plain.size() > 1 && plain.back() == '/') plain.pop_back();
    return plain == "." ? "" : plain;
}

std::string with_reason(const std::string& message, const std::string& reason) {
    return reason.empty() ? message : message + ": " + reason;
}

}  // namespace

// Takes the imports out of one file's tokens as they pass, and reads what they name at that moment, so that its macros hold from there.
class FileReader {
public:
    FileReader(Preprocessor& owner, const LexedFile& lexed, PreprocessedFile& result)
        : owner_(owner),
          result_(result),
          source_(lexed.tokens, owner.macros_, owner.names_),
          expander_(owner.macros_, source_, owner.tokens_made_) {}

    void run() {
        while (true) {
            const Token token = expander_.next();
            if (token.kind == TokenKind::kEnd || expander_.gave_up()) {
                if (expander_.gave_up()) result_.readable = false;
                result_.tokens.push_back(token);
                result_.tokens.back().kind = TokenKind::kEnd;
                return;
            }
            if (nesting_ == 0 && at_start_ && token.is("import") && !token.span.expansion.valid() && import(token)) continue;
            if (token.is("{") || token.is("(")) ++nesting_;
            if ((token.is("}") || token.is(")")) && nesting_ > 0) --nesting_;
            at_start_ = token.is(";") || token.is("}");
            result_.tokens.push_back(token);
        }
    }

private:
    bool import(const Token& word) {
        const Token path = expander_.next();
        if (path.kind != TokenKind::kString) {
            expander_.push_back(path);
            return false;
        }
        ast::Import import;
        import.doc = owner_.doc(word.doc);
        import.path = decode_string(path, owner_.diagnostics_);
        import.path_span = path.span;
        import.span = owner_.sources_.join(word.span, path.span);
        import.file = owner_.import(import.path, import.span);
        result_.imports.push_back(std::move(import));
        const Token end = expander_.next();
        if (!end.is(";")) {
            SourceSpan place = path.span;
            place.begin = place.end;
            owner_.diagnostics_.error(DiagnosticCode::kE0101, place, "expected `;` after the import").with_label("insert `;`");
            expander_.push_back(end);
        }
        return true;
    }

    Preprocessor& owner_;
    PreprocessedFile& result_;
    DirectiveReader source_;
    MacroExpander expander_;
    int nesting_ = 0;
    bool at_start_ = true;
};

Preprocessor::Preprocessor(SourceManager& sources, Diagnostics& diagnostics, FileProvider& provider, const ParseOptions& options)
    : sources_(sources),
      diagnostics_(diagnostics),
      provider_(provider),
      options_(options),
      macros_(sources, diagnostics),
      docs_(1) {
    for (const auto& [name, value] : options.defines) names_.insert(name);
}

std::vector<PreprocessedFile> Preprocessor::run(const std::string& path) {
    bool reported = false;
    std::optional<Found> found = try_read(path, path, {}, reported);
    if (!found) {
        if (!reported) diagnostics_.error(DiagnosticCode::kE0133, {}, "cannot read `" + path + "`: there is no such file");
        return {};
    }
    read(sources_.add(std::move(found->path), std::move(found->text), std::move(found->display)));
    return std::move(files_);
}

PreprocessedFile Preprocessor::run_text(std::string path, std::string display, std::string text) {
    files_.clear();
    read(sources_.add(std::move(path), std::move(text), std::move(display)));
    PreprocessedFile result = std::move(files_.back());
    files_.clear();
    return result;
}

void Preprocessor::read(SourceId file) {
    PreprocessedFile result;
    result.file = file;
    LexedFile lexed = lex_file(sources_, file, diagnostics_, docs_);
    result.doc = std::move(lexed.doc);
    open_.push_back({file, {}});
    if (lexed.readable)
        FileReader(*this, lexed, result).run();
    else
        result.readable = false;
    if (result.tokens.empty()) result.tokens.push_back(lexed.tokens.back());
    open_.pop_back();
    done_.insert(file);
    files_.push_back(std::move(result));
}

std::optional<SourceId> Preprocessor::import(const std::string& path, const SourceSpan& span) {
    std::optional<Found> found = locate(path, span);
    if (!found) return std::nullopt;
    const SourceId file = sources_.add(std::move(found->path), std::move(found->text), std::move(found->display));
    if (done_.count(file) > 0) return file;
    open_.back().import = span;
    if (std::any_of(open_.begin(), open_.end(), [&](const Open& open) { return open.file == file; })) {
        report_cycle(file, span);
        return std::nullopt;
    }
    if (open_.size() >= kMaxOpenFiles) {
        diagnostics_.error(DiagnosticCode::kE0105, span, "imports are nested too deeply")
            .with_label(std::to_string(kMaxOpenFiles) + " levels");
        return std::nullopt;
    }
    read(file);
    return file;
}

void Preprocessor::report_cycle(SourceId file, const SourceSpan& span) {
    const std::string& name = sources_.display_path(file);
    std::string circle;
    bool inside = false;
    Diagnostic& report = diagnostics_.error(DiagnosticCode::kE0131, span, "files import each other in a circle")
                             .with_label(open_.back().file == file ? "the file imports itself" : "imports `" + name + "` again");
    for (const Open& open : open_) {
        if (open.file == file) inside = true;
        if (!inside) continue;
        circle += "`" + sources_.display_path(open.file) + "` imports ";
        if (open.import != span) report.with_secondary(open.import, "imported here");
    }
    report.with_note(circle + "`" + name + "`");
}

bool Preprocessor::may_read(const std::string& candidate, const std::string& importing_directory) const {
    if (lies_below(candidate, importing_directory)) return true;
    if (!open_.empty() && lies_below(candidate, directory_of(sources_.path(open_.front().file)))) return true;
    return std::any_of(options_.model_path.begin(), options_.model_path.end(),
                       [&](const std::string& root) { return lies_below(candidate, plain_directory(root)); });
}

std::optional<Preprocessor::Found> Preprocessor::locate(const std::string& path, const SourceSpan& span) {
    if (path.empty()) {
        diagnostics_.error(DiagnosticCode::kE0134, span, "an import without a path");
        return std::nullopt;
    }
    const auto outside = [&](std::string label) {
        diagnostics_.error(DiagnosticCode::kE0132, span, "the import leaves the model path: `" + path + "`")
            .with_label(std::move(label))
            .with_help("name a file beside this one, or below a directory of `--models DIR`");
    };
    if (path[0] == '/') {
        outside("an absolute path");
        return std::nullopt;
    }
    const SourceId importer = open_.back().file;
    const std::string own = directory_of(sources_.path(importer));
    std::vector<std::pair<std::string, std::string>> places{{own, directory_of(sources_.display_path(importer))}};
    for (const std::string& root : options_.model_path) places.emplace_back(root, root);
    bool left = false;
    bool reported = false;
    std::vector<std::string> looked;
    for (const auto& [directory, shown] : places) {
        const std::string candidate = join_path(directory, path);
        if (!may_read(candidate, own)) {
            left = true;
            continue;
        }
        std::optional<Found> found = try_read(candidate, join_path(shown, path), span, reported);
        if (found || reported) return found;
        looked.push_back(join_path(shown, path));
    }
    if (left && looked.empty()) {
        outside("`..` climbs out of it");
        return std::nullopt;
    }
    Diagnostic& report =
        diagnostics_.error(DiagnosticCode::kE0130, span, "cannot find `" + path + "`").with_label("no such file");
    for (const std::string& place : looked) report.with_note("looked at `" + place + "`");
    if (left) report.with_note("places outside of the model path were not looked at");
    return std::nullopt;
}

std::optional<Preprocessor::Found> Preprocessor::try_read(const std::string& candidate, const std::string& display,
                                                          const SourceSpan& span, bool& reported) {
    FileProvider::Reading reading = provider_.read(candidate);
    switch (reading.status) {
        case FileProvider::Status::kOk:
            return Found{provider_.canonical(candidate).value_or(candidate), display, std::move(reading.text)};
        case FileProvider::Status::kMissing: return std::nullopt;
        case FileProvider::Status::kNotAFile:
        case FileProvider::Status::kUnreadable:
            reported = true;
            diagnostics_.error(DiagnosticCode::kE0133, span, with_reason("cannot read `" + display + "`", reading.reason));
            return std::nullopt;
        case FileProvider::Status::kTooLarge:
            reported = true;
            diagnostics_.error(DiagnosticCode::kE0601, span, "`" + display + "` is too large to be a spec")
                .with_note("a file may have " + std::to_string(FileProvider::kMaxFileSize >> 20) + " MiB");
            return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace quire
