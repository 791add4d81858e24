#pragma once

#include <string>
#include <vector>

#include "support/diagnostics.h"
#include "support/result.h"
#include "support/source.h"
#include "syntax/ast.h"

namespace quire {

// One variant as if it had been written out: every declaration once, in the order of the files; a replacement stands
// where what it replaces stood.  Points into the ast::Spec, which must outlive it.
struct VariantPlan {
    std::string name;
    std::string text;
    std::string parent;  // empty for the base
    SourceSpan span;
    SourceId top_file;                                  // declarations of other files are the library's
    std::vector<const ast::Declaration*> declarations;  // no expect, instance, scenario, lemma, variant
    std::vector<const ast::Declaration*> expectations;  // its own, or nothing (then: expect pass)
    std::vector<const ast::Declaration*> instances;
    std::vector<const ast::Declaration*> scenarios;  // those for this variant
    std::vector<const ast::Declaration*> lemmas;
};

struct SpecPlan {
    std::vector<VariantPlan> variants;  // the base first, then in the order of the file
};

inline constexpr const char* kBaseVariant = "base";

// Merges declarations. Reports redefinitions, unknown parents and variants that build on each other; the plan is complete
// only if it reported nothing, but can be checked further all the same.
SpecPlan plan_variants(const ast::Spec& spec, Diagnostics& diagnostics);

}  // namespace quire
