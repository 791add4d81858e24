#include "workbench/code_spots.h"

#include <algorithm>

#include "explain/explain.h"
#include "syntax/printer.h"

namespace quire {

namespace {

struct Frame {
    std::uint32_t site = kNone;
    std::string function;
    SourceSpan span;
};

// From the thread's own code inwards, as long as it is the spec's.
std::vector<Frame> frames_of(const ExplainedFinding& of, std::size_t cause) {
    std::size_t step = of.causes.causes[cause].step;
    std::uint32_t site = site_of_step(of.system, of.finding.trace, of.run, step);
    std::vector<Frame> frames;
    for (; site != kNone; site = of.system.sites[site].caller) {
        const Site& s = of.system.sites[site];
        if (s.library) frames.clear();
        if (!s.library) frames.push_back({site, s.function, s.span});
    }
    std::reverse(frames.begin(), frames.end());
    return frames;
}

const ast::Call* call_of(const ast::Stmt& statement) {
    const auto* e = std::get_if<ast::ExprStmt>(&statement.node);
    return e != nullptr && e->expr ? std::get_if<ast::Call>(&e->expr->node) : nullptr;
}

std::string callee_of(const ast::Call& call) {
    const auto* name = std::get_if<ast::NameExpr>(&call.callee->node);
    return name != nullptr ? name->name.text : std::string();
}

// Of locks that are taken before statement `index` and not given back: the statements that do so, last taken first.
std::vector<ast::Stmt> releases_before(const ExplainedFinding& of, const OpenSpot& spot, std::size_t index) {
    struct Taken {
        const LockWay* way;
        ast::Expr argument;
    };
    std::vector<Taken> taken;
    auto look = [&](const ast::Stmt& statement) {
        const ast::Call* call = call_of(statement);
        if (call == nullptr || call->arguments.size() != 1) return;
        std::string callee = callee_of(*call);
        for (std::size_t i = taken.size(); i-- > 0;) {
            if (taken[i].way->release != callee || !(taken[i].argument == call->arguments[0])) continue;
            taken.erase(taken.begin() + static_cast<std::ptrdiff_t>(i));
            return;
        }
        if (const LockWay* way = of.names.lock_taken_by(callee)) taken.push_back({way, call->arguments[0]});
    };
    for (const StatementAt& level : spot.around) {
        std::size_t end = level.block == spot.region.block ? index : level.index;
        for (std::size_t i = 0; i < end && i < level.block->statements.size(); ++i) look(level.block->statements[i]);
    }
    TreeMaker make{spot.first().span};
    std::vector<ast::Stmt> out;
    for (std::size_t i = taken.size(); i-- > 0;)
        out.push_back(make.statement(make.call(taken[i].way->release, {taken[i].argument})));
    return out;
}

bool is_kind(const ast::Type& type, ast::ScalarKind kind) {
    const auto* scalar = std::get_if<ast::ScalarType>(&type.node);
    return scalar != nullptr && scalar->kind == kind;
}

// What the function returns where it gives up: an early `return CONSTANT` of its own, else false, NULL or 0.
std::optional<ast::ExprPtr> failure_value(OpenSpot& spot, const TreeMaker& make) {
    const ast::Type* result = spot.result();
    if (result == nullptr) return ast::ExprPtr();
    ast::Expr value = make.name("");
    if (is_kind(*result, ast::ScalarKind::kBool)) {
        value.node = ast::BoolLiteral{false};
        return ast::ExprPtr(std::move(value));
    }
    if (std::holds_alternative<ast::PointerType>(result->node)) {
        value.node = ast::NullLiteral{};
        return ast::ExprPtr(std::move(value));
    }
    ast::ExprPtr found;
    for_each_statement(*body_of(*spot.declaration), [&](ast::Stmt& statement) {
        auto* returned = std::get_if<ast::ReturnStmt>(&statement.node);
        if (returned == nullptr || !returned->value || found) return;
        const auto* minus = std::get_if<ast::Unary>(&returned->value->node);
        if (minus != nullptr && minus->op == ast::UnaryOp::kMinus) found = returned->value;
    });
    if (found) return found;
    if (!std::holds_alternative<ast::ScalarType>(result->node)) return std::nullopt;
    value.node = ast::IntLiteral{};
    return ast::ExprPtr(std::move(value));
}

}  // namespace

std::vector<std::size_t> causes_of(const ExplainedFinding& of, ThreadNumber thread) {
    std::vector<std::size_t> own;
    for (std::size_t i = 0; i < of.causes.causes.size(); ++i) {
        if (of.thread_of(i) == thread) own.push_back(i);
    }
    return own;
}

std::vector<CodeSpot> spots_of(const ExplainedFinding& of, const std::vector<std::size_t>& causes) {
    std::vector<std::vector<Frame>> all;
    for (std::size_t cause : causes) all.push_back(frames_of(of, cause));
    std::vector<CodeSpot> spots;
    if (all.empty()) return spots;
    for (std::size_t level = 0;; ++level) {
        bool shared = std::all_of(all.begin(), all.end(), [&](const std::vector<Frame>& frames) {
            if (level >= frames.size() || frames[level].function != all[0][level].function) return false;
            return level == 0 || frames[level - 1].site == all[0][level - 1].site;
        });
        if (!shared) break;
        CodeSpot spot;
        spot.function = all[0][level].function;
        spot.causes = causes;
        for (const std::vector<Frame>& frames : all) spot.places.push_back(frames[level].span);
        spots.insert(spots.begin(), std::move(spot));
    }
    return spots;
}

const ast::Type* OpenSpot::result() const {
    const auto* f = std::get_if<ast::FunctionDecl>(&declaration->node);
    if (f == nullptr || !f->result || is_kind(*f->result, ast::ScalarKind::kVoid)) return nullptr;
    return f->result.get();
}

std::optional<OpenSpot> open_spot(EditedVariant& edited, const ExplainedFinding& of, const CodeSpot& spot) {
    OpenSpot open;
    open.declaration = edited.change(spot.function);
    if (open.declaration == nullptr) return std::nullopt;
    ast::Block& body = *body_of(*open.declaration);
    std::vector<StatementAt> common;
    for (std::size_t i = 0; i < spot.places.size(); ++i) {
        std::vector<StatementAt> path = statements_around(body, of.spec.sources, spot.places[i]);
        if (path.empty()) return std::nullopt;
        if (i == 0) {
            common = path;
            open.region = {path.back().block, path.back().index, path.back().index};
            continue;
        }
        // Up to the block that holds both.
        std::size_t level = 0;
        while (level + 1 < common.size() && level + 1 < path.size() && common[level].index == path[level].index &&
               common[level + 1].block == path[level + 1].block) {
            ++level;
        }
        bool inside = level + 1 < common.size();
        std::size_t first = inside ? common[level].index : open.region.first;
        std::size_t last = inside ? common[level].index : open.region.last;
        common.resize(level + 1);
        open.region = {common[level].block, std::min(first, path[level].index), std::max(last, path[level].index)};
        common[level].index = open.region.first;
    }
    open.around = std::move(common);
    return open;
}

std::vector<NamedVariable> variables_at(const ExplainedFinding& of, const OpenSpot& spot) {
    std::vector<NamedVariable> found;
    auto add = [&](NamedVariable variable) {
        bool hidden = std::any_of(found.begin(), found.end(), [&](const NamedVariable& v) { return v.name == variable.name; });
        if (!hidden && !variable.name.empty()) found.push_back(std::move(variable));
    };
    for (std::size_t level = spot.around.size(); level-- > 0;) {
        const StatementAt& at = spot.around[level];
        for (std::size_t i = at.index; i-- > 0;) {
            const auto* declared = std::get_if<ast::DeclStmt>(&at.block->statements[i].node);
            if (declared == nullptr) continue;
            for (const ast::VariableDecl& v : declared->variables) {
                if (v.type && v.init) add({v.name.text, print(*v.type)});
            }
        }
    }
    const std::vector<ast::Parameter>* parameters = nullptr;
    if (const auto* f = std::get_if<ast::FunctionDecl>(&spot.declaration->node)) parameters = &f->parameters;
    if (const auto* t = std::get_if<ast::ThreadDecl>(&spot.declaration->node)) parameters = &t->parameters;
    if (parameters != nullptr) {
        for (const ast::Parameter& p : *parameters) {
            if (p.type) add({p.name.text, print(*p.type)});
        }
    }
    for (NamedVariable& global : global_variables(of.plan())) add(std::move(global));
    return found;
}

std::optional<std::vector<ast::Stmt>> fail_statements(const ExplainedFinding& of, const OpenSpot& spot, std::size_t index,
                                                      std::vector<ast::Stmt> cleanup) {
    TreeMaker make{spot.first().span};
    OpenSpot copy = spot;
    std::optional<ast::ExprPtr> value = failure_value(copy, make);
    if (!value) return std::nullopt;
    std::vector<ast::Stmt> out = std::move(cleanup);
    for (ast::Stmt& release : releases_before(of, spot, index)) out.push_back(std::move(release));
    out.push_back(make.returning(std::move(*value)));
    return out;
}

std::string over_marks(const std::vector<std::size_t>& causes) {
    if (causes.empty()) return {};
    if (causes.size() == 1) return "at " + mark_text(causes[0]);
    return "over " + mark_text(causes.front()) + ".." + mark_text(causes.back());
}

std::string called_by(const ast::Stmt& statement) {
    const ast::Call* call = call_of(statement);
    return call != nullptr ? callee_of(*call) : std::string();
}

bool mentions(ast::Stmt& statement, const std::string& name) {
    bool found = false;
    for_each_expression(statement, [&](ast::Expr& e) {
        const auto* own = std::get_if<ast::NameExpr>(&e.node);
        found = found || (own != nullptr && own->name.text == name);
    });
    return found;
}

}  // namespace quire
