// Traces for the writers, made by explaining systems made by hand.
#pragma once

#include <memory>
#include <string>

#include "explain/explain.h"
#include "report/trace_text.h"
#include "test/unit/explain/tiny_system.h"

namespace quire::test {

struct SampleTrace {
    std::unique_ptr<TinySystem> tiny;
    Finding finding;
    ReplayedTrace run;
    ExplainedTrace explained;
};

SampleTrace use_after_free_sample();           // two threads
SampleTrace many_threads_sample(int threads);  // each takes two steps
SampleTrace lasso_sample();                    // a thread that goes round for ever
TraceFooter sample_footer();

// Compares with checker/test/golden/report/<name>; with QUIRE_UPDATE_GOLDENS set it writes that file instead.
bool matches_golden(const std::string& name, const std::string& text);
// Likewise with checker/test/golden/<path>.
bool matches_golden_file(const std::string& path, const std::string& text);

}  // namespace quire::test
