#include "driver/spec_files.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

namespace quire {

namespace {

namespace fs = std::filesystem;

std::string cannot_be_read(const std::error_code& error) { return "cannot be read: " + error.message(); }

void search_directory(const fs::path& directory, std::vector<std::string>& found, std::vector<UnusableFile>& unusable) {
    std::error_code error;
    std::vector<fs::path> entries;
    for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error))
        entries.push_back(at->path());
    if (error) unusable.push_back({directory.string(), cannot_be_read(error)});
    std::sort(entries.begin(), entries.end());
    for (const fs::path& entry : entries) {
        std::string name = entry.filename().string();
        if (name.empty() || name[0] == '.') continue;
        fs::file_status status = fs::symlink_status(entry, error);
        if (fs::is_directory(status)) {
            search_directory(entry, found, unusable);
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
        std::string why = why_unusable(argument);
        if (!why.empty()) {
            out.unusable.push_back({argument, why});
        } else if (!fs::exists(status)) {
            out.missing.push_back(argument);
        } else if (fs::is_directory(status)) {
            std::vector<std::string> found;
            search_directory(argument, found, out.unusable);
            for (const std::string& path : found) add(path, false);
        } else {
            add(argument, true);
        }
    }
    return out;
}

std::string why_unusable(const std::string& path) {
    std::error_code error;
    switch (fs::status(path, error).type()) {
        case fs::file_type::regular:
        case fs::file_type::directory:
        case fs::file_type::fifo: return {};
        case fs::file_type::none:
        case fs::file_type::unknown: return cannot_be_read(error);
        case fs::file_type::not_found:
            // Below a file there can be no file: to look for it is another mistake than a wrong name.
            return error == std::errc::not_a_directory ? cannot_be_read(error) : std::string();
        case fs::file_type::symlink:
        case fs::file_type::block:
        case fs::file_type::character:
        case fs::file_type::socket: break;
        default: break;
    }
    return "is a device; a spec is a file, a pipe or a directory of files";
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
