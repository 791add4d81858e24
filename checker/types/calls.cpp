#include "support/suggest.h"
#include "types/checker.h"

namespace quire {

Typed Checker::call(const ast::Expr& e, const ast::Call& node) {
    if (const auto* access = std::get_if<ast::MemberAccess>(&node.callee->node)) {
        Typed object = expression(*access->object);
        if (object.is_error()) return failed(e.span);
        if (object.kind == Typed::Kind::kReference && is_container(object.type))
            object = typed_place(local_place(object.local, access->object->span));
        bool is_collection = object.kind == Typed::Kind::kPlace && is_container(object.type);
        if (is_collection) return container_call(e, node, object, access->member);
        Typed callee = member_of_object(object, *node.callee, *access);
        callee.span = node.callee->span;
        return call_pointer(callee, e, node);
    }
    const auto* name = std::get_if<ast::NameExpr>(&node.callee->node);
    if (name == nullptr) {
        Typed callee = expression(*node.callee);
        if (callee.kind == Typed::Kind::kFunction) return call_function(callee.function, e, node);
        return call_pointer(callee, e, node);
    }
    const Symbol* symbol = lookup(name->name.text);
    if (symbol != nullptr) {
        if (symbol->kind == Symbol::Kind::kFunction) {
            note_symbol(name->name, *symbol);
            return call_function(FunctionId{symbol->index}, e, node);
        }
        return call_pointer(expression(*node.callee), e, node);
    }
    if (std::optional<Typed> built_in = builtin_call(e, node, name->name)) return *built_in;
    for (const ast::Expr& argument : node.arguments) {
        if (!std::holds_alternative<ast::StringLiteral>(argument.node)) expression(argument);
    }
    return unknown_function(name->name);
}

Typed Checker::call_function(FunctionId id, const ast::Expr& e, const ast::Call& node) {
    resolve_signature(id);
    program_.functions[id.index()].is_called = program_[id].is_called || context_.unevaluated == 0;
    if (program_[id].external == ExternKind::kIgnore) return call_ignored(id, e, node);
    const std::string name = program_[id].name;
    if (is_prototype_[id.index()]) {
        diagnostics_.error(DiagnosticCode::kE0110, node.callee->span, "function `" + name + "` is announced but never defined")
            .with_secondary(program_[id].span, "announced here")
            .with_help("to say it does not matter here: `extern ignore " + name + "();`");
        return failed(e.span);
    }
    if (program_[id].is_ghost && is_real()) {
        diagnostics_.error(DiagnosticCode::kE0303, e.span, "`" + name + "` is ghost code and cannot be called from real code")
            .with_secondary(program_[id].span, "declared `ghost` here")
            .with_help("write `ghost { " + name + "(…); }`");
        return failed(e.span);
    }
    std::vector<TypeId> types;
    std::vector<LocalId> locals = program_[id].parameters;
    bool returns_struct = struct_results_[id.index()].valid();
    if (returns_struct) locals.pop_back();
    types.reserve(locals.size());
    for (LocalId local : locals) types.push_back(program_[local].type);
    CallRecord record;
    record.callee = id;
    record.span = e.span;
    record.mode = context_.mode;
    record.in_atomic = context_.atomic_depth > 0;
    std::vector<Argument> arguments;
    const ast::ExternDecl* outer = extern_nodes_[id.index()];
    bool any_number = outer != nullptr && outer->parameters.empty();
    if (any_number) {
        for (const ast::Expr& argument : node.arguments) {
            Typed given = expression(argument);
            if (given.kind == Typed::Kind::kString) continue;
            given = rvalue(given);
            if (given.kind == Typed::Kind::kValue) arguments.push_back({given.value, {}, false});
        }
    } else if (!bind_arguments(types, node.arguments, e.span, name, program_[id].span, arguments, record, locals)) {
        return failed(e.span);
    }
    if (outer != nullptr && context_.mode == Mode::kProperty) {
        return error(DiagnosticCode::kE0308, e.span, "`" + name + "` may return anything, so a property cannot call it");
    }
    if (outer != nullptr) note_effect(Effect::Kind::kChooses, e.span, "may return anything");
    LocalId hidden;
    if (returns_struct) {
        hidden = temporary(struct_results_[id.index()], e.span);
        arguments.push_back({{}, local_place(hidden, e.span), true});
        BoundReference bound;
        bound.parameter = static_cast<std::uint32_t>(locals.size());
        bound.root = root_of(arguments.back().place);
        record.references.push_back(bound);
        address_flow_.push_back({program_[id].parameters.back(), hidden});
    }
    if (context_.unevaluated == 0 && context_.body != nullptr) context_.body->calls.push_back(record);
    if (bad_results_.count(id.value) != 0) return failed(e.span);
    ExpressionId result = make(ExpressionKind::kCall, plain(program_[id].result), e.span);
    program_.expressions[result.index()].function = id;
    program_.expressions[result.index()].arguments = std::move(arguments);
    if (returns_struct) return finish_struct_call(result, struct_results_[id.index()], hidden, e.span);
    if (type(program_[id].result).kind == TypeKind::kVoid) return typed_void(result, e.span);
    return typed_value(result);
}

// The call fills a local of the caller, which is undefined each time before.
Typed Checker::finish_struct_call(ExpressionId call, TypeId, LocalId hidden, SourceSpan span) {
    Statement declaration = blank(StatementKind::kDeclare, span);
    declaration.local = hidden;
    StatementId declared = add(std::move(declaration));
    Statement evaluation = blank(StatementKind::kExpression, span);
    evaluation.operands.push_back(call);
    StatementId called = add(std::move(evaluation));
    Statement inner = blank(StatementKind::kBlock, span);
    inner.body = {declared, called};
    StatementId block = add(std::move(inner));
    ExpressionId fill = make(ExpressionKind::kStatements, void_type(), span);
    program_.expressions[fill.index()].statement = block;
    Typed place = typed_place(local_place(hidden, span), false);
    place.before = fill;
    return place;
}

// Its arguments are evaluated as in C; only the call itself does nothing.
Typed Checker::call_ignored(FunctionId id, const ast::Expr& e, const ast::Call& node) {
    const std::string name = program_[id].name;
    std::vector<Argument> arguments;
    for (const ast::Expr& argument : node.arguments) {
        Typed given = expression(argument);
        if (given.kind == Typed::Kind::kPlace && !is_scalar(program_, given.type)) {
            note_read(given.place, argument.span);
            continue;
        }
        bool is_harmless = given.kind == Typed::Kind::kString || given.kind == Typed::Kind::kNull ||
                           given.kind == Typed::Kind::kReference || given.kind == Typed::Kind::kScalarAddress ||
                           given.kind == Typed::Kind::kFunction;
        if (is_harmless) continue;
        given = rvalue(given);
        if (given.kind == Typed::Kind::kValue) arguments.push_back({given.value, {}, false});
    }
    ExpressionId result = make(ExpressionKind::kCall, void_type(), e.span);
    program_.expressions[result.index()].function = id;
    program_.expressions[result.index()].arguments = std::move(arguments);
    Typed t = typed_void(result, e.span);
    t.function = id;  // lets a use of the value say why there is none
    return t;
}

Typed Checker::call_pointer(const Typed& callee_in, const ast::Expr& e, const ast::Call& node) {
    if (callee_in.is_error()) return failed(e.span);
    if (callee_in.kind == Typed::Kind::kFunction) return call_function(callee_in.function, e, node);
    bool may_be_pointer = callee_in.kind == Typed::Kind::kPlace || callee_in.kind == Typed::Kind::kValue;
    if (!may_be_pointer || type(callee_in.type).kind != TypeKind::kFunctionPointer) {
        return error(DiagnosticCode::kE0209, node.callee->span, "only functions can be called, this is " + describe(callee_in));
    }
    Typed callee = rvalue(callee_in);
    const Type signature = type(callee.type);
    CallRecord record;
    record.through = callee.type;
    record.span = e.span;
    record.mode = context_.mode;
    record.in_atomic = context_.atomic_depth > 0;
    std::vector<Argument> arguments;
    if (!bind_arguments(signature.parameters, node.arguments, e.span, text_of(node.callee->span), {}, arguments, record, {}))
        return failed(e.span);
    if (context_.unevaluated == 0 && context_.body != nullptr) context_.body->calls.push_back(record);
    ExpressionId result = make(ExpressionKind::kCallIndirect, plain(signature.element), e.span, {callee.value});
    program_.expressions[result.index()].arguments = std::move(arguments);
    if (type(signature.element).kind == TypeKind::kVoid) return typed_void(result, e.span);
    return typed_value(result);
}

bool Checker::bind_arguments(const std::vector<TypeId>& parameters, const std::vector<ast::Expr>& given, SourceSpan span,
                             const std::string& callee, SourceSpan declared, std::vector<Argument>& arguments, CallRecord& record,
                             const std::vector<LocalId>& locals) {
    if (given.size() != parameters.size()) {
        auto number = [](std::size_t n) { return std::to_string(n) + (n == 1 ? " argument" : " arguments"); };
        Diagnostic& d = diagnostics_.error(
            DiagnosticCode::kE0206, span,
            "`" + callee + "` takes " + number(parameters.size()) + ", here are " + std::to_string(given.size()));
        if (declared.valid()) d.with_secondary(declared, "defined here");
        return false;
    }
    bool fits = true;
    for (std::size_t i = 0; i < given.size(); i++) {
        Argument argument = bind_argument(parameters[i], given[i], callee, i < locals.size() ? locals[i] : LocalId{});
        fits = fits && (argument.value.valid() || argument.is_reference);
        if (argument.is_reference && argument.place.valid()) {
            BoundReference bound;
            bound.parameter = static_cast<std::uint32_t>(i);
            bound.root = root_of(argument.place);
            record.references.push_back(bound);
            if (i < locals.size() && bound.root.local.valid()) address_flow_.push_back({locals[i], bound.root.local});
        }
        arguments.push_back(argument);
    }
    return fits;
}

Argument Checker::bind_argument(TypeId parameter, const ast::Expr& given, const std::string& callee, LocalId local) {
    Typed operand = expression(given);
    if (operand.is_error() || (local.valid() && bad_locals_.count(local.value) != 0)) return {};
    if (type(parameter).kind == TypeKind::kReference) {
        bool is_text = operand.kind == Typed::Kind::kString && type(type(parameter).element).kind == TypeKind::kInteger &&
                       type(type(parameter).element).bits == 8;
        if (is_text && local.valid()) {
            string_arguments_.push_back({local, given.span});
            return {{}, {}, true};
        }
        return bind_reference(parameter, operand, callee);
    }
    if (operand.kind == Typed::Kind::kString) {
        diagnostics_.error(DiagnosticCode::kE0205, given.span, "a string can only be passed to a function that ignores it")
            .with_help("declare the function `extern ignore " + callee + "();`, or give it a parameter `const char *`");
        return {};
    }
    Argument argument;
    argument.value = convert(operand, parameter, given.span, "passed to `" + callee + "`");
    return argument;
}

Argument Checker::bind_reference(TypeId parameter, const Typed& operand, const std::string& callee) {
    const Type goal = type(parameter);
    Argument argument;
    argument.is_reference = true;
    auto fail = [&](const std::string& help) {
        std::string needed =
            goal.by_pointer ? "a pointer to `" + name_of(goal.element) + "`" : "a place of type `" + name_of(goal.element) + "`";
        Diagnostic& d = diagnostics_.error(DiagnosticCode::kE0205, operand.span,
                                           describe(operand) + " is passed to `" + callee + "`, which needs " + needed);
        if (!help.empty()) d.with_help(help);
        return Argument{};
    };
    if (operand.kind == Typed::Kind::kNull && goal.by_pointer) return argument;
    TypeId element = goal.element;
    if (operand.kind == Typed::Kind::kReference) {
        if (!same_type(operand.type, element)) return fail("");
        argument.place = local_place(operand.local, operand.span);
        return argument;
    }
    bool is_place = operand.kind == Typed::Kind::kPlace && operand.is_lvalue;
    bool is_address = operand.kind == Typed::Kind::kScalarAddress;
    if (!is_place && !is_address) return fail("");
    if (goal.by_pointer && is_place) return fail("pass its address: `&" + place_text(operand.place) + "`");
    if (!goal.by_pointer && is_address) return fail("a reference takes the variable itself, without `&`");
    if (!same_type(operand.type, element)) return fail("");
    bool loses_const = type(operand.type).is_const && !type(element).is_const;
    if (loses_const) return fail("it is `const`, and the function may write it");
    note_read(operand.place, operand.span);
    argument.place = operand.place;
    return argument;
}

Typed Checker::container_call(const ast::Expr& e, const ast::Call& node, const Typed& object, const ast::Name& method) {
    struct Method {
        const char* name;
        ContainerOp op;
        std::size_t arguments;
        bool lists_only;
        bool writes;
    };
    static const Method kMethods[] = {{"add", ContainerOp::kAdd, 1, false, true},
                                      {"remove", ContainerOp::kRemove, 1, false, true},
                                      {"contains", ContainerOp::kContains, 1, false, false},
                                      {"empty", ContainerOp::kEmpty, 0, false, false},
                                      {"size", ContainerOp::kSize, 0, false, false},
                                      {"push_front", ContainerOp::kPushFront, 1, true, true},
                                      {"push_back", ContainerOp::kPushBack, 1, true, true},
                                      {"pop_front", ContainerOp::kPopFront, 0, true, true},
                                      {"first", ContainerOp::kFirst, 0, true, false}};
    bool is_list = type(object.type).kind == TypeKind::kList;
    const Method* found = nullptr;
    std::vector<std::string> known;
    for (const Method& m : kMethods) {
        if (m.lists_only && !is_list) continue;
        known.emplace_back(m.name);
        if (method.text == m.name) found = &m;
    }
    if (found == nullptr) {
        Diagnostic& d = diagnostics_.error(DiagnosticCode::kE0203, method.span,
                                           std::string(is_list ? "a list" : "a set") + " has no operation `" + method.text + "`");
        suggest(d, method.text, known, "there is");
        note_missed_member(method, object);
        return failed(e.span);
    }
    if (!count_arguments(node, method.text, found->arguments, found->arguments, e.span)) return failed(e.span);
    TypeId element = type(object.type).element;
    std::vector<ExpressionId> operands;
    if (found->arguments == 1) {
        operands.push_back(convert(expression(node.arguments[0]), element, node.arguments[0].span,
                                   "put into `" + place_text(object.place) + "`"));
        if (!operands.back().valid()) return failed(e.span);
    }
    if (found->writes) check_write(object, e.span, "changed");
    note_read(object.place, e.span);
    TypeId result = void_type();
    switch (found->op) {
        case ContainerOp::kAdd:
        case ContainerOp::kRemove:
        case ContainerOp::kContains:
        case ContainerOp::kEmpty: result = bool_type(); break;
        case ContainerOp::kSize: result = int_type(); break;
        case ContainerOp::kPushFront:
        case ContainerOp::kPushBack: break;
        case ContainerOp::kPopFront:
        case ContainerOp::kFirst: result = plain(element); break;
    }
    ExpressionId operation = make(ExpressionKind::kContainer, result, e.span, operands);
    program_.expressions[operation.index()].place = object.place;
    program_.expressions[operation.index()].container_op = found->op;
    return type(result).kind == TypeKind::kVoid ? typed_void(operation, e.span) : typed_value(operation);
}

bool Checker::count_arguments(const ast::Call& node, const std::string& name, std::size_t least, std::size_t most,
                              SourceSpan span) {
    if (node.arguments.size() >= least && node.arguments.size() <= most) return true;
    std::string number = least == most ? std::to_string(least) : std::to_string(least) + " to " + std::to_string(most);
    diagnostics_.error(DiagnosticCode::kE0206, span,
                       "`" + name + "` takes " + number + (most == 1 ? " argument" : " arguments") + ", here are " +
                           std::to_string(node.arguments.size()));
    return false;
}

}  // namespace quire
