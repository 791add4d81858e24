// What a Quire program means, in one page.
//
// A *state* (state.h) holds the cells of memory and, for each thread, what it still has to do.  That is kept
// in the manner of a CEK machine (Felleisen and Friedman, 1986): a stack of frames, each a node of the
// program with the number of parts of it that are done (its *phase*); a stack of the values computed so far;
// and the cells of its locals. Whatever a thread is in the middle of is therefore plain data, and two states
// are the same if their data are.
//
// The machine (machine.h) looks at the frame on top, does one little thing, and looks again:
//
//     x + y      phase 0: push a frame for x.   phase 1: push one for y.   phase 2: take both values, leave the sum.
//
// Such little things are *local work* until one of them is an *access*: a scalar of shared memory read or
// written, alloc, free, an operation on a container, an `atomic`, an `await`.  One step of a thread is
//
//     [local work and local choices]*  one access  local work, up to just before the next access or choice
//
// so the machine carries one flag, "this step has had its access".  What would be the second one, or a choice
// after the first, is not done: the thread stands before it, and that is the new state.  Inside `atomic` and
// `await`, in ghost code and in init blocks nothing stops the machine.
//
// Choices are read from a tape (ChoiceTape): a step is run again and again from the same state, each time
// with the next tape, until all have been seen.  A way through a step can also end in a failed check, be
// blocked by a false await, meet a false assume, or come back to a choice that it has met before in the same
// situation; then there is no new state.
//
// Files: layout.* says where everything lives; state.* is the state, its key and its printout; machine.cpp
// decides where a step ends; machine_statements.cpp, machine_expressions.cpp and machine_calls.cpp are the
// little things; machine_memory.cpp has the checks of an access and what free, containers and ledgers do.
//
// The search below is breadth-first, so what is found first is found at its shortest.  Invariant: every state
// in a level is in `seen` and violates neither an invariant nor, on the step that found it, a step property.
//
// Nothing here may be made fast.  It is what the fast engines are compared with.
#include "reference/explore.h"

#include <algorithm>
#include <set>

#include "support/invariant.h"

namespace quire {

using reference::CellInfo;
using reference::ChoiceTape;
using reference::kNone;
using reference::Layout;
using reference::Machine;
using reference::State;
using reference::StepEnd;
using reference::Thread;

// ---------------------------------------------------------------------------------------------- one step at a time

ReferenceSteps::ReferenceSteps(const TypedProgram& program, const ConstantValues& constants)
    : layout_(reference::lay_out(program, constants)) {
    const std::vector<std::string>& models = program.memory_models;
    INVARIANT(models.empty() || std::find(models.begin(), models.end(), "sc") != models.end(),
              "the naive explorer knows sequential consistency only, and this program is not meant for it");
}

State ReferenceSteps::blank() const {
    State state;
    state.cells.assign(layout_.cells.size(), 0);
    state.sequences.resize(layout_.sequences);
    state.alive.assign(layout_.objects.size(), 0);
    state.threads.resize(layout_.threads.size());
    const TypedProgram& program = *layout_.program;
    for (const CellInfo& cell : layout_.cells) {
        state.defined.push_back(cell.thread == kNone || cell.sequence != kNone ? 1 : 0);
        if (cell.sequence == kNone || program[cell.type].kind != TypeKind::kLedger) continue;
        state.sequences[cell.sequence].assign(cell.accounts + 1 + layout_.threads.size(), 0);
    }
    for (std::size_t t = 1; t < layout_.threads.size(); ++t) {
        const Role& role = program[layout_.threads[t].role];
        if (role.dormant) continue;
        state.threads[t].frames.push_back({reference::FrameKind::kStatement, role.body.value, 0, 0, 0});
    }
    return state;
}

ReferenceStep ReferenceSteps::start_along(ChoiceTape& tape) const {
    const TypedProgram& program = *layout_.program;
    ReferenceStep start;
    start.state = blank();
    Machine machine(layout_, start.state, 0, tape, Machine::Mode::kInit);
    for (const Global& global : program.globals) {
        if (start.end == StepEnd::kMoved) start.end = machine.initialise(global);
    }
    // The references that an initialiser has put into a counter belong to nobody yet.
    for (const CellInfo& cell : layout_.cells) {
        if (cell.counter == kNone || cell.thread != kNone) continue;
        start.state.sequences[cell.sequence][cell.accounts] = start.state.cells[cell.counter];
    }
    for (StatementId init : program.inits) {
        if (start.end == StepEnd::kMoved) start.end = machine.run(init);
    }
    start.failure = machine.failure();
    start.span = machine.failure_span();
    start.covers.assign(machine.covers().begin(), machine.covers().end());
    return start;
}

std::vector<ReferenceStep> ReferenceSteps::starts() const {
    std::vector<ReferenceStep> starts;
    ChoiceTape tape;
    do {
        starts.push_back(start_along(tape));
    } while (tape.advance());
    return starts;
}

std::vector<ReferenceStep> ReferenceSteps::steps(const State& state) const {
    std::vector<ReferenceStep> steps;
    for (std::uint32_t t = 1; t < state.threads.size(); ++t) {
        if (state.threads[t].frames.empty()) continue;
        ChoiceTape tape;
        do {
            ReferenceStep step;
            step.thread = t;
            step.state = state;
            Machine machine(layout_, step.state, t, tape, Machine::Mode::kThread);
            step.end = machine.step();
            if (step.end == StepEnd::kBlocked || step.end == StepEnd::kPruned) continue;
            step.failure = machine.failure();
            step.span = machine.failure_span();
            step.covers.assign(machine.covers().begin(), machine.covers().end());
            steps.push_back(std::move(step));
        } while (tape.advance());
    }
    return steps;
}

std::optional<bool> ReferenceSteps::holds(ExpressionId condition, const State& state, const State* before,
                                          std::uint32_t acting) const {
    State scratch = state;
    ChoiceTape tape;
    Machine machine(layout_, scratch, 0, tape, Machine::Mode::kObserver);
    bool result = machine.observe(condition, before, acting).value_or(0) != 0;
    if (machine.too_long()) return std::nullopt;
    return result;
}

// ------------------------------------------------------------------------------------------------------ the search

namespace {

class Search {
public:
    Search(const TypedProgram& program, const ConstantValues& constants, const ReferenceLimits& limits)
        : program_(program), limits_(limits), machine_(program, constants) {}

    ReferenceResult run() {
        for (ReferenceStep& start : machine_.starts()) {
            if (note(start, 0)) visit(std::move(start.state), 0);
        }
        for (std::uint32_t depth = 0; !next_.empty() && !stopped_; ++depth) {
            std::vector<State> level;
            level.swap(next_);
            for (const State& state : level) {
                if (!stopped_) expand(state, depth);
            }
        }
        return result_;
    }

private:
    // What a step tells besides the state that it leads to, if it leads to one.
    bool note(const ReferenceStep& step, std::uint32_t depth) {
        // A point is reached even if the same step then fails.
        bool possible = step.end != StepEnd::kBlocked && step.end != StepEnd::kPruned;
        for (CoverId cover : step.covers) {
            if (possible) result_.covers.emplace(program_.covers[cover.index()].name, depth);
        }
        switch (step.end) {
            case StepEnd::kMoved: return true;
            case StepEnd::kFailed: result_.violations.emplace(step.failure, depth); return false;
            case StepEnd::kAssumed: ++result_.assumed_away; return false;
            case StepEnd::kExhausted: result_.exhausted = true; return false;
            case StepEnd::kTooLong: result_.complete = false; return false;
            case StepEnd::kBlocked:
            case StepEnd::kPruned:
            case StepEnd::kDropped:
            case StepEnd::kRunning: return false;
        }
        return false;
    }

    void violated(const std::string& name, std::uint32_t depth) { result_.violations.emplace(name, depth); }

    bool is_allowed(const char* check) const {
        return std::find(program_.allowed.begin(), program_.allowed.end(), check) != program_.allowed.end();
    }

    // What takes too long to evaluate shows nothing.
    bool holds(const Property& p, bool otherwise, const State& state, const State* before = nullptr, std::uint32_t acting = 0) {
        std::optional<bool> known = machine_.holds(p.condition, state, before, acting);
        if (!known) result_.complete = false;
        return known.value_or(otherwise);
    }

    // A state that has been reached: in the store if it is new, in the next level if nothing is wrong with
    // it.
    void visit(State state, std::uint32_t depth) {
        if (!seen_.insert(state_key(state)).second) return;
        if (++result_.states >= limits_.max_states) {
            result_.complete = false;
            stopped_ = true;
        }
        look_for_covers(state, depth);
        if (invariants_hold(state, depth)) next_.push_back(std::move(state));
    }

    void look_for_covers(const State& state, std::uint32_t depth) {
        for (const Property& p : program_.properties) {
            bool applies = p.kind == PropertyKind::kCover || (p.kind == PropertyKind::kCoverFinally && is_final(state));
            if (!applies || result_.covers.count(p.name) != 0) continue;
            if (holds(p, false, state)) result_.covers.emplace(p.name, depth);
        }
    }

    bool invariants_hold(const State& state, std::uint32_t depth) {
        bool hold = true;
        for (const Property& p : program_.properties) {
            if (p.kind != PropertyKind::kInvariant || holds(p, true, state)) continue;
            violated(p.name, depth);
            hold = false;
        }
        return hold;
    }

    // All started threads but daemons have ended.
    bool is_final(const State& state) const {
        for (std::size_t t = 1; t < state.threads.size(); ++t) {
            if (!state.threads[t].frames.empty() && !machine_.layout().threads[t].daemon) return false;
        }
        return true;
    }

    void expand(const State& state, std::uint32_t depth) {
        std::vector<ReferenceStep> steps = machine_.steps(state);
        bool final = is_final(state);
        bool finally_holds = !final || final_properties_hold(state, depth);
        if (steps.empty() && final) look_for_leaks(state, depth);
        if (steps.empty() && !final && !is_allowed("deadlock")) violated("deadlock", depth);
        if (!finally_holds || steps.empty()) return;
        if (depth >= limits_.max_steps) {
            result_.complete = false;
            return;
        }
        for (ReferenceStep& step : steps) {
            if (!note(step, depth + 1)) continue;
            ++result_.transitions;
            if (step_properties_hold(state, step, depth + 1)) visit(std::move(step.state), depth + 1);
        }
    }

    bool final_properties_hold(const State& state, std::uint32_t depth) {
        bool hold = true;
        for (const Property& p : program_.properties) {
            if (p.kind != PropertyKind::kFinally || holds(p, true, state)) continue;
            violated(p.name, depth);
            hold = false;
        }
        return hold;
    }

    void look_for_leaks(const State& state, std::uint32_t depth) {
        if (!program_.check_leaks || is_allowed("leak")) return;
        if (std::count(state.alive.begin(), state.alive.end(), 1) != 0) violated("leak", depth);
    }

    // A step that violates one leads nowhere, but what is false in the state after it is violated with it.
    bool step_properties_hold(const State& before, const ReferenceStep& step, std::uint32_t depth) {
        bool hold = true;
        for (const Property& p : program_.properties) {
            if (p.kind != PropertyKind::kStep) continue;
            if (holds(p, true, step.state, &before, step.thread)) continue;
            violated(p.name, depth);
            hold = false;
        }
        if (hold) return true;
        look_for_covers(step.state, depth);
        invariants_hold(step.state, depth);
        return false;
    }

    const TypedProgram& program_;
    ReferenceLimits limits_;
    ReferenceSteps machine_;
    ReferenceResult result_;
    std::set<std::string> seen_;
    std::vector<State> next_;
    bool stopped_ = false;
};

}  // namespace

ReferenceResult explore_naively(const TypedProgram& program, const ConstantValues& constants, const ReferenceLimits& limits) {
    return Search(program, constants, limits).run();
}

}  // namespace quire
