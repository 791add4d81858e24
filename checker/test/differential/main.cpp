// The naive explorer and the engine over spec files and over generated protocols. The last line is "N passed, N failed".
#include <cstdlib>
#include <ctime>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "files.h"
#include "generate/protocol.h"
#include "generated.h"

namespace quire {

namespace {

struct Arguments {
    std::vector<std::string> paths;
    std::vector<std::string> models = {std::string(QUIRE_SOURCE_DIR) + "/models"};
    std::uint64_t max_states = 6000;
    bool talkative = false;
    bool every_combination = false;
    bool whole = std::getenv("QUIRE_WHOLE") != nullptr;
    std::size_t shard = 0, shards = 1;
    bool print = false;
    bool discharge = false;
    bool only_discharge = false;
    unsigned discharge_ms = 2'000;
    GeneratedOptions generated;
};

int compare_files(const Arguments& arguments) {
    CompareOptions options;
    options.max_states = arguments.max_states;
    options.plain_successors = true;
    options.discharge = arguments.discharge || arguments.only_discharge;
    options.discharge_time = std::chrono::milliseconds(arguments.discharge_ms);
    options.passes_off = {0, all_passes()};
    for (unsigned off = 1; arguments.every_combination && off < all_passes(); ++off) options.passes_off.push_back(off);
    for (unsigned pass = 1; !arguments.every_combination && pass < all_passes(); pass *= 2) options.passes_off.push_back(pass);
    if (arguments.only_discharge) {
        options.passes_off = {0};
        options.plain_successors = false;
    }
    options.whole = arguments.whole || arguments.every_combination;
    Tally tally;
    const std::vector<std::string> paths = spec_files(arguments.paths);
    for (std::size_t i = arguments.shard; i < paths.size(); i += arguments.shards) {
        compare_file(paths[i], arguments.models, options, arguments.talkative, tally);
    }
    fmt::print("{} too large, {} of {} invariants proved by induction\n", tally.too_large, tally.proved, tally.invariants);
    fmt::print("{} passed, {} failed\n", tally.equal, tally.different + tally.refused);
    return tally.different + tally.refused == 0 ? 0 : 1;
}

int run(int argc, char** argv) {
    Arguments arguments;
    CLI::App app{"compares the naive explorer with the engine"};
    app.add_option("paths", arguments.paths, "spec files and folders of them");
    app.add_option("--models", arguments.models, "where imports are looked for");
    app.add_option("--max-states", arguments.max_states, "what has more is left out");
    app.add_flag("--verbose", arguments.talkative, "a line for each run");
    app.add_flag("--discharge", arguments.discharge, "and without evaluating the invariants that Z3 proves, which takes minutes");
    app.add_flag("--only-discharge", arguments.only_discharge, "with every pass, and the same with --discharge; nothing else");
    app.add_option("--discharge-ms", arguments.discharge_ms, "for the invariants of one instance");
    app.add_flag("--whole", arguments.whole, "everything with each pass off alone, too (or QUIRE_WHOLE)");
    app.add_option("--shard", arguments.shard, "every so many-th file from this one on")->check(CLI::NonNegativeNumber);
    app.add_option("--shards", arguments.shards, "how many shards there are")->check(CLI::PositiveNumber);
    app.add_flag("--every-combination", arguments.every_combination, "of passes, and not each pass alone");
    GeneratedOptions& generated = arguments.generated;
    CLI::Option* generate = app.add_option("--generated", generated.count,
                                           "this many generated protocols instead of files (or QUIRE_GENERATED of them)");
    app.add_option("--seed", generated.seed, "of the first; the next has the next number");
    app.add_flag("--locking", generated.locking, "protocols of threads that work on objects under locks");
    app.add_option("--max-seconds", generated.max_seconds, "of CPU; then no other protocol is begun");
    app.add_option("--folder", generated.folder, "where failures are written to");
    app.add_flag("!--no-shrink", generated.shrink, "write failures as they were generated");
    app.add_option("--max-failures", generated.max_failures, "then it stops");
    app.add_flag("--print", arguments.print, "the protocol of the seed, and nothing else");
    CLI11_PARSE(app, argc, argv);
    if (arguments.print) {
        fmt::print("{}", generated.locking ? generate_locking_protocol(generated.seed) : generate_protocol(generated.seed));
        return 0;
    }
    if (generate->count() > 0) {
        generated.talkative = arguments.talkative;
        if (const char* number = std::getenv("QUIRE_GENERATED")) {
            generated.count = std::strtoull(number, nullptr, 10);
            if (generated.locking) generated.count = generated.count * 3 / 10;  // they are larger
        }
        return compare_generated(generated) == 0 ? 0 : 1;
    }
    if (arguments.paths.empty()) {
        for (const char* folder : {"/specs", "/bench", "/examples", "/checker/test/differential/regressions"})
            arguments.paths.push_back(std::string(QUIRE_SOURCE_DIR) + folder);
    }
    return compare_files(arguments);
}

}  // namespace

}  // namespace quire

int main(int argc, char** argv) { return quire::run(argc, argv); }
