#include "explore/crew.h"

#include <chrono>
#include <utility>

#include "support/cpu_time.h"

namespace quire::explore {

Crew::~Crew() {
    {
        std::lock_guard lock(mutex_);
        leaving_ = true;
    }
    begin_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void Crew::start() {
    for (unsigned i = 1; i < size_; ++i) threads_.emplace_back([this, i] { work(i); });
}

void Crew::work(unsigned number) {
    std::uint64_t seen = 0;
    std::unique_lock lock(mutex_);
    for (;;) {
        begin_.wait(lock, [&] { return leaving_ || round_ != seen; });
        if (leaving_) return;
        seen = round_;
        const std::function<void(unsigned)>* job = job_;
        lock.unlock();
        std::exception_ptr failure;
        const double started = thread_cpu_seconds();
        try {
            (*job)(number);
        } catch (...) {
            failure = std::current_exception();
        }
        const double used = thread_cpu_seconds() - started;
        lock.lock();
        cpu_seconds_ += used;
        if (failure) failure_ = failure;
        if (--busy_ == 0) end_.notify_one();
    }
}

void Crew::run(const std::function<void(unsigned)>& job, const std::function<void()>& meanwhile) {
    if (threads_.empty()) start();
    {
        std::lock_guard lock(mutex_);
        job_ = &job;
        busy_ = size_ - 1;
        failure_ = nullptr;
        ++round_;
    }
    begin_.notify_all();
    std::exception_ptr own;
    try {
        job(0);
    } catch (...) {
        own = std::current_exception();
    }
    std::unique_lock lock(mutex_);
    while (!end_.wait_for(lock, std::chrono::milliseconds(20), [&] { return busy_ == 0; })) {
        lock.unlock();
        meanwhile();
        lock.lock();
    }
    if (!own) own = std::exchange(failure_, nullptr);
    lock.unlock();
    if (own) std::rethrow_exception(own);
}

}  // namespace quire::explore
