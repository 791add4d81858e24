// Proofs that are begun before it is their turn, while the session is busy with other specs: from the last spec on
// backwards, so that the two meet.  What a proof says depends neither on when nor on where it is made.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "driver/load.h"
#include "driver/plan.h"
#include "driver/proof_run.h"
#include "driver/spec_files.h"

namespace quire {

struct ProofsAheadOptions {
    std::vector<SpecFile> files;
    LoadOptions load;
    Selection selection;
    EngineOptions engine;
};

class ProofsAhead {
public:
    // `helpers`: how many threads; 0: nothing is done ahead.  Only ordinary files on disk are looked at.
    ProofsAhead(ProofsAheadOptions options, unsigned helpers, const CancelToken& cancel);
    ~ProofsAhead();
    ProofsAhead(const ProofsAhead&) = delete;
    ProofsAhead& operator=(const ProofsAhead&) = delete;

    // The caller comes to this file: it is not begun any more.  Waits while a helper is at it.
    void arrive(std::size_t file);
    // What became of the proof, if it was made ahead, of a spec with this text.
    std::optional<ProofOutcome> take(std::size_t file, const std::string& hash, const PlannedRun& run,
                                     const PlannedExpectation& expectation);

private:
    enum class Stage : std::uint8_t { kOpen, kBusy, kDone };
    struct File {
        Stage stage = Stage::kOpen;
        std::string hash;
        std::map<std::string, ProofOutcome> outcomes;  // by what was asked
    };

    void work();
    std::optional<std::size_t> next();
    File proofs_of(const SpecFile& file) const;

    const ProofsAheadOptions options_;
    const CancelToken& cancel_;  // the session's
    CancelToken stop_;           // of the helpers
    std::mutex mutex_;           // of the files
    std::condition_variable done_;
    std::vector<File> files_;
    std::vector<std::thread> threads_;  // last: they use the others
};

}  // namespace quire
