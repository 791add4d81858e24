// One run of `quire check`: the route from files to results.  Read session.cpp first.
#pragma once

#include <string>
#include <vector>

#include "driver/plan.h"
#include "driver/repair_finder.h"
#include "driver/search_run.h"
#include "driver/spec_files.h"
#include "driver/spec_results.h"
#include "report/writer.h"
#include "syntax/file_provider.h"

namespace quire {

struct CheckOptions {
    std::vector<SpecFile> files;
    Selection selection;
    EngineOptions engine;
    GateOptions gate;
    std::vector<std::string> model_path;
    std::string out_directory = ".quire";  // for traces; empty: none are kept
    bool color = false;                    // of diagnostics
    bool quiet = false;                    // no warnings
    RepairFinder* repairs = nullptr;       // asked about findings; nullptr: nobody is
    bool repairs_of_expected = false;      // also about findings that are as expected
    int (*signal_received)() = nullptr;    // the number of the signal that ends this program, 0: none
    KeptResults* kept = nullptr;           // of earlier sessions; it has to see what `files` is asked for
};

enum ExitCode : int {
    kExitAsExpected = 0,
    kExitNotAsExpected = 1,
    kExitUsage = 2,
    kExitSpecError = 3,
    kExitInconclusive = 4,
    kExitInternalError = 5,
    kExitSignalBase = 128,  // and the signal's number
};

// Results go to the writer, diagnostics to `err`.
SessionEnd check(const CheckOptions& options, FileProvider& files, Writer& writer, Sink& err, const CancelToken& cancel);

}  // namespace quire
