// Makes a failing spec small, line by line.
#pragma once

#include <functional>
#include <string>

namespace quire {

// A smaller text of which `fails` still holds: lines, blocks and what is in parentheses are left out as long as anything
// can be.  `fails` is asked at most `budget` times.
std::string shrink(const std::string& text, const std::function<bool(const std::string&)>& fails, unsigned budget);

}  // namespace quire
