#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "explore/arena.h"

namespace quire::explore {

// Zeroed pieces of memory of one size, for tables that grow a piece at a time and never move what they have.
// Safe to use from several threads.
class ChunkPool {
public:
    // Whether the system may be asked for this many more bytes.
    using MayGrow = bool (*)(void* context, std::uint64_t bytes);

    explicit ChunkPool(std::size_t chunk_bytes) : chunk_bytes_(chunk_bytes) {}
    void start(void* context, MayGrow may_grow) {
        context_ = context;
        may_grow_ = may_grow;
    }

    std::uint64_t* take();  // nullptr: no memory
    void give_back(std::uint64_t* chunk);
    std::size_t chunk_bytes() const { return chunk_bytes_; }

private:
    bool add_slab();

    std::size_t chunk_bytes_;
    void* context_ = nullptr;
    MayGrow may_grow_ = nullptr;
    std::mutex mutex_;  // of all below
    std::vector<Arena> slabs_;
    std::size_t slab_bytes_ = 0;  // of all slabs
    std::size_t used_ = 0;        // bytes of the last slab
    std::size_t allowed_ = 0;     // the same
    std::vector<std::uint64_t*> returned_;
};

}  // namespace quire::explore
