#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

namespace quire {

// Set once, from a signal handler or another thread, and polled. Release/acquire: what the setter wrote before is seen by the poller.
class CancelToken {
public:
    void cancel() noexcept { cancelled_.store(true, std::memory_order_release); }
    bool cancelled() const noexcept { return cancelled_.load(std::memory_order_acquire); }

private:
    std::atomic<bool> cancelled_{false};
    static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may only touch lock-free atomics");
};

// What one question may cost. The defaults are no limits.
struct Budget {
    static constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

    std::optional<std::chrono::steady_clock::time_point> deadline;
    std::uint64_t max_states = kUnlimited;
    std::uint64_t max_depth = kUnlimited;
    std::uint64_t memory_limit = kUnlimited;  // bytes of resident memory of the whole process

    bool past_deadline() const { return deadline && std::chrono::steady_clock::now() >= *deadline; }
};

// Bytes that this process has resident; 0 when unknown.
std::uint64_t resident_memory();
// Bytes that may still be used before a cgroup (v1 or v2, with its ancestors) or the machine runs out; kUnlimited when unknown.
std::uint64_t available_memory();

}  // namespace quire
