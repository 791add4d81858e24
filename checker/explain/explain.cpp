// One row per step of the replay: the user's line, the library's step behind it, and what the step changed or saw.
//
// A step is an access with the local work after it, so its row stands at the line of the access; a check that fails in
// the local work behind it gets a row of its own when it stands on another line.
#include "explain/explain.h"

#include <algorithm>

#include "explain/causes.h"
#include "explain/changes.h"
#include "explain/ending.h"
#include "explain/values.h"
#include "explain/wording.h"
#include "system/access_notes.h"

namespace quire {

namespace {

constexpr std::size_t kLongestLibraryText = 40;

// Without an access or local work, `fallback`.
std::uint32_t site_of_events(const std::vector<Event>& events, std::uint32_t fallback) {
    std::uint32_t first = kNone;
    for (const Event& event : events) {
        if (event.instruction.kind != InstructionKind::kNote || event.instruction.site == kNone) continue;
        if (is_access(event.instruction.note)) return event.instruction.site;
        if (first == kNone) first = event.instruction.site;
    }
    return first != kNone ? first : fallback;
}

bool same_line(const CodePlace& a, const CodePlace& b) { return a.user.file == b.user.file && a.user.line == b.user.line; }

class Explainer {
public:
    Explainer(const TransitionSystem& system, const SourceManager& sources, const Finding& finding, const ReplayedTrace& run)
        : system_(system), sources_(sources), finding_(finding), run_(run), property_(system.properties[finding.property]) {}

    ExplainedTrace explain() {
        out_.property = property_.name;
        out_.doc = property_.doc;
        out_.bug = property_.kind < SystemPropertyKind::kCoverState;
        out_.steps = static_cast<std::uint32_t>(finding_.trace.steps.size());
        out_.switches = finding_.switches;
        out_.fewest_switches = finding_.fewest_switches;
        if (finding_.trace.loop_start) out_.loop_start = *finding_.trace.loop_start + 1;
        for (const Thread& thread : system_.threads) out_.threads.push_back(thread.name);
        if (!out_.threads.empty()) out_.threads[0] = "init";
        start_row();
        for (std::size_t i = 0; i < finding_.trace.steps.size(); ++i) {
            if (of_environment(i))
                add_stored_row(i);
            else
                add_row(i);
        }
        failing_row();
        library_steps();
        switches();
        headline();
        sentence();
        // What the last state shows is not what a run without end is about.
        if (!out_.loop_start) out_.facts = explain_ending(system_, sources_, finding_, run_);
        failing_place();
        start_state();
        causes();
        return std::move(out_);
    }

private:
    bool failed() const { return run_.last.kind == OutcomeKind::kViolation; }

    void start_row();
    void add_row(std::size_t step);
    bool of_environment(std::size_t step) const {
        ThreadNumber thread = finding_.trace.steps[step].thread;
        return system_.served_by(thread) != thread;
    }
    void add_stored_row(std::size_t step);
    const TraceRow* row_of_store(ThreadNumber thread, Value cell, std::size_t before) const;
    void failing_row();
    void library_steps();
    void switches();
    void headline();
    void sentence();
    std::string decision_on_line(const std::vector<Event>& events, const CodePlace& place) const;
    std::vector<std::string> chosen_values(const std::vector<Event>& events) const;
    void start_state();
    void failing_place();
    void causes();
    std::string distinguishing_call(std::size_t row) const;
    std::string function_of_last(ThreadNumber other_than) const;
    std::string freer() const;
    std::string what_was_freed() const;

    const TransitionSystem& system_;
    const SourceManager& sources_;
    const Finding& finding_;
    const ReplayedTrace& run_;
    const SystemProperty& property_;
    ExplainedTrace out_;
};

// Only a start that fails, or that offers choices, is worth a row.
void Explainer::start_row() {
    if (!finding_.trace.steps.empty() || run_.last.site == kNone || !failed()) return;
    TraceRow row;
    row.place = code_place(system_, sources_, run_.last.site);
    row.text = row.place.user.text;
    out_.rows.push_back(std::move(row));
}

void Explainer::add_row(std::size_t step) {
    const TraceStep& taken = finding_.trace.steps[step];
    const ThreadRole& role = system_.roles[system_.threads[taken.thread].role];
    const Location& location = role.locations[static_cast<std::size_t>(system_.location(run_.states[step], taken.thread))];
    TraceRow row;
    row.step = static_cast<std::uint32_t>(step + 1);
    row.thread = taken.thread;
    std::uint32_t site = site_of_step(system_, finding_.trace, run_, step);
    row.place = code_place(system_, sources_, site);
    row.text = row.place.user.text;
    if (row.text.empty()) row.text = "(" + location.name + ")";
    StepView view;
    view.thread = taken.thread;
    view.before = run_.states[step];
    if (step + 1 < run_.states.size()) view.after = run_.states[step + 1];
    view.events = run_.events[step];
    view.line = row.place.user.text;
    view.chosen = chosen_values(run_.events[step]);
    view.decision = decision_on_line(run_.events[step], row.place);
    row.changes = describe_changes(system_, view);
    out_.rows.push_back(std::move(row));
}

// Of the stores of a thread to a cell that wait, the oldest is the first to get there.
const TraceRow* Explainer::row_of_store(ThreadNumber thread, Value cell, std::size_t before) const {
    std::vector<const TraceRow*> waiting;
    std::size_t arrived = 0;
    for (const TraceRow& row : out_.rows) {
        if (row.thread != thread || row.step == 0 || row.step > before) continue;
        for (const Event& event : run_.events[row.step - 1]) {
            if (event.instruction.kind != InstructionKind::kNote || event.address != cell) continue;
            if (event.instruction.note == NoteKind::kBuffered) waiting.push_back(&row);
            if (event.instruction.note == NoteKind::kStored) ++arrived;
        }
    }
    return arrived < waiting.size() ? waiting[arrived] : nullptr;
}

// A step of nobody stands in the column of the thread whose store reaches memory, at the line of that store.
void Explainer::add_stored_row(std::size_t step) {
    TraceRow row;
    row.step = static_cast<std::uint32_t>(step + 1);
    row.thread = system_.served_by(finding_.trace.steps[step].thread);
    row.text = "(store buffer)";
    for (const Event& event : run_.events[step]) {
        if (event.instruction.kind != InstructionKind::kNote || event.instruction.note != NoteKind::kStored) continue;
        const TraceRow* store = row_of_store(row.thread, event.address, step);
        if (store == nullptr) continue;
        row.place = store->place;
        row.text = "(the store of step " + std::to_string(store->step) + " reaches memory)";
    }
    StepView view;
    view.thread = row.thread;
    view.before = run_.states[step];
    if (step + 1 < run_.states.size()) view.after = run_.states[step + 1];
    view.events = run_.events[step];
    row.changes = describe_changes(system_, view);
    out_.rows.push_back(std::move(row));
}

// What `choose (i in lo..hi);` of the user's own code came to.
std::vector<std::string> Explainer::chosen_values(const std::vector<Event>& events) const {
    std::vector<std::string> chosen;
    for (const Event& event : events) {
        std::uint32_t site = event.instruction.site;
        if (event.instruction.kind != InstructionKind::kChoose || site == kNone || system_.sites[site].library) continue;
        const std::string text = code_line(sources_, system_.sites[site].span, "").text;
        std::size_t open = text.find("choose (");
        std::size_t in = text.find(" in ");
        bool range = open != std::string::npos && in != std::string::npos && text.find("..", in) != std::string::npos;
        if (!range || in < open + 8) continue;
        std::string name = text.substr(open + 8, in - open - 8);
        name = name.substr(name.rfind(' ') + 1);
        chosen.push_back(name + " = " + std::to_string(event.value));
    }
    return chosen;
}

// A check that fails inside the library is named by its own line too.
void Explainer::failing_place() {
    bool said = property_.name == "use_after_free" || property_.name == "double_free";
    if (!failed() || said || run_.last.site == kNone) return;
    CodePlace place = code_place(system_, sources_, run_.last.site);
    if (place.inside.empty() || place.innermost().line == 0) return;
    const CodeLine& line = place.innermost();
    std::string text = line.file + ":" + std::to_string(line.line) + " in " + line.function + ": " + line.text;
    out_.facts.insert(out_.facts.begin(), TraceFact{"What failed", {text}});
}

void Explainer::causes() {
    Causes found = find_causes(system_, finding_, run_);
    for (const Cause& cause : found.causes) {
        TraceMark mark;
        mark.letter = static_cast<char>('a' + out_.marks.size());
        mark.step = static_cast<std::uint32_t>(cause.step + 1);
        mark.role = role_word(cause.role);
        // The last row of a step: a check that fails has one of its own.
        for (TraceRow& row : out_.rows) {
            bool of_step = row.step == mark.step || (row.step == 0 && cause.step + 1 == finding_.trace.steps.size() && failed());
            if (!of_step) continue;
            for (TraceRow& other : out_.rows) other.mark = other.mark == mark.letter ? '\0' : other.mark;
            row.mark = mark.letter;
            mark.thread = row.thread;
            mark.text = row.text;
            mark.file = row.place.user.file;
            mark.line = row.place.user.line;
        }
        for (const HeldLock& held : locks_held(system_, run_.states[cause.step], mark.thread))
            mark.held += (mark.held.empty() ? "" : ", ") + lock_words(system_, held);
        bool freed = cause.role == CauseRole::kFreed;
        if (freed) std::erase_if(out_.facts, [](const TraceFact& fact) { return fact.heading == kFreedBefore; });
        out_.marks.push_back(std::move(mark));
    }
    if (out_.bug) out_.why = why_nothing_prevented(system_, finding_, run_, found);
}

// Where init blocks chose, what they came to is part of the story.
void Explainer::start_state() {
    bool no_choice = finding_.trace.start_choices.empty() || start_states(system_).size() < 2;
    if (no_choice || out_.rows.empty() || out_.rows[0].step == 0) return;
    TraceFact fact{"At the start", {}};
    for (Address a = 0; a < system_.cell_count(); ++a) {
        const Variable& v = system_.variables[system_.cell_variable[a]];
        bool shown = v.displayed && (v.kind == VariableKind::kShared || v.kind == VariableKind::kGhost);
        if (!shown || run_.states[0][a] == system_.initial[a]) continue;
        fact.lines.push_back(system_.cell_name(a) + " is " + readable_value(system_, a, run_.states[0][a]));
    }
    if (!fact.lines.empty()) out_.facts.insert(out_.facts.begin(), std::move(fact));
}

// The value of the last condition that the user's line decides in this step.
std::string Explainer::decision_on_line(const std::vector<Event>& events, const CodePlace& place) const {
    std::string decision;
    for (const Event& event : events) {
        if (event.instruction.kind != InstructionKind::kNote || event.instruction.note != NoteKind::kDecision) continue;
        std::uint32_t site = event.instruction.site;
        if (site == kNone || system_.sites[site].library) continue;
        if (same_line(code_place(system_, sources_, site), place)) decision = event.value != 0 ? "true" : "false";
    }
    return decision;
}

// Says what failed: in the last row, or in one of its own when the check stands on another line than the access.
void Explainer::failing_row() {
    if (!failed() || out_.rows.empty()) return;
    std::string shout = finding_shout(property_);
    if (property_.name == "use_after_free" || property_.name == "double_free") {
        std::string what = what_was_freed();
        if (!what.empty()) shout += " of " + what;
    }
    CodePlace place = code_place(system_, sources_, run_.last.site);
    if (run_.last.site != kNone && !same_line(place, out_.rows.back().place) && place.user.line != 0) {
        TraceRow row;
        row.thread = out_.rows.back().thread;
        row.place = place;
        row.text = place.user.text;
        out_.rows.push_back(std::move(row));
    }
    out_.rows.back().changes.push_back(shout);
}

// What tells this step from the others that its thread takes at the same line: the outermost call that they do not share,
// else the text of the innermost line.  "" if there are no others.
std::string Explainer::distinguishing_call(std::size_t row) const {
    const TraceRow& own = out_.rows[row];
    std::size_t level = 0;
    bool alone = true;
    for (std::size_t k = 0; k < out_.rows.size(); ++k) {
        const TraceRow& other = out_.rows[k];
        bool sibling = k != row && other.thread == own.thread && same_line(other.place, own.place);
        if (!sibling ||
            (other.place.inside.size() == own.place.inside.size() && other.place.innermost().line == own.place.innermost().line))
            continue;
        alone = false;
        std::size_t shared = 0;
        while (shared < own.place.inside.size() && shared < other.place.inside.size() &&
               own.place.inside[shared].function == other.place.inside[shared].function) {
            ++shared;
        }
        level = std::max(level, shared);
    }
    if (alone) return {};
    if (level < own.place.inside.size()) return own.place.inside[level].function;
    const CodeLine& inner = own.place.innermost();
    bool wordy = inner.text.starts_with("atomic") || inner.text.empty() || inner.text.size() > kLongestLibraryText;
    return wordy ? inner.function : inner.text;
}

// Puts the library's step behind the line where the line alone does not say which step this is.
void Explainer::library_steps() {
    for (std::size_t i = 0; i < out_.rows.size(); ++i) {
        TraceRow& row = out_.rows[i];
        if (row.place.inside.empty()) continue;
        std::string step = distinguishing_call(i);
        const std::string& called = row.place.inside.front().function;
        bool named = row.place.user.text.find(called) != std::string::npos;
        if (step.empty() && !named) step = row.place.innermost().function;
        if (!step.empty()) row.text += "  /* " + step + " */";
    }
}

void Explainer::switches() {
    for (std::size_t i = 0; i < out_.rows.size(); ++i) {
        out_.rows[i].switched = i > 0 && out_.rows[i].thread != out_.rows[i - 1].thread;
        if (std::find(out_.movers.begin(), out_.movers.end(), out_.rows[i].thread) == out_.movers.end()) {
            out_.movers.push_back(out_.rows[i].thread);
        }
    }
    std::sort(out_.movers.begin(), out_.movers.end());
}

// In which function the last thread that moved, other than the given one, did so.
std::string Explainer::function_of_last(ThreadNumber other_than) const {
    for (std::size_t i = out_.rows.size(); i-- > 0;) {
        if (out_.rows[i].thread != other_than) return out_.rows[i].place.user.function;
    }
    return {};
}

// The object that the failing check is about, or the one that was freed, if there was only one.
std::string Explainer::what_was_freed() const {
    std::string name = failing_object(system_, finding_, run_);
    if (!name.empty()) return name;
    for (const Object& object : system_.objects) {
        if (!object.pool) continue;
        for (std::size_t i = 1; i < run_.states.size(); ++i) {
            if (run_.states[i - 1][object.in_use] == 0 || run_.states[i][object.in_use] != 0) continue;
            if (!name.empty() && name != object.name) return {};
            name = object.name;
        }
    }
    return name;
}

// The function in which the last object was freed by another thread than the one that fails.
std::string Explainer::freer() const {
    std::string failing = failing_object(system_, finding_, run_);
    for (std::size_t i = run_.states.size(); i-- > 1;) {
        for (const Object& object : system_.objects) {
            if (!object.pool || run_.states[i - 1][object.in_use] == 0 || run_.states[i][object.in_use] != 0) continue;
            if (finding_.trace.steps[i - 1].thread == out_.rows.back().thread) continue;
            if (!failing.empty() && object.name != failing) continue;
            for (const TraceRow& row : out_.rows) {
                if (row.step == i) return row.place.user.function;
            }
        }
    }
    return {};
}

void Explainer::headline() {
    std::string what = out_.loop_start ? property_.name + " never comes true" : finding_phrase(property_);
    out_.headline = std::string(out_.bug ? "BUG" : "INFO") + ": quire: " + what;
    if (out_.rows.empty()) return;
    const TraceRow& last = out_.rows.back();
    std::string here = last.place.user.function;
    std::string there = property_.name == "use_after_free" || property_.name == "double_free" ? freer() : "";
    if (there.empty()) there = function_of_last(last.thread);
    if (!here.empty()) out_.headline += " in " + here;
    if (!here.empty() && !there.empty()) out_.headline += " / " + there;
}

void Explainer::sentence() {
    std::string who = out_.rows.empty() ? "" : out_.threads[out_.rows.back().thread];
    if (!finding_.trace.steps.empty() && of_environment(finding_.trace.steps.size() - 1))
        who = "a store of " + who + " that reaches memory";
    switch (property_.kind) {
        case SystemPropertyKind::kBuiltin: out_.sentence = who + " " + finding_predicate(property_.name); break;
        case SystemPropertyKind::kDeadlock: out_.sentence = "no thread can move, and not all have ended"; break;
        case SystemPropertyKind::kLeak: out_.sentence = "everything has ended, and an object is still alive"; break;
        case SystemPropertyKind::kFinally: out_.sentence = "everything has ended, and " + property_.name + " is false"; break;
        case SystemPropertyKind::kInvariant:
        case SystemPropertyKind::kStep:
            out_.sentence =
                who.empty() ? property_.name + " is false from the start" : who + " makes " + property_.name + " false";
            break;
        case SystemPropertyKind::kCoverState:
        case SystemPropertyKind::kCoverFinal:
        case SystemPropertyKind::kCoverPoint: out_.sentence = property_.name + " is reached"; break;
    }
    if (out_.loop_start) out_.sentence = property_.name + " never comes true, for the run ends in a loop";
}

}  // namespace

std::uint32_t site_of_step(const TransitionSystem& system, const Trace& trace, const ReplayedTrace& run, std::size_t step) {
    ThreadNumber thread = trace.steps[step].thread;
    const ThreadRole& role = system.roles[system.threads[thread].role];
    const Location& location = role.locations[static_cast<std::size_t>(system.location(run.states[step], thread))];
    const std::vector<Event>& events = run.events[step];
    bool failing = run.last.kind == OutcomeKind::kViolation && step + 1 == trace.steps.size();
    bool no_access = std::none_of(events.begin(), events.end(), [](const Event& e) {
        return e.instruction.kind == InstructionKind::kNote && is_access(e.instruction.note);
    });
    if (failing && no_access && run.last.site != kNone) return run.last.site;
    return site_of_events(events, location.site);
}

ExplainedTrace explain_trace(const TransitionSystem& system, const SourceManager& sources, const Finding& finding,
                             const ReplayedTrace& run) {
    return Explainer(system, sources, finding, run).explain();
}

std::uint32_t count_switches(const Trace& trace) {
    std::uint32_t count = 0;
    for (std::size_t i = 1; i < trace.steps.size(); ++i) count += trace.steps[i].thread != trace.steps[i - 1].thread ? 1 : 0;
    return count;
}

}  // namespace quire
