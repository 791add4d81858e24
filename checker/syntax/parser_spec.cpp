// What Quire adds to C at file level: pools, threads, properties, expectations, variants, instances, scenarios.

#include <array>

#include "support/suggest.h"
#include "syntax/lexer.h"
#include "syntax/parser.h"

namespace quire {

namespace {

struct PropertyRule {
    std::string_view word;
    ast::PropertyKind kind;
};
constexpr std::array<PropertyRule, 5> kPropertyRules = {{{"invariant", ast::PropertyKind::kInvariant},
                                                         {"finally", ast::PropertyKind::kFinally},
                                                         {"step", ast::PropertyKind::kStep},
                                                         {"cover", ast::PropertyKind::kCover},
                                                         {"eventually", ast::PropertyKind::kEventually}}};

}  // namespace

// quire-declaration: typedef | const | extern-form | pool | thread | irq | init | property | directive | expect
//                  | variant | instance | scenario
// False: none of them begins here.
bool Parser::parse_quire_declaration(Declarations& out) {
    const SourceSpan start = peek().span;
    if (at("typedef")) {
        parse_typedef(out);
    } else if (at("const") && at_identifier(1) && at("=", 2)) {
        parse_const(out);
    } else if (at_extern_form()) {
        parse_extern_form(out);
    } else if (at_pool()) {
        parse_pool(out);
    } else if (at_thread()) {
        parse_thread(out);
    } else if (at("irq") && at_identifier(1) && (at("on", 2) || at("{", 2))) {
        parse_irq(out);
    } else if (at("init") && at("{", 1)) {
        take();
        ast::InitDecl init;
        const std::string doc = pending_doc_;
        init.body = parse_block();
        pending_doc_ = doc;
        add(out, start, std::move(init));
    } else if (at("variant") && at_identifier(1) && (at("{", 2) || at(":", 2) || peek(2).kind == TokenKind::kString)) {
        parse_variant(out);
    } else if (at("instance") && at_identifier(1) && (at("{", 2) || at("slow", 2))) {
        parse_instance(out);
    } else if (at("scenario") && at_identifier(1) && (at("{", 2) || at("for", 2))) {
        parse_scenario(out);
    } else if (at("expect") && at_identifier(1) && !is_typedef_name(peek())) {
        parse_expect(out);
    } else {
        return parse_property(out) || parse_directive(out);
    }
    return true;
}

bool Parser::at_pool() const {
    if (!at("pool") || is_typedef_name(peek())) return false;
    return at_type_start(1) || (at("typesafe", 1) && at_word(2)) || (at_identifier(1) && at("[", 2));
}

// pool: "pool" ["typesafe"] type "[" conditional "]" ";"
void Parser::parse_pool(Declarations& out) {
    const SourceSpan start = take().span;
    ast::PoolDecl pool;
    pool.is_typesafe = at("typesafe") && at_word(1) && accept("typesafe");
    pool.element = parse_base_type();
    const Token open = peek();
    if (expect("[", "and the number of slots")) {
        pool.size = parse_conditional();
        expect_close("]", open);
    } else {
        pool.size = error_expr();
    }
    expect_semicolon(since(start));
    add(out, start, std::move(pool));
}

bool Parser::at_thread() const {
    std::size_t ahead = 0;
    while (at("daemon", ahead) || at("dormant", ahead) || at("strong", ahead) || at("fair", ahead)) ++ahead;
    if (!at("thread", ahead) || !at_identifier(ahead + 1)) return false;
    return ahead > 0 || at("{", ahead + 2) || at("[", ahead + 2) || at("(", ahead + 2) || at("on", ahead + 2);
}

// thread: {"daemon" | "dormant" | ["strong"] "fair"} "thread" NAME ["[" conditional "]"] [parameters] ["on" conditional] block
void Parser::parse_thread(Declarations& out) {
    const SourceSpan start = peek().span;
    ast::ThreadDecl thread;
    while (!at("thread") && !panic_) {
        const Token word = take();
        if (word.is("daemon")) thread.is_daemon = true;
        if (word.is("dormant")) thread.is_dormant = true;
        if (word.is("fair") && thread.fairness == ast::Fairness::kDefault) thread.fairness = ast::Fairness::kWeak;
        if (word.is("strong")) {
            thread.fairness = ast::Fairness::kStrong;
            if (!at("fair")) error_here("`fair`");
        }
    }
    if (panic_) return;
    take();
    thread.name = name_of(take());
    const Token open = peek();
    if (accept("[")) {
        thread.count = parse_conditional();
        expect_close("]", open);
    }
    if (!panic_ && at("(")) thread.parameters = parse_parameters();
    if (accept("on")) thread.cpu = parse_conditional();
    if (panic_) return;
    const std::string doc = pending_doc_;
    thread.body = parse_body("the thread");
    pending_doc_ = doc;
    if (thread.body) add(out, start, std::move(thread));
}

// irq: "irq" NAME ["on" conditional] block
void Parser::parse_irq(Declarations& out) {
    const SourceSpan start = take().span;
    ast::IrqDecl irq;
    irq.name = name_of(take());
    expect("on", "and the CPU of the handler");
    irq.cpu = parse_conditional();
    if (panic_) return;
    const std::string doc = pending_doc_;
    irq.body = parse_body("the handler");
    pending_doc_ = doc;
    if (irq.body) add(out, start, std::move(irq));
}

// A property, or a word with a name and a `:` that was meant to begin one.
bool Parser::at_property() const { return at_identifier() && (at(":", 1) || (at_identifier(1) && at(":", 2) && !at("variant"))); }

// property: ("invariant" | "finally" | "step" | "cover" | "eventually" | "lemma") NAME ":" expression ";"
//         | "cover" NAME ":" "finally" expression ";"
//         | NAME ":" expression "leads_to" expression ";"
bool Parser::parse_property(Declarations& out) {
    if (!at_property()) return false;
    const SourceSpan start = peek().span;
    ast::PropertyDecl property;
    bool lemma = false;
    if (at(":", 1)) {
        property.kind = ast::PropertyKind::kLeadsTo;
    } else {
        bool known = lemma = at("lemma");
        for (const PropertyRule& rule : kPropertyRules) {
            if (!at(rule.word)) continue;
            property.kind = rule.kind;
            known = true;
        }
        if (!known) {
            report_no_property();
            return true;
        }
        take();
    }
    property.name = name_of(take());
    take();
    if (property.kind == ast::PropertyKind::kCover && at("finally") && !at(";", 1)) {
        take();
        property.kind = ast::PropertyKind::kCoverFinally;
    }
    property.condition = parse_expression();
    if (property.kind == ast::PropertyKind::kLeadsTo) {
        if (!panic_ && !at("leads_to")) {
            if (Diagnostic* report = error_here("`leads_to`"))
                report->with_help("a property begins with its kind: `invariant " + property.name.text + ": …;`");
        }
        accept("leads_to");
        property.consequence = parse_expression();
    }
    expect_semicolon(since(start));
    if (lemma)
        add(out, start, ast::LemmaDecl{std::move(property.name), std::move(property.condition)});
    else
        add(out, start, std::move(property));
    return true;
}

void Parser::report_no_property() {
    Diagnostic* report = error_here("the kind of a property");
    if (report == nullptr) return;
    const auto nearest = nearest_name(peek().text, {"invariant", "finally", "step", "cover", "eventually", "lemma"});
    if (nearest) report->with_help("did you mean `" + *nearest + "`?");
}

// directive: ("check" | "allow" | "memory") NAME {"," NAME} ";"
bool Parser::parse_directive(Declarations& out) {
    const bool one = at("check") || at("allow") || at("memory");
    if (!one || is_typedef_name(peek()) || !at_identifier(1) || at("*", 2) || at("=", 2) || at("(", 2)) return false;
    const Token word = take();
    std::vector<ast::Name> names = name_list(word.is("memory") ? "a memory model" : "the name of a check");
    expect_semicolon(since(word.span));
    if (word.is("check"))
        add(out, word.span, ast::CheckDecl{std::move(names)});
    else if (word.is("allow"))
        add(out, word.span, ast::AllowDecl{std::move(names)});
    else
        add(out, word.span, ast::MemoryDecl{std::move(names)});
    return true;
}

// expect: "expect" expect-kind {"for" for-items | "under" NAME {"," NAME} | "in" NAME} ";"
void Parser::parse_expect(Declarations& out) {
    const SourceSpan start = take().span;
    ast::ExpectDecl expect;
    parse_expect_kind(expect);
    while (!panic_ && !at(";")) {
        if (accept("for"))
            parse_for_items(expect);
        else if (accept("under"))
            for (ast::Name& model : name_list("a memory model")) expect.under.push_back(std::move(model));
        else if (accept("in"))
            expect.instance = expect_name("an instance");
        else
            break;
    }
    expect_semicolon(since(start));
    add(out, start, std::move(expect));
}

// expect-kind: "pass" | "violation" ["of" NAME] | ["not"] "covered" NAME | "proved"
void Parser::parse_expect_kind(ast::ExpectDecl& expect) {
    if (accept("pass")) {
        expect.kind = ast::ExpectKind::kPass;
    } else if (accept("violation")) {
        expect.kind = ast::ExpectKind::kViolation;
        if (accept("of")) expect.of = expect_name("a property or a check");
    } else if (at("covered") || (at("not") && at("covered", 1))) {
        expect.kind = accept("not") ? ast::ExpectKind::kNotCovered : ast::ExpectKind::kCovered;
        accept("covered");
        expect.of = expect_name("a `cover` property");
    } else if (accept("proved")) {
        expect.kind = ast::ExpectKind::kProved;
    } else {
        Diagnostic* report = error_here("`pass`, `violation`, `covered`, `not covered` or `proved`");
        const auto nearest = nearest_name(peek().text, {"pass", "violation", "covered", "proved"});
        if (report != nullptr && nearest) report->with_help("did you mean `" + *nearest + "`?");
    }
}

// for-items: "any" NAME {"," NAME} | item {"," item}      item: ["any"] NAME ["in" conditional ".." conditional | "=" conditional]
void Parser::parse_for_items(ast::ExpectDecl& expect_decl) {
    bool any = false;
    do {
        ast::ForItem item;
        const SourceSpan start = peek().span;
        if (at("any") && at_identifier(1)) {
            take();
            any = true;
        }
        item.constant = expect_name("a constant");
        // `expect proved for any N in large;` names an instance: a range needs its `..`.
        const bool instance = any && at("in") && at_identifier(1) && (at(";", 2) || at("under", 2) || at("for", 2));
        if (!panic_ && at("in") && !instance) {
            take();
            item.low = parse_conditional();
            expect("..", "between the ends of a range");
            item.high = parse_conditional();
        } else if (accept("=")) {
            item.low = parse_conditional();
        } else if (any) {
            item.any = true;
        } else {
            error_here("`in`, `=` or `any`");
        }
        item.span = since(start);
        expect_decl.constants.push_back(std::move(item));
    } while (accept(","));
}

// variant: "variant" NAME [":" NAME] [TEXT] "{" {declaration} "}"
void Parser::parse_variant(Declarations& out) {
    const SourceSpan start = peek().span;
    const Token word = take();
    ast::VariantDecl variant;
    variant.name = name_of(take());
    if (accept(":")) variant.parent = expect_name("the variant that this one builds on");
    while (!panic_ && peek().kind == TokenKind::kString) variant.description += decode_string(take(), diagnostics_);
    const Token open = peek();
    if (!expect("{", "and the declarations of the variant")) return;
    if (in_variant_) {
        error(DiagnosticCode::kE0117, word.span, "a variant inside a variant");
        return;
    }
    const std::string doc = pending_doc_;
    in_variant_ = true;
    parse_declaration_list(variant.declarations, open);
    in_variant_ = false;
    pending_doc_ = doc;
    for (const ast::Declaration& inner : variant.declarations) {
        if (!std::holds_alternative<ast::InstanceDecl>(inner.node) && !std::holds_alternative<ast::ScenarioDecl>(inner.node))
            continue;
        error(DiagnosticCode::kE0117, inner.span, "instances and scenarios stand outside of variants");
        panic_ = false;
    }
    add(out, start, std::move(variant));
}

// instance: "instance" NAME ["slow"] "{" {const} "}"
void Parser::parse_instance(Declarations& out) {
    const SourceSpan start = take().span;
    ast::InstanceDecl instance;
    instance.name = name_of(take());
    instance.is_slow = accept("slow");
    const Token open = peek();
    if (!expect("{", "and the constants of the instance")) return;
    const std::string doc = pending_doc_;
    const bool outside = in_variant_;
    in_variant_ = true;  // its `}` is not to be skipped over
    parse_declaration_list(instance.constants, open);
    in_variant_ = outside;
    pending_doc_ = doc;
    for (const ast::Declaration& inner : instance.constants) {
        if (std::holds_alternative<ast::ConstDecl>(inner.node)) continue;
        if (Diagnostic* report = error(DiagnosticCode::kE0117, inner.span, "an instance holds constants only"))
            report->with_label("not `const NAME = value;`");
        panic_ = false;
    }
    add(out, start, std::move(instance));
}

// scenario: "scenario" NAME ["for" NAME] "{" {NAME ":" statement} "}" ["expect" ("possible" | "prevented") ";"]
void Parser::parse_scenario(Declarations& out) {
    const SourceSpan start = take().span;
    ast::ScenarioDecl scenario;
    scenario.name = name_of(take());
    if (accept("for")) scenario.variant = expect_name("a variant");
    const Token open = peek();
    if (!expect("{", "and the steps of the scenario")) return;
    while (!panic_ && !at("}") && !at_end()) {
        ast::ScenarioStep step;
        const SourceSpan step_start = peek().span;
        step.thread = expect_name("a thread");
        expect(":", "between a thread and its statement");
        step.statement = parse_statement();
        step.span = since(step_start);
        scenario.steps.push_back(std::move(step));
        if (panic_) recover_statement();
    }
    expect_close("}", open);
    if (at("expect") && (at("possible", 1) || at("prevented", 1))) {
        take();
        scenario.expectation = take().is("possible") ? ast::ScenarioExpectation::kPossible : ast::ScenarioExpectation::kPrevented;
        expect_semicolon(since(start));
    }
    add(out, start, std::move(scenario));
}

}  // namespace quire
