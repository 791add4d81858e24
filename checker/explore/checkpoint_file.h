// A file of blocks, each with its checksum, that is there as a whole or not at all.
//
// It is written under another name, to the disk, and then takes the place of the one before, which is kept as NAME.old.  So
// whenever a process is killed, the last complete one is there.  A reader looks at every checksum before anything is used.
// After the head come blocks: kind, level, bytes, a checksum of these and the block's number, and one of the contents;
// the last block says that it is the last.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace quire::explore {

enum class BlockKind : std::uint32_t { kIdentity = 1, kStage, kMark, kStates, kEnd };

struct FileCloser {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using FileHandle = std::unique_ptr<std::FILE, FileCloser>;

class CheckpointWriter {
public:
    using Clock = std::chrono::steady_clock;

    // `give_up_at`: no longer than that.
    CheckpointWriter(std::string path, std::optional<Clock::time_point> give_up_at);
    ~CheckpointWriter();  // what is not finished leaves no trace
    CheckpointWriter(const CheckpointWriter&) = delete;
    CheckpointWriter& operator=(const CheckpointWriter&) = delete;

    void block(BlockKind kind, std::uint32_t level, std::span<const std::uint64_t> words);
    // False: see problem().  `keep_old`: what is at `path` is good, and worth to be kept.
    bool finish(bool keep_old);
    void fail(std::string problem) {
        if (problem_.empty()) problem_ = std::move(problem);
    }
    const std::string& problem() const { return problem_; }
    std::uint64_t bytes() const { return bytes_; }

private:
    void write(const void* data, std::size_t size);

    std::string path_, temporary_;
    std::optional<Clock::time_point> give_up_at_;
    FileHandle file_;
    std::uint64_t blocks_ = 0, bytes_ = 0;
    std::string problem_;
};

class CheckpointReader {
public:
    struct Block {
        BlockKind kind = BlockKind::kEnd;
        std::uint32_t level = 0;
        std::vector<std::uint64_t> words;
    };
    enum class Opened : std::uint8_t { kGood, kMissing, kDamaged };

    // Reads all of it once.
    Opened open(const std::string& path);
    // The next block; kEnd at the end.  False: it cannot be read any more.
    bool next(Block& block);
    const std::string& problem() const { return problem_; }

private:
    bool read_head();
    bool broken(const std::string& what);

    FileHandle file_;
    std::uint64_t size_ = 0, at_ = 0, blocks_ = 0;
    std::string problem_;
};

}  // namespace quire::explore
