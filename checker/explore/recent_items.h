// What a worker found lately, so that finding it again costs no look into the visited set.
//
// Steps that commute lead to the same state within few expansions: half of all finds are among the last thousands.  A
// table of those stays in the first cache of the core, while the visited set does not.  Forgetting is harmless, and what is noted
// is on its way into the visited set.
//
// Invariant: an item that is said to be no news was noted before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace quire::explore {

// Items of one or two words, of which at least one bit of the last is never used; of any other number nothing is noted.
template <unsigned kItemWords>
class RecentItems {
public:
    RecentItems() : table_(kEntries * kWords, ~std::uint64_t{0}) {}

    // 1, or 0 if it was noted before.  Without a branch: the processor could only guess.
    [[gnu::always_inline]] unsigned note(const std::uint64_t* item) {
        if constexpr (kWords == 0) {
            return 1;
        } else {
            const std::uint64_t at = (item[0] * 0x9e3779b97f4a7c15ull) >> (64 - kBits);
            std::uint64_t* entry = &table_[static_cast<std::size_t>(at) * kWords];
            std::uint64_t differs = entry[0] ^ item[0];
            entry[0] = item[0];
            if constexpr (kWords == 2) {
                differs |= entry[1] ^ item[1];
                entry[1] = item[1];
            }
            return differs != 0 ? 1 : 0;
        }
    }

private:
    static constexpr unsigned kWords = kItemWords <= 2 ? kItemWords : 0;
    static constexpr unsigned kBits = 11;
    static constexpr std::size_t kEntries = std::size_t{1} << kBits;
    std::vector<std::uint64_t> table_;
};

}  // namespace quire::explore
