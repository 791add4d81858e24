#include "driver/search_run.h"

#include <algorithm>
#include <new>
#include <thread>

#include <spdlog/spdlog.h>

#include "driver/certify.h"
#include "driver/compare_reports.h"
#include "driver/registry.h"
#include "driver/schedule_width.h"
#include "driver/trace_store.h"
#include "explain/explain.h"
#include "explore/search.h"
#include "ir/lower.h"
#include "prove/discharge.h"
#include "report/itf.h"
#include "report/text_layout.h"
#include "support/invariant.h"

namespace quire {

namespace {

struct ProgressRelay {
    Writer* writer = nullptr;
    ProgressReport report;

    static void tell(void* context, const Progress& progress) {
        ProgressRelay& relay = *static_cast<ProgressRelay*>(context);
        relay.report.progress = progress;
        relay.writer->progress(relay.report);
    }
};

// Of file names.
std::string memory_suffixed(const PlannedRun& run) { return run.instance + (run.memory == "sc" ? "" : "-" + run.memory); }

// More have not been measured, and what they collect takes memory.
constexpr unsigned kMostJobs = 16;

// States that are searched before it is found out what commutes, which takes some milliseconds.
constexpr std::uint64_t kReduceFrom = 1024;

SavedTrace saved_trace(const TransitionSystem& system, const RunReport& report, const EngineOptions& options,
                       const Trace& trace) {
    SavedTrace saved;
    saved.version = options.version;
    saved.file = report.file;
    saved.spec_hash = report.spec_hash;
    saved.variant = report.variant;
    saved.instance = report.instance;
    saved.property = system.properties[trace.property].name;
    saved.sizes = report.sizes;
    saved.constants = report.constants;
    saved.memory = report.memory;
    saved.passes_off = options.passes_off;
    saved.models = options.models;
    saved.start_choices = trace.start_choices;
    for (const TraceStep& step : trace.steps) saved.steps.push_back({system.threads[step.thread].name, step.choices});
    saved.loop_start = trace.loop_start;
    return saved;
}

// "file:line: text", of the user's line.
std::string place_text(const TransitionSystem& system, const SourceManager& sources, std::uint32_t site) {
    CodePlace place = code_place(system, sources, site);
    return place.user.file + ":" + std::to_string(place.user.line) + ": " + place.user.text;
}

std::string why_not(const TransitionSystem& system, const SourceManager& sources, const DischargedInvariant& one) {
    std::string step;
    if (one.thread != 0) {
        step = " by a step of " + system.threads[one.thread].name;
        if (one.site != kNone) step += " at " + place_text(system, sources, one.site);
    }
    switch (one.why_not) {
        case WhyNotInductive::kInductive: return {};
        case WhyNotInductive::kFalseAtStart: return "it is false at the start";
        case WhyNotInductive::kFalseInReach: return "it is false in a state that is reached";
        case WhyNotInductive::kNotPreserved: return "some state, perhaps none that is ever reached, loses it" + step;
        case WhyNotInductive::kUndecided:
            return one.detail.empty() ? "the limit of one query was reached for what it becomes" + step : one.detail;
        case WhyNotInductive::kNotAttempted: return "not attempted: " + one.detail + (step.empty() ? "" : "," + step);
        case WhyNotInductive::kStopped: return "not attempted: there was no time left";
    }
    return {};
}

// "invariant small: proved by induction (12 actions and the start)", or how far it got and why not further.
std::string proof_line(const TransitionSystem& system, const SourceManager& sources, const DischargedInvariant& one) {
    std::string text = "invariant " + system.properties[one.property].name + ": ";
    if (one.inductive) return text + "proved by induction (" + count_of(one.actions, "action") + " and the start)";
    text += std::to_string(one.discharged) + " of " + count_of(one.actions, "action") +
            (one.start_holds ? " and the start" : "") + " discharged";
    return text + "; " + why_not(system, sources, one);
}

// "discharged 3 of 4 invariants: 170 queries, with 12 facts found on the way"
std::string proof_summary(const DischargeReport& proofs) {
    std::size_t proved = 0;
    for (const DischargedInvariant& one : proofs.invariants) proved += one.inductive ? 1 : 0;
    return "discharged " + std::to_string(proved) + " of " + count_of(proofs.invariants.size(), "invariant") + ": " +
           std::to_string(proofs.queries) + (proofs.queries == 1 ? " query" : " queries") +
           (proofs.facts == 0 ? "" : ", with " + count_of(proofs.facts, "fact") + " found on the way");
}

// "partial order: 1,234 of 5,678 moves left out", or why not.
std::string partial_order_line(const PartialOrderReport& report) {
    std::string line = "partial order: ";
    if (!report.used) return line + "not used: " + report.why_not;
    line += grouped(report.left_out) + " of " + count_of(report.moves, "move") + " left out";
    return report.why_not.empty() ? line : line + "; " + report.why_not;
}

// "symmetry: holder (3), page (2) alike", and a line for each family that could not be used.
std::vector<std::string> symmetry_lines(const TransitionSystem& system, const SourceManager& sources,
                                        const SymmetryReport& report) {
    std::vector<std::string> lines;
    std::string alike;
    for (const SymmetryReport::Family& family : report.families)
        alike += (alike.empty() ? "" : ", ") + family.name + " (" + std::to_string(family.size) + ")";
    if (!alike.empty()) lines.push_back("symmetry: " + alike + " alike");
    for (const SymmetryReport::Family& family : report.broken) {
        lines.push_back("symmetry: not of " + family.name + ", " + family.why +
                        (family.site == kNone ? "" : " at " + place_text(system, sources, family.site)));
    }
    return lines;
}

bool tells_of_reaching(SystemPropertyKind kind) {
    return kind == SystemPropertyKind::kCoverState || kind == SystemPropertyKind::kCoverFinal ||
           kind == SystemPropertyKind::kCoverPoint;
}

}  // namespace

unsigned search_jobs(const EngineOptions& options) {
    return options.jobs != 0 ? options.jobs : std::clamp(std::thread::hardware_concurrency(), 1u, kMostJobs);
}

SearchOptions search_options(const EngineOptions& options, const CancelToken& cancel) {
    SearchOptions search;
    if (options.timeout_seconds > 0) {
        auto span = std::chrono::duration<double>(options.timeout_seconds);
        search.budget.deadline =
            std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::steady_clock::duration>(span);
    }
    search.budget.max_states = options.max_states;
    search.budget.max_depth = options.max_depth;
    search.budget.memory_limit = options.memory_limit;
    search.cancel = &cancel;
    search.jobs = search_jobs(options);
    search.symmetry = options.reduction == "auto" || options.reduction == "symmetry" || options.reduction == "check";
    // Who asks for it by name wants it for short searches too.
    bool by_name = options.reduction == "por" || options.reduction == "check";
    search.partial_order = by_name || options.reduction == "auto";
    search.partial_order_from = by_name ? 0 : kReduceFrom;
    search.fingerprints = options.store == "fingerprint";
    if (!options.native) search.native_from = Budget::kUnlimited;
    return search;
}

LowerOptions lower_options(const EngineOptions& options, const std::string& memory) {
    LowerOptions lower;
    for (const MemoryModelEntry& entry : memory_models()) {
        if (entry.name == memory) lower.memory = entry.model;
    }
    INVARIANT(lower.memory != nullptr, "a memory model that is not in the registry: " + memory);
    for (const PassEntry& pass : lowering_passes()) {
        for (const std::string& off : options.passes_off) {
            if (off == pass.name) lower.*pass.enabled = false;
        }
    }
    return lower;
}

std::optional<Trace> trace_of(const TransitionSystem& system, const SavedTrace& saved, std::string& problem) {
    Trace trace;
    trace.property = system.property(saved.property);
    if (trace.property == kNone) {
        problem = "there is no property '" + saved.property + "' any more";
        return std::nullopt;
    }
    trace.start_choices = saved.start_choices;
    trace.loop_start = saved.loop_start;
    for (const SavedTrace::Step& step : saved.steps) {
        ThreadNumber thread = 0;
        for (ThreadNumber t = 1; t < system.threads.size(); ++t) {
            if (system.threads[t].name == step.thread) thread = t;
        }
        if (thread == 0) {
            problem = "there is no thread '" + step.thread + "' any more";
            return std::nullopt;
        }
        trace.steps.push_back({thread, step.choices});
    }
    return trace;
}

std::string TraceKeeper::keep(const std::string& spec, const PlannedRun& run, const std::string& variant,
                              const std::string& property, const std::string& text) {
    if (directory_.empty()) return {};
    std::string path = trace_path(directory_, spec, variant, memory_suffixed(run), property);
    std::string problem = write_file(path, text);
    if (problem.empty()) return path;
    Diagnostic warning;
    warning.severity = Severity::kWarning;
    warning.code = DiagnosticCode::kE0603;
    warning.message = "traces are not kept: '" + path + "' cannot be written (" + problem + ")";
    warning.with_help("name another directory with `--out DIR`");
    diagnostics_.report(std::move(warning));
    directory_.clear();
    return {};
}

RunReport report_of(const LoadedSpec& spec, const PlannedRun& planned) {
    RunReport report;
    report.file = spec.path;
    report.spec_hash = spec.hash;
    report.variant = spec.programs[planned.variant].variant;
    report.instance = planned.instance;
    report.memory = planned.memory;
    report.sizes = planned.sizes;
    return report;
}

RunReport SearchRunner::empty_report(const PlannedRun& planned) const {
    const TypedProgram& program = spec_.programs[planned.variant];
    RunReport report = report_of(spec_, planned);
    for (std::size_t i = 0; i < program.constants.size(); ++i) {
        const Constant& constant = program.constants[i];
        bool set = false;
        for (const auto& [name, value] : planned.sizes) set = set || name == constant.name;
        if (constant.span.file == spec_.spec.file || set) report.constants.emplace_back(constant.name, planned.values[i]);
    }
    return report;
}

FindingReport SearchRunner::finding_report(const TransitionSystem& system, const PlannedRun& planned, const Finding& finding,
                                           const RunReport& report) {
    std::string what = report.file + " variant " + report.variant + " " + sizes_text(report.sizes);
    ReplayedTrace run = certify(system, finding, what);
    if (run.last.kind == OutcomeKind::kViolation) coverage_.add_failure(system, run.last.site);
    FindingReport out;
    out.finding = finding;
    out.trace = explain_trace(system, spec_.sources, finding, run);
    out.name = trace_name(report.file, report.variant, memory_suffixed(planned), out.trace.property);
    out.values = trace_values(system, run);
    // What is asked on the command line is in no spec that could replay it.
    if (!spec_.questions.empty()) return out;
    std::string text = itf_text(system, saved_trace(system, report, options_, finding.trace), out.trace, run);
    out.saved = keeper_.keep(report.file, planned, report.variant, out.trace.property, text);
    return out;
}

void SearchRunner::discharge_invariants(const TransitionSystem& system, SearchOptions& search, RunReport& report) {
    DischargeOptions options;
    options.cancel = &cancel_;
    options.budget = search.budget;
    // The search answers without a proof, and a proof does not answer without the search.
    if (options.budget.deadline) {
        auto now = std::chrono::steady_clock::now();
        options.budget.deadline = now + (*options.budget.deadline - now) / 2;
    }
    DischargeReport proofs = discharge(system, options);
    if (!proofs.invariants.empty()) report.proofs.push_back(proof_summary(proofs));
    for (const DischargedInvariant& one : proofs.invariants) {
        report.proofs.push_back(proof_line(system, spec_.sources, one));
        if (one.inductive) search.discharged.push_back(one.property);
    }
    if (!search.discharged.empty()) report.reductions.push_back("discharge");
}

// --reduction check: an answer that depends on a reduction is our bug.
SearchReport SearchRunner::search_twice(const TransitionSystem& system, const SearchOptions& options, const RunReport& report) {
    SearchReport reduced = search(system, options);
    SearchOptions plain = options;
    plain.partial_order = plain.symmetry = false;
    SearchReport full = search(system, plain);
    std::string difference = compare_reports(system, reduced, full);
    INVARIANT(difference.empty(), report.file + " variant " + report.variant + " " + sizes_text(report.sizes) +
                                      ": with and without reduction: " + difference);
    full.partial_order = reduced.partial_order;
    full.symmetry = reduced.symmetry;
    return full;
}

// What has to be the same for another process to go on.
CheckpointOptions SearchRunner::checkpoint_options(const PlannedRun& planned, const RunReport& report) const {
    CheckpointOptions checkpoint;
    // Of two searches, of which one only counts if the other agrees, none is gone on with.
    if (options_.checkpoint_directory.empty() || options_.reduction == "check") return checkpoint;
    checkpoint.path = checkpoint_path(options_.checkpoint_directory, report.file, report.variant, memory_suffixed(planned));
    checkpoint.every_seconds = options_.checkpoint_every;
    checkpoint.from_seconds = options_.checkpoint_from;
    checkpoint.resume = options_.resume;
    std::string& identity = checkpoint.identity;
    identity = "quire " + options_.version + "\nspec " + report.spec_hash + "\nvariant " + report.variant + "\nmemory " +
               report.memory + "\nconstants";
    for (const auto& [name, value] : report.constants) identity += " " + name + "=" + std::to_string(value);
    identity += "\npasses off";
    for (const std::string& pass : options_.passes_off) identity += " " + pass;
    identity += "\n";
    return checkpoint;
}

void SearchRunner::tell_of_checkpoint(const CheckpointReport& checkpoint) {
    auto tell = [this](Severity severity, DiagnosticCode code, std::string message, std::string help) {
        Diagnostic diagnostic;
        diagnostic.severity = severity;
        diagnostic.code = code;
        diagnostic.message = std::move(message);
        diagnostic.with_help(std::move(help));
        keeper_.tell(std::move(diagnostic));
    };
    for (const std::string& damaged : checkpoint.damaged)
        tell(Severity::kWarning, DiagnosticCode::kW0305, "a checkpoint is not whole, the one before is used: " + damaged, "");
    if (!checkpoint.refused.empty())
        tell(Severity::kError, DiagnosticCode::kE0606, "a checkpoint cannot be used: " + checkpoint.refused,
             "without `--resume` the search begins from the start, and another checkpoint takes its place");
    if (!checkpoint.not_kept.empty())
        tell(Severity::kWarning, DiagnosticCode::kE0603,
             "a checkpoint could not be written: " + checkpoint.not_kept +
                 (checkpoint.kept.empty() ? "" : "; the one before is as it was"),
             "name another directory with `--checkpoint DIR`");
}

// Below each trace; they are in the order of the findings.
void SearchRunner::tell_width(const TransitionSystem& system, const SearchReport& found, RunReport& report) {
    if (!options_.width || found.violations.empty()) return;
    WidthOptions options;
    options.cancel = &cancel_;
    const WidthReport width = measure_width(system, options);
    for (std::size_t i = 0; i < found.violations.size() && i < report.violations.size(); ++i) {
        TraceFact fact{"How wide is the hole", width_lines(width, found.violations[i].property)};
        report.violations[i].trace.facts.push_back(std::move(fact));
    }
}

void SearchRunner::search_system(const TransitionSystem& system, const PlannedRun& planned, RunReport& report) {
    SearchOptions options = search_options(options_, cancel_);
    ProgressRelay relay{&writer_, {report.file, report.variant, sizes_text(report.sizes), {}}};
    options.progress_context = &relay;
    options.progress = &ProgressRelay::tell;
    if (options_.discharge) discharge_invariants(system, options, report);
    options.checkpoint = checkpoint_options(planned, report);
    SearchReport found = options_.reduction == "check" ? search_twice(system, options, report) : search(system, options);
    if (options.symmetry) {
        report.reduction_notes = symmetry_lines(system, spec_.sources, found.symmetry);
        if (!found.symmetry.families.empty()) report.reductions.push_back("symmetry");
    }
    if (options.partial_order && (found.partial_order.used || options_.reduction != "auto"))
        report.reduction_notes.push_back(partial_order_line(found.partial_order));
    if (found.partial_order.used) report.reductions.push_back("por");
    coverage_.add_run(system, found);
    tell_of_checkpoint(found.checkpoint);
    report.checkpoint = found.checkpoint;
    report.checkpoint_path = options.checkpoint.path;
    report.stop = found.stop;
    report.exhaustive = found.exhaustive();
    report.assumed_away = found.assumed_away;
    report.exhausted = found.exhausted;
    report.too_long = found.too_long;
    report.statistics = found.statistics;
    report.native = found.native;
    report.omission = found.omission;
    if (found.exhausted_site != kNone) report.exhausted_at = place_text(system, spec_.sources, found.exhausted_site);
    for (const Finding& finding : found.violations) report.violations.push_back(finding_report(system, planned, finding, report));
    tell_width(system, found, report);
    for (const Finding& finding : found.covered) report.covered.push_back(finding_report(system, planned, finding, report));
    for (PropertyNumber p : found.untraced) {
        (tells_of_reaching(system.properties[p].kind) ? report.untraced_covers : report.untraced_violations)
            .push_back(system.properties[p].name);
    }
}

std::optional<RunReport> SearchRunner::run(const PlannedRun& planned) {
    RunReport report = empty_report(planned);
    if (cancel_.cancelled()) {
        report.stop = StopReason::kInterrupted;
        coverage_.add_left_out();
        return report;
    }
    spdlog::debug("searching {} variant {} {}", report.file, report.variant, report.instance);
    try {
        Result<TransitionSystem> system = lower_program(spec_.programs[planned.variant], planned.values,
                                                        lower_options(options_, planned.memory), spec_.diagnostics);
        if (!system.ok()) return std::nullopt;
        search_system(*system, planned, report);
    } catch (const std::bad_alloc&) {
        // Nothing that was found so far can be trusted to be whole; that memory ran out is the answer.
        report = empty_report(planned);
        report.stop = StopReason::kMemory;
        report.exhaustive = false;
        coverage_.add_left_out();
    }
    return report;
}

}  // namespace quire
