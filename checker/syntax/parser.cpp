#include "syntax/parser.h"

#include <algorithm>

#include "syntax/parse.h"

namespace quire {

Parser::Parser(SourceManager& sources, Diagnostics& diagnostics, const Preprocessor& preprocessor, const TypedefNames& typedefs,
               PreprocessedFile& file)
    : sources_(sources),
      diagnostics_(diagnostics),
      preprocessor_(preprocessor),
      typedefs_(typedefs),
      file_(file),
      tokens_(file.tokens) {}

// file: {declaration}
std::vector<ast::Declaration> Parser::parse_file() {
    Declarations declarations;
    while (!at_end()) parse_declaration(declarations);
    return declarations;
}

ast::Declaration Parser::parse_question(const Question& question, const std::string& name) {
    ast::Declaration declaration;
    declaration.file = file_.file;
    declaration.doc = (question.never ? "never " : "always ") + question.text;
    ast::Expr condition = parse_expression();
    if (!panic_ && !at_end()) error_here("the end of the expression");
    declaration.span = condition.span;
    ast::PropertyDecl property;
    property.kind = ast::PropertyKind::kInvariant;
    property.name.text = name;
    property.name.span = condition.span;
    if (question.never) {
        ast::Expr negated;
        negated.span = condition.span;
        negated.node = ast::Unary{ast::UnaryOp::kNot, std::move(condition)};
        condition = finish(std::move(negated));
    }
    property.condition = std::move(condition);
    declaration.node = std::move(property);
    return declaration;
}

bool Parser::Nesting::ok() const {
    if (parser_.nesting_ <= kMaxNesting) return true;
    if (Diagnostic* report = parser_.error(DiagnosticCode::kE0105, parser_.peek().span, "nested too deeply"))
        report->with_label("more than " + std::to_string(kMaxNesting) + " levels")
            .with_note("the rest of this file was not read");
    parser_.stop();  // thousands of closing brackets are still to come: nothing sensible can be said about them
    return false;
}

const Token& Parser::take() {
    const Token& token = peek();
    if (pos_ + 1 < tokens_.size()) ++pos_;
    return token;
}

bool Parser::accept(std::string_view text) {
    if (panic_ || !at(text)) return false;
    take();
    return true;
}

bool Parser::is_reserved(std::string_view word) {
    static constexpr std::string_view kWords[] = {
        "if",     "else",     "while",    "do",     "for",    "switch",  "case",   "default", "break", "continue",
        "goto",   "return",   "struct",   "union",  "enum",   "typedef", "static", "inline",  "const", "volatile",
        "extern", "register", "sizeof",   "typeof", "void",   "bool",    "_Bool",  "char",    "short", "int",
        "long",   "signed",   "unsigned", "float",  "double", "true",    "false",  "NULL"};
    return std::find(std::begin(kWords), std::end(kWords), word) != std::end(kWords);
}

std::string Parser::describe(const Token& token) const {
    constexpr std::size_t kLongest = 40;
    switch (token.kind) {
        case TokenKind::kEnd: return "the end of the file";
        case TokenKind::kString: return "a string";
        case TokenKind::kIdentifier:
        case TokenKind::kNumber:
        case TokenKind::kCharacter:
        case TokenKind::kPunctuator: break;
    }
    if (token.text.size() > kLongest) return "`" + std::string(token.text.substr(0, kLongest)) + "…`";
    return "`" + std::string(token.text) + "`";
}

void Parser::stop() {
    stopped_ = true;
    pos_ = tokens_.size() - 1;
}

Diagnostic* Parser::error(DiagnosticCode code, const SourceSpan& span, std::string message) {
    if (panic_ || stopped_) return nullptr;
    panic_ = true;
    if (++errors_ > kMaxErrors) {
        stop();
        diagnostics_.error(DiagnosticCode::kE0106, span, "too many mistakes: the rest of this file was not read");
        return nullptr;
    }
    return &diagnostics_.error(code, span, std::move(message));
}

Diagnostic* Parser::error_here(const std::string& expected) {
    Diagnostic* report = error(DiagnosticCode::kE0101, peek().span, "expected " + expected + ", found " + describe(peek()));
    if (report != nullptr) report->with_label("expected " + expected);
    return report;
}

bool Parser::expect(std::string_view text, const char* context) {
    if (panic_) return false;
    if (at(text)) {
        take();
        return true;
    }
    error_here("`" + std::string(text) + "`" + (context != nullptr ? std::string(" ") + context : ""));
    return false;
}

// Behind the last token, where the user wrote it.
SourceSpan Parser::insertion_point() const {
    SourceSpan span = sources_.outermost(previous().span);
    span.begin = span.end;
    return span;
}

// `what` is what should have been ended. A missing one before a new line or a `}` is as good as there.
bool Parser::expect_semicolon(const SourceSpan& what) {
    if (panic_) return false;
    if (accept(";")) return true;
    constexpr std::size_t kLongest = 48;
    std::string_view text = sources_.text(sources_.outermost(what));
    if (text.size() > kLongest || text.find('\n') != std::string_view::npos)
        text = sources_.text(sources_.outermost(previous().span));
    const std::string message = "expected `;` after `" + std::string(text) + "`";
    if (peek().line_start || at("}")) {
        if (Diagnostic* report = error(DiagnosticCode::kE0101, insertion_point(), message))
            report->with_label("insert `;`").with_secondary(peek().span, "unexpected " + describe(peek()));
    } else if (Diagnostic* report = error(DiagnosticCode::kE0101, peek().span, message + ", found " + describe(peek()))) {
        report->with_label("expected `;`");
    }
    if (peek().line_start || at("}")) panic_ = false;
    return !panic_;
}

bool Parser::expect_close(std::string_view text, const Token& open) {
    if (panic_) return false;
    if (accept(text)) return true;
    if (Diagnostic* report = error_here("`" + std::string(text) + "`"))
        report->with_secondary(open.span, "to close this `" + std::string(open.text) + "`");
    return false;
}

// The `>` of set<…>; `>>` closes two.
bool Parser::expect_close_angle() {
    if (!panic_ && at(">>")) {
        Token& token = tokens_[pos_];
        token.text = token.text.substr(1);
        if (token.span.end > token.span.begin + 1) ++token.span.begin;
        return true;
    }
    return expect(">");
}

ast::Name Parser::name_of(const Token& token) const {
    ast::Name name;
    name.span = token.span;
    name.text = token.text;
    return name;
}

ast::Name Parser::expect_name(const char* what) {
    if (!panic_ && at_identifier()) return name_of(take());
    error_here(what);
    ast::Name missing;
    missing.span = peek().span;
    return missing;
}

// names: NAME {"," NAME}
std::vector<ast::Name> Parser::name_list(const char* what) {
    std::vector<ast::Name> names;
    do names.push_back(expect_name(what));
    while (accept(","));
    return names;
}

// Over one token, or over a bracket and all up to its end.
void Parser::skip_balanced() {
    int depth = 0;
    do {
        const Token& token = peek();
        if (token.kind == TokenKind::kEnd) return;
        if (token.is("(") || token.is("[") || token.is("{")) ++depth;
        if (token.is(")") || token.is("]") || token.is("}")) --depth;
        take();
    } while (depth > 0);
}

// A line that begins in column 1 with a word that opens declarations: whatever bracket is missing, here something new begins.
bool Parser::starts_top_level_line() const {
    const Token& token = peek();
    if (!token.line_start || !token.is_identifier() || token.span.expansion.valid()) return false;
    if (token.span.begin != 0 && sources_.text(token.span.file)[token.span.begin - 1] != '\n') return false;
    static constexpr std::string_view kWords[] = {
        "struct", "thread", "invariant", "expect",  "variant", "const", "static",   "void",   "bool",   "int",   "atomic",
        "pool",   "enum",   "typedef",   "finally", "cover",   "init",  "instance", "daemon", "extern", "ghost", "import"};
    return std::find(std::begin(kWords), std::end(kWords), token.text) != std::end(kWords) && !at(":", 1);
}

// To behind the next `;` of this block, or to the `}` that ends it.
void Parser::recover_statement() {
    while (!at_end() && !at("}") && !starts_top_level_line()) {
        if (at(";")) {
            take();
            break;
        }
        const bool block = at("{");
        skip_one_or_block();
        if (block) break;
    }
    panic_ = false;
}

// To behind the next `;` or `}` outside of brackets, or to a line that opens a declaration.
void Parser::recover_declaration(std::size_t start) {
    while (!at_end() && (pos_ == start || !starts_top_level_line())) {
        const bool last = at(";") || at("}");
        if (at("}") && in_variant_) break;  // it ends the variant
        const bool block = at("{");
        skip_one_or_block();
        if (last || (block && !at(";"))) break;
    }
    panic_ = false;
}

// One token, or a `{ … }` if it ends before the next declaration seems to begin.
void Parser::skip_one_or_block() {
    if (!at("{")) {
        take();
        return;
    }
    int depth = 0;
    do {
        if (at("{")) ++depth;
        if (at("}")) --depth;
        take();
    } while (depth > 0 && !at_end() && !starts_top_level_line());
}

ast::Expr Parser::error_expr() {
    ast::Expr expr;
    expr.span = peek().span;
    return expr;
}

namespace {

template <class T>
std::uint32_t height_of(const Box<T>& child) {
    return child ? child->height : 0;
}

std::uint32_t height_of(const std::vector<ast::Expr>& children) {
    std::uint32_t result = 0;
    for (const ast::Expr& child : children) result = std::max(result, child.height);
    return result;
}

std::uint32_t height_of(const ast::InitList& list) {
    std::uint32_t result = 0;
    for (const ast::InitItem& item : list.items) result = std::max(result, height_of(item.value));
    return result;
}

std::uint32_t height_of(const std::vector<ast::Parameter>& parameters) {
    std::uint32_t result = 0;
    for (const ast::Parameter& parameter : parameters) result = std::max(result, height_of(parameter.type));
    return result;
}

std::uint32_t binder_height(const ast::Quantifier& quantifier) {
    return std::visit(ast::Overloaded{
                          [](const ast::TypeBinder& b) { return height_of(b.type); },
                          [](const ast::RangeBinder& b) { return std::max(height_of(b.low), height_of(b.high)); },
                          [](const ast::CollectionBinder& b) { return height_of(b.collection); },
                          [](const ast::RoleBinder&) { return 0u; },
                      },
                      quantifier.binder);
}

struct ChildHeight {
    std::uint32_t operator()(const ast::Unary& e) const { return height_of(e.operand); }
    std::uint32_t operator()(const ast::Binary& e) const { return std::max(height_of(e.left), height_of(e.right)); }
    std::uint32_t operator()(const ast::Assign& e) const { return std::max(height_of(e.target), height_of(e.value)); }
    std::uint32_t operator()(const ast::Conditional& e) const {
        return std::max({height_of(e.condition), height_of(e.then_value), height_of(e.else_value)});
    }
    std::uint32_t operator()(const ast::Call& e) const { return std::max(height_of(e.callee), height_of(e.arguments)); }
    std::uint32_t operator()(const ast::MemberAccess& e) const { return height_of(e.object); }
    std::uint32_t operator()(const ast::Index& e) const { return std::max(height_of(e.object), height_of(e.index)); }
    std::uint32_t operator()(const ast::Cast& e) const { return std::max(height_of(e.type), height_of(e.operand)); }
    std::uint32_t operator()(const ast::ContainerOf& e) const { return std::max(height_of(e.pointer), height_of(e.type)); }
    std::uint32_t operator()(const ast::Alloc& e) const { return height_of(e.type); }
    std::uint32_t operator()(const ast::InitList& e) const { return height_of(e); }
    std::uint32_t operator()(const ast::CompoundLiteral& e) const { return std::max(height_of(e.type), height_of(e.init)); }
    std::uint32_t operator()(const ast::Quantifier& e) const { return std::max(height_of(e.body), binder_height(e)); }
    std::uint32_t operator()(const ast::PointerType& t) const { return height_of(t.target); }
    std::uint32_t operator()(const ast::ReferenceType& t) const { return height_of(t.target); }
    std::uint32_t operator()(const ast::ArrayType& t) const { return std::max(height_of(t.element), height_of(t.size)); }
    std::uint32_t operator()(const ast::FunctionType& t) const { return std::max(height_of(t.result), height_of(t.parameters)); }
    std::uint32_t operator()(const ast::RangeType& t) const {
        return std::max({height_of(t.base), height_of(t.low), height_of(t.high)});
    }
    std::uint32_t operator()(const ast::SetType& t) const { return height_of(t.element); }
    std::uint32_t operator()(const ast::ListType& t) const { return std::max(height_of(t.element), height_of(t.capacity)); }
    std::uint32_t operator()(const ast::TypeofExpr& t) const { return height_of(t.operand); }
    std::uint32_t operator()(const ast::TypeofType& t) const { return height_of(t.operand); }
    template <class Leaf>
    std::uint32_t operator()(const Leaf&) const {
        return 0;
    }
};

}  // namespace

ast::Expr Parser::finish(ast::Expr expr) {
    expr.height = 1 + std::visit(ChildHeight{}, expr.node);
    if (std::holds_alternative<ast::StatementExpr>(expr.node)) expr.height += peak_height_;
    peak_height_ = std::max(peak_height_, expr.height);
    if (expr.height <= kMaxHeight) return expr;
    if (Diagnostic* report = error(DiagnosticCode::kE0105, expr.span, "the expression is too long"))
        report->with_label("more than " + std::to_string(kMaxHeight) + " operators in a row");
    return error_expr();
}

ast::Type Parser::finish(ast::Type type) {
    type.height = 1 + std::visit(ChildHeight{}, type.node);
    if (type.height <= kMaxHeight) return type;
    if (Diagnostic* report = error(DiagnosticCode::kE0105, type.span, "the type is too long"))
        report->with_label("too many levels");
    ast::Type failed;
    failed.span = type.span;
    failed.node = ast::ErrorType{};
    return failed;
}

namespace {

void append(std::vector<ast::Declaration>& out, std::vector<ast::Declaration> more) {
    for (ast::Declaration& declaration : more) out.push_back(std::move(declaration));
}

}  // namespace

std::string question_name(const Question& question, std::size_t index) {
    return (question.never ? "never_" : "invariant_") + std::to_string(index + 1);
}

ast::Spec parse_spec(SourceManager& sources, Diagnostics& diagnostics, FileProvider& files, const std::string& path,
                     const ParseOptions& options) {
    ast::Spec spec;
    Preprocessor preprocessor(sources, diagnostics, files, options);
    std::vector<PreprocessedFile> read = preprocessor.run(path);
    TypedefNames typedefs;
    for (const PreprocessedFile& file : read) collect_typedef_names(file.tokens, typedefs);
    for (PreprocessedFile& file : read) {
        const bool top = &file == &read.back();
        spec.files.push_back(file.file);
        if (top) {
            spec.file = file.file;
            spec.doc = std::move(file.doc);
            spec.imports = std::move(file.imports);
        }
        if (!file.readable) continue;
        Parser parser(sources, diagnostics, preprocessor, typedefs, file);
        append(top ? spec.declarations : spec.imported, parser.parse_file());
    }
    for (std::size_t q = 0; q < options.questions.size(); ++q) {
        const Question& question = options.questions[q];
        const std::string name = question_name(question, q);
        PreprocessedFile text =
            preprocessor.run_text("question " + name, question.never ? "--never" : "--invariant", question.text);
        if (text.readable) {
            Parser parser(sources, diagnostics, preprocessor, typedefs, text);
            spec.declarations.push_back(parser.parse_question(question, name));
        }
    }
    return spec;
}

}  // namespace quire
