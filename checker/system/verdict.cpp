#include "system/verdict.h"

namespace quire {

bool stuck(const TransitionSystem& system, std::span<const Value> state, bool daemons_only) {
    for (const Successor& successor : successors(system, state)) {
        if (!daemons_only || system.roles[system.threads[successor.thread].role].daemon) return false;
    }
    return true;
}

namespace {

// One step of the trace, on a copy of `state`.
Outcome replay_step(const TransitionSystem& system, const Program& program, std::vector<Value>& state, ThreadNumber thread,
                    const std::vector<Value>& choices, std::vector<Event>& events) {
    std::vector<Value> before = state;
    ChoiceTape tape = ChoiceTape::fixed(choices);
    return execute(system, program, state, before, thread, tape, nullptr, &events);
}

bool covered_on_the_way(const Outcome& outcome, PropertyNumber property) {
    for (PropertyNumber cover : outcome.covers) {
        if (cover == property) return true;
    }
    return false;
}

// Whether the end of the replay shows what the trace claims.
bool shows(const TransitionSystem& system, const Trace& trace, const ReplayedTrace& run) {
    const SystemProperty& property = system.properties[trace.property];
    bool failed = run.last.kind == OutcomeKind::kViolation;
    std::span<const Value> state = run.states.back();
    switch (property.kind) {
        case SystemPropertyKind::kBuiltin: return failed && run.last.property == trace.property;
        case SystemPropertyKind::kCoverPoint: return covered_on_the_way(run.last, trace.property);
        case SystemPropertyKind::kDeadlock: return !failed && !system.is_final(state) && stuck(system, state);
        case SystemPropertyKind::kLeak: {
            if (failed || !system.is_final(state) || !stuck(system, state, true)) return false;
            for (const Object& object : system.objects) {
                if (object.pool && state[object.in_use] != 0) return true;
            }
            return false;
        }
        case SystemPropertyKind::kInvariant: return !failed && truth_of(system, property, state) == Truth::kFalse;
        case SystemPropertyKind::kFinally:
            return !failed && system.is_final(state) && truth_of(system, property, state) == Truth::kFalse;
        case SystemPropertyKind::kStep: {
            if (failed || trace.steps.empty()) return false;
            std::span<const Value> before = run.states[run.states.size() - 2];
            return truth_of(system, property, state, before, trace.steps.back().thread) == Truth::kFalse;
        }
        case SystemPropertyKind::kCoverState: return !failed && truth_of(system, property, state) == Truth::kTrue;
        case SystemPropertyKind::kCoverFinal:
            return !failed && system.is_final(state) && truth_of(system, property, state) == Truth::kTrue;
    }
    return false;
}

}  // namespace

ReplayedTrace replay(const TransitionSystem& system, const Trace& trace) {
    ReplayedTrace run;
    std::vector<Value> state = system.initial;
    std::vector<Event> start_events;
    run.last = replay_step(system, system.start, state, 0, trace.start_choices, start_events);
    run.states.push_back(state);
    if (run.last.kind != OutcomeKind::kDone && !trace.steps.empty()) {
        run.why_not = "the start does not lead to a state";
        return run;
    }
    for (std::size_t i = 0; i < trace.steps.size(); ++i) {
        const TraceStep& step = trace.steps[i];
        if (step.thread == 0 || step.thread >= system.threads.size()) {
            run.why_not = "step " + std::to_string(i + 1) + " names no thread";
            return run;
        }
        const ThreadRole& role = system.roles[system.threads[step.thread].role];
        const Program& program = role.locations[static_cast<std::size_t>(system.location(state, step.thread))].step;
        run.events.emplace_back();
        if (program.code.empty()) {
            run.why_not = "step " + std::to_string(i + 1) + " moves a thread that has ended";
            return run;
        }
        run.last = replay_step(system, program, state, step.thread, step.choices, run.events.back());
        bool is_last = i + 1 == trace.steps.size();
        if (run.last.kind != OutcomeKind::kDone && !(is_last && run.last.kind != OutcomeKind::kBlocked)) {
            run.why_not = "step " + std::to_string(i + 1) + " is not possible";
            return run;
        }
        if (run.last.kind == OutcomeKind::kDone) run.states.push_back(state);
    }
    if (trace.loop_start) {
        // The last step leads to a state, or there is nothing to go on from.
        run.ok = run.last.kind == OutcomeKind::kDone && *trace.loop_start < trace.steps.size() &&
                 run.states[*trace.loop_start] == run.states.back() && trace.property < system.properties.size();
        if (!run.ok) run.why_not = "the loop does not close";
        return run;
    }
    run.ok = trace.property < system.properties.size() && shows(system, trace, run);
    if (!run.ok) run.why_not = "the end does not show the property";
    return run;
}

}  // namespace quire
