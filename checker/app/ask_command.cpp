#include <iostream>
#include <iterator>

#include <unistd.h>

#include "app/commands.h"
#include "report/text_layout.h"
#include "syntax/file_provider.h"
#include "workbench/ask.h"

namespace quire {

namespace {

// No mail is that long.
constexpr std::size_t kLongestMail = 1u << 20;

}  // namespace

int run_ask(const CommandLine& line, Streams streams, const CancelToken& cancel) {
    if (is_terminal(STDIN_FILENO)) streams.err.write("quire: reading the interleaving from the terminal, up to Ctrl-D\n");
    std::string text;
    char c = 0;
    while (text.size() < kLongestMail && std::cin.get(c)) text += c;
    AskOptions options;
    options.path = line.arguments.at(0);
    options.mail = std::move(text);
    if (line.selection.variants.size() > 1 || line.selection.instances.size() > 1) {
        streams.err.write("quire: a question is about one variant and one instance\n");
        return kExitUsage;
    }
    if (!line.selection.variants.empty()) options.variant = line.selection.variants[0];
    if (!line.selection.instances.empty()) options.instance = line.selection.instances[0];
    options.defines = line.selection.defines;
    options.memory = line.selection.memory;
    options.expected = line.expected;
    options.engine = line.engine;
    if (!line.memory_limit_given) options.engine.memory_limit = default_memory_limit();
    options.model_path = model_path(line);
    options.style = line.trace;
    options.width = terminal_width(STDOUT_FILENO);
    options.color = wants_color(line.common.color, STDERR_FILENO);
    DiskFiles files;
    return ask(options, files, streams.out, streams.err, cancel);
}

}  // namespace quire
