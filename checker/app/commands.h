// What each command does, with the streams that it writes to.
#pragma once

#include <optional>

#include "app/command_line.h"
#include "app/terminal.h"
#include "support/budget.h"

namespace quire {

struct Streams {
    DescriptorSink& out;
    DescriptorSink& err;
};

int run_check(const CommandLine& line, Streams streams, const CancelToken& cancel);
int run_ask(const CommandLine& line, Streams streams, const CancelToken& cancel);
int run_necessity(const CommandLine& line, Streams streams, const CancelToken& cancel);
int run_mutants(const CommandLine& line, Streams streams, const CancelToken& cancel);
int run_trace(const CommandLine& line, Streams streams);
int run_list(const CommandLine& line, Streams streams);
int run_verify_proof(const CommandLine& line, Streams streams);
int run_fmt(const CommandLine& line, Streams streams);
int run_init(const CommandLine& line, Streams streams);
int run_sim(const CommandLine& line, Streams streams);
int run_completions(const CommandLine& line, Streams streams);
int run_lsp(const CommandLine& line, Streams streams, const CancelToken& cancel);
int run_explain(const CommandLine& line, Streams streams);

// What the machine, or the group of processes, can still give.
std::uint64_t default_memory_limit();
// The specs that the arguments name; nothing, with the reasons told, if one of them cannot be one.
std::optional<SpecFiles> specs_named(const CommandLine& line, Streams streams);
// Where imports are looked for: the library beside the program, then --models.
std::vector<std::string> model_path(const CommandLine& line);

}  // namespace quire
