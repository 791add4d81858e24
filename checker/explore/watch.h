#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "system/verdict.h"

namespace quire::explore {

// Looks at the clock, the memory and the cancel token now and then, and reports progress.
class Watch {
public:
    explicit Watch(const SearchOptions& options);

    // To be called for each unit of work; true: call `look`.
    bool due() { return --left_ == 0; }
    // Why to stop, if.
    std::optional<StopReason> look(const Progress& progress);
    void look_soon() { left_ = 1; }
    // What is left to do after the end of the search has so much time beyond the deadline; a search that was interrupted
    // or ran out of time has it from now on.
    void grant(std::chrono::milliseconds more, bool from_now);

    // So much of the time is needed for what comes after the search, but no more than that share of all.
    void reserve(std::chrono::duration<double> time, double most_share);
    std::optional<std::chrono::steady_clock::time_point> deadline() const { return deadline_; }

    bool may_use(std::uint64_t more_bytes) const;

private:
    using Clock = std::chrono::steady_clock;

    void tell(Progress progress, Clock::time_point now);

    const SearchOptions& options_;
    std::optional<Clock::time_point> deadline_;
    Clock::duration reserved_{};  // before the deadline
    bool heeds_cancel_ = true;
    Clock::time_point started_, last_look_, last_memory_, last_progress_;
    std::deque<std::pair<Clock::time_point, std::uint64_t>> lately_;  // how many states there were, every now and then
    std::uint32_t interval_ = 64;
    std::uint32_t left_ = 64;
};

}  // namespace quire::explore
