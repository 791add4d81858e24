#include <algorithm>

#include "types/checker.h"

namespace quire {

Typed Checker::expression(const ast::Expr& e) {
    Typed t = std::visit(
        ast::Overloaded{
            [&](const ast::ErrorExpr&) { return failed(e.span); },
            [&](const ast::IntLiteral& n) { return int_literal(e, n); },
            [&](const ast::BoolLiteral& n) { return typed_value(literal(n.value ? 1 : 0, bool_type(), e.span)); },
            [&](const ast::NullLiteral&) {
                Typed null;
                null.kind = Typed::Kind::kNull;
                return null;
            },
            [&](const ast::StringLiteral&) {
                Typed string;
                string.kind = Typed::Kind::kString;
                return string;
            },
            [&](const ast::NameExpr& n) { return name_expression(e, n); },
            [&](const ast::Unary& n) { return unary(e, n); },
            [&](const ast::Binary& n) { return binary(e, n); },
            [&](const ast::Assign& n) { return assign(e, n); },
            [&](const ast::Conditional& n) { return conditional(e, n); },
            [&](const ast::Call& n) { return call(e, n); },
            [&](const ast::MemberAccess& n) { return member_access(e, n); },
            [&](const ast::Index& n) { return index(e, n); },
            [&](const ast::Cast& n) { return cast(e, n); },
            [&](const ast::ContainerOf& n) { return container_of(e, n); },
            [&](const ast::Alloc& n) { return alloc(e, n); },
            [&](const ast::StatementExpr& n) { return statement_expression(e, n); },
            [&](const ast::InitList&) { return error(DiagnosticCode::kE0217, e.span, "braces can only initialise a variable"); },
            [&](const ast::CompoundLiteral& n) { return compound_literal(e, n); },
            [&](const ast::Quantifier& n) { return quantifier(e, n); },
        },
        e.node);
    t.span = e.span;
    return t;
}

// C's rule: the first type that fits; only hexadecimal and octal ones may become unsigned without a suffix.
Typed Checker::int_literal(const ast::Expr& e, const ast::IntLiteral& node) {
    std::uint64_t value = node.value;
    auto fits = [&](int bits, bool is_signed) {
        return bits == 64 ? (!is_signed || value >> 63 == 0) : value >> (is_signed ? 31 : 32) == 0;
    };
    bool may_be_unsigned = node.is_unsigned || !node.is_decimal;
    TypeId t = integer_type(64, false);
    if (!node.is_long && !node.is_unsigned && fits(32, true)) {
        t = int_type();
    } else if (!node.is_long && may_be_unsigned && fits(32, false)) {
        t = integer_type(32, false);
    } else if (!node.is_unsigned && fits(64, true)) {
        t = long_type();
    }
    return typed_value(literal(static_cast<Value>(value), t, e.span));
}

Typed Checker::name_expression(const ast::Expr& e, const ast::NameExpr& node) {
    const Symbol* symbol = lookup(node.name.text);
    if (symbol != nullptr) return symbol_value(*symbol, node.name, e.span);
    if (node.name.text == "self") {
        if (context_.mode == Mode::kProperty && !context_.function.valid()) {
            return error(DiagnosticCode::kE0311, e.span, "no thread is `self` in a property");
        }
        Typed t = typed_value(make(ExpressionKind::kSelf, thread_type(), e.span));
        t.role = context_.role;
        return t;
    }
    if (node.name.text == "NO_THREAD") return typed_value(literal(0, thread_type(), e.span));
    if (node.name.text == "maybe") {
        if (!is_real()) return error(DiagnosticCode::kE0305, e.span, "`maybe` is a choice, and only real code makes choices");
        note_effect(Effect::Kind::kChooses, e.span, "makes a choice (`maybe`)");
        return typed_value(make(ExpressionKind::kMaybe, bool_type(), e.span));
    }
    auto role = role_names_.find(node.name.text);
    if (role != role_names_.end()) {
        note_use(node.name, NamedThing::kRole, program_[role->second].span);
        if (program_[role->second].is_array) {
            diagnostics_.error(DiagnosticCode::kE0205, e.span, "`" + node.name.text + "` is a role of several threads")
                .with_help("name one of them, `" + node.name.text + "[0]`, or bind one: `forall (t : " + node.name.text + ") …`");
            return failed(e.span);
        }
        Typed t = typed_value(make(ExpressionKind::kThreadOf, thread_type(), e.span));
        program_.expressions.back().role = role->second;
        t.role = role->second;
        return t;
    }
    if (is_builtin(node.name.text)) {
        diagnostics_.error(DiagnosticCode::kE0220, e.span, "`" + node.name.text + "` is built in and can only be called")
            .with_help("write `" + node.name.text + "(…)`");
        return failed(e.span);
    }
    return unknown_name(node.name);
}

Typed Checker::symbol_value(const Symbol& symbol, const ast::Name& name, SourceSpan span) {
    note_symbol(name, symbol);
    switch (symbol.kind) {
        case Symbol::Kind::kConstant: {
            ConstantId id{symbol.index};
            if (constant_states_[id.index()] == 1) {
                diagnostics_.error(DiagnosticCode::kE0402, span, "constant `" + name.text + "` depends on itself")
                    .with_secondary(program_[id].span, "defined here");
                return failed(span);
            }
            resolve_constant(id);
            if (!constant_types_[id.index()].valid()) return failed(span);
            ExpressionId e = make(ExpressionKind::kConstant, constant_types_[id.index()], span);
            program_.expressions[e.index()].constant = id;
            return typed_value(e);
        }
        case Symbol::Kind::kEnumerator: {
            auto [value, type] = enumerators_[symbol.index];
            return typed_value(literal(value, type.valid() ? type : int_type(), span));
        }
        case Symbol::Kind::kFunction: {
            Typed t;
            t.kind = Typed::Kind::kFunction;
            t.function = FunctionId{symbol.index};
            return t;
        }
        case Symbol::Kind::kGlobal: {
            Place place;
            place.kind = PlaceKind::kGlobal;
            place.global = GlobalId{symbol.index};
            place.type = global_type(place.global);
            if (bad_globals_.count(symbol.index) != 0) return failed(span);
            place.span = span;
            return typed_place(add(place));
        }
        case Symbol::Kind::kLocal: {
            LocalId id{symbol.index};
            if (bad_locals_.count(symbol.index) != 0) return failed(span);
            if (context_.unevaluated == 0) used_locals_.insert(symbol.index);
            const Type& t = type(program_[id].type);
            if (t.kind == TypeKind::kReference && t.by_pointer) {
                Typed reference;
                reference.kind = Typed::Kind::kReference;
                reference.type = t.element;
                reference.local = id;
                return reference;
            }
            Typed place = typed_place(local_place(id, span));
            auto bound = thread_roles_.find(id.value);
            if (bound != thread_roles_.end()) {
                place.role = bound->second;
                place.is_lvalue = false;
            }
            return place;
        }
        case Symbol::Kind::kTypedef:
            return error(DiagnosticCode::kE0205, span, "`" + name.text + "` is a type, a value is needed here");
    }
    return failed(span);
}

Typed Checker::unary(const ast::Expr& e, const ast::Unary& node) {
    switch (node.op) {
        case ast::UnaryOp::kDereference: return dereference(e, node);
        case ast::UnaryOp::kAddressOf: return address_of(e, node);
        case ast::UnaryOp::kPreIncrement:
        case ast::UnaryOp::kPreDecrement:
        case ast::UnaryOp::kPostIncrement:
        case ast::UnaryOp::kPostDecrement: return increment(e, node);
        case ast::UnaryOp::kNot: {
            Typed operand = expression(*node.operand);
            ExpressionId c = condition(operand);
            if (!c.valid()) return failed(e.span);
            return typed_value(make_operator(Op::kNot, bool_type(), kBoolType, e.span, {c}));
        }
        case ast::UnaryOp::kPlus:
        case ast::UnaryOp::kMinus:
        case ast::UnaryOp::kComplement: break;
    }
    Typed operand = rvalue(expression(*node.operand));
    if (operand.is_error()) return operand;
    if (operand.kind != Typed::Kind::kValue || !is_arithmetic(operand.type)) {
        return error(DiagnosticCode::kE0205, e.span,
                     "`" + std::string(ast::spelling(node.op)) + "` needs a number, this is " + describe(operand));
    }
    TypeId t = promoted(operand.type);
    ExpressionId value = convert_arithmetic(operand.value, t);
    if (node.op == ast::UnaryOp::kPlus) return typed_value(value);
    Op op = node.op == ast::UnaryOp::kMinus ? Op::kNegate : Op::kBitNot;
    return typed_value(make_operator(op, t, scalar(t), e.span, {value}));
}

Typed Checker::dereference(const ast::Expr& e, const ast::Unary& node) {
    Typed operand = expression(*node.operand);
    switch (operand.kind) {
        case Typed::Kind::kError: return operand;
        case Typed::Kind::kReference: return typed_place(local_place(operand.local, e.span));
        case Typed::Kind::kScalarAddress: {
            Typed place = typed_place(operand.place);
            place.before = operand.before;
            return place;
        }
        case Typed::Kind::kFunction: return operand;
        case Typed::Kind::kPlace:
            if (type(operand.type).kind == TypeKind::kArray) {
                return typed_place(index_place(operand.place, literal(0, long_type(), e.span), e.span));
            }
            break;
        case Typed::Kind::kNull:
        case Typed::Kind::kValue:
        case Typed::Kind::kVoid:
        case Typed::Kind::kString: break;
    }
    operand = rvalue(operand);
    if (operand.is_error()) return operand;
    if (operand.kind == Typed::Kind::kValue && type(operand.type).kind == TypeKind::kFunctionPointer) return operand;
    if (operand.kind != Typed::Kind::kValue || !is_pointer(operand.type) || !type(operand.type).structure.valid()) {
        return error(DiagnosticCode::kE0210, e.span, "`*` needs a pointer, this is " + describe(operand));
    }
    PlaceId place = deref_place(operand.value, e.span);
    if (!is_complete(program_[place].type, e.span)) return failed(e.span);
    return typed_place(place);
}

Typed Checker::address_of(const ast::Expr& e, const ast::Unary& node) {
    Typed operand = expression(*node.operand);
    if (operand.is_error()) return operand;
    if (operand.kind == Typed::Kind::kFunction) return rvalue(operand);
    if (!require_lvalue(operand, e.span, "`&`")) return failed(e.span);
    if (type(operand.type).kind == TypeKind::kStruct) {
        note_read(operand.place, e.span);
        take_address(operand.place);
        ExpressionId address = make(ExpressionKind::kAddressOf, pointer_to(type(operand.type).structure), e.span);
        program_.expressions[address.index()].place = operand.place;
        return typed_value(address);
    }
    operand.kind = Typed::Kind::kScalarAddress;
    return operand;
}

// The local moves into memory; behind a reference parameter it may be any caller's local, see spread_addresses.
void Checker::take_address(PlaceId place) {
    if (context_.unevaluated > 0) return;
    PlaceRoot root = root_of(place);
    if (root.local.valid()) program_.locals[root.local.index()].in_memory = true;
}

bool Checker::require_lvalue(const Typed& operand, SourceSpan span, const char* what) {
    if (operand.is_error()) return false;
    if (operand.kind == Typed::Kind::kPlace && operand.is_lvalue) return true;
    diagnostics_.error(DiagnosticCode::kE0207, operand.span.valid() ? operand.span : span,
                       std::string(what) + " needs a variable, a member or an element, this is " + describe(operand));
    return false;
}

Typed Checker::increment(const ast::Expr& e, const ast::Unary& node) {
    bool is_increment = node.op == ast::UnaryOp::kPreIncrement || node.op == ast::UnaryOp::kPostIncrement;
    bool is_postfix = node.op == ast::UnaryOp::kPostIncrement || node.op == ast::UnaryOp::kPostDecrement;
    Typed target = expression(*node.operand);
    if (target.is_error()) return target;
    if (!require_lvalue(target, e.span, is_increment ? "`++`" : "`--`")) return failed(e.span);
    Typed one = typed_value(literal(1, int_type(), e.span));
    return compound_assign(e, target, is_increment ? ast::BinaryOp::kAdd : ast::BinaryOp::kSubtract, one, is_postfix);
}

Typed Checker::assign(const ast::Expr& e, const ast::Assign& node) {
    Typed target = expression(*node.target);
    Typed source = expression(*node.value);
    if (target.is_error() || source.is_error()) return failed(e.span);
    if (!require_lvalue(target, node.target->span, "`=`")) return failed(e.span);
    if (node.op) return compound_assign(e, target, *node.op, source, false);
    TypeKind kind = type(target.type).kind;
    if (kind == TypeKind::kStruct) return assign_struct(target, source, e.span);
    if (!is_scalar(program_, target.type)) {
        return error(DiagnosticCode::kE0205, e.span, "`" + name_of(target.type) + "` cannot be assigned as a whole");
    }
    ExpressionId value = convert(source, target.type, node.value->span, "assigned to `" + place_text(target.place) + "`");
    check_write(target, node.target->span, "assigned to");
    if (!value.valid()) return failed(e.span);
    ExpressionId assignment = make(ExpressionKind::kAssign, plain(target.type), e.span, {value});
    program_.expressions[assignment.index()].place = target.place;
    return typed_value(assignment);
}

Typed Checker::compound_assign(const ast::Expr& e, const Typed& target, const ast::BinaryOp op, const Typed& operand_in,
                               bool postfix) {
    Typed operand = rvalue(operand_in);
    if (operand.is_error()) return operand;
    if (is_pointer(target.type)) {
        reject_pointer_arithmetic(typed_place(target.place), operand, e.span);
        return failed(e.span);
    }
    if (!is_arithmetic(target.type) || operand.kind != Typed::Kind::kValue || !is_arithmetic(operand.type)) {
        return mismatch(target, operand, e.span, "computed with");
    }
    static const std::map<ast::BinaryOp, Op> kOps = {{ast::BinaryOp::kAdd, Op::kAdd},
                                                     {ast::BinaryOp::kSubtract, Op::kSubtract},
                                                     {ast::BinaryOp::kMultiply, Op::kMultiply},
                                                     {ast::BinaryOp::kDivide, Op::kDivide},
                                                     {ast::BinaryOp::kRemainder, Op::kRemainder},
                                                     {ast::BinaryOp::kShiftLeft, Op::kShiftLeft},
                                                     {ast::BinaryOp::kShiftRight, Op::kShiftRight},
                                                     {ast::BinaryOp::kBitAnd, Op::kBitAnd},
                                                     {ast::BinaryOp::kBitOr, Op::kBitOr},
                                                     {ast::BinaryOp::kBitXor, Op::kBitXor}};
    auto found = kOps.find(op);
    if (found == kOps.end()) return error(DiagnosticCode::kE0205, e.span, "this operator does not assign");
    bool is_shift = found->second == Op::kShiftLeft || found->second == Op::kShiftRight;
    TypeId t = is_shift ? promoted(target.type) : usual_type(target.type, operand.type);
    ExpressionId value = convert_arithmetic(operand.value, is_shift ? promoted(operand.type) : t);
    note_read(target.place, target.span);
    check_write(target, target.span, "changed");
    ExpressionId compound = make(ExpressionKind::kCompound, plain(target.type), e.span, {value});
    TypedExpression& node = program_.expressions[compound.index()];
    node.place = target.place;
    node.op = found->second;
    node.operand_type = scalar_type(program_, t);
    node.postfix = postfix;
    return typed_value(compound);
}

Typed Checker::assign_struct(const Typed& target, const Typed& source, SourceSpan span) {
    if (source.kind != Typed::Kind::kPlace || !same_type(target.type, source.type))
        return mismatch(target, source, span, "assigned");
    check_write(target, target.span.valid() ? target.span : span, "assigned to");
    // Where no address is computed it makes no difference whether the source's call runs before it.
    bool is_simple = true;
    for (PlaceId place = target.place; is_simple;) {
        const Place& p = program_[place];
        if (p.kind == PlaceKind::kDeref) is_simple = false;
        if (p.kind == PlaceKind::kIndex && !is_constant_expression(p.operand)) is_simple = false;
        if (p.kind != PlaceKind::kMember && p.kind != PlaceKind::kIndex) break;
        place = p.base;
    }
    Typed from = source;
    ExpressionId before = from.before;
    if (is_simple) from.before = {};
    ExpressionId value = read_struct(from);
    if (!value.valid()) return failed(span);
    ExpressionId assignment = make(ExpressionKind::kAssign, plain(target.type), span, {value});
    program_.expressions[assignment.index()].place = target.place;
    if (is_simple && before.valid()) assignment = make(ExpressionKind::kComma, plain(target.type), span, {before, assignment});
    Typed result = typed_place(target.place, false);
    result.before = assignment;
    return result;
}

Typed Checker::conditional(const ast::Expr& e, const ast::Conditional& node) {
    if (node.then_value) {
        ExpressionId c = condition(*node.condition);
        Typed a = expression(*node.then_value);
        Typed b = expression(*node.else_value);
        if (!c.valid() || a.is_error() || b.is_error()) return failed(e.span);
        return conditional_of(c, a, b, e.span);
    }
    // a ?: b reads a once.
    Typed a = rvalue(expression(*node.condition));
    Typed b = expression(*node.else_value);
    if (a.is_error() || b.is_error()) return failed(e.span);
    if (a.kind != Typed::Kind::kValue)
        return error(DiagnosticCode::kE0218, e.span, "`?:` needs a number or a pointer, this is " + describe(a));
    LocalId kept = temporary(plain(a.type), e.span);
    ExpressionId store = make(ExpressionKind::kAssign, plain(a.type), e.span, {a.value});
    program_.expressions[store.index()].place = local_place(kept, e.span);
    auto read = [&] {
        Typed place = typed_place(local_place(kept, node.condition->span), false);
        return place;
    };
    ExpressionId c = condition(read());
    Typed result = conditional_of(c, read(), b, e.span);
    if (result.kind != Typed::Kind::kValue) return result;
    return typed_value(make(ExpressionKind::kComma, result.type, e.span, {store, result.value}));
}

Typed Checker::conditional_of(ExpressionId c, Typed a, Typed b, SourceSpan span) {
    bool both_structs = a.kind == Typed::Kind::kPlace && b.kind == Typed::Kind::kPlace &&
                        type(a.type).kind == TypeKind::kStruct && same_type(a.type, b.type);
    if (both_structs) {
        LocalId kept = temporary(plain(a.type), span);
        ExpressionId first = assign_struct(typed_place(local_place(kept, span)), a, span).before;
        ExpressionId second = assign_struct(typed_place(local_place(kept, span)), b, span).before;
        Typed result = typed_place(local_place(kept, span), false);
        result.before = make(ExpressionKind::kConditional, void_type(), span, {c, first, second});
        return result;
    }
    a = rvalue(a);
    b = rvalue(b);
    if (a.is_error() || b.is_error()) return failed(span);
    if (a.kind == Typed::Kind::kVoid || b.kind == Typed::Kind::kVoid) {
        ExpressionId first = effect_of(a);
        ExpressionId second = effect_of(b);
        if (!first.valid()) first = literal(0, int_type(), span);
        if (!second.valid()) second = literal(0, int_type(), span);
        return typed_void(make(ExpressionKind::kConditional, void_type(), span, {c, first, second}), span);
    }
    if (a.kind == Typed::Kind::kNull && b.kind == Typed::Kind::kNull) return a;
    TypeId t;
    if (a.kind == Typed::Kind::kValue && b.kind == Typed::Kind::kValue && is_arithmetic(a.type) && is_arithmetic(b.type)) {
        t = same_type(a.type, b.type) ? plain(a.type) : usual_type(a.type, b.type);
    } else {
        bool a_is_open = a.kind == Typed::Kind::kNull ||
                         (a.kind == Typed::Kind::kValue && is_pointer(a.type) && !type(a.type).structure.valid());
        t = a_is_open ? b.type : a.type;
        if (b.kind == Typed::Kind::kNull && a.kind != Typed::Kind::kValue) return mismatch(a, b, span, "chosen with");
    }
    if (!t.valid()) return mismatch(a, b, span, "chosen with");
    ExpressionId first = convert(a, t, a.span.valid() ? a.span : span, "chosen by `?:`");
    ExpressionId second = convert(b, t, b.span.valid() ? b.span : span, "chosen by `?:`");
    if (!first.valid() || !second.valid()) return failed(span);
    return typed_value(make(ExpressionKind::kConditional, plain(t), span, {c, first, second}));
}

bool Checker::find_member(StructId structure, std::string_view name, std::vector<std::uint32_t>& path) const {
    if (name.empty()) return false;
    const Struct& s = program_[structure];
    for (std::size_t i = 0; i < s.members.size(); i++) {
        path.push_back(static_cast<std::uint32_t>(i));
        if (s.members[i].name == name) return true;
        bool anonymous = s.members[i].name.empty() && type(s.members[i].type).kind == TypeKind::kStruct;
        if (anonymous && find_member(type(s.members[i].type).structure, name, path)) return true;
        path.pop_back();
    }
    return false;
}

Typed Checker::member_access(const ast::Expr& e, const ast::MemberAccess& node) {
    return member_of_object(expression(*node.object), e, node);
}

Typed Checker::member_of_object(Typed object, const ast::Expr& e, const ast::MemberAccess& node) {
    if (node.member.empty()) note_missed_member(node.member, object);
    if (object.is_error() || node.member.empty()) return failed(e.span);
    bool is_thread =
        (object.kind == Typed::Kind::kPlace || object.kind == Typed::Kind::kValue) && type(object.type).kind == TypeKind::kThread;
    if (is_thread && !node.arrow) return thread_member(object, node.member, e.span);
    if (!node.arrow) {
        if (object.kind == Typed::Kind::kPlace && type(object.type).kind == TypeKind::kStruct)
            return member_of(object, node.member, e.span);
        Diagnostic& d = diagnostics_.error(DiagnosticCode::kE0203, node.member.span,
                                           "`." + node.member.text + "` needs a struct, this is " + describe(object));
        bool is_pointer_value =
            (object.kind == Typed::Kind::kPlace || object.kind == Typed::Kind::kValue) && is_pointer(object.type);
        if (is_pointer_value) d.with_help("it is a pointer: write `->" + node.member.text + "`");
        return failed(e.span);
    }
    if (object.kind == Typed::Kind::kPlace && type(object.type).kind == TypeKind::kStruct) {
        diagnostics_
            .error(DiagnosticCode::kE0210, node.member.span,
                   "`->" + node.member.text + "` needs a pointer, this is " + describe(object))
            .with_help("it is a struct itself: write `." + node.member.text + "`");
        return failed(e.span);
    }
    object = rvalue(object);
    if (object.is_error()) return object;
    if (object.kind != Typed::Kind::kValue || !is_pointer(object.type) || !type(object.type).structure.valid()) {
        return error(DiagnosticCode::kE0210, node.member.span,
                     "`->" + node.member.text + "` needs a pointer to a struct, this is " + describe(object));
    }
    return member_of(typed_place(deref_place(object.value, node.object->span)), node.member, e.span);
}

Typed Checker::member_of(const Typed& object, const ast::Name& member, SourceSpan span) {
    StructId structure = type(object.type).structure;
    if (!is_complete(object.type, span)) return failed(span);
    std::vector<std::uint32_t> path;
    if (!find_member(structure, member.text, path)) {
        note_missed_member(member, object);
        if (bad_members_.count({structure.value, member.text}) != 0) return failed(span);
        const Struct& s = program_[structure];
        Diagnostic& d = diagnostics_.error(DiagnosticCode::kE0203, member.span,
                                           "`struct " + s.name + "` has no member `" + member.text + "`");
        std::vector<std::string> known;
        for (const StructMember& m : s.members) known.push_back(m.name);
        suggest(d, member.text, known, "a similar member exists");
        if (s.span.valid()) d.with_secondary(s.span, "defined here");
        return failed(span);
    }
    note_member(member, structure, path);
    PlaceId place = object.place;
    for (std::uint32_t index : path) place = member_place(place, index, span);
    Typed result = typed_place(place, object.is_lvalue);
    result.before = object.before;
    return result;
}

// t.index and t.local
Typed Checker::thread_member(const Typed& thread_in, const ast::Name& member, SourceSpan span) {
    Typed thread = rvalue(thread_in);
    if (thread.is_error()) return thread;
    RoleId role = thread_in.role;
    bool is_self = program_[thread.value].kind == ExpressionKind::kSelf;
    if (member.text == "index") {
        if (is_self && context_.is_init)
            return error(DiagnosticCode::kE0311, span, "no thread runs in `init`, so `self` has no index");
        if (is_real() && !is_self) {
            diagnostics_.error(DiagnosticCode::kE0220, span, "real code can only ask for its own index, `self.index`")
                .with_note("`t.index` of another thread is for properties and ghost code");
            return failed(span);
        }
        if (is_self && context_.body != nullptr) context_.body->looks_at_index = true;
        for (std::size_t i = 0; i < program_.roles.size() && !is_self; i++) {
            if (!role.valid() || role.index() == i) program_.roles[i].looks_at_index = true;
        }
        ExpressionId e = make(ExpressionKind::kThreadIndex, int_type(), span, {thread.value});
        program_.expressions[e.index()].role = role;
        return typed_value(e);
    }
    if (is_real()) {
        diagnostics_.error(DiagnosticCode::kE0303, span, "real code cannot read the locals of a thread from outside")
            .with_help("use a shared variable, or do it in ghost code or in a property");
        return failed(span);
    }
    std::vector<std::pair<RoleId, LocalId>> found;
    for (std::size_t i = 0; i < program_.roles.size(); i++) {
        if (role.valid() && role.index() != i) continue;
        ensure_role_checked(RoleId{i});
        auto locals = role_bodies_[i].locals.find(member.text);
        if (locals == role_bodies_[i].locals.end()) continue;
        for (LocalId local : locals->second) found.emplace_back(RoleId{i}, local);
    }
    if (found.empty()) {
        note_missed_member(member, thread_in);
        Diagnostic& d =
            diagnostics_.error(DiagnosticCode::kE0203, member.span, "no thread has a local variable `" + member.text + "`");
        std::vector<std::string> known{"index"};
        for (const Body& body : role_bodies_) {
            for (const auto& [name, unused] : body.locals) known.push_back(name);
        }
        suggest(d, member.text, known, "a similar name exists");
        d.with_note("`t.name` is a variable of the thread's own body, not of a function that it calls");
        return failed(span);
    }
    if (found.size() > 1) {
        Diagnostic& d =
            diagnostics_.error(DiagnosticCode::kE0204, member.span, "`" + member.text + "` could be one of several variables");
        for (const auto& [unused, local] : found) d.with_secondary(program_[local].span, "one of them");
        d.with_help("rename the one that is meant");
        return failed(span);
    }
    note_local(member, found[0].second);
    TypeId t = program_[found[0].second].type;
    if (!is_scalar(program_, t)) {
        return error(DiagnosticCode::kE0511, span,
                     "looking at a thread's `" + name_of(t) + "` from outside is not supported yet");
    }
    ExpressionId e = make(ExpressionKind::kThreadLocal, plain(t), span, {thread.value});
    program_.expressions[e.index()].role = found[0].first;
    program_.expressions[e.index()].local = found[0].second;
    return typed_value(e);
}

Typed Checker::index(const ast::Expr& e, const ast::Index& node) {
    const auto* name = std::get_if<ast::NameExpr>(&node.object->node);
    if (name != nullptr && lookup(name->name.text) == nullptr) {
        auto role = role_names_.find(name->name.text);
        if (role != role_names_.end()) {
            note_use(name->name, NamedThing::kRole, program_[role->second].span);
            Typed position = rvalue(expression(*node.index));
            if (position.is_error()) return position;
            ExpressionId value = convert(position, long_type(), node.index->span, "the index of a thread");
            if (!value.valid()) return failed(e.span);
            program_.roles[role->second.index()].looks_at_index = true;
            ExpressionId thread = make(ExpressionKind::kThreadOf, thread_type(), e.span, {value});
            program_.expressions[thread.index()].role = role->second;
            Typed t = typed_value(thread);
            t.role = role->second;
            return t;
        }
    }
    Typed object = expression(*node.object);
    Typed position = rvalue(expression(*node.index));
    if (object.is_error() || position.is_error()) return failed(e.span);
    bool is_array = object.kind == Typed::Kind::kPlace && type(object.type).kind == TypeKind::kArray;
    if (!is_array) {
        bool is_pointer_like =
            object.kind == Typed::Kind::kReference ||
            ((object.kind == Typed::Kind::kPlace || object.kind == Typed::Kind::kValue) && is_pointer(object.type));
        std::optional<Value> zero = position.kind == Typed::Kind::kValue ? static_value(position.value) : std::nullopt;
        if (is_pointer_like && zero && *zero == 0) {
            if (object.kind == Typed::Kind::kReference) return typed_place(local_place(object.local, e.span));
            return typed_place(deref_place(rvalue(object).value, e.span));
        }
        if (is_pointer_like) {
            diagnostics_.error(DiagnosticCode::kE0307, e.span, "a pointer names one instance and cannot be indexed")
                .with_help("pass an array parameter, `T name[N]`, or an index");
            return failed(e.span);
        }
        return error(DiagnosticCode::kE0211, node.object->span, "`[…]` needs an array, this is " + describe(object));
    }
    if (position.kind != Typed::Kind::kValue || !is_arithmetic(position.type)) {
        return error(DiagnosticCode::kE0205, node.index->span, "an index must be a number, this is " + describe(position));
    }
    ExpressionId value = convert_arithmetic(position.value, long_type());
    std::optional<Value> known = static_value(value);
    std::optional<Value> extent = type(object.type).extent.valid() ? static_value(type(object.type).extent) : std::nullopt;
    if (known && *known < 0) {
        diagnostics_.error(DiagnosticCode::kE0401, node.index->span, "index " + std::to_string(*known) + " is in no array");
    } else if (known && extent && *known >= *extent && context_.unevaluated == 0 && context_.is_constant) {
        diagnostics_.error(DiagnosticCode::kE0401, node.index->span, "index " + std::to_string(*known) + " is outside the array");
    }
    Typed result = typed_place(index_place(object.place, value, e.span), object.is_lvalue);
    result.before = object.before;
    return result;
}

// What writing means here: allowed or not, and for whom it is an effect.
void Checker::check_write(const Typed& target, SourceSpan span, const char* verb) {
    if (context_.unevaluated > 0 || target.kind != Typed::Kind::kPlace) return;
    std::string text = "`" + place_text(target.place) + "`";
    for (PlaceId p = target.place;; p = program_[p].base) {
        if (type(program_[p].type).is_const) {
            diagnostics_.error(DiagnosticCode::kE0207, span, text + " is `const` and cannot be " + verb);
            return;
        }
        if (program_[p].kind != PlaceKind::kMember && program_[p].kind != PlaceKind::kIndex) break;
    }
    PlaceRoot root = root_of(target.place);
    bool is_own_local = root.local.valid() && !root.is_reference;
    if (context_.mode == Mode::kProperty) {
        if (is_own_local && root.is_ghost) return;
        diagnostics_.error(DiagnosticCode::kE0308, span, "a property cannot change " + text);
        return;
    }
    if (context_.mode == Mode::kGhost && !root.is_ghost) {
        Diagnostic& d = diagnostics_.error(DiagnosticCode::kE0304, span, "ghost code cannot change " + text + ", which is real");
        if (root.local.valid()) d.with_secondary(program_[root.local].span, "declared without `ghost`");
        return;
    }
    if (is_real() && root.is_ghost && context_.body != nullptr)
        context_.body->ghost_uses.push_back({span, place_text(target.place), true});
    if (is_own_local) return;
    if (root.local.valid()) {
        note_effect(Effect::Kind::kWritesParameter, span, "writes " + text, root.local);
    } else {
        note_effect(root.is_ghost ? Effect::Kind::kWritesGhost : Effect::Kind::kWritesReal, span, "writes " + text);
    }
}

void Checker::note_read(PlaceId place, SourceSpan span) {
    if (context_.unevaluated > 0 || !is_real() || context_.body == nullptr) return;
    if (root_of(place).is_ghost) context_.body->ghost_uses.push_back({span, place_text(place), false});
}

void Checker::note_effect(Effect::Kind kind, SourceSpan span, std::string what, LocalId parameter) {
    if (context_.unevaluated > 0 || context_.body == nullptr) return;
    context_.body->effects.push_back({kind, parameter, span, std::move(what)});
}

}  // namespace quire
