// Files as the editor has them, and behind those the disk.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "syntax/file_provider.h"

namespace quire {

class OpenFiles final : public FileProvider {
public:
    // Of a path, also of one that is on no disk: what canonical() says of it from now on.
    std::string set(const std::string& path, std::string text);
    void remove(const std::string& canonical) { texts_.erase(canonical); }
    const std::string* text(const std::string& canonical) const;

    Reading read(const std::string& path) override;
    std::optional<std::string> canonical(const std::string& path) override;

private:
    std::map<std::string, std::string> texts_;  // by canonical path
    DiskFiles disk_;
};

}  // namespace quire
