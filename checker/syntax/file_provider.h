#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace quire {

// Where source text comes from: the disk, or memory in tests, fuzzers and editors.
class FileProvider {
public:
    enum class Status : std::uint8_t { kOk, kMissing, kNotAFile, kUnreadable, kTooLarge };
    struct Reading {
        Status status = Status::kMissing;
        std::string text;
        std::string reason;  // the system's words when kUnreadable
    };

    // No spec is that long; what is, is no spec.
    static constexpr std::uint64_t kMaxFileSize = 4u << 20;

    virtual ~FileProvider() = default;
    virtual Reading read(const std::string& path) = 0;
    // One name for each file, with symbolic links followed; nothing if there is no such file.
    virtual std::optional<std::string> canonical(const std::string& path) = 0;
};

class DiskFiles final : public FileProvider {
public:
    Reading read(const std::string& path) override;
    std::optional<std::string> canonical(const std::string& path) override;
};

// Paths are compared after lexical normalisation.
class MemoryFiles final : public FileProvider {
public:
    void add(const std::string& path, std::string text);
    Reading read(const std::string& path) override;
    std::optional<std::string> canonical(const std::string& path) override;

private:
    std::map<std::string, std::string> texts_;
};

}  // namespace quire
