#pragma once

#include <string>
#include <utility>
#include <vector>

#include "support/diagnostics.h"
#include "support/result.h"
#include "types/typed_program.h"

namespace quire {

// Which runs the expectations of a variant ask for.
struct RunOptions {
    std::vector<std::pair<std::string, Value>> defines;  // -D NAME=value
    std::vector<std::string> instances;                  // --instance NAME: only these; empty: the file and its quick instances
    bool all_instances = false;                          // --all-instances: the slow ones too
    std::string memory;                                  // --memory MODEL: in place of those that the program lists
};

// One search: the program with its constants fixed, under one memory model.
struct Run {
    std::string memory = "sc";
    std::string instance;  // the first instance that asks for it; empty for the file's own constants
    ConstantValues constants;
    std::vector<std::pair<std::string, Value>> shown;  // what -D, `for` and the instance fixed, by name, in order of declaration
};

struct RunPlan {
    std::vector<Run> runs;  // different constants or models each, in the order in which expectations ask
    // For each expectation of the program the runs that it is judged by. None: it cannot be judged (unsupported), or the
    // options leave it out.
    std::vector<std::vector<std::uint32_t>> by_expectation;
};

inline constexpr std::size_t kMaxRuns = 10000;

// Precedence: -D, then `for`, then the instance, then the file. Reports constants without a value, empty ranges and more
// than kMaxRuns runs. A -D of a name that this program does not have is ignored here, see unknown_defines.
Result<RunPlan> plan_runs(const TypedProgram& program, const RunOptions& options, Diagnostics& diagnostics);

// The names in -D, or the instances in --instance, that the program does not have.
std::vector<std::string> unknown_defines(const TypedProgram& program, const RunOptions& options);
std::vector<std::string> unknown_instances(const TypedProgram& program, const RunOptions& options);

// All constants, with some of them given; `given[i]` may be a value or another expression than the declared one.
struct GivenConstant {
    ConstantId constant;
    ExpressionId expression;  // if valid
    Value value = 0;          // else
};
Result<ConstantValues> constant_values(const TypedProgram& program, const std::vector<GivenConstant>& given,
                                       Diagnostics& diagnostics);

// "HOLDERS=2 SCANNERS=1"
std::string describe_constants(const Run& run);

}  // namespace quire
