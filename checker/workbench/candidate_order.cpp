// What was read and is no longer so: read it again, make the steps one, or do not write where nothing would change.
#include <algorithm>
#include <cctype>

#include "syntax/printer.h"
#include "workbench/candidates.h"

namespace quire {

namespace {

bool is_scalar_type(const std::string& type) { return !type.starts_with("struct ") || type.ends_with(" *"); }

class OrderCandidates {
public:
    OrderCandidates(const ExplainedFinding& of, CandidateList& list) : of_(of), list_(list) {}

    void add() {
        for (ThreadNumber thread : threads()) {
            std::vector<std::size_t> own = causes_of(of_, thread);
            for (const CodeSpot& spot : spots_of(of_, own)) {
                read_again(spot, true);
                read_again(spot, false);
            }
            for (const CodeSpot& spot : spots_of(of_, own)) one_step(spot);
        }
        for (std::size_t i = 0; i < of_.causes.causes.size(); ++i) {
            for (const CodeSpot& spot : spots_of(of_, {i})) {
                other_function(spot);
                only_where_needed(spot);
                freeze(spot);
                break;
            }
        }
    }

private:
    std::vector<ThreadNumber> threads() const {
        std::vector<ThreadNumber> found;
        for (std::size_t i = 0; i < of_.causes.causes.size(); ++i) {
            ThreadNumber thread = of_.thread_of(i);
            if (std::find(found.begin(), found.end(), thread) == found.end()) found.push_back(thread);
        }
        return found;
    }

    // T v = e; ... -> the same, then: if (e != v) give up.  Of a struct, member by member.
    void read_again(const CodeSpot& spot, bool behind) {
        EditedVariant edited(of_.plan());
        std::optional<OpenSpot> open = open_spot(edited, of_, spot);
        if (!open || open->region.first == open->region.last) return;
        auto* declared = std::get_if<ast::DeclStmt>(&open->first().node);
        if (declared == nullptr) return;
        const ast::VariableDecl v = declared->variables.back();
        if (!v.init || !v.type || std::holds_alternative<ast::InitList>(v.init->node)) return;
        TreeMaker make{open->last().span};
        std::vector<ast::Stmt> again;
        std::optional<ast::Expr> differs = difference(v, make, again);
        if (!differs) return;
        std::size_t index = open->region.last + (behind ? 1 : 0);
        bool got = std::any_of(spot.causes.begin(), spot.causes.end(), [&](std::size_t cause) {
            CauseRole role = of_.causes.causes[cause].role;
            return role == CauseRole::kGot || role == CauseRole::kResurrected;
        });
        std::vector<ast::Stmt> cleanup;
        if (got) put_what_was_got(*open, index, make, cleanup);
        auto fail = fail_statements(of_, *open, index, std::move(cleanup));
        if (!fail) return;
        again.push_back(make.if_then(std::move(*differs), std::move(*fail)));
        std::vector<ast::Stmt>& all = open->region.block->statements;
        all.insert(all.begin() + static_cast<std::ptrdiff_t>(index), again.begin(), again.end());
        list_.push_back({v.name.text + " read again " + (behind ? "after " : "before ") + mark_text(spot.causes.back()) + " in " +
                             spot.function + "()",
                         "gives up if it changed",
                         {},
                         std::move(edited)});
    }

    std::optional<ast::Expr> difference(const ast::VariableDecl& v, const TreeMaker& make, std::vector<ast::Stmt>& again) const {
        std::string type = print(*v.type);
        std::vector<NamedVariable> members = type.ends_with(" *") ? std::vector<NamedVariable>{} : members_of(of_.plan(), type);
        if (members.empty()) return make.binary(ast::BinaryOp::kNotEqual, *v.init, make.name(v.name.text));
        again.push_back(make.declaration(*v.type, "again", *v.init));
        std::optional<ast::Expr> all;
        for (const NamedVariable& m : members) {
            if (!is_scalar_type(m.type)) return std::nullopt;
            ast::Expr one = make.binary(ast::BinaryOp::kNotEqual, make.member(make.name("again"), m.name, false),
                                        make.member(make.name(v.name.text), m.name, false));
            all = all ? make.binary(ast::BinaryOp::kLogicalOr, std::move(*all), std::move(one)) : std::move(one);
        }
        return all;
    }

    // The reference that the region took, on the nearest variable of a type that has references.
    void put_what_was_got(const OpenSpot& open, std::size_t index, const TreeMaker& make, std::vector<ast::Stmt>& cleanup) const {
        OpenSpot at = open;
        at.around.back().index = index;
        for (const NamedVariable& v : variables_at(of_, at)) {
            const CountWay* way = of_.names.count_of_type(v.type);
            if (way == nullptr || way->put.empty()) continue;
            cleanup.push_back(make.statement(make.call(way->put, {make.name(v.name)})));
            return;
        }
    }

    // A statement that reads in one step and writes in another becomes one.
    void one_step(const CodeSpot& spot) {
        bool reads = false, writes = false;
        for (std::size_t cause : spot.causes) {
            CauseRole role = of_.causes.causes[cause].role;
            reads = reads || role == CauseRole::kRead || role == CauseRole::kTested || role == CauseRole::kLoaded;
            writes = writes || role == CauseRole::kWritten || role == CauseRole::kGot || role == CauseRole::kPut ||
                     role == CauseRole::kLinked || role == CauseRole::kUnlinked;
        }
        EditedVariant edited(of_.plan());
        std::optional<OpenSpot> open = open_spot(edited, of_, spot);
        if (!reads || !writes || !open || open->region.first != open->region.last) return;
        ast::Stmt& statement = open->first();
        if (!std::holds_alternative<ast::ExprStmt>(statement.node)) return;
        ast::Stmt atomic;
        atomic.span = statement.span;
        ast::Block body;
        body.span = statement.span;
        std::string text = print(statement);
        body.statements.push_back(std::move(statement));
        ast::AtomicStmt wrapped;
        wrapped.body = ast::BlockPtr(std::move(body));
        atomic.node = std::move(wrapped);
        statement = std::move(atomic);
        while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
        list_.push_back(
            {"one atomic step " + over_marks(spot.causes) + " in " + spot.function + "()", text, {}, std::move(edited)});
    }

    const ast::FunctionDecl* same_shape(const std::string& name, const ast::FunctionDecl& as) const {
        const ast::FunctionDecl* f = find_function(of_.plan(), name);
        if (f == nullptr || f->parameters.size() != as.parameters.size()) return nullptr;
        for (std::size_t i = 0; i < f->parameters.size(); ++i) {
            if (!f->parameters[i].type || !as.parameters[i].type) return nullptr;
        }
        return f;
    }

    // __set(x)  ->  set(x): what has the underscores is the form for who is alone.
    void other_function(const CodeSpot& spot) {
        EditedVariant edited(of_.plan());
        std::optional<OpenSpot> open = open_spot(edited, of_, spot);
        if (!open) return;
        std::string callee = called_by(open->first());
        const ast::FunctionDecl* old = callee.starts_with("__") ? find_function(of_.plan(), callee) : nullptr;
        if (old == nullptr || same_shape(callee.substr(2), *old) == nullptr) return;
        TreeMaker make{open->first().span};
        auto& call = std::get<ast::Call>(std::get<ast::ExprStmt>(open->first().node).expr->node);
        call.callee = ast::ExprPtr(make.name(callee.substr(2)));
        list_.push_back(
            {callee.substr(2) + "() in place of " + callee + "() in " + spot.function + "()", {}, {}, std::move(edited)});
    }

    // set(x)  ->  if (!test(x)) set(x), if there is a test of that name for the same thing.
    void only_where_needed(const CodeSpot& spot) {
        EditedVariant edited(of_.plan());
        std::optional<OpenSpot> open = open_spot(edited, of_, spot);
        if (!open) return;
        std::string callee = called_by(open->first());
        const ast::FunctionDecl* old = find_function(of_.plan(), callee);
        if (old == nullptr) return;
        for (bool sets : {true, false}) {
            std::string verb = sets ? "set" : "clear";
            std::string name = callee.substr(callee.find_first_not_of('_'));
            std::size_t at = name.find(verb);
            if (at == std::string::npos) continue;
            // "set_x" as "test_x"; a "set" inside of a word is none.
            bool begins = at == 0 || name[at - 1] == '_';
            bool ends = at + verb.size() == name.size() || name[at + verb.size()] == '_';
            if (!begins || !ends) continue;
            std::string test = name;
            test.replace(at, verb.size(), "test");
            if (same_shape(test, *old) == nullptr) continue;
            ast::Stmt& statement = open->first();
            TreeMaker make{statement.span};
            const auto& call = std::get<ast::Call>(std::get<ast::ExprStmt>(statement.node).expr->node);
            ast::Expr tested = make.call(test, call.arguments);
            if (sets) tested = make.unary(ast::UnaryOp::kNot, std::move(tested));
            statement = make.if_then(std::move(tested), {statement});
            list_.push_back({callee + "() only where " + test + "() says that it is needed, in " + spot.function + "()",
                             {},
                             {},
                             std::move(edited)});
            return;
        }
    }

    // count(x) == n  ->  freeze(x, n), where the names differ in just that.
    void freeze(const CodeSpot& spot) {
        EditedVariant edited(of_.plan());
        std::optional<OpenSpot> open = open_spot(edited, of_, spot);
        if (!open) return;
        std::string done;
        for_each_expression(open->first(), [&](ast::Expr& e) {
            auto* equal = std::get_if<ast::Binary>(&e.node);
            if (!done.empty() || equal == nullptr || equal->op != ast::BinaryOp::kEqual) return;
            auto* call = std::get_if<ast::Call>(&equal->left->node);
            auto* callee = call != nullptr ? std::get_if<ast::NameExpr>(&call->callee->node) : nullptr;
            if (callee == nullptr || call->arguments.size() != 1 || !callee->name.text.ends_with("_count")) return;
            std::string name = callee->name.text.substr(0, callee->name.text.size() - 5) + "freeze";
            const ast::FunctionDecl* f = find_function(of_.plan(), name);
            if (f == nullptr || f->parameters.size() != 2) return;
            TreeMaker make{e.span};
            std::vector<ast::Expr> arguments = call->arguments;
            arguments.push_back(*equal->right);
            done = name;
            e = make.call(name, std::move(arguments));
        });
        if (!done.empty())
            list_.push_back({done + "() in place of a test of the count in " + spot.function + "()", {}, {}, std::move(edited)});
    }

    const ExplainedFinding& of_;
    CandidateList& list_;
};

}  // namespace

void add_order_candidates(const ExplainedFinding& of, CandidateList& list) { OrderCandidates(of, list).add(); }

std::vector<Candidate> repair_candidates(const ExplainedFinding& of, std::size_t most) {
    CandidateList all;
    add_count_candidates(of, all);
    add_lock_candidates(of, all);
    add_order_candidates(of, all);
    add_lifetime_candidates(of, all);
    CandidateList kept;
    std::vector<std::vector<std::string>> patches;
    for (Candidate& candidate : all) {
        std::vector<std::string> patch = candidate.variant.patch();
        if (patch.empty() || std::find(patches.begin(), patches.end(), patch) != patches.end() || kept.size() == most) continue;
        patches.push_back(std::move(patch));
        kept.push_back(std::move(candidate));
    }
    return kept;
}

}  // namespace quire
