// What the arguments ask for.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/configuration.h"
#include "app/terminal.h"
#include "driver/session.h"
#include "report/trace_text.h"

namespace quire {

enum class Command : std::uint8_t {
    kCheck,
    kAsk,
    kNecessity,
    kMutants,
    kTrace,
    kList,
    kExplain,
    kVerifyProof,
    kFmt,
    kInit,
    kSim,
    kCompletions,
    kLsp
};

struct CommonOptions {
    ColorChoice color = ColorChoice::kAuto;
    bool quiet = false;
    bool verbose = false;
};

struct SimOptions {
    std::optional<std::uint64_t> seed;
    std::uint64_t runs = 1;
    std::size_t steps = 1000;  // of one run, at most
    bool step = false;         // by hand
};

struct CommandLine {
    Command command = Command::kCheck;
    CommonOptions common;
    std::vector<std::string> arguments;  // files, directories, codes
    std::optional<std::string> config;   // not given: the nearest quire.toml
    // check
    Selection selection;
    EngineOptions engine;
    GateOptions gate;
    bool memory_limit_given = false;
    std::vector<std::string> models;
    std::string out_directory = ".quire";
    std::optional<std::string> checkpoint_directory;  // not given: as the out directory
    bool cache = true;
    std::optional<std::string> cache_directory;  // not given: below the out directory
    TraceStyle trace = TraceStyle::kTable;
    bool show_expected = false;
    bool suggest = true;
    bool json = false;
    std::vector<std::pair<std::string, std::string>> reports;  // format of the registry, file or directory
    std::string annotations = "auto";
    std::string print;  // a stage
    // trace
    std::string drawing;
    bool state_graph = false, however_large = false, compare = false;
    SimOptions sim;
    bool check_only = false;  // fmt
    // ask
    std::string expected;
    // mutants
    bool survivors = false, markdown = false;
    // list
    bool choices = false;
};

struct ParsedCommandLine {
    std::optional<CommandLine> command_line;
    int exit_code = 0;    // if there is none
    std::string output;   // to stdout: help, version
    std::string problem;  // to stderr
};

// What the command line leaves open is taken from the configuration, where there is one.
ParsedCommandLine parse_command_line(std::vector<std::string> arguments, const ConfigurationSource& configuration = {});

}  // namespace quire
