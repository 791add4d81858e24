// What tables have in common whose keys are spread over partitions: each grows alone, from a pool of chunks, and when they
// have become large there are sixteen for each.
//
// A Partition has `count` keys in `chunks`.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "explore/chunk_pool.h"

namespace quire::explore {

template <class Partition>
class Partitions {
public:
    static constexpr unsigned kMostBits = 8;
    static constexpr unsigned kSplitBits = 4;
    static constexpr std::size_t kSplitWays = std::size_t{1} << kSplitBits;

    explicit Partitions(std::size_t chunk_bytes) : pool_(chunk_bytes) {}

    void start(void* context, ChunkPool::MayGrow may_grow) {
        pool_.start(context, may_grow);
        list_.resize(1);
    }

    std::size_t number() const { return list_.size(); }
    unsigned bits() const { return bits_; }
    std::size_t index_of(const Partition& part) const { return static_cast<std::size_t>(&part - list_.data()); }
    Partition& operator[](std::size_t index) { return list_[index]; }
    const Partition& operator[](std::size_t index) const { return list_[index]; }
    auto begin() const { return list_.begin(); }
    auto end() const { return list_.end(); }
    ChunkPool& pool() { return pool_; }
    std::size_t chunk_bytes() const { return pool_.chunk_bytes(); }

    std::uint64_t keys() const {
        std::uint64_t total = 0;
        for (const Partition& part : list_) total += part.count;
        return total;
    }
    std::uint64_t chunks() const {
        std::uint64_t total = 0;
        for (const Partition& part : list_) total += part.chunks.size();
        return total;
    }

    // Between insertions: whether there should be more of them.
    bool wants_split() const {
        constexpr std::size_t kSplitFrom = 16;  // chunks
        if (no_memory_to_split_ || bits_ >= kMostBits) return false;
        // Before it grows, for then its keys would be moved twice.
        return std::any_of(list_.begin(), list_.end(), [](const Partition& p) {
            return p.chunks.size() > kSplitFrom || (p.chunks.size() == kSplitFrom && p.count >= p.limit / 16 * 15);
        });
    }
    // What is there now, to be put into new ones, one by one, so that the memory of one is what its parts are made of; but
    // for `extra` chunks.  Nothing if there is no memory for them.
    std::vector<Partition> split(std::size_t extra) {
        std::vector<std::uint64_t*> taken;
        while (taken.size() < extra && !no_memory_to_split_) {
            std::uint64_t* chunk = pool_.take();
            no_memory_to_split_ = chunk == nullptr;
            if (chunk != nullptr) taken.push_back(chunk);
        }
        for (std::uint64_t* chunk : taken) pool_.give_back(chunk);
        if (no_memory_to_split_) return {};
        bits_ += kSplitBits;
        return std::exchange(list_, std::vector<Partition>(list_.size() * kSplitWays));
    }

    // Gives the partition as many chunks; false if memory ends before.
    bool take_chunks(Partition& part, std::size_t number) {
        while (part.chunks.size() < number) {
            std::uint64_t* chunk = pool_.take();
            if (chunk == nullptr) return false;
            part.chunks.push_back(chunk);
        }
        return true;
    }
    void give_back(const Partition& part) {
        for (std::uint64_t* chunk : part.chunks) pool_.give_back(chunk);
    }
    // Empties the chunks of a partition, and adds one to them.
    void clear(Partition& part, std::uint64_t* added) const {
        for (std::uint64_t* chunk : part.chunks) std::fill_n(chunk, chunk_bytes() / sizeof(std::uint64_t), 0);
        part.chunks.push_back(added);
    }

private:
    ChunkPool pool_;
    std::vector<Partition> list_;
    unsigned bits_ = 0;
    bool no_memory_to_split_ = false;
};

}  // namespace quire::explore
