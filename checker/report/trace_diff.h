// Two kept traces side by side: how far they are the same, where they part, and what differs there.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace quire {

struct TraceDiff {
    std::string text;
    bool same = false;       // every step, and what they show
    std::string problem;     // why there is no text
    bool of_second = false;  // whose problem it is
};

// Of ITF documents; the specs are not looked at, for a patch has changed one of them.
TraceDiff trace_diff(std::string_view first, std::string_view second, const std::string& first_name,
                     const std::string& second_name);

}  // namespace quire
