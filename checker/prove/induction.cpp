// Houdini (C. Flanagan, K. R. M. Leino, "Houdini, an annotation assistant for ESC/Java", 2001): assume all claims before a
// step, ask whether one can be false after it, drop those that are, and ask again, until no step loses any.  What remains
// is the largest inductive subset: unique, in whatever order it is looked for, so long as every query is answered.  A claim
// about which a query is not decided within its limit is dropped, too: that can lose others, and proves nothing wrong.
//
// What is assumed is asserted, and not handed to Z3 as assumptions with a core: that would tell which actions a lost claim
// concerns, but each answer then costs several times as much, and few claims are ever lost.
//
// A step that fails, blocks or ends the run leads to no state and owes nothing; a claim that cannot be evaluated counts
// as false.  That each cell is in the range of its variable is assumed before and after a step and not proved: of every state
// that is reached the lowering promises it, by checked writes and by the values that a type has, and the search, which
// packs states by these ranges, rests on the same promise.
//
// One context and one order of questions for the whole of it: every run repeats.
#include "prove/induction.h"

#include <algorithm>
#include <optional>
#include <set>

#include <z3++.h>

#include "prove/symbolic_run.h"

namespace quire::prove {

namespace {

enum class Answer : std::uint8_t { kHolds, kFails, kUndecided };

// What an action owes: the claim, and that it holds afterwards.
struct Duty {
    std::size_t claim = 0;
    z3::expr after;
};
constexpr std::uint64_t kAssumingCosts = 400;  // times the limit of one query
constexpr std::size_t kTogether = 256;         // duties that are asked for at once, to begin with
constexpr std::uint32_t kMostUndecided = 4;    // answers about one claim after which the rest is not asked

struct Step {
    bool possible = false;  // some state follows
    Address place = kNone;  // where its thread stands before, and
    Value at = 0;
    std::string not_encoded;
    std::vector<z3::expr> taken;  // that it leads to a state
    std::vector<Duty> duties;
};

struct Decision {
    Answer answer = Answer::kHolds;
    std::vector<std::size_t> lost;  // kFails: false in one state that follows; kUndecided: not decided even alone
};

class Prover {
public:
    Prover(const TransitionSystem& system, const std::vector<Action>& actions, const std::vector<Claim>& claims,
           const InductionOptions& options, bool again)
        : system_(system),
          actions_(actions),
          claims_(claims),
          options_(options),
          watch_(options.interrupter, context_),
          terms_(context_),
          before_(system, terms_),
          solver_(context_, z3::solver::simple()) {
        // The plain core: the tactics for linear integers turn bounded ones into bits, which the limit does not stop.
        z3::params parameters(context_);
        parameters.set("arith.solver", again ? 6u : 2u);
        parameters.set("random_seed", 0u);
        solver_.set(parameters);
        for (std::size_t c = 0; c < claims.size(); ++c) add_claim(c);
    }

    const std::string& not_encoded(std::size_t claim) const { return not_encoded_[claim]; }
    std::uint64_t queries() const { return queries_; }

    Step step(std::size_t number) {
        const Action& action = actions_[number];
        const ThreadRole& role = system_.roles[system_.threads[action.thread].role];
        Address place = system_.variables[role.location_variable].base + system_.threads[action.thread].index;
        Step out;
        out.place = place;
        out.at = static_cast<Value>(action.location);
        SymbolicRun run(system_, terms_, before_, action.thread);
        std::optional<Finished> end =
            run.run(role.locations[action.location].step, {{place, terms_.literal(static_cast<Value>(action.location))}});
        out.not_encoded = terms_.take_gave_up();
        if (!out.not_encoded.empty() || !end) return out;
        out.possible = true;
        out.taken.push_back(before_.cell(place).value == context_.int_val(static_cast<std::int64_t>(action.location)));
        out.taken.push_back(end->condition);
        // The run was told where the thread stands; what it did not change it has not written.
        auto stays = end->written.find(place);
        if (stays->second.known() && stays->second.lo == static_cast<Value>(action.location)) end->written.erase(stays);
        ranges_promised(end->written, out);
        claims_owed(end->written, out);
        return out;
    }

    // The claims that hold before a step, in every question from now on.
    void assume(const std::vector<std::size_t>& claims) {
        if (assumes_) solver_.pop();
        for (; asserted_ < before_.constraints().size(); ++asserted_) solver_.add(before_.constraints()[asserted_]);
        solver_.push();
        assumes_ = true;
        for (std::size_t c : claims) solver_.add(names_[c]);
        // Z3 takes in what was asserted when it is first asked; that costs more than a query, and is not to count as one.
        limit(kAssumingCosts * options_.resource_limit);
        usable_ = solver_.check() != z3::unknown;
        limit(options_.resource_limit);
    }

    // Whether all that is owed holds afterwards.  At most `together` duties are asked for at once; where that is too much for
    // one query, fewer, down to one.
    Decision decide(const Step& step, const std::vector<const Duty*>& owed, std::size_t& together) {
        Decision out;
        for (std::size_t begin = 0; begin < owed.size();) {
            if (stopped()) return {Answer::kUndecided, {}};
            std::size_t end = std::min(owed.size(), begin + together);
            std::vector<const Duty*> some(owed.begin() + static_cast<std::ptrdiff_t>(begin),
                                          owed.begin() + static_cast<std::ptrdiff_t>(end));
            out.answer = ask(step, some, out.lost);
            if (out.answer == Answer::kHolds) {
                begin = end;
            } else if (out.answer == Answer::kUndecided && some.size() > 1) {
                together = some.size() / 2;
            } else {
                return out;
            }
        }
        return {};
    }

private:
    void limit(std::uint64_t resources) {
        z3::params parameters(context_);
        parameters.set("rlimit", static_cast<unsigned>(std::min<std::uint64_t>(resources, 0xffffffffu)));
        solver_.set(parameters);
    }

    // Whether one of them fails; `lost`: those that fail in one state, or that cannot be decided.
    Answer ask(const Step& step, const std::vector<const Duty*>& owed, std::vector<std::size_t>& lost) {
        ++queries_;
        solver_.push();
        for (std::size_t i = asserted_; i < before_.constraints().size(); ++i) solver_.add(before_.constraints()[i]);
        for (const z3::expr& condition : step.taken) solver_.add(condition);
        z3::expr_vector failures(context_);
        for (const Duty* duty : owed) failures.push_back(!duty->after);
        solver_.add(z3::mk_or(failures));
        z3::check_result result = usable_ ? solver_.check() : z3::unknown;
        lost.clear();
        if (result == z3::sat) {
            z3::model model = solver_.get_model();
            for (const Duty* duty : owed) {
                if (!model.eval(duty->after, true).is_true()) lost.push_back(duty->claim);
            }
        }
        solver_.pop();
        if (result == z3::unsat) return Answer::kHolds;
        if (!lost.empty()) return Answer::kFails;
        // Also for a model that shows nothing.
        for (const Duty* duty : owed) lost.push_back(duty->claim);
        return Answer::kUndecided;
    }

    z3::expr truth(const Claim& claim, SymbolicRun& run, const Cells& written) {
        if (claim.program == nullptr) return run.truth(claim.fact.condition, written).simplify();
        std::optional<Finished> end = run.run(*claim.program, written);
        if (!end || end->registers.empty()) return context_.bool_val(false);
        return (end->condition && terms_.is_true(end->registers[0])).simplify();
    }

    bool stopped() const { return options_.stop && options_.stop(); }

    void add_claim(std::size_t number) {
        if (stopped()) {
            names_.push_back(context_.bool_val(false));
            reads_.emplace_back();
            not_encoded_.push_back("there was no time left");
            return;
        }
        SymbolicRun run(system_, terms_, before_, 0);
        z3::expr holds = truth(claims_[number], run, {});
        z3::expr name = context_.bool_const(("k" + std::to_string(number)).c_str());
        solver_.add(z3::implies(name, holds));
        names_.push_back(name);
        reads_.push_back(run.read());
        not_encoded_.push_back(terms_.take_gave_up());
    }

    // The state that follows has its cells in their ranges, too.
    void ranges_promised(const Cells& written, Step& out) {
        for (const auto& [address, term] : written) {
            const Variable& v = system_.variables[system_.cell_variable[address]];
            if (term.lo >= v.lo && term.hi <= v.hi) continue;
            auto number = [&](Value value) { return context_.int_val(static_cast<std::int64_t>(value)); };
            out.taken.push_back(term.value >= number(v.lo) && term.value <= number(v.hi));
        }
    }

    void claims_owed(const Cells& written, Step& out) {
        for (std::size_t c = 0; c < claims_.size(); ++c) {
            if (stopped()) return;  // as whoever asked finds out before making anything of it
            if (!not_encoded_[c].empty() || !touched(c, written) || elsewhere(claims_[c], written)) continue;
            SymbolicRun run(system_, terms_, before_, 0);
            z3::expr after = truth(claims_[c], run, written);
            // What could be said of any state is said of these, too; if not, the claim is false here.
            if (!terms_.take_gave_up().empty()) after = context_.bool_val(false);
            if (!after.is_true()) out.duties.push_back({c, after});
        }
    }

    bool touched(std::size_t claim, const Cells& written) const {
        return std::any_of(written.begin(), written.end(),
                           [&](const auto& cell) { return reads_[claim].count(cell.first) != 0; });
    }

    // Whether the claim is about a place where the thread that moved does not stand now.
    static bool elsewhere(const Claim& claim, const Cells& written) {
        if (claim.program != nullptr || claim.fact.location == kNone) return false;
        auto place = written.find(claim.fact.location);
        return place != written.end() && place->second.known() && place->second.lo != claim.fact.at;
    }

    const TransitionSystem& system_;
    const std::vector<Action>& actions_;
    const std::vector<Claim>& claims_;
    const InductionOptions& options_;
    z3::context context_;
    Interrupter::Watch watch_;
    Terms terms_;
    AnyState before_;
    z3::solver solver_;
    std::vector<z3::expr> names_;  // by claim: it holds before the step if this is true
    std::vector<std::set<Address>> reads_;
    std::vector<std::string> not_encoded_;
    std::size_t asserted_ = 0;  // of the constraints of cells, for good
    bool assumes_ = false;
    bool usable_ = true;  // what is assumed could be taken in
    std::uint64_t queries_ = 0;
};

class Houdini {
public:
    Houdini(const TransitionSystem& system, const std::vector<Action>& actions, const std::vector<Claim>& claims,
            const InductionOptions& options)
        : options_(options), actions_(actions), prover_(system, actions, claims, options, false) {
        result_.claims.resize(claims.size());
        together_.assign(actions.size(), kTogether);
        settled_.assign(actions.size(), SIZE_MAX);
    }

    InductionResult run() {
        for (std::size_t c = 0; c < result_.claims.size(); ++c) {
            if (!prover_.not_encoded(c).empty()) lose(c, {Standing::kNotEncoded, SIZE_MAX, prover_.not_encoded(c)});
        }
        for (std::size_t a = 0; a < actions_.size() && goes_on(); ++a) {
            steps_.push_back(prover_.step(a));
            // Nothing is known of what it does.
            for (std::size_t c = 0; c < result_.claims.size() && !steps_[a].not_encoded.empty(); ++c) {
                lose(c, {Standing::kNotEncoded, a, steps_[a].not_encoded});
            }
        }
        if (!standing().empty()) prover_.assume(standing());
        // Until every action was settled with what stands now.
        for (std::size_t a = 0; goes_on() && settled_[a] != lost_; a = (a + 1) % actions_.size()) settle(a);
        for (ClaimStanding& one : result_.claims) {
            if (!goes_on() && one.standing == Standing::kStands)
                one = {Standing::kUndecided, SIZE_MAX, "it takes too many queries"};
        }
        result_.queries = prover_.queries();
        return std::move(result_);
    }

private:
    bool goes_on() {
        if (!result_.stopped && options_.stop && options_.stop()) result_.stopped = true;
        return !result_.stopped && prover_.queries() < options_.most_queries && lost_ < result_.claims.size() &&
               !actions_.empty();
    }

    void lose(std::size_t claim, ClaimStanding how) {
        if (result_.claims[claim].standing != Standing::kStands) return;
        result_.claims[claim] = std::move(how);
        ++lost_;
    }

    bool stands(std::size_t claim) const { return result_.claims[claim].standing == Standing::kStands; }

    std::vector<std::size_t> standing() const {
        std::vector<std::size_t> out;
        for (std::size_t c = 0; c < result_.claims.size(); ++c) {
            if (stands(c)) out.push_back(c);
        }
        return out;
    }

    // Until no claim is lost by this action.
    void settle(std::size_t action) {
        const Step& step = steps_[action];
        while (goes_on() && settled_[action] != lost_) {
            std::vector<const Duty*> owed;
            for (const Duty& duty : step.duties) {
                if (stands(duty.claim)) owed.push_back(&duty);
            }
            Decision decision = prover_.decide(step, owed, together_[action]);
            if (decision.answer == Answer::kHolds) {
                settled_[action] = lost_;
                return;
            }
            Standing how = decision.answer == Answer::kFails ? Standing::kNotPreserved : Standing::kUndecided;
            for (std::size_t claim : decision.lost) {
                lose(claim, {how, action, {}});
            }
            prover_.assume(standing());
        }
    }

    const InductionOptions& options_;
    const std::vector<Action>& actions_;
    Prover prover_;
    InductionResult result_;
    std::vector<Step> steps_;
    std::vector<std::size_t> together_;  // by action: how many duties are asked for at once
    std::size_t lost_ = 0;               // claims, so far
    std::vector<std::size_t> settled_;   // by action: how many were lost when it last lost none
};

std::vector<std::size_t> all_of(std::size_t count) {
    std::vector<std::size_t> out(count);
    for (std::size_t i = 0; i < count; ++i) out[i] = i;
    return out;
}

}  // namespace

InductionResult strongest_inductive(const TransitionSystem& system, const std::vector<Action>& actions,
                                    const std::vector<Claim>& claims, const InductionOptions& options) {
    return Houdini(system, actions, claims, options).run();
}

bool inductive_again(const TransitionSystem& system, const std::vector<Action>& actions, const std::vector<Claim>& claims,
                     const InductionOptions& options, std::uint64_t& queries) {
    Prover prover(system, actions, claims, options, true);
    std::vector<std::size_t> all = all_of(claims.size());
    for (std::size_t c : all) {
        if (!prover.not_encoded(c).empty()) return false;
    }
    prover.assume(all);
    bool proved = true;
    for (std::size_t a = 0; a < actions.size() && proved; ++a) {
        if (options.stop && options.stop()) return false;
        Step step = prover.step(a);
        std::vector<const Duty*> owed;
        for (const Duty& duty : step.duties) owed.push_back(&duty);
        std::size_t together = kTogether;
        proved = step.not_encoded.empty() && prover.decide(step, owed, together).answer == Answer::kHolds;
    }
    queries += prover.queries();
    return proved && !(options.stop && options.stop());
}

std::vector<bool> preserved_by(const TransitionSystem& system, const std::vector<Action>& actions, const std::vector<Claim>& kept,
                               const Claim& claim, const InductionOptions& options, std::uint64_t& queries) {
    std::vector<Claim> claims = kept;
    claims.push_back(claim);
    Prover prover(system, actions, claims, options, false);
    std::vector<bool> out(actions.size(), false);
    if (!prover.not_encoded(kept.size()).empty()) return out;
    prover.assume(all_of(claims.size()));
    std::uint32_t undecided = 0;
    for (std::size_t a = 0; a < actions.size() && undecided < kMostUndecided; ++a) {
        if (options.stop && options.stop()) break;
        Step step = prover.step(a);
        if (options.stop && options.stop()) break;
        if (!step.not_encoded.empty()) continue;
        std::vector<const Duty*> owed;
        for (const Duty& duty : step.duties) {
            if (duty.claim == kept.size()) owed.push_back(&duty);
        }
        std::size_t together = kTogether;
        Answer answer = prover.decide(step, owed, together).answer;
        out[a] = answer == Answer::kHolds;
        if (answer == Answer::kUndecided) ++undecided;
    }
    queries += prover.queries();
    return out;
}

}  // namespace quire::prove
