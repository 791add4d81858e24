// Houdini (C. Flanagan, K. R. M. Leino, "Houdini, an annotation assistant for ESC/Java", 2001) on the counting system: all
// facts are assumed before a step, those that a step loses are dropped, until no step loses any.  What remains is the
// largest inductive subset, in whatever order it is looked for, so long as every query is decided; a fact about which one is
// not is dropped.  Then each failure and each property is asked about; and for a proof the facts that it needs are looked
// for, backwards from the properties, by unsatisfiable cores.
//
// The state after a step is the effect of the step put in place of the variables, so that a query has one copy of them.
// A state in which a query fails is evaluated natively: it usually shows many facts to be false at once.
#include "prove/counting_keeper.h"

#include <algorithm>
#include <map>

#include <z3++.h>

namespace quire::prove {

namespace {

enum class Obligation : std::uint8_t { kHolds, kFails, kUndecided };

class KeeperSolver {
public:
    KeeperSolver(CountingSystem& system, const KeeperOptions& options)
        : system_(system), options_(options), solver_(context_, z3::solver::simple()) {
        z3::params parameters(context_);
        parameters.set("random_seed", 0u);
        parameters.set("rlimit", options.resource_limit);
        solver_.set(parameters);
    }

    z3::solver& operator*() { return solver_; }
    z3::solver* operator->() { return &solver_; }
    z3::context& context() { return context_; }
    std::uint64_t queries() const { return queries_; }

    z3::expr formula(NodeId id) { return translate(id); }
    z3::expr variable(VariableNumber v) {
        while (variables_.size() <= v)
            variables_.push_back(context_.int_const(("v" + std::to_string(variables_.size())).c_str()));
        return variables_[v];
    }

    z3::check_result check() {
        ++queries_;
        return solver_.check();
    }
    z3::check_result check(const z3::expr_vector& assumptions) {
        ++queries_;
        return solver_.check(assumptions);
    }

    // Nothing where a value is beyond what we compute with.
    std::optional<CountingState> state() { return state(solver_.get_model()); }
    std::optional<CountingState> state(const z3::model& model) {
        CountingState out(system_.terms.variable_count(), 0);
        for (VariableNumber v = 0; v < system_.variables.size(); ++v) {
            std::int64_t value = 0;
            z3::expr e = model.eval(variable(v), true);
            if (!e.is_numeral_i64(value) || value > kFar || value < -kFar) return std::nullopt;
            out[v] = value;
        }
        return out;
    }

private:
    z3::expr translate(NodeId id) {
        auto found = done_.find(id);
        if (found != done_.end()) return found->second;
        const Node n = system_.terms[id];
        z3::expr out = context_.bool_val(true);
        switch (n.kind) {
            case NodeKind::kTrue: break;
            case NodeKind::kFalse: out = context_.bool_val(false); break;
            case NodeKind::kVariable: out = variable(n.variable); break;
            case NodeKind::kIf: out = z3::ite(translate(n.kids[0]), translate(n.kids[1]), translate(n.kids[2])); break;
            case NodeKind::kTerm: {
                z3::expr_vector sum(context_);
                if (n.constant != 0 || n.sum.empty()) sum.push_back(number(n.constant));
                for (const auto& [atom, factor] : n.sum) {
                    z3::expr a = translate(atom);
                    sum.push_back(factor == 1 ? a : number(factor) * a);
                }
                out = sum.size() == 1 ? sum[0] : z3::sum(sum);
                break;
            }
            case NodeKind::kAtMostZero: out = translate(n.kids[0]) <= 0; break;
            case NodeKind::kIsZero: out = translate(n.kids[0]) == 0; break;
            case NodeKind::kNot: out = !translate(n.kids[0]); break;
            case NodeKind::kAnd:
            case NodeKind::kOr: {
                z3::expr_vector kids(context_);
                for (NodeId kid : n.kids) kids.push_back(translate(kid));
                out = n.kind == NodeKind::kAnd ? z3::mk_and(kids) : z3::mk_or(kids);
                break;
            }
        }
        done_.emplace(id, out);
        return out;
    }
    z3::expr number(Value v) { return context_.int_val(static_cast<std::int64_t>(v)); }

    CountingSystem& system_;
    const KeeperOptions& options_;
    z3::context context_;
    z3::solver solver_;
    std::vector<z3::expr> variables_;
    std::map<NodeId, z3::expr> done_;
    std::uint64_t queries_ = 0;
};

// What a fact becomes by a step that changes something in it.
struct StepDuty {
    std::size_t fact = 0;
    NodeId after = 1;
};

class Keeper {
public:
    Keeper(CountingSystem& system, const std::vector<CountingFact>& facts, const KeeperOptions& options)
        : system_(system), terms_(system.terms), facts_(facts), options_(options), solver_(system, options) {
        result_.kept.assign(facts.size(), 1);
    }

    KeeperResult run() {
        check_starts();
        find_duties();
        shrink();
        if (goes_on()) check_obligations();
        if (goes_on() && result_.open.empty()) find_needed();
        if (!goes_on()) result_.stopped = true;
        result_.queries = solver_.queries();
        return std::move(result_);
    }

private:
    bool goes_on() {
        if (!result_.stopped && options_.stop && options_.stop()) result_.stopped = true;
        return !result_.stopped && solver_.queries() < options_.most_queries;
    }

    void drop(std::size_t fact, std::size_t step, bool undecided) {
        if (result_.kept[fact] == 0) return;
        result_.kept[fact] = 0;
        result_.dropped.push_back({fact, step, undecided});
        ++lost_;
    }

    NodeId somebody(LocalNumber l) { return terms_.at_most(terms_.number(1), terms_.variable(system_.counter_of[l])); }
    NodeId taken(const CountingStep& step) { return terms_.both(somebody(step.from), step.guard); }

    void check_starts() {
        for (const CountingStart& start : system_.starts) {
            solver_->push();
            solver_->add(solver_.formula(system_.parameters_hold));
            for (VariableNumber v = 0; v < system_.variables.size(); ++v) {
                if (system_.variables[v].kind == CountingVariable::Kind::kParameter)
                    solver_->add(solver_.formula(terms_.bound_of(v)));
            }
            solver_->add(solver_.formula(start.guard));
            for (std::size_t f = 0; f < facts_.size() && goes_on(); ++f) {
                NodeId holds = at_start(start, facts_[f].formula);
                if (terms_.is_true(holds)) continue;
                solver_->push();
                solver_->add(!solver_.formula(holds));
                z3::check_result result = solver_.check();
                solver_->pop();
                if (result != z3::unsat) drop(f, SIZE_MAX, result == z3::unknown);
            }
            solver_->pop();
        }
    }

    NodeId at_start(const CountingStart& start, NodeId formula) { return state_at_start(system_, start, formula); }

    void find_duties() {
        std::vector<std::vector<std::size_t>> reads(system_.variables.size());
        for (std::size_t f = 0; f < facts_.size(); ++f) {
            for (VariableNumber v : terms_.variables_of(facts_[f].formula)) reads[v].push_back(f);
        }
        for (const CountingStep& step : system_.steps) {
            std::map<VariableNumber, NodeId> effect = effect_of(system_, step);
            std::vector<std::size_t> touched;
            for (const auto& [v, value] : effect) touched.insert(touched.end(), reads[v].begin(), reads[v].end());
            std::sort(touched.begin(), touched.end());
            touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
            std::vector<StepDuty> duties;
            for (std::size_t f : touched) {
                NodeId after = after_effect(terms_, effect, facts_[f].formula);
                if (!terms_.is_true(after)) duties.push_back({f, after});
            }
            duties_.push_back(std::move(duties));
        }
    }

    void assume_kept() {
        if (assumes_) solver_->pop();
        solver_->push();
        assumes_ = true;
        solver_->add(solver_.formula(system_.parameters_hold));
        for (std::size_t f = 0; f < facts_.size(); ++f) {
            if (result_.kept[f] != 0) solver_->add(solver_.formula(facts_[f].formula));
        }
    }

    void shrink() {
        std::vector<std::size_t> settled(system_.steps.size(), SIZE_MAX);
        assume_kept();
        if (system_.steps.empty()) return;
        for (std::size_t s = 0; goes_on() && settled[s] != lost_; s = (s + 1) % system_.steps.size()) {
            std::size_t before = lost_;
            settle(s);
            if (lost_ != before) {
                assume_kept();
            } else {
                settled[s] = lost_;
            }
        }
    }

    // Drops what the step loses, with what was assumed at last.
    void settle(std::size_t s) {
        solver_->push();
        solver_->add(solver_.formula(taken(system_.steps[s])));
        for (bool done = false; !done && goes_on();) {
            std::vector<const StepDuty*> owed;
            for (const StepDuty& duty : duties_[s]) {
                if (result_.kept[duty.fact] != 0) owed.push_back(&duty);
            }
            done = owed.empty() || ask(s, owed);
        }
        solver_->pop();
    }

    // True: all hold.
    bool ask(std::size_t s, const std::vector<const StepDuty*>& owed) {
        solver_->push();
        z3::expr_vector fails(solver_.context());
        for (const StepDuty* duty : owed) fails.push_back(!solver_.formula(duty->after));
        solver_->add(z3::mk_or(fails));
        z3::check_result result = solver_.check();
        std::optional<CountingState> state;
        if (result == z3::sat) state = solver_.state();
        solver_->pop();
        if (result == z3::unsat) return true;
        bool any = false;
        for (const StepDuty* duty : owed) {
            if (state && !terms_.holds(duty->after, *state)) {
                drop(duty->fact, s, false);
                any = true;
            }
        }
        if (any) return false;
        if (owed.size() > 1) {
            // Too much at once: in halves.
            std::vector<const StepDuty*> first(owed.begin(), owed.begin() + static_cast<std::ptrdiff_t>(owed.size() / 2));
            std::vector<const StepDuty*> second(owed.begin() + static_cast<std::ptrdiff_t>(owed.size() / 2), owed.end());
            bool a = ask(s, first);
            bool b = ask(s, second);
            return a && b;
        }
        drop(owed[0]->fact, s, true);
        return false;
    }

    // Whether it cannot be, with what is kept.
    Obligation impossible(NodeId formula, std::optional<CountingState>& state) {
        if (terms_.is_false(formula)) return Obligation::kHolds;
        solver_->push();
        solver_->add(solver_.formula(formula));
        z3::check_result result = solver_.check();
        if (result == z3::sat) state = solver_.state();
        solver_->pop();
        return result == z3::unsat ? Obligation::kHolds : result == z3::sat ? Obligation::kFails : Obligation::kUndecided;
    }

    void check_obligations() {
        auto open = [&](Obligation answer, OpenObligation obligation) {
            if (answer == Obligation::kHolds) return;
            obligation.undecided = answer == Obligation::kUndecided;
            result_.open.push_back(std::move(obligation));
        };
        for (std::size_t f = 0; f < facts_.size(); ++f) {
            if (facts_[f].kind == FactKind::kBound && result_.kept[f] == 0) {
                VariableNumber v = terms_.variables_of(facts_[f].formula)[0];
                open(Obligation::kFails, {"the range of " + system_.name_of(v), kNone, kNone, kNone, false, std::nullopt});
            }
        }
        for (const CountingFailure& failure : system_.failures) {
            std::optional<CountingState> state;
            Obligation answer = impossible(terms_.both(somebody(failure.from), failure.guard), state);
            open(answer, {failure.what, failure.property, failure.site, failure.from, false, state});
        }
        for (const CountingFailure& failure : system_.start_failures) {
            std::optional<CountingState> state;
            Obligation answer = impossible(failure.guard, state);
            open(answer, {failure.what, failure.property, failure.site, kNone, false, state});
        }
        for (const CountingProperty& property : system_.properties) {
            std::optional<CountingState> state;
            Obligation answer = impossible(terms_.negation(property.formula), state);
            open(answer, {property.name, property.property, kNone, kNone, false, state});
        }
    }

    // Backwards from what has to be shown.
    void find_needed() {
        solver_->pop();
        assumes_ = false;
        z3::expr_vector names(solver_.context());
        std::vector<std::size_t> fact_of;
        std::map<unsigned, std::size_t> by_name;
        std::vector<char> needed(facts_.size(), 0);
        std::vector<std::size_t> work;
        solver_->add(solver_.formula(system_.parameters_hold));
        auto need = [&](std::size_t f) {
            if (needed[f] != 0) return;
            needed[f] = 1;
            work.push_back(f);
        };
        for (std::size_t f = 0; f < facts_.size(); ++f) {
            if (result_.kept[f] == 0) continue;
            if (facts_[f].kind == FactKind::kBound) {
                solver_->add(solver_.formula(facts_[f].formula));
                need(f);
                continue;
            }
            z3::expr name = solver_.context().bool_const(("f" + std::to_string(f)).c_str());
            solver_->add(z3::implies(name, solver_.formula(facts_[f].formula)));
            names.push_back(name);
            by_name[name.hash()] = f;
            fact_of.push_back(f);
        }
        auto require = [&](const std::vector<NodeId>& impossible) {
            solver_->push();
            for (NodeId id : impossible) solver_->add(solver_.formula(id));
            // Those that are needed anyway first: a core is then more often one of them alone.
            z3::expr_vector assumed(solver_.context());
            for (std::size_t i = 0; i < fact_of.size(); ++i) {
                if (needed[fact_of[i]] != 0) assumed.push_back(names[static_cast<unsigned>(i)]);
            }
            bool enough = solver_.check(assumed) == z3::unsat;
            if (!enough) {
                bool unsat = solver_.check(names) == z3::unsat;
                if (unsat) {
                    z3::expr_vector core = solver_->unsat_core();
                    for (unsigned i = 0; i < core.size(); ++i) {
                        for (unsigned j = 0; j < names.size(); ++j) {
                            if (z3::eq(core[i], names[j])) need(fact_of[j]);
                        }
                    }
                } else {
                    for (std::size_t f : fact_of) need(f);
                }
            }
            solver_->pop();
        };
        for (const CountingFailure& failure : system_.failures) require({somebody(failure.from), failure.guard});
        for (const CountingFailure& failure : system_.start_failures) require({failure.guard});
        for (const CountingProperty& property : system_.properties) {
            if (!terms_.is_true(property.formula)) require({terms_.negation(property.formula)});
        }
        std::map<std::size_t, std::vector<std::pair<std::size_t, NodeId>>> by_fact;
        for (std::size_t s = 0; s < duties_.size(); ++s) {
            for (const StepDuty& duty : duties_[s]) by_fact[duty.fact].emplace_back(s, duty.after);
        }
        while (!work.empty() && goes_on()) {
            std::size_t f = work.back();
            work.pop_back();
            for (const auto& [s, after] : by_fact[f]) {
                if (!goes_on()) break;
                require({taken(system_.steps[s]), terms_.negation(after)});
            }
        }
        for (std::size_t f = 0; f < facts_.size(); ++f) {
            if (needed[f] != 0) result_.needed.push_back(f);
        }
    }

    CountingSystem& system_;
    CountingTerms& terms_;
    const std::vector<CountingFact>& facts_;
    const KeeperOptions& options_;
    KeeperSolver solver_;
    KeeperResult result_;
    std::vector<std::vector<StepDuty>> duties_;  // by step
    std::size_t lost_ = 0;
    bool assumes_ = false;
};

}  // namespace

KeeperResult keep_inductive(CountingSystem& system, const std::vector<CountingFact>& facts, const KeeperOptions& options) {
    try {
        return Keeper(system, facts, options).run();
    } catch (const z3::exception&) {
        // Nothing is known then.
        KeeperResult nothing;
        nothing.kept.assign(facts.size(), 0);
        nothing.open.push_back({"everything: the solver gave up", kNone, kNone, kNone, true, std::nullopt});
        return nothing;
    }
}

std::optional<CountingState> smallest_loss(CountingSystem& system, const std::vector<NodeId>& assumed, NodeId formula,
                                           const CountingStep& step, const KeeperOptions& options) {
    CountingTerms& terms = system.terms;
    KeeperSolver solver(system, options);
    NodeId after = after_effect(terms, effect_of(system, step), formula);
    solver->add(solver.formula(system.parameters_hold));
    for (NodeId one : assumed) solver->add(solver.formula(one));
    solver->add(solver.formula(formula));
    solver->add(solver.formula(step.guard));
    solver->add(solver.variable(system.counter_of[step.from]) >= 1);
    solver->add(!solver.formula(after));
    z3::expr_vector counters(solver.context());
    for (VariableNumber c : system.counter_of) counters.push_back(solver.variable(c));
    z3::expr threads = z3::sum(counters);
    std::optional<CountingState> best;
    Value most = 0;
    auto total = [&](const CountingState& state) {
        Value sum = 0;
        for (VariableNumber c : system.counter_of) sum += state[c];
        return sum;
    };
    // From above, by halves.
    Value least = 0;
    for (;;) {
        solver->push();
        if (best) solver->add(threads <= solver.context().int_val(static_cast<std::int64_t>(least + (most - least) / 2)));
        z3::check_result result = solver.check();
        std::optional<CountingState> state;
        if (result == z3::sat) state = solver.state();
        solver->pop();
        if (state) {
            best = state;
            most = total(*state) - 1;
        } else if (best && result == z3::unsat) {
            least = least + (most - least) / 2 + 1;
        } else {
            return best;
        }
        if (most < least) return best;
    }
}

}  // namespace quire::prove
