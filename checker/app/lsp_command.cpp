// `quire lsp`: the server, with standard input and output.
#include <cerrno>

#include <poll.h>
#include <unistd.h>

#include "app/commands.h"
#include "editor/language_server.h"

namespace quire {

namespace {

// A signal that comes just before the wait begins is seen this much later.
constexpr int kLookEveryMs = 1000;

class StandardInput final : public ByteSource {
public:
    explicit StandardInput(const CancelToken& cancel) : cancel_(cancel) {}

    std::size_t read(char* into, std::size_t most) override {
        while (!cancel_.cancelled()) {
            pollfd one{STDIN_FILENO, POLLIN, 0};
            const int ready = ::poll(&one, 1, kLookEveryMs);
            if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
            if (ready < 0) return 0;
            const ssize_t got = ::read(STDIN_FILENO, into, most);
            if (got >= 0) return static_cast<std::size_t>(got);
            if (errno != EINTR && errno != EAGAIN) return 0;
        }
        return 0;
    }

private:
    const CancelToken& cancel_;
};

}  // namespace

int run_lsp(const CommandLine& line, Streams streams, const CancelToken& cancel) {
    LanguageServerOptions options;
    options.model_path = model_path(line);
    options.engine = line.engine;
    if (!line.memory_limit_given) options.engine.memory_limit = default_memory_limit();
    options.version = QUIRE_VERSION;
    StandardInput in(cancel);
    return serve_editor(in, streams.out, options);
}

}  // namespace quire
