// A line of eight slots compared with a value at once.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace quire::explore {

// By slot, bit by bit: which equal the value, and which are in use (their top bit says so).
struct LineMatch {
    unsigned equal = 0, used = 0;
};

inline LineMatch match_line(const std::uint64_t* line, std::uint64_t value) {
    LineMatch result;
    for (unsigned i = 0; i < 8; ++i) {
        result.equal |= static_cast<unsigned>(line[i] == value) << i;
        result.used |= static_cast<unsigned>(line[i] >> 63) << i;
    }
    return result;
}

#if defined(__x86_64__)

inline bool has_wide_match() { return __builtin_cpu_supports("avx2") != 0; }

[[gnu::target("avx2")]] inline LineMatch match_line_wide(const std::uint64_t* line, std::uint64_t value) {
    const __m256i wanted = _mm256_set1_epi64x(static_cast<long long>(value));
    const __m256i low = _mm256_load_si256(reinterpret_cast<const __m256i*>(line));
    const __m256i high = _mm256_load_si256(reinterpret_cast<const __m256i*>(line + 4));
    auto tops = [](__m256i v) __attribute__((target("avx2"))) {
        return static_cast<unsigned>(_mm256_movemask_pd(_mm256_castsi256_pd(v)));
    };
    return {tops(_mm256_cmpeq_epi64(low, wanted)) | tops(_mm256_cmpeq_epi64(high, wanted)) << 4, tops(low) | tops(high) << 4};
}

#else

inline bool has_wide_match() { return false; }
inline LineMatch match_line_wide(const std::uint64_t* line, std::uint64_t value) { return match_line(line, value); }

#endif

}  // namespace quire::explore
