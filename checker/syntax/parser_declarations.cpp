#include <array>

#include "support/suggest.h"
#include "syntax/parser.h"

namespace quire {

// declaration: quire-declaration | c-declaration | ";"
void Parser::parse_declaration(Declarations& out) {
    if (accept(";")) return;
    const std::size_t start = pos_;
    Declarations* const outside = hoisted_;
    hoisted_ = &out;
    pending_doc_ = preprocessor_.doc(peek().doc);
    if (!parse_quire_declaration(out)) parse_c_declaration(out);
    hoisted_ = outside;
    if (panic_) recover_declaration(start);
}

// Up to the `}` that closes a variant or an instance, with it.
void Parser::parse_declaration_list(Declarations& out, const Token& open) {
    while (!at("}") && !at_end()) {
        const std::size_t before = pos_;
        parse_declaration(out);
        if (pos_ == before && !at("}")) take();
    }
    expect_close("}", open);
}

// specifiers: {"static" | "inline" | "extern" | "ghost" | "percpu" | "atomic" [ORDER]} type
Parser::Specifiers Parser::parse_specifiers() {
    Specifiers result;
    const auto followed = [this] { return at_word(1); };  // `ghost = 1` or `percpu(…)` is no specifier
    while (!panic_) {
        const SourceSpan span = peek().span;
        if (at("static")) {
            result.is_static = true;
            result.static_span = span;
        } else if (at("inline")) {
            result.is_inline = true;
        } else if (at("extern")) {
            result.is_extern = true;
            result.extern_span = span;
        } else if (at("register") || at("auto")) {
            error(DiagnosticCode::kE0116, span, "`" + std::string(peek().text) + "` has no meaning here");
            panic_ = false;
        } else if (at("ghost") && followed()) {
            result.is_ghost = true;
        } else if (at("percpu") && followed()) {
            result.is_percpu = true;
        } else if (at("atomic") && followed()) {
            result.is_atomic = true;
            result.atomic_span = span;
            if (at_order(1) && at_word(2)) {
                take();
                result.order = name_of(peek());
            }
        } else {
            break;
        }
        take();
    }
    result.type = parse_base_type();
    // The kernel also writes `int static inline`; C allows it, and nobody misses it.
    return result;
}

// c-declaration: specifiers [declarator …] ";" | specifiers declarator contracts block
void Parser::parse_c_declaration(Declarations& out) {
    if (!at_declaration_start() && !at("ghost") && !at("percpu") && !at("atomic") && !at_type_start()) {
        report_no_declaration();
        return;
    }
    const SourceSpan start = peek().span;
    Specifiers specifiers = parse_specifiers();
    if (panic_) return;
    if (at(";")) {
        const ast::Type& type = specifiers.type;
        if (const auto* tagged = std::get_if<ast::StructType>(&type.node); tagged != nullptr && !tagged->tag.empty()) {
            const bool defined = previous().is("}");
            if (!defined) add(out, start, ast::StructDecl{tagged->tag, false, {}});
        } else if (const auto* anonymous = std::get_if<ast::EnumType>(&type.node);
                   anonymous != nullptr && anonymous->tag.empty()) {
            ast::EnumDecl declaration;
            declaration.enumerators = anonymous->enumerators;
            add(out, start, std::move(declaration));
        } else if (!previous().is("}")) {
            error_here("a name");
            return;
        }
        take();
        return;
    }
    parse_declarators(specifiers, start, out);
}

// declarators: declarator ["=" initialiser] {"," declarator ["=" initialiser]} ";"
void Parser::parse_declarators(const Specifiers& specifiers, const SourceSpan& start, Declarations& out) {
    do {
        Declarator declarator = parse_declarator(specifiers.type, true);
        if (panic_) return;
        if (std::holds_alternative<ast::FunctionType>(declarator.type.node)) {
            if (parse_function(specifiers, std::move(declarator), start, out)) return;
            continue;
        }
        if (specifiers.is_atomic) {
            error(DiagnosticCode::kE0117, specifiers.atomic_span,
                  "`atomic` stands before a function or a block, not before a variable");
            panic_ = false;
        }
        add(out, start, make_variable(specifiers, std::move(declarator)));
        if (at("in") && !panic_) {
            if (Diagnostic* report = error_here("`;`")) report->with_help("a range follows the type: `int in 0..3 name;`");
            return;
        }
    } while (accept(","));
    expect_semicolon(since(start));
}

ast::VariableDecl Parser::make_variable(const Specifiers& specifiers, Declarator declarator) {
    ast::VariableDecl variable;
    variable.name = std::move(declarator.name);
    variable.type = std::move(declarator.type);
    variable.is_ghost = specifiers.is_ghost;
    variable.is_static = specifiers.is_static;
    variable.is_extern = specifiers.is_extern;
    variable.is_percpu = specifiers.is_percpu;
    if (accept("=")) variable.init = parse_initialiser();
    return variable;
}

// function: specifiers declarator contracts (block | ";" | "," …). True when a body ended the declaration.
bool Parser::parse_function(const Specifiers& specifiers, Declarator declarator, const SourceSpan& start, Declarations& out) {
    auto& type = std::get<ast::FunctionType>(declarator.type.node);
    ast::FunctionDecl function;
    function.name = std::move(declarator.name);
    function.result = std::move(type.result);
    function.parameters = std::move(type.parameters);
    function.is_static = specifiers.is_static;
    function.is_inline = specifiers.is_inline;
    function.is_extern = specifiers.is_extern;
    function.is_ghost = specifiers.is_ghost;
    function.is_atomic = specifiers.is_atomic;
    function.order = specifiers.order;
    function.contracts = parse_contracts();
    const std::string doc = pending_doc_;  // what is hoisted out of the body takes none of it
    const bool has_body = !panic_ && at("{");
    if (has_body) function.body = parse_block();
    pending_doc_ = doc;
    add(out, start, std::move(function));
    return has_body;
}

// contracts: {contract}
std::vector<ast::Contract> Parser::parse_contracts() {
    std::vector<ast::Contract> contracts;
    while (!panic_ && at_identifier()) parse_contract(contracts);
    return contracts;
}

// contract: "__sleeps" | "__grace_period"
//         | ("__acquires" | "__releases" | "__must_hold" | "__gets" | "__puts") "(" assignment {"," assignment} ")"
void Parser::parse_contract(std::vector<ast::Contract>& contracts) {
    static constexpr std::array<ast::ContractKind, 7> kKinds = {
        ast::ContractKind::kAcquires, ast::ContractKind::kReleases, ast::ContractKind::kMustHold,   ast::ContractKind::kSleeps,
        ast::ContractKind::kGets,     ast::ContractKind::kPuts,     ast::ContractKind::kGracePeriod};
    const Token word = take();
    ast::Contract contract;
    std::vector<std::string> names;
    bool known = false;
    for (const ast::ContractKind kind : kKinds) {
        names.emplace_back(spelling(kind));
        if (!word.is(names.back())) continue;
        contract.kind = kind;
        known = true;
    }
    if (!known) {
        Diagnostic* report = error(DiagnosticCode::kE0118, word.span, "unknown contract `" + std::string(word.text) + "`");
        if (report != nullptr) {
            report->with_label("behind the head of a function stand only contracts");
            if (const auto nearest = nearest_name(word.text, names)) report->with_help("did you mean `" + *nearest + "`?");
        }
        panic_ = false;
        if (at("(")) skip_balanced();
        return;
    }
    const bool takes_argument = contract.kind != ast::ContractKind::kSleeps && contract.kind != ast::ContractKind::kGracePeriod;
    const Token open = peek();
    if (!takes_argument) {
        if (at("(") && at(")", 1)) skip_balanced();
        contract.span = word.span;
        contracts.push_back(std::move(contract));
        return;
    }
    if (!expect("(", "and what the contract is about")) return;
    do {
        ast::Contract one = contract;
        one.argument = parse_assignment();
        one.span = since(word.span);
        contracts.push_back(std::move(one));
    } while (accept(","));
    expect_close(")", open);
}

// typedef: "typedef" type declarator {"," declarator} ";"
void Parser::parse_typedef(Declarations& out) {
    const SourceSpan start = take().span;
    const ast::Type base = parse_base_type();
    do {
        Declarator declarator = parse_declarator(base, true);
        if (panic_) return;
        add(out, start, ast::TypedefDecl{std::move(declarator.name), std::move(declarator.type)});
    } while (accept(","));
    expect_semicolon(since(start));
}

// const: "const" NAME "=" conditional {"," NAME "=" conditional} ";"
void Parser::parse_const(Declarations& out) {
    const SourceSpan start = take().span;
    do {
        ast::ConstDecl constant;
        constant.name = expect_name("a constant's name");
        expect("=");
        constant.value = parse_conditional();
        add(out, start, std::move(constant));
    } while (accept(","));
    expect_semicolon(since(start));
}

bool Parser::at_extern_form() const { return at("extern") && (at("ignore", 1) || at("havoc", 1)) && (at_word(2) || at("*", 2)); }

// extern-form: "extern" ("ignore" | "havoc") [type {"*"}] NAME "(" parameters ")" ["in" bound ".." bound] contracts ";"
void Parser::parse_extern_form(Declarations& out) {
    const SourceSpan start = take().span;
    ast::ExternDecl form;
    form.kind = take().is("ignore") ? ast::ExternKind::kIgnore : ast::ExternKind::kHavoc;
    if (at_identifier() && at("(", 1)) {
        form.name = name_of(take());
        if (form.kind == ast::ExternKind::kHavoc) {
            if (Diagnostic* report =
                    error(DiagnosticCode::kE0101, form.name.span, "expected the type of what `" + form.name.text + "` returns"))
                report->with_help("`extern havoc int " + form.name.text + "() in 0..1;`");
            return;
        }
        form.parameters = parse_parameters();
    } else {
        Declarator declarator = parse_declarator(parse_base_type(), true);
        if (panic_) return;
        auto* type = std::get_if<ast::FunctionType>(&declarator.type.node);
        if (type == nullptr) {
            error_here("`(` and the parameters of a function");
            return;
        }
        form.name = std::move(declarator.name);
        form.result = std::move(type->result);
        form.parameters = std::move(type->parameters);
    }
    if (accept("in")) {
        form.low = parse_bound();
        expect("..", "between the ends of a range");
        form.high = parse_bound();
    }
    form.contracts = parse_contracts();
    expect_semicolon(since(start));
    add(out, start, std::move(form));
}

// At file level, something that opens no declaration.
void Parser::report_no_declaration() {
    const Token& token = peek();
    if (token.is("import")) {
        error(DiagnosticCode::kE0134, token.span,
              "malformed import: `import \"path.quire\";` stands at file level, outside of variants and macros");
        return;
    }
    if (token.is("}")) {
        if (Diagnostic* report = error(DiagnosticCode::kE0101, token.span, "expected a declaration, found `}`"))
            report->with_label("closes nothing");
        return;
    }
    Diagnostic* report = error_here("a declaration");
    if (report == nullptr || !token.is_identifier()) return;
    static const std::vector<std::string> kWords = {"const",  "enum",    "struct",     "typedef",  "pool",      "thread",
                                                    "daemon", "dormant", "irq",        "init",     "invariant", "finally",
                                                    "step",   "cover",   "eventually", "expect",   "check",     "allow",
                                                    "memory", "variant", "instance",   "scenario", "lemma",     "import"};
    if (at("(", 1))
        report->with_help("no macro `" + std::string(token.text) + "` is defined here");
    else if (const auto nearest = nearest_name(token.text, kWords))
        report->with_help("did you mean `" + *nearest + "`?");
}

}  // namespace quire
