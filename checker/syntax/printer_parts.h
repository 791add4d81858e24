#pragma once

// What the printer's files share.

#include <string>
#include <vector>

#include "syntax/ast.h"

namespace quire {

// `int` and `*a[2]`: what several declarators can have in common, and what is one declarator's own.
struct DeclaratorParts {
    std::string base;
    std::string declarator;
};
DeclaratorParts split_declarator(const ast::Type& type, std::string declarator);

std::string quote_string(const std::string& text);
std::string print_parameters(const std::vector<ast::Parameter>& parameters);
std::string print_argument(const ast::Expr& expression);  // at an initialiser's or argument's place
std::string print_value(const ast::Expr& expression);     // where no `=>`, `=` or `,` may stand unbracketed
std::string print_bound(const ast::Expr& expression);     // of a type's range
std::string print_arguments(const std::vector<ast::Expr>& list);
std::string print_block(const ast::Block& block, int indent);
std::string print_statement(const ast::Stmt& statement, int indent);
std::string print_variables(const std::vector<ast::VariableDecl>& variables);  // without the `;`
std::string print_members(const std::vector<ast::Member>& members, int indent);
std::string print_enumerators(const std::vector<ast::Enumerator>& enumerators, int indent);
std::string indentation(int indent);

}  // namespace quire
