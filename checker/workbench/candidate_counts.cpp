// References: one that is only taken while the count is not zero, in place of one that is taken without looking; and one of
// its own for a thread that follows a pointer without any.
#include <algorithm>

#include "workbench/candidates.h"

namespace quire {

namespace {

class CountCandidates {
public:
    CountCandidates(const ExplainedFinding& of, CandidateList& list) : of_(of), list_(list) {}

    void add() {
        for (std::size_t i = 0; i < of_.causes.causes.size(); ++i) {
            for (const CodeSpot& spot : spots_of(of_, {i})) get_unless_zero(spot);
        }
        std::vector<std::size_t> own = causes_of(of_, of_.causes.victim);
        for (const CodeSpot& spot : spots_of(of_, own)) {
            if (of_.finding.trace.steps.empty()) break;
            pin(spot);
        }
    }

private:
    // get(x);  ->  if (!get_unless_zero(x)) give up
    void get_unless_zero(const CodeSpot& spot) {
        EditedVariant edited(of_.plan());
        std::optional<OpenSpot> open = open_spot(edited, of_, spot);
        if (!open) return;
        std::string callee = called_by(open->first());
        const CountWay* way = nullptr;
        for (const CountWay& one : of_.names.counts) {
            bool plain = std::find(one.plain.begin(), one.plain.end(), callee) != one.plain.end();
            if (plain && !one.attempt.empty()) way = &one;
        }
        if (way == nullptr) return;
        auto fail = fail_statements(of_, *open, open->region.first, {});
        if (!fail) return;
        ast::Stmt& statement = open->first();
        TreeMaker make{statement.span};
        auto& call = std::get<ast::Call>(std::get<ast::ExprStmt>(statement.node).expr->node);
        ast::Expr attempt = make.call(way->attempt, call.arguments);
        statement = make.if_then(make.unary(ast::UnaryOp::kNot, std::move(attempt)), std::move(*fail));
        list_.push_back(
            {way->attempt + "() in place of " + callee + "() " + over_marks(spot.causes) + " in " + spot.function + "()",
             {},
             {},
             std::move(edited)});
    }

    // The variable that the statement gives a value to.
    static std::string assigned_by(const ast::Stmt& statement) {
        if (const auto* d = std::get_if<ast::DeclStmt>(&statement.node)) {
            const ast::VariableDecl& last = d->variables.back();
            return last.init ? last.name.text : std::string();
        }
        const auto* e = std::get_if<ast::ExprStmt>(&statement.node);
        const auto* assign = e != nullptr && e->expr ? std::get_if<ast::Assign>(&e->expr->node) : nullptr;
        const auto* name = assign != nullptr && !assign->op ? std::get_if<ast::NameExpr>(&assign->target->node) : nullptr;
        return name != nullptr ? name->name.text : std::string();
    }

    std::string type_of(const OpenSpot& open, const std::string& name) const {
        OpenSpot behind = open;
        behind.around.back().index = open.region.first + 1;
        for (const NamedVariable& v : variables_at(of_, behind)) {
            if (v.name == name) return v.type;
        }
        return {};
    }

    void pin(const CodeSpot& spot) {
        EditedVariant edited(of_.plan());
        std::optional<OpenSpot> open = open_spot(edited, of_, spot);
        if (!open) return;
        // Right behind the statement that gets hold of the pointer, or before one that already has it.
        std::string loaded = assigned_by(open->first());
        if (const CountWay* way = of_.names.count_of_type(type_of(*open, loaded)); way != nullptr && !loaded.empty()) {
            pin_variable(spot, *way, loaded, true);
            return;
        }
        for (const NamedVariable& v : variables_at(of_, *open)) {
            const CountWay* way = of_.names.count_of_type(v.type);
            if (way == nullptr || !mentions(open->last(), v.name)) continue;
            pin_variable(spot, *way, v.name, false);
            return;
        }
    }

    void pin_variable(const CodeSpot& spot, const CountWay& way, const std::string& variable, bool just_loaded) {
        if (way.attempt.empty() || way.put.empty()) return;
        EditedVariant edited(of_.plan());
        std::optional<OpenSpot> open = open_spot(edited, of_, spot);
        TreeMaker make{open->first().span};
        CodeRegion region = open->region;
        std::vector<ast::Stmt>& all = region.block->statements;
        if (just_loaded) {
            ++region.first;
            // As long as the variable is used.
            for (std::size_t i = region.first; i < all.size(); ++i) {
                if (mentions(all[i], variable)) region.last = std::max(region.last, i);
            }
            if (region.first >= all.size() || region.first > region.last) return;
        }
        auto fail = fail_statements(of_, *open, region.first, {});
        if (!fail) return;
        ast::Expr refused = make.unary(ast::UnaryOp::kNot, make.call(way.attempt, {make.name(variable)}));
        if (just_loaded) {
            ast::Expr null = make.unary(ast::UnaryOp::kNot, make.name(variable));
            refused = make.binary(ast::BinaryOp::kLogicalOr, std::move(null), std::move(refused));
        }
        std::vector<ast::Stmt> before = {make.if_then(std::move(refused), std::move(*fail))};
        std::vector<ast::Stmt> behind = {make.statement(make.call(way.put, {make.name(variable)}))};
        if (!enclose(region, before, behind, open->result())) return;
        list_.push_back({"a reference of its own on " + variable + " " + over_marks(spot.causes) + " in " + spot.function + "()",
                         way.attempt + "() and " + way.put + "()",
                         {},
                         std::move(edited)});
    }

    const ExplainedFinding& of_;
    CandidateList& list_;
};

}  // namespace

void add_count_candidates(const ExplainedFinding& of, CandidateList& list) { CountCandidates(of, list).add(); }

}  // namespace quire
