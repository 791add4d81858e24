#include "editor/open_files.h"

#include <filesystem>
#include <utility>

namespace quire {

namespace {

std::string normal(const std::string& path) { return std::filesystem::path(path).lexically_normal().string(); }

}  // namespace

std::string OpenFiles::set(const std::string& path, std::string text) {
    std::string name = disk_.canonical(path).value_or(normal(path));
    texts_[name] = std::move(text);
    return name;
}

const std::string* OpenFiles::text(const std::string& canonical) const {
    const auto found = texts_.find(canonical);
    return found == texts_.end() ? nullptr : &found->second;
}

FileProvider::Reading OpenFiles::read(const std::string& path) {
    const std::optional<std::string> name = canonical(path);
    const std::string* open = name ? text(*name) : nullptr;
    if (open == nullptr) return disk_.read(path);
    Reading reading;
    reading.status = open->size() > kMaxFileSize ? Status::kTooLarge : Status::kOk;
    if (reading.status == Status::kOk) reading.text = *open;
    return reading;
}

std::optional<std::string> OpenFiles::canonical(const std::string& path) {
    if (std::optional<std::string> on_disk = disk_.canonical(path)) return on_disk;
    std::string name = normal(path);
    if (texts_.count(name) == 0) return std::nullopt;
    return name;
}

}  // namespace quire
