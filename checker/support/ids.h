#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>

namespace quire {

// An index into one particular table. The tag keeps an index of one table from being used in another.
template <class Tag>
struct Id {
    static constexpr std::uint32_t kInvalid = std::numeric_limits<std::uint32_t>::max();

    std::uint32_t value = kInvalid;

    constexpr Id() = default;
    constexpr explicit Id(std::uint32_t index) : value(index) {}
    constexpr explicit Id(std::size_t index) : value(static_cast<std::uint32_t>(index)) {}
    constexpr explicit Id(int index) : value(static_cast<std::uint32_t>(index)) {}

    constexpr bool valid() const { return value != kInvalid; }
    constexpr std::size_t index() const { return value; }

    friend constexpr auto operator<=>(Id, Id) = default;
};

}  // namespace quire

template <class Tag>
struct std::hash<quire::Id<Tag>> {
    std::size_t operator()(quire::Id<Tag> id) const noexcept { return std::hash<std::uint32_t>{}(id.value); }
};
