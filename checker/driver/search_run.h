// One search: lower, discharge, explore, certify, explain, keep the traces.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "driver/load.h"
#include "driver/plan.h"
#include "driver/statement_coverage.h"
#include "ir/lower.h"
#include "report/itf.h"
#include "report/results.h"
#include "report/writer.h"
#include "system/verdict.h"

namespace quire {

struct EngineOptions {
    bool experimental = false;  // models that are not finished may be asked for
    bool discharge = false;
    double timeout_seconds = 0;  // of one search; 0: none
    unsigned jobs = 0;           // threads of one search; 0: as many as the machine has, up to 16
    std::uint64_t max_states = Budget::kUnlimited;
    std::uint64_t max_depth = Budget::kUnlimited;
    std::uint64_t memory_limit = Budget::kUnlimited;
    std::string reduction = "auto";    // see registry.h
    std::string store = "exact";       // the same
    bool native = true;                // machine code for long searches
    std::string checkpoint_directory;  // empty: none are kept
    double checkpoint_every = 600;     // seconds
    double checkpoint_from = 0;        // searches that are stopped earlier leave none
    bool resume = false;
    bool width = false;  // say of each bug which share of the schedules ends in it
    std::vector<std::string> passes_off;
    std::vector<std::string> models;    // --models, remembered in traces
    std::string certificate_directory;  // of proofs; empty: they are not kept
    std::string version;
};

// Keeps traces below a directory, until that fails once.
class TraceKeeper {
public:
    TraceKeeper(std::string directory, Diagnostics& diagnostics) : directory_(std::move(directory)), diagnostics_(diagnostics) {}
    // The file's path, or "".
    std::string keep(const std::string& spec, const PlannedRun& run, const std::string& variant, const std::string& property,
                     const std::string& text);
    void tell(Diagnostic diagnostic) { diagnostics_.report(std::move(diagnostic)); }

private:
    std::string directory_;  // empty: traces are not kept
    Diagnostics& diagnostics_;
};

// How many threads these options allow.
unsigned search_jobs(const EngineOptions& options);

// How a search is done that these options ask for; its time begins now.
SearchOptions search_options(const EngineOptions& options, const CancelToken& cancel);

// What the report of a run says before there is a result; without constants.
RunReport report_of(const LoadedSpec& spec, const PlannedRun& planned);

class SearchRunner {
public:
    SearchRunner(LoadedSpec& spec, const EngineOptions& options, Writer& writer, const CancelToken& cancel, TraceKeeper& keeper,
                 StatementCoverage& coverage)
        : spec_(spec), options_(options), writer_(writer), cancel_(cancel), keeper_(keeper), coverage_(coverage) {}

    // Nothing if the program cannot be lowered; the spec's diagnostics then say why.
    std::optional<RunReport> run(const PlannedRun& planned);

private:
    RunReport empty_report(const PlannedRun& planned) const;
    void discharge_invariants(const TransitionSystem& system, SearchOptions& search, RunReport& report);
    CheckpointOptions checkpoint_options(const PlannedRun& planned, const RunReport& report) const;
    void tell_of_checkpoint(const CheckpointReport& checkpoint);
    void tell_width(const TransitionSystem& system, const SearchReport& found, RunReport& report);
    SearchReport search_twice(const TransitionSystem& system, const SearchOptions& options, const RunReport& report);
    void search_system(const TransitionSystem& system, const PlannedRun& planned, RunReport& report);
    FindingReport finding_report(const TransitionSystem& system, const PlannedRun& planned, const Finding& finding,
                                 const RunReport& report);

    LoadedSpec& spec_;
    const EngineOptions& options_;
    Writer& writer_;
    const CancelToken& cancel_;
    TraceKeeper& keeper_;
    StatementCoverage& coverage_;
};

// `memory`: the name of a model.
LowerOptions lower_options(const EngineOptions& options, const std::string& memory);

// Threads by name, as a trace file has them; nothing with `problem` set if one is not known.
std::optional<Trace> trace_of(const TransitionSystem& system, const SavedTrace& saved, std::string& problem);

}  // namespace quire
