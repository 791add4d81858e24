// What several answers have in them.
#pragma once

#include "editor/server.h"
#include "editor/text_positions.h"

namespace quire {

inline Json to_json(const TextPosition& p) { return {{"line", p.line}, {"character", p.character}}; }
inline Json to_json(const TextRange& r) { return {{"start", to_json(r.start)}, {"end", to_json(r.end)}}; }

// Throws what the library throws if there is no position; beyond what can be counted is the end.
inline TextPosition position_from(const Json& p) {
    auto number = [&](const char* name) {
        const auto value = p.at(name).get<std::int64_t>();
        return static_cast<std::uint32_t>(std::clamp<std::int64_t>(value, 0, 0x7fffffff));
    };
    return {number("line"), number("character")};
}

inline std::string uri_from(const Json& params) { return params.at("textDocument").at("uri").get<std::string>(); }

}  // namespace quire
