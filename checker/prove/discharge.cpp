// Floyd's inductive assertions (R. Floyd, "Assigning meanings to programs", 1967) for all invariants at once, with facts
// guessed from a sample of the states that are reached: an invariant of a real protocol is hardly ever inductive alone.  "A
// freed page is off the list" needs "the count is the list's reference and those of the threads that stand where they
// hold one".  What is inductive of all that is found by Houdini (induction.cpp).
//
// A guess that is wrong costs time and proves nothing.  What is reported was proved twice: the second time in a
// fresh context and by Z3's other solver for arithmetic.
#include "prove/discharge.h"

#include <algorithm>

#include <z3++.h>

#include "prove/induction.h"
#include "prove/influence.h"
#include "support/cpu_time.h"
#include "system/execute.h"

namespace quire {

namespace {

using prove::Action;
using prove::Claim;
using prove::ClaimStanding;
using prove::Fact;
using prove::InductionOptions;
using prove::InductionResult;
using prove::Standing;

constexpr std::size_t kSampledStates = 3'000;
constexpr std::size_t kMostExclusions = 3'000;

class Discharger {
public:
    Discharger(const TransitionSystem& system, const DischargeOptions& options)
        : system_(system), options_(options), interrupter_([this] { return stopped(); }) {
        induction_.interrupter = &interrupter_;
        induction_.resource_limit = options.resource_limit;
        induction_.stop = [this] { return stopped(); };
    }

    DischargeReport run() {
        const double started = thread_cpu_seconds();
        collect();
        if (!report_.invariants.empty()) {
            try {
                prove_all();
            } catch (const z3::exception& error) {
                // An interrupted Z3 may say so in this way, too.
                if (stopped())
                    nothing_proved(WhyNotInductive::kStopped, {});
                else
                    nothing_proved(WhyNotInductive::kNotAttempted, std::string("the prover failed: ") + error.msg());
            }
        }
        report_.cpu_seconds = thread_cpu_seconds() - started;
        return std::move(report_);
    }

private:
    bool stopped() const {
        return (options_.cancel != nullptr && options_.cancel->cancelled()) || options_.budget.past_deadline();
    }

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
    }

    void prove_all() {
        if (!start_in_ranges()) return nothing_proved(WhyNotInductive::kNotAttempted, "a cell starts outside its range");
        prove::Sample sample = prove::sample_states(system_, kSampledStates, induction_.stop);
        if (stopped()) return nothing_proved(WhyNotInductive::kStopped, {});
        reject_false(sample);
        // Facts about what has no influence, and the dear ones, are tried only where the others are not enough.
        const std::vector<bool> all(system_.cell_count(), true);
        const std::vector<bool> some = influence();
        if (open_invariants() != 0) attempt(prove::mine_facts(system_, sample, some, induction_.stop, system_.pool));
        if (goes_on() && some != all) attempt(prove::mine_facts(system_, sample, all, induction_.stop, system_.pool));
        if (goes_on()) {
            std::vector<Fact> facts = prove::mine_facts(system_, sample, all, induction_.stop, system_.pool);
            std::vector<Fact> more = prove::mine_exclusions(system_, sample, induction_.stop, system_.pool, kMostExclusions);
            facts.insert(facts.end(), more.begin(), more.end());
            attempt(facts);
        }
        count_discharged();
    }

    void nothing_proved(WhyNotInductive why, const std::string& detail) {
        for (DischargedInvariant& one : report_.invariants) {
            one.inductive = false;
            one.why_not = why;
            one.detail = detail;
        }
    }

    bool start_in_ranges() const {
        for (const Successor& start : start_states(system_)) {
            if (start.outcome.kind != OutcomeKind::kDone) continue;
            for (Address a = 0; a < start.state.size(); ++a) {
                const Variable& variable = system_.variables[system_.cell_variable[a]];
                if (start.state[a] < variable.lo || start.state[a] > variable.hi) return false;
            }
        }
        return true;
    }

    // All start states are in the sample.
    void reject_false(const prove::Sample& sample) {
        for (DischargedInvariant& one : report_.invariants) {
            const SystemProperty& property = system_.properties[one.property];
            auto good = [&](const std::vector<Value>& state) { return holds(system_, property, state); };
            one.start_holds = true;
            for (const Successor& start : start_states(system_)) {
                if (start.outcome.kind == OutcomeKind::kDone && !good(start.state)) one.start_holds = false;
            }
            if (!one.start_holds) {
                one.why_not = WhyNotInductive::kFalseAtStart;
            } else if (!std::all_of(sample.states.begin(), sample.states.end(), good)) {
                one.why_not = WhyNotInductive::kFalseInReach;
            }
        }
    }

    bool goes_on() const { return !tired_ && open_invariants() != 0 && !stopped(); }

    std::vector<bool> influence() {
        std::vector<const Program*> properties;
        for (const DischargedInvariant& one : report_.invariants) {
            if (open(one)) properties.push_back(&system_.properties[one.property].condition);
        }
        return prove::influence_on(system_, actions_, properties, system_.pool);
    }

    static bool open(const DischargedInvariant& one) {
        return !one.inductive && one.why_not != WhyNotInductive::kFalseAtStart && one.why_not != WhyNotInductive::kFalseInReach;
    }
    std::size_t open_invariants() const {
        return static_cast<std::size_t>(std::count_if(report_.invariants.begin(), report_.invariants.end(), open));
    }

    void attempt(const std::vector<Fact>& facts) {
        std::vector<Claim> claims;
        std::vector<DischargedInvariant*> tried;
        for (DischargedInvariant& one : report_.invariants) {
            if (!open(one) && !one.inductive) continue;
            tried.push_back(&one);
            claims.push_back({&system_.properties[one.property].condition, {}});
        }
        for (const Fact& fact : facts) claims.push_back({nullptr, fact});
        InductionResult result = prove::strongest_inductive(system_, actions_, claims, induction_);
        report_.queries += result.queries;
        if (result.stopped) return nothing_proved(WhyNotInductive::kStopped, {});
        kept_.clear();
        for (std::size_t c = 0; c < claims.size(); ++c) {
            if (result.claims[c].standing == Standing::kStands) kept_.push_back(claims[c]);
        }
        std::size_t invariants = static_cast<std::size_t>(
            std::count_if(kept_.begin(), kept_.end(), [](const Claim& claim) { return claim.program != nullptr; }));
        bool again = invariants != 0 && prove::inductive_again(system_, actions_, kept_, induction_, report_.queries);
        if (stopped()) return nothing_proved(WhyNotInductive::kStopped, {});
        for (std::size_t i = 0; i < tried.size(); ++i) note(*tried[i], result.claims[i], again);
        report_.facts = again ? static_cast<std::uint32_t>(kept_.size() - invariants) : 0;
    }

    void blame(DischargedInvariant& one, std::size_t number) const {
        one.thread = 0;
        one.site = kNone;
        if (number == SIZE_MAX) return;
        const Action& action = actions_[number];
        one.thread = action.thread;
        one.site = system_.roles[system_.threads[action.thread].role].locations[action.location].site;
    }

    void note(DischargedInvariant& one, const ClaimStanding& standing, bool again) {
        one.inductive = standing.standing == Standing::kStands && again;
        one.detail = standing.why;
        blame(one, standing.action);
        switch (standing.standing) {
            case Standing::kStands: one.why_not = again ? WhyNotInductive::kInductive : WhyNotInductive::kUndecided; break;
            case Standing::kNotPreserved: one.why_not = WhyNotInductive::kNotPreserved; break;
            case Standing::kUndecided:
                one.why_not = WhyNotInductive::kUndecided;
                tired_ = tired_ || standing.action == SIZE_MAX;
                break;
            case Standing::kNotEncoded:
                one.why_not = WhyNotInductive::kNotAttempted;
                tired_ = tired_ || standing.action != SIZE_MAX;
                break;
        }
        if (standing.standing == Standing::kStands && !again) one.detail = "a fresh context could not prove it again";
    }

    // For those that are not inductive: which actions preserve them where all that was proved holds.
    void count_discharged() {
        for (DischargedInvariant& one : report_.invariants) {
            if (one.inductive) {
                one.discharged = one.actions;
            } else if (one.why_not == WhyNotInductive::kNotPreserved || one.why_not == WhyNotInductive::kUndecided ||
                       one.why_not == WhyNotInductive::kFalseAtStart || one.why_not == WhyNotInductive::kFalseInReach) {
                Claim claim{&system_.properties[one.property].condition, {}};
                std::vector<bool> by = prove::preserved_by(system_, actions_, kept_, claim, induction_, report_.queries);
                one.discharged = static_cast<std::uint32_t>(std::count(by.begin(), by.end(), true));
            }
        }
    }

    TransitionSystem system_;  // a copy: facts are expressions of its pool
    const DischargeOptions& options_;
    prove::Interrupter interrupter_;
    InductionOptions induction_;
    DischargeReport report_;
    std::vector<Action> actions_;
    std::vector<Claim> kept_;  // inductive, by the last attempt
    bool tired_ = false;       // other facts would not help
};

}  // namespace

DischargeReport discharge(const TransitionSystem& system, const DischargeOptions& options) {
    return Discharger(system, options).run();
}

}  // namespace quire
