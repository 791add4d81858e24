// Checks of single variants on a thread of their own, one after the other.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "driver/session.h"
#include "editor/open_files.h"

namespace quire {

using CheckNumber = std::uint64_t;

struct CheckRequest {
    CheckNumber number = 0;
    std::string path;
    std::string variant;
    OpenFiles files;  // as they were when it was asked for
};

struct TraceLine {
    std::string file;  // as it was given, or found
    std::uint32_t line = 0;
    std::string text;
};

struct JudgedExpectation {
    std::uint32_t line = 0;  // in the spec; 0: nothing says it there
    std::string text;        // "violation of use_after_free"
    Judgement judgement = Judgement::kMet;
    std::string detail;  // of what is not met: what was found instead
    std::vector<TraceLine> trace;
};

struct CheckOutcome {
    CheckNumber number = 0;
    bool cancelled = false;
    int exit_code = 0;
    std::vector<JudgedExpectation> expectations;
    std::uint64_t states = 0;  // of all searches
    double seconds = 0;
    std::string report;  // what `quire check` prints
};

struct CheckProgress {
    CheckNumber number = 0;
    std::uint64_t states = 0;
    double seconds = 0;
};

struct CheckSettings {
    EngineOptions engine;
    std::vector<std::string> model_path;
};

class BackgroundChecks {
public:
    // Both are called from the thread that checks.
    using Done = std::function<void(CheckOutcome)>;
    using Told = std::function<void(CheckProgress)>;

    BackgroundChecks(CheckSettings settings, Done done, Told told);
    // What is under way is cancelled, and nobody is told.
    ~BackgroundChecks();
    BackgroundChecks(const BackgroundChecks&) = delete;
    BackgroundChecks& operator=(const BackgroundChecks&) = delete;

    void start(CheckRequest request);
    // Whoever asked is told so, be it in the queue or under way; too late for what is done.
    void cancel(CheckNumber number);

private:
    struct Job {
        CheckRequest request;
        std::shared_ptr<CancelToken> cancel;  // shared: cancelled from one thread while the other one works with it
    };
    void work();
    CheckOutcome run(Job& job) const;

    CheckSettings settings_;
    Done done_;
    Told told_;
    mutable std::mutex mutex_;  // of what follows
    std::condition_variable wake_;
    std::deque<Job> queue_;
    std::map<CheckNumber, std::shared_ptr<CancelToken>> tokens_;
    bool closing_ = false;
    std::thread thread_;  // the last member: it uses the others
};

}  // namespace quire
