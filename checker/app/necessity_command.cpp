#include <unistd.h>

#include "app/commands.h"
#include "syntax/file_provider.h"
#include "workbench/mutants.h"
#include "workbench/necessity.h"

namespace quire {

namespace {

// Of one variant and one instance; without a path.
std::optional<SpecChoice> choice_of(const CommandLine& line, Streams streams) {
    if (line.selection.variants.size() > 1 || line.selection.instances.size() > 1) {
        streams.err.write("quire: a question is about one variant and one instance\n");
        return std::nullopt;
    }
    SpecChoice choice;
    if (!line.selection.variants.empty()) choice.variant = line.selection.variants[0];
    if (!line.selection.instances.empty()) choice.instance = line.selection.instances[0];
    choice.defines = line.selection.defines;
    choice.memory = line.selection.memory;
    choice.model_path = model_path(line);
    return choice;
}

EngineOptions engine_of(const CommandLine& line) {
    EngineOptions engine = line.engine;
    if (!line.memory_limit_given) engine.memory_limit = default_memory_limit();
    return engine;
}

}  // namespace

int run_necessity(const CommandLine& line, Streams streams, const CancelToken& cancel) {
    std::optional<SpecChoice> choice = choice_of(line, streams);
    if (!choice) return kExitUsage;
    NecessityOptions options;
    options.choice = *choice;
    options.choice.path = line.arguments.at(0);
    options.engine = engine_of(line);
    options.color = wants_color(line.common.color, STDERR_FILENO);
    DiskFiles files;
    return necessity(options, files, streams.out, streams.err, cancel);
}

int run_mutants(const CommandLine& line, Streams streams, const CancelToken& cancel) {
    std::optional<SpecFiles> found = specs_named(line, streams);
    if (!found) return kExitUsage;
    std::optional<SpecChoice> choice = choice_of(line, streams);
    if (!choice) return kExitUsage;
    MutantsOptions options;
    options.files = found->files;
    options.choice = *choice;
    options.engine = engine_of(line);
    options.color = wants_color(line.common.color, STDERR_FILENO);
    options.survivors_only = line.survivors;
    options.markdown = line.markdown;
    DiskFiles files;
    return mutants(options, files, streams.out, streams.err, cancel);
}

}  // namespace quire
