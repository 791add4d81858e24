// The states seen so far, by how many words a packed state has: what the search inserts into, and its currency, items.
//
// An item is what travels between finding a state and inserting it.  Of one or two words it is the permuted state, from
// which the state comes back, of more words the state itself.  The fingerprint set, which is not exact, keeps 63 bits
// of hash; its item is the state with the hash behind it.
#pragma once

#include <algorithm>
#include <cstdint>

#include "explore/inline_table.h"
#include "explore/packed_layout.h"
#include "explore/quotient_table.h"

namespace quire::explore {

inline constexpr unsigned kItemBatch = 64;

template <unsigned kWords>
class ExactSet {
public:
    static constexpr unsigned kItemWords = 0;  // any number
    static double omission(std::uint64_t) { return 0; }
    using Scratch = typename InlineTable<kWords>::Scratch;
    explicit ExactSet(const PackedLayout& layout) : words_(layout.words()), table_(words_) {}

    bool start(void* context, ChunkPool::MayGrow may_grow) { return table_.start(context, may_grow); }
    unsigned item_words() const { return words_; }
    void encode(const std::uint64_t* words, std::uint64_t* item) const {
        for (unsigned i = 0; i < count(); ++i) item[i] = words[i];
    }
    void decode(const std::uint64_t* item, std::uint64_t* words) const { encode(item, words); }
    std::size_t partition_of(const std::uint64_t* item) const { return table_.partition_of(item); }
    // Up to kItemBatch of them, as in QuotientTable.
    struct Places {};
    [[gnu::always_inline]] void locate(const std::uint64_t* items, unsigned n, Places&) const {
        for (unsigned i = 0; i < n; ++i) table_.prefetch(items + std::size_t{i} * words_);
    }
    unsigned insert_located(const std::uint64_t* items, unsigned n, Places&, std::uint64_t& fresh, bool& changed,
                            Scratch& scratch) {
        fresh = 0;
        changed = false;
        for (unsigned i = 0; i < n; ++i) {
            const Inserted result = table_.insert(items + std::size_t{i} * words_, scratch);
            if (result == Inserted::kNoRoom) return i;
            if (result == Inserted::kNew) fresh |= std::uint64_t{1} << i;
        }
        return n;
    }
    auto& table() { return table_; }
    const auto& table() const { return table_; }

private:
    unsigned count() const { return kWords == 0 ? words_ : kWords; }
    unsigned words_;
    InlineTable<kWords> table_;
};

template <>
class ExactSet<1> {
public:
    static constexpr unsigned kItemWords = 1;
    static double omission(std::uint64_t) { return 0; }
    using Scratch = QuotientTable<std::uint64_t>::Scratch;
    explicit ExactSet(const PackedLayout& layout) : permutation_(layout.key_bits()), table_(layout.key_bits()) {}

    bool start(void* context, ChunkPool::MayGrow may_grow) { return table_.start(context, may_grow); }
    unsigned item_words() const { return 1; }
    void encode(const std::uint64_t* words, std::uint64_t* item) const { *item = permutation_.forth(*words); }
    void decode(const std::uint64_t* item, std::uint64_t* words) const { *words = permutation_.back(*item); }
    std::size_t partition_of(const std::uint64_t* item) const { return table_.partition_of(*item); }
    using Places = QuotientTable<std::uint64_t>::Places;
    void locate(const std::uint64_t* items, unsigned n, Places& places) const { table_.locate(items, n, places); }
    unsigned insert_located(const std::uint64_t* items, unsigned n, Places& places, std::uint64_t& fresh, bool& changed,
                            Scratch& scratch) {
        return table_.insert_located(items, n, places, fresh, changed, scratch);
    }
    auto& table() { return table_; }
    const auto& table() const { return table_; }

private:
    Permutation<std::uint64_t> permutation_;
    QuotientTable<std::uint64_t> table_;
};

template <>
class ExactSet<2> {
public:
    static constexpr unsigned kItemWords = 2;
    static double omission(std::uint64_t) { return 0; }
    using Scratch = QuotientTable<Wide>::Scratch;
    explicit ExactSet(const PackedLayout& layout)
        : first_bits_(layout.word_bits(0)), permutation_(layout.key_bits()), table_(layout.key_bits()) {}

    bool start(void* context, ChunkPool::MayGrow may_grow) { return table_.start(context, may_grow); }
    unsigned item_words() const { return 2; }
    void encode(const std::uint64_t* words, std::uint64_t* item) const {
        put(permutation_.forth(words[0] | static_cast<Wide>(words[1]) << first_bits_), item);
    }
    void decode(const std::uint64_t* item, std::uint64_t* words) const {
        const Wide state = permutation_.back(get(item));
        words[0] = static_cast<std::uint64_t>(state & ((Wide{1} << first_bits_) - 1));
        words[1] = static_cast<std::uint64_t>(state >> first_bits_);
    }
    std::size_t partition_of(const std::uint64_t* item) const { return table_.partition_of(get(item)); }
    struct Places {
        Wide keys[kItemBatch];
        QuotientTable<Wide>::Places places;
    };
    void locate(const std::uint64_t* items, unsigned n, Places& places) const {
        for (unsigned i = 0; i < n; ++i) places.keys[i] = get(items + 2 * i);
        table_.locate(places.keys, n, places.places);
    }
    unsigned insert_located(const std::uint64_t*, unsigned n, Places& places, std::uint64_t& fresh, bool& changed,
                            Scratch& scratch) {
        return table_.insert_located(places.keys, n, places.places, fresh, changed, scratch);
    }
    auto& table() { return table_; }
    const auto& table() const { return table_; }

private:
    static Wide get(const std::uint64_t* item) { return item[0] | static_cast<Wide>(item[1]) << 64; }
    static void put(Wide key, std::uint64_t* item) {
        item[0] = static_cast<std::uint64_t>(key);
        item[1] = static_cast<std::uint64_t>(key >> 64);
    }
    unsigned first_bits_;
    Permutation<Wide> permutation_;
    QuotientTable<Wide> table_;
};

class FingerprintSet {
public:
    static constexpr unsigned kItemWords = 0;
    // Two of n states have the same hash, of 63 bits, in at most n^2 / 2 pairs out of 2^63.
    static double omission(std::uint64_t states) {
        const double n = static_cast<double>(states);
        return std::min(1.0, n * n / 18446744073709551616.0);
    }
    static constexpr unsigned kBits = 63;
    using Scratch = QuotientTable<std::uint64_t>::Scratch;
    explicit FingerprintSet(const PackedLayout& layout) : words_(layout.words()), table_(kBits) {}

    bool start(void* context, ChunkPool::MayGrow may_grow) { return table_.start(context, may_grow); }
    unsigned item_words() const { return words_ + 1; }
    void encode(const std::uint64_t* words, std::uint64_t* item) const {
        for (unsigned i = 0; i < words_; ++i) item[i] = words[i];
        item[words_] = hash_state<0>(words, words_) >> (64 - kBits);
    }
    void decode(const std::uint64_t* item, std::uint64_t* words) const {
        for (unsigned i = 0; i < words_; ++i) words[i] = item[i];
    }
    std::size_t partition_of(const std::uint64_t* item) const { return table_.partition_of(item[words_]); }
    struct Places {
        std::uint64_t keys[kItemBatch];
        QuotientTable<std::uint64_t>::Places places;
    };
    void locate(const std::uint64_t* items, unsigned n, Places& places) const {
        for (unsigned i = 0; i < n; ++i) places.keys[i] = items[std::size_t{i} * (words_ + 1) + words_];
        table_.locate(places.keys, n, places.places);
    }
    unsigned insert_located(const std::uint64_t*, unsigned n, Places& places, std::uint64_t& fresh, bool& changed,
                            Scratch& scratch) {
        return table_.insert_located(places.keys, n, places.places, fresh, changed, scratch);
    }
    auto& table() { return table_; }
    const auto& table() const { return table_; }

private:
    unsigned words_;
    QuotientTable<std::uint64_t> table_;
};

}  // namespace quire::explore
