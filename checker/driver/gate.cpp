#include "driver/gate.h"

#include <charconv>

namespace quire {

const std::vector<DeniableWarning>& deniable_warnings() {
    static const std::vector<DeniableWarning> table = {
        {"unreachable", DiagnosticCode::kW0301},
        {"dropped", DiagnosticCode::kW0302},
        {"exhausted", DiagnosticCode::kW0303},
    };
    return table;
}

std::vector<DiagnosticCode> denied_by(std::string_view word) {
    std::vector<DiagnosticCode> codes;
    for (const DeniableWarning& one : deniable_warnings()) {
        if (one.name == word) codes.push_back(one.code);
    }
    for (const DiagnosticInfo& info : diagnostic_table()) {
        if (info.code.starts_with("W") && (word == "warnings" || word == info.code)) codes.push_back(info.id);
    }
    return codes;
}

std::optional<Shard> parse_shard(std::string_view text) {
    constexpr unsigned kMostShards = 10'000;
    auto number = [](std::string_view digits) -> unsigned {
        unsigned value = 0;
        auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        return error == std::errc() && rest == digits.data() + digits.size() ? value : 0;
    };
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    Shard shard{number(text.substr(0, slash)), number(text.substr(slash + 1))};
    const bool good = shard.index >= 1 && shard.index <= shard.count && shard.count <= kMostShards;
    return good ? std::optional<Shard>(shard) : std::nullopt;
}

}  // namespace quire
