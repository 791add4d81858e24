// Floyd's inductive assertions (R. Floyd, "Assigning meanings to programs", 1967), one query per invariant I and action A:
// ranges(s) and I(s) and s -A-> s' and not I(s') has no solution.  An action is the step of one thread from one location,
// so that nothing in it is symbolic but the cells.  A step that fails, blocks or ends the run leads to no state and owes
// nothing; an invariant that cannot be evaluated counts as false.
//
// One Z3 context per action: what was asked before can change what Z3 answers under a limit, and every run must repeat.
// What is to be reported is proved again, each query in a context of its own and by Z3's other solver for arithmetic.
#include "prove/discharge.h"

#include <ctime>
#include <optional>

#include <z3++.h>

#include "prove/symbolic_run.h"
#include "system/execute.h"

namespace quire {

namespace {

using prove::AnyState;
using prove::Cells;
using prove::Finished;
using prove::SymbolicRun;
using prove::Term;
using prove::Terms;

constexpr std::uint32_t kMostUnknown = 4;  // answers of one invariant after which the rest is not attempted

struct Action {
    ThreadNumber thread = 0;
    LocationNumber location = 0;
};

enum class Answer : std::uint8_t { kProved, kNotPreserved, kUnknown, kNotEncoded };

struct Attempt {
    Answer answer = Answer::kProved;
    bool queried = false;
    std::string why;
};

double cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

const ThreadRole& role_of(const TransitionSystem& system, const Action& action) {
    return system.roles[system.threads[action.thread].role];
}

// One action in a context of its own.
class ActionProof {
public:
    ActionProof(const TransitionSystem& system, const Action& action, std::uint32_t resource_limit, bool again)
        : system_(system), resource_limit_(resource_limit), again_(again), terms_(context_), before_(system, terms_) {
        const ThreadRole& role = role_of(system, action);
        before_.fix(system.variables[role.location_variable].base + system.threads[action.thread].index, static_cast<Value>(action.location));
        after_ = SymbolicRun(system, terms_, before_, action.thread).run(role.locations[action.location].step, {});
        not_encoded_ = terms_.gave_up();
    }

    Attempt attempt(const SystemProperty& invariant) {
        if (!not_encoded_.empty()) return {Answer::kNotEncoded, false, not_encoded_};
        if (!after_) return {};
        SymbolicRun run(system_, terms_, before_, 0);
        std::optional<Finished> holds_before = run.run(invariant.condition, {});
        bool touched = false;
        for (const auto& [address, term] : after_->written) touched = touched || run.read().count(address) != 0;
        if (terms_.gave_up().empty() && !touched) return {};
        std::optional<Finished> holds_after = SymbolicRun(system_, terms_, before_, 0).run(invariant.condition, after_->written);
        if (!terms_.gave_up().empty()) return {Answer::kNotEncoded, false, terms_.gave_up()};
        return ask(truth_of(holds_before), truth_of(holds_after));
    }

private:
    z3::expr truth_of(const std::optional<Finished>& end) {
        if (!end) return context_.bool_val(false);
        return end->condition && terms_.is_true(end->registers[0]);
    }

    Attempt ask(const z3::expr& holds_before, const z3::expr& holds_after) {
        // The plain core: the tactics for linear integers turn bounded ones into bits, which the limit does not stop.
        z3::solver solver(context_, z3::solver::simple());
        z3::params parameters(context_);
        if (again_) parameters.set("arith.solver", 2u);
        parameters.set("rlimit", resource_limit_);
        parameters.set("random_seed", 0u);
        solver.set(parameters);
        for (const z3::expr& constraint : before_.constraints()) solver.add(constraint);
        solver.add(after_->condition);
        solver.add(holds_before);
        solver.add(!holds_after);
        switch (solver.check()) {
            case z3::unsat: return {Answer::kProved, true, {}};
            case z3::sat: return {Answer::kNotPreserved, true, {}};
            case z3::unknown: break;
        }
        return {Answer::kUnknown, true, "the limit of one query was reached"};
    }

    const TransitionSystem& system_;
    std::uint32_t resource_limit_;
    bool again_;
    z3::context context_;
    Terms terms_;
    AnyState before_;
    std::optional<Finished> after_;
    std::string not_encoded_;
};

class Discharger {
public:
    Discharger(const TransitionSystem& system, const DischargeOptions& options) : system_(system), options_(options) {}

    DischargeReport run() {
        double started = cpu_seconds();
        collect();
        if (!report_.invariants.empty()) {
            check_start();
            for (const Action& action : actions_) first_time(action);
            for (DischargedInvariant& one : report_.invariants) conclude(one);
        }
        report_.cpu_seconds = cpu_seconds() - started;
        return std::move(report_);
    }

private:
    void collect() {
        for (ThreadNumber t = 1; t < system_.threads.size(); ++t) {
            const ThreadRole& role = system_.roles[system_.threads[t].role];
            for (LocationNumber l = 0; l < role.locations.size(); ++l) {
                if (!role.locations[l].step.code.empty()) actions_.push_back({t, l});
            }
        }
        for (PropertyNumber p = 0; p < system_.properties.size(); ++p) {
            const SystemProperty& property = system_.properties[p];
            if (property.kind != SystemPropertyKind::kInvariant || !property.enabled) continue;
            DischargedInvariant one;
            one.property = p;
            one.actions = static_cast<std::uint32_t>(actions_.size());
            report_.invariants.push_back(std::move(one));
        }
        unknown_.assign(report_.invariants.size(), 0);
    }

    bool in_ranges(const std::vector<Value>& state) const {
        for (Address a = 0; a < state.size(); ++a) {
            const Variable& variable = system_.variables[system_.cell_variable[a]];
            if (state[a] < variable.lo || state[a] > variable.hi) return false;
        }
        return true;
    }

    void check_start() {
        for (DischargedInvariant& one : report_.invariants) one.start_holds = true;
        for (const Successor& start : start_states(system_)) {
            if (start.outcome.kind != OutcomeKind::kDone) continue;
            bool ranged = in_ranges(start.state);
            for (DischargedInvariant& one : report_.invariants) {
                if (ranged && holds(system_, system_.properties[one.property], start.state)) continue;
                one.start_holds = false;
                why(one, ranged ? "it is false at the start" : "a cell starts outside its range");
            }
        }
    }

    static void why(DischargedInvariant& one, const std::string& text) {
        if (one.why_not.empty()) one.why_not = text;
    }

    std::string name_of(const Action& action) const {
        return system_.threads[action.thread].name + " " + role_of(system_, action).locations[action.location].name;  // "put[0] at 7"
    }

    bool cancelled() const { return options_.cancel != nullptr && options_.cancel->cancelled(); }

    // Whatever Z3 throws is an answer that it does not know.
    template <class Work>
    Attempt guarded(Work work) {
        try {
            Attempt attempt = work();
            if (attempt.queried) ++report_.queries;
            return attempt;
        } catch (const z3::exception& exception) {
            return {Answer::kUnknown, false, std::string("Z3: ") + exception.msg()};
        }
    }

    void first_time(const Action& action) {
        std::optional<ActionProof> proof;
        Attempt built = guarded([&] {
            proof.emplace(system_, action, options_.resource_limit, false);
            return Attempt{};
        });
        for (std::size_t n = 0; n < report_.invariants.size(); ++n) {
            DischargedInvariant& one = report_.invariants[n];
            if (cancelled() || unknown_[n] >= kMostUnknown) {
                why(one, "interrupted");
                continue;
            }
            const SystemProperty& invariant = system_.properties[one.property];
            Attempt attempt = built.answer == Answer::kProved ? guarded([&] { return proof->attempt(invariant); }) : built;
            note(one, action, attempt);
            if (attempt.answer == Answer::kUnknown) ++unknown_[n];
            // The terms of an invariant that could not be said spoil the context for the next one.
            if (attempt.answer == Answer::kNotEncoded && n + 1 < report_.invariants.size()) {
                built = guarded([&] {
                    proof.emplace(system_, action, options_.resource_limit, false);
                    return Attempt{};
                });
            }
        }
    }

    void note(DischargedInvariant& one, const Action& action, const Attempt& attempt) {
        switch (attempt.answer) {
            case Answer::kProved: ++one.discharged; break;
            case Answer::kNotPreserved: why(one, "some state, perhaps none that is ever reached, loses it by the step of " + name_of(action)); break;
            case Answer::kUnknown: why(one, "undecided for the step of " + name_of(action) + ": " + attempt.why); break;
            case Answer::kNotEncoded: why(one, "not attempted for the step of " + name_of(action) + ": " + attempt.why); break;
        }
    }

    void conclude(DischargedInvariant& one) {
        if (!one.start_holds || one.discharged != one.actions) return;
        const SystemProperty& invariant = system_.properties[one.property];
        for (const Action& action : actions_) {
            Attempt again = cancelled() ? Attempt{Answer::kUnknown, false, "interrupted"} : guarded([&] {
                ActionProof proof(system_, action, options_.resource_limit, true);
                return proof.attempt(invariant);
            });
            if (again.answer == Answer::kProved) continue;
            why(one, "a fresh context could not prove it again for the step of " + name_of(action));
            return;
        }
        one.inductive = true;
    }

    const TransitionSystem& system_;
    const DischargeOptions& options_;
    DischargeReport report_;
    std::vector<Action> actions_;
    std::vector<std::uint32_t> unknown_;  // answers so far, by invariant
};

}  // namespace

DischargeReport discharge(const TransitionSystem& system, const DischargeOptions& options) { return Discharger(system, options).run(); }

}  // namespace quire
