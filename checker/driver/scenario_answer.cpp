// Searches of products (scenario_product.h), from the question to the answer:
//
//   1. Runs as the language has them.  Is there one with all lines in order?  Then it is possible, and a second search,
//      which looks at nothing before the lines have happened, finds what that leads to.
//   2. If not: how many lines, from the first, can happen in order, and does a check fail in the next?  If a false
//      property ends all such runs, a search that goes on past false properties shows it.
//   3. Otherwise the next line is prevented.  The search shows that; why is told of one run: the shortest with the lines
//      that can happen.  Its thread is let go on alone until it is stopped, and the step behind which it would have been
//      stopped already is what stops it.  If it comes to its end another way instead, the other threads may have waited until
//      it had gone past: then what they waited for is told as well.
#include "driver/scenario_answer.h"

#include <algorithm>
#include <deque>
#include <map>

#include "driver/certify.h"
#include "driver/scenario_product.h"
#include "explore/search.h"

namespace quire {

namespace {

// Of one thread alone; more are not worth a story.
constexpr std::size_t kMostSoloStates = 2000;

const Finding* finding_of(const std::vector<Finding>& findings, PropertyNumber property) {
    for (const Finding& finding : findings) {
        if (finding.property == property) return &finding;
    }
    return nullptr;
}

std::string why_not_all(const SearchReport& report) {
    switch (report.stop) {
        case StopReason::kTime: return "time limit reached";
        case StopReason::kStates: return "limit of states reached";
        case StopReason::kDepth: return "limit of depth reached";
        case StopReason::kMemory: return "memory limit reached";
        case StopReason::kInterrupted: return "interrupted";
        case StopReason::kRefused:
        case StopReason::kComplete: break;
    }
    if (report.exhausted != 0) return "a pool, list or role was too small in some run";
    if (report.too_long != 0) return "a step or a property took too long";
    return report.omission > 0 ? "states were kept as hashes" : "";
}

// An expression that fails ends a run without a word of the automaton's: in which line it was, it does not know.
std::string why_not_known(const TransitionSystem& system, const SearchReport& report) {
    for (const Finding& finding : report.violations) {
        if (finding.property >= system.properties.size()) continue;
        const std::string& name = system.properties[finding.property].name;
        if (name == "signed_overflow" || name == "division_by_zero" || name == "out_of_range")
            return "some run ends in " + name + ", perhaps in one of the lines";
    }
    return {};
}

class Answerer {
public:
    Answerer(const TransitionSystem& system, const SourceManager& sources, const ScenarioMatch& match,
             const SearchOptions& options)
        : system_(system), sources_(sources), match_(match), options_(options) {
        // The threads of a scenario are no longer alike, and no two searches of one product share a checkpoint.
        options_.symmetry = false;
        options_.checkpoint = {};
        options_.discharged.clear();
    }

    ScenarioAnswer answer();

private:
    struct Searched {
        ScenarioProduct product;
        SearchReport report;
    };

    const ScenarioBinding& binding() const { return match_.bindings[out_.binding]; }
    std::size_t line_count() const { return match_.bindings[0].lines.size(); }
    Searched search_product(std::size_t number, const ScenarioProductOptions& product);
    std::size_t happened(const Searched& searched) const;
    void possible(const Searched& strict, const Finding& shown);
    bool ends_before(const Searched& strict);
    void tell_failure(const ScenarioProduct& product, Trace trace);
    PropertyNumber first_false_property(const ReplayedTrace& run, const Trace& trace, std::size_t& steps) const;
    void note_steps(const ScenarioProduct& product, const Trace& trace);
    void explain(const TransitionSystem& system, const Trace& trace);
    void prevented(const Searched& searched);
    std::vector<std::string> waited_for(const ScenarioProduct& product, const Trace& whole) const;

    const TransitionSystem& system_;
    const SourceManager& sources_;
    const ScenarioMatch& match_;
    SearchOptions options_;
    ScenarioAnswer out_;
};

Answerer::Searched Answerer::search_product(std::size_t number, const ScenarioProductOptions& product) {
    Searched searched{scenario_product(system_, match_.bindings[number], product), {}};
    searched.report = search(searched.product.system, options_);
    out_.states += searched.report.statistics.states;
    out_.transitions += searched.report.statistics.transitions;
    return searched;
}

std::size_t Answerer::happened(const Searched& searched) const {
    std::size_t count = 0;
    for (std::size_t k = 0; k < searched.product.happened.size(); ++k) {
        if (finding_of(searched.report.covered, searched.product.happened[k]) != nullptr) count = k + 1;
    }
    return count;
}

// In which step each line ends.
void Answerer::note_steps(const ScenarioProduct& product, const Trace& trace) {
    ReplayedTrace run = replay(product.system, trace);
    out_.steps.clear();
    for (std::size_t k = 0; k < line_count(); ++k) {
        for (std::size_t s = 0; s < run.states.size(); ++s) {
            if (run.states[s][product.progress] < static_cast<Value>(2 * k + 2)) continue;
            out_.steps.push_back(static_cast<std::uint32_t>(s));
            break;
        }
        if (out_.steps.size() == k + 1) continue;
        // The line in which a check fails leads to no state.
        if (run.last.kind == OutcomeKind::kViolation && out_.steps.size() == k)
            out_.steps.push_back(static_cast<std::uint32_t>(trace.steps.size()));
        break;
    }
}

void Answerer::explain(const TransitionSystem& system, const Trace& trace) {
    Finding finding;
    finding.property = trace.property;
    finding.trace = trace;
    finding.steps = static_cast<std::uint32_t>(trace.steps.size());
    finding.switches = count_switches(trace);
    ReplayedTrace run = certify(system, finding, "scenario");
    out_.trace = explain_trace(system, sources_, finding, run);
}

// The first state of the run, or the step to it, that some property of the spec is false in.
PropertyNumber Answerer::first_false_property(const ReplayedTrace& run, const Trace& trace, std::size_t& steps) const {
    for (std::size_t s = 0; s < run.states.size(); ++s) {
        std::span<const Value> state(run.states[s].data(), system_.cell_count());
        std::span<const Value> before;
        if (s > 0) before = std::span<const Value>(run.states[s - 1].data(), system_.cell_count());
        for (PropertyNumber p = 0; p < system_.properties.size(); ++p) {
            const SystemProperty& property = system_.properties[p];
            bool judged = property.enabled && (property.kind == SystemPropertyKind::kInvariant ||
                                               (property.kind == SystemPropertyKind::kStep && s > 0));
            if (!judged) continue;
            ThreadNumber acting = s > 0 ? trace.steps[s - 1].thread : 0;
            if (truth_of(system_, property, state, before, acting) != Truth::kFalse) continue;
            steps = s;
            return p;
        }
    }
    return kNone;
}

// `trace`: of the product, ends with a failure or goes past one.
void Answerer::tell_failure(const ScenarioProduct& product, Trace trace) {
    ReplayedTrace run = replay(product.system, trace);
    std::size_t steps = trace.steps.size();
    PropertyNumber failed = first_false_property(run, trace, steps);
    note_steps(product, trace);
    if (failed == kNone && run.last.kind == OutcomeKind::kViolation) failed = run.last.property;
    if (failed == kNone) failed = trace.property;
    trace.steps.resize(steps);
    trace.property = failed;
    while (!out_.steps.empty() && out_.steps.back() > steps) out_.steps.pop_back();
    explain(system_, trace);
    out_.failure = failed;
    out_.run = std::move(trace);
}

void Answerer::possible(const Searched& strict, const Finding& shown) {
    out_.verdict = ScenarioVerdict::kPossible;
    out_.lines = line_count();
    Searched after = search_product(out_.binding, {true, false});
    const Finding* failure = nullptr;
    for (const Finding& finding : after.report.violations) {
        bool own = finding.property < system_.properties.size();
        SystemPropertyKind kind = after.product.system.properties[finding.property].kind;
        // Nothing keeps the search from finding these before the lines have happened.
        if (kind == SystemPropertyKind::kDeadlock || kind == SystemPropertyKind::kLeak) {
            ReplayedTrace run = replay(after.product.system, finding.trace);
            own = own && run.states.back()[after.product.progress] == static_cast<Value>(2 * line_count());
        }
        if (own && (failure == nullptr || finding.steps < failure->steps)) failure = &finding;
    }
    ReplayedTrace run = replay(strict.product.system, shown.trace);
    if (failure != nullptr) {
        tell_failure(after.product, failure->trace);
    } else if (run.last.kind == OutcomeKind::kViolation) {
        tell_failure(strict.product, shown.trace);
    } else {
        note_steps(strict.product, shown.trace);
        explain(strict.product.system, shown.trace);
        out_.run = shown.trace;
    }
}

// Runs with the lines that can happen end with a failure in, or before, the next.
bool Answerer::ends_before(const Searched& strict) {
    if (const Finding* failing = finding_of(strict.report.covered, strict.product.fails_in[out_.lines])) {
        out_.verdict = ScenarioVerdict::kEndsBefore;
        tell_failure(strict.product, failing->trace);
        return true;
    }
    Searched past = search_product(out_.binding, {false, true});
    const Finding* further = finding_of(past.report.covered, past.product.happened[out_.lines]);
    if (further == nullptr) further = finding_of(past.report.covered, past.product.fails_in[out_.lines]);
    if (further == nullptr) {
        if (out_.reason.empty()) out_.reason = why_not_all(past.report);
        return false;
    }
    out_.verdict = ScenarioVerdict::kEndsBefore;
    tell_failure(past.product, further->trace);
    return true;
}

// ------------------------------------------------------------------------------------------------------ why it is not

// What stops a thread that is let go on alone.
class SoloRun {
public:
    SoloRun(const TransitionSystem& system, const SourceManager& sources, const Trace& trace, ThreadNumber thread)
        : system_(system), sources_(sources), trace_(trace), thread_(thread), run_(replay(system, trace)) {}

    std::vector<std::string> story(const ExplainedTrace& explained);
    // Why the thread, alone, does not bring the automaton's cell to the value; nothing if it does, or is not stopped.
    std::vector<std::string> waits_before(Address progress, Value value, const ExplainedTrace& explained);
    bool comes_to_its_end() const { return !stopped_; }

private:
    struct Reached {
        std::vector<Value> state;
        std::size_t from = 0;
        TraceStep step;
    };

    bool can_move(std::span<const Value> state) const {
        for (const Successor& s : successors(system_, state)) {
            if (s.thread == thread_) return true;
        }
        return false;
    }
    void explore(bool all = false);
    std::string name() const { return system_.threads[thread_].name; }
    CodePlace place_in(std::span<const Value> state) const;
    std::vector<Value> as_if_here(const std::vector<Value>& earlier, const std::vector<Value>& here) const;
    std::vector<std::string> stopped_story(std::size_t at, const ExplainedTrace& explained) const;
    std::vector<std::string> other_way_story() const;
    std::vector<TraceStep> way_to(std::size_t at) const;

    const TransitionSystem& system_;
    const SourceManager& sources_;
    const Trace& trace_;
    ThreadNumber thread_;
    ReplayedTrace run_;
    std::vector<Reached> reached_;
    std::optional<std::size_t> stopped_, ended_;
};

void SoloRun::explore(bool all) {
    std::map<std::vector<Value>, std::size_t> known;
    reached_.push_back({run_.states.back(), 0, {}});
    known.emplace(run_.states.back(), 0);
    for (std::size_t n = 0; n < reached_.size() && n < kMostSoloStates && (all || !stopped_); ++n) {
        const std::vector<Value> state = reached_[n].state;
        if (system_.ended(state, thread_)) {
            if (!ended_) ended_ = n;
            continue;
        }
        bool moves = false;
        for (Successor& s : successors(system_, state)) {
            if (s.thread != thread_) continue;
            moves = true;
            if (s.outcome.kind != OutcomeKind::kDone || !known.emplace(s.state, reached_.size()).second) continue;
            reached_.push_back({std::move(s.state), n, {s.thread, std::move(s.choices)}});
        }
        if (!moves && !stopped_) stopped_ = n;
    }
}

CodePlace SoloRun::place_in(std::span<const Value> state) const {
    const ThreadRole& role = system_.roles[system_.threads[thread_].role];
    const Location& location = role.locations[static_cast<std::size_t>(system_.location(state, thread_))];
    std::uint32_t site = location.site;
    for (const Instruction& i : location.step.code) {
        if (i.kind == InstructionKind::kRequire && i.site != kNone) site = i.site;
    }
    return code_place(system_, sources_, site);
}

// The earlier state with the thread already where it is `here`.
std::vector<Value> SoloRun::as_if_here(const std::vector<Value>& earlier, const std::vector<Value>& here) const {
    std::vector<Value> state = earlier;
    for (const Variable& v : system_.variables) {
        if (v.role != system_.threads[thread_].role || (v.kind != VariableKind::kLocation && v.kind != VariableKind::kLocal))
            continue;
        const Address cell = v.base + system_.threads[thread_].index;
        state[cell] = here[cell];
    }
    return state;
}

std::string where(const CodePlace& place) {
    return "`" + place.user.text + "` (" + place.user.file + ":" + std::to_string(place.user.line) + ")";
}

std::vector<std::string> SoloRun::stopped_story(std::size_t at, const ExplainedTrace& explained) const {
    const std::vector<Value>& here = reached_[at].state;
    std::vector<std::string> told;
    CodePlace place = place_in(here);
    told.push_back("BLOCKED: " + name() + " waits at " + where(place));
    std::size_t since = run_.states.size();
    while (since > 0 && !can_move(as_if_here(run_.states[since - 1], here))) --since;
    if (since == run_.states.size()) {
        told.push_back("it has stopped itself: on its own way there");
    } else if (since == 0) {
        told.push_back("so it is from the start: no step of this run changes it");
    } else {
        const ThreadNumber by = system_.served_by(trace_.steps[since - 1].thread);
        std::string text = "since step " + std::to_string(since) + ", " + system_.threads[by].name;
        for (const TraceRow& row : explained.rows) {
            if (row.step == since) text += ": " + where(row.place);
        }
        told.push_back(text);
    }
    return told;
}

std::vector<TraceStep> SoloRun::way_to(std::size_t at) const {
    std::vector<TraceStep> way;
    for (; at != 0; at = reached_[at].from) way.push_back(reached_[at].step);
    std::reverse(way.begin(), way.end());
    return way;
}

// It can go on, and comes to its end another way.
std::vector<std::string> SoloRun::other_way_story() const {
    std::vector<std::string> told;
    Trace longer = trace_;
    if (ended_) {
        for (TraceStep& step : way_to(*ended_)) longer.steps.push_back(std::move(step));
    }
    ReplayedTrace run = replay(system_, longer);
    std::vector<std::string> decisions;
    for (std::size_t s = 0; s < run.events.size(); ++s) {
        if (longer.steps[s].thread != thread_) continue;
        for (const Event& event : run.events[s]) {
            const Instruction& i = event.instruction;
            if (i.kind != InstructionKind::kNote || i.note != NoteKind::kDecision || i.site == kNone) continue;
            if (system_.sites[i.site].library) continue;
            decisions.push_back(where(code_place(system_, sources_, i.site)) + " is " + (event.value != 0 ? "true" : "false") +
                                " in step " + std::to_string(s + 1));
        }
    }
    told.push_back(name() + (ended_ ? " ends without coming to it" : " does not come to it") +
                   (decisions.empty() ? "" : ": its way was decided by"));
    constexpr std::size_t kMostDecisions = 4;
    std::size_t first = decisions.size() > kMostDecisions ? decisions.size() - kMostDecisions : 0;
    told.insert(told.end(), decisions.begin() + static_cast<std::ptrdiff_t>(first), decisions.end());
    return told;
}

std::vector<std::string> SoloRun::story(const ExplainedTrace& explained) {
    if (run_.states.empty()) return {};
    explore();
    if (stopped_) return stopped_story(*stopped_, explained);
    return other_way_story();
}

std::vector<std::string> SoloRun::waits_before(Address progress, Value value, const ExplainedTrace& explained) {
    if (run_.states.empty()) return {};
    explore(true);
    bool gets_there = reached_.size() >= kMostSoloStates ||
                      std::any_of(reached_.begin(), reached_.end(), [&](const Reached& r) { return r.state[progress] >= value; });
    if (!stopped_ || ended_ || gets_there) return {};
    return stopped_story(*stopped_, explained);
}

// The thread comes to its end without the line that it should come to, since all the others waited until it had gone past.
// What they wait for while it stands behind its last line before that: the next of them is let go on alone.
std::vector<std::string> Answerer::waited_for(const ScenarioProduct& product, const Trace& whole) const {
    const std::vector<MatchedLine>& lines = binding().lines;
    const ThreadNumber missing = lines[out_.lines].thread;
    std::size_t own = out_.lines;
    while (own > 0 && lines[own - 1].thread != missing) --own;
    if (own == 0 || own == out_.lines || out_.steps.size() < out_.lines) return {};
    const ThreadNumber other = lines[own].thread;
    std::size_t last = own;
    while (last + 1 < out_.lines && lines[last + 1].thread == other) ++last;
    Trace before = whole;
    before.steps.resize(out_.steps[own - 1]);
    SoloRun alone(product.system, sources_, before, other);
    std::vector<std::string> story = alone.waits_before(product.progress, static_cast<Value>(2 * last + 2), out_.trace);
    if (!story.empty()) {
        story.insert(story.begin(), "while " + system_.threads[missing].name + " is behind `" + lines[own - 1].text +
                                        "`, there is no `" + lines[last].text + "`:");
    }
    return story;
}

void Answerer::prevented(const Searched& searched) {
    out_.verdict = ScenarioVerdict::kPrevented;
    const ThreadNumber thread = binding().lines[out_.lines].thread;
    Trace trace;
    const Finding* shown = nullptr;
    if (out_.lines > 0) shown = finding_of(searched.report.covered, searched.product.happened[out_.lines - 1]);
    if (shown != nullptr) {
        trace = shown->trace;
        note_steps(searched.product, trace);
        explain(searched.product.system, trace);
    } else {
        for (const Successor& start : start_states(searched.product.system)) {
            if (start.outcome.kind != OutcomeKind::kDone) continue;
            trace.start_choices = start.choices;
            break;
        }
        trace.property = searched.product.happened[0];
    }
    out_.run = trace;
    SoloRun alone(searched.product.system, sources_, trace, thread);
    out_.blocked = alone.story(out_.trace);
    if (shown == nullptr || !alone.comes_to_its_end()) return;
    for (std::string& line : waited_for(searched.product, trace)) out_.blocked.push_back(std::move(line));
}

ScenarioAnswer Answerer::answer() {
    std::vector<Searched> all;
    std::size_t best = 0;
    std::size_t most = 0;
    for (std::size_t b = 0; b < match_.bindings.size(); ++b) {
        all.push_back(search_product(b, {}));
        const Searched& searched = all.back();
        const std::size_t last = line_count() - 1;
        const Finding* shown = finding_of(searched.report.covered, searched.product.happened[last]);
        if (shown == nullptr) shown = finding_of(searched.report.covered, searched.product.fails_in[last]);
        if (shown != nullptr) {
            out_.binding = b;
            possible(searched, *shown);
            return std::move(out_);
        }
        if (out_.stop == StopReason::kComplete) out_.stop = searched.report.stop;
        if (out_.reason.empty()) out_.reason = why_not_all(searched.report);
        if (out_.reason.empty()) out_.reason = why_not_known(system_, searched.report);
        if (happened(searched) <= most) continue;
        best = b;
        most = happened(searched);
    }
    const bool all_seen = out_.reason.empty();
    for (std::size_t b = 0; b < all.size(); ++b) {
        out_.binding = b;
        out_.lines = happened(all[b]);
        if (ends_before(all[b])) {
            // Whether the lines are possible all the same was not seen.
            if (!all_seen) out_.verdict = ScenarioVerdict::kInconclusive;
            return std::move(out_);
        }
    }
    out_.binding = best;
    out_.lines = most;
    if (out_.reason.empty())
        prevented(all[best]);
    else
        out_.verdict = ScenarioVerdict::kInconclusive;
    return std::move(out_);
}

}  // namespace

ScenarioAnswer answer_scenario(const TransitionSystem& system, const SourceManager& sources, const ScenarioMatch& match,
                               const SearchOptions& search) {
    return Answerer(system, sources, match, search).answer();
}

}  // namespace quire
