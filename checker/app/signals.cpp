#include "app/signals.h"

#include <atomic>
#include <csignal>
#include <cstdint>
#include <ctime>

#include "driver/session.h"

namespace quire {

namespace {

// A handler gets no context, so these are the program's only globals.  Written before the handlers are installed and by
// the handlers; lock-free, as a handler needs.
std::atomic<CancelToken*> token_to_cancel{nullptr};
std::atomic<int> last_signal{0};
std::atomic<std::int64_t> first_signal_at{0};  // milliseconds of the monotonic clock, 0: none yet
static_assert(std::atomic<CancelToken*>::is_always_lock_free && std::atomic<int>::is_always_lock_free &&
              std::atomic<std::int64_t>::is_always_lock_free);

// One request can arrive as several signals: timeout(1) signals its child and then the child's group, a terminal's
// hang-up comes with the shell's.  Within this time they are one.
constexpr std::int64_t kOneRequestMs = 500;

std::int64_t now_ms() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000 + 1;
}

extern "C" void on_signal(int number) {
    std::int64_t first = 0;
    std::int64_t now = now_ms();
    if (!first_signal_at.compare_exchange_strong(first, now)) {
        if (now - first < kOneRequestMs) return;
        std::signal(number, SIG_DFL);
        std::raise(number);
        return;
    }
    last_signal.store(number, std::memory_order_relaxed);
    CancelToken* token = token_to_cancel.load(std::memory_order_acquire);
    if (token != nullptr) token->cancel();
}

}  // namespace

void cancel_on_signals(CancelToken& token) {
    token_to_cancel.store(&token, std::memory_order_release);
    for (int number : {SIGINT, SIGTERM, SIGHUP}) {
        struct sigaction previous {};
        // A program started with the signal ignored (nohup, a background job) keeps ignoring it.
        if (::sigaction(number, nullptr, &previous) == 0 && previous.sa_handler == SIG_IGN) continue;
        struct sigaction action {};
        action.sa_handler = on_signal;
        action.sa_flags = SA_RESTART;
        sigemptyset(&action.sa_mask);
        ::sigaction(number, &action, nullptr);
    }
    // Writes that fail are told by write(), not by a death in the middle of a report.
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
}

int signal_received() { return last_signal.load(std::memory_order_relaxed); }

int unless_signalled(int code) {
    int signal = signal_received();
    return signal != 0 ? kExitSignalBase + signal : code;
}

}  // namespace quire
