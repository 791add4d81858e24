#include <unistd.h>

#include "app/commands.h"
#include "syntax/file_provider.h"
#include "workbench/necessity.h"

namespace quire {

int run_necessity(const CommandLine& line, Streams streams, const CancelToken& cancel) {
    if (line.selection.variants.size() > 1 || line.selection.instances.size() > 1) {
        streams.err.write("quire: a question is about one variant and one instance\n");
        return kExitUsage;
    }
    NecessityOptions options;
    options.choice.path = line.arguments.at(0);
    if (!line.selection.variants.empty()) options.choice.variant = line.selection.variants[0];
    if (!line.selection.instances.empty()) options.choice.instance = line.selection.instances[0];
    options.choice.defines = line.selection.defines;
    options.choice.memory = line.selection.memory;
    options.choice.model_path = model_path(line);
    options.engine = line.engine;
    if (!line.memory_limit_given) options.engine.memory_limit = default_memory_limit();
    options.color = wants_color(line.common.color, STDERR_FILENO);
    DiskFiles files;
    return necessity(options, files, streams.out, streams.err, cancel);
}

}  // namespace quire
