// How many states there will be, from the sizes of the levels so far.
//
// Levels of protocols grow, then shrink, and their logarithms lie about on a parabola: near the start the ways to go on
// multiply, near the end threads have ended.  Parabolas are fitted to the last levels, as many as a quarter, a third, and
// half of them; their continuations are the estimate, and how they differ says how good it is.
//
// No estimate is given before there are some levels, nor while some continuation has no end that can be foreseen.  A second
// wave of states is not to be seen before it comes, so an estimate is never a bound.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "system/verdict.h"

namespace quire::explore {

class LevelTrend {
public:
    void add_level(std::uint64_t states);

    Trend trend() const { return trend_; }
    // Of states in the end, when `states` are in the levels so far.
    std::optional<Estimate> all_states() const { return estimate_; }

private:
    std::optional<double> continued(std::size_t window) const;

    std::vector<double> logs_;
    double states_ = 0;
    Trend trend_ = Trend::kUnknown;
    std::optional<Estimate> estimate_;
};

}  // namespace quire::explore
