// What a search found, before there are traces: for each property the states and steps that show it first.
#pragma once

#include <cstdint>
#include <vector>

#include "system/verdict.h"

namespace quire::explore {

// A state of the log that shows the property, or a step of `thread` from it (thread 0: the state itself).
struct Target {
    std::uint64_t state = 0;
    ThreadNumber thread = 0;
};

struct Found {
    static constexpr std::size_t kMostTargets = std::size_t{1} << 16;

    PropertyNumber property = kNone;
    std::uint32_t steps = 0;  // length of a shortest run that shows it
    bool at_start = false;    // by the start itself; then there is no target but these choices
    std::vector<Value> start_choices;
    std::vector<Target> targets;  // at least the first ones, in the order of the search
    bool all_targets = true;
};

class Findings {
public:
    explicit Findings(std::size_t properties) : by_property_(properties) {}

    // Whether a run of so many steps is still of interest.
    bool wants(PropertyNumber property, std::uint32_t steps) const {
        const Found& found = by_property_[property];
        return found.property == kNone || found.steps >= steps;
    }

    void add(PropertyNumber property, std::uint32_t steps, Target target) {
        Found& found = by_property_[property];
        if (found.property == kNone) {
            found.property = property;
            found.steps = steps;
        } else if (found.at_start || steps > found.steps || found.targets.back().state == target.state) {
            // Of several steps from one state one target per thread is enough.
            bool same = found.at_start || steps > found.steps || found.targets.back().thread == target.thread;
            if (same) return;
        }
        if (found.targets.size() == Found::kMostTargets) found.all_targets = false;
        else found.targets.push_back(target);
    }

    void add_start(PropertyNumber property, std::vector<Value> choices) {
        Found& found = by_property_[property];
        if (found.property != kNone) return;
        found.property = property;
        found.at_start = true;
        found.start_choices = std::move(choices);
    }

    std::vector<Found> all() const {
        std::vector<Found> result;
        for (const Found& found : by_property_) {
            if (found.property != kNone) result.push_back(found);
        }
        return result;
    }

private:
    std::vector<Found> by_property_;
};

// The log of a search: level l is the states from level_begin[l] to level_begin[l + 1].
struct ExploredStates {
    const std::uint64_t* words = nullptr;
    unsigned words_per_state = 1;
    std::vector<std::uint64_t> level_begin;

    const std::uint64_t* state(std::uint64_t index) const { return words + index * words_per_state; }
};

}  // namespace quire::explore
