// An instance that stands for every number of threads: which constants those numbers are, and what depends on them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "prove/any_number.h"
#include "support/result.h"
#include "types/typed_program.h"

namespace quire {

struct TemplateInstance {
    prove::SystemParameters parameters;
    std::vector<ConstantId> constants;  // the parameters, in order
    // Types `int in lo..hi` with an end that is no number here: checked against what is written, and nothing is laid out by it.
    std::vector<TypeId> open_ranges;
    // Not empty: the proof is refused, and why; with the place.
    std::string refusal;
    SourceSpan span;
};

// `values`: of every constant but those of `any`, and what depends on them.  `fixed`: the constants that were given a value in
// place of the program's.
TemplateInstance template_instance(const TypedProgram& program, const std::vector<ConstantId>& any, const ConstantValues& values,
                                   const std::vector<std::pair<std::string, Value>>& fixed);

}  // namespace quire
