#include "syntax/file_provider.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

namespace quire {

namespace fs = std::filesystem;

FileProvider::Reading DiskFiles::read(const std::string& path) {
    Reading reading;
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (status.type() == fs::file_type::not_found) return reading;
    if (fs::is_directory(status)) {
        reading.status = Status::kNotAFile;
        reading.reason = "it is a directory";
        return reading;
    }
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    if (!in || !fs::exists(status)) {
        reading.status = Status::kUnreadable;
        reading.reason = errno != 0 ? std::strerror(errno) : error.message();
        return reading;
    }
    // Devices and pipes have no size to ask for: read one byte more than is allowed and see.
    std::string text(1 << 16, '\0');
    while (in && reading.text.size() <= kMaxFileSize) {
        in.read(text.data(), static_cast<std::streamsize>(text.size()));
        reading.text.append(text, 0, static_cast<std::size_t>(in.gcount()));
    }
    reading.status = Status::kOk;
    if (in.bad()) {
        reading.status = Status::kUnreadable;
        reading.reason = errno != 0 ? std::strerror(errno) : "input/output error";
    }
    if (reading.text.size() > kMaxFileSize) {
        reading.status = Status::kTooLarge;
        reading.text.clear();
    }
    return reading;
}

std::optional<std::string> DiskFiles::canonical(const std::string& path) {
    std::error_code error;
    const fs::path result = fs::canonical(path, error);
    if (error) return std::nullopt;
    return result.string();
}

namespace {

std::string normal(const std::string& path) { return fs::path(path).lexically_normal().string(); }

}  // namespace

void MemoryFiles::add(const std::string& path, std::string text) { texts_[normal(path)] = std::move(text); }

FileProvider::Reading MemoryFiles::read(const std::string& path) {
    Reading reading;
    const auto found = texts_.find(normal(path));
    if (found == texts_.end()) return reading;
    reading.status = found->second.size() > kMaxFileSize ? Status::kTooLarge : Status::kOk;
    if (reading.status == Status::kOk) reading.text = found->second;
    return reading;
}

std::optional<std::string> MemoryFiles::canonical(const std::string& path) {
    const std::string name = normal(path);
    if (texts_.count(name) == 0) return std::nullopt;
    return name;
}

}  // namespace quire
