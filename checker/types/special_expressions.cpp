// Casts, container_of, alloc, ({ … }) and compound literals.
#include "support/suggest.h"
#include "types/checker.h"

namespace quire {

Typed Checker::cast(const ast::Expr& e, const ast::Cast& node) {
    // (void *)p and (void)x only silence C's type checker.
    if (const auto* pointer = std::get_if<ast::PointerType>(&node.type->node)) {
        const auto* target = pointer->target ? std::get_if<ast::ScalarType>(&pointer->target->node) : nullptr;
        if (target != nullptr && target->kind == ast::ScalarKind::kVoid) {
            Typed operand = rvalue(expression(*node.operand));
            bool is_zero =
                operand.kind == Typed::Kind::kValue && is_arithmetic(operand.type) && static_value(operand.value) == Value{0};
            if (is_zero) operand.kind = Typed::Kind::kNull;
            return operand;
        }
    }
    TypeId target = resolve_type(*node.type);
    Typed operand = expression(*node.operand);
    if (!target.valid() || operand.is_error()) return failed(e.span);
    if (type(target).kind == TypeKind::kVoid) return typed_void(effect_of(operand), e.span);
    if (type(target).kind == TypeKind::kStruct && operand.kind == Typed::Kind::kPlace && same_type(target, operand.type))
        return operand;
    operand = rvalue(operand);
    if (operand.is_error()) return operand;
    bool numbers = operand.kind == Typed::Kind::kValue && is_arithmetic(operand.type) && is_arithmetic(target);
    if (numbers) {
        if (type(target).has_range) {
            return error(DiagnosticCode::kE0205, node.type->span, "a cast cannot have a range; only places have one");
        }
        ExpressionId value = convert_arithmetic(operand.value, target);
        return typed_value(value);
    }
    ExpressionId value = convert(operand, target, e.span, "cast");
    return value.valid() ? typed_value(value) : failed(e.span);
}

Typed Checker::container_of(const ast::Expr& e, const ast::ContainerOf& node) {
    Typed pointer = rvalue(expression(*node.pointer));
    std::optional<StructId> structure = pointed_struct(*node.type);
    if (pointer.is_error() || !structure || node.member.empty()) return failed(e.span);
    if (!is_complete(struct_type(*structure), node.type->span)) return failed(e.span);
    std::vector<std::uint32_t> path;
    TypeId t = struct_type(*structure);
    for (const ast::Name& name : node.member) {
        std::vector<std::uint32_t> part;
        if (type(t).kind != TypeKind::kStruct || !find_member(type(t).structure, name.text, part)) {
            Diagnostic& d =
                diagnostics_.error(DiagnosticCode::kE0203, name.span, "no member `" + name.text + "` in `" + name_of(t) + "`");
            std::vector<std::string> known;
            if (type(t).kind == TypeKind::kStruct)
                for (const StructMember& m : program_[type(t).structure].members) known.push_back(m.name);
            suggest(d, name.text, known, "a similar member exists");
            return failed(e.span);
        }
        note_member(name, type(t).structure, part);
        for (std::uint32_t index : part) {
            path.push_back(index);
            t = program_[type(t).structure].members[index].type;
        }
    }
    if (type(t).kind != TypeKind::kStruct) {
        diagnostics_
            .error(DiagnosticCode::kE0205, e.span,
                   "`container_of` needs a member that is a struct, `" + node.member.back().text + "` is `" + name_of(t) + "`")
            .with_note("only structs can be pointed to");
        return failed(e.span);
    }
    ExpressionId value = convert(pointer, pointer_to(type(t).structure), node.pointer->span, "passed to `container_of`");
    if (!value.valid()) return failed(e.span);
    ExpressionId result = make(ExpressionKind::kContainerOf, pointer_to(*structure), e.span, {value});
    program_.expressions[result.index()].structure = *structure;
    program_.expressions[result.index()].member_path = path;
    return typed_value(result);
}

Typed Checker::alloc(const ast::Expr& e, const ast::Alloc& node) {
    std::optional<StructId> structure = pointed_struct(*node.type);
    if (!structure) return failed(e.span);
    if (!is_real()) return error(DiagnosticCode::kE0305, e.span, "`alloc` is a step, and only real code takes steps");
    if (pool_of_.count(*structure) == 0) {
        std::string name = program_[*structure].name;
        diagnostics_.error(DiagnosticCode::kE0403, e.span, "there is no pool of `struct " + name + "` to allocate from")
            .with_help("declare one: `pool struct " + name + "[2];`");
        return failed(e.span);
    }
    note_effect(Effect::Kind::kSteps, e.span, "allocates");
    ExpressionId result = make(ExpressionKind::kAlloc, pointer_to(*structure), e.span);
    TypedExpression& x = program_.expressions[result.index()];
    x.structure = *structure;
    x.alloc_mode = node.kind == ast::AllocKind::kPlain     ? AllocMode::kPlain
                   : node.kind == ast::AllocKind::kMayFail ? AllocMode::kMayFail
                                                           : AllocMode::kMustSucceed;
    return typed_value(result);
}

Typed Checker::statement_expression(const ast::Expr& e, const ast::StatementExpr& node) {
    if (!node.body || node.body->statements.empty()) return typed_void({}, e.span);
    if (context_.is_constant) return error(DiagnosticCode::kE0208, e.span, "statements are not constant");
    context_.scopes.emplace_back();
    context_.block_locals.emplace_back();
    enter_region("an expression");
    std::vector<StatementId> statements;
    Typed value = typed_void({}, e.span);
    const std::vector<ast::Stmt>& given = node.body->statements;
    for (std::size_t i = 0; i < given.size(); i++) {
        const auto* last = i + 1 == given.size() ? std::get_if<ast::ExprStmt>(&given[i].node) : nullptr;
        if (last != nullptr && last->expr) {
            value = expression(*last->expr);
        } else {
            statement_into(given[i], statements);
        }
    }
    bool is_struct = value.kind == Typed::Kind::kPlace && type(value.type).kind == TypeKind::kStruct;
    if (!is_struct) value = rvalue(value);
    leave_region();
    Statement inner = blank(StatementKind::kBlock, e.span);
    inner.body = std::move(statements);
    inner.locals = std::move(context_.block_locals.back());
    context_.block_locals.pop_back();
    context_.scopes.pop_back();
    if (value.is_error()) return value;
    LocalId kept;
    ExpressionId result = value.value;
    if (is_struct) {
        kept = temporary(plain(value.type), e.span);
        result = assign_struct(typed_place(local_place(kept, e.span)), value, e.span).before;
    } else if (value.kind == Typed::Kind::kNull) {
        result = literal(0, pointer_to(StructId{}), e.span);
    } else if (value.kind == Typed::Kind::kString) {
        return value;
    }
    TypeId t = value.kind == Typed::Kind::kValue  ? value.type
               : value.kind == Typed::Kind::kNull ? pointer_to(StructId{})
                                                  : void_type();
    if (inner.body.empty() && inner.locals.empty() && !is_struct && value.kind != Typed::Kind::kVoid) return typed_value(result);
    std::vector<ExpressionId> operands;
    if (result.valid()) operands.push_back(result);
    ExpressionId whole = make(ExpressionKind::kStatements, t, e.span, operands);
    StatementId block = add(std::move(inner));
    program_.expressions[whole.index()].statement = block;
    if (is_struct) {
        Typed place = typed_place(local_place(kept, e.span), false);
        place.before = whole;
        return place;
    }
    return value.kind == Typed::Kind::kVoid ? typed_void(whole, e.span) : typed_value(whole);
}

Typed Checker::compound_literal(const ast::Expr& e, const ast::CompoundLiteral& node) {
    TypeId t = resolve_type(*node.type);
    if (!t.valid() || !is_stored(t, node.type->span, "a value")) return failed(e.span);
    if (context_.is_constant) return error(DiagnosticCode::kE0208, e.span, "a compound literal is not constant");
    LocalId kept = temporary(plain(t), e.span);
    Statement declaration = blank(StatementKind::kDeclare, e.span);
    declaration.local = kept;
    declaration.zero_rest = true;
    std::vector<Initialiser> list;
    if (node.init) initialise(local_place(kept, e.span), *node.init, list, false);
    declaration.initialisers = std::move(list);
    StatementId declared = add(std::move(declaration));
    Statement inner = blank(StatementKind::kBlock, e.span);
    inner.body.push_back(declared);
    StatementId block = add(std::move(inner));
    ExpressionId fill = make(ExpressionKind::kStatements, void_type(), e.span);
    program_.expressions[fill.index()].statement = block;
    Typed place = typed_place(local_place(kept, e.span));
    place.before = fill;
    return place;
}

}  // namespace quire
