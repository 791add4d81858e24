// Memory for the big arrays of a search.  They grow by moving page tables, not contents, and live in huge pages: with
// small ones every access to a table of gigabytes misses the translation buffer as well as the cache.
#include "explore/arena.h"

#include <sys/mman.h>

namespace quire::explore {

namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

// At a multiple of `alignment`, for a huge page begins nowhere else.
void* map(std::size_t bytes, std::size_t alignment) {
    const std::size_t slack = alignment > 4096 ? alignment : 0;
    void* place = mmap(nullptr, bytes + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (place == MAP_FAILED || slack == 0) return place;
    char* first = static_cast<char*>(place);
    const std::size_t before = (alignment - reinterpret_cast<std::uintptr_t>(first) % alignment) % alignment;
    if (before > 0) munmap(first, before);
    if (before < slack) munmap(first + before + bytes, slack - before);
    return first + before;
}

}  // namespace

Arena::~Arena() {
    if (words_ != nullptr) munmap(words_, bytes_);
}

bool Arena::resize(std::size_t bytes) {
    const std::size_t unit = bytes >= 2 * kHugePage ? kHugePage : 4096;
    bytes = (bytes + unit - 1) / unit * unit;
    if (bytes == bytes_) return true;
    void* place = words_ == nullptr ? map(bytes, unit) : mremap(words_, bytes_, bytes, MREMAP_MAYMOVE);
    if (place == MAP_FAILED) return false;
    if (bytes >= 2 * kHugePage) madvise(place, bytes, MADV_HUGEPAGE);  // advice: a refusal only costs time
    words_ = static_cast<std::uint64_t*>(place);
    bytes_ = bytes;
    return true;
}

}  // namespace quire::explore
