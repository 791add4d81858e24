// Any bytes through the whole route: every finding of the search must replay, and nothing may throw.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "explore/search.h"
#include "ir/lower.h"
#include "support/diagnostics.h"
#include "syntax/file_provider.h"
#include "syntax/parse.h"
#include "types/check.h"
#include "types/expectations.h"
#include "types/variants.h"

using namespace quire;

namespace {

void explore(const TypedProgram& program, const ConstantValues& constants, Diagnostics& diagnostics) {
    if (!check_instance(program, constants, diagnostics)) return;
    Result<TransitionSystem> system = lower_program(program, constants, {}, diagnostics);
    if (!system) return;
    SearchOptions options;
    options.budget.max_states = 500;
    options.minimise_switches = false;
    SearchReport report = search(*system, options);
    for (const Finding& finding : report.violations) {
        if (!replay(*system, finding.trace).ok) std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 4096) return 0;
    SourceManager sources;
    Diagnostics diagnostics;
    MemoryFiles files;
    files.add("a.quire", std::string(reinterpret_cast<const char*>(data), size));
    ast::Spec spec = parse_spec(sources, diagnostics, files, "a.quire", {});
    if (diagnostics.has_errors()) return 0;
    SpecPlan plan = plan_variants(spec, diagnostics);
    for (const VariantPlan& variant : plan.variants) {
        if (diagnostics.has_errors()) return 0;
        Result<TypedProgram> program = check_types(variant, sources, diagnostics);
        if (!program || diagnostics.has_errors()) return 0;
        Result<RunPlan> runs = plan_runs(*program, {}, diagnostics);
        if (!runs || runs->runs.empty()) continue;
        explore(*program, runs->runs.front().constants, diagnostics);
    }
    return 0;
}
