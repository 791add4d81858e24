#include <array>

#include "support/suggest.h"
#include "syntax/parser.h"

namespace quire {

namespace {

using ast::ScalarKind;

// Words of C that only a type can begin with.
constexpr std::array<std::string_view, 16> kTypeWords = {"void",  "bool",   "_Bool",    "char",  "short",    "int",
                                                         "long",  "signed", "unsigned", "const", "volatile", "struct",
                                                         "union", "enum",   "typeof",   "float"};

struct NamedScalar {
    std::string_view name;
    ScalarKind kind;
};
constexpr std::array<NamedScalar, 9> kNamedScalars = {{{"s8", ScalarKind::kS8},
                                                       {"u8", ScalarKind::kU8},
                                                       {"s16", ScalarKind::kS16},
                                                       {"u16", ScalarKind::kU16},
                                                       {"s32", ScalarKind::kS32},
                                                       {"u32", ScalarKind::kU32},
                                                       {"s64", ScalarKind::kS64},
                                                       {"u64", ScalarKind::kU64},
                                                       {"thread_t", ScalarKind::kThread}}};

bool is_type_word(const Token& token) {
    if (!token.is_identifier()) return false;
    for (const std::string_view word : kTypeWords)
        if (token.text == word) return true;
    return token.text == "double" || token.text == "__typeof__";
}

const NamedScalar* named_scalar(const Token& token) {
    if (!token.is_identifier()) return nullptr;
    for (const NamedScalar& scalar : kNamedScalars)
        if (token.text == scalar.name) return &scalar;
    return nullptr;
}

bool is_scalar_word(const Token& token) {
    static constexpr std::array<std::string_view, 12> kWords = {"void", "bool",   "_Bool",    "char",  "short",  "int",
                                                                "long", "signed", "unsigned", "float", "double", "_Complex"};
    if (!token.is_identifier()) return false;
    for (const std::string_view word : kWords)
        if (token.text == word) return true;
    return false;
}

// `typedef … a, (*b)(…), c[3];`: from the word typedef to the `;`.
void names_of_typedef(const std::vector<Token>& tokens, std::size_t begin, std::size_t end, TypedefNames& names) {
    int depth = 0;
    for (std::size_t i = begin; i < end; ++i) {
        const Token& token = tokens[i];
        const Token& next = tokens[i + 1];
        if (token.is("(") && depth == 0 && next.is("*")) {
            while (i + 1 < end && tokens[i + 1].is("*")) ++i;
            if (tokens[i + 1].is_identifier() && (tokens[i + 2].is(")") || tokens[i + 2].is("["))) {
                names.emplace(tokens[i + 1].text);
                return;
            }
            ++depth;
            continue;
        }
        if (token.is("(") || token.is("[") || token.is("{")) ++depth;
        if (token.is(")") || token.is("]") || token.is("}")) --depth;
        if (depth != 0 || !token.is_identifier() || i == begin || token.is("typeof")) continue;
        if (next.is(";") || next.is(",") || next.is("[") || next.is("(")) names.emplace(token.text);
        if (next.is("(")) return;
    }
}

}  // namespace

void collect_typedef_names(const std::vector<Token>& tokens, TypedefNames& names) {
    for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
        if (!tokens[i].is("typedef")) continue;
        int depth = 0;
        std::size_t end = i + 1;
        for (; end + 1 < tokens.size(); ++end) {
            const Token& token = tokens[end];
            if (token.is("{") || token.is("(")) ++depth;
            if (token.is("}") || token.is(")")) --depth;
            if (depth < 0 || token.is("typedef") || (depth == 0 && token.is(";"))) break;
        }
        if (end + 2 < tokens.size()) names_of_typedef(tokens, i, end, names);
        i = end - 1;
    }
}

bool Parser::is_typedef_name(const Token& token) const {
    return token.is_identifier() && typedefs_.find(token.text) != typedefs_.end();
}

// A token that can only begin a type here: a cast, a declaration, a parameter.
bool Parser::at_type_start(std::size_t ahead) const {
    const Token& token = peek(ahead);
    if (is_type_word(token) || is_typedef_name(token)) return true;
    if (named_scalar(token) != nullptr) return true;
    return (token.is("set") || token.is("list")) && at("<", ahead + 1);
}

// What may be a type's name or a variable's declares only if a declarator follows.
bool Parser::at_contextual_type_name() const {
    if (!at_identifier()) return false;
    if (at_identifier(1)) return true;  // `page_t page`; labels and Quire's words were looked at before
    const bool known = at_type_start();
    if (at("*", 1)) {
        std::size_t ahead = 1;
        while (at("*", ahead) || at("const", ahead) || at("volatile", ahead)) ++ahead;
        if (known) return at_identifier(ahead) || at("(", ahead);
        return at_identifier(ahead) && (at(";", ahead + 1) || at("=", ahead + 1) || at(",", ahead + 1)) && !at("=", 2);
    }
    return known && (at("<", 1) || (at("(", 1) && at("*", 2)) || (at("&", 1) && at_identifier(2) && at("=", 3)));
}

bool Parser::at_declaration_start() const {
    if (is_type_word(peek())) return true;
    static constexpr std::array<std::string_view, 5> kWords = {"static", "extern", "register", "inline", "auto"};
    for (const std::string_view word : kWords)
        if (at(word)) return true;
    return at_contextual_type_name();
}

void Parser::parse_qualifiers(ast::Type& type) {
    while (!panic_) {
        if (accept("const"))
            type.is_const = true;
        else if (accept("volatile"))
            type.is_volatile = true;
        else
            return;
    }
}

// type: {qualifier} (scalar | struct | enum | typeof | set | list | NAME) {qualifier} ["in" bound ".." bound]
ast::Type Parser::parse_base_type() {
    const SourceSpan start = peek().span;
    ast::Type qualifiers;
    ast::Type type;
    type.span = start;
    type.node = ast::ErrorType{};
    const Nesting nesting(*this);
    if (!nesting.ok()) return type;
    parse_qualifiers(qualifiers);
    if (at("struct") || at("union")) {
        type = parse_struct_type();
    } else if (at("enum")) {
        type = parse_enum_type();
    } else if (at("typeof") || at("__typeof__")) {
        type = parse_typeof();
    } else if ((at("set") || at("list")) && at("<", 1)) {
        type = parse_collection();
    } else if (std::optional<ast::Type> scalar = parse_scalar()) {
        type = std::move(*scalar);
    } else if (at_identifier()) {
        const Token& token = take();
        type = make_type(token.span, ast::TypedefName{name_of(token)});
    } else {
        error_here("a type");
    }
    parse_qualifiers(qualifiers);
    const bool named_in = at(",", 1) || at(")", 1) || at(";", 1) || at("=", 1) || at("[", 1);  // `int in;`: a variable
    if (at("in") && !named_in && !panic_) {
        type.is_const = type.is_volatile = false;
        type = parse_range(std::move(type));
    }
    type.is_const = qualifiers.is_const;
    type.is_volatile = qualifiers.is_volatile;
    return type;
}

// scalar: words of C's integer types, in any order, or s8 … u64, thread_t
std::optional<ast::Type> Parser::parse_scalar() {
    const SourceSpan start = peek().span;
    if (const NamedScalar* scalar = named_scalar(peek())) {
        take();
        return make_type(start, ast::ScalarType{scalar->kind});
    }
    if (!is_scalar_word(peek())) return std::nullopt;
    int shorts = 0, longs = 0, bases = 0, is_unsigned = 0, is_signed = 0;
    ScalarKind base = ScalarKind::kS32;
    bool floating = false;
    ast::Type qualifiers;
    while (is_scalar_word(peek()) || at("const") || at("volatile")) {
        const Token& token = take();
        if (token.is("short"))
            ++shorts;
        else if (token.is("long"))
            ++longs;
        else if (token.is("unsigned"))
            ++is_unsigned;
        else if (token.is("signed"))
            ++is_signed;
        else if (token.is("const") || token.is("volatile"))
            continue;
        else {
            ++bases;
            if (token.is("void"))
                base = ScalarKind::kVoid;
            else if (token.is("bool") || token.is("_Bool"))
                base = ScalarKind::kBool;
            else if (token.is("char"))
                base = ScalarKind::kS8;
            else if (!token.is("int"))
                floating = true;
        }
    }
    const SourceSpan span = since(start);
    if (floating) {
        if (Diagnostic* report = error(DiagnosticCode::kE0115, span, "there are no floating-point numbers"))
            report->with_label("not an integer type");
        panic_ = false;
        return make_type(span, ast::ErrorType{});
    }
    const bool sized = shorts + longs > 0;
    const bool signs_fit = base == ScalarKind::kS32 || base == ScalarKind::kS8;
    if (bases > 1 || shorts > 1 || longs > 2 || (shorts > 0 && longs > 0) || is_signed + is_unsigned > 1 ||
        (sized && base != ScalarKind::kS32) || (!signs_fit && is_signed + is_unsigned > 0)) {
        error(DiagnosticCode::kE0101, span, "no type: `" + std::string(sources_.text(span)) + "`");
        panic_ = false;
        return make_type(span, ast::ErrorType{});
    }
    if (shorts > 0) base = ScalarKind::kS16;
    if (longs > 0) base = ScalarKind::kS64;
    if (is_unsigned > 0)
        base = static_cast<ScalarKind>(static_cast<int>(base) + 1);  // each signed kind stands before its unsigned one
    return make_type(span, ast::ScalarType{base});
}

// struct: "struct" (TAG | [TAG] "{" {member} "}")
ast::Type Parser::parse_struct_type() {
    const Token word = take();
    if (word.is("union")) {
        if (Diagnostic* report = error(DiagnosticCode::kE0113, word.span, "there are no unions"))
            report->with_label("use a struct");
        panic_ = false;
    }
    ast::StructType type;
    if (at_identifier()) type.tag = name_of(take());
    if (at("{")) {
        std::vector<ast::Member> members = parse_members();
        if (type.tag.empty())
            type.members = std::move(members);
        else
            hoist(since(word.span), ast::StructDecl{type.tag, true, std::move(members)});
    } else if (type.tag.empty()) {
        error_here("a tag or `{`");
    }
    return make_type(since(word.span), std::move(type));
}

// enum: "enum" (TAG | [TAG] "{" enumerator {"," enumerator} [","] "}")
ast::Type Parser::parse_enum_type() {
    const Token word = take();
    ast::EnumType type;
    if (at_identifier()) type.tag = name_of(take());
    if (at("{")) {
        std::vector<ast::Enumerator> enumerators = parse_enumerators();
        if (type.tag.empty())
            type.enumerators = std::move(enumerators);
        else
            hoist(since(word.span), ast::EnumDecl{type.tag, std::move(enumerators)});
    } else if (type.tag.empty()) {
        error_here("a tag or `{`");
    }
    return make_type(since(word.span), std::move(type));
}

void Parser::hoist(const SourceSpan& span, ast::StructDecl declaration) {
    add(*hoisted_, span, std::move(declaration));
    pending_doc_.clear();
}

void Parser::hoist(const SourceSpan& span, ast::EnumDecl declaration) {
    add(*hoisted_, span, std::move(declaration));
    pending_doc_.clear();
}

// enumerator: NAME ["=" expression]
std::vector<ast::Enumerator> Parser::parse_enumerators() {
    const Token open = take();
    std::vector<ast::Enumerator> result;
    while (!panic_ && !at("}") && !at_end()) {
        ast::Enumerator enumerator;
        enumerator.doc = preprocessor_.doc(peek().doc);
        const SourceSpan start = peek().span;
        enumerator.name = expect_name("an enumerator's name");
        if (accept("=")) enumerator.value = parse_conditional();
        enumerator.span = since(start);
        result.push_back(std::move(enumerator));
        if (!accept(",")) break;
    }
    expect_close("}", open);
    return result;
}

std::vector<ast::Member> Parser::parse_members() {
    const Token open = take();
    std::vector<ast::Member> members;
    const Nesting nesting(*this);
    if (!nesting.ok()) return members;
    while (!at("}") && !at_end() && !stopped_) {
        parse_member(members);
        if (!panic_) continue;
        const std::size_t before = pos_;
        recover_statement();
        if (pos_ == before && !at("}")) {  // a new declaration begins: the `}` is missing
            panic_ = true;
            return members;
        }
    }
    expect_close("}", open);
    return members;
}

// member: ["ghost"] type [declarator {"," declarator}] ";" | ledger
void Parser::parse_member(std::vector<ast::Member>& members) {
    if (accept(";")) return;
    const SourceSpan start = peek().span;
    const std::string doc = preprocessor_.doc(peek().doc);
    if (at("ledger") && at_identifier(1) && (at("of", 2) || at("{", 2))) {
        parse_ledger(members);
        members.back().doc = doc;
        return;
    }
    const bool ghost = at("ghost") && at_word(1);
    if (ghost) take();
    const ast::Type base = parse_base_type();
    if (panic_) return;
    const auto push = [&](Declarator declarator) {
        ast::Member member;
        member.doc = doc;
        member.span = since(start);
        member.node = ast::Field{std::move(declarator.name), std::move(declarator.type), ghost};
        members.push_back(std::move(member));
    };
    if (at(";") && std::holds_alternative<ast::StructType>(base.node) && std::get<ast::StructType>(base.node).tag.empty()) {
        push({ast::Name{}, base});
    } else if (!at(";")) {
        do {
            Declarator declarator = at(":") ? Declarator{} : parse_declarator(base, true);
            if (at(":")) parse_bit_field();
            push(std::move(declarator));
        } while (accept(","));
    }
    expect_semicolon(since(start));
}

void Parser::parse_bit_field() {
    const SourceSpan start = peek().span;
    take();
    parse_conditional();
    if (panic_) return;
    if (Diagnostic* report = error(DiagnosticCode::kE0112, since(start), "there are no bit-fields"))
        report->with_label("a member has no width").with_help("name the flag word and its bits, or use `bool`");
    panic_ = false;
}

// ledger: "ledger" NAME ["of" postfix] "{" NAME {"," NAME} [","] "}" ";"
void Parser::parse_ledger(std::vector<ast::Member>& members) {
    const SourceSpan start = take().span;
    ast::Ledger ledger;
    ledger.name = name_of(take());
    if (accept("of")) ledger.counter = parse_postfix(parse_primary());
    const Token open = peek();
    if (expect("{")) {
        while (!panic_ && !at("}")) {
            ledger.accounts.push_back(expect_name("an account's name"));
            if (!accept(",")) break;
        }
        expect_close("}", open);
    }
    ast::Member member;
    member.span = since(start);
    expect_semicolon(member.span);
    member.node = std::move(ledger);
    members.push_back(std::move(member));
}

// typeof: "typeof" "(" (type | expression) ")"
ast::Type Parser::parse_typeof() {
    const Token word = take();
    const Token open = peek();
    if (!expect("(")) return make_type(word.span, ast::ErrorType{});
    if (at_type_start()) {
        ast::Type operand = parse_type_name();
        expect_close(")", open);
        return make_type(since(word.span), ast::TypeofType{std::move(operand)});
    }
    ast::Expr operand = parse_expression();
    expect_close(")", open);
    return make_type(since(word.span), ast::TypeofExpr{std::move(operand)});
}

// collection: "set" "<" type ">" | "list" "<" type ">" ["[" expression "]"]
ast::Type Parser::parse_collection() {
    const Token word = take();
    take();
    ast::Type element = parse_type_name();
    expect_close_angle();
    if (word.is("set")) return make_type(since(word.span), ast::SetType{std::move(element)});
    ast::ListType list;
    list.element = std::move(element);
    const Token open = peek();
    if (accept("[")) {
        list.capacity = parse_conditional();
        expect_close("]", open);
    }
    return make_type(since(word.span), std::move(list));
}

ast::Type Parser::parse_range(ast::Type base) {
    const SourceSpan start = base.span;
    take();
    ast::RangeType range;
    range.base = std::move(base);
    range.low = parse_bound();
    expect("..", "between the ends of a range");
    const int outside = std::exchange(bound_nesting_, nesting_);
    range.high = parse_bound();
    bound_nesting_ = outside;
    return make_type(since(start), std::move(range));
}

// declarator: {"*" {qualifier}} ["&"] (NAME | "(" declarator ")") {suffix}
//
// The suffixes behind a bracketed declarator bind before what is inside: they are read first, by going there and back.
Parser::Declarator Parser::parse_declarator(ast::Type base, bool name_needed) {
    Declarator result;
    const SourceSpan start = peek().span;
    const Nesting nesting(*this);
    if (!nesting.ok()) {
        result.type = std::move(base);
        return result;
    }
    while (!panic_ && at("*")) {
        take();
        const SourceSpan span = since(base.span.valid() ? base.span : start);
        base = make_type(span, ast::PointerType{std::move(base)});
        parse_qualifiers(base);
    }
    if (at("&")) {
        take();
        const SourceSpan span = since(base.span);
        base = make_type(span, ast::ReferenceType{std::move(base)});
    }
    const bool bracketed = at("(") && (at("*", 1) || at("(", 1) || (name_needed && at_identifier(1) && !at_type_start(1)));
    if (bracketed) {
        const Token open = peek();
        const std::size_t inside = pos_ + 1;
        skip_balanced();
        base = parse_suffixes(std::move(base));
        const std::size_t behind = pos_;
        if (panic_) return result;
        pos_ = inside;
        result = parse_declarator(std::move(base), name_needed);
        if (expect_close(")", open)) pos_ = behind;
        return result;
    }
    if (at_identifier())
        result.name = name_of(take());
    else if (name_needed)
        result.name = expect_name("a name");
    result.type = parse_suffixes(std::move(base));
    return result;
}

// suffix: "[" [expression] "]" | "(" parameters ")"
ast::Type Parser::parse_suffixes(ast::Type base) {
    const Nesting nesting(*this);
    if (panic_ || !nesting.ok()) return base;
    const Token open = peek();
    const SourceSpan start = base.span;
    if (accept("[")) {
        ast::ExprPtr size;
        if (!at("]")) size = parse_conditional();
        expect_close("]", open);
        ast::Type element = parse_suffixes(std::move(base));
        return make_type(since(start), ast::ArrayType{std::move(element), std::move(size)});
    }
    if (at("(")) {
        std::vector<ast::Parameter> parameters = parse_parameters();
        ast::Type result = parse_suffixes(std::move(base));
        return make_type(since(start), ast::FunctionType{std::move(result), std::move(parameters)});
    }
    return base;
}

// parameters: "(" ["void" | type [declarator] {"," type [declarator]}] ")"
std::vector<ast::Parameter> Parser::parse_parameters() {
    const Token open = take();
    std::vector<ast::Parameter> result;
    if (accept(")")) return result;
    if (at("void") && at(")", 1)) {
        take();
        take();
        return result;
    }
    do {
        const SourceSpan start = peek().span;
        if (at("...")) {
            if (Diagnostic* report = error(DiagnosticCode::kE0116, start, "functions have a fixed number of parameters"))
                report->with_help("`extern ignore f();` takes any arguments");
            break;
        }
        Declarator declarator = parse_declarator(parse_base_type(), false);
        ast::Parameter parameter;
        parameter.span = since(start);
        parameter.name = std::move(declarator.name);
        parameter.type = std::move(declarator.type);
        result.push_back(std::move(parameter));
    } while (accept(","));
    expect_close(")", open);
    return result;
}

// type-name: type declarator without a name
ast::Type Parser::parse_type_name() {
    Declarator declarator = parse_declarator(parse_base_type(), false);
    if (!declarator.name.empty()) {
        if (Diagnostic* report = error(DiagnosticCode::kE0101, declarator.name.span, "a type was expected, without a name"))
            report->with_label("remove `" + declarator.name.text + "`");
    }
    return std::move(declarator.type);
}

}  // namespace quire
