// Specs that are checked before it is their turn, while the session is busy with others.  What a check tells depends neither
// on when nor on where it is made, so the session tells what was found ahead as if it had just been found.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "driver/spec_files.h"
#include "driver/spec_results.h"
#include "support/budget.h"
#include "syntax/file_provider.h"

namespace quire {

class SpecsAhead {
public:
    // Nothing for what cannot be told again: that is left to whoever comes to the file.  Called by several threads at a time.
    using Check = std::function<std::unique_ptr<SpecResults>(const SpecFile&, FileProvider&, const CancelToken&)>;

    // `helpers`: how many threads; 0: nothing is done ahead.  Only ordinary files on disk are looked at, those with proofs
    // first, for they take longest, and otherwise from the last on backwards, so that helpers and caller meet.
    SpecsAhead(std::vector<SpecFile> files, Check check, unsigned helpers, const CancelToken& cancel);
    ~SpecsAhead();
    SpecsAhead(const SpecsAhead&) = delete;
    SpecsAhead& operator=(const SpecsAhead&) = delete;

    // The caller comes to this file: what a helper found out about it, if `files`, asked all that the helper asked of the
    // disk, answers the same.  Waits for a while where a helper is at it.
    std::unique_ptr<SpecResults> take(std::size_t file, FileProvider& files);

private:
    enum class Stage : std::uint8_t { kOpen, kBusy, kDone };
    class Record;
    struct File {
        Stage stage = Stage::kOpen;
        bool may_ask_for_proofs = false;
        std::unique_ptr<CancelToken> stop;  // kBusy
        std::unique_ptr<Record> record;     // kDone, like the next
        std::unique_ptr<SpecResults> results;
    };

    void work();
    void order_files();
    std::optional<std::size_t> next();
    void stop_all();

    const std::vector<SpecFile> names_;
    const Check check_;
    const CancelToken& cancel_;  // the caller's
    std::mutex mutex_;           // of what follows
    std::condition_variable done_;
    bool stopped_ = false;
    std::vector<File> files_;
    std::vector<std::size_t> order_;    // in which they are begun; empty: not known yet
    std::vector<std::thread> threads_;  // last: they use the others
};

}  // namespace quire
