#include "support/budget.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace quire {

namespace {

std::string read_small_file(const std::string& path) {
    std::ifstream in(path);
    std::ostringstream text;
    if (in) text << in.rdbuf();
    return text.str();
}

// "max" and what is no number mean: no limit.
std::uint64_t number_or_unlimited(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end != text.data() ? value : Budget::kUnlimited;
}

// The value behind `key` at the start of a line.
std::uint64_t field(const std::string& text, std::string_view key) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.compare(0, key.size(), key) != 0) continue;
        const auto digit = line.find_first_of("0123456789", key.size());
        return digit == std::string::npos ? Budget::kUnlimited : number_or_unlimited(std::string_view(line).substr(digit));
    }
    return Budget::kUnlimited;
}

// What one cgroup directory has left. The page cache that it is charged for can be dropped, so it does not count as used.
std::uint64_t left_in_group(const std::string& directory, const char* limit_file, const char* usage_file,
                            std::string_view cache_key) {
    const std::uint64_t limit = number_or_unlimited(read_small_file(directory + "/" + limit_file));
    if (limit >= (std::uint64_t{1} << 62)) return Budget::kUnlimited;  // v1 writes "no limit" as a huge number
    std::uint64_t used = number_or_unlimited(read_small_file(directory + "/" + usage_file));
    if (used == Budget::kUnlimited) return Budget::kUnlimited;
    const std::uint64_t cache = field(read_small_file(directory + "/memory.stat"), cache_key);
    if (cache != Budget::kUnlimited) used -= std::min(used, cache);
    return limit > used ? limit - used : 0;
}

// A group's ancestors bind it too; in a container the mounted root is the group itself, whatever /proc says.
std::uint64_t left_along_path(const std::string& root, std::string path, const char* limit_file, const char* usage_file,
                              std::string_view cache_key) {
    std::uint64_t left = left_in_group(root, limit_file, usage_file, cache_key);
    while (!path.empty() && path != "/") {
        left = std::min(left, left_in_group(root + path, limit_file, usage_file, cache_key));
        path.erase(std::min(path.rfind('/'), path.size()));
    }
    return left;
}

std::uint64_t left_in_cgroups() {
    std::uint64_t left = Budget::kUnlimited;
    std::istringstream lines(read_small_file("/proc/self/cgroup"));
    for (std::string line; std::getline(lines, line);) {
        const auto first = line.find(':');
        const auto second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) continue;
        const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
        const std::string path = line.substr(second + 1);
        if (controllers == ",,")
            left = std::min(left, left_along_path("/sys/fs/cgroup", path, "memory.max", "memory.current", "inactive_file "));
        else if (controllers.find(",memory,") != std::string::npos)
            left = std::min(left, left_along_path("/sys/fs/cgroup/memory", path, "memory.limit_in_bytes", "memory.usage_in_bytes",
                                                  "total_inactive_file "));
    }
    return left;
}

}  // namespace

std::uint64_t resident_memory() {
    std::istringstream statm(read_small_file("/proc/self/statm"));
    std::uint64_t total = 0;
    std::uint64_t resident = 0;
    if (!(statm >> total >> resident)) return 0;
    return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::uint64_t available_memory() {
    const std::uint64_t kilobytes = field(read_small_file("/proc/meminfo"), "MemAvailable:");
    const std::uint64_t machine = kilobytes == Budget::kUnlimited ? kilobytes : kilobytes * 1024;
    return std::min(machine, left_in_cgroups());
}

}  // namespace quire
