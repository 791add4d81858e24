// The machine-readable formats fit their schemas and carry what they promise; the console's lines and totals.
#include <map>
#include <set>
#include <sstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "explain/state_graph.h"
#include "report/annotations.h"
#include "report/console.h"
#include "report/dot.h"
#include "report/events.h"
#include "report/html.h"
#include "report/itf.h"
#include "report/junit.h"
#include "report/mermaid.h"
#include "report/sarif.h"
#include "report/text_layout.h"
#include "report/trace_diff.h"
#include "test/unit/report/json_schema.h"
#include "test/unit/report/sample_traces.h"

using namespace quire;
using namespace quire::test;

namespace {

class StringSink final : public Sink {
public:
    void write(std::string_view text) override { all += text; }
    std::string all;
};

class StoreOfStrings final : public FileStore {
public:
    void write(const std::string& path, std::string_view text) override { files[path] = text; }
    std::map<std::string, std::string> files;
};

SavedTrace saved_of(const SampleTrace& sample) {
    SavedTrace saved;
    saved.version = "0.1.0";
    saved.file = "specs/isolate_lru.quire";
    saved.spec_hash = "xxh3:0123456789abcdef";
    saved.variant = "buggy";
    saved.instance = "base";
    saved.property = sample.explained.property;
    saved.sizes = {{"N", 3}};
    saved.constants = {{"N", 3}, {"M", -1}};
    saved.passes_off = {"fuse"};
    for (const TraceStep& step : sample.finding.trace.steps)
        saved.steps.push_back({sample.tiny->system.threads[step.thread].name, {1, -2}});
    saved.loop_start = sample.finding.trace.loop_start;
    return saved;
}

RunReport run_of(const SampleTrace& sample) {
    RunReport run;
    run.file = "specs/isolate_lru.quire";
    run.variant = "buggy";
    run.instance = "base";
    run.sizes = {{"N", 3}};
    run.constants = run.sizes;
    run.exhaustive = true;
    run.statistics.states = 108;
    run.statistics.transitions = 304;
    run.statistics.bytes_visited = 864;
    run.violations.push_back({sample.explained, ".quire/x.itf.json", "specs/isolate_lru/buggy-base-" + sample.explained.property,
                              trace_values(sample.tiny->system, sample.run)});
    return run;
}

// One of each kind of event.
void tell_everything(Writer& writer, const RunReport& run) {
    ExpectationHead head{1, run.file, 12, "buggy", Expected::kViolation, "use_after_free", "violation of use_after_free", "N=3"};
    writer.begin({"0.1.0", 1});
    writer.spec({run.file, "xxh3:0", {head}});
    writer.diagnostics({{"warning", "W0301", "never executed", run.file, 4, 2}, {"error", "E0603", "no place", "", 0, 0}});
    Progress progress{1000, 2000, 10, 1 << 20, 5, 30.0, 40.0, Trend::kShrinking, Estimate{1100, 1500}, Estimate{2.5, 12.5}};
    writer.progress({run.file, "buggy", "N=3", progress});
    progress.all_states.reset();
    progress.seconds_left.reset();
    writer.progress({run.file, "buggy", "N=3", progress});
    CaseReport met{&run, Judgement::kMet, "violation", "", {"use_after_free"}, &run.violations[0]};
    writer.result({head, Judgement::kMet, "", {met}, {}});
    ExpectationHead pass{2, run.file, 0, "buggy", Expected::kPass, "*", "pass", "2 instances"};
    CaseReport failed{&run, Judgement::kNotMet, "violation", "", {"use_after_free"}, &run.violations[0]};
    CaseReport unknown{&run, Judgement::kInconclusive, "inconclusive", "time limit reached", {}, nullptr};
    writer.result({pass, Judgement::kNotMet, "violated: use_after_free", {failed, unknown}, {}});
    ExpectationHead proved{3, run.file, 0, "buggy", Expected::kProved, "*", "proved", ""};
    writer.result({proved, Judgement::kInconclusive, "INCONCLUSIVE: not supported yet", {}, {}});
    SessionEnd end;
    end.specs = 1;
    end.met = end.not_met = end.inconclusive = 1;
    end.exit_code = 1;
    writer.end(end);
}

}  // namespace

TEST_CASE("events fit the shipped schema") {
    SampleTrace sample = use_after_free_sample();
    RunReport run = run_of(sample);
    StringSink sink;
    tell_everything(*make_event_writer(sink), run);
    nlohmann::json schema = read_schema("event.schema.json");
    std::istringstream lines(sink.all);
    std::vector<nlohmann::json> events;
    for (std::string line; std::getline(lines, line);) {
        events.push_back(nlohmann::json::parse(line));
        CHECK(schema_problem(schema, events.back()) == "");
    }
    REQUIRE(events.size() == 11);
    CHECK(events[0]["schema"] == "quire.event/1");
    CHECK(events[4]["left_ms"] == nlohmann::json({2500, 12500}));
    CHECK(events[4]["trend"] == "shrinking");
    CHECK(!events[5].contains("left_ms"));
    const nlohmann::json& result = events[6];
    for (const char* name : {"variant", "instance", "property", "verdict", "states", "transitions", "steps", "switches", "cpu_ms",
                             "bytes_per_state", "reductions"}) {
        CHECK_MESSAGE(result.contains(name), name);
    }
    CHECK(result["verdict"] == "violation");
    CHECK(result["steps"] == 5);
    CHECK(result["switches"] == 2);
    CHECK(result["bytes_per_state"] == 8.0);
    CHECK(result["as_expected"] == true);
    CHECK(events[8]["as_expected"].is_null());
    CHECK(events[8]["reason"] == "time limit reached");
    nlohmann::json broken = result;
    broken["verdict"] = "holds";
    CHECK(schema_problem(schema, broken) != "");
}

TEST_CASE("the event of a run without end says from which step on it repeats") {
    SampleTrace sample = lasso_sample();
    RunReport run = run_of(sample);
    StringSink sink;
    tell_everything(*make_event_writer(sink), run);
    std::istringstream lines(sink.all);
    std::string line;
    int results = 0;
    while (std::getline(lines, line)) {
        nlohmann::json event = nlohmann::json::parse(line);
        CHECK(schema_problem(read_schema("event.schema.json"), event) == "");
        if (event["type"] != "result" || event["verdict"] != "violation") continue;
        ++results;
        CHECK(event["loop"] == 2);
    }
    CHECK(results == 2);
}

TEST_CASE("what was found without time for its trace stands in every format") {
    SampleTrace sample = use_after_free_sample();
    RunReport run = run_of(sample);
    run.stop = StopReason::kTime;
    run.exhaustive = false;
    CaseReport cut{&run, Judgement::kInconclusive, "inconclusive", "time limit reached: deadlock is violated, …", {}, nullptr};
    cut.untraced = {"deadlock"};
    run.untraced_violations = {"deadlock"};
    ExpectationReport report;
    report.head = {1, run.file, 3, "buggy", Expected::kPass, "*", "pass", ""};
    report.judgement = Judgement::kInconclusive;
    report.cases = {cut};
    StringSink json, out, err;
    make_event_writer(json)->result(report);
    nlohmann::json event = nlohmann::json::parse(json.all);
    CHECK(schema_problem(read_schema("event.schema.json"), event) == "");
    CHECK(event["untraced"] == nlohmann::json::array({"deadlock"}));
    make_console_writer(out, err, {})->result(report);
    CHECK(out.all.find("verdict     violated within that: deadlock (no trace)") != std::string::npos);
    CHECK(out.all.find("no violation") == std::string::npos);
}

TEST_CASE("paths that are no UTF-8 do not stop the events") {
    StringSink sink;
    make_event_writer(sink)->spec(
        {"sp\xff"
         "ec.quire",
         "xxh3:0",
         {}});
    CHECK(nlohmann::json::accept(sink.all));
}

TEST_CASE("a trace fits its schema and can be read back") {
    for (const SampleTrace& sample : {use_after_free_sample(), lasso_sample()}) {
        SavedTrace saved = saved_of(sample);
        std::string text = itf_text(sample.tiny->system, saved, sample.explained, sample.run);
        nlohmann::json document = nlohmann::json::parse(text);
        CHECK(schema_problem(read_schema("trace.schema.json"), document) == "");
        CHECK(document["states"].size() == sample.run.states.size());
        for (const nlohmann::json& state : document["states"]) {
            for (const nlohmann::json& name : document["vars"]) CHECK(state.contains(name.get<std::string>()));
        }
        CHECK(document.contains("loop") == sample.finding.trace.loop_start.has_value());
        if (document.contains("loop")) {
            // The state there is the last one again.
            nlohmann::json begins = document["states"][document["loop"].get<std::size_t>()], ends = document["states"].back();
            begins.erase("#meta");
            ends.erase("#meta");
            CHECK(begins == ends);
        }
        LoadedTrace loaded = parse_itf(text);
        REQUIRE(loaded.trace.has_value());
        CHECK(loaded.trace->file == saved.file);
        CHECK(loaded.trace->sizes == saved.sizes);
        CHECK(loaded.trace->constants == saved.constants);
        CHECK(loaded.trace->passes_off == saved.passes_off);
        CHECK(loaded.trace->loop_start == saved.loop_start);
        REQUIRE(loaded.trace->steps.size() == saved.steps.size());
        CHECK(loaded.trace->steps[0].thread == saved.steps[0].thread);
        CHECK(loaded.trace->steps[0].choices == std::vector<Value>{1, -2});
    }
}

TEST_CASE("large numbers in traces are written as ADR-015 says") {
    SampleTrace sample = use_after_free_sample();
    sample.run.states[0][0] = Value{1} << 60;
    nlohmann::json document =
        nlohmann::json::parse(itf_text(sample.tiny->system, saved_of(sample), sample.explained, sample.run));
    CHECK(document["states"][0]["zone.lru_lock"] == nlohmann::json{{"#bigint", "1152921504606846976"}});
    CHECK(document["states"][1]["zone.lru_lock"] == 1);
    CHECK(document["states"][1]["page.mapping"] == "&inode.i_data");
}

TEST_CASE("what is no trace of ours is refused with the reason") {
    CHECK(parse_itf("{").problem == "this is no JSON object");
    CHECK(parse_itf("[]").problem == "this is no JSON object");
    CHECK(parse_itf("{}").problem.find("#meta") != std::string::npos);
    CHECK(parse_itf(R"({"#meta":{"format":"ITF"}})").problem.find("another tool") != std::string::npos);
    CHECK(parse_itf(R"({"#meta":{"quire":{"schema":"quire.trace/9"}}})").problem.find("another version") != std::string::npos);
    std::string damaged = R"({"#meta":{"quire":{"schema":"quire.trace/1","file":"x","property":"p","steps":[{"thread":1}]}}})";
    CHECK(parse_itf(damaged).problem.find("damaged") != std::string::npos);
}

TEST_CASE("the console") {
    SampleTrace sample = use_after_free_sample();
    RunReport run = run_of(sample);
    ConsoleOptions options;
    options.version = "0.1.0";
    SUBCASE("a line per expectation, traces of what failed, a total") {
        StringSink out, err;
        tell_everything(*make_console_writer(out, err, options), run);
        CHECK(matches_golden("console.txt", out.all));
        CHECK(err.all.empty());
    }
    SUBCASE("dots when it has to be quiet") {
        options.quiet = true;
        StringSink out, err;
        tell_everything(*make_console_writer(out, err, options), run);
        CHECK(out.all.starts_with(".F? 1 ok, 1 FAILED, 1 inconclusive"));
        CHECK(out.all.find("BUG:") == std::string::npos);
    }
    SUBCASE("expected traces on request, none on request, color on request") {
        options.show_expected = true;
        StringSink all, none, color, err;
        tell_everything(*make_console_writer(all, err, options), run);
        std::size_t first = all.all.find("BUG: quire:");
        CHECK(all.all.find("BUG: quire:", first + 1) != std::string::npos);
        options.trace = TraceStyle::kNothing;
        tell_everything(*make_console_writer(none, err, options), run);
        CHECK(none.all.find("BUG:") == std::string::npos);
        options.color = true;
        tell_everything(*make_console_writer(color, err, options), run);
        CHECK(color.all.find("\x1b[1;31mFAIL") != std::string::npos);
        CHECK(none.all.find('\x1b') == std::string::npos);
    }
    SUBCASE("one status line, wiped before results") {
        options.live_status = true;
        StringSink out, err;
        tell_everything(*make_console_writer(out, err, options), run);
        CHECK(err.all.find("depth 5  1,000 states") != std::string::npos);
        CHECK(err.all.ends_with("\r\x1b[K"));
    }
}

TEST_CASE("formats that go to files, of a session with everything in it") {
    StoreOfStrings store;
    ReportTarget target;
    target.files = &store;
    target.version = "0.1.0";
    target.reproducible = true;
    SampleTrace sample = use_after_free_sample();
    RunReport run = run_of(sample);
    auto text = [&](std::unique_ptr<Writer> (*make)(const ReportTarget&)) {
        target.path = "file";
        tell_everything(*make(target), run);
        return store.files["file"];
    };
    CHECK(matches_golden("session.sarif", text(&make_sarif_writer)));
    CHECK(matches_golden("session.junit.xml", text(&make_junit_writer)));
    CHECK(matches_golden("session.md", text(&make_summary_writer)));
    StringSink github, gcc;
    tell_everything(*make_github_writer(github), run);
    tell_everything(*make_gcc_writer(gcc), run);
    CHECK(matches_golden("session.github.txt", github.all));
    CHECK(matches_golden("session.gcc.txt", gcc.all));
}

TEST_CASE("every thread of a trace has a flow, and the steps are numbered over all of them") {
    for (const SampleTrace& sample : {use_after_free_sample(), many_threads_sample(5), lasso_sample()}) {
        StoreOfStrings store;
        ReportTarget target;
        target.files = &store;
        target.path = "s";
        RunReport run = run_of(sample);
        tell_everything(*make_sarif_writer(target), run);
        nlohmann::json log = nlohmann::json::parse(store.files["s"]);
        nlohmann::json flows;
        for (const nlohmann::json& result : log["runs"][0]["results"]) {
            if (result["ruleId"] == sample.explained.property) flows = result["codeFlows"][0]["threadFlows"];
        }
        CHECK(flows.size() == sample.explained.movers.size());
        std::size_t stops = 0;
        std::set<int> orders;
        for (const nlohmann::json& flow : flows) {
            int before = -1;
            for (const nlohmann::json& stop : flow["locations"]) {
                CHECK(stop["executionOrder"].get<int>() >= before);
                before = stop["executionOrder"];
                orders.insert(before);
                ++stops;
            }
        }
        CHECK(stops == sample.explained.rows.size());
        CHECK(*orders.rbegin() == static_cast<int>(sample.explained.steps));
    }
}

TEST_CASE("an interrupted session says what it did not get to") {
    StoreOfStrings store;
    ReportTarget target;
    target.files = &store;
    target.path = "j";
    std::unique_ptr<Writer> writer = make_junit_writer(target);
    ExpectationHead head{1, "a.quire", 3, "base", Expected::kPass, "*", "pass", ""};
    writer->begin({"0.1.0", 2, {"a.quire", "b.quire"}});
    writer->spec({"a.quire", "xxh3:0", {head}});
    SessionEnd end;
    end.exit_code = 130;
    writer->end(end);
    const std::string& text = store.files["j"];
    CHECK(text.find("tests=\"2\" failures=\"0\" errors=\"2\"") != std::string::npos);
    CHECK(text.find("<error type=\"not_judged\"") != std::string::npos);
    CHECK(text.find("<testcase classname=\"b\" name=\"spec\"") != std::string::npos);
}

TEST_CASE("a sequence diagram") {
    CHECK(matches_golden("two_threads.mmd", mermaid_text(use_after_free_sample().explained)));
    CHECK(matches_golden("lasso.mmd", mermaid_text(lasso_sample().explained)));
}

TEST_CASE("values of a trace are those of its states") {
    for (const SampleTrace& sample : {use_after_free_sample(), many_threads_sample(3), lasso_sample()}) {
        const TransitionSystem& system = sample.tiny->system;
        TraceValues values = trace_values(system, sample.run);
        REQUIRE(values.steps.size() + 1 == sample.run.states.size());
        std::vector<std::string> now = values.start;
        for (std::size_t s = 0; s < sample.run.states.size(); ++s) {
            if (s > 0) {
                for (const TraceValues::Change& change : values.steps[s - 1]) now[change.cell] = change.value;
            }
            for (const ShownCell& cell : shown_cells(system)) {
                auto found = std::find(values.names.begin(), values.names.end(), cell.name);
                if (found == values.names.end()) continue;
                auto at = static_cast<std::size_t>(found - values.names.begin());
                CHECK(now[at] == system.value_text(cell.address, sample.run.states[s][cell.address]));
            }
        }
    }
}

TEST_CASE("a page: nothing in a trace becomes markup or script") {
    SampleTrace sample = use_after_free_sample();
    const std::string evil = "</script><img src=x onerror=\"alert('&')\">";
    sample.explained.headline = sample.explained.sentence = sample.explained.doc = evil;
    sample.explained.rows[0].text = sample.explained.threads[1] = evil;
    sample.explained.rows[1].changes = {evil};
    sample.explained.facts = {{evil, {evil}}};
    RunReport run = run_of(sample);
    run.violations[0].values.names[0] = run.violations[0].values.start[0] = evil;
    TraceFooter footer = sample_footer();
    footer.file = evil;
    std::string page = html_trace_page(run.violations[0], footer, evil);
    CHECK(page.find("<img") == std::string::npos);
    CHECK(page.find("</script><") == page.rfind("</script><", page.find("</script><")));
    std::size_t begin = page.find("id=\"data\">") + 10;
    nlohmann::json data = nlohmann::json::parse(page.substr(begin, page.find("</script>", begin) - begin));
    CHECK(data["names"][0] == evil);
    CHECK(data["last"] == sample.explained.steps);
    CHECK(page.find("http:") == std::string::npos);
    CHECK(page.find("https:") == std::string::npos);
}

TEST_CASE("a page for each trace once, and an index that leads there") {
    StoreOfStrings store;
    ReportTarget target;
    target.files = &store;
    target.path = "out";
    SampleTrace sample = use_after_free_sample();
    RunReport run = run_of(sample);
    tell_everything(*make_html_writer(target), run);
    CHECK(store.files.size() == 2);
    CHECK(store.files.count("out/specs/isolate_lru/buggy-base-use_after_free.html") == 1);
    const std::string& index = store.files["out/index.html"];
    CHECK(index.find("href=\"specs/isolate_lru/buggy-base-use_after_free.html\"") != std::string::npos);
    CHECK(store.files["out/specs/isolate_lru/buggy-base-use_after_free.html"].find("href=\"../../index.html\"") !=
          std::string::npos);
}

TEST_CASE("what would prevent a violation stands in its page and with its result") {
    StoreOfStrings store;
    ReportTarget target;
    target.files = &store;
    SampleTrace sample = use_after_free_sample();
    RunReport run = run_of(sample);
    RepairsReport repairs;
    repairs.run = &run;
    repairs.finding = &run.violations[0];
    RepairReport holds, fails;
    holds.what = "lru_lock over [a]..[b] in <f>()";
    holds.verdict = RepairVerdict::kHolds;
    holds.patch = {"f", "+ spin_lock(&lru_lock);"};
    fails.what = "page lock";
    fails.verdict = RepairVerdict::kRejected;
    fails.reason = "may sleep";
    repairs.repairs = {holds, fails};
    ExpectationHead head{1, run.file, 2, "buggy", Expected::kPass, "*", "pass", ""};
    CaseReport failed{&run, Judgement::kNotMet, "violation", "", {"use_after_free"}, &run.violations[0]};
    auto tell = [&](Writer& writer) {
        writer.begin({"0.1.0", 1});
        writer.result({head, Judgement::kNotMet, "violated: use_after_free", {failed}, {}});
        writer.repairs(repairs);
        writer.end({});
    };
    target.path = "s";
    tell(*make_sarif_writer(target));
    nlohmann::json log = nlohmann::json::parse(store.files["s"]);
    nlohmann::json kept = log["runs"][0]["results"][0]["properties"]["quire"]["repairs"];
    REQUIRE(kept.size() == 2);
    CHECK(kept[0] == nlohmann::json{{"edit", holds.what}, {"outcome", "holds"}});
    CHECK(kept[1] == nlohmann::json{{"edit", fails.what}, {"outcome", "rejected"}, {"reason", "may sleep"}});
    target.path = "out";
    tell(*make_html_writer(target));
    const std::string& page = store.files["out/specs/isolate_lru/buggy-base-use_after_free.html"];
    CHECK(page.find("What would prevent it") != std::string::npos);
    CHECK(page.find("lru_lock over [a]..[b] in &lt;f&gt;()") != std::string::npos);
    CHECK(page.find("+ spin_lock(&amp;lru_lock);") != std::string::npos);
    CHECK(page.find("<span class=\"bad\">rejected</span>: may sleep") != std::string::npos);
    CHECK(page.find("data-goto=\"4\">[a] step 4</button> freed: truncate") != std::string::npos);
}

TEST_CASE("two traces: how far they are the same") {
    SampleTrace one = use_after_free_sample(), other = lasso_sample();
    std::string a = itf_text(one.tiny->system, saved_of(one), one.explained, one.run);
    std::string b = itf_text(other.tiny->system, saved_of(other), other.explained, other.run);
    TraceDiff same = trace_diff(a, a, "a", "a");
    CHECK(same.same);
    CHECK(same.text.find("the same 5 steps") != std::string::npos);
    TraceDiff diff = trace_diff(a, b, "a", "b");
    CHECK(!diff.same);
    CHECK(diff.problem.empty());
    CHECK(matches_golden("diff.txt", diff.text));
    CHECK(trace_diff("{", a, "a", "b").problem == "this is no JSON object");
    CHECK(trace_diff(a, "{", "a", "b").of_second);
}

TEST_CASE("the graph of all states") {
    SampleTrace sample = lasso_sample();
    const TransitionSystem& system = sample.tiny->system;
    StateGraph graph = state_graph(system, sample.tiny->sources, 100, &sample.run, &sample.finding.trace);
    CHECK(graph.complete);
    std::size_t starts = 0, marked = 0;
    for (const StateGraph::Node& node : graph.nodes) starts += node.start ? 1 : 0;
    for (const StateGraph::Edge& edge : graph.edges) marked += edge.on_trace ? 1 : 0;
    CHECK(starts == 1);
    CHECK(marked == sample.finding.trace.steps.size());
    // The owner and the spinner move on their own: 2 places of one by 2 of the other.
    CHECK(graph.nodes.size() == 4);
    CHECK(matches_golden("lasso.dot", dot_text(graph, "a \"lasso\"")));
    CHECK(!state_graph(system, sample.tiny->sources, 3).complete);
}

TEST_CASE("text that is no text") {
    CHECK(clean_utf8("a\xff"
                     "b") ==
          "a\xef\xbf\xbd"
          "b");
    CHECK(clean_utf8("\xe2\x80\xa6\xf0\x9f\x98\x80") == "\xe2\x80\xa6\xf0\x9f\x98\x80");
    CHECK(clean_utf8("\xc0\xaf") == "\xef\xbf\xbd\xef\xbf\xbd");
    CHECK(clean_utf8("\xed\xa0\x80") == "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    CHECK(clean_utf8("\xe2\x80") == "\xef\xbf\xbd\xef\xbf\xbd");
    CHECK(clean_utf8(std::string_view("\0\t\n", 3)) == "\xef\xbf\xbd\t\n");
    CHECK(markup_escaped("<a b=\"c\">&'") == "&lt;a b=&quot;c&quot;&gt;&amp;&#39;");
}
