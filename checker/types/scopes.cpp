#include "support/suggest.h"
#include "types/checker.h"

namespace quire {

const Symbol* Checker::lookup(std::string_view name) const {
    for (auto scope = context_.scopes.rbegin(); scope != context_.scopes.rend(); ++scope) {
        auto found = scope->names.find(name);
        if (found != scope->names.end()) return &found->second;
    }
    auto found = file_scope_.names.find(name);
    return found != file_scope_.names.end() ? &found->second : nullptr;
}

std::vector<std::string> Checker::visible_names(bool functions_only) const {
    std::vector<std::string> names;
    if (suggestions_ >= kMaxSuggestions) return names;
    auto add_scope = [&](const Scope& scope) {
        for (const auto& [name, symbol] : scope.names) {
            if (!functions_only || symbol.kind == Symbol::Kind::kFunction) names.push_back(name);
        }
    };
    for (const Scope& scope : context_.scopes) add_scope(scope);
    add_scope(file_scope_);
    return names;
}

void Checker::suggest(Diagnostic& diagnostic, const std::string& name, const std::vector<std::string>& known,
                      const std::string& lead) {
    if (++suggestions_ > kMaxSuggestions) return;
    if (std::optional<std::string> near = nearest_name(name, known)) diagnostic.with_help(lead + ": `" + *near + "`");
}

Typed Checker::unknown_name(const ast::Name& name) {
    note_missed(name.span);
    if (name.empty()) return failed(name.span);
    Diagnostic& d = diagnostics_.error(DiagnosticCode::kE0201, name.span, "unknown name `" + name.text + "`");
    d.with_label("nothing of this name is visible here");
    suggest(d, name.text, visible_names(false), "a similar name exists");
    return failed(name.span);
}

Typed Checker::unknown_function(const ast::Name& name) {
    note_missed(name.span);
    if (name.empty()) return failed(name.span);
    Diagnostic& d = diagnostics_.error(DiagnosticCode::kE0110, name.span, "unknown function `" + name.text + "`");
    d.with_label("not a built-in primitive and not defined in this model");
    suggest(d, name.text, visible_names(true), "a similar function exists");
    d.with_help("to say it does not matter here: `extern ignore " + name.text + "();`");
    return failed(name.span);
}

LocalId Checker::declare_local(const ast::Name& name, TypeId type, bool is_ghost) {
    LocalId id{program_.locals.size()};
    Local local;
    local.name = name.text;
    local.type = type;
    local.span = name.span;
    local.is_ghost = is_ghost;
    program_.locals.push_back(local);
    if (name.empty()) return id;
    if (context_.body != nullptr) context_.body->locals[name.text].push_back(id);
    if (context_.scopes.empty()) return id;
    Symbol symbol{Symbol::Kind::kLocal, id.value, name.span};
    auto [found, is_new] = context_.scopes.back().names.emplace(name.text, symbol);
    if (!is_new) {
        diagnostics_.error(DiagnosticCode::kE0204, name.span, "`" + name.text + "` is defined twice in this block")
            .with_label("second definition")
            .with_secondary(found->second.span, "first definition");
    }
    return id;
}

LocalId Checker::temporary(TypeId type, SourceSpan span) {
    LocalId id{program_.locals.size()};
    Local local;
    local.name = "(result)";
    local.type = type;
    local.span = span;
    local.is_ghost = context_.mode != Mode::kReal;
    program_.locals.push_back(local);
    if (!context_.block_locals.empty()) context_.block_locals.back().push_back(id);
    return id;
}

ExpressionId Checker::add(TypedExpression expression) {
    program_.expressions.push_back(std::move(expression));
    return ExpressionId{program_.expressions.size() - 1};
}

PlaceId Checker::add(Place place) {
    program_.places.push_back(place);
    return PlaceId{program_.places.size() - 1};
}

StatementId Checker::add(Statement statement) {
    program_.statements.push_back(std::move(statement));
    return StatementId{program_.statements.size() - 1};
}

StatementId Checker::empty_block(SourceSpan span) { return add(blank(StatementKind::kBlock, span)); }

PlaceId Checker::local_place(LocalId id, SourceSpan span) {
    Place place;
    place.kind = PlaceKind::kLocal;
    place.local = id;
    TypeId t = program_[id].type;
    place.type = type(t).kind == TypeKind::kReference ? type(t).element : t;
    place.span = span;
    return add(place);
}

PlaceId Checker::member_place(PlaceId base, std::uint32_t member, SourceSpan span) {
    Place place;
    place.kind = PlaceKind::kMember;
    place.base = base;
    place.member = member;
    place.type = program_[type(program_[base].type).structure].members[member].type;
    place.span = span;
    return add(place);
}

PlaceId Checker::index_place(PlaceId base, ExpressionId index, SourceSpan span) {
    Place place;
    place.kind = PlaceKind::kIndex;
    place.base = base;
    place.operand = index;
    place.type = type(program_[base].type).element;
    place.span = span;
    return add(place);
}

PlaceId Checker::deref_place(ExpressionId pointer, SourceSpan span) {
    Place place;
    place.kind = PlaceKind::kDeref;
    place.operand = pointer;
    place.type = struct_type(type(program_[pointer].type).structure);
    place.span = span;
    return add(place);
}

ExpressionId Checker::literal(Value value, TypeId type, SourceSpan span) {
    TypedExpression e;
    e.kind = ExpressionKind::kLiteral;
    e.type = type;
    e.span = span;
    e.value = value;
    return add(std::move(e));
}

ExpressionId Checker::make(ExpressionKind kind, TypeId type, SourceSpan span, std::vector<ExpressionId> operands) {
    TypedExpression e;
    e.kind = kind;
    e.type = type;
    e.span = span;
    e.operands = std::move(operands);
    return add(std::move(e));
}

ExpressionId Checker::make_operator(Op op, TypeId type, ScalarType operand_type, SourceSpan span,
                                    std::vector<ExpressionId> operands) {
    TypedExpression e;
    e.kind = ExpressionKind::kOperator;
    e.type = type;
    e.span = span;
    e.op = op;
    e.operand_type = operand_type;
    e.operands = std::move(operands);
    return add(std::move(e));
}

LabelId Checker::new_label(const std::string& name, SourceSpan span) {
    Label label;
    label.name = name;
    label.function = context_.function;
    label.role = context_.role;
    label.span = span;
    program_.labels.push_back(label);
    return LabelId{program_.labels.size() - 1};
}

std::string Checker::text_of(const SourceSpan& span) const {
    SourceSpan place = sources_.outermost(span);
    if (!place.valid()) return {};
    std::string text;
    bool blank_before = false;
    for (char c : sources_.text(place)) {
        bool is_blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (is_blank && !blank_before && !text.empty()) text += ' ';
        if (!is_blank) text += c;
        blank_before = is_blank;
    }
    constexpr std::size_t kLongest = 120;
    if (text.size() > kLongest) text = text.substr(0, kLongest - 3) + "...";
    return text;
}

std::string Checker::place_text(PlaceId id) const {
    const Place& place = program_[id];
    switch (place.kind) {
        case PlaceKind::kLocal: return program_[place.local].name;
        case PlaceKind::kGlobal: return program_[place.global].name;
        case PlaceKind::kDeref: {
            const TypedExpression& e = program_[place.operand];
            return e.kind == ExpressionKind::kRead ? "*" + place_text(e.place) : "*…";
        }
        case PlaceKind::kMember: {
            const std::string& name = program_[type(program_[place.base].type).structure].members[place.member].name;
            const Place& base = program_[place.base];
            if (base.kind != PlaceKind::kDeref) return place_text(place.base) + "." + name;
            const TypedExpression& e = program_[base.operand];
            return (e.kind == ExpressionKind::kRead ? place_text(e.place) : std::string("…")) + "->" + name;
        }
        case PlaceKind::kIndex: return place_text(place.base) + "[…]";
    }
    return {};
}

PlaceRoot Checker::root_of(PlaceId id) const {
    PlaceRoot root;
    while (true) {
        const Place& place = program_[id];
        switch (place.kind) {
            case PlaceKind::kLocal:
                root.local = place.local;
                root.is_reference = program_[place.local].is_reference;
                root.is_ghost = root.is_ghost || program_[place.local].is_ghost;
                return root;
            case PlaceKind::kGlobal: root.is_ghost = root.is_ghost || program_[place.global].is_ghost; return root;
            case PlaceKind::kDeref: return root;
            case PlaceKind::kMember: {
                const StructMember& member = program_[type(program_[place.base].type).structure].members[place.member];
                root.is_ghost = root.is_ghost || member.is_ghost || type(member.type).kind == TypeKind::kLedger;
                id = place.base;
                break;
            }
            case PlaceKind::kIndex: id = place.base; break;
        }
    }
}

std::optional<Value> Checker::static_value(ExpressionId id) const { return evaluate_constant(program_, id, {}); }

bool Checker::uses_constant(ExpressionId id) const {
    if (!id.valid()) return false;
    const TypedExpression& e = program_[id];
    if (e.kind == ExpressionKind::kConstant) return true;
    for (ExpressionId operand : e.operands) {
        if (uses_constant(operand)) return true;
    }
    return false;
}

Typed Checker::typed_value(ExpressionId id) {
    Typed t;
    t.kind = Typed::Kind::kValue;
    t.value = id;
    t.type = program_[id].type;
    t.span = program_[id].span;
    return t;
}

Typed Checker::typed_place(PlaceId id, bool is_lvalue) {
    Typed t;
    t.kind = Typed::Kind::kPlace;
    t.place = id;
    t.type = program_[id].type;
    t.span = program_[id].span;
    t.is_lvalue = is_lvalue;
    return t;
}

Typed Checker::typed_void(ExpressionId id, SourceSpan span) {
    Typed t;
    t.kind = Typed::Kind::kVoid;
    t.type = void_type();
    t.value = id;
    t.span = span;
    return t;
}

Typed Checker::failed(SourceSpan span) {
    Typed t;
    t.span = span;
    return t;
}

Typed Checker::error(DiagnosticCode code, SourceSpan span, const std::string& message) {
    diagnostics_.error(code, span, message);
    return failed(span);
}

}  // namespace quire
