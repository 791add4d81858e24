// How wide is the hole: which share of the complete schedules ends in a bug.
//
// A schedule is a run from a start state to where no step is possible, or where a check fails or a property is false: who
// takes each step, and what it chooses.  Runs that an `assume`, an `allow` or a pool that is too small ends are none.
//
// Without cycles the schedules are finitely many.  Both of these are exact then: how many of them end in a bug (counted,
// with numbers as long as it takes), and how probable that is if each step is picked at random among those that are
// possible.  With cycles, or too many states, the probability is estimated from random runs: a fixed seed, and the
// interval of Wilson (1927) for 95 %.  A run that is cut off counts as one without a bug, and it is said how many were.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "support/budget.h"
#include "system/transition_system.h"

namespace quire {

// A natural number without bound.
class Natural {
public:
    Natural() = default;
    explicit Natural(std::uint32_t value) {
        if (value != 0) digits_.push_back(value);
    }
    Natural& operator+=(const Natural& other);
    bool is_zero() const { return digits_.empty(); }
    std::string text() const;  // "12", "1,234", "about 3.2e+45"
    friend double ratio(const Natural& part, const Natural& whole);
    friend bool operator==(const Natural&, const Natural&) = default;

private:
    std::vector<std::uint32_t> digits_;  // the least first; no zeros in front
};
double ratio(const Natural& part, const Natural& whole);

struct WidthOptions {
    std::size_t most_states = 200'000;  // for an exact answer
    std::uint64_t runs = 10'000;        // of an estimate
    std::uint32_t longest_run = 10'000;
    std::uint64_t seed = 1;
    const CancelToken* cancel = nullptr;
};

struct WidthReport {
    bool exact = false;
    std::string why_not_exact;
    // exact
    Natural schedules;
    std::map<PropertyNumber, Natural> ending_in;   // schedules, by what they end in
    std::map<PropertyNumber, double> probability;  // if steps are picked at random; estimated if not exact
    // estimated
    std::uint64_t runs = 0, cut_off = 0;
    std::map<PropertyNumber, std::uint64_t> hits;
    std::uint64_t seed = 0;
};

WidthReport measure_width(const TransitionSystem& system, const WidthOptions& options = {});

struct Interval {
    double least = 0, most = 0;
};
Interval wilson(std::uint64_t hits, std::uint64_t runs);

// For the trace that ends in `property`.
std::vector<std::string> width_lines(const WidthReport& report, PropertyNumber property);

}  // namespace quire
