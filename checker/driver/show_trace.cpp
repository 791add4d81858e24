#include "driver/show_trace.h"

#include <algorithm>
#include <filesystem>

#include "driver/registry.h"
#include "driver/search_run.h"
#include "driver/session.h"
#include "explain/explain.h"
#include "explain/state_graph.h"
#include "ir/lower.h"
#include "report/dot.h"
#include "report/itf.h"
#include "report/text_layout.h"
#include "types/check.h"
#include "types/expectations.h"

namespace quire {

namespace {

namespace fs = std::filesystem;

// The spec was named from where `quire check` ran, which is where .quire lies unless --out said otherwise.
std::string find_spec(const std::string& named, const std::string& trace) {
    std::error_code error;
    if (fs::exists(named, error)) return named;
    fs::path at = fs::path(trace).parent_path();
    for (; !at.empty() && at != at.parent_path(); at = at.parent_path()) {
        fs::path candidate = at / named;
        if (fs::exists(candidate, error)) return candidate.string();
        fs::path beside = at.parent_path() / named;
        if (fs::exists(beside, error)) return beside.string();
    }
    return named;
}

class TraceShower {
public:
    TraceShower(const SavedTrace& saved, const ShowTraceOptions& options, FileProvider& files, Sink& out, Sink& err)
        : saved_(saved), options_(options), files_(files), out_(out), err_(err) {}

    int show(const std::string& trace_path);

private:
    const TypedProgram* find_variant() const;
    Result<ConstantValues> values(const TypedProgram& program);
    int show_replayed(const TypedProgram& program, const ConstantValues& values, const std::string& trace_path);
    int draw_graph(const TransitionSystem& system, const Trace& trace, const ReplayedTrace& run);
    int fail(const std::string& problem);
    void tell();

    const SavedTrace& saved_;
    const ShowTraceOptions& options_;
    FileProvider& files_;
    Sink& out_;
    Sink& err_;
    std::unique_ptr<LoadedSpec> spec_;
    bool changed_ = false;
};

const TypedProgram* TraceShower::find_variant() const {
    for (const TypedProgram& program : spec_->programs) {
        if (program.variant == saved_.variant) return &program;
    }
    return nullptr;
}

void TraceShower::tell() {
    RenderOptions render;
    render.color = options_.color;
    err_.write(render_diagnostics(spec_->sources, spec_->diagnostics, render));
}

int TraceShower::fail(const std::string& problem) {
    tell();
    err_.write("quire: the trace cannot be shown: " + printable(problem) + "\n");
    if (changed_) err_.write("       the spec has changed since the trace was kept; `quire check` it again\n");
    return kExitNotAsExpected;
}

Result<ConstantValues> TraceShower::values(const TypedProgram& program) {
    std::vector<GivenConstant> given;
    for (const auto& [name, value] : saved_.sizes) {
        for (std::size_t c = 0; c < program.constants.size(); ++c) {
            if (program.constants[c].name == name) given.push_back({ConstantId(c), {}, value});
        }
    }
    return constant_values(program, given, spec_->diagnostics);
}

int TraceShower::draw_graph(const TransitionSystem& system, const Trace& trace, const ReplayedTrace& run) {
    std::uint32_t most = options_.however_large ? kMostForcedStates : kMostDrawnStates;
    StateGraph graph = state_graph(system, spec_->sources, most, &run, &trace);
    if (!graph.complete) {
        err_.write("quire: the graph has more than " + grouped(most) + " states: no picture that tells anything; " +
                   (options_.however_large ? "" : "--force draws it up to " + grouped(kMostForcedStates) + ", ") +
                   "--mermaid draws the trace alone\n");
        return kExitUsage;
    }
    std::string sizes = sizes_text(saved_.sizes);
    out_.write(dot_text(graph, saved_.file + ", variant " + saved_.variant + (sizes.empty() ? "" : ", " + sizes) + ": " +
                                   count_of(graph.nodes.size(), "state") + ", " + count_of(graph.edges.size(), "step")));
    return kExitAsExpected;
}

int TraceShower::show_replayed(const TypedProgram& program, const ConstantValues& values, const std::string& trace_path) {
    EngineOptions engine;
    engine.passes_off = saved_.passes_off;
    Result<TransitionSystem> system = lower_program(program, values, lower_options(engine, saved_.memory), spec_->diagnostics);
    if (!system.ok()) return fail("the program cannot be lowered");
    std::string problem;
    std::optional<Trace> trace = trace_of(*system, saved_, problem);
    if (!trace) return fail(problem);
    ReplayedTrace run = replay(*system, *trace);
    // It did when it was kept, but a file can be edited.
    if (!run.ok) return fail(run.why_not);
    tell();
    Finding finding;
    finding.property = trace->property;
    finding.trace = *trace;
    finding.steps = static_cast<std::uint32_t>(trace->steps.size());
    finding.switches = count_switches(*trace);
    ExplainedTrace explained = explain_trace(*system, spec_->sources, finding, run);
    TraceFooter footer;
    footer.file = saved_.file;
    footer.variant = saved_.variant;
    footer.sizes = saved_.sizes;
    footer.spec_hash = spec_->hash;
    footer.saved = trace_path;
    footer.version = options_.version;
    footer.memory = saved_.memory;
    if (options_.state_graph) return draw_graph(*system, *trace, run);
    for (const TraceDrawingEntry& drawing : trace_drawings()) {
        if (drawing.name != options_.drawing) continue;
        FindingReport shown;
        shown.trace = std::move(explained);
        shown.saved = trace_path;
        shown.values = trace_values(*system, run);
        out_.write(drawing.draw(shown, footer));
        return kExitAsExpected;
    }
    out_.write(render_trace(explained, footer, options_.style, options_.width));
    return kExitAsExpected;
}

int TraceShower::show(const std::string& trace_path) {
    // Whoever kept the trace had asked for the model.
    LoadOptions load{options_.model_path, {}, memory_models_allowed(true)};
    if (std::find(load.memory_models.begin(), load.memory_models.end(), saved_.memory) == load.memory_models.end()) {
        err_.write("quire: the trace cannot be shown: there is no memory model '" + printable(saved_.memory) + "'\n");
        return kExitNotAsExpected;
    }
    for (const std::string& directory : saved_.models) load.model_path.push_back(directory);
    for (const auto& [name, value] : saved_.sizes) load.defines.emplace_back(name, std::to_string(value));
    spec_ = load_spec(find_spec(saved_.file, trace_path), load, files_, false);
    if (!spec_->good) {
        tell();
        return kExitSpecError;
    }
    changed_ = spec_->hash != saved_.spec_hash;
    if (changed_) {
        spec_->diagnostics.warning(DiagnosticCode::kW0304, {},
                                   "'" + saved_.file + "' or what it imports has changed since this trace was kept");
    }
    const TypedProgram* program = find_variant();
    if (program == nullptr) return fail("there is no variant '" + saved_.variant + "' any more");
    Result<ConstantValues> constants = values(*program);
    if (!constants.ok() || !check_instance(*program, *constants, spec_->diagnostics))
        return fail("the constants make no sense any more");
    return show_replayed(*program, *constants, trace_path);
}

}  // namespace

int show_trace(const std::string& path, const std::string& text, const ShowTraceOptions& options, FileProvider& files, Sink& out,
               Sink& err) {
    LoadedTrace loaded = parse_itf(text);
    if (!loaded.trace) {
        err.write("quire: '" + printable(path) + "': " + loaded.problem + "\n");
        return kExitUsage;
    }
    return TraceShower(*loaded.trace, options, files, out, err).show(path);
}

}  // namespace quire
