#include "explore/watch.h"

#include <time.h>

#include <algorithm>

namespace quire::explore {

namespace {

constexpr std::chrono::milliseconds kProgressEvery{200};
constexpr std::chrono::milliseconds kMemoryEvery{100};
// What the rate is an average over.
constexpr std::chrono::seconds kLately{10};
// Looks are to be about so far apart; work differs by a factor of a thousand per state.
constexpr std::chrono::milliseconds kTooFar{20};
constexpr std::chrono::milliseconds kTooNear{4};

}  // namespace

Watch::Watch(const SearchOptions& options)
    : options_(options),
      deadline_(options.budget.deadline),
      started_(Clock::now()),
      last_look_(started_),
      last_memory_(started_),
      last_progress_(started_) {}

std::optional<StopReason> Watch::look(const Progress& progress) {
    Clock::time_point now = Clock::now();
    if (now - last_look_ > kTooFar)
        interval_ = std::max<std::uint32_t>(interval_ / 4, 4);
    else if (now - last_look_ < kTooNear)
        interval_ = std::min<std::uint32_t>(interval_ * 2, 1u << 16);
    last_look_ = now;
    left_ = interval_;
    if (heeds_cancel_ && options_.cancel != nullptr && options_.cancel->cancelled()) return StopReason::kInterrupted;
    if (deadline_ && now >= *deadline_ - reserved_) return StopReason::kTime;
    if (now - last_memory_ >= kMemoryEvery) {
        last_memory_ = now;
        if (!may_use(0)) return StopReason::kMemory;
    }
    if (options_.progress != nullptr && now - last_progress_ >= kProgressEvery) {
        last_progress_ = now;
        tell(progress, now);
    }
    return std::nullopt;
}

void Watch::tell(Progress progress, Clock::time_point now) {
    auto seconds = [](Clock::duration span) { return std::chrono::duration<double>(span).count(); };
    progress.seconds = seconds(now - started_);
    // A search that began again has fewer states than before.
    if (!lately_.empty() && lately_.back().second > progress.states) lately_.clear();
    lately_.emplace_back(now, progress.states);
    while (lately_.size() > 2 && now - lately_[1].first >= kLately) lately_.pop_front();
    const double span = seconds(now - lately_.front().first);
    if (span > 0) {
        progress.rate = static_cast<double>(progress.states - lately_.front().second) / span;
    } else if (progress.seconds > 0) {
        progress.rate = static_cast<double>(progress.states) / progress.seconds;
    }
    if (progress.all_states) {
        const double states = static_cast<double>(progress.states);
        Estimate& all = *progress.all_states;
        all.least = std::max(all.least, states);
        all.most = std::max(all.most, states);
        if (progress.rate > 0)
            progress.seconds_left = {(all.least - states) / progress.rate, (all.most - states) / progress.rate};
    }
    options_.progress(options_.progress_context, progress);
}

void Watch::reserve(std::chrono::duration<double> time, double most_share) {
    if (!deadline_) return;
    const std::chrono::duration<double> all = *deadline_ - started_;
    reserved_ = std::chrono::duration_cast<Clock::duration>(std::min(time, std::max(all * most_share, time * 0)));
}

void Watch::grant(std::chrono::milliseconds more, bool from_now) {
    reserved_ = {};
    if (from_now) {
        deadline_ = Clock::now() + more;
        heeds_cancel_ = false;
    } else if (deadline_) {
        *deadline_ += more;
    }
}

bool Watch::may_use(std::uint64_t more_bytes) const {
    std::uint64_t limit = options_.budget.memory_limit;
    if (limit == Budget::kUnlimited) return true;
    std::uint64_t used = resident_memory();
    return used <= limit && more_bytes <= limit - used;
}

}  // namespace quire::explore
