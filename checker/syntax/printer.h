#pragma once

#include <string>

#include "syntax/ast.h"

namespace quire {

// Canonical text; parsing it gives an equal tree. Comments other than /// and macros are gone.
std::string print(const ast::Spec& spec);  // the top file only: imports, then declarations
std::string print(const ast::Declaration& declaration);
std::string print(const ast::Stmt& statement);
std::string print(const ast::Expr& expression);
std::string print(const ast::Type& type, const std::string& declarator = {});  // `int (*f)(void)` for declarator "f"

}  // namespace quire
