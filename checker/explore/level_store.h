#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "explore/arena.h"

namespace quire::explore {

// The states of a breadth-first search, level by level: the frontier, and what traces are rebuilt from.
//
// Levels are written once, by any number of appenders, and read any number of times.  Older levels go to a temporary
// file when they take much memory; without a place for that file they stay.
class LevelStore {
public:
    // States of the packed form, one after the other, in memory or in the file.
    class Block {
    public:
        std::uint64_t states() const { return states_; }

    private:
        friend class LevelStore;
        std::uint64_t states_ = 0;
        std::uint64_t bytes_ = 0;
        std::vector<std::uint64_t> small_;
        Arena large_;
        std::uint64_t offset_ = kInMemory;
    };

    // Collects states of the level that is being written.  One per thread.
    class Appender {
    public:
        explicit Appender(LevelStore& store) : store_(store) {}
        void add(const std::uint64_t* words) {
            if (open_.size() + store_.words_ > kBlockWords) [[unlikely]]
                finish();
            if (store_.words_ == 1)
                open_.push_back(*words);
            else
                open_.insert(open_.end(), words, words + store_.words_);
        }
        void finish();  // before the level is closed

    private:
        LevelStore& store_;
        std::vector<std::uint64_t> open_;
    };

    explicit LevelStore(unsigned words) : words_(words) {}
    ~LevelStore();
    LevelStore(const LevelStore&) = delete;
    LevelStore& operator=(const LevelStore&) = delete;

    // States of the level that is being written, without an appender.
    void append(std::span<const std::uint64_t> words) { add_block(words); }
    // What was appended so far is the next level.
    void close_level();
    std::size_t levels() const { return levels_.size(); }
    std::uint64_t size(std::size_t level) const { return levels_[level].states; }
    std::span<const Block> blocks(std::size_t level) const { return levels_[level].blocks; }
    unsigned words() const { return words_; }
    std::uint64_t states() const { return states_; }  // of all closed levels

    // The states of a block; `buffer` holds them if they had to be read.  nullptr: the file cannot be read.
    const std::uint64_t* read(const Block& block, std::vector<std::uint64_t>& buffer) const;

    // Of levels from `first` on that are in memory.
    std::uint64_t bytes_in_memory(std::size_t first = 0) const;
    std::uint64_t bytes_on_disk() const { return file_size_; }
    // Moves levels before `end` to the file, oldest first, until at most `keep` bytes of them are in memory.
    void spill(std::size_t end, std::uint64_t keep);

private:
    static constexpr std::uint64_t kInMemory = ~std::uint64_t{0};
    static constexpr std::size_t kBlockWords = std::size_t{1} << 17;

    struct Level {
        std::uint64_t states = 0;
        std::uint64_t bytes = 0;  // in memory
        std::vector<Block> blocks;
    };

    void add_block(std::span<const std::uint64_t> words);
    bool open_file();
    bool write(Block& block);

    unsigned words_;
    std::uint64_t states_ = 0;
    std::vector<Level> levels_;
    std::mutex mutex_;  // of next_
    Level next_;
    int file_ = -1;
    bool no_file_ = false;
    std::uint64_t file_size_ = 0;
    std::size_t spilled_ = 0;  // levels before it are in the file
};

}  // namespace quire::explore
