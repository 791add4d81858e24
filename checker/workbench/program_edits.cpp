#include "workbench/program_edits.h"

#include <algorithm>
#include <set>

#include "syntax/printer.h"

namespace quire {

namespace {

using ast::Overloaded;

// Calls visit(statement) for the statements directly below, and block(b) for blocks.
template <class OnStatement, class OnBlock>
void below(ast::Stmt& statement, OnStatement&& visit, OnBlock&& block) {
    auto maybe = [&](ast::StmtPtr& s) {
        if (s) visit(*s);
    };
    std::visit(Overloaded{[&](ast::BlockStmt& s) { block(*s.body); },
                          [&](ast::IfStmt& s) { maybe(s.then_branch), maybe(s.else_branch); },
                          [&](ast::WhileStmt& s) { maybe(s.body); }, [&](ast::DoWhileStmt& s) { maybe(s.body); },
                          [&](ast::ForStmt& s) { maybe(s.body); }, [&](ast::ForEachStmt& s) { maybe(s.body); },
                          [&](ast::SwitchStmt& s) {
                              for (ast::SwitchSection& section : s.sections)
                                  for (ast::Stmt& one : section.body) visit(one);
                          },
                          [&](ast::LabelStmt& s) { maybe(s.statement); }, [&](ast::AtomicStmt& s) { block(*s.body); },
                          [&](ast::AwaitStmt& s) {
                              if (s.body) block(*s.body);
                          },
                          [&](ast::EitherStmt& s) {
                              for (ast::Block& branch : s.branches) block(branch);
                          },
                          [&](ast::GhostStmt& s) { block(*s.body); }, [](auto&) {}},
               statement.node);
}

void brace(ast::StmtPtr& branch) {
    if (!branch || std::holds_alternative<ast::BlockStmt>(branch->node)) return;
    ast::Block block;
    block.span = branch->span;
    ast::Stmt outer;
    outer.span = branch->span;
    block.statements.push_back(std::move(*branch));
    outer.node = ast::BlockStmt{ast::BlockPtr(std::move(block))};
    *branch = std::move(outer);
}

void brace_branches(ast::Block& block) {
    for_each_statement(block, [](ast::Stmt& statement) {
        std::visit(Overloaded{[](ast::IfStmt& s) {
                                  brace(s.then_branch);
                                  bool chain = s.else_branch && std::holds_alternative<ast::IfStmt>(s.else_branch->node);
                                  if (!chain) brace(s.else_branch);
                              },
                              [](ast::WhileStmt& s) { brace(s.body); }, [](ast::DoWhileStmt& s) { brace(s.body); },
                              [](ast::ForStmt& s) { brace(s.body); }, [](ast::ForEachStmt& s) { brace(s.body); }, [](auto&) {}},
                   statement.node);
    });
}

std::vector<std::string> text_lines(const std::string& text) {
    std::vector<std::string> lines;
    std::size_t begin = 0;
    while (begin < text.size()) {
        std::size_t end = std::min(text.find('\n', begin), text.size());
        lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return lines;
}

std::string printed_with_braces(const ast::Declaration& declaration) {
    ast::Declaration copy = declaration;
    copy.doc.clear();
    if (ast::Block* body = body_of(copy)) brace_branches(*body);
    return print(copy);
}

// Longest common subsequence: functions are short.
std::vector<std::string> differing_lines(const std::vector<std::string>& a, const std::vector<std::string>& b) {
    std::vector<std::vector<std::size_t>> common(a.size() + 1, std::vector<std::size_t>(b.size() + 1, 0));
    for (std::size_t i = a.size(); i-- > 0;) {
        for (std::size_t k = b.size(); k-- > 0;)
            common[i][k] = a[i] == b[k] ? common[i + 1][k + 1] + 1 : std::max(common[i + 1][k], common[i][k + 1]);
    }
    std::vector<std::string> out;
    std::size_t i = 0, k = 0;
    while (i < a.size() || k < b.size()) {
        if (i < a.size() && k < b.size() && a[i] == b[k]) {
            ++i, ++k;
        } else if (k == b.size() || (i < a.size() && common[i + 1][k] >= common[i][k + 1])) {
            out.push_back("-" + a[i++]);
        } else {
            out.push_back("+" + b[k++]);
        }
    }
    return out;
}

bool contains(const SourceManager& sources, const SourceSpan& outer, const SourceSpan& inner) {
    SourceSpan a = sources.outermost(outer), b = sources.outermost(inner);
    return a.valid() && b.valid() && a.file == b.file && a.begin <= b.begin && b.end <= a.end;
}

}  // namespace

// ----------------------------------------------------------------------------------------------------- EditedVariant

const ast::Block* body_of(const ast::Declaration& declaration) {
    return std::visit(Overloaded{[](const ast::FunctionDecl& d) -> const ast::Block* { return d.body.get(); },
                                 [](const ast::ThreadDecl& d) -> const ast::Block* { return d.body.get(); },
                                 [](const ast::IrqDecl& d) -> const ast::Block* { return d.body.get(); },
                                 [](const auto&) -> const ast::Block* { return nullptr; }},
                      declaration.node);
}

ast::Block* body_of(ast::Declaration& declaration) {
    return std::visit(
        Overloaded{[](ast::FunctionDecl& d) -> ast::Block* { return d.body.get(); },
                   [](ast::ThreadDecl& d) -> ast::Block* { return d.body.get(); },
                   [](ast::IrqDecl& d) -> ast::Block* { return d.body.get(); }, [](auto&) -> ast::Block* { return nullptr; }},
        declaration.node);
}

ast::Declaration* EditedVariant::change(std::string_view name) {
    auto known = changed_.find(name);
    if (known != changed_.end()) return known->second.second.get();
    for (const ast::Declaration*& declaration : plan_.declarations) {
        const ast::Name* own = ast::declared_name(*declaration);
        if (own == nullptr || own->text != name || body_of(*declaration) == nullptr) continue;
        auto copy = std::make_unique<ast::Declaration>(*declaration);
        ast::Declaration* changed = copy.get();
        changed_.emplace(std::string(name), std::make_pair(declaration, std::move(copy)));
        declaration = changed;
        return changed;
    }
    return nullptr;
}

Result<TypedProgram> EditedVariant::typed(const SourceManager& sources, const LoadOptions& options) const {
    Diagnostics ignored;
    Result<TypedProgram> program = check_types(plan_, sources, ignored, TypeOptions{options.memory_models});
    if (ignored.has_errors()) return Failure{};
    return program;
}

std::vector<std::string> EditedVariant::patch() const {
    std::vector<std::string> lines;
    for (const auto& [name, change] : changed_) {
        std::vector<std::string> differing =
            differing_lines(text_lines(printed_with_braces(*change.first)), text_lines(printed_with_braces(*change.second)));
        if (differing.empty()) continue;
        lines.push_back(name);
        lines.insert(lines.end(), differing.begin(), differing.end());
    }
    return lines;
}

// --------------------------------------------------------------------------------------------------------- visitors

void for_each_statement(ast::Block& block, const std::function<void(ast::Stmt&)>& visit) {
    std::function<void(ast::Stmt&)> deep = [&](ast::Stmt& statement) {
        visit(statement);
        below(statement, deep, [&](ast::Block& inner) {
            for (ast::Stmt& one : inner.statements) deep(one);
        });
    };
    for (ast::Stmt& statement : block.statements) deep(statement);
}

void for_each_expression(ast::Expr& expression, const std::function<void(ast::Expr&)>& visit) {
    visit(expression);
    auto go = [&](ast::ExprPtr& e) {
        if (e) for_each_expression(*e, visit);
    };
    std::visit(Overloaded{[&](ast::Unary& e) { go(e.operand); }, [&](ast::Binary& e) { go(e.left), go(e.right); },
                          [&](ast::Assign& e) { go(e.target), go(e.value); },
                          [&](ast::Conditional& e) { go(e.condition), go(e.then_value), go(e.else_value); },
                          [&](ast::Call& e) {
                              go(e.callee);
                              for (ast::Expr& argument : e.arguments) for_each_expression(argument, visit);
                          },
                          [&](ast::MemberAccess& e) { go(e.object); }, [&](ast::Index& e) { go(e.object), go(e.index); },
                          [&](ast::Cast& e) { go(e.operand); }, [&](ast::ContainerOf& e) { go(e.pointer); },
                          [&](ast::StatementExpr& e) {
                              if (!e.body) return;
                              for (ast::Stmt& one : e.body->statements) for_each_expression(one, visit);
                          },
                          [&](ast::InitList& e) {
                              for (ast::InitItem& item : e.items) go(item.value);
                          },
                          [&](ast::CompoundLiteral& e) { go(e.init); }, [&](ast::Quantifier& e) { go(e.body); }, [](auto&) {}},
               expression.node);
}

void for_each_expression(ast::Stmt& statement, const std::function<void(ast::Expr&)>& visit) {
    auto go = [&](ast::ExprPtr& e) {
        if (e) for_each_expression(*e, visit);
    };
    std::visit(Overloaded{[&](ast::ExprStmt& s) { go(s.expr); },
                          [&](ast::DeclStmt& s) {
                              for (ast::VariableDecl& v : s.variables) go(v.init);
                          },
                          [&](ast::IfStmt& s) { go(s.condition); }, [&](ast::WhileStmt& s) { go(s.condition); },
                          [&](ast::DoWhileStmt& s) { go(s.condition); },
                          [&](ast::ForStmt& s) {
                              if (s.init) for_each_expression(*s.init, visit);
                              go(s.condition), go(s.advance);
                          },
                          [&](ast::ForEachStmt& s) { go(s.collection); }, [&](ast::SwitchStmt& s) { go(s.value); },
                          [&](ast::ReturnStmt& s) { go(s.value); }, [&](ast::AwaitStmt& s) { go(s.condition); },
                          [&](ast::SpawnStmt& s) {
                              for (ast::Expr& argument : s.arguments) for_each_expression(argument, visit);
                          },
                          [](auto&) {}},
               statement.node);
    below(
        statement, [&](ast::Stmt& inner) { for_each_expression(inner, visit); },
        [&](ast::Block& inner) {
            for (ast::Stmt& one : inner.statements) for_each_expression(one, visit);
        });
}

std::vector<StatementAt> statements_around(ast::Block& body, const SourceManager& sources, const SourceSpan& where) {
    brace_branches(body);
    std::vector<StatementAt> path;
    ast::Block* block = &body;
    while (block != nullptr) {
        ast::Block* next = nullptr;
        for (std::size_t i = 0; i < block->statements.size(); ++i) {
            if (!contains(sources, block->statements[i].span, where)) continue;
            path.push_back({block, i});
            std::function<void(ast::Stmt&)> inwards = [&](ast::Stmt& inner) {
                if (!contains(sources, inner.span, where)) return;
                below(inner, inwards, [&](ast::Block& b) {
                    bool here = std::any_of(b.statements.begin(), b.statements.end(),
                                            [&](const ast::Stmt& s) { return contains(sources, s.span, where); });
                    if (here) next = &b;
                });
            };
            inwards(block->statements[i]);
            break;
        }
        block = next;
    }
    return path;
}

// ---------------------------------------------------------------------------------------------------------- enclose

namespace {

class Encloser {
public:
    Encloser(const CodeRegion& region, const std::vector<ast::Stmt>& before, const std::vector<ast::Stmt>& behind,
             const ast::Type* result)
        : region_(region), before_(before), behind_(behind), result_(result) {}

    bool run() {
        for (std::size_t i = region_.first; i <= region_.last; ++i) labels(region_.block->statements[i]);
        for (std::size_t i = region_.first; i <= region_.last; ++i) {
            if (!can_leave(region_.block->statements[i])) return false;
        }
        for (std::size_t i = region_.first; i <= region_.last; ++i) exits(region_.block->statements[i], 0, 0);
        std::vector<ast::Stmt>& all = region_.block->statements;
        bool falls_out = !std::holds_alternative<ast::ReturnStmt>(all[region_.last].node) && !ends_in_return(all[region_.last]);
        std::vector<ast::Stmt> out(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(region_.first));
        out.insert(out.end(), before_.begin(), before_.end());
        for (std::size_t i = region_.first; i <= region_.last; ++i) append(out, all[i]);
        if (falls_out) out.insert(out.end(), behind_.begin(), behind_.end());
        out.insert(out.end(), all.begin() + static_cast<std::ptrdiff_t>(region_.last) + 1, all.end());
        all = std::move(out);
        return true;
    }

private:
    // What a return became stands in the block of the region itself: declarations then need no braces.
    void append(std::vector<ast::Stmt>& out, ast::Stmt& statement) const {
        auto* block = std::get_if<ast::BlockStmt>(&statement.node);
        if (block != nullptr && made_.count(block->body.get()) != 0) {
            for (ast::Stmt& one : block->body->statements) out.push_back(std::move(one));
        } else {
            out.push_back(std::move(statement));
        }
    }

    bool ends_in_return(const ast::Stmt& statement) const {
        const auto* block = std::get_if<ast::BlockStmt>(&statement.node);
        return block != nullptr && made_.count(block->body.get()) != 0;
    }

    void labels(ast::Stmt& statement) {
        if (auto* label = std::get_if<ast::LabelStmt>(&statement.node)) labels_.insert(label->label.text);
        below(
            statement, [&](ast::Stmt& inner) { labels(inner); },
            [&](ast::Block& block) {
                for (ast::Stmt& one : block.statements) labels(one);
            });
    }

    bool can_leave(ast::Stmt& statement) const {
        if (auto* jump = std::get_if<ast::GotoStmt>(&statement.node)) return labels_.count(jump->label.text) != 0;
        bool good = true;
        below(
            statement, [&](ast::Stmt& inner) { good = good && can_leave(inner); },
            [&](ast::Block& block) {
                for (ast::Stmt& one : block.statements) good = good && can_leave(one);
            });
        return good;
    }

    // `loops`: loops of the region around the statement; `switches`: what else `break` leaves.
    void exits(ast::Stmt& statement, int loops, int switches) {
        bool leaves = std::holds_alternative<ast::ReturnStmt>(statement.node) ||
                      (std::holds_alternative<ast::BreakStmt>(statement.node) && loops + switches == 0) ||
                      (std::holds_alternative<ast::ContinueStmt>(statement.node) && loops == 0);
        if (leaves) {
            replace(statement);
            return;
        }
        bool loop =
            std::holds_alternative<ast::WhileStmt>(statement.node) || std::holds_alternative<ast::DoWhileStmt>(statement.node) ||
            std::holds_alternative<ast::ForStmt>(statement.node) || std::holds_alternative<ast::ForEachStmt>(statement.node);
        bool choice = std::holds_alternative<ast::SwitchStmt>(statement.node);
        below(
            statement, [&](ast::Stmt& inner) { exits(inner, loops + loop, switches + choice); },
            [&](ast::Block& block) {
                for (ast::Stmt& one : block.statements) exits(one, loops, switches);
            });
    }

    // return e;  ->  { T result = e; behind; return result; }
    void replace(ast::Stmt& statement) {
        TreeMaker make{statement.span};
        std::vector<ast::Stmt> body;
        auto* returned = std::get_if<ast::ReturnStmt>(&statement.node);
        bool constant = returned == nullptr || !returned->value || is_constant(*returned->value);
        if (!constant && result_ != nullptr) {
            body.push_back(make.declaration(*result_, "result", std::move(*returned->value)));
            body.insert(body.end(), behind_.begin(), behind_.end());
            body.push_back(make.returning(make.name("result")));
        } else {
            body.insert(body.end(), behind_.begin(), behind_.end());
            body.push_back(statement);
        }
        statement = make.block(std::move(body));
        made_.insert(std::get<ast::BlockStmt>(statement.node).body.get());
    }

    static bool is_constant(const ast::Expr& e) {
        return std::holds_alternative<ast::IntLiteral>(e.node) || std::holds_alternative<ast::BoolLiteral>(e.node) ||
               std::holds_alternative<ast::NullLiteral>(e.node);
    }

    CodeRegion region_;
    const std::vector<ast::Stmt>& before_;
    const std::vector<ast::Stmt>& behind_;
    const ast::Type* result_;
    std::set<std::string> labels_;
    std::set<const ast::Block*> made_;  // by replace()
};

}  // namespace

bool enclose(const CodeRegion& region, const std::vector<ast::Stmt>& before, const std::vector<ast::Stmt>& behind,
             const ast::Type* result) {
    return Encloser(region, before, behind, result).run();
}

// -------------------------------------------------------------------------------------------------------- TreeMaker

ast::Expr TreeMaker::expression(decltype(ast::Expr::node) node, std::uint32_t height) const {
    ast::Expr e;
    e.span = span;
    e.height = height;
    e.node = std::move(node);
    return e;
}

ast::Stmt TreeMaker::stmt(decltype(ast::Stmt::node) node) const {
    ast::Stmt s;
    s.span = span;
    s.node = std::move(node);
    return s;
}

ast::Expr TreeMaker::name(std::string text) const {
    ast::Name name;
    name.span = span;
    name.text = std::move(text);
    return expression(ast::NameExpr{std::move(name)}, 1);
}

ast::Expr TreeMaker::call(std::string callee, std::vector<ast::Expr> arguments) const {
    std::uint32_t height = 2;
    for (const ast::Expr& argument : arguments) height = std::max(height, argument.height + 1);
    return expression(ast::Call{ast::ExprPtr(name(std::move(callee))), std::move(arguments)}, height);
}

ast::Expr TreeMaker::unary(ast::UnaryOp op, ast::Expr operand) const {
    std::uint32_t height = operand.height + 1;
    return expression(ast::Unary{op, ast::ExprPtr(std::move(operand))}, height);
}

ast::Expr TreeMaker::binary(ast::BinaryOp op, ast::Expr left, ast::Expr right) const {
    std::uint32_t height = std::max(left.height, right.height) + 1;
    return expression(ast::Binary{op, ast::ExprPtr(std::move(left)), ast::ExprPtr(std::move(right)), span}, height);
}

ast::Expr TreeMaker::member(ast::Expr object, std::string member, bool arrow) const {
    std::uint32_t height = object.height + 1;
    ast::Name name;
    name.span = span;
    name.text = std::move(member);
    return expression(ast::MemberAccess{ast::ExprPtr(std::move(object)), std::move(name), arrow}, height);
}

ast::Stmt TreeMaker::statement(ast::Expr e) const { return stmt(ast::ExprStmt{ast::ExprPtr(std::move(e))}); }

ast::Stmt TreeMaker::block(std::vector<ast::Stmt> statements) const {
    ast::Block block;
    block.span = span;
    block.statements = std::move(statements);
    return stmt(ast::BlockStmt{ast::BlockPtr(std::move(block))});
}

ast::Stmt TreeMaker::if_then(ast::Expr condition, std::vector<ast::Stmt> body) const {
    return stmt(ast::IfStmt{ast::ExprPtr(std::move(condition)), ast::StmtPtr(block(std::move(body))), {}});
}

ast::Stmt TreeMaker::returning(ast::ExprPtr value) const { return stmt(ast::ReturnStmt{std::move(value)}); }

ast::Stmt TreeMaker::declaration(ast::Type type, std::string variable, ast::Expr value) const {
    ast::VariableDecl v;
    v.name.span = span;
    v.name.text = std::move(variable);
    v.type = ast::TypePtr(std::move(type));
    v.init = ast::ExprPtr(std::move(value));
    return stmt(ast::DeclStmt{{std::move(v)}});
}

}  // namespace quire
