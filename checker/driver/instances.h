// The values of the constants.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/diagnostics.h"
#include "types/typed_program.h"

namespace quire {

using ConstantSettings = std::vector<std::pair<ConstantId, Value>>;

// Every constant, with some set from outside (later settings win) and the others computed from them.
std::optional<ConstantValues> constant_values(const TypedProgram& program, const ConstantSettings& settings, Diagnostics& diagnostics);

std::optional<ConstantId> find_constant(const TypedProgram& program, const std::string& name);

}  // namespace quire
