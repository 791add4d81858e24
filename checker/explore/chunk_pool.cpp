// Chunks are cut from slabs of address space that grow with the whole, in huge pages but for the first ones.  Memory is
// asked for page by page, as it is used, so that a limit is kept whatever the size of a slab.
#include "explore/chunk_pool.h"

#include <algorithm>
#include <cstring>

namespace quire::explore {

namespace {

constexpr std::size_t kSmallSlab = std::size_t{1} << 20;
constexpr std::size_t kLarge = std::size_t{16} << 20;
constexpr std::size_t kMemoryStep = std::size_t{2} << 20;
constexpr std::size_t kLargestSlab = std::size_t{256} << 20;

}  // namespace

bool ChunkPool::add_slab() {
    std::size_t bytes = slab_bytes_ < 4 * kSmallSlab ? kSmallSlab : std::clamp(slab_bytes_, kLarge, kLargestSlab);
    bytes = std::max((bytes + chunk_bytes_ - 1) / chunk_bytes_, std::size_t{1}) * chunk_bytes_;
    Arena slab;
    if (!slab.resize(bytes)) return false;
    slabs_.push_back(std::move(slab));
    slab_bytes_ += bytes;
    used_ = 0;
    allowed_ = 0;
    return true;
}

std::uint64_t* ChunkPool::take() {
    std::uint64_t* chunk = nullptr;
    {
        std::lock_guard lock(mutex_);
        if (returned_.empty()) {
            bool none_left = slabs_.empty() || used_ + chunk_bytes_ > slabs_.back().bytes();
            if (none_left && !add_slab()) return nullptr;
            if (used_ + chunk_bytes_ > allowed_) {
                const std::size_t more = std::max(chunk_bytes_, std::min(kMemoryStep, slabs_.back().bytes() - used_));
                if (!may_grow_(context_, more)) return nullptr;
                allowed_ += more;
            }
            chunk = slabs_.back().words() + used_ / sizeof(std::uint64_t);
            used_ += chunk_bytes_;
            return chunk;
        }
        chunk = returned_.back();
        returned_.pop_back();
    }
    std::memset(chunk, 0, chunk_bytes_);
    return chunk;
}

void ChunkPool::give_back(std::uint64_t* chunk) {
    std::lock_guard lock(mutex_);
    returned_.push_back(chunk);
}

}  // namespace quire::explore
