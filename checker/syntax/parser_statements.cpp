#include <array>

#include "support/suggest.h"
#include "syntax/parser.h"

namespace quire {

// In column 1, what can only stand at file level: the `}` of the block around is missing.
bool Parser::at_file_level_line() const {
    if (!starts_top_level_line()) return false;
    if (at_thread() || at_property() || at("import") || at("typedef") || (at("init") && at("{", 1))) return true;
    if (at("expect") || at("variant") || at("instance")) return at_identifier(1);
    if (at("struct") || at("enum")) return at_identifier(1) && at("{", 2);
    if (at("void") || at("int") || at("bool") || at("atomic") || at("static")) return at("(", 2) || at("(", 3);
    return false;
}

// block: "{" {statement} "}"
ast::Block Parser::parse_block() {
    ast::Block block;
    const Token open = peek();
    const Nesting nesting(*this);
    if (!nesting.ok() || !expect("{")) {
        block.span = open.span;
        return block;
    }
    parse_statements_until_close(block.statements);
    expect_close("}", open);
    block.span = since(open.span);
    return block;
}

// Leaves the `}`. In panic afterwards: the `}` is missing, a new declaration begins.
void Parser::parse_statements_until_close(std::vector<ast::Stmt>& statements) {
    while (!panic_ && !at("}") && !at_end() && !at_file_level_line()) {
        statements.push_back(parse_statement());
        if (!panic_) continue;
        const std::size_t before = pos_;
        recover_statement();
        if (pos_ == before && !at("}")) panic_ = true;
    }
}

ast::BlockPtr Parser::parse_body(const char* what) {
    if (at("{")) return parse_block();
    error_here("`{` and the body of " + std::string(what));
    return {};
}

// statement: quire-statement | plain-statement
ast::Stmt Parser::parse_statement() {
    const Nesting nesting(*this);
    if (panic_ || !nesting.ok()) return make_stmt(peek().span, ast::ErrorStmt{});
    if (std::optional<ast::Stmt> statement = parse_quire_statement()) return std::move(*statement);
    return parse_plain_statement();
}

// quire-statement: atomic | await | either | choose | spawn | ghost
std::optional<ast::Stmt> Parser::parse_quire_statement() {
    const SourceSpan start = peek().span;
    if (at("atomic") && (at("{", 1) || (at_order(1) && at("{", 2)))) return parse_atomic();
    if (at("await") && at("(", 1)) return parse_await();
    if (at("either") && at("{", 1)) return parse_either();
    if (at("choose") && at("(", 1)) return parse_choose();
    if (at("spawn") && at_identifier(1) && at("(", 2)) return parse_spawn();
    if (at("ghost") && at("{", 1)) {
        take();
        ast::Block body = parse_block();
        return make_stmt(since(start), ast::GhostStmt{std::move(body)});
    }
    if (at("ghost") && (at_identifier(1) || at_type_start(1))) return parse_local_declaration();
    return std::nullopt;
}

// plain-statement: block | if | while | do | for | switch | jump | label | declaration | [expression] ";"
ast::Stmt Parser::parse_plain_statement() {
    const SourceSpan start = peek().span;
    if (at("{")) {
        ast::Block body = parse_block();
        return make_stmt(since(start), ast::BlockStmt{std::move(body)});
    }
    if (at("if")) return parse_if();
    if (at("while")) return parse_while();
    if (at("do")) return parse_do();
    if (at("for")) return parse_for();
    if (at("switch")) return parse_switch();
    if (at("break") || at("continue") || at("goto") || at("return")) return parse_jump();
    if (accept(";")) return make_stmt(start, ast::EmptyStmt{});
    if (at("case") || at("default")) {
        if (Diagnostic* report = error(DiagnosticCode::kE0309, start, "`" + std::string(peek().text) + "` outside of a `switch`"))
            report->with_label("stands directly in the body of a `switch`, nowhere deeper");
        return make_stmt(start, ast::ErrorStmt{});
    }
    if (at("import") && peek(1).kind == TokenKind::kString) {
        error(DiagnosticCode::kE0134, start, "an import stands at file level");
        return make_stmt(start, ast::ErrorStmt{});
    }
    if (at("asm") || at("__asm__") || at("typedef")) {
        if (Diagnostic* report =
                error(DiagnosticCode::kE0116, start, "`" + std::string(peek().text) + "` cannot stand in a function"))
            report->with_label("not part of this C");
        return make_stmt(start, ast::ErrorStmt{});
    }
    if (at_identifier() && at(":", 1)) return parse_label();
    if (at_declaration_start()) return parse_local_declaration();
    return parse_expression_statement();
}

ast::Stmt Parser::parse_expression_statement() {
    ast::Expr expr = parse_expression();
    const SourceSpan span = expr.span;
    expect_semicolon(span);
    return make_stmt(sources_.join(span, previous().span), ast::ExprStmt{std::move(expr)});
}

// declaration: specifiers declarator ["=" initialiser] {"," declarator ["=" initialiser]} ";"
ast::Stmt Parser::parse_local_declaration() {
    const SourceSpan start = peek().span;
    Specifiers specifiers = parse_specifiers();
    if (specifiers.is_static) {
        if (Diagnostic* report = error(DiagnosticCode::kE0114, specifiers.static_span, "there are no static locals"))
            report->with_label("all threads would share it").with_help("declare it at file level");
        panic_ = false;
        specifiers.is_static = false;
    }
    if (specifiers.is_extern || specifiers.is_inline || specifiers.is_percpu || specifiers.is_atomic) {
        error(DiagnosticCode::kE0117, start, "this declaration stands at file level, not in a function");
        return make_stmt(start, ast::ErrorStmt{});
    }
    ast::DeclStmt result;
    if (!panic_ && at(";")) {  // only a tag was declared
        take();
        return make_stmt(since(start), ast::EmptyStmt{});
    }
    do {
        Declarator declarator = parse_declarator(specifiers.type, true);
        result.variables.push_back(make_variable(specifiers, std::move(declarator)));
    } while (accept(","));
    if (!panic_ && at("{") && !result.variables.empty() &&
        std::holds_alternative<ast::FunctionType>(result.variables.back().type->node)) {
        error(DiagnosticCode::kE0117, since(start), "a function cannot be defined in another one");
        return make_stmt(start, ast::ErrorStmt{});
    }
    expect_semicolon(since(start));
    return make_stmt(since(start), std::move(result));
}

// condition: "(" expression ")"
ast::Expr Parser::parse_condition() {
    const Token open = peek();
    if (!expect("(")) return error_expr();
    ast::Expr condition = parse_expression();
    expect_close(")", open);
    return condition;
}

// The body of a loop or branch; in `if (x) int y;` C allows no declaration either.
ast::Stmt Parser::parse_nested_statement() {
    ast::Stmt statement = parse_statement();
    if (!panic_ && std::holds_alternative<ast::DeclStmt>(statement.node)) {
        error(DiagnosticCode::kE0117, statement.span, "a declaration cannot be the body of this statement");
        panic_ = false;
    }
    return statement;
}

// if: "if" condition statement ["else" statement]
ast::Stmt Parser::parse_if() {
    const SourceSpan start = take().span;
    ast::IfStmt result;
    result.condition = parse_condition();
    result.then_branch = parse_nested_statement();
    if (accept("else")) result.else_branch = parse_nested_statement();
    return make_stmt(since(start), std::move(result));
}

// while: "while" condition statement
ast::Stmt Parser::parse_while() {
    const SourceSpan start = take().span;
    ast::WhileStmt result;
    result.condition = parse_condition();
    result.body = parse_nested_statement();
    return make_stmt(since(start), std::move(result));
}

// do: "do" statement "while" condition ";"
ast::Stmt Parser::parse_do() {
    const SourceSpan start = take().span;
    ast::DoWhileStmt result;
    result.body = parse_nested_statement();
    expect("while", "after the body of `do`");
    result.condition = parse_condition();
    expect_semicolon(since(start));
    return make_stmt(since(start), std::move(result));
}

// Looks for the `:` behind a name, with or without a type before it.
bool Parser::at_for_each() const {
    std::size_t ahead = 1;
    if (at_identifier(1) && at(":", 2)) return true;
    while (at_word(ahead) || at("*", ahead)) ++ahead;
    return ahead > 2 && at(":", ahead);
}

// for: "for" "(" [init] ";" [expression] ";" [expression] ")" statement
//    | "for" "(" [type] NAME ":" expression ")" statement
ast::Stmt Parser::parse_for() {
    const SourceSpan start = take().span;
    const Token open = peek();
    if (at("(") && at_for_each()) {
        take();
        ast::ForEachStmt result;
        if (at(":", 1)) {
            result.variable = name_of(take());
        } else {
            Declarator declarator = parse_declarator(parse_base_type(), true);
            result.variable = std::move(declarator.name);
            result.type = std::move(declarator.type);
        }
        expect(":");
        result.collection = parse_expression();
        expect_close(")", open);
        result.body = parse_nested_statement();
        return make_stmt(since(start), std::move(result));
    }
    ast::ForStmt result;
    if (expect("(")) {
        result.init = parse_for_init();
        if (!at(";")) result.condition = parse_expression();
        expect(";", "after the condition of `for`");
        if (!panic_ && !at(")")) result.advance = parse_expression();
        expect_close(")", open);
    }
    result.body = parse_nested_statement();
    return make_stmt(since(start), std::move(result));
}

ast::StmtPtr Parser::parse_for_init() {
    const SourceSpan start = peek().span;
    if (accept(";")) return {};
    if (at_declaration_start()) return parse_local_declaration();
    ast::Expr expr = parse_expression();
    expect(";", "after the start of `for`");
    const SourceSpan span = sources_.join(start, expr.span);
    return make_stmt(span, ast::ExprStmt{std::move(expr)});
}

// switch: "switch" condition "{" {section} "}"
ast::Stmt Parser::parse_switch() {
    const SourceSpan start = take().span;
    ast::SwitchStmt result;
    result.value = parse_condition();
    const Token open = peek();
    if (expect("{", "and the sections of the `switch`")) {
        parse_switch_sections(result);
        expect_close("}", open);
    }
    return make_stmt(since(start), std::move(result));
}

// section: ("case" conditional | "default") ":" {("case" conditional | "default") ":"} {statement}
void Parser::parse_switch_sections(ast::SwitchStmt& result) {
    const auto at_case = [this] { return at("case") || at("default"); };
    while (!panic_ && !at("}") && !at_end()) {
        if (!at_case()) {
            error_here("`case`, `default` or `}`");
            return;
        }
        ast::SwitchSection section;
        const SourceSpan start = peek().span;
        while (!panic_ && at_case()) {
            if (take().is("default"))
                section.is_default = true;
            else
                section.values.push_back(parse_conditional());
            expect(":", "after a label of `switch`");
        }
        while (!panic_ && !at_case() && !at("}") && !at_end()) {
            section.body.push_back(parse_statement());
            if (!panic_) continue;
            const std::size_t before = pos_;
            recover_statement();
            if (pos_ == before && !at("}")) panic_ = true;
        }
        section.span = since(start);
        result.sections.push_back(std::move(section));
    }
}

// label: NAME ":" [statement]
ast::Stmt Parser::parse_label() {
    const Token& name = take();
    ast::LabelStmt result;
    result.label = name_of(name);
    take();
    if (at("}"))
        result.statement = make_stmt(peek().span, ast::EmptyStmt{});
    else
        result.statement = parse_statement();
    const SourceSpan span = since(result.label.span);
    return make_stmt(span, std::move(result));
}

// jump: ("break" | "continue" | "goto" NAME | "return" [expression]) ";"
ast::Stmt Parser::parse_jump() {
    const Token word = take();
    ast::Stmt result;
    if (word.is("break")) {
        result.node = ast::BreakStmt{};
    } else if (word.is("continue")) {
        result.node = ast::ContinueStmt{};
    } else if (word.is("goto")) {
        result.node = ast::GotoStmt{expect_name("a label")};
    } else {
        ast::ReturnStmt value;
        if (!at(";") && !at("}")) value.value = parse_expression();
        result.node = std::move(value);
    }
    expect_semicolon(since(word.span));
    result.span = since(word.span);
    return result;
}

bool Parser::at_order(std::size_t ahead) const {
    static constexpr std::array<std::string_view, 5> kOrders = {"plain", "once", "acquire", "release", "full"};
    for (const std::string_view order : kOrders)
        if (at(order, ahead)) return true;
    return false;
}

// atomic: "atomic" [ORDER] block
ast::Stmt Parser::parse_atomic() {
    const SourceSpan start = take().span;
    ast::AtomicStmt result;
    if (at_order(0)) result.order = name_of(take());
    result.body = parse_block();
    return make_stmt(since(start), std::move(result));
}

// await: "await" condition (";" | block)
ast::Stmt Parser::parse_await() {
    const SourceSpan start = take().span;
    ast::AwaitStmt result;
    result.condition = parse_condition();
    if (!panic_ && at("{"))
        result.body = parse_block();
    else
        expect_semicolon(since(start));
    return make_stmt(since(start), std::move(result));
}

// either: "either" block "or" block {"or" block}
ast::Stmt Parser::parse_either() {
    const SourceSpan start = take().span;
    ast::EitherStmt result;
    result.branches.push_back(parse_block());
    if (!panic_ && !at("or")) error_here("`or` and another branch");
    while (accept("or")) result.branches.push_back(parse_block());
    return make_stmt(since(start), std::move(result));
}

// choose: "choose" "(" [type] NAME "in" ("pool" type-name | conditional [".." conditional]) ")" ";"
ast::Stmt Parser::parse_choose() {
    const SourceSpan start = take().span;
    const Token open = take();
    ast::ChooseStmt result;
    if (at("in", 1) || !(at_type_start() || at_identifier(1))) {
        result.variable = expect_name("a name");
    } else {
        Declarator declarator = parse_declarator(parse_base_type(), true);
        result.variable = std::move(declarator.name);
        result.type = std::move(declarator.type);
    }
    expect("in");
    if (!panic_ && at("pool") && (at_type_start(1) || at_identifier(1))) {
        take();
        result.source = ast::ChoosePool{parse_type_name()};
    } else {
        ast::Expr low = parse_conditional();
        if (accept("..")) {
            ast::Expr high = parse_conditional();
            result.source = ast::ChooseRange{std::move(low), std::move(high)};
        } else {
            result.source = ast::ChooseMember{std::move(low)};
        }
    }
    expect_close(")", open);
    expect_semicolon(since(start));
    return make_stmt(since(start), std::move(result));
}

// spawn: "spawn" NAME "(" arguments ")" ";"
ast::Stmt Parser::parse_spawn() {
    const SourceSpan start = take().span;
    ast::SpawnStmt result;
    result.role = name_of(take());
    result.arguments = parse_arguments();
    expect_semicolon(since(start));
    return make_stmt(since(start), std::move(result));
}

}  // namespace quire
