// Loops, switch, labels and jumps. Every jump becomes a kGoto to a label.
//
// A goto may leave regions (atomic bodies, branches of `either`, loops over a snapshot) and not enter them: the regions of
// the label must be a prefix of the regions of the goto.
#include "support/suggest.h"
#include "types/checker.h"

namespace quire {

void Checker::enter_region(std::string_view what, bool is_ghost) { context_.regions.push_back({next_region_++, what, is_ghost}); }

void Checker::open_loop(Statement& statement) {
    statement.label = new_label("", statement.span);
    statement.break_label = new_label("", statement.span);
    LoopInfo loop;
    loop.break_label = statement.break_label;
    loop.continue_label = statement.label;
    loop.region_depth = context_.regions.size();
    context_.loops.push_back(loop);
}

// A loop that nothing leaves is endless work if it is one step; where it is called from is known only later.
void Checker::close_loop(const Statement& statement, bool runs_for_ever, SourceSpan span) {
    bool has_exit = context_.loops.back().has_exit;
    context_.loops.pop_back();
    if (!runs_for_ever || has_exit || context_.unevaluated > 0) return;
    if (context_.atomic_depth > 0) {
        diagnostics_.error(DiagnosticCode::kE0302, span, "this loop never ends, and it is inside one step")
            .with_label("no way out")
            .with_help("inside `atomic` every loop must end: use `await (c);` to wait");
    } else if (context_.body != nullptr && !context_.body->endless_loop) {
        context_.body->endless_loop = span;
    }
    (void)statement;
}

void Checker::mark_exits() {
    for (LoopInfo& loop : context_.loops) loop.has_exit = true;
}

namespace {

bool is_always_true(const std::optional<Value>& value) { return value && *value != 0; }

}  // namespace

void Checker::while_statement(const ast::Stmt& s, const ast::WhileStmt& node, std::vector<StatementId>& out) {
    Statement statement = blank(StatementKind::kLoop, s.span);
    statement.loop = LoopKind::kWhile;
    ExpressionId c = condition(*node.condition);
    statement.operands.push_back(c);
    open_loop(statement);
    statement.body.push_back(node.body ? substatement(*node.body) : empty_block(s.span));
    close_loop(statement, c.valid() && is_always_true(static_value(c)), s.span);
    out.push_back(add(std::move(statement)));
}

void Checker::do_statement(const ast::Stmt& s, const ast::DoWhileStmt& node, std::vector<StatementId>& out) {
    Statement statement = blank(StatementKind::kLoop, s.span);
    statement.loop = LoopKind::kDoWhile;
    open_loop(statement);
    statement.body.push_back(node.body ? substatement(*node.body) : empty_block(s.span));
    ExpressionId c = condition(*node.condition);
    statement.operands.push_back(c);
    close_loop(statement, c.valid() && is_always_true(static_value(c)), s.span);
    out.push_back(add(std::move(statement)));
}

void Checker::for_statement(const ast::Stmt& s, const ast::ForStmt& node, std::vector<StatementId>& out) {
    context_.scopes.emplace_back();
    context_.block_locals.emplace_back();
    std::vector<StatementId> list;
    if (node.init) statement_into(*node.init, list);
    Statement statement = blank(StatementKind::kLoop, s.span);
    statement.loop = LoopKind::kFor;
    ExpressionId c;
    if (node.condition) c = condition(*node.condition);
    bool condition_failed = node.condition && !c.valid();
    ExpressionId advance;
    if (node.advance) advance = effect_of(expression(*node.advance));
    statement.operands = {c, advance};
    open_loop(statement);
    statement.body.push_back(node.body ? substatement(*node.body) : empty_block(s.span));
    close_loop(statement, !condition_failed && (!c.valid() || is_always_true(static_value(c))), s.span);
    list.push_back(add(std::move(statement)));
    Statement scope = blank(StatementKind::kBlock, s.span);
    scope.body = std::move(list);
    scope.locals = std::move(context_.block_locals.back());
    context_.block_locals.pop_back();
    context_.scopes.pop_back();
    out.push_back(scope.body.size() == 1 && scope.locals.empty() ? scope.body[0] : add(std::move(scope)));
}

void Checker::for_each_statement(const ast::Stmt& s, const ast::ForEachStmt& node, std::vector<StatementId>& out) {
    Typed collection = expression(*node.collection);
    if (collection.kind == Typed::Kind::kReference && is_container(collection.type))
        collection = typed_place(local_place(collection.local, node.collection->span));
    bool is_collection = collection.kind == Typed::Kind::kPlace && is_container(collection.type);
    if (!is_collection && !collection.is_error()) {
        diagnostics_.error(DiagnosticCode::kE0205, node.collection->span,
                           "a set or a list is needed here, this is " + describe(collection));
    }
    TypeId written = node.type ? resolve_type(*node.type) : TypeId{};
    TypeId element = is_collection ? plain(type(collection.type).element) : written.valid() ? written : int_type();
    if (written.valid() && is_collection && !same_type(written, element)) {
        diagnostics_.error(DiagnosticCode::kE0205, node.type->span,
                           "the elements are `" + name_of(element) + "`, not `" + name_of(written) + "`");
    }
    if (is_collection) note_read(collection.place, node.collection->span);
    context_.scopes.emplace_back();
    LocalId variable = declare_local(node.variable, element, context_.mode != Mode::kReal);
    if (!is_collection && !written.valid()) bad_locals_.insert(variable.value);
    Statement scope = blank(StatementKind::kBlock, s.span);
    scope.locals.push_back(variable);
    Statement statement = blank(StatementKind::kLoop, s.span);
    statement.loop = LoopKind::kForEach;
    statement.local = variable;
    statement.place = collection.place;
    open_loop(statement);
    enter_region("a loop over a collection");
    context_.loops.back().region_depth = context_.regions.size();
    statement.body.push_back(node.body ? substatement(*node.body) : empty_block(s.span));
    leave_region();
    close_loop(statement, false, s.span);
    context_.scopes.pop_back();
    if (!is_collection) return;
    scope.body.push_back(add(std::move(statement)));
    out.push_back(add(std::move(scope)));
}

void Checker::switch_statement(const ast::Stmt& s, const ast::SwitchStmt& node, std::vector<StatementId>& out) {
    Statement statement = blank(StatementKind::kSwitch, s.span);
    Typed value = rvalue(expression(*node.value));
    TypeId t = int_type();
    if (value.kind == Typed::Kind::kValue && is_arithmetic(value.type)) {
        t = promoted(value.type);
        statement.operands.push_back(convert_arithmetic(value.value, t));
    } else if (!value.is_error()) {
        diagnostics_.error(DiagnosticCode::kE0205, node.value->span, "`switch` needs a number, this is " + describe(value));
    }
    statement.break_label = new_label("", s.span);
    LoopInfo info;
    info.break_label = statement.break_label;
    info.region_depth = context_.regions.size();
    info.is_loop = false;
    context_.loops.push_back(info);
    context_.scopes.emplace_back();
    context_.block_locals.emplace_back();
    Statement body = blank(StatementKind::kBlock, s.span);
    std::map<Value, SourceSpan> seen;
    std::optional<SourceSpan> default_span;
    for (const ast::SwitchSection& section : node.sections) {
        LabelId label = new_label("", section.span);
        Statement mark = blank(StatementKind::kLabel, section.span);
        mark.label = label;
        body.body.push_back(add(std::move(mark)));
        for (const ast::Expr& given : section.values) {
            ExpressionId constant = constant_expression(given, "a case");
            if (!constant.valid()) continue;
            SwitchCase one;
            one.label = label;
            constant = convert_arithmetic(constant, t);
            if (uses_constant(constant)) {
                one.constant = constant;
            } else {
                one.value = static_value(constant).value_or(0);
                auto [first, is_new] = seen.emplace(one.value, given.span);
                if (!is_new) {
                    diagnostics_.error(DiagnosticCode::kE0204, given.span, "two cases for " + std::to_string(one.value))
                        .with_secondary(first->second, "first one");
                }
            }
            statement.cases.push_back(one);
        }
        if (section.is_default) {
            if (default_span)
                diagnostics_.error(DiagnosticCode::kE0204, section.span, "two `default:` in one `switch`")
                    .with_secondary(*default_span, "first one");
            default_span = section.span;
            statement.label = label;
        }
        for (const ast::Stmt& child : section.body) statement_into(child, body.body);
    }
    if (!default_span) statement.label = statement.break_label;
    body.locals = std::move(context_.block_locals.back());
    context_.block_locals.pop_back();
    context_.scopes.pop_back();
    context_.loops.pop_back();
    statement.body.push_back(add(std::move(body)));
    if (!statement.operands.empty()) out.push_back(add(std::move(statement)));
}

void Checker::jump_statement(SourceSpan span, bool is_break, std::vector<StatementId>& out) {
    for (std::size_t i = context_.loops.size(); i-- > 0;) {
        LoopInfo& loop = context_.loops[i];
        if (!is_break && !loop.is_loop) continue;
        for (std::size_t r = loop.region_depth; r < context_.regions.size(); r++) {
            if (!context_.regions[r].is_ghost) continue;
            diagnostics_.error(DiagnosticCode::kE0304, span, "a jump out of ghost code would change what real code does next");
            return;
        }
        // `continue` of an outer loop leaves the loops in between.
        for (std::size_t inner = i + (is_break ? 0u : 1u); inner < context_.loops.size(); inner++)
            context_.loops[inner].has_exit = true;
        Statement statement = blank(StatementKind::kGoto, span);
        statement.label = is_break ? loop.break_label : loop.continue_label;
        out.push_back(add(std::move(statement)));
        return;
    }
    diagnostics_.error(DiagnosticCode::kE0309, span,
                       is_break ? "`break` outside of a loop and of `switch`" : "`continue` outside of a loop");
}

void Checker::goto_statement(const ast::Stmt& s, const ast::GotoStmt& node, std::vector<StatementId>& out) {
    if (node.label.empty()) return;
    mark_exits();
    Statement statement = blank(StatementKind::kGoto, s.span);
    StatementId id = add(std::move(statement));
    out.push_back(id);
    context_.gotos.push_back({id, node.label.text, context_.regions, node.label.span});
}

void Checker::label_statement(const ast::Stmt& s, const ast::LabelStmt& node, std::vector<StatementId>& out) {
    if (!node.label.empty()) {
        auto found = context_.labels.find(node.label.text);
        if (found != context_.labels.end()) {
            diagnostics_.error(DiagnosticCode::kE0204, node.label.span, "label `" + node.label.text + "` is defined twice")
                .with_label("second definition")
                .with_secondary(found->second.span, "first definition");
        } else {
            const auto& table = context_.function.valid() ? function_labels_ : role_labels_;
            std::uint32_t owner = context_.function.valid() ? context_.function.value : context_.role.value;
            auto noted = table.find({owner, node.label.text});
            bool is_body = context_.function.valid() || context_.role.valid();
            LabelInfo info;
            info.id = is_body && noted != table.end() ? noted->second : new_label(node.label.text, node.label.span);
            info.regions = context_.regions;
            info.span = node.label.span;
            context_.labels.emplace(node.label.text, info);
            Statement statement = blank(StatementKind::kLabel, s.span);
            statement.label = info.id;
            out.push_back(add(std::move(statement)));
        }
    }
    if (node.statement) statement_into(*node.statement, out);
}

void Checker::resolve_gotos() {
    for (const GotoInfo& jump : context_.gotos) {
        auto found = context_.labels.find(jump.label);
        if (found == context_.labels.end()) {
            Diagnostic& d = diagnostics_.error(DiagnosticCode::kE0213, jump.span, "unknown label `" + jump.label + "`");
            std::vector<std::string> known;
            for (const auto& [name, unused] : context_.labels) known.push_back(name);
            suggest(d, jump.label, known, "a similar label exists");
            continue;
        }
        const LabelInfo& label = found->second;
        note_label({{jump.span}, jump.label}, label.id);
        std::size_t common = 0;
        while (common < label.regions.size() && common < jump.regions.size() &&
               label.regions[common].number == jump.regions[common].number)
            common++;
        if (common < label.regions.size()) {
            std::string what(label.regions[common].what);
            diagnostics_.error(DiagnosticCode::kE0306, jump.span, "a jump into " + what)
                .with_secondary(label.span, "the label is inside");
            continue;
        }
        bool leaves_ghost = false;
        for (std::size_t i = common; i < jump.regions.size(); i++) leaves_ghost = leaves_ghost || jump.regions[i].is_ghost;
        if (leaves_ghost) {
            diagnostics_.error(DiagnosticCode::kE0304, jump.span,
                               "a jump out of ghost code would change what real code does next");
            continue;
        }
        program_.statements[jump.statement.index()].label = label.id;
    }
}

}  // namespace quire
