// All states seen, exactly: a log of packed states in the order in which they were found, so that a level of the
// breadth-first search is a range of it, and an open-addressed table over the log.
//
// A state of one word lies in the table itself (its bit 63 says that the slot is used); of wider ones the table has 24
// bits of hash and 40 bits of index, and the log is asked.  Linear probing, growth by doubling.  Callers that know
// their states early prefetch.
//
// Invariant: every state of the log is in the table once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "explore/arena.h"

namespace quire::explore {

__extension__ using Wide = unsigned __int128;

inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// `kWords` words, or `n` if it is 0.  (The constants are fractions of well-known numbers: odd, and of no pattern.)
template <unsigned kWords>
std::uint64_t hash_state(const std::uint64_t* words, unsigned n) {
    const unsigned count = kWords == 0 ? n : kWords;
    std::uint64_t h = 0x9e3779b97f4a7c15ull;
    for (unsigned i = 0; i < count; ++i) {
        const std::uint64_t factor = 0xd6e8feb86659fd93ull + 0xa0761d6478bd642eull * i;
        h = mix(h ^ words[i], factor);
    }
    return h ^ (h >> 32);
}

enum class Inserted : std::uint8_t { kNew, kOld, kNoRoom };

template <unsigned kWords>
class StateStore {
public:
    explicit StateStore(unsigned words) : words_(kWords == 0 ? words : kWords) {}

    // Whether the system may be asked for this many more bytes.
    using MayGrow = bool (*)(void* context, std::uint64_t bytes);
    bool start(void* context, MayGrow may_grow) {
        context_ = context;
        may_grow_ = may_grow;
        return resize_table(std::uint64_t{1} << 9) && reserve_log(256);
    }

    std::uint64_t size() const { return size_; }
    std::uint64_t bytes() const { return table_.bytes() + size_ * words_ * sizeof(std::uint64_t); }
    const std::uint64_t* state(std::uint64_t index) const { return log_.words() + index * words_; }
    std::uint64_t hash(const std::uint64_t* words) const { return hash_state<kWords>(words, words_); }

    void prefetch(std::uint64_t hash) const { __builtin_prefetch(table_.words() + (hash >> shift_), 1); }
    // Second stage, for states of several words: the place in the log that will be compared.
    void prefetch_log(std::uint64_t hash) const {
        if constexpr (kWords != 1) {
            std::uint64_t slot = table_.words()[hash >> shift_];
            if (slot != 0) __builtin_prefetch(state((slot & kIndexMask) - 1));
        }
    }

    Inserted insert(const std::uint64_t* words, std::uint64_t hash) {
        std::uint64_t place = hash >> shift_;
        std::uint64_t* const table = table_.words();
        const std::uint64_t key = kWords == 1 ? words[0] | kUsed : (hash & kTagBits) << kIndexBits;
        for (;; place = (place + 1) & mask_) {
            const std::uint64_t slot = table[place];
            if (slot == 0) break;
            if constexpr (kWords == 1) {
                if (slot == key) return Inserted::kOld;
            } else {
                if ((slot & ~kIndexMask) == key && equal(state((slot & kIndexMask) - 1), words)) return Inserted::kOld;
            }
        }
        if (size_ >= grow_at_) [[unlikely]] {
            if (!grow()) return Inserted::kNoRoom;
            return insert(words, hash);
        }
        table[place] = kWords == 1 ? key : key | (size_ + 1);
        std::uint64_t* entry = log_.words() + size_ * words_;
        for (unsigned i = 0; i < count(); ++i) entry[i] = words[i];
        ++size_;
        return Inserted::kNew;
    }

    // Undoes the last insertion of a state, which was kNew, as far as the log is concerned; no insertion may follow.
    void drop_last() { --size_; }

private:
    static constexpr unsigned kIndexBits = 40;
    static constexpr std::uint64_t kIndexMask = (std::uint64_t{1} << kIndexBits) - 1;
    static constexpr std::uint64_t kTagBits = (std::uint64_t{1} << (64 - kIndexBits)) - 1;
    static constexpr std::uint64_t kUsed = std::uint64_t{1} << 63;

    unsigned count() const { return kWords == 0 ? words_ : kWords; }
    bool equal(const std::uint64_t* a, const std::uint64_t* b) const {
        for (unsigned i = 0; i < count(); ++i) {
            if (a[i] != b[i]) return false;
        }
        return true;
    }

    bool grow() {
        if (size_ >= log_capacity_ && !reserve_log(size_ + std::max<std::uint64_t>(size_ / 4, 1024))) return false;
        if (size_ < table_limit_) {
            grow_at_ = std::min(table_limit_, log_capacity_);
            return true;
        }
        if (resize_table(2 * (mask_ + 1))) return true;
        // No memory for a larger table: this one is slow when it is nearly full, but right.
        table_limit_ = (mask_ + 1) / 16 * 15;
        grow_at_ = std::min(table_limit_, log_capacity_);
        return size_ < grow_at_;
    }

    bool reserve_log(std::uint64_t states) {
        std::uint64_t bytes = states * words_ * sizeof(std::uint64_t);
        if (!may_grow_(context_, bytes - std::min<std::uint64_t>(bytes, log_.bytes()))) return false;
        if (!log_.resize(bytes)) return false;
        log_capacity_ = log_.bytes() / (words_ * sizeof(std::uint64_t));
        grow_at_ = std::min(table_limit_, log_capacity_);
        return true;
    }

    bool resize_table(std::uint64_t slots) {
        const std::uint64_t old_slots = table_.words() == nullptr ? 0 : mask_ + 1;
        const std::uint64_t bytes = slots * sizeof(std::uint64_t);
        if (!may_grow_(context_, bytes - old_slots * sizeof(std::uint64_t)) || !table_.resize(bytes)) return false;
        mask_ = slots - 1;
        shift_ = 64;
        for (std::uint64_t s = slots; s > 1; s /= 2) --shift_;
        table_limit_ = slots / 8 * 5;
        grow_at_ = std::min(table_limit_, log_capacity_);
        spread(old_slots);
        return true;
    }

    // Moves what lay in the first `old_slots` to where it belongs in the larger table.  The place is the upper bits of
    // the hash, so everything moves up: from the end on, no entry is in the way of another, and memory is walked in
    // order.  Not so at the very beginning, where entries lie that wrapped around or were displaced further than they
    // move; those are taken out first and put back last.
    void spread(std::uint64_t old_slots) {
        std::uint64_t* const table = table_.words();
        std::vector<std::uint64_t> aside;
        auto take = [table](std::uint64_t place) {
            std::uint64_t slot = table[place];
            table[place] = 0;
            return slot;
        };
        std::uint64_t first = 0;
        for (; first < old_slots && (first < 1024 || table[first] != 0); ++first) {
            if (std::uint64_t slot = take(first)) aside.push_back(slot);
        }
        for (std::uint64_t place = old_slots; place > first;) {
            --place;
            if (kWords != 1 && place >= first + kAhead) prefetch_slot(table[place - kAhead]);
            if (table[place] == 0) continue;
            std::uint64_t slot = take(place);
            if ((slot_hash(slot) >> shift_) > place) put(slot);
            else aside.push_back(slot);
        }
        for (std::uint64_t slot : aside) put(slot);
    }

    void put(std::uint64_t slot) {
        std::uint64_t place = slot_hash(slot) >> shift_;
        while (table_.words()[place] != 0) place = (place + 1) & mask_;
        table_.words()[place] = slot;
    }
    std::uint64_t slot_hash(std::uint64_t slot) const {
        if constexpr (kWords == 1) {
            slot &= ~kUsed;
            return hash(&slot);
        } else {
            return hash(state((slot & kIndexMask) - 1));
        }
    }
    void prefetch_slot(std::uint64_t slot) const {
        if (slot != 0) __builtin_prefetch(state((slot & kIndexMask) - 1));
    }
    static constexpr std::uint64_t kAhead = 16;

    unsigned words_;
    Arena table_, log_;
    std::uint64_t mask_ = 0;
    unsigned shift_ = 64;
    std::uint64_t size_ = 0;
    std::uint64_t log_capacity_ = 0;
    std::uint64_t table_limit_ = 0;
    std::uint64_t grow_at_ = 0;
    void* context_ = nullptr;
    MayGrow may_grow_ = nullptr;
};

}  // namespace quire::explore
