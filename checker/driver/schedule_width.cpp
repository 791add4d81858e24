// E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
//
// The graph is built depth first.  Invariant: when a state is finished all its successors are, so its sums are final; a
// step to a state that is still open closes a cycle, and the exact count is given up.
#include "driver/schedule_width.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <unordered_map>

#include <fmt/format.h>

#include "report/text_layout.h"
#include "system/execute.h"
#include "system/verdict.h"

namespace quire {

Natural& Natural::operator+=(const Natural& other) {
    if (digits_.size() < other.digits_.size()) digits_.resize(other.digits_.size(), 0);
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < digits_.size(); ++i) {
        carry += std::uint64_t{digits_[i]} + (i < other.digits_.size() ? other.digits_[i] : 0);
        digits_[i] = static_cast<std::uint32_t>(carry);
        carry >>= 32;
    }
    if (carry != 0) digits_.push_back(static_cast<std::uint32_t>(carry));
    return *this;
}

std::string Natural::text() const {
    constexpr std::size_t kLongest = 2;  // digits of 32 bits
    if (digits_.size() <= kLongest) {
        std::uint64_t value = 0;
        for (std::size_t i = digits_.size(); i-- > 0;) value = value << 32 | digits_[i];
        return grouped(value);
    }
    // Its logarithm, from the three leading digits.
    double leading = 0;
    for (std::size_t i = 0; i < 3; ++i) leading = leading * 4294967296.0 + digits_[digits_.size() - 1 - i];
    double log = std::log10(leading) + static_cast<double>(digits_.size() - 3) * 32 * std::log10(2.0);
    double exponent = std::floor(log);
    return fmt::format("about {:.1f}e+{:.0f}", std::pow(10.0, log - exponent), exponent);
}

double ratio(const Natural& part, const Natural& whole) {
    if (whole.digits_.empty() || part.digits_.size() + 4 < whole.digits_.size()) return 0;
    // Enough leading digits of both, at the same place.
    auto leading = [&](const Natural& n) {
        double value = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            std::size_t at = whole.digits_.size() - 1 - i;
            value = value * 4294967296.0 + (i < whole.digits_.size() && at < n.digits_.size() ? n.digits_[at] : 0);
        }
        return value;
    };
    return leading(part) / leading(whole);
}

namespace {

struct StateHash {
    std::size_t operator()(const std::vector<Value>& state) const {
        std::uint64_t hash = 0x9e3779b97f4a7c15u;
        for (Value v : state) hash = (hash ^ static_cast<std::uint64_t>(v)) * 0x100000001b3u + (hash >> 29);
        return static_cast<std::size_t>(hash);
    }
};

// What a run that is in this state, having come from `before`, ends in; kNone: it goes on, or ends well.
PropertyNumber violated_in(const TransitionSystem& system, const std::vector<Value>& state, const std::vector<Value>* before,
                           ThreadNumber acting) {
    for (PropertyNumber p = 0; p < system.properties.size(); ++p) {
        const SystemProperty& property = system.properties[p];
        bool judged = property.enabled && (property.kind == SystemPropertyKind::kInvariant ||
                                           (property.kind == SystemPropertyKind::kStep && before != nullptr));
        if (!judged) continue;
        std::span<const Value> earlier;
        if (before != nullptr) earlier = *before;
        if (truth_of(system, property, state, earlier, acting) == Truth::kFalse) return p;
    }
    return kNone;
}

// In a state from which no step leads on.
PropertyNumber violated_at_end(const TransitionSystem& system, const std::vector<Value>& state) {
    const bool is_final = system.is_final(state);
    for (PropertyNumber p = 0; p < system.properties.size(); ++p) {
        const SystemProperty& property = system.properties[p];
        if (!property.enabled) continue;
        if (property.kind == SystemPropertyKind::kDeadlock && !is_final) return p;
        if (property.kind == SystemPropertyKind::kFinally && is_final && truth_of(system, property, state) == Truth::kFalse)
            return p;
        if (property.kind != SystemPropertyKind::kLeak || !is_final) continue;
        for (const Object& object : system.objects) {
            if (object.pool && state[object.in_use] != 0) return p;
        }
    }
    return kNone;
}

// A state where everything has ended but daemons is the end of what its properties say; one that is false there ends the run.
PropertyNumber violated_when_final(const TransitionSystem& system, const std::vector<Value>& state) {
    if (!system.is_final(state)) return kNone;
    for (PropertyNumber p = 0; p < system.properties.size(); ++p) {
        const SystemProperty& property = system.properties[p];
        if (property.enabled && property.kind == SystemPropertyKind::kFinally &&
            truth_of(system, property, state) == Truth::kFalse)
            return p;
    }
    return kNone;
}

struct Sums {
    Natural all;
    std::map<PropertyNumber, Natural> bad;
    std::map<PropertyNumber, double> chance;
    double complete = 0;  // the chance of a run that is complete
};

class ExactWidth {
public:
    ExactWidth(const TransitionSystem& system, const WidthOptions& options) : system_(system), options_(options) {}

    // Empty, or why there is no exact answer.
    std::string measure(WidthReport& report);

private:
    struct Node {
        std::vector<Value> state;
        std::vector<Successor> steps;
        std::size_t next = 0;
        std::size_t number = 0;
    };

    void add_end(Sums& sums, PropertyNumber property, double share);
    void add(Sums& sums, const Sums& other, double share);
    bool open(std::vector<Value> state);

    const TransitionSystem& system_;
    const WidthOptions& options_;
    std::unordered_map<std::vector<Value>, std::size_t, StateHash> numbers_;
    std::vector<Sums> sums_;
    std::vector<bool> finished_;
    std::vector<Node> stack_;
};

void ExactWidth::add_end(Sums& sums, PropertyNumber property, double share) {
    sums.all += Natural(1);
    sums.complete += share;
    if (property == kNone) return;
    sums.bad[property] += Natural(1);
    sums.chance[property] += share;
}

void ExactWidth::add(Sums& sums, const Sums& other, double share) {
    sums.all += other.all;
    sums.complete += share * other.complete;
    for (const auto& [property, count] : other.bad) sums.bad[property] += count;
    for (const auto& [property, chance] : other.chance) sums.chance[property] += share * chance;
}

// False if there are too many states.
bool ExactWidth::open(std::vector<Value> state) {
    if (numbers_.size() >= options_.most_states) return false;
    Node node;
    node.number = sums_.size();
    numbers_.emplace(state, node.number);
    sums_.emplace_back();
    finished_.push_back(false);
    PropertyNumber ended = violated_when_final(system_, state);
    if (ended == kNone) node.steps = successors(system_, state);
    if (node.steps.empty()) add_end(sums_.back(), ended != kNone ? ended : violated_at_end(system_, state), 1);
    node.state = std::move(state);
    stack_.push_back(std::move(node));
    return true;
}

std::string ExactWidth::measure(WidthReport& report) {
    Sums root;
    std::vector<Successor> starts = start_states(system_);
    const double start_share = starts.empty() ? 0 : 1.0 / static_cast<double>(starts.size());
    for (Successor& start : starts) {
        if (start.outcome.kind == OutcomeKind::kViolation) add_end(root, start.outcome.property, start_share);
        if (start.outcome.kind != OutcomeKind::kDone) continue;
        PropertyNumber bad = violated_in(system_, start.state, nullptr, 0);
        if (bad != kNone) {
            add_end(root, bad, start_share);
            continue;
        }
        auto known = numbers_.find(start.state);
        if (known == numbers_.end()) {
            if (!open(start.state)) return "too many states";
            while (!stack_.empty()) {
                if (options_.cancel != nullptr && options_.cancel->cancelled()) return "interrupted";
                const std::size_t top = stack_.size() - 1;
                const std::size_t number = stack_[top].number;
                if (stack_[top].next == stack_[top].steps.size()) {
                    finished_[number] = true;
                    stack_.pop_back();
                    continue;
                }
                const double share = 1.0 / static_cast<double>(stack_[top].steps.size());
                Successor& step = stack_[top].steps[stack_[top].next];
                if (step.outcome.kind == OutcomeKind::kViolation) add_end(sums_[number], step.outcome.property, share);
                if (step.outcome.kind != OutcomeKind::kDone) {
                    ++stack_[top].next;
                    continue;
                }
                auto found = numbers_.find(step.state);
                if (PropertyNumber p = violated_in(system_, step.state, &stack_[top].state, step.thread); p != kNone) {
                    add_end(sums_[number], p, share);
                    ++stack_[top].next;
                } else if (found == numbers_.end()) {
                    // This step is looked at again when what it leads to is finished.
                    if (!open(step.state)) return "too many states";
                } else if (!finished_[found->second]) {
                    return "there are cycles";
                } else {
                    add(sums_[number], sums_[found->second], share);
                    ++stack_[top].next;
                }
            }
            known = numbers_.find(start.state);
        }
        add(root, sums_[known->second], start_share);
    }
    report.exact = true;
    report.schedules = root.all;
    report.ending_in = root.bad;
    for (const auto& [property, chance] : root.chance)
        report.probability[property] = root.complete > 0 ? chance / root.complete : 0;
    return {};
}

// SplitMix64 (Steele, Lea, Flood 2014): small, and the same everywhere.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    std::size_t below(std::size_t bound) {
        state_ += 0x9e3779b97f4a7c15u;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return static_cast<std::size_t>((z ^ (z >> 31)) % bound);
    }

private:
    std::uint64_t state_;
};

enum class RunEnd : std::uint8_t { kComplete, kDropped, kCutOff };

RunEnd random_run(const TransitionSystem& system, const std::vector<Successor>& starts, const WidthOptions& options,
                  Random& random, PropertyNumber& bad) {
    const Successor& start = starts[random.below(starts.size())];
    bad = start.outcome.property;
    if (start.outcome.kind == OutcomeKind::kViolation) return RunEnd::kComplete;
    if (start.outcome.kind != OutcomeKind::kDone) return RunEnd::kDropped;
    std::vector<Value> state = start.state;
    bad = violated_in(system, state, nullptr, 0);
    for (std::uint32_t step = 0; step < options.longest_run; ++step) {
        if (bad == kNone) bad = violated_when_final(system, state);
        if (bad != kNone) return RunEnd::kComplete;
        std::vector<Successor> steps = successors(system, state);
        if (steps.empty()) {
            bad = violated_at_end(system, state);
            return RunEnd::kComplete;
        }
        Successor& taken = steps[random.below(steps.size())];
        bad = taken.outcome.property;
        if (taken.outcome.kind == OutcomeKind::kViolation) return RunEnd::kComplete;
        if (taken.outcome.kind != OutcomeKind::kDone) return RunEnd::kDropped;
        bad = violated_in(system, taken.state, &state, taken.thread);
        state = std::move(taken.state);
    }
    return RunEnd::kCutOff;
}

void estimate(const TransitionSystem& system, const WidthOptions& options, WidthReport& report) {
    Random random(options.seed);
    report.seed = options.seed;
    std::vector<Successor> starts = start_states(system);
    if (starts.empty()) return;
    std::uint64_t tried = 0;
    // Dropped runs are no runs; where all are, there is nothing to say.
    while (report.runs < options.runs && tried < 10 * options.runs) {
        if (options.cancel != nullptr && options.cancel->cancelled()) break;
        ++tried;
        PropertyNumber bad = kNone;
        RunEnd end = random_run(system, starts, options, random, bad);
        if (end == RunEnd::kDropped) continue;
        ++report.runs;
        if (end == RunEnd::kCutOff) ++report.cut_off;
        if (end == RunEnd::kComplete && bad != kNone) ++report.hits[bad];
    }
    for (const auto& [property, hits] : report.hits)
        report.probability[property] = static_cast<double>(hits) / static_cast<double>(report.runs);
}

std::string percent(double share) {
    if (share > 0 && share < 0.0005) return fmt::format("{:.1e}", share);
    return fmt::format("{:.1f}%", share * 100);
}

}  // namespace

Interval wilson(std::uint64_t hits, std::uint64_t runs) {
    if (runs == 0) return {0, 1};
    constexpr double z = 1.959964;  // 95 %
    const double n = static_cast<double>(runs);
    const double p = static_cast<double>(hits) / n;
    const double middle = (p + z * z / (2 * n)) / (1 + z * z / n);
    const double half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n);
    return {std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

WidthReport measure_width(const TransitionSystem& system, const WidthOptions& options) {
    WidthReport report;
    report.why_not_exact = ExactWidth(system, options).measure(report);
    if (!report.exact) estimate(system, options, report);
    return report;
}

std::vector<std::string> width_lines(const WidthReport& report, PropertyNumber property) {
    auto chance = report.probability.find(property);
    const double p = chance == report.probability.end() ? 0 : chance->second;
    if (report.exact) {
        auto found = report.ending_in.find(property);
        const Natural bad = found == report.ending_in.end() ? Natural() : found->second;
        return {bad.text() + " of " + report.schedules.text() + " complete schedules end in it (" +
                    percent(ratio(bad, report.schedules)) + ")",
                "with each step picked at random it is met with a probability of " + percent(p)};
    }
    auto found = report.hits.find(property);
    const std::uint64_t hits = found == report.hits.end() ? 0 : found->second;
    Interval interval = wilson(hits, report.runs);
    std::vector<std::string> lines = {grouped(hits) + " of " + grouped(report.runs) +
                                      " random runs end in it: " + percent(interval.least) + " to " + percent(interval.most) +
                                      " of them, with 95% confidence (seed " + std::to_string(report.seed) + ")"};
    lines.push_back("schedules are not counted: " + report.why_not_exact +
                    (report.cut_off == 0 ? "" : "; " + grouped(report.cut_off) + " runs were cut off"));
    return lines;
}

}  // namespace quire
