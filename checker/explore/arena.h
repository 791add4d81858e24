#pragma once

#include <cstddef>
#include <cstdint>

namespace quire::explore {

// Zeroed memory straight from the system, in huge pages where it is large enough.
class Arena {
public:
    Arena() = default;
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    Arena(Arena&& other) noexcept { swap(other); }
    Arena& operator=(Arena&& other) noexcept {
        swap(other);
        return *this;
    }
    ~Arena();

    // Keeps the contents, may move them.  False, with nothing changed, if there is no memory.
    bool resize(std::size_t bytes);

    std::uint64_t* words() const { return words_; }
    std::size_t bytes() const { return bytes_; }

private:
    void swap(Arena& other) noexcept {
        std::uint64_t* words = words_;
        std::size_t bytes = bytes_;
        words_ = other.words_;
        bytes_ = other.bytes_;
        other.words_ = words;
        other.bytes_ = bytes;
    }

    std::uint64_t* words_ = nullptr;
    std::size_t bytes_ = 0;
};

}  // namespace quire::explore
