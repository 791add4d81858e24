// A lock that one side holds at its causal steps, over those of the other side; and the lock of an object that a causal step
// works on.
#include <algorithm>
#include <set>

#include "syntax/printer.h"
#include "workbench/candidates.h"

namespace quire {

namespace {

constexpr int kMostMemberDepth = 2;

// A way to write down a lock.
struct LockArgument {
    ast::Expr expression;
    std::string place;      // "table.ptl" where the expression names one place
    std::string suffix;     // else what the place ends with: ".i_data.tree_lock"
    std::string structure;  // else the struct that the lock is: "page"
};

std::string pointee(const std::string& type) { return type.ends_with(" *") ? type.substr(0, type.size() - 2) : std::string(); }

class ArgumentFinder {
public:
    ArgumentFinder(const ExplainedFinding& of, const LockWay& way, const TreeMaker& make) : of_(of), way_(way), make_(make) {}

    std::vector<LockArgument> find(const std::vector<NamedVariable>& variables) {
        for (const NamedVariable& v : variables) {
            if (v.type == way_.type) {
                std::string type = pointee(v.type);
                bool itself = way_.member.empty();
                std::string structure = itself && type.starts_with("struct ") ? type.substr(7) : std::string();
                found_.push_back({make_.name(v.name), {}, way_.member, structure});
            } else if (std::string target = pointee(v.type); !target.empty()) {
                members(target, make_.name(v.name), true, "", false, 1);
            } else {
                value(v.type, make_.name(v.name), v.name, true, 0);
            }
        }
        return std::move(found_);
    }

private:
    // `place`: of the expression, or only how it ends if not `exact`.
    void value(const std::string& type, ast::Expr expression, const std::string& place, bool exact, int depth) {
        if (type + " *" == way_.type) {
            ast::Expr address = make_.unary(ast::UnaryOp::kAddressOf, expression);
            std::string whole = place + way_.member;
            found_.push_back({std::move(address), exact ? whole : "", exact ? "" : whole, {}});
        }
        if (depth < kMostMemberDepth) members(type, std::move(expression), false, place, exact, depth + 1);
    }

    void members(const std::string& type, const ast::Expr& object, bool arrow, const std::string& place, bool exact, int depth) {
        for (const NamedVariable& m : members_of(of_.plan(), type))
            value(m.type, make_.member(object, m.name, arrow), place + "." + m.name, exact, depth);
    }

    const ExplainedFinding& of_;
    const LockWay& way_;
    const TreeMaker& make_;
    std::vector<LockArgument> found_;
};

bool names_place(const ExplainedFinding& of, const LockArgument& argument, const std::string& place) {
    if (!argument.place.empty()) return argument.place == place;
    if (!argument.suffix.empty()) return place.ends_with(argument.suffix);
    if (argument.structure.empty()) return false;
    for (const PointerSpace& space : of.system.pointer_spaces) {
        if (space.structure != argument.structure) continue;
        return std::find(space.places.begin(), space.places.end(), place) != space.places.end();
    }
    return false;
}

// Calls of the region that take or give back the lock itself are no longer needed.
void drop_inner_calls(const CodeNames& names, const CodeRegion& region, const ast::Expr& argument) {
    auto is_inner = [&](const ast::Stmt& statement) {
        std::string callee = called_by(statement);
        if (callee.empty() || (names.lock_taken_by(callee) == nullptr && !names.releases(callee))) return false;
        const auto& call = std::get<ast::Call>(std::get<ast::ExprStmt>(statement.node).expr->node);
        return call.arguments.size() == 1 && call.arguments[0] == argument;
    };
    ast::Block inside;
    for (std::size_t i = region.first; i <= region.last; ++i) {
        if (is_inner(region.block->statements[i])) region.block->statements[i].node = ast::EmptyStmt{};
    }
    for (std::size_t i = region.first; i <= region.last; ++i) {
        ast::Block one;
        one.statements.push_back(std::move(region.block->statements[i]));
        for_each_statement(one, [&](ast::Stmt& statement) {
            auto* block = std::get_if<ast::BlockStmt>(&statement.node);
            if (block != nullptr) std::erase_if(block->body->statements, is_inner);
        });
        region.block->statements[i] = std::move(one.statements[0]);
    }
}

void erase_empty(const CodeRegion& region) {
    std::erase_if(region.block->statements, [](const ast::Stmt& s) { return std::holds_alternative<ast::EmptyStmt>(s.node); });
}

class LockCandidates {
public:
    LockCandidates(const ExplainedFinding& of, CandidateList& list) : of_(of), list_(list) {}

    void add() {
        std::set<ThreadNumber> threads;
        for (std::size_t i = 0; i < of_.causes.causes.size(); ++i) threads.insert(of_.thread_of(i));
        for (ThreadNumber thread : threads) {
            std::vector<std::size_t> own = causes_of(of_, thread);
            std::set<std::string> wanted;
            for (std::size_t i = 0; i < of_.causes.causes.size(); ++i) {
                if (of_.thread_of(i) == thread) continue;
                for (const std::string& lock : locks_at(i)) wanted.insert(lock);
            }
            for (const std::string& lock : locks_anywhere(thread)) wanted.insert(lock);
            for (const std::string& lock : wanted) {
                if (held_throughout(thread, own, lock)) continue;
                for (const CodeSpot& spot : spots_of(of_, own)) take(thread, spot, lock);
            }
        }
    }

private:
    std::set<std::string> locks_at(std::size_t cause) const {
        std::set<std::string> names;
        std::size_t step = of_.causes.causes[cause].step;
        for (const HeldLock& held : locks_held(of_.system, of_.run.states[step], of_.thread_of(cause))) {
            if (!held.named) names.insert(held.lock);
        }
        return names;
    }

    // What another thread with a cause takes somewhere in the trace.
    std::set<std::string> locks_anywhere(ThreadNumber thread) const {
        std::set<std::string> names;
        std::set<ThreadNumber> others;
        for (std::size_t i = 0; i < of_.causes.causes.size(); ++i) others.insert(of_.thread_of(i));
        for (const std::vector<Value>& state : of_.run.states) {
            for (ThreadNumber other : others) {
                if (other == thread) continue;
                for (const HeldLock& held : locks_held(of_.system, state, other)) {
                    if (!held.named) names.insert(held.lock);
                }
            }
        }
        return names;
    }

    bool held_throughout(ThreadNumber thread, const std::vector<std::size_t>& own, const std::string& lock) const {
        for (std::size_t step = of_.causes.causes[own.front()].step; step <= of_.causes.causes[own.back()].step; ++step) {
            std::vector<HeldLock> held = locks_held(of_.system, of_.run.states[step], thread);
            if (std::none_of(held.begin(), held.end(), [&](const HeldLock& h) { return h.lock == lock; })) return false;
        }
        return true;
    }

    // Of ways to the same lock the plainest, which is also the shortest to write.
    std::vector<const LockWay*> ways() const {
        std::vector<const LockWay*> best;
        for (const LockWay& way : of_.names.locks) {
            bool known = false;
            for (const LockWay*& other : best) {
                if (other->type != way.type || other->member != way.member) continue;
                known = true;
                if (way.acquire.size() < other->acquire.size() && !way.acquire.starts_with("__")) other = &way;
            }
            if (!known) best.push_back(&way);
        }
        return best;
    }

    void take(ThreadNumber thread, const CodeSpot& spot, const std::string& lock) {
        for (const LockWay* way : ways()) {
            EditedVariant probe(of_.plan());
            std::optional<OpenSpot> open = open_spot(probe, of_, spot);
            if (!open) return;
            TreeMaker make{open->first().span};
            for (const LockArgument& argument : ArgumentFinder(of_, *way, make).find(variables_at(of_, *open))) {
                if (!names_place(of_, argument, lock)) continue;
                enclose_with(thread, spot, lock, *way, argument, false);
                if (way->sleeps && !way->attempt.empty()) enclose_with(thread, spot, lock, *way, argument, true);
                break;
            }
        }
    }

    void enclose_with(ThreadNumber thread, const CodeSpot& spot, const std::string& lock, const LockWay& way,
                      const LockArgument& argument, bool attempt) {
        EditedVariant edited(of_.plan());
        std::optional<OpenSpot> open = open_spot(edited, of_, spot);
        if (!open) return;
        TreeMaker make{open->first().span};
        ast::Expr call = make.call(attempt ? way.attempt : way.acquire, {argument.expression});
        std::vector<ast::Stmt> before;
        if (attempt) {
            auto fail = fail_statements(of_, *open, open->region.first, {});
            if (!fail) return;
            before.push_back(make.if_then(make.unary(ast::UnaryOp::kNot, std::move(call)), std::move(*fail)));
        } else {
            before.push_back(make.statement(std::move(call)));
        }
        drop_inner_calls(of_.names, open->region, argument.expression);
        std::vector<ast::Stmt> behind = {make.statement(make.call(way.release, {argument.expression}))};
        if (!enclose(open->region, before, behind, open->result())) return;
        erase_empty(open->region);
        std::string note = attempt ? way.attempt + "(): " + way.acquire + "() may sleep" : std::string();
        std::string text = print(argument.expression);
        if (text.starts_with("&")) text = text.substr(1);
        bool object = argument.place.empty() && argument.suffix.empty();
        list_.push_back({(object ? "the lock of " + text : text + way.member) + " " + over_marks(spot.causes) + " in " +
                             spot.function + "()" + " by " + of_.thread_name(thread),
                         std::move(note), lock, std::move(edited)});
    }

    const ExplainedFinding& of_;
    CandidateList& list_;
};

}  // namespace

void add_lock_candidates(const ExplainedFinding& of, CandidateList& list) { LockCandidates(of, list).add(); }

}  // namespace quire
