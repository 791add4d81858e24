#include "driver/print_stage.h"

#include <algorithm>

#include "driver/registry.h"
#include "ir/lower.h"
#include "report/text_layout.h"
#include "syntax/printer.h"
#include "types/print_typed.h"

namespace quire {

namespace {

// The first search of each variant stands for all: constants are the only difference between them.
void print_lowered(LoadedSpec& spec, const std::string& stage, const CheckOptions& options, Sink& out) {
    SelectionUse use;
    std::uint32_t next_id = 1;
    CheckPlan plan = plan_checks(spec, options.selection, use, next_id);
    std::vector<bool> printed(spec.programs.size(), false);
    for (const PlannedRun& run : plan.runs) {
        if (printed[run.variant]) continue;
        printed[run.variant] = true;
        const TypedProgram& program = spec.programs[run.variant];
        std::string sizes = sizes_text(run.sizes);
        out.write("// " + spec.path + ", variant " + program.variant + (sizes.empty() ? "" : ", " + sizes) +
                  (run.memory == "sc" ? "" : ", memory " + run.memory) + "\n");
        if (stage == "ir") {
            Result<std::string> graphs =
                print_flow_graphs(program, run.values, lower_options(options.engine, run.memory), spec.diagnostics);
            if (graphs.ok()) out.write(*graphs + "\n");
            continue;
        }
        Result<TransitionSystem> system =
            lower_program(program, run.values, lower_options(options.engine, run.memory), spec.diagnostics);
        if (system.ok()) out.write(to_string(*system) + "\n");
    }
}

}  // namespace

int print_stage(const std::string& stage, const CheckOptions& options, FileProvider& files, Sink& out, Sink& err) {
    int code = kExitAsExpected;
    LoadOptions load{options.model_path, options.selection.defines, memory_models_allowed(options.engine.experimental)};
    RenderOptions render;
    render.color = options.color;
    for (const SpecFile& file : options.files) {
        std::unique_ptr<LoadedSpec> spec = load_spec(file.path, load, files, true);
        if (stage == "ast") {
            out.write(print(spec->spec));
        } else if (spec->good && stage == "typed") {
            for (const TypedProgram& program : spec->programs) {
                out.write("// " + spec->path + ", variant " + program.variant + "\n" + print_typed(program));
            }
        } else if (spec->good) {
            print_lowered(*spec, stage, options, out);
        }
        if (spec->diagnostics.has_errors()) code = kExitSpecError;
        err.write(render_diagnostics(spec->sources, spec->diagnostics, render));
    }
    return code;
}

}  // namespace quire
