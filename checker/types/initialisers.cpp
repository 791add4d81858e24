// Initialisers: from nested braces and designators to a list of places with values.
//
// As in C, inner braces may be left out: a list then goes on in the next aggregate. What is not named is 0.
#include <algorithm>

#include "types/checker.h"

namespace quire {

struct Checker::InitCursor {
    const std::vector<ast::InitItem>& items;
    std::size_t next = 0;
    bool done() const { return next >= items.size(); }
};

namespace {

bool is_aggregate(TypeKind kind) { return kind == TypeKind::kStruct || kind == TypeKind::kArray; }

}  // namespace

// `int a[] = { 1, [4] = 2 }` has five elements.
Value Checker::list_length(const ast::InitList& node) {
    Value position = 0;
    Value length = 0;
    for (const ast::InitItem& item : node.items) {
        if (!item.designators.empty()) {
            if (const auto* index = std::get_if<ast::ExprPtr>(&item.designators[0].node)) {
                ExpressionId e = *index ? constant_expression(**index, "an index") : ExpressionId{};
                position = e.valid() ? static_value(e).value_or(0) : 0;
            }
        }
        position++;
        length = std::max(length, position);
    }
    return std::max<Value>(length, 1);
}

std::optional<Value> Checker::element_count(TypeId id) const {
    const Type& t = type(id);
    if (t.kind == TypeKind::kStruct) return static_cast<Value>(program_[t.structure].members.size());
    return t.extent.valid() ? static_value(t.extent) : std::nullopt;
}

PlaceId Checker::element_place(PlaceId place, Value position, SourceSpan span) {
    if (type(program_[place].type).kind == TypeKind::kStruct)
        return member_place(place, static_cast<std::uint32_t>(position), span);
    return index_place(place, literal(position, long_type(), span), span);
}

void Checker::initialise(PlaceId place, const ast::Expr& init, std::vector<Initialiser>& list, bool is_constant) {
    const auto* braces = std::get_if<ast::InitList>(&init.node);
    TypeKind kind = type(program_[place].type).kind;
    if (braces != nullptr) {
        initialise_list(place, *braces, init.span, list, is_constant);
        return;
    }
    const auto* compound = std::get_if<ast::CompoundLiteral>(&init.node);
    if (compound != nullptr && compound->init && compound->type && is_constant) {
        // `(struct S){ … }` gives the values of its braces.
        TypeId written = resolve_type(*compound->type);
        if (written.valid() && same_type(written, program_[place].type)) {
            initialise(place, *compound->init, list, is_constant);
            return;
        }
    }
    if (kind == TypeKind::kArray) {
        diagnostics_.error(DiagnosticCode::kE0217, init.span, "an array is initialised by values in braces");
        return;
    }
    initialise_scalar(place, init, list, is_constant);
}

void Checker::initialise_list(PlaceId place, const ast::InitList& node, SourceSpan span, std::vector<Initialiser>& list,
                              bool is_constant) {
    TypeId id = program_[place].type;
    TypeKind kind = type(id).kind;
    if (is_container(id)) {
        if (!node.items.empty()) {
            diagnostics_.error(DiagnosticCode::kE0217, span, "a set or list starts empty").with_help("add to it in `init { … }`");
        }
        return;
    }
    if (!is_aggregate(kind)) {
        if (node.items.size() == 1 && node.items[0].designators.empty() && node.items[0].value) {
            initialise(place, *node.items[0].value, list, is_constant);
        } else if (!node.items.empty()) {
            diagnostics_.error(DiagnosticCode::kE0217, span, "`" + name_of(id) + "` holds one value");
        }
        return;
    }
    InitCursor cursor{node.items};
    initialise_aggregate(place, cursor, true, list, is_constant);
}

// Follows the designators of an item; `position` is where in `place` itself it leads.
bool Checker::designate(PlaceId place, const ast::InitItem& item, PlaceId& target, Value& position) {
    target = place;
    for (std::size_t i = 0; i < item.designators.size(); i++) {
        const ast::Designator& designator = item.designators[i];
        TypeId id = program_[target].type;
        if (const auto* name = std::get_if<ast::Name>(&designator.node)) {
            std::vector<std::uint32_t> path;
            if (type(id).kind != TypeKind::kStruct || !find_member(type(id).structure, name->text, path)) {
                Diagnostic& d = diagnostics_.error(DiagnosticCode::kE0203, designator.span,
                                                   "`" + name_of(id) + "` has no member `" + name->text + "`");
                std::vector<std::string> known;
                if (type(id).kind == TypeKind::kStruct)
                    for (const StructMember& m : program_[type(id).structure].members) known.push_back(m.name);
                suggest(d, name->text, known, "a similar member exists");
                return false;
            }
            note_member(*name, type(id).structure, path);
            if (i == 0) position = path[0];
            for (std::uint32_t index : path) target = member_place(target, index, designator.span);
            continue;
        }
        const ast::ExprPtr& index = std::get<ast::ExprPtr>(designator.node);
        ExpressionId e = index ? constant_expression(*index, "an index") : ExpressionId{};
        if (!e.valid()) return false;
        if (type(id).kind != TypeKind::kArray) {
            diagnostics_.error(DiagnosticCode::kE0217, designator.span,
                               "`[…]` designates an element of an array, this is `" + name_of(id) + "`");
            return false;
        }
        if (i == 0) position = static_value(e).value_or(0);
        target = index_place(target, convert_arithmetic(e, long_type()), designator.span);
    }
    return true;
}

void Checker::initialise_aggregate(PlaceId place, InitCursor& cursor, bool braced, std::vector<Initialiser>& list,
                                   bool is_constant) {
    std::optional<Value> count = element_count(program_[place].type);
    Value position = 0;
    while (!cursor.done()) {
        const ast::InitItem& item = cursor.items[cursor.next];
        if (!item.value) {
            cursor.next++;
            continue;
        }
        PlaceId target;
        if (!item.designators.empty()) {
            if (!braced) return;  // it belongs to the list around
            if (!designate(place, item, target, position)) {
                cursor.next++;
                continue;
            }
            cursor.next++;
            initialise(target, *item.value, list, is_constant);
            position++;
            continue;
        }
        if (count && position >= *count) {
            if (!braced) return;
            diagnostics_.error(DiagnosticCode::kE0217, item.value->span,
                               "`" + name_of(program_[place].type) + "` has only " + std::to_string(*count) +
                                   (*count == 1 ? " element" : " elements"));
            return;
        }
        target = element_place(place, position, item.value->span);
        TypeId id = program_[target].type;
        position++;
        if (type(id).kind == TypeKind::kLedger) continue;  // no value of its own
        bool is_list = std::holds_alternative<ast::InitList>(item.value->node);
        bool without_braces = !is_list && is_aggregate(type(id).kind);
        if (without_braces && type(id).kind == TypeKind::kStruct && !is_constant) {
            // `{ other }` may be a whole struct.
            Typed whole = expression(*item.value);
            if (whole.kind == Typed::Kind::kPlace && same_type(whole.type, id)) {
                cursor.next++;
                ExpressionId value = read_struct(whole);
                if (value.valid()) list.push_back({target, value});
                continue;
            }
        }
        if (without_braces) {
            initialise_aggregate(target, cursor, false, list, is_constant);
            continue;
        }
        cursor.next++;
        initialise(target, *item.value, list, is_constant);
    }
}

bool Checker::is_constant_address(PlaceId id) const {
    while (true) {
        const Place& place = program_[id];
        if (place.kind == PlaceKind::kGlobal) return true;
        if (place.kind == PlaceKind::kIndex && !is_constant_expression(place.operand)) return false;
        if (place.kind != PlaceKind::kMember && place.kind != PlaceKind::kIndex) return false;
        id = place.base;
    }
}

void Checker::initialise_scalar(PlaceId place, const ast::Expr& init, std::vector<Initialiser>& list, bool is_constant) {
    TypeId id = program_[place].type;
    if (is_constant) context_.is_constant = true;
    Body scratch;
    Body* saved = context_.body;
    if (is_constant) context_.body = &scratch;
    Typed operand = expression(init);
    ExpressionId value;
    if (!is_scalar(program_, id) && type(id).kind != TypeKind::kStruct) {
        if (!operand.is_error())
            diagnostics_.error(DiagnosticCode::kE0217, init.span, "`" + name_of(id) + "` cannot be initialised like this");
    } else {
        value = convert(operand, id, init.span, "the initial value of `" + place_text(place) + "`");
    }
    if (is_constant) {
        context_.body = saved;
        context_.is_constant = false;
    }
    if (!value.valid()) return;
    if (is_constant) {
        const TypedExpression& e = program_[value];
        bool is_address = e.kind == ExpressionKind::kAddressOf && is_constant_address(e.place);
        bool is_number = is_constant_expression(value);
        if (e.kind != ExpressionKind::kFunctionAddress && !is_address && !is_number) {
            diagnostics_.error(DiagnosticCode::kE0208, init.span, "the initial value of a global must be constant")
                .with_help("set it in `init { … }`");
            return;
        }
        if (is_number && !uses_constant(value) && !static_value(value)) {
            diagnostics_.error(DiagnosticCode::kE0401, init.span,
                               "this constant has no value: it overflows, divides by zero or shifts too far");
            return;
        }
    }
    list.push_back({place, value});
}

}  // namespace quire
