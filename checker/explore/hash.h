// Hashing of packed states, forth only and forth and back.
#pragma once

#include <cstdint>

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

// A permutation of the numbers of `bits` bits whose upper bits depend on all bits: multiplications by odd numbers and
// shifts by half, each of which can be undone.
template <class Key>
class Permutation {
public:
    explicit Permutation(unsigned bits)
        : mask_(bits == 8 * sizeof(Key) ? ~Key{0} : (Key{1} << bits) - 1), half_((bits + 1) / 2) {}

    Key forth(Key x) const {
        x = (x * factor(0)) & mask_;
        x ^= x >> half_;
        x = (x * factor(1)) & mask_;
        x ^= x >> half_;
        return (x * factor(2)) & mask_;
    }
    Key back(Key x) const {
        x = (x * inverse_[2]) & mask_;
        x ^= x >> half_;
        x = (x * inverse_[1]) & mask_;
        x ^= x >> half_;
        return (x * inverse_[0]) & mask_;
    }

private:
    static Key factor(unsigned i) {
        constexpr std::uint64_t kFactors[4] = {0xbf58476d1ce4e5b9ull, 0x94d049bb133111ebull, 0xd6e8feb86659fd93ull,
                                               0x9e3779b97f4a7c15ull};
        if constexpr (sizeof(Key) > 8)
            return static_cast<Key>(kFactors[i + 1]) << 64 | kFactors[i];
        else
            return kFactors[i];
    }
    // Newton's iteration doubles the number of right bits; of an odd number three are right at the start.
    static Key inverse(Key odd) {
        Key x = odd;
        for (unsigned right = 3; right < 8 * sizeof(Key); right *= 2) x *= 2 - odd * x;
        return x;
    }

    Key mask_;
    unsigned half_;
    Key inverse_[3] = {inverse(factor(0)), inverse(factor(1)), inverse(factor(2))};
};

}  // namespace quire::explore
