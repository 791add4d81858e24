// Numbers from a seed, the same on every machine (the distributions of the standard library are not).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace quire {

// SplitMix64 (Steele, Lea, Flood 2014).
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u + 0x2545f4914f6cdd1du) {}

    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }
    std::size_t below(std::size_t n) { return n == 0 ? 0 : static_cast<std::size_t>(next() % n); }
    bool chance(unsigned percent) { return next() % 100 < percent; }
    const std::string& of(const std::vector<std::string>& all) { return all[below(all.size())]; }

private:
    std::uint64_t state_;
};

}  // namespace quire
