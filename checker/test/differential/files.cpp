#include "files.h"

#include <algorithm>
#include <ctime>
#include <filesystem>

#include <fmt/format.h>

#include "driver/load.h"
#include "driver/plan.h"

namespace quire {

namespace {

void report(const std::string& what, const Comparison& result, double seconds, bool talkative, Tally& tally) {
    const Answers& naive = result.naive;
    switch (result.kind) {
        case Comparison::Kind::kEqual: ++tally.equal; break;
        case Comparison::Kind::kDifferent:
            ++tally.different;
            fmt::print("{}: DIFFERENT\n{}", what, result.what);
            break;
        case Comparison::Kind::kTooLarge: ++tally.too_large; break;
        case Comparison::Kind::kRefused:
            ++tally.refused;
            fmt::print("{}: refused: {}\n", what, result.what);
            break;
    }
    tally.invariants += result.invariants;
    tally.proved += result.proved;
    if (talkative) {
        fmt::print("{}: {} states{}, {:.2f} s\n", what, naive.states, naive.complete ? "" : " (too large)", seconds);
        if (result.invariants != 0)
            fmt::print("{}: {} of {} invariants proved by induction\n", what, result.proved, result.invariants);
        std::fflush(stdout);
    }
}

}  // namespace

void compare_file(const std::string& path, const std::vector<std::string>& model_path, const CompareOptions& options,
                  bool talkative, Tally& tally) {
    DiskFiles files;
    LoadOptions load;
    load.model_path = model_path;
    std::unique_ptr<LoadedSpec> spec = load_spec(path, load, files, true);
    if (spec->library_only) return;
    Selection selection;
    SelectionUse use;
    std::uint32_t id = 0;
    CheckPlan plan;
    if (spec->good) plan = plan_checks(*spec, selection, use, id);
    if (spec->diagnostics.has_errors()) {
        ++tally.refused;
        fmt::print("{}: does not compile\n{}", path, render_diagnostics(spec->sources, spec->diagnostics));
        return;
    }
    for (const PlannedRun& run : plan.runs) {
        const TypedProgram& program = spec->programs[run.variant];
        std::clock_t start = std::clock();
        Comparison result = compare(program, run.values, options);
        double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
        report(fmt::format("{} {} [{}]", path, program.variant, run.instance), result, seconds, talkative, tally);
    }
}

std::vector<std::string> spec_files(const std::vector<std::string>& paths) {
    namespace fs = std::filesystem;
    std::vector<std::string> found;
    for (const std::string& path : paths) {
        if (!fs::is_directory(path)) {
            found.push_back(path);
            continue;
        }
        for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path)) {
            if (entry.is_regular_file() && entry.path().extension() == ".quire") found.push_back(entry.path().string());
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

}  // namespace quire
