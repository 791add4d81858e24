#include "driver/trace_store.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <system_error>
#include <thread>

#include <unistd.h>

namespace quire {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestName = 180;  // file systems allow 255 bytes

std::string plain_name(const std::string& text) {
    std::string out;
    for (char c : text) {
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '=' ||
                     c == ',' || c == '.' || c == '-';
        out += plain ? c : '_';
    }
    return out;
}

// Relative and without `..`, so that a trace never lands outside the directory.
std::string spec_folder(const std::string& spec) {
    std::error_code error;
    fs::path path = fs::path(spec).lexically_normal();
    if (path.is_absolute()) {
        fs::path here = fs::current_path(error);
        fs::path relative = error ? fs::path() : path.lexically_relative(here);
        path = relative.empty() || *relative.begin() == ".." ? path.relative_path() : relative;
    }
    if (path.extension() == ".quire") path.replace_extension();
    fs::path out;
    for (const fs::path& part : path) {
        if (part == "." || part.empty()) continue;
        out /= part == ".." ? fs::path("_up") : part;
    }
    return out.empty() ? "spec" : out.string();
}

std::string path_of(const std::string& directory, const std::string& spec, const std::string& what, const char* ending) {
    std::string name = plain_name(what);
    if (name.size() > kLongestName) name = name.substr(0, kLongestName / 2) + "__" + name.substr(name.size() - kLongestName / 2);
    return (fs::path(directory) / spec_folder(spec) / (name + ending)).lexically_normal().string();
}

}  // namespace

std::string trace_name(const std::string& spec, const std::string& variant, const std::string& instance,
                       const std::string& property) {
    return path_of("", spec, variant + "-" + instance + "-" + property, "");
}

std::string trace_path(const std::string& directory, const std::string& spec, const std::string& variant,
                       const std::string& instance, const std::string& property) {
    return path_of(directory, spec, variant + "-" + instance + "-" + property, ".itf.json");
}

std::string checkpoint_path(const std::string& directory, const std::string& spec, const std::string& variant,
                            const std::string& instance) {
    return path_of(directory, spec, variant + "-" + instance, ".checkpoint");
}

void remove_checkpoint(const std::string& path) {
    std::error_code error;
    for (const char* ending : {"", ".old", ".tmp"}) fs::remove(path + ending, error);
}

std::string write_file(const std::string& path, const std::string& text) {
    std::error_code error;
    fs::path directory = fs::path(path).parent_path();
    if (!directory.empty()) fs::create_directories(directory, error);
    if (error) return error.message();
    const std::size_t writer = std::hash<std::thread::id>()(std::this_thread::get_id());
    std::string temporary = path + "." + std::to_string(::getpid()) + "-" + std::to_string(writer) + ".tmp";
    std::FILE* file = std::fopen(temporary.c_str(), "wb");
    if (file == nullptr) return std::strerror(errno);
    bool good = std::fwrite(text.data(), 1, text.size(), file) == text.size();
    std::string problem = good ? "" : std::strerror(errno);
    // A full disk may show only when the buffer is written out.
    if (std::fclose(file) != 0 && problem.empty()) problem = std::strerror(errno);
    if (problem.empty()) {
        fs::rename(temporary, path, error);
        if (error) problem = error.message();
    }
    if (!problem.empty()) fs::remove(temporary, error);
    return problem;
}

}  // namespace quire
