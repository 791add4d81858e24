#include <array>

#include "syntax/lexer.h"
#include "syntax/parser.h"

namespace quire {

namespace {

using ast::BinaryOp;
using ast::UnaryOp;

struct BinaryRule {
    std::string_view text;
    BinaryOp op;
    int strength;
};
constexpr std::array<BinaryRule, 18> kBinaryRules = {{
    {"||", BinaryOp::kLogicalOr, 1},
    {"&&", BinaryOp::kLogicalAnd, 2},
    {"|", BinaryOp::kBitOr, 3},
    {"^", BinaryOp::kBitXor, 4},
    {"&", BinaryOp::kBitAnd, 5},
    {"==", BinaryOp::kEqual, 6},
    {"!=", BinaryOp::kNotEqual, 6},
    {"<", BinaryOp::kLess, 7},
    {">", BinaryOp::kGreater, 7},
    {"<=", BinaryOp::kLessEqual, 7},
    {">=", BinaryOp::kGreaterEqual, 7},
    {"<<", BinaryOp::kShiftLeft, 8},
    {">>", BinaryOp::kShiftRight, 8},
    {"+", BinaryOp::kAdd, 9},
    {"-", BinaryOp::kSubtract, 9},
    {"*", BinaryOp::kMultiply, 10},
    {"/", BinaryOp::kDivide, 10},
    {"%", BinaryOp::kRemainder, 10},
}};
constexpr int kAdditive = 9;

const BinaryRule* binary_rule(const Token& token) {
    if (token.kind != TokenKind::kPunctuator) return nullptr;
    for (const BinaryRule& rule : kBinaryRules)
        if (token.text == rule.text) return &rule;
    return nullptr;
}

struct AssignRule {
    std::string_view text;
    std::optional<BinaryOp> op;
};
constexpr std::array<AssignRule, 11> kAssignRules = {{{"=", std::nullopt},
                                                      {"+=", BinaryOp::kAdd},
                                                      {"-=", BinaryOp::kSubtract},
                                                      {"*=", BinaryOp::kMultiply},
                                                      {"/=", BinaryOp::kDivide},
                                                      {"%=", BinaryOp::kRemainder},
                                                      {"&=", BinaryOp::kBitAnd},
                                                      {"|=", BinaryOp::kBitOr},
                                                      {"^=", BinaryOp::kBitXor},
                                                      {"<<=", BinaryOp::kShiftLeft},
                                                      {">>=", BinaryOp::kShiftRight}}};

const AssignRule* assign_rule(const Token& token) {
    if (token.kind != TokenKind::kPunctuator) return nullptr;
    for (const AssignRule& rule : kAssignRules)
        if (token.text == rule.text) return &rule;
    return nullptr;
}

struct PrefixRule {
    std::string_view text;
    UnaryOp op;
};
constexpr std::array<PrefixRule, 8> kPrefixRules = {{{"+", UnaryOp::kPlus},
                                                     {"-", UnaryOp::kMinus},
                                                     {"!", UnaryOp::kNot},
                                                     {"~", UnaryOp::kComplement},
                                                     {"*", UnaryOp::kDereference},
                                                     {"&", UnaryOp::kAddressOf},
                                                     {"++", UnaryOp::kPreIncrement},
                                                     {"--", UnaryOp::kPreDecrement}}};

const PrefixRule* prefix_rule(const Token& token) {
    if (token.kind != TokenKind::kPunctuator) return nullptr;
    for (const PrefixRule& rule : kPrefixRules)
        if (token.text == rule.text) return &rule;
    return nullptr;
}

}  // namespace

// expression: assignment {"," assignment}
ast::Expr Parser::parse_expression() {
    ast::Expr left = parse_assignment();
    while (!panic_ && at(",")) {
        const SourceSpan op = take().span;
        ast::Expr right = parse_assignment();
        const SourceSpan span = sources_.join(left.span, right.span);
        left = make(span, ast::Binary{BinaryOp::kComma, std::move(left), std::move(right), op});
    }
    return left;
}

// assignment: implication [("=" | "+=" | …) assignment]
ast::Expr Parser::parse_assignment() {
    const Nesting nesting(*this);
    if (!nesting.ok()) return error_expr();
    ast::Expr target = parse_implication();
    const AssignRule* rule = panic_ ? nullptr : assign_rule(peek());
    if (rule == nullptr) return target;
    take();
    ast::Expr value = parse_assignment();
    const SourceSpan span = sources_.join(target.span, value.span);
    return make(span, ast::Assign{rule->op, std::move(target), std::move(value)});
}

// implication: conditional ["=>" implication]
ast::Expr Parser::parse_implication() {
    const Nesting nesting(*this);
    if (!nesting.ok()) return error_expr();
    ast::Expr left = parse_conditional();
    if (panic_ || !at("=>")) return left;
    const SourceSpan op = take().span;
    ast::Expr right = parse_implication();
    const SourceSpan span = sources_.join(left.span, right.span);
    return make(span, ast::Binary{BinaryOp::kImplies, std::move(left), std::move(right), op});
}

// conditional: binary ["?" [expression] ":" conditional]
ast::Expr Parser::parse_conditional() {
    const Nesting nesting(*this);
    if (!nesting.ok()) return error_expr();
    ast::Expr condition = parse_binary(1);
    if (panic_ || !at("?")) return condition;
    take();
    ast::Conditional result;
    if (!at(":")) result.then_value = parse_expression();
    expect(":", "between the two values of `?`");
    result.else_value = parse_conditional();
    const SourceSpan span = sources_.join(condition.span, result.else_value->span);
    result.condition = std::move(condition);
    return make(span, std::move(result));
}

// binary: unary {operator unary}, by the operators' strength, to the left
ast::Expr Parser::parse_binary(int least) {
    ast::Expr left = parse_unary();
    while (!panic_) {
        const BinaryRule* rule = binary_rule(peek());
        if (rule == nullptr || rule->strength < least || at_pointer_after_bound()) break;
        const SourceSpan op = take().span;
        ast::Expr right = parse_binary(rule->strength + 1);
        const SourceSpan span = sources_.join(left.span, right.span);
        left = make(span, ast::Binary{rule->op, std::move(left), std::move(right), op});
    }
    return left;
}

// bound: sum    (so that `set<int in 0..3>` ends at the `>`)
ast::Expr Parser::parse_bound() { return parse_binary(kAdditive); }

// In `int in 0..3 *p` the `*` belongs to p, in `int in 0..3 * N x` to the bound.
bool Parser::at_pointer_after_bound() const {
    if (nesting_ != bound_nesting_ || !at("*")) return false;
    std::size_t ahead = 1;
    while (at("*", ahead)) ++ahead;
    return at_identifier(ahead) && (at(",", ahead + 1) || at(")", ahead + 1) || at(";", ahead + 1) || at("=", ahead + 1));
}

// unary: prefix-operator unary | "(" type-name ")" (unary | init-list) | postfix
ast::Expr Parser::parse_unary() {
    const Nesting nesting(*this);
    if (panic_ || !nesting.ok()) return error_expr();
    const SourceSpan start = peek().span;
    if (const PrefixRule* rule = prefix_rule(peek())) {
        take();
        ast::Expr operand = parse_unary();
        const SourceSpan span = sources_.join(start, operand.span);
        return make(span, ast::Unary{rule->op, std::move(operand)});
    }
    if (at("sizeof") || at("_Alignof") || (at("offsetof") && at("(", 1))) return parse_sizeof();
    if (at("(") && at_type_start(1) && !(at_identifier(1) && is_typedef_name(peek(1)) && !at(")", 2) && !at("*", 2))) {
        const Token open = take();
        ast::Type type = parse_type_name();
        expect_close(")", open);
        if (!panic_ && at("{")) {
            ast::Expr init = parse_init_list();
            return parse_postfix(make(since(start), ast::CompoundLiteral{std::move(type), std::move(init)}));
        }
        ast::Expr operand = parse_unary();
        const SourceSpan span = sources_.join(start, operand.span);
        return make(span, ast::Cast{std::move(type), std::move(operand)});
    }
    return parse_postfix(parse_primary());
}

ast::Expr Parser::parse_sizeof() {
    const Token word = take();
    if (at("(")) skip_balanced();
    if (Diagnostic* report = error(DiagnosticCode::kE0111, since(word.span), "there is no `" + std::string(word.text) + "`"))
        report->with_label("objects have no size in bytes");
    panic_ = false;
    ast::Expr result = error_expr();
    result.span = since(word.span);
    return result;
}

// postfix: primary {"[" expression "]" | "(" arguments ")" | "." NAME | "->" NAME | "++" | "--"}
ast::Expr Parser::parse_postfix(ast::Expr expr) {
    while (!panic_) {
        const Token token = peek();
        const SourceSpan start = expr.span;
        if (accept("[")) {
            ast::Expr index = parse_expression();
            expect_close("]", token);
            expr = make(since(start), ast::Index{std::move(expr), std::move(index)});
        } else if (at("(")) {
            std::vector<ast::Expr> arguments = parse_arguments();
            expr = make(since(start), ast::Call{std::move(expr), std::move(arguments)});
        } else if (at(".") || at("->")) {
            take();
            ast::Name member = expect_name("a member's name");
            expr = make(since(start), ast::MemberAccess{std::move(expr), std::move(member), token.is("->")});
        } else if (accept("++")) {
            expr = make(since(start), ast::Unary{UnaryOp::kPostIncrement, std::move(expr)});
        } else if (accept("--")) {
            expr = make(since(start), ast::Unary{UnaryOp::kPostDecrement, std::move(expr)});
        } else {
            break;
        }
    }
    return expr;
}

// arguments: [assignment {"," assignment}]
std::vector<ast::Expr> Parser::parse_arguments() {
    const Token open = take();
    std::vector<ast::Expr> arguments;
    if (accept(")")) return arguments;
    do arguments.push_back(parse_assignment());
    while (accept(","));
    expect_close(")", open);
    return arguments;
}

// primary: literal | NAME | form | "(" expression ")" | "(" block ")"
ast::Expr Parser::parse_primary() {
    if (panic_) return error_expr();
    switch (peek().kind) {
        case TokenKind::kNumber:
        case TokenKind::kCharacter:
        case TokenKind::kString: return parse_literal();
        case TokenKind::kIdentifier: return parse_name_or_form();
        case TokenKind::kPunctuator:
            if (at("(")) return parse_parenthesised();
            break;
        case TokenKind::kEnd: break;
    }
    error_here("an expression");
    return error_expr();
}

ast::Expr Parser::parse_parenthesised() {
    const Token open = take();
    ast::Expr inner;
    if (at("{")) {
        const std::uint32_t outside = peak_height_;
        peak_height_ = 0;
        ast::Block body = parse_block();
        expect_close(")", open);
        inner = make(since(open.span), ast::StatementExpr{std::move(body)});
        peak_height_ = std::max(outside, inner.height);
        return inner;
    }
    inner = parse_expression();
    expect_close(")", open);
    inner.span = since(open.span);
    return inner;
}

// literal: NUMBER | 'c' | "text" {"text"}
ast::Expr Parser::parse_literal() {
    const Token token = take();
    if (token.kind == TokenKind::kString) {
        std::string text = decode_string(token, diagnostics_);
        while (peek().kind == TokenKind::kString) text += decode_string(take(), diagnostics_);
        return make(since(token.span), ast::StringLiteral{std::move(text)});
    }
    NumberValue value;
    const bool ok = token.kind == TokenKind::kNumber ? decode_number(token, diagnostics_, value)
                                                     : decode_character(token, diagnostics_, value);
    if (!ok) {
        ast::Expr expr = error_expr();
        expr.span = token.span;
        return expr;
    }
    return make(token.span, ast::IntLiteral{value.value, value.is_unsigned, value.is_long, value.is_decimal});
}

// form: quantifier | container_of | alloc | "true" | "false" | "NULL"
ast::Expr Parser::parse_name_or_form() {
    if (at_quantifier()) return parse_quantifier();
    if (at("container_of") && at("(", 1)) return parse_container_of();
    if (at_alloc()) return parse_alloc();
    if (at("true") || at("false")) {
        const Token& token = take();
        return make(token.span, ast::BoolLiteral{token.text == "true"});
    }
    if (at("NULL")) return make(take().span, ast::NullLiteral{});
    if (!at_identifier()) {
        error_here("an expression");
        return error_expr();
    }
    const Token& token = take();
    return make(token.span, ast::NameExpr{name_of(token)});
}

// container_of: "container_of" "(" assignment "," type-name "," NAME {"." NAME} ")"
ast::Expr Parser::parse_container_of() {
    const SourceSpan start = take().span;
    const Token open = take();
    ast::ContainerOf result;
    result.pointer = parse_assignment();
    expect(",");
    result.type = parse_type_name();
    expect(",");
    do result.member.push_back(expect_name("a member's name"));
    while (accept("."));
    expect_close(")", open);
    return make(since(start), std::move(result));
}

// `alloc` with a type in the brackets; otherwise it is a name like others.
bool Parser::at_alloc() const {
    if (!at("alloc")) return false;
    const std::size_t bracket = at("?", 1) || at("!", 1) ? 2 : 1;
    if (!at("(", bracket)) return false;
    // `alloc?(T)` with a type that is not known yet, but not `alloc ? (a) : b`.
    const bool one_word = bracket == 2 && !peek(1).space_before;
    return at_type_start(bracket + 1) || at("sizeof", bracket + 1) ||
           (one_word && at_identifier(bracket + 1) && at(")", bracket + 2));
}

// alloc: "alloc" ["?" | "!"] "(" (type-name | "sizeof" "(" (type | expression) ")") ")"
ast::Expr Parser::parse_alloc() {
    const SourceSpan start = take().span;
    ast::Alloc result;
    if (accept("?"))
        result.kind = ast::AllocKind::kMayFail;
    else if (accept("!"))
        result.kind = ast::AllocKind::kMustHave;
    const Token open = take();
    // So that kzalloc(sizeof(*p), GFP_KERNEL) can be a macro: the size says nothing but the type.
    result.type = at("sizeof") ? parse_typeof() : parse_type_name();
    expect_close(")", open);
    return make(since(start), std::move(result));
}

bool Parser::at_quantifier() const {
    if (!at("forall") && !at("exists") && !at("count")) return false;
    return at("(", 1) && (at_type_start(2) || (at_identifier(2) && (at(":", 3) || at("in", 3))));
}

// quantifier: ("forall" | "exists") "(" binder ")" implication | "count" "(" binder ")" unary
// binder: NAME ":" ROLE | NAME "in" conditional [".." conditional] | type declarator
ast::Expr Parser::parse_quantifier() {
    const Token word = take();
    const Token open = take();
    ast::Quantifier result;
    result.kind = word.is("forall")   ? ast::QuantifierKind::kForall
                  : word.is("exists") ? ast::QuantifierKind::kExists
                                      : ast::QuantifierKind::kCount;
    if (at_identifier() && at(":", 1)) {
        result.variable = name_of(take());
        take();
        result.binder = ast::RoleBinder{expect_name("a role")};
    } else if (at_identifier() && at("in", 1)) {
        result.variable = name_of(take());
        take();
        ast::Expr low = parse_conditional();
        if (accept("..")) {
            ast::Expr high = parse_conditional();
            result.binder = ast::RangeBinder{std::move(low), std::move(high)};
        } else {
            result.binder = ast::CollectionBinder{std::move(low)};
        }
    } else {
        Declarator declarator = parse_declarator(parse_base_type(), true);
        result.variable = std::move(declarator.name);
        result.binder = ast::TypeBinder{std::move(declarator.type)};
    }
    expect_close(")", open);
    result.body = word.is("count") ? parse_unary() : parse_implication();
    return make(since(word.span), std::move(result));
}

// initialiser: init-list | implication
ast::Expr Parser::parse_initialiser() { return at("{") ? parse_init_list() : parse_implication(); }

// init-list: "{" [item {"," item} [","]] "}"      item: [designator {designator} "="] initialiser
// designator: "." NAME | "[" conditional "]"
ast::Expr Parser::parse_init_list() {
    const Nesting nesting(*this);
    if (!nesting.ok()) return error_expr();
    const Token open = take();
    ast::InitList list;
    while (!panic_ && !at("}") && !at_end()) {
        ast::InitItem item;
        const SourceSpan start = peek().span;
        while (!panic_ && (at(".") || at("["))) {
            ast::Designator designator;
            const Token mark = take();
            if (mark.is(".")) {
                designator.node = expect_name("a member's name");
            } else {
                designator.node = ast::ExprPtr(parse_conditional());
                expect_close("]", mark);
            }
            designator.span = since(mark.span);
            item.designators.push_back(std::move(designator));
        }
        if (!item.designators.empty()) expect("=");
        item.value = parse_initialiser();
        item.span = since(start);
        list.items.push_back(std::move(item));
        if (!accept(",")) break;
    }
    expect_close("}", open);
    return make(since(open.span), std::move(list));
}

}  // namespace quire
