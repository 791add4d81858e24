#pragma once

#include <string>
#include <vector>

#include "support/diagnostics.h"
#include "support/result.h"
#include "support/source.h"
#include "types/typed_program.h"
#include "types/variants.h"

namespace quire {

struct TypeOptions {
    std::vector<std::string> memory_models;  // that can be checked, besides sc
};

// Resolves and types one variant. Everything that does not depend on the values of constants is checked, also what nothing
// calls; errors do not stop it, so one run shows many.
Result<TypedProgram> check_types(const VariantPlan& variant, const SourceManager& sources, Diagnostics& diagnostics,
                                 const TypeOptions& options = {});

// What depends on the values of the constants: lengths, thread counts, pool sizes, ranges, initial values.
// False if it reported an error.
bool check_instance(const TypedProgram& program, const ConstantValues& constants, Diagnostics& diagnostics);

// The checks that are built in, by the names that expectations and `allow` use, in alphabetical order.
const std::vector<std::string>& builtin_checks();

// As C writes it: "struct page *", "int in 0..4".
std::string type_name(const TypedProgram& program, TypeId type);

}  // namespace quire
