// Properties and the expressions that only they and ghost code have.
#include "support/suggest.h"
#include "types/checker.h"

namespace quire {

void Checker::check_properties() {
    for (const ast::Declaration* declaration : plan_.declarations) {
        if (const auto* node = std::get_if<ast::PropertyDecl>(&declaration->node)) check_property(*declaration, *node);
    }
}

void Checker::check_property(const ast::Declaration& declaration, const ast::PropertyDecl& node) {
    Property property;
    property.name = node.name.text;
    property.span = span_of(declaration);
    property.doc = declaration.doc;
    switch (node.kind) {
        case ast::PropertyKind::kInvariant: property.kind = PropertyKind::kInvariant; break;
        case ast::PropertyKind::kFinally: property.kind = PropertyKind::kFinally; break;
        case ast::PropertyKind::kStep: property.kind = PropertyKind::kStep; break;
        case ast::PropertyKind::kCover: property.kind = PropertyKind::kCover; break;
        case ast::PropertyKind::kCoverFinally: property.kind = PropertyKind::kCoverFinally; break;
        case ast::PropertyKind::kEventually: unsupported(DiagnosticCode::kE0505, property.span, "`eventually` is"); break;
        case ast::PropertyKind::kLeadsTo: unsupported(DiagnosticCode::kE0505, property.span, "`leads_to` is"); break;
    }
    auto point = cover_names_.find(property.name);
    bool is_cover = property.kind == PropertyKind::kCover || property.kind == PropertyKind::kCoverFinally;
    if (point != cover_names_.end() && is_cover) {
        diagnostics_
            .error(DiagnosticCode::kE0204, property.span, "`" + property.name + "` is also the name of a point in the code")
            .with_secondary(program_.covers[point->second.index()].span, "`cover(…)` here");
    }
    Body& body = other_bodies_.emplace_back();
    bool is_step = property.kind == PropertyKind::kStep;
    if (node.condition) property.condition = property_condition(*node.condition, is_step, body);
    if (node.consequence) property_condition(*node.consequence, is_step, body);
    if (property.condition.valid()) program_.properties.push_back(property);
}

ExpressionId Checker::property_condition(const ast::Expr& e, bool is_step, Body& body) {
    Context saved = std::move(context_);
    context_ = Context{};
    context_.body = &body;
    context_.mode = Mode::kProperty;
    context_.is_step_property = is_step;
    context_.scopes.emplace_back();
    context_.block_locals.emplace_back();
    ExpressionId c = condition(e);
    std::vector<LocalId> temporaries = std::move(context_.block_locals.back());
    if (c.valid() && !temporaries.empty()) {
        Statement block = blank(StatementKind::kBlock, e.span);
        block.locals = std::move(temporaries);
        StatementId scope = add(std::move(block));
        c = make(ExpressionKind::kStatements, bool_type(), e.span, {c});
        program_.expressions[c.index()].statement = scope;
    }
    context_ = std::move(saved);
    return c;
}

RoleId Checker::find_role(const ast::Name& name) {
    auto found = role_names_.find(name.text);
    if (found != role_names_.end()) {
        note_use(name, NamedThing::kRole, program_[found->second].span);
        return found->second;
    }
    note_missed(name.span);
    if (name.empty()) return {};
    Diagnostic& d = diagnostics_.error(DiagnosticCode::kE0214, name.span, "unknown role `" + name.text + "`");
    std::vector<std::string> known;
    for (const auto& [role, unused] : role_names_) known.push_back(role);
    suggest(d, name.text, known, "a role of a similar name exists");
    return {};
}

// (struct page *p): every instance; (enum e x), (bool b): every value.
bool Checker::bind_quantified_type(const ast::TypeBinder& binder, const ast::Quantifier& node, TypedExpression& q,
                                   ExpressionId& guard) {
    TypeId t = resolve_type(*binder.type);
    if (!t.valid()) return false;
    q.local = declare_local(node.variable, t, true);
    const Type goal = type(t);
    SourceSpan span = node.variable.span;
    if (goal.kind == TypeKind::kPointer) {
        q.domain = Domain::kInstances;
        q.structure = goal.structure;
        return true;
    }
    q.domain = Domain::kRange;
    Value lo = 0;
    Value hi = 1;
    if (goal.kind == TypeKind::kEnum) {
        const Enum values = program_[goal.enumeration];
        if (values.values.empty()) return false;
        lo = hi = values.values[0].second;
        for (const auto& [unused, value] : values.values) {
            lo = std::min(lo, value);
            hi = std::max(hi, value);
        }
        std::set<Value> different;
        for (const auto& [unused, value] : values.values) different.insert(value);
        // Numbers between enumerators are no values of the enum.
        bool has_gaps = hi - lo + 1 != static_cast<Value>(different.size());
        for (Value value : different) {
            if (!has_gaps) break;
            ExpressionId read = make(ExpressionKind::kRead, t, span);
            PlaceId place = local_place(q.local, span);
            program_.expressions[read.index()].place = place;
            ExpressionId is_value = make_operator(Op::kEqual, bool_type(), scalar(t), span, {read, literal(value, t, span)});
            guard = guard.valid() ? make(ExpressionKind::kOr, bool_type(), span, {guard, is_value}) : is_value;
        }
    } else if (goal.kind != TypeKind::kBool) {
        diagnostics_
            .error(DiagnosticCode::kE0205, binder.type->span, "there are too many values of `" + name_of(t) + "` to go through")
            .with_help("give a range: `(" + node.variable.text + " in 0..4)`");
        return false;
    }
    q.operands.push_back(literal(lo, t, span));
    q.operands.push_back(literal(hi, t, span));
    return true;
}

Typed Checker::quantifier(const ast::Expr& e, const ast::Quantifier& node) {
    if (is_real()) {
        diagnostics_
            .error(DiagnosticCode::kE0305, e.span,
                   "`forall`, `exists` and `count` look at many places at once: they are for properties and "
                   "ghost code")
            .with_help("in `ghost { assert(…); }` it is allowed");
        return failed(e.span);
    }
    TypedExpression q;
    q.kind = ExpressionKind::kQuantifier;
    q.span = e.span;
    q.quantifier = node.kind == ast::QuantifierKind::kForall   ? Quantifier::kForall
                   : node.kind == ast::QuantifierKind::kExists ? Quantifier::kExists
                                                               : Quantifier::kCount;
    q.type = q.quantifier == Quantifier::kCount ? int_type() : bool_type();
    context_.scopes.emplace_back();
    ExpressionId guard;
    bool good = true;
    auto bind_collection = [&](const Typed& collection, SourceSpan span) {
        if (collection.is_error()) return false;
        if (collection.kind != Typed::Kind::kPlace || !is_container(collection.type)) {
            error(DiagnosticCode::kE0205, span, "a set or a list is needed here, this is " + describe(collection));
            return false;
        }
        q.domain = Domain::kContainer;
        q.place = collection.place;
        q.local = declare_local(node.variable, plain(type(collection.type).element), true);
        return true;
    };
    if (const auto* binder = std::get_if<ast::TypeBinder>(&node.binder)) {
        good = bind_quantified_type(*binder, node, q, guard);
    } else if (const auto* range = std::get_if<ast::RangeBinder>(&node.binder)) {
        q.domain = Domain::kRange;
        Typed low = rvalue(expression(*range->low));
        Typed high = rvalue(expression(*range->high));
        bool numbers = low.kind == Typed::Kind::kValue && high.kind == Typed::Kind::kValue && is_arithmetic(low.type) &&
                       is_arithmetic(high.type);
        if (!numbers && !low.is_error() && !high.is_error()) mismatch(low, high, e.span, "a range with");
        good = numbers;
        if (numbers) {
            TypeId t = usual_type(low.type, high.type);
            q.operands = {convert_arithmetic(low.value, t), convert_arithmetic(high.value, t)};
            q.local = declare_local(node.variable, t, true);
        }
    } else if (const auto* collection = std::get_if<ast::CollectionBinder>(&node.binder)) {
        good = bind_collection(expression(*collection->collection), collection->collection->span);
    } else {
        const ast::Name& name = std::get<ast::RoleBinder>(node.binder).role;
        const Symbol* symbol = role_names_.count(name.text) == 0 ? lookup(name.text) : nullptr;
        if (symbol != nullptr) {
            good = bind_collection(symbol_value(*symbol, name, name.span), name.span);
        } else {
            q.domain = Domain::kRole;
            q.role = find_role(name);
            good = q.role.valid();
            q.local = declare_local(node.variable, thread_type(), true);
            if (good) thread_roles_[q.local.value] = q.role;
        }
    }
    if (!good && !q.local.valid()) q.local = declare_local(node.variable, int_type(), true);
    ExpressionId body = good ? condition(*node.body) : ExpressionId{};
    context_.scopes.pop_back();
    if (!body.valid()) return failed(e.span);
    if (guard.valid()) {
        ExpressionKind kind = q.quantifier == Quantifier::kForall ? ExpressionKind::kImplies : ExpressionKind::kAnd;
        body = make(kind, bool_type(), e.span, {guard, body});
    }
    q.operands.insert(q.operands.begin(), body);
    return typed_value(add(std::move(q)));
}

// at(t, label): of the body of t's role; at(t, f.label): of the function f.
LabelId Checker::find_label(const ast::Expr& e, RoleId role) {
    const auto* access = std::get_if<ast::MemberAccess>(&e.node);
    const auto* name = std::get_if<ast::NameExpr>(access != nullptr ? &access->object->node : &e.node);
    if (name == nullptr) {
        diagnostics_.error(DiagnosticCode::kE0213, e.span, "a label is needed here")
            .with_help("write `at(t, label)` or `at(t, function.label)`");
        return {};
    }
    const ast::Name& label = access != nullptr ? access->member : name->name;
    std::vector<std::string> known;
    std::vector<LabelId> found;
    auto look = [&](const auto& table, std::uint32_t owner, bool any_owner) {
        for (const auto& [key, id] : table) {
            if (!any_owner && key.first != owner) continue;
            known.push_back(key.second);
            if (key.second == label.text) found.push_back(id);
        }
    };
    if (access != nullptr) {
        auto named_role = role_names_.find(name->name.text);
        const Symbol* symbol = lookup(name->name.text);
        if (symbol != nullptr && symbol->kind == Symbol::Kind::kFunction) {
            note_symbol(name->name, *symbol);
            look(function_labels_, symbol->index, false);
        }
        if (named_role != role_names_.end()) {
            note_use(name->name, NamedThing::kRole, program_[named_role->second].span);
            look(role_labels_, named_role->second.value, false);
        }
        if (named_role == role_names_.end() && (symbol == nullptr || symbol->kind != Symbol::Kind::kFunction)) {
            unknown_function(name->name);
            return {};
        }
    } else {
        if (context_.function.valid()) look(function_labels_, context_.function.value, false);
        if (found.empty()) look(role_labels_, role.value, !role.valid());
        // A label of one function only may go without its name.
        if (found.empty()) look(function_labels_, 0, true);
    }
    if (found.size() == 1) {
        note_label(label, found[0]);
        return found[0];
    }
    if (found.size() > 1) {
        Diagnostic& d =
            diagnostics_.error(DiagnosticCode::kE0213, label.span, "`" + label.text + "` could be one of several labels");
        for (LabelId id : found) d.with_secondary(program_[id].span, "one of them");
        d.with_help("say which: `at(t, function." + label.text + ")`");
        return {};
    }
    Diagnostic& d = diagnostics_.error(DiagnosticCode::kE0213, label.span, "unknown label `" + label.text + "`");
    suggest(d, label.text, known, "a similar label exists");
    return {};
}

Typed Checker::at_label(const ast::Expr& e, const ast::Call& node) {
    if (!count_arguments(node, "at", 2, 2, e.span) || !only_in_ghost(e.span, "at")) return failed(e.span);
    Typed thread = expression(node.arguments[0]);
    RoleId role = thread.role;
    thread = rvalue(thread);
    if (thread.is_error()) return thread;
    if (thread.kind != Typed::Kind::kValue || type(thread.type).kind != TypeKind::kThread) {
        return error(DiagnosticCode::kE0205, node.arguments[0].span, "`at` needs a thread, this is " + describe(thread));
    }
    LabelId label = find_label(node.arguments[1], role);
    if (!label.valid()) return failed(e.span);
    program_.labels[label.index()].watched = true;
    ExpressionId at = make(ExpressionKind::kAt, bool_type(), e.span, {thread.value});
    program_.expressions[at.index()].label = label;
    return typed_value(at);
}

Typed Checker::old_value(const ast::Expr& e, const ast::Call& node) {
    if (!count_arguments(node, "old", 1, 1, e.span)) return failed(e.span);
    if (!context_.is_step_property || context_.is_inside_old) {
        Diagnostic& d =
            diagnostics_.error(DiagnosticCode::kE0220, e.span,
                               context_.is_inside_old ? "`old` inside `old`" : "`old` has a meaning only in a `step` property");
        if (!context_.is_inside_old) d.with_help("write `step name: …;`");
        return failed(e.span);
    }
    context_.is_inside_old = true;
    Typed operand = rvalue(expression(node.arguments[0]));
    context_.is_inside_old = false;
    if (operand.is_error()) return operand;
    if (operand.kind != Typed::Kind::kValue)
        return error(DiagnosticCode::kE0205, e.span, "`old` needs a value, this is " + describe(operand));
    Typed t = typed_value(make(ExpressionKind::kOld, operand.type, e.span, {operand.value}));
    t.role = operand.role;
    return t;
}

Typed Checker::acting(const ast::Expr& e, const ast::Call& node) {
    if (!count_arguments(node, "acting", 1, 1, e.span)) return failed(e.span);
    if (!context_.is_step_property) {
        diagnostics_.error(DiagnosticCode::kE0220, e.span, "`acting` has a meaning only in a `step` property")
            .with_help("write `step name: …;`");
        return failed(e.span);
    }
    Typed thread = rvalue(expression(node.arguments[0]));
    if (thread.is_error()) return thread;
    if (thread.kind != Typed::Kind::kValue || type(thread.type).kind != TypeKind::kThread) {
        return error(DiagnosticCode::kE0205, node.arguments[0].span, "`acting` needs a thread, this is " + describe(thread));
    }
    return typed_value(make(ExpressionKind::kActing, bool_type(), e.span, {thread.value}));
}

Typed Checker::live(const ast::Expr& e, const ast::Call& node) {
    if (!count_arguments(node, "live", 1, 1, e.span) || !only_in_ghost(e.span, "live")) return failed(e.span);
    ExpressionId pointer = pointer_operand(node.arguments[0], "live");
    if (!pointer.valid()) return failed(e.span);
    return typed_value(make(ExpressionKind::kLive, bool_type(), e.span, {pointer}));
}

}  // namespace quire
