// A search that was stopped and gone on with has the report of one that was not; and a file that is not whole is not used.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "explore/search.h"
#include "random_system.h"
#include "report_text.h"
#include "system_builder.h"
#include "unit/effort.h"

using namespace quire;
using test::report_text;

namespace {

namespace fs = std::filesystem;

class Directory {
public:
    // In memory if possible: everything that is written is waited for.
    Directory()
        : path_((fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path()) /
                ("quire-checkpoint-test-" + std::to_string(::getpid()))) {
        fs::create_directories(path_);
    }
    ~Directory() { fs::remove_all(path_); }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    std::string file(const std::string& name) const { return (path_ / name).string(); }

private:
    fs::path path_;
};

std::string bytes_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void put_bytes(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

void remove_both(const std::string& path) {
    fs::remove(path);
    fs::remove(path + ".old");
}

// Searches in pieces: each goes on for so many more states.
SearchReport search_in_pieces(const TransitionSystem& system, SearchOptions options, std::uint64_t piece, unsigned& pieces) {
    remove_both(options.checkpoint.path);
    options.checkpoint.resume = true;
    const std::uint64_t limit = options.budget.max_states;
    std::uint64_t states = piece;
    for (pieces = 1;; ++pieces) {
        options.budget.max_states = std::min(states, limit);
        SearchReport report = search(system, options);
        REQUIRE(report.checkpoint.refused.empty());
        if (report.stop != StopReason::kStates || options.budget.max_states == limit) return report;
        states += piece;
    }
}

SearchOptions options_in(const Directory& directory) {
    SearchOptions options;
    options.checkpoint.path = directory.file("a.checkpoint");
    options.checkpoint.every_seconds = 3600;
    options.native_from = 1 << 15;
    return options;
}

}  // namespace

TEST_CASE("checkpoints: random systems, in pieces, have the report of one piece") {
    Directory directory;
    unsigned in_pieces = 0;
    for (std::uint64_t seed = 1; seed <= test::draws(120); ++seed) {
        CAPTURE(seed);
        TransitionSystem system = test::random_system(seed);
        SearchOptions options = options_in(directory);
        options.parallel_from = 1 + seed % 5;
        options.jobs = 1 + seed % 2;
        if (seed % 2 == 0) options.long_from = 8;
        if (seed % 3 == 0) options.native_from = 16;
        options.partial_order = seed % 4 < 2;
        options.partial_order_from = seed % 8 < 4 ? 0 : 20;
        options.fingerprints = seed % 7 == 0;
        options.budget.max_states = 3000;
        SearchOptions plain = options;
        plain.checkpoint = {};
        const SearchReport whole = search(system, plain);
        if (whole.stop != StopReason::kComplete) continue;
        unsigned pieces = 0;
        for (std::uint64_t piece : {3u, 17u, 100u}) {
            const SearchReport report = search_in_pieces(system, options, piece, pieces);
            REQUIRE(report_text(report) == report_text(whole));
            if (pieces > 1) ++in_pieces;
        }
    }
    CHECK(in_pieces > test::draws(60));
}

TEST_CASE("checkpoints: each level's is one to go on from") {
    // What a kill leaves is what the last level left: all of them are tried, on systems with everything in it.
    Directory directory;
    for (std::uint64_t seed : {3u, 8u, 12u, 20u, 31u}) {
        CAPTURE(seed);
        TransitionSystem system = test::random_system(seed);
        SearchOptions options = options_in(directory);
        options.checkpoint.every_seconds = 0;
        options.long_from = 30;
        options.partial_order = true;
        options.partial_order_from = 40;
        options.budget.max_states = 3000;
        remove_both(options.checkpoint.path);
        const SearchReport whole = search(system, options);
        for (std::uint64_t limit = 1; limit < whole.statistics.states; limit += 1 + whole.statistics.states / 12) {
            // This one is killed, as far as the file says: it has written at each level, and not at the end.
            remove_both(options.checkpoint.path);
            SearchOptions cut = options;
            cut.checkpoint.resume = false;
            cut.budget.max_states = limit;
            search(system, cut);
            if (!fs::exists(options.checkpoint.path)) continue;
            SearchOptions rest = options;
            rest.checkpoint.resume = true;
            const SearchReport report = search(system, rest);
            CHECK(report.checkpoint.resumed);
            REQUIRE(report_text(report) == report_text(whole));
        }
    }
}

namespace {

// Adders whose levels are large enough to be shared, whose counters outgrow the layout.
TransitionSystem wide_adders(std::uint32_t threads, std::uint32_t rounds, Value bound) {
    test::SystemBuilder b;
    Address x = b.variable("x", kIntType, smallest_value(kIntType), largest_value(kIntType));
    b.property(SystemPropertyKind::kInvariant, "bounded", b.op(Op::kLess, kIntType, b.load(x), b.literal(bound, kIntType)));
    std::uint32_t role = b.role("adder", threads, rounds + 1);
    for (LocationNumber l = 0; l < rounds; ++l) {
        test::ProgramBuilder p = b.step(role, l);
        std::uint32_t r = p.reg(kIntType);
        p.choose(r, b.literal(1, kIntType), b.literal(l % 2 == 0 ? 1 : 2, kIntType));
        p.store(b.literal(x), b.op(Op::kAdd, kIntType, b.load(x), b.pool().reg(r, kIntType)));
        b.go(p, role, l + 1);
    }
    return std::move(b.system);
}

}  // namespace

TEST_CASE("checkpoints: large levels, shared or not, with machine code") {
    Directory directory;
    for (Value bound : {Value{1000}, Value{22}}) {
        TransitionSystem system = wide_adders(4, 6, bound);
        for (unsigned jobs : {1u, 2u}) {
            SearchOptions options = options_in(directory);
            options.jobs = jobs;
            options.parallel_from = 64;
            options.long_from = 1024;
            options.native_from = 2048;
            SearchOptions plain = options;
            plain.checkpoint = {};
            const SearchReport whole = search(system, plain);
            REQUIRE(whole.statistics.states > 5000);
            unsigned pieces = 0;
            REQUIRE(report_text(search_in_pieces(system, options, whole.statistics.states / 5, pieces)) == report_text(whole));
            CHECK(pieces > 3);
        }
    }
}

TEST_CASE("checkpoints: an interrupted search leaves one, and says so") {
    Directory directory;
    TransitionSystem system = wide_adders(4, 6, 1000);
    SearchOptions options = options_in(directory);
    const SearchReport whole = search(system, options);
    CHECK(!fs::exists(options.checkpoint.path));
    CancelToken cancel;
    SearchOptions cut = options;
    cut.cancel = &cancel;
    cancel.cancel();
    const SearchReport part = search(system, cut);
    CHECK(part.stop == StopReason::kInterrupted);
    CHECK(part.checkpoint.kept == options.checkpoint.path);
    CHECK(part.checkpoint.kept_states > 0);
    SearchOptions rest = options;
    rest.checkpoint.resume = true;
    const SearchReport report = search(system, rest);
    CHECK(report.checkpoint.resumed);
    CHECK(report_text(report) == report_text(whole));
    // Who asks for none if the search is short gets none.
    remove_both(options.checkpoint.path);
    cut.checkpoint.from_seconds = 1000;
    CHECK(search(system, cut).checkpoint.kept.empty());
    CHECK(!fs::exists(options.checkpoint.path));
}

TEST_CASE("checkpoints: one that is cut or changed anywhere is not used, the one before is") {
    Directory directory;
    TransitionSystem system = wide_adders(3, 3, 1000);
    SearchOptions options = options_in(directory);
    const std::string& path = options.checkpoint.path;
    SearchOptions plain = options;
    plain.checkpoint = {};
    const SearchReport whole = search(system, plain);
    options.checkpoint.every_seconds = 0;
    options.budget.max_states = 200;
    search(system, options);
    options.budget.max_states = Budget::kUnlimited;
    REQUIRE(fs::exists(path + ".old"));
    const std::string good = bytes_of(path), older = bytes_of(path + ".old");
    REQUIRE(good.size() > older.size());
    SearchOptions rest = options;
    rest.checkpoint.resume = true;
    rest.checkpoint.every_seconds = 3600;
    auto goes_on = [&](const std::string& text, bool damaged) {
        put_bytes(path, text);
        const SearchReport report = search(system, rest);
        REQUIRE(report.checkpoint.refused.empty());
        REQUIRE(report.checkpoint.resumed);
        REQUIRE(report.checkpoint.damaged.size() == (damaged ? 1 : 0));
        REQUIRE(report_text(report) == report_text(whole));
    };
    goes_on(good, false);
    for (std::size_t size = 0; size < good.size(); size += 1 + good.size() / 60) {
        CAPTURE(size);
        goes_on(good.substr(0, size), true);
    }
    for (std::size_t at = 0; at < good.size(); at += 1 + good.size() / 150) {
        CAPTURE(at);
        std::string changed = good;
        changed[at] = static_cast<char>(changed[at] ^ 0x10);
        goes_on(changed, true);
    }
    goes_on(good + "x", true);
    // A damaged one does not take the place of the good one before.
    put_bytes(path, good.substr(0, good.size() / 2));
    SearchOptions again = rest;
    again.checkpoint.every_seconds = 0;
    again.budget.max_states = older.size() / 16;
    search(system, again);
    CHECK(bytes_of(path + ".old").size() >= older.size());
    // Two that are damaged: refused, and nothing is searched.
    put_bytes(path, "nothing");
    put_bytes(path + ".old", older.substr(0, 100));
    const SearchReport refused = search(system, rest);
    CHECK(refused.stop == StopReason::kRefused);
    CHECK(refused.checkpoint.refused.find("it is too short") != std::string::npos);
    CHECK(!refused.exhaustive());
    CHECK(refused.statistics.states == 0);
}

TEST_CASE("checkpoints: of something else they are refused") {
    Directory directory;
    TransitionSystem system = wide_adders(3, 3, 1000);
    SearchOptions options = options_in(directory);
    options.checkpoint.identity = "spec one\n";
    options.budget.max_states = 60;
    search(system, options);
    options.budget.max_states = Budget::kUnlimited;
    options.checkpoint.resume = true;
    auto refusal = [&](const TransitionSystem& what, const SearchOptions& how) {
        SearchReport report = search(what, how);
        CHECK(report.checkpoint.refused.empty() == (report.stop != StopReason::kRefused));
        return report.checkpoint.refused;
    };
    SearchOptions other = options;
    other.checkpoint.identity = "spec two\n";
    CHECK(refusal(system, other).find("it is of 'spec one' and not of 'spec two'") != std::string::npos);
    other = options;
    other.symmetry = true;
    CHECK(!refusal(system, other).empty());
    other = options;
    other.discharged = {0};
    CHECK(!refusal(system, other).empty());
    CHECK(!refusal(wide_adders(3, 3, 999), options).empty());
    CHECK(refusal(system, options).empty());
    other = options;
    other.jobs = 4;
    other.minimise_switches = false;
    CHECK(refusal(system, other).empty());
}

TEST_CASE("checkpoints: what cannot be written leaves the one before") {
    Directory directory;
    TransitionSystem system = wide_adders(3, 3, 1000);
    SearchOptions options = options_in(directory);
    const std::string& path = options.checkpoint.path;
    options.budget.max_states = 40;
    search(system, options);
    const std::string before = bytes_of(path);
    REQUIRE(!before.empty());
    // A directory where the new one is to be written first.
    fs::create_directories(path + ".tmp");
    options.budget.max_states = 80;
    SearchReport report = search(system, options);
    CHECK(report.stop == StopReason::kStates);
    CHECK(!report.checkpoint.not_kept.empty());
    CHECK(bytes_of(path) == before);
    options.budget.max_states = Budget::kUnlimited;
    options.checkpoint.every_seconds = 0;
    report = search(system, options);
    CHECK(report.stop == StopReason::kComplete);
    CHECK(bytes_of(path) == before);
}
