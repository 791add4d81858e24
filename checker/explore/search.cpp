// The route: compile, guess the widths, explore; if a value did not fit, widen and explore again; then build the traces.
//
// Simplifying programs takes about a millisecond, which is all that many a search takes.  So it is done for those that
// turn out to be long, and they begin again; by then it is also known better how large values get.
#include "explore/search.h"

#include <algorithm>
#include <chrono>
#include <memory>

#include "explore/checkpoint.h"
#include "explore/compile.h"
#include "explore/dependence.h"
#include "explore/exploration.h"
#include "explore/probe.h"
#include "explore/symmetry.h"
#include "explore/traces.h"
#include "support/cpu_time.h"

namespace quire {

namespace explore {

Questions questions(const TransitionSystem& system, const SearchOptions& options) {
    Questions asked;
    for (PropertyNumber p = 0; p < system.properties.size(); ++p) {
        const SystemProperty& property = system.properties[p];
        bool discharged = std::find(options.discharged.begin(), options.discharged.end(), p) != options.discharged.end();
        if (!property.enabled || discharged) continue;
        switch (property.kind) {
            case SystemPropertyKind::kBuiltin:
            case SystemPropertyKind::kStep: break;  // by the steps themselves
            case SystemPropertyKind::kCoverPoint: asked.cover_points.push_back(p); break;
            case SystemPropertyKind::kDeadlock: asked.deadlock = p; break;
            case SystemPropertyKind::kLeak: asked.leak = p; break;
            case SystemPropertyKind::kInvariant: asked.invariants.push_back(p); break;
            case SystemPropertyKind::kFinally: asked.finals.push_back(p); break;
            case SystemPropertyKind::kCoverState: asked.state_covers.push_back(p); break;
            case SystemPropertyKind::kCoverFinal: asked.final_covers.push_back(p); break;
        }
    }
    return asked;
}

namespace {

bool is_cover(SystemPropertyKind kind) {
    return kind == SystemPropertyKind::kCoverState || kind == SystemPropertyKind::kCoverFinal ||
           kind == SystemPropertyKind::kCoverPoint;
}

// Beyond a deadline, or after an interruption: those who ask for a limit want it kept, but the trace even more.
constexpr std::chrono::milliseconds kTimeForTraces{1500};

// So many tight layouts that turn out too tight.
constexpr std::uint32_t kTightGuesses = 3;

void describe(const Symmetry& symmetry, SymmetryReport& report) {
    for (const Family& family : symmetry.families()) report.families.push_back({family.name, family.size, "", kNone});
    for (const BrokenFamily& broken : symmetry.broken()) report.broken.push_back({broken.name, 0, broken.why, broken.site});
}

std::unique_ptr<const Symmetry> find_symmetry(const TransitionSystem& system, const SearchOptions& options) {
    if (!options.symmetry) return nullptr;
    return std::make_unique<const Symmetry>(system);
}

class Searcher {
public:
    Searcher(const TransitionSystem& system, const SearchOptions& options)
        : system_(system),
          options_(options),
          code_(compile(system, false)),
          asked_(questions(system, options)),
          seen_(probe(system, code_, options.plain_successors)),
          symmetry_(find_symmetry(system, options)),
          layout_(system, seen_, code_.may_write, Margin::kLoose, symmetry_.get()),
          laid_out_for_(seen_),
          crew_(std::max(options.jobs, 1u)),
          watch_(options),
          checkpoints_(system, options, watch_, crew_) {
        consider_reducing();
        if (may_reduce_ && options.partial_order_from == 0) prepare_to_reduce();
    }

    SearchReport run();

private:
    template <unsigned kWords, class Set = ExactSet<kWords>>
    std::optional<SearchReport> explore();
    std::optional<SearchReport> explore_once();
    SearchStage stage() const;
    bool resume();
    void lay_out(bool tight);
    void prepare_for(const std::map<Address, ObservedRange>& misfits);
    void prepare_for_long();
    void consider_reducing();
    void prepare_to_reduce();
    void add_traces(SearchReport& report, const LevelStore& levels, const Findings& findings);

    const TransitionSystem& system_;
    const SearchOptions& options_;
    Bytecode code_;
    Questions asked_;
    std::vector<ObservedRange> seen_;
    std::unique_ptr<const Symmetry> symmetry_;  // nullptr: there is none, or it is not to be used
    PackedLayout layout_;
    std::vector<ObservedRange> laid_out_for_;
    bool is_tight_ = false;  // the layout
    Crew crew_;
    Watch watch_;
    Checkpoints checkpoints_;
    std::optional<LevelMark> resume_from_;
    bool is_long_ = false;
    std::uint32_t restarts_ = 0;
    std::uint32_t restarts_of_long_ = 0;
    bool may_reduce_ = false;  // and did not try yet
    std::unique_ptr<const Dependence> dependence_;
    std::string why_not_reduced_;
};

void Searcher::add_traces(SearchReport& report, const LevelStore& levels, const Findings& findings) {
    const bool out_of_time = report.stop == StopReason::kTime || report.stop == StopReason::kInterrupted;
    TraceOptions options;
    // Somebody who has no time left shall not wait for beauty.
    options.minimise_switches = options_.minimise_switches && !out_of_time && report.stop != StopReason::kMemory;
    options.state_properties = asked_.invariants;
    options.final_properties = asked_.finals;
    options.parallel_from = options_.parallel_from;
    watch_.grant(kTimeForTraces, out_of_time);
    const TraceMeans means{system_, code_, layout_, symmetry_.get(), levels, crew_, watch_, options_.plain_successors};
    Traces traces = build_traces(means, findings.all(), options);
    for (Finding& finding : traces.findings) {
        bool cover = is_cover(system_.properties[finding.property].kind);
        (cover ? report.covered : report.violations).push_back(std::move(finding));
    }
    report.untraced = std::move(traces.untraced);
    if (traces.stopped && report.stop == StopReason::kComplete) report.stop = *traces.stopped;
}

void Searcher::lay_out(bool tight) {
    is_tight_ = tight;
    laid_out_for_ = seen_;
    layout_ = PackedLayout(system_, seen_, code_.may_write, tight ? Margin::kTight : Margin::kLoose, symmetry_.get());
}

void Searcher::prepare_for(const std::map<Address, ObservedRange>& misfits) {
    for (const auto& [address, range] : misfits) {
        const Variable& variable = system_.variables[system_.cell_variable[address]];
        extend(variable, seen_[address], range.lo);
        extend(variable, seen_[address], range.hi);
    }
    ++restarts_;
    // Who was wrong several times had better be careful.
    if (is_long_) ++restarts_of_long_;
    bool tight = is_long_ && restarts_of_long_ <= kTightGuesses;
    lay_out(tight);
}

void Searcher::prepare_for_long() {
    is_long_ = true;
    code_ = compile(system_, true);
    lay_out(true);
}

// What does not depend on what steps do.
void Searcher::consider_reducing() {
    if (!options_.partial_order) return;
    may_reduce_ = true;
    for (const SystemProperty& property : system_.properties) {
        if (property.kind != SystemPropertyKind::kStep || !property.enabled) continue;
        why_not_reduced_ = "a step property looks at every step";
        may_reduce_ = false;
    }
    if (options_.budget.max_depth != Budget::kUnlimited) {
        why_not_reduced_ = "the depth is limited";
        may_reduce_ = false;
    }
}

void Searcher::prepare_to_reduce() {
    may_reduce_ = false;
    std::vector<PropertyNumber> conditions = asked_.invariants;
    conditions.insert(conditions.end(), asked_.state_covers.begin(), asked_.state_covers.end());
    dependence_ = find_dependence(system_, conditions, why_not_reduced_);
}

SearchStage Searcher::stage() const {
    return {is_long_,         may_reduce_, dependence_ != nullptr, is_tight_, restarts_, restarts_of_long_,
            why_not_reduced_, seen_,       laid_out_for_};
}

// Makes again what decided how the search of the checkpoint was done.  False: the checkpoint is refused.
bool Searcher::resume() {
    SearchStage stage;
    LevelMark mark(system_.properties.size());
    if (!checkpoints_.open(stage, mark)) return false;
    if (!checkpoints_.resumes()) return true;
    is_long_ = stage.is_long;
    restarts_ = stage.restarts;
    restarts_of_long_ = stage.restarts_of_long;
    if (is_long_) code_ = compile(system_, true);
    seen_ = stage.laid_out_for;
    lay_out(stage.is_tight);
    seen_ = stage.seen;
    if (!checkpoints_.fits(layout_)) {
        checkpoints_.refuse("'" + options_.checkpoint.path + "': its states have another form");
        return false;
    }
    if (stage.reduces && dependence_ == nullptr) prepare_to_reduce();
    if (!stage.reduces) dependence_.reset();
    may_reduce_ = stage.may_reduce;
    why_not_reduced_ = stage.why_not_reduced;
    if (stage.reduces != (dependence_ != nullptr)) {
        checkpoints_.refuse("what commutes is no longer found");
        return false;
    }
    resume_from_ = std::move(mark);
    return true;
}

// Nothing if the search has to begin again, with a wider layout or better code.
template <unsigned kWords, class Set>
std::optional<SearchReport> Searcher::explore() {
    Exploration<kWords, Set> exploration(system_, options_, asked_, code_, layout_, symmetry_.get(), crew_, watch_);
    std::uint64_t interrupt_at = is_long_ ? Budget::kUnlimited : options_.long_from;
    if (may_reduce_) interrupt_at = std::min(interrupt_at, options_.partial_order_from);
    exploration.interrupt_at(interrupt_at);
    // With the code for long searches only: nobody translates twice.
    if (interrupt_at == Budget::kUnlimited && !options_.plain_successors) exploration.native_from(options_.native_from);
    if (dependence_ != nullptr) exploration.reduce_by(*dependence_);
    if (checkpoints_.wanted()) {
        checkpoints_.begin(stage(), layout_);
        exploration.keep_in(checkpoints_);
        if (resume_from_) exploration.resume_from(std::move(*resume_from_));
        resume_from_.reset();
    }
    ExplorationEnd end = exploration.run();
    if (end != ExplorationEnd::kDone) {
        exploration.observe(seen_);
        if (end == ExplorationEnd::kMisfit) {
            prepare_for(exploration.misfits());
        } else if (end == ExplorationEnd::kFailed) {
            // A run ended early may hide another violation, and a shorter run to this one.
            why_not_reduced_ = "something is violated, and all that can be is asked for";
            dependence_.reset();
        } else {
            if (may_reduce_ && exploration.states() >= options_.partial_order_from) prepare_to_reduce();
            if (!is_long_ && exploration.states() >= options_.long_from) prepare_for_long();
        }
        return std::nullopt;
    }
    SearchReport report = std::move(exploration.report());
    if (report.partial_order.why_not.empty()) report.partial_order.why_not = why_not_reduced_;
    if (report.partial_order.why_not.empty() && may_reduce_) report.partial_order.why_not = "there are few states";
    if (symmetry_ != nullptr) describe(*symmetry_, report.symmetry);
    report.executed_sites = exploration.executed_sites();
    report.omission = Set::omission(report.statistics.states);
    add_traces(report, exploration.levels(), exploration.findings());
    if (report.partial_order.used) {
        // Of the shortest runs only some are left.
        for (Finding& finding : report.covered) finding.fewest_switches = finding.fewest_switches && finding.steps == 0;
    }
    return report;
}

// A state of one word is not longer than its hash.
std::optional<SearchReport> Searcher::explore_once() {
    if (options_.fingerprints && layout_.words() > 1) return explore<0, FingerprintSet>();
    switch (layout_.words()) {
        case 1: return explore<1>();
        case 2: return explore<2>();
        case 3: return explore<3>();
        case 4: return explore<4>();
        default: return explore<0>();
    }
}

SearchReport Searcher::run() {
    if (!resume()) {
        SearchReport report;
        report.stop = StopReason::kRefused;
        report.checkpoint = std::move(checkpoints_.report());
        return report;
    }
    for (;;) {
        if (std::optional<SearchReport> report = explore_once()) {
            report->statistics.restarts = restarts_;
            report->checkpoint = std::move(checkpoints_.report());
            report->statistics.cpu_seconds = report->checkpoint.cpu_seconds_before + crew_.cpu_seconds();
            return std::move(*report);
        }
    }
}

}  // namespace

}  // namespace explore

SearchReport search(const TransitionSystem& system, const SearchOptions& options) {
    const double started = thread_cpu_seconds();
    SearchReport report = explore::Searcher(system, options).run();
    report.statistics.cpu_seconds += thread_cpu_seconds() - started;
    return report;
}

}  // namespace quire
