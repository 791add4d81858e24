// The route: parse -> plan variants -> types -> plan searches -> per search: lower -> discharge -> search -> certify
// -> explain (search_run.cpp) -> judge.  Everything else here is what to do when a station fails.
#include "driver/session.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <exception>
#include <map>
#include <new>
#include <set>

#include <spdlog/spdlog.h>

#include "driver/judge.h"
#include "driver/proof_run.h"
#include "driver/registry.h"
#include "driver/scenario_run.h"
#include "driver/specs_ahead.h"
#include "driver/trace_store.h"
#include "report/case_text.h"
#include "report/text_layout.h"
#include "support/invariant.h"
#include "support/suggest.h"

namespace quire {

namespace {

// One file alone has nothing to be ahead of; what may not be done at all, or goes on from earlier, is left to the session.
// A helper needs some hundred MiB at most, which have to be little beside what the session itself may use.
unsigned helpers(const CheckOptions& options) {
    constexpr std::uint64_t kMemoryForOne = std::uint64_t{4} << 30;
    if (options.files.size() < 2 || options.gate.fail_fast || options.repairs_of_expected || options.engine.resume) return 0;
    const unsigned others = search_jobs(options.engine) - 1;
    return static_cast<unsigned>(std::min<std::uint64_t>(others, options.engine.memory_limit / kMemoryForOne));
}

// What somebody might want to see the progress of is not done ahead.
constexpr std::uint64_t kMostStatesAhead = 1u << 17;

CheckOptions options_ahead(const CheckOptions& options, const SpecFile& file) {
    CheckOptions ahead = options;
    ahead.files = {file};
    ahead.repairs = nullptr;
    ahead.kept = nullptr;
    ahead.engine.max_states = std::min(ahead.engine.max_states, kMostStatesAhead);
    ahead.engine.checkpoint_directory.clear();
    ahead.engine.jobs = 1;
    return ahead;
}

struct NobodyTold final : Writer, Sink {
    void begin(const SessionBegin&) override {}
    void spec(const SpecBegin&) override {}
    void diagnostics(const std::vector<DiagnosticReport>&) override {}
    void progress(const ProgressReport&) override {}
    void result(const ExpectationReport&) override {}
    void end(const SessionEnd&) override {}
    void write(std::string_view) override {}
};

class Session {
public:
    Session(const CheckOptions& options, FileProvider& files, Writer& writer, Sink& err, const CancelToken& cancel,
            bool ahead_of_turn = false)
        : options_(options),
          files_(files),
          writer_(writer),
          err_(err),
          cancel_(cancel),
          ahead_of_turn_(ahead_of_turn),
          alone_(options.files.size() == 1 && !ahead_of_turn),
          keeper_(options.out_directory, own_diagnostics_),
          kept_(kept_results()),
          ahead_(
              files_to_do(),
              [&options](const SpecFile& file, FileProvider& disk, const CancelToken& stop) {
                  const CheckOptions ahead = options_ahead(options, file);
                  NobodyTold nobody;
                  return Session(ahead, disk, nobody, nobody, stop, true).results();
              },
              helpers(options), cancel) {}

    SessionEnd run();
    // Of the only file; nothing if another session might find something else, or has more to do than to tell it.
    std::unique_ptr<SpecResults> results();

private:
    LoadOptions load_options() const {
        return {options_.model_path, options_.selection.defines, memory_models_allowed(options_.engine.experimental),
                options_.selection.questions};
    }
    std::vector<std::unique_ptr<SpecResults>> kept_results() const;
    std::vector<SpecFile> files_to_do() const;
    void check_file(const SpecFile& file);
    void check_anew(const SpecFile& file);
    bool check_for_keeping(const SpecFile& file);
    std::size_t tell_again(SpecResults& results);
    bool lasting() const;
    // The first failure is enough.
    bool stopped() const { return options_.gate.fail_fast && (end_.not_met != 0 || end_.denied != 0); }
    void check_spec(LoadedSpec& spec, CheckPlan& plan);
    bool judge_one(LoadedSpec& spec, const CheckPlan& plan, const PlannedExpectation& planned, SearchRunner& runner,
                   StatementCoverage& coverage);
    bool judge_proof_of(LoadedSpec& spec, const CheckPlan& plan, const PlannedExpectation& planned, SearchRunner& runner);
    const RunReport* run_of(const CheckPlan& plan, std::size_t number, SearchRunner& runner);
    void take(ExpectationReport report);
    void suggest(LoadedSpec& spec, const CheckPlan& plan, const ExpectationReport& report);
    void count(const ExpectationReport& report);
    void note_names(const SelectionUse& use, const KnownNames& known);
    void tell(const SourceManager& sources, const Diagnostics& diagnostics, bool nothing_checked);
    void tell(const ToldDiagnostics& told);
    void internal_error(const std::string& file, const std::string& what);
    bool unknown_selection();
    void settle_checkpoints();
    int exit_code() const;

    const CheckOptions& options_;
    FileProvider& files_;
    Writer& writer_;
    Sink& err_;
    const CancelToken& cancel_;
    const bool ahead_of_turn_;     // for a session that tells it
    const bool alone_;             // there is no other file
    Diagnostics own_diagnostics_;  // about places to write to, not about specs
    TraceKeeper keeper_;
    SelectionUse use_;
    KnownNames known_;
    SessionEnd end_;
    std::uint32_t next_id_ = 1;
    SpecResults results_;                     // of the present spec; writers know a run by its address as long as that lasts
    std::map<std::size_t, RunReport*> runs_;  // the searches among them, as planned
    std::uint32_t first_id_ = 1;              // the same
    bool every_statement_executed_ = true;
    bool internal_error_ = false;
    bool usage_error_ = false;
    std::vector<std::unique_ptr<SpecResults>> kept_;  // by file; nothing: to be found out
    std::size_t file_number_ = 0;
    std::vector<std::string> checkpoints_;  // that are there to go on from
    bool resumed_ = false;                  // from some checkpoint, or it was refused
    SpecsAhead ahead_;                      // last: it is at work while the others are made
};

// ------------------------------------------------------------------------------------------------------- the route

std::vector<std::unique_ptr<SpecResults>> Session::kept_results() const {
    std::vector<std::unique_ptr<SpecResults>> results(options_.files.size());
    if (options_.kept == nullptr) return results;
    for (std::size_t i = 0; i < results.size(); ++i) results[i] = options_.kept->find(options_.files[i]);
    return results;
}

// By number of the file: what has results already is no file, and nobody begins with it.
std::vector<SpecFile> Session::files_to_do() const {
    std::vector<SpecFile> files = options_.files;
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (kept_[i]) files[i] = {};
    }
    return files;
}

void Session::check_file(const SpecFile& file) {
    runs_.clear();
    results_ = {};
    first_id_ = next_id_;
    if (kept_[file_number_]) {
        end_.from_cache += tell_again(*kept_[file_number_]);
        return;
    }
    if (options_.kept != nullptr) options_.kept->begin();
    if (std::unique_ptr<SpecResults> made = ahead_.take(file_number_, files_)) {
        results_ = std::move(*made);
        if (options_.kept != nullptr) options_.kept->keep(file, results_);
        tell_again(results_);
        return;
    }
    // What was read to compare it is read again.
    if (options_.kept != nullptr) options_.kept->begin();
    if (check_for_keeping(file) && options_.kept != nullptr) options_.kept->keep(file, results_);
}

// True if the same session again would find the same.
bool Session::check_for_keeping(const SpecFile& file) {
    const std::size_t wrong_before = end_.wrong_specs, left_before = end_.not_judged;
    check_anew(file);
    results_.expectations = next_id_ - first_id_;
    // After a file that could not be written the traces of later specs are not kept, either.
    return !cancel_.cancelled() && !usage_error_ && end_.wrong_specs == wrong_before && end_.not_judged == left_before &&
           own_diagnostics_.empty() && lasting();
}

bool Session::lasting() const {
    for (const RunReport& run : results_.runs) {
        if (!run.is_proof && run.stop != StopReason::kComplete) return false;
    }
    for (const auto& told : results_.told) {
        const auto* report = std::get_if<ExpectationReport>(&told);
        if (report == nullptr) continue;
        for (const CaseReport& one : report->cases) {
            // A proof that is not found may be found with more time.
            if (one.judgement == Judgement::kInconclusive && one.run != nullptr && one.run->is_proof) return false;
        }
    }
    return true;
}

std::unique_ptr<SpecResults> Session::results() {
    if (!check_for_keeping(options_.files.front())) return nullptr;
    // Repairs are looked for by who tells of the finding.
    for (const auto& told : results_.told) {
        const auto* report = std::get_if<ExpectationReport>(&told);
        if (report != nullptr && report->judgement != Judgement::kMet) return nullptr;
    }
    return std::make_unique<SpecResults>(std::move(results_));
}

// How many expectations were told of.
std::size_t Session::tell_again(SpecResults& results) {
    if (!results.counted) return 0;
    ++end_.specs;
    end_.slow_left_out += results.slow_left_out;
    end_.quick_left_out += results.quick_left_out;
    note_names(results.use, results.known);
    if (alone_ && unknown_selection()) return 0;
    std::size_t count_told = 0;
    auto renumbered = [&](ExpectationHead& head) { head.id += first_id_ - 1; };
    if (results.begin) {
        for (ExpectationHead& head : results.begin->expectations) renumbered(head);
        writer_.spec(*results.begin);
    }
    for (auto& told : results.told) {
        if (auto* diagnostics = std::get_if<ToldDiagnostics>(&told)) {
            tell(*diagnostics);
            continue;
        }
        if (auto* repairs = std::get_if<RepairsReport>(&told)) {
            repairs->id += first_id_ - 1;
            if (!stopped()) writer_.repairs(*repairs);
            continue;
        }
        auto& report = std::get<ExpectationReport>(told);
        if (stopped()) {
            ++end_.not_judged;
            continue;
        }
        renumbered(report.head);
        count(report);
        ++count_told;
        writer_.result(report);
    }
    next_id_ += results.expectations;
    every_statement_executed_ = every_statement_executed_ && results.every_statement_executed;
    return count_told;
}

void Session::check_anew(const SpecFile& file) {
    std::unique_ptr<LoadedSpec> spec = load_spec(file.path, load_options(), files_, !file.named_directly);
    results_.counted = spec->good || !spec->library_only || file.named_directly;
    if (results_.counted) ++end_.specs;
    if (spec->library_only && !file.named_directly && !spec->diagnostics.has_errors()) return;
    CheckPlan plan;
    if (spec->good) {
        plan = plan_checks(*spec, options_.selection, results_.use, next_id_);
        results_.slow_left_out = plan.slow_instances.size();
        results_.known = known_names(*spec);
        results_.quick_left_out = plan.quick_left_out;
        end_.slow_left_out += results_.slow_left_out;
        end_.quick_left_out += results_.quick_left_out;
        note_names(results_.use, results_.known);
    }
    bool wrong = !spec->good || spec->diagnostics.has_errors();
    tell(spec->sources, spec->diagnostics, wrong);
    if (wrong) {
        ++end_.wrong_specs;
        return;
    }
    if (alone_ && unknown_selection()) return;
    if (!plan.expectations.empty()) check_spec(*spec, plan);
}

void Session::check_spec(LoadedSpec& spec, CheckPlan& plan) {
    SpecBegin begin{spec.path, spec.hash, {}};
    for (const PlannedExpectation& planned : plan.expectations) {
        if (!planned.only_if_met) begin.expectations.push_back(planned.head);
    }
    writer_.spec(begin);
    results_.begin = std::move(begin);
    for (ExpectationHead& head : results_.begin->expectations) head.id -= first_id_ - 1;
    StatementCoverage coverage(spec.sources, spec.spec.file);
    std::size_t failed_before = end_.not_met;
    SearchRunner runner(spec, options_.engine, writer_, cancel_, keeper_, coverage);
    std::size_t reported = spec.diagnostics.error_count();
    for (const PlannedExpectation& planned : plan.expectations) {
        if (!judge_one(spec, plan, planned, runner, coverage)) break;
        // Somebody may be waiting to do it with all that it needs.
        if (ahead_of_turn_ && !lasting()) return;
    }
    Diagnostics found;
    if (spec.diagnostics.error_count() != reported) {
        ++end_.wrong_specs;
        tell(spec.sources, spec.diagnostics, true);
    } else if (!options_.selection.narrows() || (end_.not_met != failed_before && options_.selection.questions.empty())) {
        // A part of what the spec asks for need not execute everything; but when it fails, this may be why.
        coverage.report(spec.programs, found);
    }
    std::set<std::pair<std::string, std::string>> too_small;  // each place of a variant once
    for (const auto& [number, found_run] : runs_) {
        const RunReport& run = *found_run;
        if (run.exhausted != 0 && too_small.emplace(run.variant, run.exhausted_at).second) {
            found.warning(DiagnosticCode::kW0303, {},
                          "runs of variant '" + run.variant + "' ended because a pool, list or role was too small" +
                              (run.exhausted_at.empty() ? "" : ", at " + run.exhausted_at));
        }
        if (run.assumed_away != 0 && run.statistics.states == 0 && run.violations.empty()) {
            found.warning(DiagnosticCode::kW0302, {}, "every run of variant '" + run.variant + "' was dropped by an assume");
        }
    }
    tell(spec.sources, found, false);
    results_.every_statement_executed = coverage.everything_executed();
    every_statement_executed_ = every_statement_executed_ && results_.every_statement_executed;
}

void Session::take(ExpectationReport report) {
    count(report);
    writer_.result(report);
    report.head.id -= first_id_ - 1;
    results_.told.emplace_back(std::move(report));
}

// False when the spec turned out to be wrong after all.
bool Session::judge_one(LoadedSpec& spec, const CheckPlan& plan, const PlannedExpectation& planned, SearchRunner& runner,
                        StatementCoverage& coverage) {
    auto searched = [&](std::size_t number) { return runs_.count(number) != 0; };
    if (stopped() || (cancel_.cancelled() && std::none_of(planned.runs.begin(), planned.runs.end(), searched))) {
        if (!planned.only_if_met) ++end_.not_judged;
        coverage.add_left_out();
        return true;
    }
    if (!planned.unsupported.empty()) {
        take(judge_unsupported(planned.head, planned.unsupported));
        return true;
    }
    if (planned.head.expected == Expected::kScenario) {
        coverage.add_left_out();
        const std::size_t reported = spec.diagnostics.error_count();
        ExpectationReport report = judge_scenario(spec, plan, planned, options_.engine, cancel_, results_.runs);
        if (spec.diagnostics.error_count() != reported) return false;
        take(std::move(report));
        return true;
    }
    if (planned.head.expected == Expected::kProved) {
        if (runs_.empty()) coverage.add_left_out();
        return judge_proof_of(spec, plan, planned, runner);
    }
    std::vector<const RunReport*> runs;
    for (std::size_t number : planned.runs) {
        const RunReport* run = run_of(plan, number, runner);
        if (run == nullptr) return false;
        runs.push_back(run);
    }
    ExpectationReport report =
        planned.implied_cover ? judge_implied_cover(planned.head, runs)
                              : judge(planned.head, runs, planned.only.empty() ? options_.selection.properties : planned.only);
    if (planned.only_if_met && report.judgement != Judgement::kMet) return true;
    const ExpectationReport told = report;
    take(std::move(report));
    suggest(spec, plan, told);
    return spec.good;
}

// After the trace is told, so that nobody waits for it.
void Session::suggest(LoadedSpec& spec, const CheckPlan& plan, const ExpectationReport& report) {
    bool wanted = report.judgement == Judgement::kNotMet || options_.repairs_of_expected;
    bool violation = report.head.expected == Expected::kPass || report.head.expected == Expected::kViolation;
    const CaseReport* shown = shortest_case(report);
    if (options_.repairs == nullptr || !wanted || !violation || shown == nullptr || cancel_.cancelled()) return;
    for (const auto& [number, run] : runs_) {
        if (run != shown->run) continue;
        // The verdict stands whatever becomes of the proposals.
        try {
            RepairsReport repairs =
                options_.repairs->find(spec, plan.runs[number], *run, *shown->finding, options_.engine, load_options(), cancel_);
            repairs.id = report.head.id;
            writer_.repairs(repairs);
            repairs.id -= first_id_ - 1;
            results_.told.emplace_back(std::move(repairs));
        } catch (const std::exception& error) {
            spdlog::warn("no repairs are proposed: {}", error.what());
        }
    }
}

// A bug is claimed only when a search has found it.
bool Session::judge_proof_of(LoadedSpec& spec, const CheckPlan& plan, const PlannedExpectation& planned, SearchRunner& runner) {
    std::vector<CaseReport> cases;
    ProofRunner prover(spec, options_.engine, cancel_);
    for (std::size_t number : planned.runs) {
        ProofOutcome outcome = prover.run(plan.runs[number], planned.any, planned.fixed);
        const RunReport& proof = results_.runs.emplace_back(std::move(outcome.run));
        if (!outcome.look) {
            cases.push_back(judge_proof(proof, outcome.kind == ProofOutcome::Kind::kProved, outcome.reason));
            continue;
        }
        std::optional<RunReport> search = runner.run(*outcome.look);
        if (!search) return false;
        cases.push_back(judge_disproof(results_.runs.emplace_back(std::move(*search)), proof));
    }
    take(judge_proofs(planned.head, std::move(cases)));
    return spec.good;
}

const RunReport* Session::run_of(const CheckPlan& plan, std::size_t number, SearchRunner& runner) {
    auto found = runs_.find(number);
    if (found == runs_.end()) {
        std::optional<RunReport> report = runner.run(plan.runs[number]);
        if (!report) return nullptr;
        found = runs_.emplace(number, &results_.runs.emplace_back(std::move(*report))).first;
        const CheckpointReport& checkpoint = found->second->checkpoint;
        resumed_ = resumed_ || checkpoint.resumed || !checkpoint.refused.empty();
        if (!checkpoint.kept.empty()) checkpoints_.push_back(found->second->checkpoint_path);
    }
    return found->second;
}

SessionEnd Session::run() {
    auto start = std::chrono::steady_clock::now();
    SessionBegin begin{options_.engine.version, options_.files.size()};
    for (const SpecFile& file : options_.files) begin.names.push_back(file.path);
    writer_.begin(begin);
    for (file_number_ = 0; file_number_ < options_.files.size() && !stopped(); ++file_number_) {
        const SpecFile& file = options_.files[file_number_];
        if (cancel_.cancelled()) break;
        try {
            check_file(file);
        } catch (const InternalError& error) {
            internal_error(file.path, error.what());
        } catch (const std::bad_alloc&) {
            // While reading or lowering: there is no search whose verdict could be kept.
            err_.write("error: memory ran out while reading " + printable(file.path) + "\n");
            ++end_.inconclusive;
        } catch (const std::exception& error) {
            internal_error(file.path, error.what());
        }
    }
    if (!cancel_.cancelled() && !stopped() && !usage_error_ && end_.wrong_specs == 0) unknown_selection();
    if (stopped()) err_.write("quire: stopped at the first failure, as --fail-fast asks\n");
    if (end_.specs == 0 && !cancel_.cancelled() && !usage_error_ && !internal_error_ && end_.inconclusive == 0) {
        usage_error_ = true;
        err_.write("quire: there is nothing to check: the files only define things for others to import\n");
    }
    settle_checkpoints();
    SourceManager nothing;
    tell(nothing, own_diagnostics_, false);
    std::size_t judged = end_.met + end_.not_met + end_.inconclusive;
    end_.every_statement_executed = every_statement_executed_ && judged > 0 && end_.wrong_specs == 0;
    end_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    end_.exit_code = exit_code();
    if (end_.inconclusive != 0 && end_.exit_code == kExitAsExpected)
        err_.write("warning: " + count_of(end_.inconclusive, "expectation") +
                   " inconclusive: not met and not refuted; --on-inconclusive=warn lets that pass\n");
    writer_.end(end_);
    return end_;
}

// Until everything is decided all of them are kept: who goes on shall not begin with what was done already.
void Session::settle_checkpoints() {
    const bool searched = end_.met + end_.not_met + end_.inconclusive != 0;
    if (options_.engine.resume && searched && !resumed_ && !cancel_.cancelled()) {
        Diagnostic warning;
        warning.severity = Severity::kWarning;
        warning.code = DiagnosticCode::kW0306;
        warning.message = "there was no checkpoint to go on from below '" + options_.engine.checkpoint_directory +
                          "': every search began from the start";
        warning.with_help("`--checkpoint DIR` names the directory, and has to be the one of the run that was stopped");
        own_diagnostics_.report(std::move(warning));
    }
    if (cancel_.cancelled() || internal_error_ || end_.inconclusive != 0 || end_.not_judged != 0) return;
    for (const std::string& path : checkpoints_) remove_checkpoint(path);
}

// ------------------------------------------------------------------------------------------------ counting, telling

void Session::count(const ExpectationReport& report) {
    switch (report.judgement) {
        case Judgement::kMet: ++end_.met; break;
        case Judgement::kNotMet: ++end_.not_met; break;
        case Judgement::kInconclusive: ++end_.inconclusive; break;
    }
}

int Session::exit_code() const {
    int signal = options_.signal_received != nullptr ? options_.signal_received() : 0;
    if (signal != 0) return kExitSignalBase + signal;
    if (internal_error_) return kExitInternalError;
    if (end_.wrong_specs != 0) return kExitSpecError;
    if (usage_error_) return kExitUsage;
    if (end_.not_met != 0 || end_.denied != 0) return kExitNotAsExpected;
    if (end_.not_judged != 0 || (end_.inconclusive != 0 && options_.gate.inconclusive_fails)) return kExitInconclusive;
    return kExitAsExpected;
}

void Session::tell(const SourceManager& sources, const Diagnostics& diagnostics, bool nothing_checked) {
    if (diagnostics.empty()) return;
    ToldDiagnostics told;
    Diagnostics shown;
    for (Diagnostic d : diagnostics.sorted()) {
        const auto& deny = options_.gate.deny;
        if (d.severity == Severity::kWarning && std::find(deny.begin(), deny.end(), d.code) != deny.end()) {
            d.severity = Severity::kError;
            d.with_note("a warning, which --deny makes a failure");
            ++told.denied;
        }
        shown.report(d);
        DiagnosticReport report{
            std::string(severity_name(d.severity)), std::string(diagnostic_info(d.code).code), d.message, {}, 0, 0};
        SourceSpan place = sources.outermost(d.span);
        if (place.valid()) {
            report.file = sources.display_path(place.file);
            report.line = sources.start(place).line;
            report.column = sources.start(place).column;
        }
        if (d.severity == Severity::kWarning) ++told.warnings;
        told.reports.push_back(std::move(report));
    }
    told.errors = shown.has_errors();
    RenderOptions render;
    render.summary = nothing_checked;
    const Diagnostics& rendered = told.denied != 0 ? shown : diagnostics;
    told.plain = render_diagnostics(sources, rendered, render);
    render.color = true;
    told.colored = render_diagnostics(sources, rendered, render);
    tell(told);
    results_.told.emplace_back(std::move(told));
}

void Session::tell(const ToldDiagnostics& told) {
    end_.warnings += told.warnings;
    end_.denied += told.denied;
    writer_.diagnostics(told.reports);
    if (!options_.quiet || told.errors) err_.write(options_.color ? told.colored : told.plain);
}

void Session::note_names(const SelectionUse& use, const KnownNames& known) {
    use_.variants.insert(use.variants.begin(), use.variants.end());
    use_.properties.insert(use.properties.begin(), use.properties.end());
    use_.instances.insert(use.instances.begin(), use.instances.end());
    use_.defines.insert(use.defines.begin(), use.defines.end());
    auto add = [](std::vector<std::string>& to, const std::vector<std::string>& more) {
        to.insert(to.end(), more.begin(), more.end());
    };
    add(known_.variants, known.variants);
    add(known_.instances, known.instances);
    add(known_.properties, known.properties);
    add(known_.constants, known.constants);
}

void Session::internal_error(const std::string& file, const std::string& what) {
    internal_error_ = true;
    err_.write("internal error: " + printable(what) + "\n  while checking " + printable(file) + "\n  This is a bug in quire " +
               options_.engine.version +
               ", not in the spec. A report with the spec, and the command that\n"
               "  was run, helps to find it.\n");
}

// Names on the command line that mean nothing in any spec that was read.
bool Session::unknown_selection() {
    auto complain = [&](const std::string& kind, const std::vector<std::string>& asked, const std::set<std::string>& used,
                        const std::vector<std::string>& known) {
        for (const std::string& name : asked) {
            if (used.count(name) != 0) continue;
            usage_error_ = true;
            std::optional<std::string> near = nearest_name(name, known);
            err_.write("error: there is no " + kind + " '" + printable(name) + "'" +
                       (near ? "; did you mean '" + *near + "'?" : "") + "\n");
        }
    };
    const Selection& asked = options_.selection;
    std::vector<std::string> defined;
    for (const auto& [name, value] : asked.defines) defined.push_back(name);
    complain("variant", asked.variants, use_.variants, known_.variants);
    complain("instance", asked.instances, use_.instances, known_.instances);
    complain("property", asked.properties, use_.properties, known_.properties);
    complain("constant", defined, use_.defines, known_.constants);
    return usage_error_;
}

}  // namespace

SessionEnd check(const CheckOptions& options, FileProvider& files, Writer& writer, Sink& err, const CancelToken& cancel) {
    return Session(options, files, writer, err, cancel).run();
}

}  // namespace quire
