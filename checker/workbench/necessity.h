// `quire necessity`: which locks, checks, gets and atomic steps of a protocol that holds does it need?
//
// Each is taken away alone, and everything that `expect pass` asks for is searched again.  What fails then was needed; the
// first bug says what for.  What does not fail was not, at these sizes; then it is looked for what does the same, another
// part that can be taken away alone, but not together with this one.
#pragma once

#include <string>
#include <vector>

#include "driver/search_run.h"
#include "report/writer.h"
#include "syntax/file_provider.h"
#include "workbench/spec_choice.h"

namespace quire {

struct NecessityOptions {
    SpecChoice choice;
    EngineOptions engine;  // of each search; `jobs` of them run at a time
    bool color = false;
};

// The table goes to `out`.  Returns the exit code: 0 if all was decided, 1 if the variant itself fails, 4 otherwise.
int necessity(const NecessityOptions& options, FileProvider& files, Sink& out, Sink& err, const CancelToken& cancel);

}  // namespace quire
