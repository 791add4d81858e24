// A check that was done need not be done again while nothing that it depended on has changed.
//
// What an answer depends on is of two kinds.  What is known beforehand (the program itself, the options, the directory, the
// spec's name) gives the entry its file name, so that for one question there is one file and the cache does not grow with each
// edit.  What is found out on the way stands in the entry: every file that was read, or looked for and not there, with a hash of
// what it held.  An entry counts if looking again gives the same everywhere; so a file that appears in front of another one on
// the search path counts as a change, too.  The traces that the answer names have to be as they were left.
//
// Invariant: an entry is used only if its checksum holds, it was written by this very program, and its inputs are what they
// were.  Whatever is wrong with one, the spec is checked anew, and the entry replaced.  Nothing here can fail a check: what
// cannot be read is not there, what cannot be written is not kept.  Entries are renamed into place, so that other processes see
// the old one or the new one.
#include "workbench/result_cache.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <system_error>

#include <fmt/format.h>
#include <xxhash.h>

#include "driver/trace_store.h"
#include "workbench/result_archive.h"

namespace quire {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "quire.results/1\n";

std::string digest(std::string_view text) {
    const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
    return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

bool regular(const std::string& path) {
    std::error_code error;
    return fs::is_regular_file(path, error);
}

// "" also for what cannot be read.
std::string bytes_of(const std::string& path) {
    if (!regular(path)) return {};
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return in ? std::move(text).str() : std::string();
}

void add_line(std::string& text, std::string_view name, std::string_view value) {
    text += fmt::format("{} {} {}\n", name, value.size(), value);
}

void add_lines(std::string& text, std::string_view name, const std::vector<std::string>& values) {
    add_line(text, name, std::to_string(values.size()));
    for (const std::string& value : values) add_line(text, name, value);
}

// Left out: what decides only how long a search takes or when it gives up.  What was found before that is kept, and stands.
std::string question_of(const std::string& identity, const CheckOptions& options) {
    std::string text;
    add_line(text, "program", identity);
    add_line(text, "version", options.engine.version);
    std::error_code error;
    add_line(text, "directory", fs::current_path(error).string());
    const Selection& selection = options.selection;
    add_lines(text, "variant", selection.variants);
    add_lines(text, "property", selection.properties);
    add_lines(text, "instance", selection.instances);
    add_line(text, "all instances", selection.all_instances ? "yes" : "no");
    add_line(text, "memory", selection.memory);
    add_line(text, "quick", selection.quick ? "yes" : "no");
    add_line(text, "shard", fmt::format("{}/{}", selection.shard.index, selection.shard.count));
    for (DiagnosticCode code : options.gate.deny) add_line(text, "deny", diagnostic_info(code).code);
    for (const auto& [name, value] : selection.defines) add_line(text, name, value);
    add_line(text, "repairs",
             options.repairs == nullptr    ? "no"
             : options.repairs_of_expected ? "of all"
                                           : "of what is unexpected");
    const EngineOptions& engine = options.engine;
    add_line(text, "experimental", engine.experimental ? "yes" : "no");
    add_line(text, "discharge", engine.discharge ? "yes" : "no");
    add_line(text, "states", std::to_string(engine.max_states));
    add_line(text, "depth", std::to_string(engine.max_depth));
    add_line(text, "reduction", engine.reduction);
    add_line(text, "store", engine.store);
    add_line(text, "native", engine.native ? "yes" : "no");
    add_lines(text, "pass off", engine.passes_off);
    add_lines(text, "models", engine.models);
    add_lines(text, "model path", options.model_path);
    add_line(text, "out", options.out_directory);
    return text;
}

std::string lines_of(const std::map<std::string, std::string>& answers) {
    std::string text;
    for (const auto& [question, answer] : answers) {
        add_line(text, "q", question);
        add_line(text, "a", answer);
    }
    return text;
}

// The value of the next line that add_line() wrote, or nothing.
std::optional<std::string> next_line(std::string_view& text, std::string_view name) {
    if (!text.starts_with(name) || text.size() <= name.size() + 1) return std::nullopt;
    std::string_view rest = text.substr(name.size() + 1);
    std::size_t size = 0, at = 0;
    for (; at < rest.size() && at < 10 && rest[at] >= '0' && rest[at] <= '9'; ++at)
        size = size * 10 + static_cast<std::size_t>(rest[at] - '0');
    if (at == 0 || rest.size() < at + 1 + size + 1) return std::nullopt;
    std::string value(rest.substr(at + 1, size));
    text = rest.substr(at + 1 + size + 1);
    return value;
}

}  // namespace

std::string program_identity() {
    const std::string program = bytes_of("/proc/self/exe");
    std::ifstream maps("/proc/self/maps");
    std::set<std::string> libraries;
    for (std::string line; std::getline(maps, line);) {
        std::size_t slash = line.find('/');
        if (slash != std::string::npos && line.find(".so") != std::string::npos) libraries.insert(line.substr(slash));
    }
    if (program.empty() || libraries.empty()) return {};
    std::string text = digest(program);
    for (const std::string& library : libraries) {
        std::error_code error;
        const auto size = fs::file_size(library, error);
        const auto time = fs::last_write_time(library, error);
        text += fmt::format("\n{} {} {}", library, size, error ? 0 : time.time_since_epoch().count());
    }
    return text;
}

// Remembers what was asked of the disk for the present spec, and what the answer was, as a hash.
class ResultCache::Watch final : public FileProvider {
public:
    explicit Watch(FileProvider& disk) : disk_(disk) {}

    Reading read(const std::string& path) override {
        Reading reading = disk_.read(path);
        note("read " + path, answer(reading));
        return reading;
    }
    std::optional<std::string> canonical(const std::string& path) override {
        std::optional<std::string> name = disk_.canonical(path);
        note("name " + path, name.value_or(""));
        return name;
    }

    void begin() {
        answers_.clear();
        steady_ = true;
    }
    const std::map<std::string, std::string>& answers() const { return answers_; }
    // A pipe gives its text only once, and a file can change while it is read.
    bool steady() const { return steady_; }

    // What the disk would say now; "?" for what only a session may read.
    std::string ask(const std::string& question) {
        const std::string path = question.substr(std::min<std::size_t>(5, question.size()));
        if (question.starts_with("name ")) return disk_.canonical(path).value_or("");
        if (!question.starts_with("read ")) return "?";
        std::error_code error;
        if (fs::exists(path, error) && !regular(path)) return "?";
        auto [known, fresh] = now_.try_emplace(path);
        if (fresh) known->second = answer(disk_.read(path));
        return known->second;
    }

private:
    static std::string answer(const Reading& reading) {
        if (reading.status == Status::kOk) return digest(reading.text);
        return "status " + std::to_string(static_cast<int>(reading.status));
    }
    void note(const std::string& question, std::string answer) {
        auto [known, fresh] = answers_.emplace(question, answer);
        if (!fresh && known->second != answer) steady_ = false;
        if (question.starts_with("read ") && answer.find(' ') == std::string::npos && !regular(question.substr(5)))
            steady_ = false;
    }

    FileProvider& disk_;
    std::map<std::string, std::string> answers_;
    std::map<std::string, std::string> now_;  // many specs read the same library
    bool steady_ = true;
};

ResultCache::ResultCache(std::string directory, const std::string& identity, const CheckOptions& options, FileProvider& disk)
    : directory_(std::move(directory)), question_(question_of(identity, options)), watch_(std::make_unique<Watch>(disk)) {}

ResultCache::~ResultCache() = default;

FileProvider& ResultCache::files() { return *watch_; }

std::string ResultCache::question(const SpecFile& file) const {
    std::string text = question_;
    add_line(text, file.named_directly ? "named" : "found", file.path);
    return text;
}

std::string ResultCache::path_of(const std::string& question) const {
    return (fs::path(directory_) / (digest(question) + ".results")).string();
}

std::unique_ptr<SpecResults> ResultCache::find(const SpecFile& file) {
    if (!regular(file.path)) return nullptr;
    const std::string asked = question(file);
    const std::string bytes = bytes_of(path_of(asked));
    std::string_view rest = bytes;
    if (!rest.starts_with(kMagic)) return nullptr;
    rest.remove_prefix(kMagic.size());
    const std::optional<std::string> sum = next_line(rest, "sum");
    if (!sum || *sum != digest(rest)) return nullptr;
    // An entry that was copied has another question's name.
    if (next_line(rest, "question") != asked) return nullptr;
    while (rest.starts_with("q ")) {
        const std::optional<std::string> question = next_line(rest, "q");
        const std::optional<std::string> answer = question ? next_line(rest, "a") : std::nullopt;
        if (!answer || watch_->ask(*question) != *answer) return nullptr;
    }
    while (rest.starts_with("trace ")) {
        const std::optional<std::string> path = next_line(rest, "trace");
        const std::optional<std::string> hash = path ? next_line(rest, "hash") : std::nullopt;
        if (!hash || !regular(*path) || digest(bytes_of(*path)) != *hash) return nullptr;
    }
    const std::optional<std::string> results = next_line(rest, "results");
    return results ? unarchived(*results) : nullptr;
}

void ResultCache::begin() { watch_->begin(); }

void ResultCache::keep(const SpecFile& file, const SpecResults& results) {
    if (!regular(file.path) || !watch_->steady() || watch_->answers().empty()) return;
    std::set<std::string> traces;
    for (const auto& told : results.told) {
        const auto* report = std::get_if<ExpectationReport>(&told);
        if (report == nullptr) continue;
        for (const CaseReport& one : report->cases) {
            if (one.run == nullptr) continue;
            for (const auto* findings : {&one.run->violations, &one.run->covered}) {
                for (const FindingReport& finding : *findings) traces.insert(finding.saved);
            }
        }
    }
    traces.erase("");
    std::string body;
    add_line(body, "question", question(file));
    body += lines_of(watch_->answers());
    for (const std::string& path : traces) {
        if (!regular(path)) return;
        add_line(body, "trace", path);
        add_line(body, "hash", digest(bytes_of(path)));
    }
    add_line(body, "results", archived(results));
    std::string text(kMagic);
    add_line(text, "sum", digest(body));
    write_file(path_of(question(file)), text + body);  // where there is no room there is no cache
}

}  // namespace quire
