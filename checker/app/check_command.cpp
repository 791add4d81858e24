#include <cstdlib>

#include <unistd.h>

#include "app/commands.h"
#include "app/signals.h"
#include "driver/print_stage.h"
#include "driver/registry.h"
#include "driver/report_files.h"
#include "report/annotations.h"
#include "report/console.h"
#include "report/events.h"
#include "report/text_layout.h"
#include "syntax/file_provider.h"
#include "workbench/repairs.h"
#include "workbench/result_cache.h"

namespace quire {

namespace {

// Left for the system and for what grows outside the search.
constexpr double kUsableShareOfMemory = 0.85;

// Seconds that a search has taken before a checkpoint is left that nobody asked for.
constexpr double kWorthKeeping = 10;

// `out`: stdout, or stderr when a report takes stdout.
std::unique_ptr<Writer> make_writer(const CommandLine& line, Streams streams, Sink& out) {
    if (line.json) return make_event_writer(streams.out);
    ConsoleOptions console;
    console.trace = line.trace;
    console.show_expected = line.show_expected;
    console.quiet = line.common.quiet;
    console.verbose = line.common.verbose;
    console.color = wants_color(line.common.color, STDOUT_FILENO);
    console.live_status = is_terminal(STDERR_FILENO) && !line.common.quiet;
    console.width = terminal_width(STDOUT_FILENO);
    console.version = QUIRE_VERSION;
    return make_console_writer(out, streams.err, console);
}

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

// All that the command line asks for, and what a CI machine asks for by its environment.
class Reports {
public:
    Reports(const CommandLine& line, Streams streams)
        : line_(line), streams_(streams), files_(streams.out), appended_(streams.out, ReportFiles::Mode::kAppend) {}

    // False, with the reason told, if one of them has no place.
    bool make(Writers& writers);
    // The code, unless a report could not be written.
    int code_after(int code) const;

private:
    ReportTarget target(FileStore& files, const std::string& path) const;

    const CommandLine& line_;
    Streams streams_;
    ReportFiles files_, appended_;
};

ReportTarget Reports::target(FileStore& files, const std::string& path) const {
    ReportTarget target;
    target.files = &files;
    target.path = path;
    target.version = QUIRE_VERSION;
    target.show_expected = line_.show_expected;
    target.reproducible = !environment("SOURCE_DATE_EPOCH").empty();
    return target;
}

bool Reports::make(Writers& writers) {
    bool on_stdout = false, summary = false, good = true;
    for (const auto& [name, path] : line_.reports) {
        for (const ReportFormatEntry& format : report_formats()) {
            if (format.name != name) continue;
            std::string why = why_not_writable(path, format.directory);
            if (!why.empty()) streams_.err.write("quire: --" + name + " '" + printable(path) + "': " + why + "\n");
            good = good && why.empty();
            writers.add(format.make(target(files_, path)));
        }
        on_stdout = on_stdout || path == "-";
        summary = summary || name == "summary";
    }
    bool on_github = environment("GITHUB_ACTIONS") == "true";
    std::string style = line_.annotations == "auto" ? (on_github ? "github" : "none") : line_.annotations;
    for (const AnnotationEntry& entry : annotation_styles()) {
        if (entry.name == style) writers.add(entry.make(streams_.err));
    }
    std::string step = environment("GITHUB_STEP_SUMMARY");
    if (style == "github" && !summary && !step.empty()) writers.add(make_summary_writer(target(appended_, step)));
    Sink& rest = on_stdout ? static_cast<Sink&>(streams_.err) : streams_.out;
    writers.add(make_writer(line_, streams_, rest));
    return good;
}

int Reports::code_after(int code) const {
    for (const ReportFiles* files : {&files_, &appended_}) {
        for (const std::string& problem : files->problems()) {
            streams_.err.write("quire: a report is lost: " + printable(problem) + "\n");
            if (code <= kExitSignalBase) code = kExitInternalError;
        }
    }
    return code;
}

// Where results are kept; "" where they are neither used nor kept: what goes on with a search, compares two or leaves
// something behind besides its traces has to be done.
std::string cache_directory(const CommandLine& line) {
    const bool to_be_done = line.engine.resume || line.engine.reduction == "check" ||
                            !line.engine.certificate_directory.empty() || !line.selection.questions.empty() || line.engine.width;
    if (!line.cache || to_be_done) return {};
    if (line.cache_directory) return *line.cache_directory;
    if (const char* named = std::getenv("QUIRE_CACHE_DIR")) return named;
    return line.out_directory.empty() ? std::string() : line.out_directory + "/cache";
}

}  // namespace

std::uint64_t default_memory_limit() {
    std::uint64_t available = available_memory();
    if (available == Budget::kUnlimited) return available;
    return resident_memory() + static_cast<std::uint64_t>(static_cast<double>(available) * kUsableShareOfMemory);
}

std::optional<SpecFiles> specs_named(const CommandLine& line, Streams streams) {
    std::vector<std::string> arguments;
    bool good = true;
    auto complain = [&](const std::string& path, const std::string& what) {
        streams.err.write("quire: '" + printable(path) + "'" + what + "\n");
        good = false;
    };
    // First of all: who looks into its own output may wait for ever.
    for (const std::string& path : line.arguments) {
        if (is_where_output_goes(path))
            complain(path, " is where the results go; it cannot be a spec as well");
        else
            arguments.push_back(path);
    }
    if (!good) return std::nullopt;
    SpecFiles found = find_specs(arguments);
    for (const std::string& path : found.missing)
        complain(path, path == "-" ? ": no such file; standard input is /dev/stdin" : ": no such file, directory or command");
    for (const UnusableFile& file : found.unusable) complain(file.path, " " + file.why);
    if (found.files.empty() && good) {
        streams.err.write("quire: there are no .quire files here\n");
        good = false;
    }
    return good ? std::optional<SpecFiles>(std::move(found)) : std::nullopt;
}

std::vector<std::string> model_path(const CommandLine& line) {
    std::vector<std::string> path = library_path(program_path());
    path.insert(path.end(), line.models.begin(), line.models.end());
    return path;
}

int run_check(const CommandLine& line, Streams streams, const CancelToken& cancel) {
    if (line.engine.resume && line.checkpoint_directory.value_or(line.out_directory).empty()) {
        streams.err.write("quire: --resume: there is no directory of checkpoints; name it with --checkpoint DIR\n");
        return kExitUsage;
    }
    std::optional<SpecFiles> found = specs_named(line, streams);
    if (!found) return kExitUsage;
    CheckOptions options;
    options.files = found->files;
    options.selection = line.selection;
    options.engine = line.engine;
    options.gate = line.gate;
    if (!line.memory_limit_given) options.engine.memory_limit = default_memory_limit();
    // Asked for by name they are kept of short searches, too.
    options.engine.checkpoint_directory = line.checkpoint_directory.value_or(line.out_directory);
    options.engine.checkpoint_from = line.checkpoint_directory ? 0 : kWorthKeeping;
    options.model_path = model_path(line);
    options.out_directory = line.out_directory;
    options.color = wants_color(line.common.color, STDERR_FILENO);
    options.quiet = line.common.quiet;
    options.signal_received = &signal_received;
    Repairs repairs;
    // Formats in files have no place for them.
    bool told = line.json || (!line.common.quiet && line.trace != TraceStyle::kNothing);
    if (line.suggest && told) options.repairs = &repairs;
    options.repairs_of_expected = line.show_expected;
    DiskFiles files;
    if (!line.print.empty()) return unless_signalled(print_stage(line.print, options, files, streams.out, streams.err));
    Writers writers;
    Reports reports(line, streams);
    if (!reports.make(writers)) return kExitUsage;
    const std::string directory = cache_directory(line);
    const std::string identity = directory.empty() ? std::string() : program_identity();
    if (identity.empty()) return reports.code_after(check(options, files, writers, streams.err, cancel).exit_code);
    ResultCache cache(directory, identity, options, files);
    options.kept = &cache;
    return reports.code_after(check(options, cache.files(), writers, streams.err, cancel).exit_code);
}

}  // namespace quire
