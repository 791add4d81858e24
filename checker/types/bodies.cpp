// The order in which one variant is typed, and the bodies of functions, threads and init blocks.
#include <set>
#include <tuple>

#include "types/checker.h"

namespace quire {

namespace {

Result<TypedProgram> check_variant(const VariantPlan& variant, const SourceManager& sources, Diagnostics& diagnostics,
                                   const TypeOptions& options, NameTable* names) {
    Diagnostics found;
    Result<TypedProgram> program = Checker(variant, sources, found, options, names).run();
    // What is wrong with the file itself is said once; what only a variant makes wrong says which.
    std::set<std::tuple<DiagnosticCode, SourceSpan, std::string>> known;
    for (const Diagnostic& d : diagnostics.in_order()) known.emplace(d.code, d.span, d.message);
    for (const Diagnostic& d : found.in_order()) {
        if (known.count({d.code, d.span, d.message}) != 0) continue;
        Diagnostic& reported = diagnostics.report(d);
        if (variant.name != kBaseVariant) reported.with_note("in variant `" + variant.name + "`");
    }
    return program;
}

}  // namespace

Result<TypedProgram> check_types(const VariantPlan& variant, const SourceManager& sources, Diagnostics& diagnostics,
                                 const TypeOptions& options) {
    return check_variant(variant, sources, diagnostics, options, nullptr);
}

Result<TypedProgram> check_types(const VariantPlan& variant, const SourceManager& sources, Diagnostics& diagnostics,
                                 const TypeOptions& options, NameTable& names) {
    return check_variant(variant, sources, diagnostics, options, &names);
}

Result<TypedProgram> Checker::run() {
    errors_before_ = diagnostics_.error_count();
    program_.variant = plan_.name;
    program_.variant_text = plan_.text;
    enter_declarations();
    resolve_constants();
    resolve_structs();
    resolve_pools();
    resolve_signatures();
    resolve_globals();
    check_bodies();
    check_properties();
    resolve_instances();
    resolve_expectations();
    resolve_scenarios_and_lemmas();
    analyse();
    if (diagnostics_.error_count() != errors_before_) {
        if (names_ != nullptr) names_->program = std::move(program_);
        return Failure{};
    }
    return std::move(program_);
}

void Checker::check_bodies() {
    for (std::size_t i = 0; i < program_.roles.size(); i++) ensure_role_checked(RoleId{i});
    for (std::size_t i = 0; i < program_.functions.size(); i++) check_function_body(FunctionId{i});
    for (const ast::Declaration* declaration : plan_.declarations) {
        if (const auto* init = std::get_if<ast::InitDecl>(&declaration->node)) check_init(*init);
    }
}

void Checker::check_function_body(FunctionId id) {
    const ast::FunctionDecl* node = function_nodes_[id.index()];
    const ast::ExternDecl* outer = extern_nodes_[id.index()];
    Context saved = std::move(context_);
    context_ = Context{};
    context_.body = &function_bodies_[id.index()];
    context_.function = id;
    context_.mode = program_[id].is_ghost ? Mode::kGhost : Mode::kReal;
    context_.scopes.emplace_back();
    for (LocalId parameter : program_[id].parameters) {
        const Local& local = program_[parameter];
        if (local.name.empty() || local.name == "(result)") continue;
        Symbol symbol{Symbol::Kind::kLocal, parameter.value, local.span};
        auto [first, is_new] = context_.scopes.back().names.emplace(local.name, symbol);
        if (!is_new) {
            diagnostics_.error(DiagnosticCode::kE0204, local.span, "two parameters are called `" + local.name + "`")
                .with_secondary(first->second.span, "the first one");
        }
    }
    check_contracts(id, node != nullptr ? node->contracts : outer->contracts);
    if (node != nullptr && node->body) {
        if (program_[id].is_atomic) {
            enter_region("an atomic body");
            context_.atomic_depth++;
            if (context_.mode == Mode::kGhost) not_in_ghost(node->name.span, "`atomic`");
        }
        // As in C, the outermost block of the body may not redeclare a parameter.
        StatementId body = block(*node->body, false);
        if (program_[id].is_atomic) leave_region();
        resolve_gotos();
        program_.functions[id.index()].body = body;
    }
    context_ = std::move(saved);
}

// Ghost code may speak of another role's locals, so a role may be asked for while another one is under way.
void Checker::ensure_role_checked(RoleId id) {
    if (role_states_[id.index()] != 0 || depth_ >= kMaxDepth) return;
    depth_++;
    role_states_[id.index()] = 1;
    const ast::ThreadDecl& node = *role_nodes_[id.index()];
    Context saved = std::move(context_);
    context_ = Context{};
    context_.body = &role_bodies_[id.index()];
    context_.role = id;
    context_.scopes.emplace_back();
    for (LocalId parameter : program_[id].parameters) {
        const Local& local = program_[parameter];
        context_.scopes.back().names.emplace(local.name, Symbol{Symbol::Kind::kLocal, parameter.value, local.span});
        context_.body->locals[local.name].push_back(parameter);
    }
    if (node.body) {
        StatementId body = block(*node.body, false);
        resolve_gotos();
        program_.roles[id.index()].body = body;
    } else {
        program_.roles[id.index()].body = empty_block(node.name.span);
    }
    context_ = std::move(saved);
    depth_--;
    role_states_[id.index()] = 2;
}

void Checker::check_init(const ast::InitDecl& node) {
    if (!node.body) return;
    Context saved = std::move(context_);
    context_ = Context{};
    context_.body = &other_bodies_.emplace_back();
    context_.is_init = true;
    StatementId body = block(*node.body);
    resolve_gotos();
    program_.inits.push_back(body);
    context_ = std::move(saved);
}

void Checker::note_labels(const ast::Block& block, FunctionId function, RoleId role) {
    for (const ast::Stmt& statement : block.statements) note_labels(statement, function, role);
}

// Labels are known before any body is typed, so that at() in ghost code may look ahead. Those inside ({ … }) are not: no
// thread can be asked about a place inside an expression.
void Checker::note_labels(const ast::Stmt& statement, FunctionId function, RoleId role) {
    auto inner = [&](const ast::StmtPtr& s) {
        if (s) note_labels(*s, function, role);
    };
    auto inner_block = [&](const ast::BlockPtr& b) {
        if (b) note_labels(*b, function, role);
    };
    std::visit(ast::Overloaded{
                   [&](const ast::BlockStmt& s) { inner_block(s.body); },
                   [&](const ast::IfStmt& s) {
                       inner(s.then_branch);
                       inner(s.else_branch);
                   },
                   [&](const ast::WhileStmt& s) { inner(s.body); },
                   [&](const ast::DoWhileStmt& s) { inner(s.body); },
                   [&](const ast::ForStmt& s) { inner(s.body); },
                   [&](const ast::ForEachStmt& s) { inner(s.body); },
                   [&](const ast::SwitchStmt& s) {
                       for (const ast::SwitchSection& section : s.sections) {
                           for (const ast::Stmt& child : section.body) note_labels(child, function, role);
                       }
                   },
                   [&](const ast::LabelStmt& s) {
                       Label label;
                       label.name = s.label.text;
                       label.function = function;
                       label.role = role;
                       label.span = s.label.span;
                       auto& table = function.valid() ? function_labels_ : role_labels_;
                       std::uint32_t owner = function.valid() ? function.value : role.value;
                       if (table.emplace(std::make_pair(owner, s.label.text), LabelId{program_.labels.size()}).second) {
                           program_.labels.push_back(label);
                       }
                       inner(s.statement);
                   },
                   [&](const ast::AtomicStmt& s) { inner_block(s.body); },
                   [&](const ast::AwaitStmt& s) { inner_block(s.body); },
                   [&](const ast::EitherStmt& s) {
                       for (const ast::Block& branch : s.branches) note_labels(branch, function, role);
                   },
                   [&](const ast::GhostStmt& s) { inner_block(s.body); },
                   [](const auto&) {},
               },
               statement.node);
}

}  // namespace quire
