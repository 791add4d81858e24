#include "driver/spec_files.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

namespace quire {

namespace {

namespace fs = std::filesystem;

void search_directory(const fs::path& directory, std::vector<std::string>& found, std::vector<std::string>& unreadable) {
    std::error_code error;
    fs::directory_iterator at(directory, error);
    if (error) {
        unreadable.push_back(directory.string());
        return;
    }
    std::vector<fs::path> entries;
    for (; at != fs::directory_iterator(); at.increment(error)) {
        if (error) break;
        entries.push_back(at->path());
    }
    std::sort(entries.begin(), entries.end());
    for (const fs::path& entry : entries) {
        std::string name = entry.filename().string();
        if (name.empty() || name[0] == '.') continue;
        fs::file_status status = fs::symlink_status(entry, error);
        if (fs::is_directory(status)) {
            search_directory(entry, found, unreadable);
        } else if (entry.extension() == ".quire") {
            found.push_back(entry.lexically_normal().string());
        }
    }
}

}  // namespace

SpecFiles find_specs(const std::vector<std::string>& arguments) {
    SpecFiles out;
    std::set<std::string> seen;
    auto add = [&](const std::string& path, bool directly) {
        if (seen.insert(fs::path(path).lexically_normal().string()).second) out.files.push_back({path, directly});
    };
    std::vector<std::string> from = arguments.empty() ? std::vector<std::string>{"."} : arguments;
    for (const std::string& argument : from) {
        std::error_code error;
        fs::file_status status = fs::status(argument, error);
        if (!fs::exists(status)) {
            out.missing.push_back(argument);
        } else if (fs::is_directory(status)) {
            std::vector<std::string> found;
            search_directory(argument, found, out.unreadable);
            for (const std::string& path : found) add(path, false);
        } else {
            add(argument, true);
        }
    }
    return out;
}

std::vector<std::string> library_path(const std::string& program) {
    std::error_code error;
    fs::path directory = fs::path(program).parent_path();
    // An installation has bin/quire and share/quire/models, a checkout build/quire and models/.
    for (const char* candidate : {"../share/quire/models", "../models", "models"}) {
        fs::path path = (directory / candidate).lexically_normal();
        if (!directory.empty() && fs::is_directory(path, error)) return {path.string()};
    }
    return {};
}

std::string program_path() {
    std::error_code error;
    fs::path path = fs::read_symlink("/proc/self/exe", error);
    return error ? std::string() : path.string();
}

}  // namespace quire
