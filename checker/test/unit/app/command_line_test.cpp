// What the arguments mean, and which are refused.
#include "app/command_line.h"

#include <doctest/doctest.h>

#include "app/quantities.h"
#include "driver/registry.h"

using namespace quire;

namespace {

CommandLine good(const std::vector<std::string>& arguments) {
    ParsedCommandLine parsed = parse_command_line(arguments);
    INFO(parsed.problem);
    REQUIRE(parsed.command_line.has_value());
    return *parsed.command_line;
}

int refused(const std::vector<std::string>& arguments) {
    ParsedCommandLine parsed = parse_command_line(arguments);
    CHECK_FALSE(parsed.command_line.has_value());
    CHECK_FALSE(parsed.problem.empty());
    return parsed.exit_code;
}

}  // namespace

TEST_CASE("check is the default") {
    CHECK(good({}).command == Command::kCheck);
    CHECK(good({"specs"}).arguments == std::vector<std::string>{"specs"});
    CHECK(good({"-q"}).common.quiet);
    CHECK(good({"trace", "x.itf.json", "--mail"}).trace == TraceStyle::kMail);
    CHECK(good({"explain", "E0101"}).command == Command::kExplain);
    CHECK(good({"list"}).command == Command::kList);
}

TEST_CASE("options of check") {
    CommandLine line = good({"check",   "a",
                             "b",       "--variant",
                             "x,y",     "--variant=z",
                             "-D",      "N=3",
                             "-D",      "FLAG",
                             "-DM=-1",  "--timeout",
                             "2m",      "--max-states",
                             "1M",      "--memory-limit",
                             "1GiB",    "--all-instances",
                             "--color", "never",
                             "--out",   "t"});
    CHECK(line.arguments == std::vector<std::string>{"a", "b"});
    CHECK(line.selection.variants == std::vector<std::string>{"x", "y", "z"});
    REQUIRE(line.selection.defines.size() == 3);
    CHECK(line.selection.defines[0] == std::pair<std::string, std::string>{"N", "3"});
    CHECK(line.selection.defines[1] == std::pair<std::string, std::string>{"FLAG", "1"});
    CHECK(line.selection.defines[2] == std::pair<std::string, std::string>{"M", "-1"});
    CHECK(line.engine.timeout_seconds == 120);
    CHECK(line.engine.max_states == 1'000'000);
    CHECK(line.engine.memory_limit == 1u << 30);
    CHECK(line.selection.all_instances);
    CHECK(line.common.color == ColorChoice::kNever);
    CHECK(line.out_directory == "t");
}

TEST_CASE("what is wrong gives exit code 2") {
    CHECK(refused({"check", "--nonsense"}) == kExitUsage);
    CHECK(refused({"check", "--trace", "purple"}) == kExitUsage);
    CHECK(refused({"check", "-D", "N=x"}) == kExitUsage);
    CHECK(refused({"check", "-D", "=3"}) == kExitUsage);
    CHECK(refused({"check", "--timeout", "-3"}) == kExitUsage);
    CHECK(refused({"check", "--memory-limit", "0"}) == kExitUsage);
    CHECK(refused({"check", "--no-pass", "nothing"}) == kExitUsage);
    CHECK(refused({"trace"}) == kExitUsage);
}

TEST_CASE("help and version are no failure") {
    for (const char* argument : {"--help", "-h", "--version"}) {
        ParsedCommandLine parsed = parse_command_line({argument});
        CHECK_FALSE(parsed.command_line.has_value());
        CHECK(parsed.exit_code == 0);
        CHECK_FALSE(parsed.output.empty());
    }
    CHECK(parse_command_line({"check", "--help"}).output.find("--variant") != std::string::npos);
}

TEST_CASE("every pass and format of the registry can be named") {
    for (const PassEntry& pass : lowering_passes()) {
        CommandLine line = good({"check", "--no-pass", std::string(pass.name)});
        CHECK_FALSE(lower_options(line.engine, "sc").*pass.enabled);
    }
    for (const TraceFormatEntry& format : trace_formats())
        CHECK(good({"check", "--trace", std::string(format.name)}).trace == format.style);
}

TEST_CASE("amounts") {
    CHECK(parse_duration("60") == 60);
    CHECK(parse_duration("500ms") == 0.5);
    CHECK(parse_duration("1.5h") == 5400);
    CHECK_FALSE(parse_duration("s").has_value());
    CHECK_FALSE(parse_duration("10 parsecs").has_value());
    CHECK(parse_bytes("4GiB") == 4ull << 30);
    CHECK(parse_bytes("512M") == 512ull << 20);
    CHECK(parse_bytes("1GB") == 1'000'000'000);
    CHECK_FALSE(parse_bytes("-1").has_value());
    CHECK(parse_count("1_000_000") == 1'000'000);
    CHECK(parse_count("2M") == 2'000'000);
    CHECK_FALSE(parse_count("99999999999999999999").has_value());
    CHECK_FALSE(parse_count("").has_value());
}
