#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace quire::explore {

// Threads that do one job after another.  The caller is number 0; the others are started when first needed.
class Crew {
public:
    explicit Crew(unsigned size) : size_(size) {}
    ~Crew();
    Crew(const Crew&) = delete;
    Crew& operator=(const Crew&) = delete;

    unsigned size() const { return size_; }
    // job(i) for all i below size(), at the same time; returns when all have returned.  While it waits for the others
    // the caller calls `meanwhile` now and then.  What a job throws is thrown here.
    void run(const std::function<void(unsigned)>& job, const std::function<void()>& meanwhile);

    // CPU time of the others in the jobs that are done.
    double cpu_seconds() const { return cpu_seconds_; }

private:
    void work(unsigned number);
    void start();

    unsigned size_;
    std::vector<std::thread> threads_;
    std::mutex mutex_;  // of all below
    std::condition_variable begin_, end_;
    const std::function<void(unsigned)>* job_ = nullptr;
    std::uint64_t round_ = 0;
    unsigned busy_ = 0;
    double cpu_seconds_ = 0;
    bool leaving_ = false;
    std::exception_ptr failure_;
};

}  // namespace quire::explore
