#pragma once

// Recursive descent over the tokens of one file; a function for each rule of the grammar, the rule as its comment. In the rules, quoted
// words are tokens, [x] is optional, {x} any number. Quire's own words are no keywords: they are looked for where they can stand.
//
// After a mistake the parser is in panic: it reports no more until it has skipped to a place where it can go on. Every loop stops in
// panic, so that garbage costs time linear in its length. Two bounds keep recursion safe: how deeply rules nest while parsing, and how
// high the trees grow that the parser makes.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/diagnostics.h"
#include "support/source.h"
#include "syntax/ast.h"
#include "syntax/preprocessor.h"
#include "syntax/token.h"

namespace quire {

using TypedefNames = std::set<std::string, std::less<>>;

// The names that `typedef` gives in these tokens, wherever they stand: whether `a * b;` declares b depends on them.
void collect_typedef_names(const std::vector<Token>& tokens, TypedefNames& names);

class Parser {
public:
    Parser(SourceManager& sources, Diagnostics& diagnostics, const Preprocessor& preprocessor, const TypedefNames& typedefs,
           PreprocessedFile& file);

    std::vector<ast::Declaration> parse_file();
    // The whole text is one expression of a property.
    ast::Declaration parse_question(const Question& question, const std::string& name);

private:
    // How many levels of rules may nest. The stack is the bound: with sanitizers a level of expressions needs several kilobytes.
    static constexpr int kMaxNesting = 200;
    static constexpr std::uint32_t kMaxHeight = 1000;
    static constexpr std::size_t kMaxErrors = 25;

    struct Specifiers {
        ast::Type type;
        bool is_static = false;
        bool is_inline = false;
        bool is_extern = false;
        bool is_ghost = false;
        bool is_percpu = false;
        bool is_atomic = false;
        ast::Name order;
        SourceSpan static_span;
        SourceSpan extern_span;
        SourceSpan atomic_span;
    };
    struct Declarator {
        ast::Name name;
        ast::Type type;
    };
    class Nesting {
    public:
        explicit Nesting(Parser& parser) : parser_(parser) { ++parser_.nesting_; }
        ~Nesting() { --parser_.nesting_; }
        Nesting(const Nesting&) = delete;
        Nesting& operator=(const Nesting&) = delete;
        // False after reporting that it is too deep.
        bool ok() const;

    private:
        Parser& parser_;
    };

    // parser.cpp: tokens, mistakes, places
    const Token& peek(std::size_t ahead = 0) const { return tokens_[std::min(pos_ + ahead, tokens_.size() - 1)]; }
    const Token& previous() const { return tokens_[pos_ > 0 ? pos_ - 1 : 0]; }
    bool at(std::string_view text, std::size_t ahead = 0) const { return peek(ahead).is(text); }
    // A word that can be a name: not one of C's keywords.
    bool at_identifier(std::size_t ahead = 0) const { return peek(ahead).is_identifier() && !is_reserved(peek(ahead).text); }
    bool at_word(std::size_t ahead = 0) const { return peek(ahead).is_identifier(); }
    static bool is_reserved(std::string_view word);
    bool at_end() const { return peek().kind == TokenKind::kEnd; }
    const Token& take();
    bool accept(std::string_view text);
    bool expect(std::string_view text, const char* context = nullptr);
    bool expect_semicolon(const SourceSpan& what);
    bool expect_close(std::string_view text, const Token& open);
    bool expect_close_angle();
    ast::Name expect_name(const char* what);
    std::vector<ast::Name> name_list(const char* what);
    // Null while in panic; chain with `if (auto* e = error(…)) e->with_help(…)`.
    Diagnostic* error(DiagnosticCode code, const SourceSpan& span, std::string message);
    void stop();
    Diagnostic* error_here(const std::string& expected);
    std::string describe(const Token& token) const;
    SourceSpan since(const SourceSpan& start) const { return sources_.join(start, previous().span); }
    SourceSpan insertion_point() const;
    ast::Name name_of(const Token& token) const;
    void skip_balanced();
    void recover_statement();
    void recover_declaration(std::size_t start);
    void skip_one_or_block();
    bool starts_top_level_line() const;
    template <class Node>
    ast::Expr make(const SourceSpan& span, Node node) {
        ast::Expr expr;
        expr.span = span;
        expr.node = std::move(node);
        return finish(std::move(expr));
    }
    ast::Expr finish(ast::Expr expr);
    ast::Expr error_expr();
    template <class Node>
    ast::Type make_type(const SourceSpan& span, Node node) {
        ast::Type type;
        type.span = span;
        type.node = std::move(node);
        return finish(std::move(type));
    }
    ast::Type finish(ast::Type type);
    template <class Node>
    static ast::Stmt make_stmt(const SourceSpan& span, Node node) {
        ast::Stmt stmt;
        stmt.span = span;
        stmt.node = std::move(node);
        return stmt;
    }

    // parser_types.cpp
    bool is_typedef_name(const Token& token) const;
    bool at_type_start(std::size_t ahead = 0) const;
    bool at_declaration_start() const;
    bool at_contextual_type_name() const;
    ast::Type parse_base_type();
    std::optional<ast::Type> parse_scalar();
    ast::Type parse_struct_type();
    ast::Type parse_enum_type();
    ast::Type parse_typeof();
    ast::Type parse_collection();
    ast::Type parse_range(ast::Type base);
    void parse_qualifiers(ast::Type& type);
    std::vector<ast::Member> parse_members();
    void parse_member(std::vector<ast::Member>& members);
    void parse_ledger(std::vector<ast::Member>& members);
    std::vector<ast::Enumerator> parse_enumerators();
    Declarator parse_declarator(ast::Type base, bool name_needed);
    ast::Type parse_suffixes(ast::Type base);
    std::vector<ast::Parameter> parse_parameters();
    ast::Type parse_type_name();
    void parse_bit_field();
    void hoist(const SourceSpan& span, ast::StructDecl declaration);
    void hoist(const SourceSpan& span, ast::EnumDecl declaration);

    // parser_expressions.cpp
    ast::Expr parse_expression();
    ast::Expr parse_assignment();
    ast::Expr parse_implication();
    ast::Expr parse_conditional();
    ast::Expr parse_binary(int least);
    ast::Expr parse_bound();
    bool at_pointer_after_bound() const;
    ast::Expr parse_unary();
    ast::Expr parse_postfix(ast::Expr expr);
    ast::Expr parse_primary();
    ast::Expr parse_parenthesised();
    ast::Expr parse_literal();
    ast::Expr parse_name_or_form();
    ast::Expr parse_sizeof();
    ast::Expr parse_container_of();
    ast::Expr parse_alloc();
    ast::Expr parse_quantifier();
    ast::Expr parse_initialiser();
    ast::Expr parse_init_list();
    std::vector<ast::Expr> parse_arguments();
    bool at_quantifier() const;
    bool at_alloc() const;

    // parser_statements.cpp
    bool at_file_level_line() const;
    ast::Block parse_block();
    ast::BlockPtr parse_body(const char* what);
    ast::Stmt parse_statement();
    ast::Stmt parse_plain_statement();
    std::optional<ast::Stmt> parse_quire_statement();
    ast::Stmt parse_nested_statement();
    void parse_statements_until_close(std::vector<ast::Stmt>& statements);
    ast::Stmt parse_expression_statement();
    ast::Stmt parse_local_declaration();
    ast::Stmt parse_if();
    ast::Stmt parse_while();
    ast::Stmt parse_do();
    ast::Stmt parse_for();
    ast::StmtPtr parse_for_init();
    ast::Stmt parse_switch();
    void parse_switch_sections(ast::SwitchStmt& result);
    ast::Stmt parse_label();
    ast::Stmt parse_jump();
    ast::Stmt parse_atomic();
    ast::Stmt parse_await();
    ast::Stmt parse_either();
    ast::Stmt parse_choose();
    ast::Stmt parse_spawn();
    ast::Expr parse_condition();
    bool at_for_each() const;
    bool at_order(std::size_t ahead) const;

    // parser_declarations.cpp, parser_spec.cpp
    using Declarations = std::vector<ast::Declaration>;
    void parse_declaration(Declarations& out);
    void parse_declaration_list(Declarations& out, const Token& open);
    bool parse_quire_declaration(Declarations& out);
    void parse_c_declaration(Declarations& out);
    Specifiers parse_specifiers();
    void parse_declarators(const Specifiers& specifiers, const SourceSpan& start, Declarations& out);
    bool parse_function(const Specifiers& specifiers, Declarator declarator, const SourceSpan& start, Declarations& out);
    std::vector<ast::Contract> parse_contracts();
    void parse_contract(std::vector<ast::Contract>& contracts);
    ast::VariableDecl make_variable(const Specifiers& specifiers, Declarator declarator);
    void parse_typedef(Declarations& out);
    void parse_const(Declarations& out);
    bool at_extern_form() const;
    void parse_extern_form(Declarations& out);
    bool at_pool() const;
    void parse_pool(Declarations& out);
    bool at_thread() const;
    void parse_thread(Declarations& out);
    void parse_irq(Declarations& out);
    bool at_property() const;
    bool parse_property(Declarations& out);
    void report_no_property();
    bool parse_directive(Declarations& out);
    void parse_expect(Declarations& out);
    void parse_expect_kind(ast::ExpectDecl& expect);
    void parse_for_items(ast::ExpectDecl& expect);
    void parse_variant(Declarations& out);
    void parse_instance(Declarations& out);
    void parse_scenario(Declarations& out);
    void report_no_declaration();
    template <class Node>
    void add(Declarations& out, const SourceSpan& start, Node node) {
        ast::Declaration declaration;
        declaration.span = since(start);
        declaration.doc = pending_doc_;
        declaration.file = file_.file;
        declaration.node = std::move(node);
        out.push_back(std::move(declaration));
    }

    SourceManager& sources_;
    Diagnostics& diagnostics_;
    const Preprocessor& preprocessor_;
    const TypedefNames& typedefs_;
    PreprocessedFile& file_;
    std::vector<Token>& tokens_;
    std::size_t pos_ = 0;
    bool panic_ = false;
    bool stopped_ = false;  // too many mistakes: only the end is seen
    int nesting_ = 0;
    std::size_t errors_ = 0;
    std::uint32_t peak_height_ = 0;    // of the expressions made since it was last set to 0
    std::string pending_doc_;          // of the declaration being parsed
    Declarations* hoisted_ = nullptr;  // where tagged definitions inside other declarations go
    bool in_variant_ = false;
    int bound_nesting_ = -1;  // the nesting at which the bounds of a type's range are being read
};

}  // namespace quire
