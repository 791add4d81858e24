// Memory for the big arrays of a search.  They grow by moving page tables, not contents, and live in huge pages: with
// small ones every access to a table of gigabytes misses the translation buffer as well as the cache.
#include "explore/arena.h"

#include <sys/mman.h>

namespace quire::explore {

namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

}  // namespace

Arena::~Arena() {
    if (words_ != nullptr) munmap(words_, bytes_);
}

bool Arena::resize(std::size_t bytes) {
    const std::size_t unit = bytes >= 2 * kHugePage ? kHugePage : 4096;
    bytes = (bytes + unit - 1) / unit * unit;
    if (bytes == bytes_) return true;
    void* place = words_ == nullptr
                      ? mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                      : mremap(words_, bytes_, bytes, MREMAP_MAYMOVE);
    if (place == MAP_FAILED) return false;
    if (bytes >= 2 * kHugePage) madvise(place, bytes, MADV_HUGEPAGE);  // advice: a refusal only costs time
    words_ = static_cast<std::uint64_t*>(place);
    bytes_ = bytes;
    return true;
}

}  // namespace quire::explore
