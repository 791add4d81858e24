#include "oracle.h"

#include <algorithm>
#include <set>

namespace quire::test {

namespace {

using State = std::vector<Value>;
constexpr std::uint32_t kNever = 1u << 30;

// Fewest switches of a shortest path to a state, by the thread that moved last.
using Costs = std::vector<std::uint32_t>;

class Oracle {
public:
    Oracle(const TransitionSystem& system, std::size_t max_states) : system_(system), max_states_(max_states) {}

    OracleAnswer run() {
        std::map<State, Costs> level;
        for (const Successor& start : start_states(system_)) {
            for (PropertyNumber cover : start.outcome.covers) found(cover, 0, 0);
            if (start.outcome.kind == OutcomeKind::kViolation) found(start.outcome.property, 0, 0);
            count(start.outcome.kind);
            if (start.outcome.kind != OutcomeKind::kDone) continue;
            Costs& costs = level.try_emplace(start.state, system_.threads.size(), kNever).first->second;
            costs[0] = 0;
        }
        for (; !level.empty(); ++answer_.depth) {
            for (const auto& [state, costs] : level) seen_.insert(state);
            std::map<State, Costs> next;
            for (const auto& [state, costs] : level) expand(state, costs, next);
            if (seen_.size() > max_states_) {
                answer_.complete = false;
                break;
            }
            level = std::move(next);
        }
        if (answer_.depth > 0) --answer_.depth;
        answer_.states = seen_.size();
        return answer_;
    }

private:
    void found(PropertyNumber property, std::uint32_t steps, std::uint32_t switches) {
        auto [place, added] = answer_.found.try_emplace(property, steps, switches);
        if (!added) place->second = std::min(place->second, {steps, switches});
    }
    void count(OutcomeKind kind) {
        if (kind == OutcomeKind::kDropped) ++answer_.dropped;
        if (kind == OutcomeKind::kExhausted) ++answer_.exhausted;
        if (kind == OutcomeKind::kTooLong) ++answer_.too_long;
    }
    // Properties of a state that a run reaches; false if the run ends there.
    bool check(const State& state, std::uint32_t steps, std::uint32_t switches, bool ends) {
        bool good = true;
        bool final = system_.is_final(state);
        for (PropertyNumber p = 0; p < system_.properties.size(); ++p) {
            const SystemProperty& property = system_.properties[p];
            bool cover =
                property.kind == SystemPropertyKind::kCoverState || (property.kind == SystemPropertyKind::kCoverFinal && final);
            if (cover && holds(system_, property, state)) found(p, steps, switches);
            if (property.kind == SystemPropertyKind::kInvariant && !holds(system_, property, state)) {
                found(p, steps, switches);
                good = false;
            }
        }
        if (!good || !ends) return good;
        for (PropertyNumber p = 0; p < system_.properties.size(); ++p) {
            const SystemProperty& property = system_.properties[p];
            if (property.kind == SystemPropertyKind::kFinally && final && !holds(system_, property, state)) {
                found(p, steps, switches);
                good = false;
            }
            if (property.kind == SystemPropertyKind::kDeadlock && property.enabled && !final && stuck(system_, state)) {
                found(p, steps, switches);
            }
            if (property.kind == SystemPropertyKind::kLeak && property.enabled && final && stuck(system_, state, true)) {
                for (const Object& o : system_.objects) {
                    if (o.pool && state[o.in_use] != 0) found(p, steps, switches);
                }
            }
        }
        return good;
    }

    void expand(const State& state, const Costs& costs, std::map<State, Costs>& next) {
        std::uint32_t least = *std::min_element(costs.begin(), costs.end());
        if (!check(state, answer_.depth, least, true)) return;
        for (const Successor& s : successors(system_, state)) {
            std::uint32_t cost = kNever;
            for (ThreadNumber last = 0; last < costs.size(); ++last) {
                cost = std::min(cost, costs[last] + (last != 0 && last != s.thread ? 1u : 0u));
            }
            std::uint32_t steps = answer_.depth + 1;
            for (PropertyNumber cover : s.outcome.covers) found(cover, steps, cost);
            if (s.outcome.kind == OutcomeKind::kViolation) found(s.outcome.property, steps, cost);
            count(s.outcome.kind);
            if (s.outcome.kind != OutcomeKind::kDone) continue;
            ++answer_.transitions;
            bool good = true;
            for (PropertyNumber p = 0; p < system_.properties.size(); ++p) {
                const SystemProperty& property = system_.properties[p];
                if (property.kind != SystemPropertyKind::kStep) continue;
                if (holds(system_, property, s.state, state, s.thread)) continue;
                found(p, steps, cost);
                good = false;
            }
            if (!good) {
                check(s.state, steps, cost, false);
                continue;
            }
            if (seen_.contains(s.state)) continue;
            Costs& there = next.try_emplace(s.state, system_.threads.size(), kNever).first->second;
            there[s.thread] = std::min(there[s.thread], cost);
        }
    }

    const TransitionSystem& system_;
    std::size_t max_states_;
    std::set<State> seen_;
    OracleAnswer answer_;
};

}  // namespace

OracleAnswer explore_simply(const TransitionSystem& system, std::size_t max_states) { return Oracle(system, max_states).run(); }

}  // namespace quire::test
