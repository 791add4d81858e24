// `quire mutants`: would the specs notice if the protocol were a little different?
//
// Each lock, check, get and atomic step of a variant that holds is taken away alone, and each two neighbouring steps change
// places alone; what the spec expects is searched again.  A mutant is killed if something fails then, or if a cover is not
// reached any more.  One that survives shows a property that is missing, or a part that is not needed; which it is can be
// said in the spec, in a comment `// spare: why` in the line of the part or the one before.
//
// The idea: DeMillo, Lipton, Sayward, "Hints on test data selection", 1978.  Theirs change programs and run tests; these
// change protocols and search, so that a survivor is one at the sizes that were searched and not for want of luck.
#pragma once

#include <string>
#include <vector>

#include "driver/search_run.h"
#include "driver/spec_files.h"
#include "report/writer.h"
#include "syntax/file_provider.h"
#include "workbench/spec_choice.h"

namespace quire {

struct MutantsOptions {
    std::vector<SpecFile> files;
    SpecChoice choice;     // but for the path
    EngineOptions engine;  // of each search; `jobs` of them run at a time
    bool color = false;
    bool survivors_only = false;
    bool markdown = false;
};

// The table goes to `out`.  Returns the exit code: 0 if every mutant is killed or explained, 1 if one is not, 4 if that was
// not decided.
int mutants(const MutantsOptions& options, FileProvider& files, Sink& out, Sink& err, const CancelToken& cancel);

}  // namespace quire
