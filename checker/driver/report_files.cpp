#include "driver/report_files.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <unistd.h>

#include "driver/trace_store.h"

namespace quire {

namespace {

namespace fs = std::filesystem;

// A pipe, a device, or a file that others write to as well: nothing that could be put in place as a whole.
std::string write_through(const std::string& path, std::string_view text, const char* how) {
    std::FILE* file = std::fopen(path.c_str(), how);
    if (file == nullptr) return std::strerror(errno);
    bool good = std::fwrite(text.data(), 1, text.size(), file) == text.size();
    std::string problem = good ? "" : std::strerror(errno);
    if (std::fclose(file) != 0 && problem.empty()) problem = std::strerror(errno);
    return problem;
}

// Behind links, so that a link stays one.
std::string target_of(const std::string& path) {
    std::error_code error;
    fs::path target = fs::canonical(path, error);
    return error ? path : target.string();
}

}  // namespace

void ReportFiles::write(const std::string& path, std::string_view text) {
    if (path == "-") {
        out_.write(text);
        return;
    }
    std::string target = target_of(path);
    std::error_code error;
    bool special = fs::exists(target, error) && !fs::is_regular_file(target, error);
    std::string problem = mode_ == Mode::kAppend ? write_through(path, text, "ab")
                          : special              ? write_through(path, text, "wb")
                                                 : write_file(target, std::string(text));
    if (!problem.empty()) problems_.push_back("'" + path + "' cannot be written (" + problem + ")");
}

std::string why_not_writable(const std::string& path, bool directory) {
    if (path == "-" && !directory) return {};
    if (path.empty()) return "has no name";
    std::error_code error;
    fs::path at = directory ? fs::path(path) : fs::path(path).parent_path();
    if (at.empty()) at = ".";
    bool there = fs::exists(path, error);
    if (there && !directory && fs::is_directory(path, error)) return "is a directory";
    if (there && !directory && !fs::is_regular_file(path, error))
        return ::access(path.c_str(), W_OK) == 0 ? "" : std::strerror(errno);
    fs::create_directories(at, error);
    if (error) return error.message();
    if (!fs::is_directory(at, error)) return "is no directory";
    return ::access(at.c_str(), W_OK | X_OK) == 0 ? "" : std::strerror(errno);
}

}  // namespace quire
