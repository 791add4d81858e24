// What a search found, before there are traces: for each property the states and steps that show it first.
//
// Invariant: what is kept depends on the set of what was found and not on its order, so that any number of workers,
// each with findings of its own, has the same answer.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "explore/word_stream.h"
#include "system/verdict.h"

namespace quire::explore {

// The least ones, in lexicographic order, of rows that were added.
class LeastRows {
public:
    static constexpr std::size_t kMost = std::size_t{1} << 16;

    std::size_t size() const { return width_ == 0 ? 0 : values_.size() / width_; }
    const std::uint64_t* row(std::size_t i) const { return &values_[i * width_]; }
    bool all() const { return all_; }  // whether none was left out

    void clear() {
        values_.clear();
        all_ = true;
    }
    // Not if it equals the row before.
    void add(const std::uint64_t* words, std::size_t count, std::uint64_t last) {
        width_ = count + 1;
        if (!values_.empty() && values_.back() == last &&
            std::equal(words, words + count, values_.end() - static_cast<std::ptrdiff_t>(width_)))
            return;
        values_.insert(values_.end(), words, words + count);
        values_.push_back(last);
        if (size() >= 2 * kMost) keep_least();
    }
    void merge(const LeastRows& other) {
        all_ = all_ && other.all_;
        for (std::size_t i = 0; i < other.size(); ++i) add(other.row(i), other.width_ - 1, other.row(i)[other.width_ - 1]);
    }
    // To be called once all are there.
    void settle() { keep_least(); }

    void write(WordWriter& out) const {
        out.put(width_);
        out.put(all_ ? 1 : 0);
        out.put_words(values_);
    }
    static LeastRows read(WordReader& in) {
        LeastRows rows;
        rows.width_ = in.get();
        rows.all_ = in.get() != 0;
        rows.values_ = in.get_words();
        if (rows.width_ == 0 ? !rows.values_.empty() : rows.values_.size() % rows.width_ != 0) in.fail();
        return rows;
    }

private:
    void keep_least() {
        std::vector<std::size_t> order(size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
            return std::lexicographical_compare(row(a), row(a) + width_, row(b), row(b) + width_);
        });
        auto same = [this](std::size_t a, std::size_t b) { return std::equal(row(a), row(a) + width_, row(b)); };
        order.erase(std::unique(order.begin(), order.end(), same), order.end());
        if (order.size() > kMost) {
            order.resize(kMost);
            all_ = false;
        }
        std::vector<std::uint64_t> kept;
        kept.reserve(order.size() * width_);
        for (std::size_t i : order) kept.insert(kept.end(), row(i), row(i) + width_);
        values_ = std::move(kept);
    }

    std::size_t width_ = 0;
    std::vector<std::uint64_t> values_;
    bool all_ = true;
};

struct Found {
    PropertyNumber property = kNone;
    std::uint32_t steps = 0;  // length of a shortest run that shows it
    bool at_start = false;    // by the start itself; then there is no target but these choices
    std::vector<Value> start_choices;
    // The words of a state and a thread: a step of the thread from the state shows it, or (thread 0) the state itself.
    LeastRows targets;
};

class Findings {
public:
    explicit Findings(std::size_t properties) : by_property_(properties) {}

    // Whether a run of so many steps is still of interest.
    bool wants(PropertyNumber property, std::uint32_t steps) const {
        const Found& found = by_property_[property];
        return found.property == kNone || found.steps >= steps;
    }

    void add(PropertyNumber property, std::uint32_t steps, std::span<const std::uint64_t> state, ThreadNumber thread) {
        if (Found* found = slot(property, steps)) found->targets.add(state.data(), state.size(), thread);
    }

    void add_start(PropertyNumber property, std::vector<Value> choices) {
        Found& found = by_property_[property];
        if (found.property != kNone) return;
        any_ = true;
        found.property = property;
        found.at_start = true;
        found.start_choices = std::move(choices);
    }

    // Takes what `other` has, which is empty afterwards.
    void take(Findings& other) {
        if (!other.any_) return;
        for (PropertyNumber p = 0; p < by_property_.size(); ++p) {
            Found& theirs = other.by_property_[p];
            if (theirs.property == kNone) continue;
            if (theirs.at_start)
                add_start(p, std::move(theirs.start_choices));
            else if (Found* found = slot(p, theirs.steps))
                found->targets.merge(theirs.targets);
            theirs = Found{};
        }
        other.any_ = false;
    }

    std::vector<Found> all() const {
        std::vector<Found> result;
        for (const Found& found : by_property_) {
            if (found.property == kNone) continue;
            result.push_back(found);
            result.back().targets.settle();
        }
        return result;
    }

    void write(WordWriter& out) const {
        for (const Found& found : by_property_) {
            out.put(found.property);
            if (found.property == kNone) continue;
            out.put(found.steps);
            out.put(found.at_start ? 1 : 0);
            out.put(found.start_choices.size());
            for (Value v : found.start_choices) out.put(static_cast<std::uint64_t>(v));
            found.targets.write(out);
        }
    }
    // Of as many properties as there are here.
    void read(WordReader& in) {
        for (PropertyNumber p = 0; p < by_property_.size(); ++p) {
            Found found;
            found.property = static_cast<PropertyNumber>(in.get());
            if (found.property != kNone) {
                if (found.property != p) in.fail();
                found.steps = static_cast<std::uint32_t>(in.get());
                found.at_start = in.get() != 0;
                for (std::uint64_t n = in.get_count(); n > 0; --n) found.start_choices.push_back(static_cast<Value>(in.get()));
                found.targets = LeastRows::read(in);
                any_ = true;
            }
            by_property_[p] = std::move(found);
        }
    }

private:
    // Where to put a target of so many steps; nullptr if there are shorter ones.
    Found* slot(PropertyNumber property, std::uint32_t steps) {
        Found& found = by_property_[property];
        any_ = true;
        if (found.property == kNone || (!found.at_start && steps < found.steps)) {
            found.property = property;
            found.steps = steps;
            found.targets.clear();
        }
        return found.at_start || steps > found.steps ? nullptr : &found;
    }

    std::vector<Found> by_property_;
    bool any_ = false;
};

}  // namespace quire::explore
