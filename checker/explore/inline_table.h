// An exact set of states of several words, in slots that hold the whole state: for states too wide for quotient slots.
// Open addressing with linear probing in a partition; bit 63 of the first word, which no layout uses, says that a slot
// is used.  Partitions and growth as in the quotient table.
//
// Invariant: from the slot that a state's hash names to the one that holds it all slots are used.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "explore/chunk_pool.h"
#include "explore/hash.h"
#include "explore/quotient_table.h"

namespace quire::explore {

template <unsigned kWords>
class InlineTable {
public:
    using Scratch = std::vector<std::uint64_t>;

    explicit InlineTable(unsigned words)
        : words_(kWords == 0 ? words : kWords), per_chunk_(kChunkWords / words_), pool_(chunk_bytes(words_)) {
        if (per_chunk_ < kFewest) per_chunk_ = kFewest;
    }

    bool start(void* context, ChunkPool::MayGrow may_grow) {
        pool_.start(context, may_grow);
        partitions_.resize(1);
        return resize(partitions_[0], 1);
    }

    std::uint64_t size() const {
        std::uint64_t total = 0;
        for (const Partition& part : partitions_) total += part.count;
        return total;
    }
    std::uint64_t bytes() const {
        std::uint64_t total = 0;
        for (const Partition& part : partitions_) total += part.chunks.size() * pool_.chunk_bytes();
        return total;
    }

    std::size_t partitions() const { return partitions_.size(); }
    std::size_t partition_of(const std::uint64_t* state) const { return partition(hash(state)); }

    [[gnu::always_inline]] void prefetch(const std::uint64_t* state) const {
        const std::uint64_t h = hash(state);
        const Partition& part = partitions_[partition(h)];
        const char* slot = reinterpret_cast<const char*>(slot_at(part, first_slot(part, h)));
        __builtin_prefetch(slot, 1);
        __builtin_prefetch(slot + 64, 1);
    }

    // States of different partitions may be inserted at the same time.
    Inserted insert(const std::uint64_t* state, Scratch& scratch) {
        const std::uint64_t h = hash(state);
        Partition& part = partitions_[partition(h)];
        std::uint64_t* slot = find(part, state, h);
        if (*slot != 0) return Inserted::kOld;
        if (part.count >= part.limit) [[unlikely]] {
            if (!grow(part, scratch)) return Inserted::kNoRoom;
            slot = find(part, state, h);
        }
        fill(part, slot, state);
        return Inserted::kNew;
    }

    bool wants_split() const {
        if (no_memory_to_split_ || partition_bits_ >= kMostPartitionBits) return false;
        return std::any_of(partitions_.begin(), partitions_.end(),
                           [](const Partition& p) { return p.chunks.size() > kSplitAbove; });
    }
    void split(Scratch& scratch);

    template <class Visit>
    void for_each(Visit visit) const {
        Scratch states;
        for (const Partition& part : partitions_) {
            states.clear();
            extract(part, states);
            for (std::size_t i = 0; i < states.size(); i += words_) visit(&states[i]);
        }
    }

private:
    static constexpr std::uint64_t kUsed = std::uint64_t{1} << 63;
    static constexpr std::uint32_t kChunkWords = (std::uint32_t{256} << 10) / 8;
    static constexpr std::uint32_t kFewest = 32;  // slots in a chunk, however wide
    static constexpr unsigned kMostPartitionBits = 8;
    static constexpr unsigned kSplitBits = 4;
    static constexpr std::size_t kSplitAbove = 16;  // chunks

    struct Partition {
        std::uint64_t slots = 0, count = 0, limit = 0;
        std::vector<std::uint64_t*> chunks;
    };

    static std::size_t chunk_bytes(unsigned words) {
        return std::max<std::size_t>(kChunkWords, std::size_t{words} * kFewest) * sizeof(std::uint64_t);
    }
    unsigned words() const { return kWords == 0 ? words_ : kWords; }
    std::uint64_t hash(const std::uint64_t* state) const { return hash_state<kWords>(state, words_); }
    std::size_t partition(std::uint64_t h) const { return partition_bits_ == 0 ? 0 : h >> (64 - partition_bits_); }
    std::uint64_t first_slot(const Partition& part, std::uint64_t h) const {
        return static_cast<std::uint64_t>(static_cast<Wide>(h << partition_bits_) * part.slots >> 64);
    }
    std::uint64_t* slot_at(const Partition& part, std::uint64_t slot) const {
        const std::uint32_t number = static_cast<std::uint32_t>(slot);
        return part.chunks[number / per_chunk_] + std::size_t{number % per_chunk_} * words();
    }
    std::uint64_t* find(const Partition& part, const std::uint64_t* state, std::uint64_t h) const;
    void fill(Partition& part, std::uint64_t* slot, const std::uint64_t* state) {
        for (unsigned i = 0; i < words(); ++i) slot[i] = state[i];
        slot[0] |= kUsed;
        ++part.count;
    }
    void extract(const Partition& part, std::vector<std::uint64_t>& states) const;
    void put_all(const std::vector<std::uint64_t>& states) {
        for (std::size_t i = 0; i < states.size(); i += words_) {
            const std::uint64_t h = hash(&states[i]);
            Partition& part = partitions_[partition(h)];
            fill(part, find(part, &states[i], h), &states[i]);
        }
    }
    bool resize(Partition& part, std::size_t chunks);
    bool grow(Partition& part, Scratch& scratch);

    unsigned words_;
    std::uint32_t per_chunk_;
    ChunkPool pool_;
    unsigned partition_bits_ = 0;
    bool no_memory_to_split_ = false;
    std::vector<Partition> partitions_;
};

// Where the state is, or the first free slot.
template <unsigned kWords>
inline std::uint64_t* InlineTable<kWords>::find(const Partition& part, const std::uint64_t* state, std::uint64_t h) const {
    const std::uint64_t first = state[0] | kUsed;
    for (std::uint64_t number = first_slot(part, h);;) {
        std::uint64_t* const slot = slot_at(part, number);
        if (slot[0] == 0) return slot;
        if (slot[0] == first && std::equal(state + 1, state + words(), slot + 1)) return slot;
        if (++number == part.slots) number = 0;
    }
}

template <unsigned kWords>
void InlineTable<kWords>::extract(const Partition& part, std::vector<std::uint64_t>& states) const {
    states.reserve(states.size() + part.count * words_);
    for (std::uint64_t number = 0; number < part.slots; ++number) {
        const std::uint64_t* slot = slot_at(part, number);
        if (slot[0] == 0) continue;
        states.push_back(slot[0] & ~kUsed);
        states.insert(states.end(), slot + 1, slot + words_);
    }
}

// Leaves the partition empty, but for the memory.
template <unsigned kWords>
bool InlineTable<kWords>::resize(Partition& part, std::size_t chunks) {
    while (part.chunks.size() < chunks) {
        std::uint64_t* chunk = pool_.take();
        if (chunk == nullptr) return false;
        part.chunks.push_back(chunk);
    }
    part.slots = part.chunks.size() * per_chunk_;
    part.limit = part.slots / 4 * 3;
    part.count = 0;
    return true;
}

template <unsigned kWords>
bool InlineTable<kWords>::grow(Partition& part, Scratch& scratch) {
    const std::size_t chunks = part.chunks.size();
    std::uint64_t* chunk = pool_.take();
    if (chunk == nullptr) {
        const std::uint64_t most = part.slots / 16 * 15;  // slow, but right
        if (part.limit >= most) return false;
        part.limit = most;
        return true;
    }
    scratch.clear();
    extract(part, scratch);
    for (std::uint64_t* old : part.chunks) std::fill_n(old, pool_.chunk_bytes() / sizeof(std::uint64_t), 0);
    part.chunks.push_back(chunk);
    const bool large = partition_bits_ >= kMostPartitionBits;
    const std::size_t wanted = chunks + std::max<std::size_t>(1, large ? chunks / 12 : chunks / 2);
    if (!resize(part, wanted)) resize(part, part.chunks.size());
    put_all(scratch);
    return true;
}

// Partition by partition; see QuotientTable::split.
template <unsigned kWords>
void InlineTable<kWords>::split(Scratch& scratch) {
    const std::size_t ways = std::size_t{1} << kSplitBits;
    const std::size_t extra = partitions_.size() * ways * 3;
    std::vector<std::uint64_t*> taken;
    while (taken.size() < extra) {
        std::uint64_t* chunk = pool_.take();
        no_memory_to_split_ = chunk == nullptr;
        if (no_memory_to_split_) break;
        taken.push_back(chunk);
    }
    for (std::uint64_t* chunk : taken) pool_.give_back(chunk);
    if (no_memory_to_split_) return;

    std::vector<Partition> old = std::move(partitions_);
    partition_bits_ += kSplitBits;
    partitions_ = std::vector<Partition>(old.size() * ways);
    std::vector<std::uint64_t> counts(ways);
    for (std::size_t n = 0; n < old.size(); ++n) {
        scratch.clear();
        extract(old[n], scratch);
        for (std::uint64_t* chunk : old[n].chunks) pool_.give_back(chunk);
        std::fill(counts.begin(), counts.end(), 0);
        for (std::size_t i = 0; i < scratch.size(); i += words_) ++counts[partition_of(&scratch[i]) % ways];
        for (std::size_t i = 0; i < ways; ++i) {
            Partition& part = partitions_[n * ways + i];
            resize(part, counts[i] / (per_chunk_ / 4 * 3) + 1);
        }
        put_all(scratch);
    }
}

}  // namespace quire::explore
