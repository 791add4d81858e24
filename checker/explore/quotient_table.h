// An exact set of numbers of b bits (up to 63, or 127) in slots of 8, 12 or 16 bytes that hold fewer than b bits: what
// the place of a slot says need not be in it (J. G. Cleary, "Compact hash tables using bidirectional linear probing",
// 1984).  From a slot and its place the number comes back, so the table grows, and is read, without any other copy.
//
// A key, permuted, is: partition | 32 upper bits | low bits.  The upper bits times the number of lines of the partition
// (64 bytes each, any even number) say the line; what they say beyond that, and the low bits, are the slot.  A line that
// is full sends the key to the other one of its pair, which memory brings along, and then on to pairs that are hashed
// from the slot itself, so that the hop can be taken back; the number of the hop, of 6 bits, is in the slot.  With hops
// to neighbours only the table would be full at half of its size; hashed, at about 0.95.  What finds no place after all
// hops goes to a stash, which is as exact.
//
// Deviations from the paper: buckets of a cache line and hashed hops instead of bidirectional probing; a number of lines
// that is no power of two, so that a partition grows by an eighth and memory follows the number of states; partitions,
// so that growing needs no second table and threads can own disjoint parts.
//
// Invariant: a key with hop d lies in its line d, and its lines 0..d-1 are full (nothing is ever removed).
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

#include "explore/hash.h"
#include "explore/line_match.h"
#include "explore/partitions.h"

namespace quire::explore {

enum class Inserted : std::uint8_t { kNew, kOld, kNoRoom };

template <class Key>
class QuotientTable {
public:
    using Scratch = std::vector<Key>;  // each thread that inserts has its own

    explicit QuotientTable(unsigned bits) : bits_(bits), partitions_(kChunkBytes) {}

    bool start(void* context, ChunkPool::MayGrow may_grow) {
        partitions_.start(context, may_grow);
        cut_ = Cut(bits_, 0);
        maps_.resize(1);
        return resize(partitions_[0], 1);
    }

    std::uint64_t size() const { return partitions_.keys(); }
    std::uint64_t bytes() const {
        std::uint64_t total = partitions_.chunks() * kChunkBytes;
        for (const Partition& part : partitions_) total += part.stash.size() * sizeof(Key);
        return total;
    }

    std::size_t partitions() const { return partitions_.number(); }
    std::size_t partition_of(Key key) const { return static_cast<std::size_t>(cut_.upper(key) >> 32); }

    // Keys are permuted ones.  Keys of different partitions may be inserted at the same time.
    Inserted insert(Key key, Scratch& scratch) {
        Partition& part = partitions_[partition_of(key)];
        Inserted result = try_insert(part, key, false);
        if (result != Inserted::kNoRoom) [[likely]]
            return result;
        if (!grow(part, scratch)) return Inserted::kNoRoom;
        return try_insert(part, key, true);
    }

    static constexpr unsigned kBatch = 64;
    // Where up to kBatch keys go, until the table changes.
    struct Places;
    // Finds them, and asks memory for them.  Who has something else to do then, inserts without waiting.
    void locate(const Key* keys, unsigned n, Places& places) const;
    // Inserts keys that were located.  How many were inserted: all, unless memory ends; some of those behind may have been,
    // too.  Bit i of `fresh`: number i is new.  `changed`: places that were found before are no longer right.
    unsigned insert_located(const Key* keys, unsigned n, Places& places, std::uint64_t& fresh, bool& changed, Scratch& scratch);
    unsigned insert_batch(const Key* keys, unsigned n, std::uint64_t& fresh, Scratch& scratch) {
        Places places;
        bool changed = false;
        locate(keys, n, places);
        return insert_located(keys, n, places, fresh, changed, scratch);
    }

    // Between insertions: whether there should be more partitions, and makes them if there is memory.  Whoever has
    // several threads needs several partitions from the start.
    bool wants_split() const { return partitions_.wants_split(); }
    void split(Scratch& scratch);

    template <class Visit>
    void for_each(Visit visit) const {
        Scratch keys;
        for (std::size_t p = 0; p < partitions_.number(); ++p) {
            keys.clear();
            extract(cut_, partitions_[p], p, keys);
            for (Key key : keys) visit(key);
        }
    }

private:
    static constexpr std::size_t kChunkBytes = std::size_t{128} << 10;
    static constexpr std::uint32_t kLinesPerChunk = kChunkBytes / 64;
    static constexpr unsigned kRestBits = 57;  // of the first word of a slot; then 6 of the hop, 1 of use
    static constexpr std::uint64_t kRestMask = (std::uint64_t{1} << kRestBits) - 1;
    static constexpr unsigned kHops = 64;
    static constexpr std::uint64_t kUsed = std::uint64_t{1} << 63;

    struct Partition {
        std::uint32_t lines = 0;
        std::uint32_t slots = 8;  // per line
        std::uint64_t step = 0;   // 2^64 / lines
        std::uint64_t count = 0;
        std::uint64_t limit = 0;  // grows before there are more
        std::vector<std::uint64_t*> chunks;
        std::vector<Key> stash;
    };

    // How a key is cut.
    struct Cut {
        unsigned partition_bits = 0, low_bits = 0, up_shift = 0;
        Key low_mask = 0;

        Cut() = default;
        Cut(unsigned bits, unsigned partitions) : partition_bits(partitions) {
            const unsigned top = partitions + 32;
            low_bits = bits > top ? bits - top : 0;
            up_shift = bits < top ? top - bits : 0;
            low_mask = (Key{1} << low_bits) - 1;
        }
        // The partition and the 32 bits below it.
        std::uint64_t upper(Key key) const {
            if (up_shift != 0) return static_cast<std::uint64_t>(key) << up_shift;
            return static_cast<std::uint64_t>(key >> low_bits);
        }
        Key key(std::uint64_t upper, Key rest) const {
            if (up_shift != 0) return static_cast<Key>(upper >> up_shift);
            return static_cast<Key>(upper) << low_bits | (rest & low_mask);
        }
    };

    // What finding a line needs of a partition, close together.
    struct Map {
        std::uint64_t* const* chunks = nullptr;
        std::uint64_t step = 0;
        std::uint32_t lines = 0;
    };
    // Where a key goes without a hop, or to the other line of its pair.
    struct Located {
        std::uint64_t* line;
        std::uint64_t* other;
        std::uint64_t wanted;
        std::uint32_t partition;
    };
    struct Unplaced;
    template <class Match>
    [[gnu::always_inline]] unsigned insert_until_growth(const Key* keys, unsigned n, Located* located, std::uint64_t& fresh,
                                                        Unplaced& late, Match match);
    template <class Match>
    [[gnu::always_inline]] void move_on(const Key* keys, Located* located, Unplaced& moving, std::uint64_t& fresh, Unplaced& late,
                                        Match match);
    template <class Match>
    [[gnu::always_inline]] static Inserted insert_in_pair(Partition& part, const Located& at, Match match);
    unsigned insert_some(const Key* keys, unsigned n, Located* located, std::uint64_t& fresh, Unplaced& late) {
        return insert_until_growth(keys, n, located, fresh, late, match_line);
    }
#if defined(__x86_64__)
    [[gnu::target("avx2")]] unsigned insert_some_wide(const Key* keys, unsigned n, Located* located, std::uint64_t& fresh,
                                                      Unplaced& late) {
        auto match = [](const std::uint64_t* line, std::uint64_t value) __attribute__((target("avx2"))) {
            return match_line_wide(line, value);
        };
        return insert_until_growth(keys, n, located, fresh, late, match);
    }
#else
    unsigned insert_some_wide(const Key* keys, unsigned n, Located* located, std::uint64_t& fresh, Unplaced& late) {
        return insert_some(keys, n, located, fresh, late);
    }
#endif
    void publish(const Partition& part) { maps_[partitions_.index_of(part)] = {part.chunks.data(), part.step, part.lines}; }

    static std::uint32_t home_line(const Partition& part, std::uint64_t place) {
        return static_cast<std::uint32_t>((place & 0xffffffffu) * part.lines >> 32);
    }
    static std::uint64_t* line_at(const Partition& part, std::uint32_t line) {
        return part.chunks[line / kLinesPerChunk] + std::size_t{line % kLinesPerChunk} * 8;
    }
    // Not more than the upper bits of any key whose home is the line, and less by not much more than 2^32 / lines.
    static std::uint64_t line_base(const Partition& part, std::uint32_t line) { return line * part.step >> 32; }

    static std::uint32_t hop_line(const Partition& part, std::uint32_t home, Key rest, unsigned hop) {
        const std::uint32_t line = home + offset(part, rest, hop / 2);
        return (line >= part.lines ? line - part.lines : line) ^ (hop % 2);
    }
    // Even, so that pairs stay pairs.
    static std::uint32_t offset(const Partition& part, Key rest, unsigned pair) {
        if (pair == 0) return 0;
        std::uint64_t z = static_cast<std::uint64_t>(rest);
        if constexpr (sizeof(Key) > 8) z ^= static_cast<std::uint64_t>(rest >> 64) * 0xa0761d6478bd642full;
        z = (z ^ (z >> 29)) * 0x9e3779b97f4a7c15ull;
        z = ((z ^ (z >> 32)) + pair) * 0xd6e8feb86659fd93ull;
        return static_cast<std::uint32_t>((z >> 32) * part.lines >> 33) * 2;
    }

    // The second word of a slot that has one.
    static std::uint64_t high(const std::uint64_t* line, std::uint32_t slots, std::uint32_t i) {
        if (slots == 5) return reinterpret_cast<const std::uint32_t*>(line + 5)[i];
        return line[4 + i];
    }
    static void set_high(std::uint64_t* line, std::uint32_t slots, std::uint32_t i, std::uint64_t value) {
        if (slots == 5)
            reinterpret_cast<std::uint32_t*>(line + 5)[i] = static_cast<std::uint32_t>(value);
        else
            line[4 + i] = value;
    }

    Inserted try_insert(Partition& part, Key key, bool after_growth) {
        if constexpr (sizeof(Key) <= 8)
            return try_insert_in<8>(part, key, after_growth);
        else if (part.slots == 8)
            return try_insert_in<8>(part, key, after_growth);
        else if (part.slots == 5)
            return try_insert_in<5>(part, key, after_growth);
        else
            return try_insert_in<4>(part, key, after_growth);
    }
    template <unsigned kSlots>
    Inserted try_insert_in(Partition& part, Key key, bool always);

    void put_all(Partition& part, std::vector<Key>& keys);
    static void extract(const Cut& cut, const Partition& part, std::size_t number, std::vector<Key>& keys);
    static Key key_of(const Cut& cut, const Partition& part, std::size_t number, std::uint32_t line, std::uint32_t i);

    std::uint32_t slots_for(std::uint64_t lines) const {
        const unsigned rest = static_cast<unsigned>(std::bit_width((std::uint64_t{1} << 32) / lines + 2)) + cut_.low_bits;
        return rest <= kRestBits ? 8 : rest <= kRestBits + 32 ? 5 : 4;
    }
    std::uint64_t capacity(std::size_t chunks) const {
        const std::uint64_t lines = chunks * kLinesPerChunk;
        return lines * slots_for(lines);
    }
    // From a quarter of a gigabyte on memory counts more than the time that a full table costs.
    bool is_large(std::size_t chunks) const { return partitions_.bits() >= Partitions<Partition>::kMostBits && chunks >= 8; }
    std::uint64_t limit(std::size_t chunks) const { return capacity(chunks) / 100 * (is_large(chunks) ? 92 : 75); }
    bool resize(Partition& part, std::size_t chunks);
    bool grow(Partition& part, Scratch& scratch);

    unsigned bits_;
    Cut cut_;
    Partitions<Partition> partitions_;
    std::vector<Map> maps_;  // by partition
    bool wide_match_ = has_wide_match();
};

template <class Key>
struct QuotientTable<Key>::Places {
    Located at[kBatch];
};

template <class Key>
inline void QuotientTable<Key>::locate(const Key* keys, unsigned n, Places& places) const {
    for (unsigned k = 0; k < n; ++k) {
        const std::uint64_t upper = cut_.upper(keys[k]);
        const Map& map = maps_[upper >> 32];
        const std::uint64_t above = upper & 0xffffffffu;
        const std::uint32_t home = static_cast<std::uint32_t>(above * map.lines >> 32);
        const std::uint64_t beyond = above - (home * map.step >> 32);
        const Key rest = static_cast<Key>(beyond) << cut_.low_bits | (keys[k] & cut_.low_mask);
        std::uint64_t* const chunk = map.chunks[home / kLinesPerChunk];
        std::uint64_t* const line = chunk + std::size_t{home % kLinesPerChunk} * 8;
        std::uint64_t* const other = chunk + std::size_t{(home ^ 1) % kLinesPerChunk} * 8;
        __builtin_prefetch(line, 1);
        places.at[k] = {line, other, kUsed | (static_cast<std::uint64_t>(rest) & kRestMask),
                        static_cast<std::uint32_t>(upper >> 32)};
    }
}

// Those that one pass could not place.
template <class Key>
struct QuotientTable<Key>::Unplaced {
    unsigned count = 0;
    unsigned char number[kBatch];
    void add(unsigned k) { number[count++] = static_cast<unsigned char>(k); }
};

// Up to the first one that its partition has to grow for; of those before it, `late` are still to be inserted.
//
// Whether a key is new is a coin toss to the processor, so nothing branches on it: one that is there already is written over
// itself.
template <class Key>
template <class Match>
inline unsigned QuotientTable<Key>::insert_until_growth(const Key* keys, unsigned n, Located* located, std::uint64_t& fresh,
                                                        Unplaced& late, Match match) {
    Unplaced moving;
    unsigned k = 0;
    for (; k < n; ++k) {
        const Located& at = located[k];
        Partition& part = partitions_[at.partition];
        if (sizeof(Key) > 8 && part.slots != 8) {
            const Inserted result = try_insert(part, keys[k], false);
            if (result == Inserted::kNoRoom) break;
            if (result == Inserted::kNew) fresh |= std::uint64_t{1} << k;
            continue;
        }
        const LineMatch found = match(at.line, at.wanted);
        const unsigned fits = found.equal | (~found.used & 0xff) << 8;
        if (fits != 0 && part.count < part.limit) [[likely]] {
            const unsigned is_new = found.equal == 0 ? 1 : 0;
            at.line[static_cast<unsigned>(std::countr_zero(fits)) % 8] = at.wanted;
            part.count += is_new;
            fresh |= std::uint64_t{is_new} << k;
            continue;
        }
        const Inserted result = insert_in_pair(part, at, match);
        if (result == Inserted::kNew) fresh |= std::uint64_t{1} << k;
        if (result != Inserted::kNoRoom) continue;
        if (part.count >= part.limit) break;
        moving.add(k);
    }
    move_on(keys, located, moving, fresh, late, match);
    return k;
}

// Hop after hop for all of them, so that here, too, cache misses overlap.
template <class Key>
template <class Match>
inline void QuotientTable<Key>::move_on(const Key* keys, Located* located, Unplaced& moving, std::uint64_t& fresh, Unplaced& late,
                                        Match match) {
    for (unsigned hop = 2; hop < kHops && moving.count > 0; hop += 2) {
        for (unsigned m = 0; m < moving.count; ++m) {
            Located& at = located[moving.number[m]];
            const Partition& part = partitions_[at.partition];
            const std::uint64_t place = cut_.upper(keys[moving.number[m]]);
            const std::uint32_t home = home_line(part, place);
            const Key rest = static_cast<Key>((place & 0xffffffffu) - line_base(part, home)) << cut_.low_bits |
                             (keys[moving.number[m]] & cut_.low_mask);
            const std::uint32_t number = hop_line(part, home, rest, hop);
            at.line = line_at(part, number);
            at.other = line_at(part, number ^ 1);
            at.wanted = kUsed | std::uint64_t{hop} << kRestBits | (static_cast<std::uint64_t>(rest) & kRestMask);
            __builtin_prefetch(at.line, 1);
            __builtin_prefetch(at.other, 1);
        }
        unsigned left = 0;
        for (unsigned m = 0; m < moving.count; ++m) {
            const unsigned k = moving.number[m];
            Partition& part = partitions_[located[k].partition];
            const Inserted result = insert_in_pair(part, located[k], match);
            if (result == Inserted::kNew) fresh |= std::uint64_t{1} << k;
            if (result != Inserted::kNoRoom) continue;
            if (part.count >= part.limit)
                late.add(k);
            else
                moving.number[left++] = static_cast<unsigned char>(k);
        }
        moving.count = left;
    }
    for (unsigned m = 0; m < moving.count; ++m) late.add(moving.number[m]);
}

// kNoRoom: both lines are full, or there are as many keys as there should be.
template <class Key>
template <class Match>
inline Inserted QuotientTable<Key>::insert_in_pair(Partition& part, const Located& at, Match match) {
    std::uint64_t* line = at.line;
    std::uint64_t wanted = at.wanted;
    LineMatch found = match(line, wanted);
    if (found.equal != 0) return Inserted::kOld;
    if (found.used == 0xff) {
        line = at.other;
        wanted += std::uint64_t{1} << kRestBits;
        found = match(line, wanted);
        if (found.equal != 0) return Inserted::kOld;
    }
    if (found.used == 0xff || part.count >= part.limit) return Inserted::kNoRoom;
    line[std::countr_one(found.used)] = wanted;
    ++part.count;
    return Inserted::kNew;
}

template <class Key>
unsigned QuotientTable<Key>::insert_located(const Key* keys, unsigned n, Places& places, std::uint64_t& fresh, bool& changed,
                                            Scratch& scratch) {
    fresh = 0;
    changed = false;
    auto insert_one = [&](unsigned k) {
        changed = true;
        const Inserted result = insert(keys[k], scratch);
        if (result == Inserted::kNew) fresh |= std::uint64_t{1} << k;
        return result != Inserted::kNoRoom;
    };
    for (unsigned done = 0; done < n;) {
        std::uint64_t more = 0;
        Unplaced late;
        if (changed) locate(keys + done, n - done, places);
        Located* const at = changed ? places.at : places.at + done;
        const unsigned count = wide_match_ ? insert_some_wide(keys + done, n - done, at, more, late)
                                           : insert_some(keys + done, n - done, at, more, late);
        fresh |= more << done;
        for (unsigned i = 0; i < late.count; ++i) {
            if (!insert_one(done + late.number[i])) return done + late.number[i];
        }
        done += count;
        if (done == n) break;
        if (!insert_one(done)) return done;
        ++done;
    }
    return n;
}

template <class Key>
template <unsigned kSlots>
inline Inserted QuotientTable<Key>::try_insert_in(Partition& part, Key key, bool always) {
    const std::uint64_t place = cut_.upper(key);
    const std::uint32_t home = home_line(part, place);
    const std::uint64_t beyond = (place & 0xffffffffu) - line_base(part, home);
    const Key rest = static_cast<Key>(beyond) << cut_.low_bits | (key & cut_.low_mask);
    const std::uint64_t low = kUsed | (static_cast<std::uint64_t>(rest) & kRestMask);
    const std::uint64_t upper = kSlots == 8 ? 0 : static_cast<std::uint64_t>(rest >> kRestBits);
    for (unsigned hop = 0; hop < kHops; ++hop) {
        std::uint64_t* const line = line_at(part, hop_line(part, home, rest, hop));
        const std::uint64_t wanted = low | std::uint64_t{hop} << kRestBits;
        for (std::uint32_t i = 0; i < kSlots; ++i) {
            if (line[i] == wanted && (kSlots == 8 || high(line, kSlots, i) == upper)) return Inserted::kOld;
            if (line[i] != 0) continue;
            if (part.count >= part.limit && !always) [[unlikely]]
                return Inserted::kNoRoom;
            line[i] = wanted;
            if (kSlots != 8) set_high(line, kSlots, i, upper);
            ++part.count;
            return Inserted::kNew;
        }
    }
    if (std::find(part.stash.begin(), part.stash.end(), key) != part.stash.end()) return Inserted::kOld;
    if (!always) return Inserted::kNoRoom;
    part.stash.push_back(key);
    ++part.count;
    return Inserted::kNew;
}

// Many keys that are not there yet, into a partition that is empty.  They come nearly in the order of their places, but for
// those that hopped away, which are asked for some keys ahead: who finds both lines of a pair full waits until all others
// have been there.  How many slots of a line are in use is counted apart, in a byte.
template <class Key>
void QuotientTable<Key>::put_all(Partition& part, std::vector<Key>& keys) {
    constexpr std::size_t kAhead = 16;
    if (part.slots != 8) {
        for (Key key : keys) try_insert(part, key, true);
        return;
    }
    std::vector<std::uint8_t> used(part.lines);
    for (unsigned hop = 0; hop < kHops && !keys.empty(); hop += 2) {
        std::size_t left = 0;
        auto first_line = [&](Key key, Key& rest) {
            const std::uint64_t place = cut_.upper(key);
            const std::uint32_t home = home_line(part, place);
            rest = static_cast<Key>((place & 0xffffffffu) - line_base(part, home)) << cut_.low_bits | (key & cut_.low_mask);
            return hop_line(part, home, rest, hop);
        };
        for (std::size_t k = 0; k < keys.size(); ++k) {
            const Key key = keys[k];
            Key rest = 0;
            if (hop > 0 && k + kAhead < keys.size()) __builtin_prefetch(line_at(part, first_line(keys[k + kAhead], rest)), 1);
            std::uint32_t number = first_line(key, rest);
            const std::uint32_t other = used[number] == 8 ? 1 : 0;
            number ^= other;
            if (used[number] == 8) {
                keys[left++] = key;
                continue;
            }
            line_at(part, number)[used[number]++] =
                kUsed | std::uint64_t{hop + other} << kRestBits | (static_cast<std::uint64_t>(rest) & kRestMask);
            ++part.count;
        }
        keys.resize(left);
    }
    for (Key key : keys) try_insert(part, key, true);
}

template <class Key>
Key QuotientTable<Key>::key_of(const Cut& cut, const Partition& part, std::size_t number, std::uint32_t line_number,
                               std::uint32_t i) {
    const std::uint64_t* line = line_at(part, line_number);
    Key rest = static_cast<Key>(line[i] & kRestMask);
    if constexpr (sizeof(Key) > 8) {
        if (part.slots != 8) rest |= static_cast<Key>(high(line, part.slots, i)) << kRestBits;
    }
    const unsigned hop = static_cast<unsigned>(line[i] >> kRestBits) % kHops;
    const std::uint32_t moved = offset(part, rest, hop / 2);
    const std::uint32_t first = line_number ^ (hop % 2);
    const std::uint32_t home = first >= moved ? first - moved : first + part.lines - moved;
    const std::uint64_t top = line_base(part, home) + static_cast<std::uint64_t>(rest >> cut.low_bits);
    return cut.key(static_cast<std::uint64_t>(number) << 32 | top, rest);
}

template <class Key>
void QuotientTable<Key>::extract(const Cut& cut, const Partition& part, std::size_t number, std::vector<Key>& keys) {
    std::size_t end = keys.size();
    keys.resize(end + part.count - part.stash.size() + 1);
    for (std::uint32_t l = 0; l < part.lines; ++l) {
        const std::uint64_t* line = line_at(part, l);
        for (std::uint32_t i = 0; i < part.slots; ++i) {
            keys[end] = key_of(cut, part, number, l, i);
            end += line[i] >> 63;  // what is not in use is written over
        }
    }
    keys.resize(end);
    keys.insert(keys.end(), part.stash.begin(), part.stash.end());
}

// Leaves the partition empty, but for the memory.
template <class Key>
bool QuotientTable<Key>::resize(Partition& part, std::size_t chunks) {
    if (!partitions_.take_chunks(part, chunks)) return false;
    part.lines = static_cast<std::uint32_t>(part.chunks.size() * kLinesPerChunk);
    part.step = ~std::uint64_t{0} / part.lines;
    part.slots = slots_for(part.lines);
    part.limit = limit(part.chunks.size());
    part.count = 0;
    part.stash.clear();
    publish(part);
    return true;
}

// A small table grows fourfold, then twofold, and a large one by an eighth.  Keys come out nearly in the order of their new
// places.
template <class Key>
bool QuotientTable<Key>::grow(Partition& part, Scratch& scratch) {
    const std::size_t chunks = part.chunks.size();
    std::uint64_t* chunk = partitions_.pool().take();
    if (chunk == nullptr) {
        // Nearly full it is slow, but right.
        const std::uint64_t most = capacity(chunks) / 100 * 96;
        if (part.limit >= most) return false;
        part.limit = most;
        return part.count < most;
    }
    scratch.clear();
    extract(cut_, part, partitions_.index_of(part), scratch);
    partitions_.clear(part, chunk);
    const bool small = chunks <= 4 && partitions_.bits() < Partitions<Partition>::kMostBits;
    const std::size_t wanted = is_large(chunks) ? chunks + std::max<std::size_t>(1, chunks / 8) : chunks * (small ? 4 : 2);
    resize(part, wanted);
    if (part.chunks.size() < wanted) resize(part, part.chunks.size());
    put_all(part, scratch);
    return true;
}

template <class Key>
void QuotientTable<Key>::split(Scratch& scratch) {
    constexpr std::size_t kWays = Partitions<Partition>::kSplitWays;
    const std::size_t before = partitions_.number();
    const std::vector<Partition> old = partitions_.split(before * (kWays + 1) + bytes() / kChunkBytes * 2 + 16);
    if (old.empty()) return;
    const Cut old_cut = std::exchange(cut_, Cut(bits_, partitions_.bits()));
    maps_.assign(partitions_.number(), Map());
    std::vector<std::vector<Key>> keys(kWays);
    for (std::size_t n = 0; n < old.size(); ++n) {
        scratch.clear();
        extract(old_cut, old[n], n, scratch);
        partitions_.give_back(old[n]);
        for (std::vector<Key>& part_keys : keys) part_keys.clear();
        for (Key key : scratch) keys[partition_of(key) % kWays].push_back(key);
        for (std::size_t i = 0; i < kWays; ++i) {
            std::size_t chunks = 1;
            while (limit(chunks) <= keys[i].size() * 2) ++chunks;  // as if it had doubled, too
            Partition& part = partitions_[n * kWays + i];
            if (!resize(part, chunks)) resize(part, part.chunks.size());
            put_all(part, keys[i]);
        }
    }
}

}  // namespace quire::explore
