// `quire lsp`: the language server protocol over two streams.
#pragma once

#include <string>

#include "driver/search_run.h"
#include "editor/message_stream.h"
#include "report/writer.h"

namespace quire {

struct LanguageServerOptions {
    std::vector<std::string> model_path;  // the library, and what the command line adds
    EngineOptions engine;                 // of the checks that are asked for in the editor
    std::string version;
};

// Until `exit` or the end of the input. 0 after an orderly `shutdown`, otherwise 1, as the protocol wants it.
int serve_editor(ByteSource& in, Sink& out, const LanguageServerOptions& options);

}  // namespace quire
