// The affine hull (M. Karr, "Affine relationships among variables of a program", 1976; from data: M. Müller-Olm, H. Seidl,
// "A note on Karr's algorithm", 2004) of the sample over the parameters, the counters, what is shared, and truth values "it
// is v" of what is shared and has few values; the same of the part of the sample where a literal holds; and a small
// grammar of implications.  Rows are reduced modulo a prime, where numbers stay small; an equation counts only if its
// factors come back as small integers and it then holds in every state.
#include "prove/counting_facts.h"

#include <algorithm>
#include <map>
#include <set>

namespace quire::prove {

namespace {

constexpr std::uint64_t kHullPrime = 2147483647;
constexpr Value kLargestFactor = 64;
constexpr std::size_t kMostOneHot = 5;  // values of what is split into "it is v"
constexpr std::size_t kMostExcluded = 6000;

std::uint64_t into_modulo(Value v) {
    Value m = v % static_cast<Value>(kHullPrime);
    return static_cast<std::uint64_t>(m < 0 ? m + static_cast<Value>(kHullPrime) : m);
}

std::uint64_t inverse_modulo(std::uint64_t base) {
    std::uint64_t result = 1;
    for (std::uint64_t e = kHullPrime - 2; e != 0; e >>= 1) {
        if ((e & 1) != 0) result = result * base % kHullPrime;
        base = base * base % kHullPrime;
    }
    return result;
}

class CountingMiner {
public:
    CountingMiner(CountingSystem& system, const CountingSample& sample) : system_(system), terms_(system.terms), sample_(sample) {
        seen_.resize(system.variables.size());
        for (const CountingState& state : sample.states) {
            for (VariableNumber v = 0; v < system.variables.size(); ++v) seen_[v].insert(state[v]);
        }
        for (VariableNumber v = 0; v < system.variables.size(); ++v) {
            if (system.variables[v].kind == Kind::kParameter && !system.variables[v].of_threads) limits_.push_back(v);
        }
    }

    std::vector<CountingFact> guess() {
        bounds();
        choose_columns();
        hull(nullptr, 1);
        ranges();
        limits();
        whiles();
        together();
        somewhere();
        at_least();
        under();
        exclusions();
        asked();
        return std::move(facts_);
    }

private:
    using Kind = CountingVariable::Kind;
    using SparseRow = std::vector<std::pair<std::size_t, std::uint64_t>>;  // what is not 0, by column

    void add(FactKind kind, NodeId formula) {
        if (formula <= 1 || !known_.insert(formula).second) return;
        facts_.push_back({kind, formula});
    }

    NodeId of(VariableNumber v) { return terms_.variable(v); }
    NodeId is(VariableNumber v, Value value) { return terms_.equal(of(v), terms_.number(value)); }
    NodeId empty(VariableNumber counter) { return terms_.at_most(of(counter), terms_.number(0)); }
    bool is_shared(VariableNumber v) const { return system_.variables[v].kind == Kind::kGlobal; }
    bool is_counter(VariableNumber v) const { return system_.variables[v].kind == Kind::kCounter; }

    // The terms fold what these decide, so here they are built without it.
    void bounds() {
        for (VariableNumber v = 0; v < system_.variables.size(); ++v) {
            if (system_.variables[v].kind == Kind::kInternal) continue;
            facts_.push_back({FactKind::kBound, terms_.bound_of(v)});
        }
    }

    // What the spec says itself, part by part: its invariants and lemmas.
    void asked() {
        for (const CountingProperty& property : system_.properties) {
            if (!property.is_invariant) continue;
            const Node n = terms_[property.formula];
            const std::vector<NodeId> parts = n.kind == NodeKind::kAnd ? n.kids : std::vector<NodeId>{property.formula};
            for (NodeId part : parts) {
                auto holds = [&](const CountingState& state) { return terms_.holds(part, state); };
                if (std::all_of(sample_.states.begin(), sample_.states.end(), holds)) add(FactKind::kAsked, part);
            }
        }
    }

    void choose_columns() {
        columns_.push_back(terms_.number(1));
        for (VariableNumber v = 0; v < system_.variables.size(); ++v) {
            if (is_counter(v) && seen_[v].size() > 1) columns_.push_back(of(v));
        }
        for (VariableNumber v = 0; v < system_.variables.size(); ++v) {
            if (system_.variables[v].kind == Kind::kParameter) columns_.push_back(of(v));
        }
        first_shared_ = columns_.size();
        for (VariableNumber v = 0; v < system_.variables.size(); ++v) {
            if (system_.variables[v].kind == Kind::kParameter)
                columns_.push_back(terms_.truth(terms_.at_most(terms_.number(1), of(v))));
        }
        for (VariableNumber v = 0; v < system_.variables.size(); ++v) {
            if (!is_shared(v) || seen_[v].size() < 2) continue;
            columns_.push_back(of(v));
            bool one_hot = seen_[v].size() > 2 && seen_[v].size() <= kMostOneHot;
            for (Value value : seen_[v]) {
                if (one_hot) columns_.push_back(terms_.truth(is(v, value)));
            }
        }
        rows_.reserve(sample_.states.size());
        for (const CountingState& state : sample_.states) {
            std::vector<Value> row;
            for (NodeId column : columns_) row.push_back(terms_.evaluate(column, state));
            SparseRow residues;
            for (std::size_t c = 0; c < row.size(); ++c) {
                if (row[c] != 0) residues.emplace_back(c, into_modulo(row[c]));
            }
            residues_.push_back(std::move(residues));
            rows_.push_back(std::move(row));
        }
    }

    using Basis = std::map<std::size_t, std::vector<std::uint64_t>>;  // rows that are reduced by each other, by their pivot

    // Of the states that `selected` names; `condition`: the facts are for when it holds.
    void hull(const std::vector<char>* selected, NodeId condition) {
        Basis basis;
        std::vector<std::uint64_t> witness = witness_against(basis);
        for (std::size_t s = 0; s < residues_.size(); ++s) {
            if (selected != nullptr && (*selected)[s] == 0) continue;
            if (basis.size() + 1 > columns_.size()) break;
            std::uint64_t product = 0;
            for (const auto& [column, value] : residues_[s]) product = (product + value * witness[column]) % kHullPrime;
            if (product != 0 && widen(basis, residues_[s])) witness = witness_against(basis);
        }
        for (std::size_t free = 0; free < columns_.size(); ++free) {
            if (basis.count(free) != 0) continue;
            if (selected != nullptr && free < first_shared_) continue;
            equation(basis, free, selected, condition);
        }
    }

    // What has a product other than 0 with this is outside of what the basis spans.  The converse fails for one row of 2^31:
    // that costs an equation, which does not hold in every state, and is looked at for that.
    std::vector<std::uint64_t> witness_against(const Basis& basis) const {
        std::vector<std::uint64_t> witness(columns_.size(), 0);
        std::uint64_t random = 88172645463325252u;  // xorshift (G. Marsaglia, 2003)
        for (std::size_t c = 0; c < columns_.size(); ++c) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            if (basis.count(c) == 0) witness[c] = random % kHullPrime;
        }
        for (const auto& [pivot, row] : basis) {
            std::uint64_t sum = 0;
            for (std::size_t c = 0; c < row.size(); ++c) {
                if (row[c] != 0 && c != pivot && basis.count(c) == 0) sum = (sum + row[c] * witness[c]) % kHullPrime;
            }
            witness[pivot] = (kHullPrime - sum) % kHullPrime;
        }
        return witness;
    }

    // False: it is in there already.
    bool widen(Basis& basis, const SparseRow& sparse) const {
        std::vector<std::uint64_t> row(columns_.size(), 0);
        for (const auto& [column, value] : sparse) row[column] = value;
        for (const auto& [pivot, other] : basis) {
            const std::uint64_t times = row[pivot];
            for (std::size_t c = pivot; times != 0 && c < row.size(); ++c)
                row[c] = (row[c] + (kHullPrime - times) * other[c]) % kHullPrime;
        }
        std::size_t pivot = 0;
        while (pivot < row.size() && row[pivot] == 0) ++pivot;
        if (pivot == row.size()) return false;
        const std::uint64_t by = inverse_modulo(row[pivot]);
        for (std::uint64_t& x : row) x = x * by % kHullPrime;
        for (auto& [p, other] : basis) {
            const std::uint64_t times = other[pivot];
            for (std::size_t c = 0; times != 0 && c < row.size(); ++c)
                other[c] = (other[c] + (kHullPrime - times) * row[c]) % kHullPrime;
        }
        basis.emplace(pivot, std::move(row));
        return true;
    }

    // column `free` = sum of the others as the basis says
    void equation(const Basis& basis, std::size_t free, const std::vector<char>* selected, NodeId condition) {
        std::vector<Value> factors(columns_.size(), 0);
        Value scale = 1;
        // Halves and thirds come back as integers when scaled.
        for (; scale <= 4; ++scale) {
            bool fits = true;
            for (const auto& [pivot, row] : basis) {
                std::uint64_t x = row[free] * static_cast<std::uint64_t>(scale) % kHullPrime;
                Value factor =
                    x > kHullPrime / 2 ? static_cast<Value>(x) - static_cast<Value>(kHullPrime) : static_cast<Value>(x);
                fits = fits && factor >= -kLargestFactor && factor <= kLargestFactor;
                factors[pivot] = factor;
            }
            if (fits) break;
        }
        if (scale > 4) return;
        factors[free] = -scale;
        std::vector<std::size_t> used;
        for (std::size_t c = 0; c < factors.size(); ++c) {
            if (factors[c] != 0) used.push_back(c);
        }
        for (std::size_t s = 0; s < rows_.size(); ++s) {
            if (selected != nullptr && (*selected)[s] == 0) continue;
            Value sum = 0;
            for (std::size_t c : used) sum += factors[c] * rows_[s][c];
            if (sum != 0) return;
        }
        NodeId sum = terms_.number(0);
        for (std::size_t c = 0; c < factors.size(); ++c) {
            if (factors[c] != 0) sum = terms_.add(sum, terms_.scale(columns_[c], factors[c]));
        }
        NodeId holds = terms_.equal(sum, terms_.number(0));
        if (selected == nullptr) {
            add(FactKind::kEquation, holds);
        } else if (known_.count(holds) == 0) {
            add(FactKind::kUnder, terms_.implies(condition, holds));
        }
    }

    // With somebody here, there is somebody in that set: who is waited for.
    void somewhere() {
        for (const std::vector<LocalNumber>& members : system_.members) {
            NodeId sum = terms_.number(0);
            for (LocalNumber l : members) sum = terms_.add(sum, of(system_.counter_of[l]));
            for (VariableNumber c = 0; c < system_.variables.size(); ++c) {
                if (!is_counter(c) || seen_[c].size() < 2) continue;
                if (std::find(members.begin(), members.end(), system_.variables[c].local) != members.end()) continue;
                const NodeId fact = terms_.either(empty(c), terms_.at_most(terms_.number(1), sum));
                auto holds = [&](const CountingState& state) { return terms_.holds(fact, state); };
                if (std::all_of(sample_.states.begin(), sample_.states.end(), holds)) add(FactKind::kWhile, fact);
            }
        }
    }

    // What counts is at least the number of those with whom it is never zero: where some leak what they count, no equation says it.
    void at_least() {
        for (VariableNumber v = 0; v < system_.variables.size(); ++v) {
            if (!is_shared(v) || seen_[v].size() < 3) continue;
            std::vector<NodeId> conditions{1};
            for (VariableNumber p : limits_) conditions.push_back(terms_.negation(terms_.equal(of(v), of(p))));
            conditions.push_back(terms_.negation(is(v, *seen_[v].rbegin())));
            for (NodeId condition : conditions) at_least(v, condition);
        }
    }

    void at_least(VariableNumber v, NodeId condition) {
        std::vector<char> counts(system_.variables.size(), 1);
        for (const CountingState& state : sample_.states) {
            if (state[v] > 0 || !terms_.holds(condition, state)) continue;
            for (VariableNumber c = 0; c < system_.variables.size(); ++c) {
                if (state[c] != 0) counts[c] = 0;
            }
        }
        NodeId sum = terms_.number(0);
        for (VariableNumber c = 0; c < system_.variables.size(); ++c) {
            if (is_counter(c) && seen_[c].size() > 1 && counts[c] != 0) sum = terms_.add(sum, of(c));
        }
        const NodeId fact = terms_.implies(condition, terms_.at_most(sum, of(v)));
        auto holds = [&](const CountingState& state) { return terms_.holds(fact, state); };
        if (std::all_of(sample_.states.begin(), sample_.states.end(), holds)) add(FactKind::kUnder, fact);
    }

    // What the parameters are at least, and against a number that the spec leaves open.
    void limits() {
        for (VariableNumber p = 0; p < system_.variables.size(); ++p) {
            const bool parameter = system_.variables[p].kind == Kind::kParameter && !seen_[p].empty();
            if (parameter && *seen_[p].begin() > 0)
                add(FactKind::kRange, terms_.at_most(terms_.number(*seen_[p].begin()), of(p)));
        }
        for (VariableNumber v = 0; v < system_.variables.size(); ++v) {
            for (VariableNumber p : limits_) {
                if (!is_shared(v) || seen_[v].size() < 2) continue;
                bool below = true;
                for (const CountingState& state : sample_.states) below = below && state[v] <= state[p];
                if (below) add(FactKind::kRange, terms_.at_most(of(v), of(p)));
            }
        }
    }

    void ranges() {
        for (VariableNumber v = 0; v < system_.variables.size(); ++v) {
            if (is_counter(v)) {
                if (*seen_[v].rbegin() == 0)
                    add(FactKind::kExclusion, empty(v));
                else if (seen_[v].size() == 1)  // who is never started
                    add(FactKind::kEquation, is(v, *seen_[v].begin()));
            } else if (is_shared(v)) {
                add(FactKind::kRange, terms_.at_most(terms_.number(*seen_[v].begin()), of(v)));
                add(FactKind::kRange, terms_.at_most(of(v), terms_.number(*seen_[v].rbegin())));
            }
        }
    }

    void whiles() {
        for (VariableNumber c = 0; c < system_.variables.size(); ++c) {
            if (!is_counter(c) || seen_[c].size() < 2) continue;
            for (VariableNumber v = 0; v < system_.variables.size(); ++v) {
                if (is_shared(v) && seen_[v].size() > 1) while_in(c, v);
            }
        }
    }

    void while_in(VariableNumber c, VariableNumber v) {
        std::set<Value> there;
        for (const CountingState& state : sample_.states) {
            if (state[c] != 0) there.insert(state[v]);
        }
        implication(FactKind::kWhile, empty(c), v, there);
    }

    // unless or v is as in `there`.
    void implication(FactKind kind, NodeId unless, VariableNumber v, const std::set<Value>& there) {
        if (there.empty() || there == seen_[v]) return;
        if (there.size() == 1) add(kind, terms_.either(unless, is(v, *there.begin())));
        if (*there.begin() != *seen_[v].begin())
            add(kind, terms_.either(unless, terms_.at_most(terms_.number(*there.begin()), of(v))));
        if (*there.rbegin() != *seen_[v].rbegin())
            add(kind, terms_.either(unless, terms_.at_most(of(v), terms_.number(*there.rbegin()))));
        if (seen_[v].size() > kMostOneHot) return;
        for (Value value : seen_[v]) {
            if (there.count(value) == 0) add(kind, terms_.either(unless, terms_.negation(is(v, value))));
        }
    }

    // What two shared things are when one has some value.
    void together() {
        for (VariableNumber v = 0; v < system_.variables.size(); ++v) {
            if (!is_shared(v) || seen_[v].size() < 2) continue;
            for (const auto& [literal, holds] : literals_of(v)) {
                for (VariableNumber w = 0; w < system_.variables.size(); ++w) {
                    if (w == v || !is_shared(w) || seen_[w].size() < 2) continue;
                    std::set<Value> there;
                    for (const CountingState& state : sample_.states) {
                        if (holds(state)) there.insert(state[w]);
                    }
                    implication(FactKind::kTogether, terms_.negation(literal), w, there);
                }
                // Nobody is somewhere when it is so: for what counts, where `whiles` says it by bounds only.
                for (VariableNumber c = 0; seen_[v].size() > kMostOneHot && c < system_.variables.size(); ++c) {
                    if (!is_counter(c) || seen_[c].size() < 2) continue;
                    bool never = true;
                    for (const CountingState& state : sample_.states) never = never && !(holds(state) && state[c] != 0);
                    if (never) add(FactKind::kWhile, terms_.either(terms_.negation(literal), empty(c)));
                }
            }
        }
    }

    using Literal = std::pair<NodeId, std::function<bool(const CountingState&)>>;
    std::vector<Literal> literals_of(VariableNumber v) {
        std::vector<Literal> out;
        auto equal = [&](Value value) {
            out.emplace_back(is(v, value), [v, value](const CountingState& s) { return s[v] == value; });
        };
        for (VariableNumber p : limits_) {
            if (seen_[v].size() < 3) break;
            out.emplace_back(terms_.equal(of(v), of(p)), [v, p](const CountingState& s) { return s[v] == s[p]; });
            out.emplace_back(terms_.at_most(of(v), of(p)), [v, p](const CountingState& s) { return s[v] <= s[p]; });
            out.emplace_back(terms_.at_most(of(p), of(v)), [v, p](const CountingState& s) { return s[v] >= s[p]; });
        }
        if (seen_[v].size() <= kMostOneHot) {
            for (Value value : seen_[v]) equal(value);
            return out;
        }
        for (Value value : {Value{-1}, Value{0}, Value{1}, Value{2}}) {
            if (seen_[v].count(value) == 0) continue;
            equal(value);
            if (value >= 0)
                out.emplace_back(terms_.at_most(terms_.number(value), of(v)),
                                 [v, value](const CountingState& s) { return s[v] >= value; });
            if (value >= 1)
                out.emplace_back(terms_.at_most(of(v), terms_.number(value)),
                                 [v, value](const CountingState& s) { return s[v] <= value; });
        }
        return out;
    }

    void under() {
        for (VariableNumber v = 0; v < system_.variables.size(); ++v) {
            if (!is_shared(v) || seen_[v].size() < 2) continue;
            for (const auto& [literal, holds] : literals_of(v)) {
                for (bool positive : {true, false}) {
                    std::vector<char> selected;
                    std::size_t count = 0;
                    for (const CountingState& state : sample_.states) {
                        selected.push_back(holds(state) == positive ? 1 : 0);
                        count += static_cast<std::size_t>(selected.back());
                    }
                    if (count != 0) hull(&selected, positive ? literal : terms_.negation(literal));
                    if (seen_[v].size() == 2 && limits_.empty()) break;  // the other one is the other literal
                }
            }
        }
    }

    void exclusions() {
        std::vector<VariableNumber> counters;
        for (VariableNumber v = 0; v < system_.variables.size(); ++v) {
            if (is_counter(v) && seen_[v].size() > 1) counters.push_back(v);
        }
        std::vector<std::vector<char>> met(counters.size(), std::vector<char>(counters.size(), 0));
        std::vector<std::size_t> here;
        for (const CountingState& state : sample_.states) {
            here.clear();
            for (std::size_t i = 0; i < counters.size(); ++i) {
                if (state[counters[i]] != 0) here.push_back(i);
            }
            for (std::size_t i : here) {
                for (std::size_t j : here) met[i][j] = 1;
                if (state[counters[i]] > 1) met[i][i] = 2;
            }
        }
        std::size_t count = 0;
        for (std::size_t i = 0; i < counters.size(); ++i) {
            if (met[i][i] == 1) add(FactKind::kExclusion, terms_.at_most(of(counters[i]), terms_.number(1)));
            for (std::size_t j = i + 1; j < counters.size(); ++j) {
                if (met[i][j] != 0 || ++count > kMostExcluded) continue;
                add(FactKind::kExclusion, terms_.either(empty(counters[i]), empty(counters[j])));
            }
        }
    }

    CountingSystem& system_;
    CountingTerms& terms_;
    const CountingSample& sample_;
    std::vector<std::set<Value>> seen_;
    std::vector<NodeId> columns_;
    std::size_t first_shared_ = 0;
    std::vector<VariableNumber> limits_;  // parameters that are no number of threads
    std::vector<std::vector<Value>> rows_;
    std::vector<SparseRow> residues_;  // the same, modulo the prime
    std::vector<CountingFact> facts_;
    std::set<NodeId> known_;
};

}  // namespace

std::vector<CountingFact> guess_facts(CountingSystem& system, const CountingSample& sample) {
    if (sample.states.empty()) return {};
    return CountingMiner(system, sample).guess();
}

}  // namespace quire::prove
