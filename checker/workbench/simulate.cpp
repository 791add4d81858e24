#include "workbench/simulate.h"

namespace quire {

namespace {

// Where a step begins: the first place that it tells of.
std::uint32_t site_of(const TransitionSystem& system, const Trace& trace) {
    const ReplayedTrace run = replay(system, trace);
    if (!run.events.empty()) {
        for (const Event& event : run.events.back()) {
            if (event.instruction.site != kNone) return event.instruction.site;
        }
    }
    return run.last.site;
}

class Simulation {
public:
    Simulation(const TransitionSystem& system, std::size_t most_steps, const Chooser& choose)
        : system_(system), most_steps_(most_steps), choose_(choose) {}

    SimulatedRun run() {
        std::vector<Successor> ways = start_states(system_);
        std::vector<Value> before;
        while (true) {
            if (ways.empty()) return at_rest(before);
            if (run_.trace.steps.size() >= most_steps_) return ended(RunEnd::kTooManySteps);
            std::vector<SimulatedStep> shown;
            for (const Successor& way : ways) shown.push_back({way.thread, site_of(system_, with(way))});
            const std::optional<std::size_t> chosen = choose_(run_, shown);
            if (!chosen || *chosen >= ways.size()) return ended(RunEnd::kStopped);
            const Successor way = std::move(ways[*chosen]);
            run_.trace = with(way);
            run_.steps.push_back(shown[*chosen]);
            switch (way.outcome.kind) {
                case OutcomeKind::kDone: break;
                case OutcomeKind::kViolation: return violated(way.outcome.property);
                case OutcomeKind::kDropped: return ended(RunEnd::kDropped);
                case OutcomeKind::kExhausted:
                case OutcomeKind::kTooLong:
                case OutcomeKind::kBlocked: return ended(RunEnd::kExhausted);
            }
            for (PropertyNumber p = 0; p < system_.properties.size(); ++p) {
                if (is_false(p, way.state, before, way.thread)) return violated(p);
            }
            before = way.state;
            ways = successors(system_, before);
        }
    }

private:
    bool first() const { return run_.steps.empty(); }

    Trace with(const Successor& way) const {
        Trace trace = run_.trace;
        if (first()) {
            trace.start_choices = way.choices;
        } else {
            trace.steps.push_back({way.thread, way.choices});
        }
        return trace;
    }

    bool is_false(PropertyNumber p, const std::vector<Value>& state, const std::vector<Value>& before,
                  ThreadNumber thread) const {
        const SystemProperty& property = system_.properties[p];
        if (!property.enabled) return false;
        const bool always = property.kind == SystemPropertyKind::kInvariant;
        const bool step = property.kind == SystemPropertyKind::kStep && !before.empty();
        if (!always && !step) return false;
        return truth_of(system_, property, state, before, step ? thread : 0) == Truth::kFalse;
    }

    // No step is possible: what only shows then is asked of the replay, which has to agree in any case.
    SimulatedRun at_rest(const std::vector<Value>& state) {
        for (PropertyNumber p = 0; p < system_.properties.size(); ++p) {
            const SystemPropertyKind kind = system_.properties[p].kind;
            const bool shows_here = kind == SystemPropertyKind::kDeadlock || kind == SystemPropertyKind::kLeak ||
                                    kind == SystemPropertyKind::kFinally;
            if (!shows_here || !system_.properties[p].enabled) continue;
            Trace trace = run_.trace;
            trace.property = p;
            if (replay(system_, trace).ok) return violated(p);
        }
        return ended(!state.empty() && system_.is_final(state) ? RunEnd::kFinal : RunEnd::kStuck);
    }

    SimulatedRun violated(PropertyNumber p) {
        run_.trace.property = p;
        return ended(RunEnd::kViolation);
    }
    SimulatedRun ended(RunEnd end) {
        run_.end = end;
        return std::move(run_);
    }

    const TransitionSystem& system_;
    const std::size_t most_steps_;
    const Chooser& choose_;
    SimulatedRun run_;
};

}  // namespace

SimulatedRun simulate(const TransitionSystem& system, std::size_t most_steps, const Chooser& choose) {
    return Simulation(system, most_steps, choose).run();
}

}  // namespace quire
