#include "app/quantities.h"

#include <array>
#include <cmath>
#include <string>

namespace quire {

namespace {

struct Unit {
    std::string_view name;
    double factor;
};

// A non-negative decimal number and what follows it.
std::optional<double> number_before(std::string_view text, std::string_view& unit) {
    std::string digits;
    std::size_t at = 0;
    bool point = false;
    for (; at < text.size(); ++at) {
        if (text[at] == '_' && at > 0) continue;
        if (text[at] == '.' && !point && at > 0) {
            point = true;
        } else if (text[at] < '0' || text[at] > '9') {
            break;
        }
        digits += text[at];
    }
    if (digits.empty() || digits.size() > 18) return std::nullopt;
    while (at < text.size() && text[at] == ' ') ++at;
    unit = text.substr(at);
    return std::stod(digits);
}

template <std::size_t N>
std::optional<double> parse_with(std::string_view text, const std::array<Unit, N>& units) {
    std::string_view name;
    std::optional<double> number = number_before(text, name);
    if (!number) return std::nullopt;
    for (const Unit& unit : units) {
        if (unit.name == name) return *number * unit.factor;
    }
    return std::nullopt;
}

std::optional<std::uint64_t> whole(std::optional<double> value) {
    if (!value || *value >= 9e18) return std::nullopt;
    return static_cast<std::uint64_t>(std::llround(*value));
}

}  // namespace

std::optional<double> parse_duration(std::string_view text) {
    static constexpr std::array<Unit, 6> kUnits = {{{"", 1}, {"s", 1}, {"ms", 1e-3}, {"m", 60}, {"min", 60}, {"h", 3600}}};
    return parse_with(text, kUnits);
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
    constexpr double k = 1024;
    static constexpr std::array<Unit, 14> kUnits = {{{"", 1},
                                                     {"B", 1},
                                                     {"K", k},
                                                     {"k", k},
                                                     {"KiB", k},
                                                     {"KB", 1e3},
                                                     {"M", k * k},
                                                     {"MiB", k * k},
                                                     {"MB", 1e6},
                                                     {"G", k * k * k},
                                                     {"GiB", k * k * k},
                                                     {"GB", 1e9},
                                                     {"T", k * k * k * k},
                                                     {"TiB", k * k * k * k}}};
    return whole(parse_with(text, kUnits));
}

std::optional<std::uint64_t> parse_count(std::string_view text) {
    static constexpr std::array<Unit, 5> kUnits = {{{"", 1}, {"k", 1e3}, {"K", 1e3}, {"M", 1e6}, {"G", 1e9}}};
    return whole(parse_with(text, kUnits));
}

}  // namespace quire
