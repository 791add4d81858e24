// C's conversions made explicit, and the operators over their results. LP64: int has 32 bits, long and pointers 64.
#include "types/checker.h"

namespace quire {

std::string Checker::describe(const Typed& operand) const {
    switch (operand.kind) {
        case Typed::Kind::kError: return "wrong";
        case Typed::Kind::kVoid:
            if (!operand.function.valid()) return "a call without a result";
            return "a call that `extern ignore` drops (with a result it would be `extern havoc int " +
                   program_[operand.function].name + "() in lo..hi;`)";
        case Typed::Kind::kNull: return "`NULL`";
        case Typed::Kind::kFunction: return "the function `" + program_[operand.function].name + "`";
        case Typed::Kind::kReference:
        case Typed::Kind::kScalarAddress: return "a pointer to `" + name_of(operand.type) + "`";
        case Typed::Kind::kString: return "a string";
        case Typed::Kind::kValue:
        case Typed::Kind::kPlace: break;
    }
    if (is_pointer(operand.type) && !type(operand.type).structure.valid()) return "a pointer";
    return "`" + name_of(operand.type) + "`";
}

Typed Checker::mismatch(const Typed& left, const Typed& right, SourceSpan span, const char* verb) {
    if (left.is_error() || right.is_error()) return failed(span);
    return error(DiagnosticCode::kE0205, span, describe(left) + " cannot be " + verb + " " + describe(right));
}

Typed Checker::rvalue(Typed operand) {
    switch (operand.kind) {
        case Typed::Kind::kError:
        case Typed::Kind::kVoid:
        case Typed::Kind::kValue:
        case Typed::Kind::kNull:
        case Typed::Kind::kString: return operand;
        case Typed::Kind::kFunction: {
            ExpressionId e = make(ExpressionKind::kFunctionAddress, function_pointer_type(operand.function), operand.span);
            program_.expressions[e.index()].function = operand.function;
            if (context_.unevaluated == 0) program_.functions[operand.function.index()].address_taken = true;
            if (program_[operand.function].external != ExternKind::kDefined) {
                return error(DiagnosticCode::kE0312, operand.span,
                             "`" + program_[operand.function].name + "` has no body, so its address cannot be kept");
            }
            if (struct_results_[operand.function.index()].valid()) {
                return error(DiagnosticCode::kE0511, operand.span,
                             "pointers to functions that return a struct are not supported yet");
            }
            return typed_value(e);
        }
        case Typed::Kind::kReference: {
            diagnostics_
                .error(DiagnosticCode::kE0216, operand.span,
                       "`" + program_[operand.local].name + "` is a pointer to `" + name_of(operand.type) +
                           "`, which cannot be stored or computed with")
                .with_help("write `*" + program_[operand.local].name + "` for the value");
            return failed(operand.span);
        }
        case Typed::Kind::kScalarAddress: {
            diagnostics_
                .error(DiagnosticCode::kE0216, operand.span,
                       "a pointer to `" + name_of(operand.type) + "` can only be an argument")
                .with_help("keep a pointer to the struct around it, or an index");
            return failed(operand.span);
        }
        case Typed::Kind::kPlace: break;
    }
    const Type& t = type(operand.type);
    if (t.kind == TypeKind::kArray && type(t.element).kind == TypeKind::kStruct && operand.is_lvalue) {
        // An array of structs stands for a pointer to its first one, as in C.
        Typed first = typed_place(index_place(operand.place, literal(0, long_type(), operand.span), operand.span));
        note_read(first.place, operand.span);
        take_address(first.place);
        ExpressionId address = make(ExpressionKind::kAddressOf, pointer_to(type(first.type).structure), operand.span);
        program_.expressions[address.index()].place = first.place;
        return typed_value(address);
    }
    if (!is_scalar(program_, operand.type)) {
        return error(DiagnosticCode::kE0205, operand.span, "a single value is needed here, this is " + describe(operand));
    }
    note_read(operand.place, operand.span);
    ExpressionId read = make(ExpressionKind::kRead, plain(operand.type), operand.span);
    program_.expressions[read.index()].place = operand.place;
    if (operand.before.valid()) read = make(ExpressionKind::kComma, program_[read].type, operand.span, {operand.before, read});
    Typed value = typed_value(read);
    value.role = operand.role;
    return value;
}

ExpressionId Checker::read_struct(const Typed& operand) {
    if (operand.kind != Typed::Kind::kPlace || type(operand.type).kind != TypeKind::kStruct) return {};
    note_read(operand.place, operand.span);
    ExpressionId read = make(ExpressionKind::kRead, plain(operand.type), operand.span);
    program_.expressions[read.index()].place = operand.place;
    if (operand.before.valid()) read = make(ExpressionKind::kComma, program_[read].type, operand.span, {operand.before, read});
    return read;
}

ExpressionId Checker::condition(const Typed& operand_in) {
    if (operand_in.kind == Typed::Kind::kReference) {
        ExpressionId is_null = make(ExpressionKind::kIsNullReference, bool_type(), operand_in.span);
        program_.expressions[is_null.index()].local = operand_in.local;
        return make_operator(Op::kNot, bool_type(), kBoolType, operand_in.span, {is_null});
    }
    if (operand_in.kind == Typed::Kind::kScalarAddress) return literal(1, bool_type(), operand_in.span);
    bool is_whole = operand_in.kind == Typed::Kind::kPlace && !is_scalar(program_, operand_in.type) &&
                    type(operand_in.type).kind != TypeKind::kArray;
    Typed operand = is_whole ? operand_in : rvalue(operand_in);
    if (operand.is_error()) return {};
    if (operand.kind == Typed::Kind::kNull) return literal(0, bool_type(), operand_in.span);
    bool fits = operand.kind == Typed::Kind::kValue && is_scalar(program_, operand.type);
    if (!fits || type(operand.type).kind == TypeKind::kThread) {
        Diagnostic& d = diagnostics_.error(DiagnosticCode::kE0218, operand_in.span,
                                           "a condition is needed here, this is " + describe(operand));
        if (fits) d.with_help("compare it with `NO_THREAD`");
        return {};
    }
    if (type(operand.type).kind == TypeKind::kBool) return operand.value;
    if (is_arithmetic(operand.type)) return convert_arithmetic(operand.value, bool_type());
    ExpressionId null = literal(0, operand.type, operand_in.span);
    return make_operator(Op::kNotEqual, bool_type(), scalar(operand.type), operand_in.span, {operand.value, null});
}

ExpressionId Checker::convert_arithmetic(ExpressionId value, TypeId target_in) {
    TypeId target = plain(target_in);
    TypeId from = program_[value].type;
    ScalarType to = scalar(target);
    if (scalar(from) == to) {
        // Only the name of the type changes (an enum, an int): the node keeps its own unless it is a plain number.
        if (program_[value].kind == ExpressionKind::kLiteral && !same_type(from, target))
            return literal(program_[value].value, target, program_[value].span);
        return value;
    }
    SourceSpan span = program_[value].span;
    if (program_[value].kind == ExpressionKind::kLiteral) {
        return literal(evaluate(Op::kConvert, to, program_[value].value).value, target, span);
    }
    return make_operator(Op::kConvert, target, to, span, {value});
}

// Gives a pointer of no particular struct (NULL, ERR_PTR(…)) the struct that it is used for.
void Checker::retype_pointer(ExpressionId id, TypeId target) {
    if (!id.valid()) return;
    TypedExpression& e = program_.expressions[id.index()];
    if (!is_pointer(e.type) || type(e.type).structure.valid()) return;
    e.type = target;
    if (e.kind == ExpressionKind::kConditional) {
        std::vector<ExpressionId> operands = e.operands;
        retype_pointer(operands[1], target);
        retype_pointer(operands[2], target);
    } else if (e.kind == ExpressionKind::kComma) {
        retype_pointer(e.operands[1], target);
    } else if (e.kind == ExpressionKind::kStatements && !e.operands.empty()) {
        retype_pointer(e.operands[0], target);
    }
}

// As if by assignment to a place of type `target`.
ExpressionId Checker::convert(Typed operand, TypeId target_in, SourceSpan span, const std::string& what) {
    if (operand.is_error() || !target_in.valid()) return {};
    TypeId target = plain(target_in);
    const Type goal = type(target);
    auto fail = [&]() -> ExpressionId {
        diagnostics_.error(DiagnosticCode::kE0205, span,
                           describe(operand) + " is " + what + ", which needs `" + name_of(target) + "`");
        return {};
    };
    if (goal.kind == TypeKind::kStruct) {
        if (operand.kind != Typed::Kind::kPlace || !same_type(operand.type, target)) return fail();
        return read_struct(operand);
    }
    if (goal.kind == TypeKind::kBool && operand.kind != Typed::Kind::kVoid && operand.kind != Typed::Kind::kString) {
        bool is_thread = (operand.kind == Typed::Kind::kPlace || operand.kind == Typed::Kind::kValue) &&
                         type(operand.type).kind == TypeKind::kThread;
        return is_thread ? fail() : condition(operand);
    }
    if (operand.kind == Typed::Kind::kReference || operand.kind == Typed::Kind::kScalarAddress) return fail();
    operand = rvalue(operand);
    if (operand.is_error()) return {};
    bool is_pointer_goal = goal.kind == TypeKind::kPointer || goal.kind == TypeKind::kFunctionPointer;
    if (operand.kind == Typed::Kind::kNull) return is_pointer_goal ? literal(0, target, span) : fail();
    if (operand.kind != Typed::Kind::kValue) return fail();
    if (is_arithmetic(operand.type) && is_arithmetic(target)) return convert_arithmetic(operand.value, target);
    if (is_pointer_goal && is_arithmetic(operand.type)) {
        // The constant 0 is a null pointer.
        if (program_[operand.value].kind == ExpressionKind::kLiteral && program_[operand.value].value == 0)
            return literal(0, target, span);
        return fail();
    }
    if (goal.kind == TypeKind::kPointer && is_pointer(operand.type)) {
        if (!type(operand.type).structure.valid()) {
            retype_pointer(operand.value, target);
            return operand.value;
        }
        if (!goal.structure.valid() || goal.structure == type(operand.type).structure) return operand.value;
        diagnostics_
            .error(DiagnosticCode::kE0205, span, describe(operand) + " is " + what + ", which needs `" + name_of(target) + "`")
            .with_help("from a member to the struct around it leads `container_of(p, struct S, member)`");
        return {};
    }
    if (same_type(operand.type, target)) return operand.value;
    return fail();
}

TypeId Checker::promoted(TypeId id) {
    const Type& t = type(id);
    if (t.kind == TypeKind::kEnum) return t.bits == 64 ? long_type() : int_type();
    if (t.kind == TypeKind::kBool || t.bits < 32) return int_type();
    return plain(id);
}

// The usual arithmetic conversions: the wider wins, at the same width the unsigned one.
TypeId Checker::usual_type(TypeId a, TypeId b) {
    Type x = type(promoted(a));
    Type y = type(promoted(b));
    if (x.bits != y.bits) return x.bits > y.bits ? promoted(a) : promoted(b);
    return integer_type(x.bits, x.is_signed && y.is_signed);
}

bool Checker::reject_pointer_arithmetic(const Typed& left, const Typed& right, SourceSpan span) {
    auto is_pointer_like = [&](const Typed& t) {
        if (t.kind == Typed::Kind::kReference || t.kind == Typed::Kind::kScalarAddress || t.kind == Typed::Kind::kNull)
            return true;
        if (t.kind != Typed::Kind::kPlace && t.kind != Typed::Kind::kValue) return false;
        return is_pointer(t.type) || type(t.type).kind == TypeKind::kArray || type(t.type).kind == TypeKind::kFunctionPointer;
    };
    if (!is_pointer_like(left) && !is_pointer_like(right)) return false;
    diagnostics_.error(DiagnosticCode::kE0307, span, "pointers cannot be computed with")
        .with_label("pointer arithmetic")
        .with_help("a pointer names one instance; use an array and an index");
    return true;
}

Typed Checker::binary(const ast::Expr& e, const ast::Binary& node) {
    switch (node.op) {
        case ast::BinaryOp::kLogicalAnd:
        case ast::BinaryOp::kLogicalOr:
        case ast::BinaryOp::kImplies: return logical(e, node);
        case ast::BinaryOp::kComma: {
            Typed left = expression(*node.left);
            Typed right = expression(*node.right);
            if (right.kind != Typed::Kind::kPlace || type(right.type).kind != TypeKind::kStruct) right = rvalue(right);
            if (left.is_error() || right.is_error()) return failed(e.span);
            ExpressionId first = effect_of(left);
            if (!first.valid()) return right;
            if (right.kind == Typed::Kind::kPlace) {
                right.before =
                    right.before.valid() ? make(ExpressionKind::kComma, void_type(), e.span, {first, right.before}) : first;
                return right;
            }
            if (right.kind == Typed::Kind::kNull) right = typed_value(literal(0, pointer_to(StructId{}), e.span));
            if (right.kind == Typed::Kind::kVoid && !right.value.valid()) return typed_void(first, e.span);
            ExpressionId both = make(ExpressionKind::kComma, right.type, e.span, {first, right.value});
            return right.kind == Typed::Kind::kVoid ? typed_void(both, e.span) : typed_value(both);
        }
        case ast::BinaryOp::kMultiply:
        case ast::BinaryOp::kDivide:
        case ast::BinaryOp::kRemainder:
        case ast::BinaryOp::kAdd:
        case ast::BinaryOp::kSubtract:
        case ast::BinaryOp::kShiftLeft:
        case ast::BinaryOp::kShiftRight:
        case ast::BinaryOp::kLess:
        case ast::BinaryOp::kGreater:
        case ast::BinaryOp::kLessEqual:
        case ast::BinaryOp::kGreaterEqual:
        case ast::BinaryOp::kEqual:
        case ast::BinaryOp::kNotEqual:
        case ast::BinaryOp::kBitAnd:
        case ast::BinaryOp::kBitXor:
        case ast::BinaryOp::kBitOr: break;
    }
    Typed left = expression(*node.left);
    Typed right = expression(*node.right);
    if (left.is_error() || right.is_error()) return failed(e.span);
    switch (node.op) {
        case ast::BinaryOp::kLess:
        case ast::BinaryOp::kGreater:
        case ast::BinaryOp::kLessEqual:
        case ast::BinaryOp::kGreaterEqual:
        case ast::BinaryOp::kEqual:
        case ast::BinaryOp::kNotEqual: return comparison(node.op, left, right, e.span);
        case ast::BinaryOp::kShiftLeft:
        case ast::BinaryOp::kShiftRight:
        case ast::BinaryOp::kMultiply:
        case ast::BinaryOp::kDivide:
        case ast::BinaryOp::kRemainder:
        case ast::BinaryOp::kAdd:
        case ast::BinaryOp::kSubtract:
        case ast::BinaryOp::kBitAnd:
        case ast::BinaryOp::kBitXor:
        case ast::BinaryOp::kBitOr:
        case ast::BinaryOp::kLogicalAnd:
        case ast::BinaryOp::kLogicalOr:
        case ast::BinaryOp::kImplies:
        case ast::BinaryOp::kComma: break;
    }
    return arithmetic(node.op, left, right, e.span);
}

Typed Checker::arithmetic(ast::BinaryOp op, Typed left, Typed right, SourceSpan span) {
    if (reject_pointer_arithmetic(left, right, span)) return failed(span);
    left = rvalue(left);
    right = rvalue(right);
    if (left.is_error() || right.is_error()) return failed(span);
    bool numbers = left.kind == Typed::Kind::kValue && right.kind == Typed::Kind::kValue && is_arithmetic(left.type) &&
                   is_arithmetic(right.type);
    if (!numbers) return mismatch(left, right, span, "computed with");
    if (op == ast::BinaryOp::kShiftLeft || op == ast::BinaryOp::kShiftRight) return shift(op, left, right, span);
    static const std::map<ast::BinaryOp, Op> kOps = {
        {ast::BinaryOp::kMultiply, Op::kMultiply},   {ast::BinaryOp::kDivide, Op::kDivide},
        {ast::BinaryOp::kRemainder, Op::kRemainder}, {ast::BinaryOp::kAdd, Op::kAdd},
        {ast::BinaryOp::kSubtract, Op::kSubtract},   {ast::BinaryOp::kBitAnd, Op::kBitAnd},
        {ast::BinaryOp::kBitXor, Op::kBitXor},       {ast::BinaryOp::kBitOr, Op::kBitOr}};
    TypeId t = usual_type(left.type, right.type);
    ExpressionId a = convert_arithmetic(left.value, t);
    ExpressionId b = convert_arithmetic(right.value, t);
    Op operation = kOps.at(op);
    bool divides = operation == Op::kDivide || operation == Op::kRemainder;
    if (divides && static_value(b) == Value{0} && context_.is_constant) {
        return error(DiagnosticCode::kE0401, span, "division by zero");
    }
    return typed_value(make_operator(operation, t, scalar(t), span, {a, b}));
}

Typed Checker::shift(ast::BinaryOp op, const Typed& left, const Typed& right, SourceSpan span) {
    TypeId t = promoted(left.type);
    ExpressionId a = convert_arithmetic(left.value, t);
    ExpressionId b = convert_arithmetic(right.value, promoted(right.type));
    std::optional<Value> count = static_value(b);
    if (count && (*count < 0 || *count >= type(t).bits) && context_.is_constant) {
        diagnostics_.error(DiagnosticCode::kE0401, span,
                           "a shift by " + std::to_string(*count) + " is outside the " + std::to_string(int{type(t).bits}) +
                               " bits of `" + name_of(t) + "`");
        return failed(span);
    }
    Op operation = op == ast::BinaryOp::kShiftLeft ? Op::kShiftLeft : Op::kShiftRight;
    return typed_value(make_operator(operation, t, scalar(t), span, {a, b}));
}

Typed Checker::comparison(ast::BinaryOp op, Typed left, Typed right, SourceSpan span) {
    static const std::map<ast::BinaryOp, Op> kOps = {
        {ast::BinaryOp::kLess, Op::kLess},           {ast::BinaryOp::kGreater, Op::kGreater},
        {ast::BinaryOp::kLessEqual, Op::kLessEqual}, {ast::BinaryOp::kGreaterEqual, Op::kGreaterEqual},
        {ast::BinaryOp::kEqual, Op::kEqual},         {ast::BinaryOp::kNotEqual, Op::kNotEqual}};
    Op operation = kOps.at(op);
    bool is_equality = operation == Op::kEqual || operation == Op::kNotEqual;
    // `p == NULL` for an `int *p` parameter
    bool left_is_null = left.kind == Typed::Kind::kNull;
    bool right_is_null = right.kind == Typed::Kind::kNull;
    if (is_equality &&
        ((left.kind == Typed::Kind::kReference && right_is_null) || (right.kind == Typed::Kind::kReference && left_is_null))) {
        ExpressionId bound = condition(left_is_null ? right : left);
        if (operation == Op::kNotEqual) return typed_value(bound);
        return typed_value(program_[bound].operands[0]);
    }
    left = rvalue(left);
    right = rvalue(right);
    if (left.is_error() || right.is_error()) return failed(span);
    auto is_value = [](const Typed& t) { return t.kind == Typed::Kind::kValue || t.kind == Typed::Kind::kNull; };
    if (!is_value(left) || !is_value(right)) return mismatch(left, right, span, "compared with");
    TypeId t;
    if (left.kind == Typed::Kind::kValue && right.kind == Typed::Kind::kValue && is_arithmetic(left.type) &&
        is_arithmetic(right.type)) {
        t = usual_type(left.type, right.type);
    } else {
        auto is_open = [&](const Typed& x) {
            if (x.kind == Typed::Kind::kNull) return true;
            if (is_pointer(x.type)) return !type(x.type).structure.valid();
            return is_arithmetic(x.type) && program_[x.value].kind == ExpressionKind::kLiteral && program_[x.value].value == 0;
        };
        if (is_open(left) && is_open(right)) {
            if (!is_equality || left.kind != right.kind) return mismatch(left, right, span, "compared with");
            return typed_value(literal(operation == Op::kEqual ? 1 : 0, bool_type(), span));
        }
        t = plain(is_open(left) ? right.type : left.type);
        bool comparable =
            is_pointer(t) || (is_equality && type(t).kind == TypeKind::kFunctionPointer) || type(t).kind == TypeKind::kThread;
        bool same = is_open(left) || is_open(right) || same_type(left.type, right.type);
        if (!comparable || !same || (type(t).kind == TypeKind::kThread && (is_open(left) || is_open(right)))) {
            return mismatch(left, right, span, "compared with");
        }
        if (type(t).kind == TypeKind::kThread && !is_equality && context_.body != nullptr) context_.body->looks_at_index = true;
    }
    ExpressionId a = convert(left, t, span, "compared");
    ExpressionId b = convert(right, t, span, "compared");
    if (!a.valid() || !b.valid()) return failed(span);
    return typed_value(make_operator(operation, bool_type(), scalar(t), span, {a, b}));
}

Typed Checker::logical(const ast::Expr& e, const ast::Binary& node) {
    ExpressionId a = condition(*node.left);
    ExpressionId b = condition(*node.right);
    if (!a.valid() || !b.valid()) return failed(e.span);
    ExpressionKind kind = node.op == ast::BinaryOp::kLogicalAnd  ? ExpressionKind::kAnd
                          : node.op == ast::BinaryOp::kLogicalOr ? ExpressionKind::kOr
                                                                 : ExpressionKind::kImplies;
    return typed_value(make(kind, bool_type(), e.span, {a, b}));
}

bool Checker::is_constant_expression(ExpressionId id) const {
    if (!id.valid()) return true;
    const TypedExpression& e = program_[id];
    if (e.kind == ExpressionKind::kLiteral || e.kind == ExpressionKind::kConstant) return true;
    bool is_pure = e.kind == ExpressionKind::kOperator || e.kind == ExpressionKind::kAnd || e.kind == ExpressionKind::kOr ||
                   e.kind == ExpressionKind::kImplies || e.kind == ExpressionKind::kConditional;
    if (!is_pure) return false;
    for (ExpressionId operand : e.operands) {
        if (!is_constant_expression(operand)) return false;
    }
    return true;
}

ExpressionId Checker::constant_expression(const ast::Expr& e, const char* what) {
    Body scratch;  // what a wrong expression does here is no effect of the body around it
    Body* body = std::exchange(context_.body, &scratch);
    bool was_constant = std::exchange(context_.is_constant, true);
    Mode mode = std::exchange(context_.mode, Mode::kProperty);
    Typed operand = rvalue(expression(e));
    context_.body = body;
    context_.is_constant = was_constant;
    context_.mode = mode;
    return check_constant(operand, e.span, what);
}

ExpressionId Checker::check_constant(const Typed& operand, SourceSpan span, const char* what) {
    if (operand.is_error()) return {};
    bool is_number = operand.kind == Typed::Kind::kValue && is_arithmetic(operand.type);
    if (!is_number || !is_constant_expression(operand.value)) {
        diagnostics_.error(DiagnosticCode::kE0208, span, std::string(what) + " must be constant")
            .with_help("use numbers, `const`s, enumerators and operators");
        return {};
    }
    if (!uses_constant(operand.value) && !static_value(operand.value)) {
        diagnostics_.error(DiagnosticCode::kE0401, span,
                           "this constant has no value: it overflows, divides by zero or shifts too far");
        return {};
    }
    return operand.value;
}

}  // namespace quire
