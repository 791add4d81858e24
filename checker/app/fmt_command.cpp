// `quire fmt`: the canonical form, in place, or a question whether it is.
#include <filesystem>
#include <iostream>
#include <iterator>
#include <system_error>

#include "app/commands.h"
#include "driver/trace_store.h"
#include "report/text_layout.h"
#include "workbench/format_source.h"

namespace quire {

namespace {

constexpr const char* kEndless = "a comment or a literal in it has no end";

int format_stdin(Streams streams) {
    const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
    std::optional<std::string> formatted = format_source(text);
    if (!formatted) {
        streams.err.write(std::string("quire: standard input: ") + kEndless + "\n");
        return kExitSpecError;
    }
    streams.out.write(*formatted);
    return kExitAsExpected;
}

// Through a link to the file itself, whose permissions stay.
std::string replace_text(const std::string& path, const std::string& text) {
    std::error_code error;
    const std::filesystem::path real = std::filesystem::canonical(path, error);
    if (error) return error.message();
    const auto permissions = std::filesystem::status(real, error).permissions();
    std::string problem = write_file(real.string(), text);
    if (problem.empty() && !error) std::filesystem::permissions(real, permissions, error);
    return problem;
}

}  // namespace

int run_fmt(const CommandLine& line, Streams streams) {
    if (line.arguments.size() == 1 && line.arguments[0] == "-") return format_stdin(streams);
    std::optional<SpecFiles> found = specs_named(line, streams);
    if (!found) return kExitUsage;
    DiskFiles files;
    int code = kExitAsExpected;
    for (const SpecFile& file : found->files) {
        const FileProvider::Reading reading = files.read(file.path);
        std::optional<std::string> formatted;
        if (reading.status == FileProvider::Status::kOk) formatted = format_source(reading.text);
        if (!formatted) {
            const bool read = reading.status == FileProvider::Status::kOk;
            streams.err.write("quire: '" + printable(file.path) + "': " + (read ? kEndless : "it cannot be read") + "\n");
            code = kExitSpecError;
            continue;
        }
        if (*formatted == reading.text) continue;
        streams.out.write(printable(file.path) + "\n");
        if (line.check_only) {
            code = std::max<int>(code, kExitNotAsExpected);
            continue;
        }
        std::string problem = replace_text(file.path, *formatted);
        if (problem.empty()) continue;
        streams.err.write("quire: '" + printable(file.path) + "' cannot be written: " + problem + "\n");
        code = kExitUsage;
    }
    return code;
}

}  // namespace quire
