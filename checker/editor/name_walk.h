// The names in a piece of the tree, whatever they mean.
#pragma once

#include <functional>

#include "syntax/ast.h"

namespace quire {

enum class TypeNameKind : std::uint8_t { kTypedef, kStruct, kEnum };

void walk_type_names(const ast::Type& type, const std::function<void(const ast::Name&, TypeNameKind)>& see);
// Of variables, functions, roles and types; `is_member`: behind `.` or `->`, or a designator. Labels are left out.
void walk_names(const ast::Stmt& statement, const std::function<void(const ast::Name&, bool is_member)>& see);

}  // namespace quire
