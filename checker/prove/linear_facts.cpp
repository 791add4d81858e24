// The affine hull of the sampled states (M. Karr, "Affine relationships among variables of a program", 1976; from data as in
// M. Müller-Olm, H. Seidl, "A note on Karr's algorithm", 2004): each state is a row over the columns 1, "thread t stands at l",
// "cell a is v" for cells of few values, and the cells that count.  What is orthogonal to every row is an equation that
// holds in all of them.  Rows are reduced modulo a prime, where numbers stay small; an equation counts only if its
// coefficients come back as small integers and it then holds in every row over the integers.
#include "prove/linear_facts.h"

#include <algorithm>
#include <cstdint>
#include <set>

namespace quire::prove {

namespace {

constexpr std::uint64_t kPrime = 2147483647;  // 2^31 - 1: products fit 64 bits
constexpr std::size_t kMostColumns = 320;
constexpr std::size_t kMostSplitValues = 4;  // of a cell that is split into its values
constexpr Value kLargestValue = 1 << 20;     // of a cell in an equation
constexpr Value kLargestCoefficient = 64;

struct Column {
    Address cell = kNone;    // kNone: the constant 1
    bool indicator = false;  // 1 where the cell is `value`, else 0
    Value value = 0;
};

std::uint64_t power(std::uint64_t base, std::uint64_t exponent) {
    std::uint64_t result = 1;
    for (; exponent != 0; exponent >>= 1) {
        if ((exponent & 1) != 0) result = result * base % kPrime;
        base = base * base % kPrime;
    }
    return result;
}

class Hull {
public:
    Hull(const TransitionSystem& system, const Sample& sample, const std::vector<Address>& locations,
         const std::vector<bool>& wanted)
        : system_(system), sample_(sample), locations_(locations), wanted_(wanted) {
        choose_columns();
    }

    std::vector<ExprId> equations(const std::function<bool()>& stop, ExpressionPool& pool) {
        for (const std::vector<Value>& state : sample_.states) {
            if (stop()) return {};
            add_row(state);
        }
        std::vector<ExprId> out;
        std::set<std::size_t> pivots;
        for (const auto& [pivot, row] : basis_) pivots.insert(pivot);
        for (std::size_t free = 0; free < columns_.size(); ++free) {
            if (pivots.count(free) != 0) continue;
            std::vector<Value> factors = equation(free);
            if (!factors.empty() && holds_everywhere(factors)) out.push_back(expression(factors, pool));
        }
        return out;
    }

private:
    // Earlier columns are what later ones are expressed in: places first.
    void choose_columns() {
        columns_.push_back({});
        std::vector<std::set<Value>> seen(system_.cell_count());
        for (const std::vector<Value>& state : sample_.states) {
            for (Address a = 0; a < state.size(); ++a) seen[a].insert(state[a]);
        }
        for (Address a : locations_) split(a, seen[a]);
        for (bool frames : {true, false}) {
            for (Address a = 0; a < seen.size(); ++a) {
                const Variable& v = system_.variables[system_.cell_variable[a]];
                if (!wanted_[a] || v.kind == VariableKind::kLocation || (v.role != kNone || v.owner != 0) != frames ||
                    seen[a].size() < 2)
                    continue;
                bool counts = v.type.kind == ScalarKind::kInteger || v.type.kind == ScalarKind::kBool;
                bool small = *seen[a].begin() >= -kLargestValue && *seen[a].rbegin() <= kLargestValue;
                if (counts && small && columns_.size() < kMostColumns) columns_.push_back({a, false, 0});
                if (!counts && seen[a].size() <= kMostSplitValues) split(a, seen[a]);
            }
        }
    }

    // All values but the first, which is what the others are not.
    void split(Address a, const std::set<Value>& values) {
        for (auto v = values.begin(); v != values.end(); ++v) {
            if (v != values.begin() && columns_.size() < kMostColumns) columns_.push_back({a, true, *v});
        }
    }

    static Value entry(const Column& column, const std::vector<Value>& state) {
        if (column.cell == kNone) return 1;
        return column.indicator ? (state[column.cell] == column.value ? 1 : 0) : state[column.cell];
    }

    void add_row(const std::vector<Value>& state) {
        std::vector<std::uint64_t> row(columns_.size());
        for (std::size_t c = 0; c < columns_.size(); ++c) {
            Value value = entry(columns_[c], state) % static_cast<Value>(kPrime);
            row[c] = static_cast<std::uint64_t>(value < 0 ? value + static_cast<Value>(kPrime) : value);
        }
        for (const auto& [pivot, other] : basis_) subtract(row, other, pivot);
        std::size_t pivot = 0;
        while (pivot < row.size() && row[pivot] == 0) ++pivot;
        if (pivot == row.size()) return;
        std::uint64_t inverse = power(row[pivot], kPrime - 2);
        for (std::uint64_t& x : row) x = x * inverse % kPrime;
        for (auto& [number, other] : basis_) subtract(other, row, pivot);
        basis_.emplace_back(pivot, std::move(row));
    }

    static void subtract(std::vector<std::uint64_t>& from, const std::vector<std::uint64_t>& what, std::size_t pivot) {
        std::uint64_t factor = from[pivot];
        if (factor == 0) return;
        for (std::size_t c = 0; c < from.size(); ++c) {
            if (what[c] != 0) from[c] = (from[c] + (kPrime - factor) * what[c]) % kPrime;
        }
    }

    // The one that says what column `free` is; nothing if no small integers say it.
    std::vector<Value> equation(std::size_t free) const {
        for (Value scale = 1; scale <= 4; ++scale) {
            std::vector<Value> factors(columns_.size(), 0);
            factors[free] = -scale;
            bool small = true;
            for (const auto& [pivot, row] : basis_) {
                Value factor = static_cast<Value>(row[free] * static_cast<std::uint64_t>(scale) % kPrime);
                if (factor > static_cast<Value>(kPrime / 2)) factor -= static_cast<Value>(kPrime);
                small = small && factor >= -kLargestCoefficient && factor <= kLargestCoefficient;
                factors[pivot] = factor;
            }
            if (small) return factors;
        }
        return {};
    }

    bool holds_everywhere(const std::vector<Value>& factors) const {
        return std::all_of(sample_.states.begin(), sample_.states.end(), [&](const std::vector<Value>& state) {
            Value sum = 0;
            for (std::size_t c = 0; c < columns_.size(); ++c) {
                if (factors[c] != 0) sum += factors[c] * entry(columns_[c], state);
            }
            return sum == 0;
        });
    }

    ExprId expression(const std::vector<Value>& factors, ExpressionPool& pool) const {
        ExprId sum = pool.literal(0, kLongType);
        for (std::size_t c = 0; c < columns_.size(); ++c) {
            if (factors[c] == 0) continue;
            ExprId factor = pool.literal(factors[c], kLongType);
            ExprId term = factor;
            if (columns_[c].cell != kNone) {
                const Variable& v = system_.variables[system_.cell_variable[columns_[c].cell]];
                ExprId cell = pool.load(pool.literal(columns_[c].cell, kLongType), v.type);
                if (columns_[c].indicator) {
                    ExprId here = pool.op(Op::kEqual, kLongType, cell, pool.literal(columns_[c].value, kLongType));
                    term = pool.op(Op::kSelect, kLongType, here, factor, pool.literal(0, kLongType));
                } else {
                    // Beyond this the sum could overflow; no such cell counts anything.
                    ExprId far = pool.literal(kLargestValue, kLongType);
                    ExprId near = pool.op(Op::kAnd, kBoolType, pool.op(Op::kLessEqual, kLongType, cell, far),
                                          pool.op(Op::kGreaterEqual, kLongType, cell, pool.literal(-kLargestValue, kLongType)));
                    bool always = v.lo >= -kLargestValue && v.hi <= kLargestValue;
                    ExprId bounded = always ? cell : pool.op(Op::kSelect, kLongType, near, cell, far);
                    term = pool.op(Op::kMultiply, kLongType, bounded, factor);
                }
            }
            sum = pool.op(Op::kAdd, kLongType, sum, term);
        }
        return pool.op(Op::kEqual, kLongType, sum, pool.literal(0, kLongType));
    }

    const TransitionSystem& system_;
    const Sample& sample_;
    const std::vector<Address>& locations_;
    const std::vector<bool>& wanted_;
    std::vector<Column> columns_;
    std::vector<std::pair<std::size_t, std::vector<std::uint64_t>>> basis_;  // by pivot column; reduced against one another
};

}  // namespace

std::vector<ExprId> linear_facts(const TransitionSystem& system, const Sample& sample, const std::vector<Address>& locations,
                                 const std::vector<bool>& wanted, const std::function<bool()>& stop, ExpressionPool& pool) {
    return Hull(system, sample, locations, wanted).equations(stop, pool);
}

}  // namespace quire::prove
