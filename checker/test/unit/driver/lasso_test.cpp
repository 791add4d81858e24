// A run without end, made by hand since no search finds one yet: through lowering, replay, a kept trace, and what
// `quire trace` makes of it. The layouts and the other formats have theirs in unit/report.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "driver/search_run.h"
#include "driver/show_trace.h"
#include "explain/explain.h"
#include "report/itf.h"
#include "syntax/file_provider.h"
#include "test/unit/explain/tiny_system.h"

using namespace quire;

namespace {

const char* const kText =
    "int in 0..1 lock, tries;\n"
    "thread owner {\n"
    "\tlock = 1;\n"
    "}\n"
    "daemon thread spinner {\n"
    "\twhile (lock == 1)\n"
    "\t\ttries = 1 - tries;\n"
    "}\n"
    "cover gets_on: lock == 1 && tries == 1;\n";

class LassoText final : public Sink {
public:
    void write(std::string_view text) override { all += text; }
    bool says(const std::string& text) const { return all.find(text) != std::string::npos; }
    std::string all;
};

// What `quire check` would have kept of this run.
struct Kept {
    MemoryFiles files;
    std::unique_ptr<LoadedSpec> spec;
    std::optional<TransitionSystem> system;
    SavedTrace saved;

    explicit Kept(const std::vector<const char*>& threads, std::uint32_t loop_start) {
        files.add("spin.quire", kText);
        spec = load_spec("spin.quire", {}, files, false);
        REQUIRE(spec->good);
        Result<TransitionSystem> lowered = lower_program(spec->programs[0], {}, lower_options({}, "sc"), spec->diagnostics);
        REQUIRE(lowered.ok());
        system = std::move(*lowered);
        saved.version = "0.1.0";
        saved.file = "spin.quire";
        saved.spec_hash = spec->hash;
        saved.variant = "base";
        saved.property = "gets_on";
        for (const char* thread : threads) saved.steps.push_back({thread, {}});
        saved.loop_start = loop_start;
    }

    ReplayedTrace replayed() {
        std::string problem;
        std::optional<Trace> trace = trace_of(*system, saved, problem);
        REQUIRE(trace.has_value());
        return replay(*system, *trace);
    }

    std::string itf() {
        std::string problem;
        std::optional<Trace> trace = trace_of(*system, saved, problem);
        Finding finding{trace->property, *trace, static_cast<std::uint32_t>(trace->steps.size()), count_switches(*trace), false};
        ReplayedTrace run = replay(*system, *trace);
        return itf_text(*system, saved, explain_trace(*system, spec->sources, finding, run), run);
    }

    int show(const std::string& text, TraceStyle style, LassoText& out, LassoText& err) {
        ShowTraceOptions options;
        options.style = style;
        options.version = "0.1.0";
        return show_trace("kept.itf.json", text, options, files, out, err);
    }
};

// lock = 1; the spinner then reads lock, reads tries, writes tries, and is where it was after two rounds.
const std::vector<const char*> kLasso = {"owner", "spinner", "spinner", "spinner", "spinner", "spinner", "spinner", "spinner"};

}  // namespace

TEST_CASE("a lasso of a real spec replays, is kept, and is shown again in every style") {
    Kept kept(kLasso, 2);
    ReplayedTrace run = kept.replayed();
    INFO(run.why_not);
    REQUIRE(run.ok);
    std::string text = kept.itf();
    nlohmann::json document = nlohmann::json::parse(text);
    CHECK(document["loop"] == 2);
    CHECK(document["states"].size() == kLasso.size() + 1);
    REQUIRE(parse_itf(text).trace.has_value());
    CHECK(parse_itf(text).trace->loop_start == 2u);
    for (TraceStyle style : {TraceStyle::kTable, TraceStyle::kMail, TraceStyle::kCommit, TraceStyle::kFull}) {
        LassoText out, err;
        CHECK(kept.show(text, style, out, err) == 0);
        INFO(out.all << err.all);
        CHECK(out.says("the steps from 3 to 8 repeat for ever"));
        CHECK(out.says("tries = 1 - tries;"));
    }
}

TEST_CASE("lassos that do not close are refused") {
    struct Row {
        const char* why;
        std::vector<const char*> threads;
        std::uint32_t loop_start;
    };
    std::vector<const char*> shorter(kLasso.begin(), kLasso.end() - 1);
    const Row rows[] = {
        {"it begins in another state", kLasso, 1}, {"half a turn", {kLasso.begin(), kLasso.begin() + 5}, 2},
        {"a step is missing", shorter, 2},         {"a loop without a step", kLasso, 8},
        {"it begins behind the end", kLasso, 99},  {"a thread that has ended goes on", {"owner", "owner"}, 0},
    };
    for (const Row& row : rows) {
        INFO(row.why);
        Kept kept(row.threads, row.loop_start);
        CHECK_FALSE(kept.replayed().ok);
        CHECK_FALSE(kept.replayed().why_not.empty());
    }
    // A kept trace that was edited is a mistake of its editor: no internal error.
    Kept kept(kLasso, 2);
    nlohmann::json document = nlohmann::json::parse(kept.itf());
    document["#meta"]["quire"]["loop_start"] = 1;
    LassoText out, err;
    CHECK(kept.show(document.dump(), TraceStyle::kTable, out, err) == 1);
    CHECK(err.says("the loop does not close"));
    CHECK(out.all.empty());
}

TEST_CASE("a last step that fails closes no loop") {
    test::TinySystem tiny("void f(void)\n{\n}\n");
    Address cell = tiny.add_cell("x");
    ThreadNumber thread = tiny.add_thread("t");
    tiny.reads(thread, tiny.site(1, "f"), cell);
    tiny.fails(thread, tiny.site(2, "f"), "assertion");
    Finding finding = tiny.finding("assertion", {thread, thread});
    REQUIRE(replay(tiny.system, finding.trace).ok);
    finding.trace.loop_start = 1;
    CHECK_FALSE(replay(tiny.system, finding.trace).ok);
}
