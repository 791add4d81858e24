#include "app/signals.h"

#include <atomic>
#include <csignal>

namespace quire {

namespace {

// A handler gets no context, so these are the program's only globals.  Written before the handlers are installed and by
// the handlers; lock-free, as a handler needs.
std::atomic<CancelToken*> token_to_cancel{nullptr};
std::atomic<int> last_signal{0};
static_assert(std::atomic<CancelToken*>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

extern "C" void on_signal(int number) {
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
        action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
        sigemptyset(&action.sa_mask);
        ::sigaction(number, &action, nullptr);
    }
    // Writes that fail are told by write(), not by a death in the middle of a report.
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
}

int signal_received() { return last_signal.load(std::memory_order_relaxed); }

}  // namespace quire
