// The files that reports leave, on disk.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/writer.h"

namespace quire {

// What was written and what could not be.  "-" is the sink that it is made with.
class ReportFiles final : public FileStore {
public:
    enum class Mode : std::uint8_t { kReplace, kAppend };
    explicit ReportFiles(Sink& out, Mode mode = Mode::kReplace) : out_(out), mode_(mode) {}

    void write(const std::string& path, std::string_view text) override;

    // "'PATH' cannot be written (WHY)", one for each file.
    const std::vector<std::string>& problems() const { return problems_; }

private:
    Sink& out_;
    Mode mode_;
    std::vector<std::string> problems_;
};

// Whoever waits for a report shall not learn after an hour that it has no place: "" if a file can be written there, else
// why not.  Makes the directories that it needs.
std::string why_not_writable(const std::string& path, bool directory);

}  // namespace quire
