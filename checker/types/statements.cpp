#include "types/checker.h"

namespace quire {

Statement Checker::blank(StatementKind kind, SourceSpan span) const {
    Statement s;
    s.kind = kind;
    s.span = span;
    s.is_ghost = context_.mode == Mode::kGhost;
    return s;
}

bool Checker::not_in_ghost(SourceSpan span, const std::string& what) {
    if (context_.mode == Mode::kReal) return true;
    std::string where = context_.mode == Mode::kGhost ? "ghost code" : "a property";
    diagnostics_.error(DiagnosticCode::kE0305, span, what + " cannot stand in " + where);
    return false;
}

StatementId Checker::block(const ast::Block& node, bool new_scope) {
    if (new_scope) context_.scopes.emplace_back();
    context_.block_locals.emplace_back();
    Statement s = blank(StatementKind::kBlock, node.span);
    for (const ast::Stmt& child : node.statements) statement_into(child, s.body);
    s.locals = std::move(context_.block_locals.back());
    context_.block_locals.pop_back();
    if (new_scope) context_.scopes.pop_back();
    return add(std::move(s));
}

StatementId Checker::substatement(const ast::Stmt& node) {
    if (const auto* nested = std::get_if<ast::BlockStmt>(&node.node)) {
        if (nested->body) return block(*nested->body);
    }
    std::vector<StatementId> list;
    // A declaration without braces around it is visible nowhere, as in C.
    context_.scopes.emplace_back();
    context_.block_locals.emplace_back();
    statement_into(node, list);
    std::vector<LocalId> locals = std::move(context_.block_locals.back());
    context_.block_locals.pop_back();
    context_.scopes.pop_back();
    if (list.size() == 1 && locals.empty()) return list[0];
    Statement s = blank(StatementKind::kBlock, node.span);
    s.body = std::move(list);
    s.locals = std::move(locals);
    return add(std::move(s));
}

void Checker::statement_into(const ast::Stmt& s, std::vector<StatementId>& out) {
    std::visit(ast::Overloaded{
                   [&](const ast::ErrorStmt&) {},
                   [&](const ast::EmptyStmt&) {},
                   [&](const ast::ExprStmt& n) {
                       if (n.expr) expression_statement(s, *n.expr, out);
                   },
                   [&](const ast::DeclStmt& n) {
                       for (const ast::VariableDecl& variable : n.variables) declare(variable, out);
                   },
                   [&](const ast::BlockStmt& n) {
                       if (n.body) out.push_back(block(*n.body));
                   },
                   [&](const ast::IfStmt& n) { if_statement(s, n, out); },
                   [&](const ast::WhileStmt& n) { while_statement(s, n, out); },
                   [&](const ast::DoWhileStmt& n) { do_statement(s, n, out); },
                   [&](const ast::ForStmt& n) { for_statement(s, n, out); },
                   [&](const ast::ForEachStmt& n) { for_each_statement(s, n, out); },
                   [&](const ast::SwitchStmt& n) { switch_statement(s, n, out); },
                   [&](const ast::BreakStmt&) { jump_statement(s.span, true, out); },
                   [&](const ast::ContinueStmt&) { jump_statement(s.span, false, out); },
                   [&](const ast::GotoStmt& n) { goto_statement(s, n, out); },
                   [&](const ast::ReturnStmt& n) { return_statement(s, n, out); },
                   [&](const ast::LabelStmt& n) { label_statement(s, n, out); },
                   [&](const ast::AtomicStmt& n) { atomic_statement(s, n, out); },
                   [&](const ast::AwaitStmt& n) { await_statement(s, n, out); },
                   [&](const ast::EitherStmt& n) { either_statement(s, n, out); },
                   [&](const ast::ChooseStmt& n) { choose_statement(s, n, out); },
                   [&](const ast::SpawnStmt& n) { spawn_statement(s, n, out); },
                   [&](const ast::GhostStmt& n) { ghost_statement(s, n, out); },
               },
               s.node);
}

// What is left of an operand whose value nobody wants; invalid if that is nothing.
ExpressionId Checker::effect_of(const Typed& operand) {
    switch (operand.kind) {
        case Typed::Kind::kError:
        case Typed::Kind::kNull:
        case Typed::Kind::kFunction:
        case Typed::Kind::kReference:
        case Typed::Kind::kScalarAddress:
        case Typed::Kind::kString: return {};
        case Typed::Kind::kVoid:
        case Typed::Kind::kValue: return operand.value;
        case Typed::Kind::kPlace: break;
    }
    if (operand.before.valid()) return operand.before;
    if (!is_scalar(program_, operand.type)) return {};
    return rvalue(operand).value;
}

void Checker::expression_statement(const ast::Stmt& s, const ast::Expr& e, std::vector<StatementId>& out) {
    ExpressionId effect = effect_of(expression(e));
    if (!effect.valid()) return;
    const TypedExpression& x = program_[effect];
    // assert(c); and the like are statements already.
    bool is_wrapped =
        x.kind == ExpressionKind::kStatements && x.statement.valid() && program_[x.statement].kind == StatementKind::kBuiltin;
    if (is_wrapped) {
        out.push_back(x.statement);
        return;
    }
    Statement statement = blank(StatementKind::kExpression, s.span);
    statement.operands.push_back(effect);
    out.push_back(add(std::move(statement)));
}

void Checker::declare(const ast::VariableDecl& node, std::vector<StatementId>& out) {
    if (node.is_percpu) unsupported(DiagnosticCode::kE0503, node.name.span, "per-CPU variables are");
    TypeId t = node.type ? resolve_type(*node.type) : TypeId{};
    if (t.valid() && !is_stored(t, node.type->span, "a variable")) t = {};
    if (t.valid() && type(t).kind == TypeKind::kArray && !type(t).extent.valid()) {
        const auto* list = node.init ? std::get_if<ast::InitList>(&node.init->node) : nullptr;
        if (list != nullptr) {
            Type sized = type(t);
            sized.extent = literal(list_length(*list), int_type(), node.name.span);
            t = intern(sized);
        } else {
            diagnostics_.error(DiagnosticCode::kE0208, node.name.span, "the length of array `" + node.name.text + "` is missing");
            t = {};
        }
    }
    bool is_wrong = !t.valid();
    if (is_wrong) t = int_type();
    bool is_ghost = node.is_ghost || context_.mode != Mode::kReal;
    LocalId id = declare_local(node.name, t, is_ghost);
    if (is_wrong) bad_locals_.insert(id.value);
    if (!context_.block_locals.empty()) context_.block_locals.back().push_back(id);
    Statement s = blank(StatementKind::kDeclare, node.name.span);
    s.local = id;
    if (node.init && !is_wrong) {
        bool is_list = std::holds_alternative<ast::InitList>(node.init->node);
        s.zero_rest = is_list && !is_scalar(program_, t);
        Mode saved = context_.mode;
        if (node.is_ghost && context_.mode == Mode::kReal) {
            context_.mode = Mode::kGhost;
            s.is_ghost = true;
        }
        initialise(local_place(id, node.name.span), *node.init, s.initialisers, false);
        context_.mode = saved;
    } else if (node.init && !std::holds_alternative<ast::InitList>(node.init->node)) {
        expression(*node.init);
    }
    out.push_back(add(std::move(s)));
}

void Checker::if_statement(const ast::Stmt& s, const ast::IfStmt& node, std::vector<StatementId>& out) {
    Statement statement = blank(StatementKind::kIf, s.span);
    ExpressionId c = condition(*node.condition);
    StatementId then_branch = node.then_branch ? substatement(*node.then_branch) : StatementId{};
    StatementId else_branch = node.else_branch ? substatement(*node.else_branch) : StatementId{};
    statement.operands.push_back(c);
    statement.body = {then_branch, else_branch};
    out.push_back(add(std::move(statement)));
}

void Checker::return_statement(const ast::Stmt& s, const ast::ReturnStmt& node, std::vector<StatementId>& out) {
    for (const Region& region : context_.regions) {
        if (region.is_ghost) {
            diagnostics_.error(DiagnosticCode::kE0304, s.span, "`return` in ghost code would change what real code does next");
            return;
        }
    }
    mark_exits();
    Statement statement = blank(StatementKind::kReturn, s.span);
    if (!context_.function.valid()) {
        if (node.value) {
            diagnostics_.error(DiagnosticCode::kE0221, s.span,
                               context_.role.valid() ? "a thread returns no value" : "an init block returns no value");
        }
        out.push_back(add(std::move(statement)));
        return;
    }
    const Function function = program_[context_.function];
    TypeId result = function_results_[context_.function.index()];
    if (node.value) {
        Typed value = expression(*node.value);
        if (bad_results_.count(context_.function.value) != 0) value = failed(s.span);
        bool is_void = type(result).kind == TypeKind::kVoid;
        if (is_void && (value.kind == Typed::Kind::kVoid)) {
            if (value.value.valid()) {
                Statement effect = blank(StatementKind::kExpression, node.value->span);
                effect.operands.push_back(value.value);
                out.push_back(add(std::move(effect)));
            }
        } else if (is_void && !value.is_error()) {
            diagnostics_.error(DiagnosticCode::kE0221, s.span, "`" + function.name + "` is `void` and returns no value")
                .with_secondary(function.span, "declared here");
        } else if (type(result).kind == TypeKind::kStruct && !value.is_error()) {
            Typed target = typed_place(local_place(function.parameters.back(), s.span));
            Typed assigned = assign_struct(target, value, node.value->span);
            if (assigned.before.valid()) {
                Statement store = blank(StatementKind::kExpression, s.span);
                store.operands.push_back(assigned.before);
                out.push_back(add(std::move(store)));
            }
        } else if (!value.is_error()) {
            ExpressionId converted = convert(value, result, node.value->span, "returned from `" + function.name + "`");
            if (converted.valid()) statement.operands.push_back(converted);
        }
    }
    out.push_back(add(std::move(statement)));
}

void Checker::atomic_statement(const ast::Stmt& s, const ast::AtomicStmt& node, std::vector<StatementId>& out) {
    not_in_ghost(s.span, "`atomic`");
    Statement statement = blank(StatementKind::kAtomic, s.span);
    statement.order = MemoryOrder::kFull;
    if (!node.order.empty()) {
        static const std::map<std::string, MemoryOrder, std::less<>> kOrders = {{"plain", MemoryOrder::kPlain},
                                                                                {"once", MemoryOrder::kOnce},
                                                                                {"acquire", MemoryOrder::kAcquire},
                                                                                {"release", MemoryOrder::kRelease},
                                                                                {"full", MemoryOrder::kFull}};
        auto found = kOrders.find(node.order.text);
        if (found != kOrders.end()) {
            statement.order = found->second;
        } else {
            diagnostics_.error(DiagnosticCode::kE0220, node.order.span, "unknown memory order `" + node.order.text + "`");
        }
    }
    // No effect by itself: what only reads in one step may be called from properties.
    enter_region("an atomic body");
    context_.atomic_depth++;
    if (node.body) statement.body.push_back(block(*node.body));
    context_.atomic_depth--;
    leave_region();
    out.push_back(add(std::move(statement)));
}

void Checker::await_statement(const ast::Stmt& s, const ast::AwaitStmt& node, std::vector<StatementId>& out) {
    not_in_ghost(s.span, "`await`");
    note_effect(Effect::Kind::kWaits, s.span, "waits (`await`)");
    Statement statement = blank(StatementKind::kAwait, s.span);
    enter_region("the body of an `await`");
    context_.atomic_depth++;
    std::size_t writes_before = context_.body->effects.size();
    ExpressionId c = condition(*node.condition);
    for (std::size_t i = writes_before; i < context_.body->effects.size(); i++) {
        const Effect& effect = context_.body->effects[i];
        if (effect.kind != Effect::Kind::kWritesReal && effect.kind != Effect::Kind::kWritesGhost) continue;
        diagnostics_.error(DiagnosticCode::kE0308, effect.span, "the condition of `await` only looks, but this " + effect.what)
            .with_help("write what happens into the body: `await (c) { … }`");
        break;
    }
    statement.operands.push_back(c);
    if (node.body) statement.body.push_back(block(*node.body));
    context_.atomic_depth--;
    leave_region();
    out.push_back(add(std::move(statement)));
}

void Checker::either_statement(const ast::Stmt& s, const ast::EitherStmt& node, std::vector<StatementId>& out) {
    not_in_ghost(s.span, "`either`");
    note_effect(Effect::Kind::kChooses, s.span, "makes a choice (`either`)");
    Statement statement = blank(StatementKind::kEither, s.span);
    for (const ast::Block& branch : node.branches) {
        enter_region("a branch of `either`");
        statement.body.push_back(block(branch));
        leave_region();
    }
    out.push_back(add(std::move(statement)));
}

void Checker::choose_statement(const ast::Stmt& s, const ast::ChooseStmt& node, std::vector<StatementId>& out) {
    not_in_ghost(s.span, "`choose`");
    note_effect(Effect::Kind::kChooses, s.span, "makes a choice (`choose`)");
    Statement statement = blank(StatementKind::kChoose, s.span);
    TypeId written = node.type ? resolve_type(*node.type) : TypeId{};
    TypeId chosen;
    if (const auto* range = std::get_if<ast::ChooseRange>(&node.source)) {
        statement.choose = ChooseKind::kRange;
        Typed low = rvalue(expression(*range->low));
        Typed high = rvalue(expression(*range->high));
        bool numbers = low.kind == Typed::Kind::kValue && high.kind == Typed::Kind::kValue && is_arithmetic(low.type) &&
                       is_arithmetic(high.type);
        if (!numbers && !low.is_error() && !high.is_error()) mismatch(low, high, s.span, "a range with");
        if (numbers) {
            chosen = written.valid() && is_arithmetic(written) ? written : usual_type(low.type, high.type);
            ExpressionId lo = convert_arithmetic(low.value, plain(chosen));
            ExpressionId hi = convert_arithmetic(high.value, plain(chosen));
            std::optional<Value> least = static_value(lo);
            std::optional<Value> most = static_value(hi);
            if (least && most && *least > *most) {
                diagnostics_.error(DiagnosticCode::kE0401, s.span,
                                   "there is nothing to choose from " + std::to_string(*least) + " to " + std::to_string(*most));
            }
            statement.operands = {lo, hi};
        }
    } else if (const auto* pool = std::get_if<ast::ChoosePool>(&node.source)) {
        statement.choose = ChooseKind::kPool;
        std::optional<StructId> structure = pointed_struct(*pool->type);
        if (structure && pool_of_.count(*structure) == 0) {
            std::string name = program_[*structure].name;
            diagnostics_.error(DiagnosticCode::kE0403, pool->type->span, "there is no pool of `struct " + name + "`")
                .with_help("declare one: `pool struct " + name + "[2];`");
        } else if (structure) {
            statement.structure = *structure;
            chosen = pointer_to(*structure);
        }
    } else {
        const auto& member = std::get<ast::ChooseMember>(node.source);
        statement.choose = ChooseKind::kMember;
        Typed collection = expression(*member.collection);
        bool is_collection = collection.kind == Typed::Kind::kPlace && is_container(collection.type);
        if (is_collection) {
            note_read(collection.place, member.collection->span);
            statement.place = collection.place;
            chosen = plain(type(collection.type).element);
        } else if (!collection.is_error()) {
            diagnostics_.error(DiagnosticCode::kE0205, member.collection->span,
                               "a set or a list is needed here, this is " + describe(collection));
        }
    }
    bool good = chosen.valid();
    if (written.valid() && good && !same_type(written, chosen)) {
        diagnostics_.error(DiagnosticCode::kE0205, node.type->span,
                           "`" + name_of(chosen) + "` is chosen here, not `" + name_of(written) + "`");
    }
    LocalId id = declare_local(node.variable, good ? chosen : int_type(), context_.mode != Mode::kReal);
    if (!good) bad_locals_.insert(id.value);
    if (!context_.block_locals.empty()) context_.block_locals.back().push_back(id);
    statement.local = id;
    if (good) out.push_back(add(std::move(statement)));
}

void Checker::spawn_statement(const ast::Stmt& s, const ast::SpawnStmt& node, std::vector<StatementId>& out) {
    not_in_ghost(s.span, "`spawn`");
    note_effect(Effect::Kind::kSteps, s.span, "starts a thread (`spawn`)");
    RoleId role = find_role(node.role);
    if (!role.valid()) {
        for (const ast::Expr& argument : node.arguments) expression(argument);
        return;
    }
    if (!program_[role].dormant) {
        diagnostics_
            .error(DiagnosticCode::kE0313, node.role.span, "`" + node.role.text + "` starts by itself and cannot be spawned")
            .with_secondary(program_[role].span, "declared here")
            .with_help("write `dormant` before its `thread`");
        return;
    }
    std::vector<TypeId> types;
    for (LocalId parameter : program_[role].parameters) types.push_back(program_[parameter].type);
    CallRecord record;
    Statement statement = blank(StatementKind::kBuiltin, s.span);
    statement.builtin = Builtin::kSpawn;
    statement.role = role;
    std::vector<Argument> arguments;
    if (!bind_arguments(types, node.arguments, s.span, node.role.text, program_[role].span, arguments, record, {})) return;
    statement.arguments = std::move(arguments);
    out.push_back(add(std::move(statement)));
}

void Checker::ghost_statement(const ast::Stmt& s, const ast::GhostStmt& node, std::vector<StatementId>& out) {
    if (!node.body) return;
    if (context_.mode == Mode::kProperty) not_in_ghost(s.span, "`ghost`");
    Mode saved = context_.mode;
    context_.mode = Mode::kGhost;
    bool is_nested = saved == Mode::kGhost;
    if (!is_nested) enter_region("ghost code", true);
    Statement statement = blank(StatementKind::kGhost, s.span);
    statement.body.push_back(block(*node.body));
    if (!is_nested) leave_region();
    context_.mode = saved;
    out.push_back(add(std::move(statement)));
}

}  // namespace quire
