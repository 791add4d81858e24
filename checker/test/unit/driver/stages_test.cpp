// What each stage of the route makes of small specs, as `quire check --print` shows it. A changed golden is a changed
// stage: regenerate with QUIRE_UPDATE_GOLDENS=1 and read the difference.
#include <filesystem>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>

#include "driver/print_stage.h"
#include "syntax/file_provider.h"
#include "test/unit/report/sample_traces.h"

using namespace quire;

namespace {

class StageText final : public Sink {
public:
    void write(std::string_view text) override { all += text; }
    std::string all;
};

std::string printed(const std::string& stage, const std::string& name, const CheckOptions& given) {
    std::ostringstream text;
    text << std::ifstream(std::string(QUIRE_SOURCE_DIR) + "/checker/test/golden/specs/" + name).rdbuf();
    MemoryFiles files;
    files.add(name, text.str());
    CheckOptions options = given;
    options.files = {{name, true}};
    StageText out, err;
    CHECK(print_stage(stage, options, files, out, err) == kExitAsExpected);
    CHECK(err.all == "");
    return out.all;
}

}  // namespace

TEST_CASE("every stage prints what its golden says") {
    for (const char* spec : {"counter", "pointers", "containers"}) {
        for (const char* stage : {"ast", "typed", "ir", "system"}) {
            INFO(stage << " of " << spec);
            std::string text = printed(stage, std::string(spec) + ".quire", {});
            CHECK(test::matches_golden_file(std::string(stage) + "/" + spec + ".txt", text));
        }
    }
}

TEST_CASE("a memory model shows in the system and not before") {
    CheckOptions options;
    options.engine.experimental = true;
    CHECK(test::matches_golden_file("ir/buffers.txt", printed("ir", "buffers.quire", options)));
    CHECK(test::matches_golden_file("system/buffers.txt", printed("system", "buffers.quire", options)));
}

TEST_CASE("a spec that is wrong prints no stage and exits with 3") {
    MemoryFiles files;
    files.add("wrong.quire", "thread t { nobody(); }\n");
    CheckOptions options;
    options.files = {{"wrong.quire", true}};
    for (const char* stage : {"typed", "ir", "system"}) {
        StageText out, err;
        CHECK(print_stage(stage, options, files, out, err) == kExitSpecError);
        CHECK(out.all == "");
        CHECK(err.all.find("nobody") != std::string::npos);
    }
}
