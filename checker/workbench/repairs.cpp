#include "workbench/repairs.h"

#include <algorithm>

#include "explain/wording.h"
#include "explore/search.h"
#include "ir/lower.h"
#include "report/text_layout.h"
#include "workbench/candidates.h"

namespace quire {

namespace {

class RepairCheck {
public:
    RepairCheck(const ExplainedFinding& of, const PlannedRun& planned, const RunReport& run, const EngineOptions& engine,
                const LoadOptions& load, const RepairLimits& limits, const CancelToken& cancel)
        : of_(of), planned_(planned), run_(run), engine_(engine), load_(load), limits_(limits), cancel_(cancel) {}

    // Nothing if the edit is no program.
    std::optional<RepairReport> check(const Candidate& candidate) const;

private:
    SearchReport searched(const TransitionSystem& system) const;
    void judge(const Candidate& candidate, const TransitionSystem& system, const SearchReport& found, RepairReport& out) const;
    std::string why_rejected(const Candidate& candidate, const TransitionSystem& system, const Finding& finding) const;
    std::string lost_covers(const TransitionSystem& system, const SearchReport& found) const;

    const ExplainedFinding& of_;
    const PlannedRun& planned_;
    const RunReport& run_;
    const EngineOptions& engine_;
    const LoadOptions& load_;
    const RepairLimits& limits_;
    const CancelToken& cancel_;
};

SearchReport RepairCheck::searched(const TransitionSystem& system) const {
    SearchOptions options;
    options.cancel = &cancel_;
    options.budget.max_states = limits_.states;
    options.budget.memory_limit = engine_.memory_limit;
    options.symmetry = true;
    options.minimise_switches = false;
    options.native_from = Budget::kUnlimited;
    return search(system, options);
}

std::string RepairCheck::why_rejected(const Candidate& candidate, const TransitionSystem& system, const Finding& finding) const {
    const SystemProperty& property = system.properties[finding.property];
    std::string after = " after " + count_of(finding.steps, "step");
    std::string object = of_.causes.object != 0 ? of_.system.objects[of_.causes.object].name : std::string();
    bool in_object = !object.empty() && (candidate.lock == object || candidate.lock.starts_with(object + "."));
    if (property.name == "use_after_free" && in_object) return "the lock lives in the object that is freed";
    if (property.name == "sleeps_in_atomic") return "may sleep where that is not allowed";
    if (property.kind == SystemPropertyKind::kDeadlock) return "deadlocks" + after;
    bool same = property.name == of_.system.properties[of_.finding.property].name;
    return same ? "still fails" + after : "then fails otherwise: " + finding_phrase(property) + after;
}

// An edit that only keeps the code from doing anything prevents every violation, too.
std::string RepairCheck::lost_covers(const TransitionSystem& system, const SearchReport& found) const {
    std::string lost;
    for (const FindingReport& cover : run_.covered) {
        const std::string& name = cover.trace.property;
        bool still = std::any_of(found.covered.begin(), found.covered.end(),
                                 [&](const Finding& f) { return system.properties[f.property].name == name; });
        if (!still) lost += (lost.empty() ? "" : ", ") + name;
    }
    return lost;
}

void RepairCheck::judge(const Candidate& candidate, const TransitionSystem& system, const SearchReport& found,
                        RepairReport& out) const {
    const Finding* shortest = nullptr;
    for (const Finding& finding : found.violations) {
        if (shortest == nullptr || finding.steps < shortest->steps) shortest = &finding;
    }
    if (shortest != nullptr) {
        out.verdict = RepairVerdict::kRejected;
        out.reason = why_rejected(candidate, system, *shortest);
    } else if (!found.untraced.empty() || !found.exhaustive()) {
        out.verdict = RepairVerdict::kInconclusive;
        out.reason = "not decided within " + count_of(limits_.states, "state");
        if (found.stop == StopReason::kComplete) out.reason = "a pool, a list or a step was too small to tell";
        if (found.stop == StopReason::kInterrupted) out.reason = "interrupted";
    } else if (found.assumed_away != 0 && found.statistics.states < 2) {
        out.verdict = RepairVerdict::kRejected;
        out.reason = "nothing is left to happen";
    } else if (std::string lost = lost_covers(system, found); !lost.empty()) {
        out.verdict = RepairVerdict::kRejected;
        out.reason = "nothing fails, but " + lost + " is no longer reached";
    } else {
        out.verdict = RepairVerdict::kHolds;
    }
}

std::optional<RepairReport> RepairCheck::check(const Candidate& candidate) const {
    Result<TypedProgram> program = candidate.variant.typed(of_.spec.sources, load_);
    if (!program.ok() || program->constants.size() != planned_.values.size()) return std::nullopt;
    Diagnostics ignored;
    if (!check_instance(*program, planned_.values, ignored)) return std::nullopt;
    Result<TransitionSystem> system = lower_program(*program, planned_.values, lower_options(engine_, planned_.memory), ignored);
    if (!system.ok()) return std::nullopt;
    RepairReport out;
    out.what = candidate.what;
    out.note = candidate.note;
    out.patch = candidate.variant.patch();
    SearchReport found = searched(*system);
    out.states = found.statistics.states;
    judge(candidate, *system, found, out);
    return out;
}

}  // namespace

RepairsReport Repairs::find(const LoadedSpec& spec, const PlannedRun& planned, const RunReport& run, const FindingReport& found,
                            const EngineOptions& engine, const LoadOptions& load, const CancelToken& cancel) {
    RepairsReport report;
    report.run = &run;
    report.finding = &found;
    report.most_states = limits_.states;
    Diagnostics ignored;
    Result<TransitionSystem> system =
        lower_program(spec.programs[planned.variant], planned.values, lower_options(engine, planned.memory), ignored);
    if (!system.ok()) return report;
    ReplayedTrace replayed = replay(*system, found.finding.trace);
    if (!replayed.ok) return report;
    ExplainedFinding of{spec,
                        planned.variant,
                        *system,
                        found.finding,
                        replayed,
                        find_causes(*system, found.finding, replayed),
                        code_names(spec.plan.variants[planned.variant])};
    RepairCheck check(of, planned, run, engine, load, limits_, cancel);
    for (const Candidate& candidate : repair_candidates(of, limits_.candidates)) {
        if (cancel.cancelled()) break;
        if (std::optional<RepairReport> repair = check.check(candidate)) report.repairs.push_back(std::move(*repair));
    }
    std::stable_sort(report.repairs.begin(), report.repairs.end(), [](const RepairReport& a, const RepairReport& b) {
        if (a.verdict != b.verdict) return a.verdict < b.verdict;
        return a.verdict == RepairVerdict::kHolds && a.patch.size() < b.patch.size();
    });
    return report;
}

}  // namespace quire
