// What a search can be gone on with: taken at the beginning of a level, when all that there is are the states of the
// levels so far and a few counts.  The visited set is those states, so it is not kept but filled again; code, layout and
// reductions are made again from what little decided on them.
//
// Invariant: from a mark the search goes on exactly as it did when the mark was taken, for levels are sets of states
// and nothing else depends on how they were found.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "explore/checkpoint_file.h"
#include "explore/crew.h"
#include "explore/findings.h"
#include "explore/level_store.h"
#include "explore/packed_layout.h"
#include "explore/watch.h"
#include "explore/work_done.h"

namespace quire::explore {

struct Bytecode;

// How often the search has begun again, and with what.
struct SearchStage {
    bool is_long = false;     // better code
    bool may_reduce = false;  // and did not try yet
    bool reduces = false;     // by partial order
    bool is_tight = false;    // the layout
    std::uint32_t restarts = 0;
    std::uint32_t restarts_of_long = 0;
    std::string why_not_reduced;
    std::vector<ObservedRange> seen;
    std::vector<ObservedRange> laid_out_for;  // what was seen when the layout was made
};

// The beginning of a level.
struct LevelMark {
    explicit LevelMark(std::size_t properties) : findings(properties) {}

    std::uint32_t depth = 0;
    WorkDone done;
    Findings findings;
    std::vector<std::uint8_t> flags;  // of coverage
    std::uint64_t unknown_truths = 0;
};

// The layout as it stands in a checkpoint: any difference means that its states cannot be read.
std::vector<std::uint64_t> layout_words(const PackedLayout& layout);

// Keeps checkpoints of one search, and finds the one to go on from.
class Checkpoints {
public:
    // `code`: not the better one.
    Checkpoints(const TransitionSystem& system, const SearchOptions& options, Watch& watch, const Crew& crew);

    bool wanted() const { return !options_.path.empty(); }
    CheckpointReport& report() { return report_; }

    // Goes on from a file if there is one; then `stage` and `mark` are what they were.  False: refused, see report().
    bool open(SearchStage& stage, LevelMark& mark);
    bool resumes() const { return resumes_; }
    // Whether its states are of this form.
    bool fits(const PackedLayout& layout) const { return layout_words(layout) == layout_; }
    // The states of the levels, in the file's order: `level` is never less than the one before.  Nothing at the end or if
    // `failed`.
    const CheckpointReader::Block* next_states(bool& failed);
    void end_resuming() { resumes_ = false; }
    // What was read does not fit what is searched after all.
    void refuse(const std::string& why);

    // To be called when the search begins, each time.
    void begin(const SearchStage& stage, const PackedLayout& layout);
    // At the beginning of a level: keeps the mark, and writes it if it is time to.
    void pass(LevelMark mark, const LevelStore& levels);
    // When the search is stopped.
    void leave(const LevelStore& levels);

private:
    using Clock = std::chrono::steady_clock;

    bool read(const std::string& path, SearchStage& stage, LevelMark& mark);
    void write(const LevelStore& levels);
    void write_states(const LevelStore& levels, CheckpointWriter& file) const;
    std::uint64_t states_below(const LevelStore& levels) const;
    void reserve_time(const LevelStore& levels);
    const std::string& identity();
    double seconds() const;

    const TransitionSystem& system_;
    const SearchOptions& search_;
    const CheckpointOptions& options_;
    Watch& watch_;
    const Crew& crew_;
    CheckpointReport report_;
    const Clock::time_point started_;
    double cpu_at_start_ = 0;
    Clock::time_point last_;
    double write_seconds_ = 0;  // of the last one
    double bytes_per_second_;
    bool newest_is_good_ = true;

    CheckpointReader reader_;
    CheckpointReader::Block block_;
    bool resumes_ = false;

    std::string identity_;  // "": not needed yet
    SearchStage stage_;
    std::vector<std::uint64_t> layout_;
    std::optional<LevelMark> mark_;
    bool written_ = false;  // the mark
};

}  // namespace quire::explore
