// Edits of one variant of a spec, on the tree of what was written: change a copy of a function or thread, type the variant
// again, ask the engines again.  What an edit means is then what the language says, and nothing else here has to know it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "driver/load.h"
#include "syntax/ast.h"
#include "types/check.h"

namespace quire {

// A variant in which some declarations are copies that may be changed; all others are shared with the plan that it was made
// from, which must outlive it.
class EditedVariant {
public:
    explicit EditedVariant(const VariantPlan& plan) : plan_(plan) {}
    EditedVariant(EditedVariant&&) = default;

    // The function, thread or interrupt handler of this name, now a copy; nullptr if there is none, or it has no body.
    ast::Declaration* change(std::string_view name);
    const VariantPlan& plan() const { return plan_; }
    // Nothing if what was made of it is no program.
    Result<TypedProgram> typed(const SourceManager& sources, const LoadOptions& options) const;

    // What was changed, as lines of a patch: the name of each function, then lines that begin with "-" or "+".
    std::vector<std::string> patch() const;

private:
    VariantPlan plan_;
    std::map<std::string, std::pair<const ast::Declaration*, std::unique_ptr<ast::Declaration>>, std::less<>> changed_;
};

// The body of a function, thread or interrupt handler; nullptr otherwise.
ast::Block* body_of(ast::Declaration& declaration);
const ast::Block* body_of(const ast::Declaration& declaration);

// A statement of a block, by number.
struct StatementAt {
    ast::Block* block = nullptr;
    std::size_t index = 0;
    ast::Stmt& operator*() const { return block->statements[index]; }
};

// The statements that a place in the text lies in, from the body inwards.  Branches and loop bodies that are single
// statements become blocks first, so that something can be put beside each.
std::vector<StatementAt> statements_around(ast::Block& body, const SourceManager& sources, const SourceSpan& where);

// Statements first..last of a block.
struct CodeRegion {
    ast::Block* block = nullptr;
    std::size_t first = 0, last = 0;
};

// Puts statements before and behind a region, and before each way out of it: a return evaluates its value first.  `result` is
// the type that the function returns, or nullptr.  False, and nothing is changed, if a goto leaves or enters the region.
bool enclose(const CodeRegion& region, const std::vector<ast::Stmt>& before, const std::vector<ast::Stmt>& behind,
             const ast::Type* result);

// Every statement below, outer ones first; every expression below a statement, its own statements' included.
void for_each_statement(ast::Block& block, const std::function<void(ast::Stmt&)>& visit);
void for_each_expression(ast::Stmt& statement, const std::function<void(ast::Expr&)>& visit);
void for_each_expression(ast::Expr& expression, const std::function<void(ast::Expr&)>& visit);

// Makes trees whose place is that of a statement beside which they will stand.
struct TreeMaker {
    SourceSpan span;

    ast::Expr name(std::string text) const;
    ast::Expr call(std::string callee, std::vector<ast::Expr> arguments) const;
    ast::Expr unary(ast::UnaryOp op, ast::Expr operand) const;
    ast::Expr binary(ast::BinaryOp op, ast::Expr left, ast::Expr right) const;
    ast::Expr member(ast::Expr object, std::string name, bool arrow) const;
    ast::Stmt statement(ast::Expr expression) const;
    ast::Stmt if_then(ast::Expr condition, std::vector<ast::Stmt> body) const;
    ast::Stmt block(std::vector<ast::Stmt> statements) const;
    ast::Stmt returning(ast::ExprPtr value) const;
    ast::Stmt declaration(ast::Type type, std::string name, ast::Expr value) const;

private:
    ast::Expr expression(decltype(ast::Expr::node) node, std::uint32_t height) const;
    ast::Stmt stmt(decltype(ast::Stmt::node) node) const;
};

}  // namespace quire
