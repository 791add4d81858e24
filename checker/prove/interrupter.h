// Ends a question that Z3 is working on, when there is a reason to stop.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include <z3++.h>

namespace quire::prove {

// Asks `stop` every few milliseconds, from a thread of its own; once it says so, Z3 is told to give up whatever it does in
// the context that is at work then.  What it does next is not stopped: whoever asks Z3 asks `stop` before.
class Interrupter {
public:
    explicit Interrupter(std::function<bool()> stop);
    ~Interrupter();
    Interrupter(const Interrupter&) = delete;
    Interrupter& operator=(const Interrupter&) = delete;

    // While it lives, `context` is the one at work.
    class Watch {
    public:
        Watch(Interrupter* interrupter, z3::context& context);
        ~Watch();
        Watch(const Watch&) = delete;
        Watch& operator=(const Watch&) = delete;

    private:
        Interrupter* interrupter_;
        z3::context* previous_ = nullptr;
    };

private:
    void watch();
    z3::context* exchange(z3::context* context);

    std::function<bool()> stop_;
    std::mutex mutex_;  // of all below
    std::condition_variable wakened_;
    z3::context* at_work_ = nullptr;
    bool ended_ = false;
    std::thread thread_;  // last: it uses the others
};

}  // namespace quire::prove
