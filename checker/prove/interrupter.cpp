#include "prove/interrupter.h"

#include <chrono>
#include <utility>

namespace quire::prove {

namespace {
// Nobody notices a delay of this length, and asking this often costs nothing that can be measured.
constexpr std::chrono::milliseconds kBetweenLooks{5};
}  // namespace

Interrupter::Interrupter(std::function<bool()> stop) : stop_(std::move(stop)), thread_([this] { watch(); }) {}

Interrupter::~Interrupter() {
    {
        std::lock_guard<std::mutex> lock(mutex_);
        ended_ = true;
    }
    wakened_.notify_one();
    thread_.join();
}

void Interrupter::watch() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (!ended_) {
        // Again and again: an interruption that comes between two questions has no effect.
        if (at_work_ != nullptr && stop_()) at_work_->interrupt();
        wakened_.wait_for(lock, kBetweenLooks);
    }
}

z3::context* Interrupter::exchange(z3::context* context) {
    std::lock_guard<std::mutex> lock(mutex_);
    return std::exchange(at_work_, context);
}

Interrupter::Watch::Watch(Interrupter* interrupter, z3::context& context) : interrupter_(interrupter) {
    if (interrupter_ != nullptr) previous_ = interrupter_->exchange(&context);
}

Interrupter::Watch::~Watch() {
    if (interrupter_ != nullptr) interrupter_->exchange(previous_);
}

}  // namespace quire::prove
