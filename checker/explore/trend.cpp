#include "explore/trend.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace quire::explore {

namespace {

// Fewer levels show nothing.
constexpr std::size_t kFewestLevels = 12;
constexpr std::size_t kSmallestWindow = 6;
// A change of less than that from level to level is none.
constexpr double kSteady = 0.01;
// What lies beyond that multiple of what there is, is not foreseen.
constexpr double kFarthest = 20;
constexpr std::size_t kMostLevelsMore = 100'000;

struct Parabola {
    double a = 0, b = 0, c = 0;  // a x^2 + b x + c
    double at(double x) const { return (a * x + b) * x + c; }
};

// By least squares, of y[0], y[1], … at x = 0 for the last and -1, -2, … for those before.
Parabola fit(const double* y, std::size_t n) {
    std::array<double, 5> sums{};  // of powers of x
    std::array<double, 3> right{};
    for (std::size_t i = 0; i < n; ++i) {
        const double x = static_cast<double>(i) - static_cast<double>(n - 1);
        double power = 1;
        for (std::size_t p = 0; p < sums.size(); ++p, power *= x) {
            sums[p] += power;
            if (p < right.size()) right[p] += power * y[i];
        }
    }
    const auto& s = sums;
    auto determinant = [](double m00, double m01, double m02, double m10, double m11, double m12, double m20, double m21,
                          double m22) {
        return m00 * (m11 * m22 - m12 * m21) - m01 * (m10 * m22 - m12 * m20) + m02 * (m10 * m21 - m11 * m20);
    };
    const double all = determinant(s[0], s[1], s[2], s[1], s[2], s[3], s[2], s[3], s[4]);
    return {determinant(s[0], s[1], right[0], s[1], s[2], right[1], s[2], s[3], right[2]) / all,
            determinant(s[0], right[0], s[2], s[1], right[1], s[3], s[2], right[2], s[4]) / all,
            determinant(right[0], s[1], s[2], right[1], s[2], s[3], right[2], s[3], s[4]) / all};
}

}  // namespace

// States beyond the last level; nothing if there is no end of them.
std::optional<double> LevelTrend::continued(std::size_t window) const {
    const Parabola curve = fit(&logs_[logs_.size() - window], window);
    if (curve.a >= 0) return std::nullopt;
    double more = 0;
    const double shift = logs_.back() - curve.c;  // the curve starts where the levels are
    for (std::size_t x = 1; x < kMostLevelsMore; ++x) {
        const double log = curve.at(static_cast<double>(x)) + shift;
        if (log < 0) return more;
        more += std::exp(log);
        if (more > kFarthest * states_) return std::nullopt;
    }
    return std::nullopt;
}

void LevelTrend::add_level(std::uint64_t states) {
    logs_.push_back(std::log(static_cast<double>(std::max<std::uint64_t>(states, 1))));
    states_ += static_cast<double>(states);
    estimate_.reset();
    trend_ = Trend::kUnknown;
    const std::size_t n = logs_.size();
    if (n < 4) return;
    const double slope = (logs_[n - 1] - logs_[n - 4]) / 3;
    trend_ = slope > kSteady ? Trend::kGrowing : slope < -kSteady ? Trend::kShrinking : Trend::kSteady;
    if (n < kFewestLevels) return;
    Estimate more{kFarthest * states_, 0};
    for (std::size_t part : {4u, 3u, 2u}) {
        const std::optional<double> one = continued(std::max(kSmallestWindow, n / part));
        if (!one) return;
        more.least = std::min(more.least, *one);
        more.most = std::max(more.most, *one);
    }
    // Curves that agree by chance are not to be trusted more than others; and of a peak that is not seen yet, less is known.
    estimate_ = Estimate{states_ + more.least / 2, states_ + more.most * (trend_ == Trend::kShrinking ? 2 : 4)};
}

}  // namespace quire::explore
