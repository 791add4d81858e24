#pragma once

#include <string>

#include "types/typed_program.h"

namespace quire {

// The typed program as text, for people and for goldens: every conversion and every place spelled out.
std::string print_typed(const TypedProgram& program);

}  // namespace quire
