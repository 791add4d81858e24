// An exact set of states of several words, in slots that hold the whole state: for states too wide for quotient slots.
// Open addressing with linear probing in a partition; bit 63 of the first word, which no layout uses, says that a slot
// is used.  Partitions and growth as in the quotient table.
//
// Invariant: from the slot that a state's hash names to the one that holds it all slots are used.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "explore/hash.h"
#include "explore/partitions.h"
#include "explore/quotient_table.h"

namespace quire::explore {

template <unsigned kWords>
class InlineTable {
public:
    using Scratch = std::vector<std::uint64_t>;

    explicit InlineTable(unsigned words)
        : words_(kWords == 0 ? words : kWords), per_chunk_(kChunkWords / words_), partitions_(chunk_bytes(words_)) {
        if (per_chunk_ < kFewest) per_chunk_ = kFewest;
    }

    bool start(void* context, ChunkPool::MayGrow may_grow) {
        partitions_.start(context, may_grow);
        return resize(partitions_[0], 1);
    }

    std::uint64_t size() const { return partitions_.keys(); }
    std::uint64_t bytes() const { return partitions_.chunks() * partitions_.chunk_bytes(); }

    std::size_t partitions() const { return partitions_.number(); }
    std::size_t partition_of(const std::uint64_t* state) const { return partition(hash(state)); }

    // Inlined by force: a function that does nothing but prefetch has no effect in the compiler's eyes, and g++ 12 drops
    // calls of it.
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

    bool wants_split() const { return partitions_.wants_split(); }
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

    struct Partition {
        std::uint64_t slots = 0, count = 0, limit = 0;
        std::vector<std::uint64_t*> chunks;
    };

    static std::size_t chunk_bytes(unsigned words) {
        return std::max<std::size_t>(kChunkWords, std::size_t{words} * kFewest) * sizeof(std::uint64_t);
    }
    unsigned words() const { return kWords == 0 ? words_ : kWords; }
    std::uint64_t hash(const std::uint64_t* state) const { return hash_state<kWords>(state, words_); }
    std::size_t partition(std::uint64_t h) const { return partitions_.bits() == 0 ? 0 : h >> (64 - partitions_.bits()); }
    std::uint64_t first_slot(const Partition& part, std::uint64_t h) const {
        return static_cast<std::uint64_t>(static_cast<Wide>(h << partitions_.bits()) * part.slots >> 64);
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
    Partitions<Partition> partitions_;
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
    if (!partitions_.take_chunks(part, chunks)) return false;
    part.slots = part.chunks.size() * per_chunk_;
    part.limit = part.slots / 4 * 3;
    part.count = 0;
    return true;
}

template <unsigned kWords>
bool InlineTable<kWords>::grow(Partition& part, Scratch& scratch) {
    const std::size_t chunks = part.chunks.size();
    std::uint64_t* chunk = partitions_.pool().take();
    if (chunk == nullptr) {
        const std::uint64_t most = part.slots / 16 * 15;  // slow, but right
        if (part.limit >= most) return false;
        part.limit = most;
        return true;
    }
    scratch.clear();
    extract(part, scratch);
    partitions_.clear(part, chunk);
    const bool large = partitions_.bits() >= Partitions<Partition>::kMostBits;
    const std::size_t wanted = chunks + std::max<std::size_t>(1, large ? chunks / 12 : chunks / 2);
    if (!resize(part, wanted)) resize(part, part.chunks.size());
    put_all(scratch);
    return true;
}

template <unsigned kWords>
void InlineTable<kWords>::split(Scratch& scratch) {
    constexpr std::size_t kWays = Partitions<Partition>::kSplitWays;
    const std::vector<Partition> old = partitions_.split(partitions_.number() * kWays * 3);
    std::vector<std::uint64_t> counts(kWays);
    for (std::size_t n = 0; n < old.size(); ++n) {
        scratch.clear();
        extract(old[n], scratch);
        partitions_.give_back(old[n]);
        std::fill(counts.begin(), counts.end(), 0);
        for (std::size_t i = 0; i < scratch.size(); i += words_) ++counts[partition_of(&scratch[i]) % kWays];
        for (std::size_t i = 0; i < kWays; ++i) {
            resize(partitions_[n * kWays + i], counts[i] / (per_chunk_ / 4 * 3) + 1);
        }
        put_all(scratch);
    }
}

}  // namespace quire::explore
