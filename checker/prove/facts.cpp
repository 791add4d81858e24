// Facts are guessed as in dynamic invariant detection (M. Ernst, J. Cockrell, W. Griswold, D. Notkin, "Dynamically
// discovering likely program invariants to support program evolution", 2001), from a grammar that suits counting
// protocols: ranges; what a cell is while a thread stands at a place; and every linear equation between cells and places
// (linear_facts.cpp), such as "the count is the list's reference and those of the threads that stand where they hold
// one".  Places that exclude one another and values that do come later, for there are many.
//
// Invariant: each fact holds in every state of the sample, and evaluating it faults in no state.
#include "prove/facts.h"

#include <algorithm>
#include <map>
#include <set>

#include "prove/linear_facts.h"

namespace quire::prove {

namespace {

constexpr std::size_t kMostListed = 8;  // values of a cell that are told apart one by one

using Values = std::set<Value>;

class Miner {
public:
    Miner(const TransitionSystem& system, const Sample& sample, std::vector<bool> wanted, const std::function<bool()>& stop,
          ExpressionPool& pool)
        : system_(system), sample_(sample), wanted_(std::move(wanted)), stop_(stop), pool_(pool) {
        seen_.resize(system.cell_count());
        for (const std::vector<Value>& state : sample.states) {
            for (Address a = 0; a < state.size(); ++a) seen_[a].insert(state[a]);
        }
        for (ThreadNumber t = 1; t < system.threads.size(); ++t) {
            const ThreadRole& role = system.roles[system.threads[t].role];
            locations_.push_back(system.variables[role.location_variable].base + system.threads[t].index);
        }
    }

    std::vector<Fact> cheap() {
        for (Address a = 0; a < seen_.size(); ++a) {
            if (wanted_[a]) ranges(a);
        }
        for (std::size_t t = 0; t < locations_.size() && !stop_(); ++t) at_places(static_cast<ThreadNumber>(t + 1));
        for (ExprId equation : linear_facts(system_, sample_, locations_, wanted_, stop_, pool_))
            facts_.push_back({equation, kNone, 0});
        return std::move(facts_);
    }

    std::vector<Fact> dear(std::size_t most) {
        std::vector<std::pair<Address, Value>> literals;
        for (Address a = 0; a < seen_.size(); ++a) {
            bool place = is_location(a);
            if (seen_[a].size() < 2 || (!place && (seen_[a].size() > kMostListed / 2 || of_frame(a)))) continue;
            for (Value v : seen_[a]) literals.emplace_back(a, v);
        }
        std::set<std::pair<std::size_t, std::size_t>> together = pairs_that_meet(literals);
        for (std::size_t i = 0; i < literals.size(); ++i) {
            for (std::size_t j = i + 1; j < literals.size() && facts_.size() < most; ++j) {
                auto [a, v] = literals[i];
                auto [b, w] = literals[j];
                // A place and a value were related before.
                if (a == b || is_location(a) != is_location(b) || together.count({i, j}) != 0) continue;
                ExprId either = pool_.op(Op::kOr, kBoolType, differs(a, v), differs(b, w));
                facts_.push_back({either, is_location(a) ? a : kNone, v});
            }
        }
        return std::move(facts_);
    }

private:
    const Variable& variable(Address a) const { return system_.variables[system_.cell_variable[a]]; }
    bool is_location(Address a) const { return variable(a).kind == VariableKind::kLocation; }
    // Memory of one thread: what others stand at says little about it.
    bool of_frame(Address a) const { return variable(a).role != kNone || variable(a).owner != 0; }
    bool of_thread(Address a, ThreadNumber t) const {
        const Variable& v = variable(a);
        if (v.role != kNone) return v.role == system_.threads[t].role && a - v.base == system_.threads[t].index;
        return v.owner == 0 || v.owner == t;
    }

    ExprId cell(Address a) { return pool_.load(pool_.literal(a, kLongType), variable(a).type); }
    ExprId compare(Op op, Address a, Value v) { return pool_.op(op, kLongType, cell(a), pool_.literal(v, kLongType)); }
    ExprId differs(Address a, Value v) { return compare(Op::kNotEqual, a, v); }

    // What tells `some` from all that lies in `all`: conditions that every value of `some` meets.
    std::vector<ExprId> narrower(Address a, const Values& some, Value lo, Value hi, const Values* all) {
        if (some.size() == 1 && lo != hi) return {compare(Op::kEqual, a, *some.begin())};
        std::vector<ExprId> out;
        if (all != nullptr) {
            for (Value v : *all) {
                if (some.count(v) == 0) out.push_back(differs(a, v));
            }
            return out;
        }
        if (*some.begin() > lo) out.push_back(compare(Op::kGreaterEqual, a, *some.begin()));
        if (*some.rbegin() < hi) out.push_back(compare(Op::kLessEqual, a, *some.rbegin()));
        return out;
    }

    void ranges(Address a) {
        if (seen_[a].empty()) return;
        const Variable& v = variable(a);
        for (ExprId condition : narrower(a, seen_[a], v.lo, v.hi, nullptr)) facts_.push_back({condition, kNone, 0});
        if (seen_[a].size() == 1 || (seen_[a].size() > kMostListed && !is_location(a))) return;
        Value first = *seen_[a].begin(), last = *seen_[a].rbegin();
        if (last - first > 256) return;
        for (Value value = first; value <= last; ++value) {
            if (seen_[a].count(value) == 0) facts_.push_back({differs(a, value), kNone, 0});
        }
    }

    void at_places(ThreadNumber t) {
        Address place = locations_[t - 1];
        std::map<Value, std::vector<Values>> here;  // by place, by cell
        for (const std::vector<Value>& state : sample_.states) {
            std::vector<Values>& cells = here.try_emplace(state[place], system_.cell_count()).first->second;
            for (Address a = 0; a < state.size(); ++a) cells[a].insert(state[a]);
        }
        for (const auto& [at, cells] : here) {
            for (Address a = 0; a < cells.size(); ++a) {
                if (!wanted_[a] || is_location(a) || seen_[a].size() < 2 || cells[a].size() == seen_[a].size() ||
                    !of_thread(a, t))
                    continue;
                const Values* listed = seen_[a].size() <= kMostListed ? &seen_[a] : nullptr;
                for (ExprId then : narrower(a, cells[a], *seen_[a].begin(), *seen_[a].rbegin(), listed)) {
                    facts_.push_back({pool_.op(Op::kImplies, kBoolType, compare(Op::kEqual, place, at), then), place, at});
                }
            }
        }
    }

    std::set<std::pair<std::size_t, std::size_t>> pairs_that_meet(const std::vector<std::pair<Address, Value>>& literals) const {
        std::set<std::pair<std::size_t, std::size_t>> together;
        std::vector<std::size_t> present;
        for (const std::vector<Value>& state : sample_.states) {
            if (stop_()) break;
            present.clear();
            for (std::size_t i = 0; i < literals.size(); ++i) {
                if (state[literals[i].first] == literals[i].second) present.push_back(i);
            }
            for (std::size_t i = 0; i < present.size(); ++i) {
                for (std::size_t j = i + 1; j < present.size(); ++j) together.emplace(present[i], present[j]);
            }
        }
        return together;
    }

    const TransitionSystem& system_;
    const Sample& sample_;
    const std::vector<bool> wanted_;  // by cell
    const std::function<bool()>& stop_;
    ExpressionPool& pool_;
    std::vector<Values> seen_;        // by cell
    std::vector<Address> locations_;  // by thread - 1
    std::vector<Fact> facts_;
};

}  // namespace

std::vector<Fact> mine_facts(const TransitionSystem& system, const Sample& sample, const std::vector<bool>& wanted,
                             const std::function<bool()>& stop, ExpressionPool& pool) {
    return Miner(system, sample, wanted, stop, pool).cheap();
}

std::vector<Fact> mine_exclusions(const TransitionSystem& system, const Sample& sample, const std::function<bool()>& stop,
                                  ExpressionPool& pool, std::size_t most) {
    return Miner(system, sample, std::vector<bool>(system.cell_count(), true), stop, pool).dear(most);
}

}  // namespace quire::prove
