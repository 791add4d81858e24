// What is proposed against the bugs of real specs: the repair that was merged, or that the spec's repaired variant makes, is
// among what holds.  And that edits keep the meaning that they should keep.
#include "workbench/repairs.h"

#include <algorithm>
#include <sstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "driver/session.h"
#include "report/case_text.h"
#include "report/events.h"
#include "report/trace_text.h"
#include "test/unit/report/json_schema.h"
#include "test/unit/report/sample_traces.h"

using namespace quire;

namespace {

class Dropped final : public Sink {
public:
    void write(std::string_view text) override { all += text; }
    std::string all;
};

// What a reader sees, and the proposals themselves.
class RepairsCollector final : public Writer {
public:
    explicit RepairsCollector(Writer& events) : events_(events) {}
    void begin(const SessionBegin& s) override { events_.begin(s); }
    void spec(const SpecBegin& s) override { events_.spec(s); }
    void diagnostics(const std::vector<DiagnosticReport>& d) override { events_.diagnostics(d); }
    void progress(const ProgressReport&) override {}
    void result(const ExpectationReport& r) override {
        events_.result(r);
        order += "result ";
        const CaseReport* shown = shortest_case(r);
        if (shown == nullptr) return;
        TraceFooter footer = footer_of(*shown->run, *shown->finding, "0");
        text += render_trace(shown->finding->trace, footer, TraceStyle::kTable, 120) + "\n";
    }
    void repairs(const RepairsReport& r) override {
        events_.repairs(r);
        order += "repairs ";
        text += render_repairs(r, TraceStyle::kTable, 120);
        all.insert(all.end(), r.repairs.begin(), r.repairs.end());
    }
    void end(const SessionEnd& e) override { events_.end(e); }

    std::string order, text;
    std::vector<RepairReport> all;

private:
    Writer& events_;
};

struct Proposed {
    std::vector<RepairReport> all;
    std::string order, text;

    bool holds(const std::string& what) const {
        return std::any_of(all.begin(), all.end(), [&](const RepairReport& one) {
            return one.verdict == RepairVerdict::kHolds && one.what.find(what) != std::string::npos;
        });
    }
    std::string reason_of(const std::string& what) const {
        for (const RepairReport& one : all) {
            if (one.what.find(what) != std::string::npos) return one.reason;
        }
        return "not proposed";
    }
};

Proposed proposed(FileProvider& files, const std::string& path, const std::string& variant) {
    CheckOptions options;
    options.files = {{path, true}};
    options.selection.variants = {variant};
    options.model_path = {"models"};  // tests run in the source directory: goldens name paths
    options.out_directory.clear();
    options.engine.version = "0";
    options.engine.jobs = 1;
    Repairs repairs;
    options.repairs = &repairs;
    options.repairs_of_expected = true;
    Dropped json, err;
    std::unique_ptr<Writer> events = make_event_writer(json);
    RepairsCollector collector(*events);
    CancelToken cancel;
    check(options, files, collector, err, cancel);
    CHECK(err.all.find("error") == std::string::npos);
    nlohmann::json schema = test::read_schema("event.schema.json");
    std::istringstream lines(json.all);
    for (std::string line; std::getline(lines, line);) CHECK(test::schema_problem(schema, nlohmann::json::parse(line)) == "");
    return {collector.all, collector.order, collector.text};
}

Proposed proposed_for(const std::string& spec, const std::string& variant) {
    DiskFiles files;
    Proposed out = proposed(files, "specs/linux/" + spec + ".quire", variant);
    INFO(out.text);
    return out;
}

Proposed proposed_in(const std::string& text) {
    MemoryFiles files;
    files.add("t.quire", text);
    return proposed(files, "t.quire", "base");
}

const char* const kLostUpdate = R"(
    struct lock { bool locked; };
    struct lock l;
    int x;
    atomic void take(struct lock *p) __acquires(p) { await (!p->locked); p->locked = true; }
    atomic void give(struct lock *p) __releases(p) { p->locked = false; }
    void add(void)
    {
        x = x + 1;
    }
    thread one { take(&l); add(); give(&l); }
    thread two { add(); }
    finally both: x == 2;
    expect violation;
)";

}  // namespace

TEST_CASE("the repairs of the first specs of the corpus are proposed by themselves") {
    CHECK(proposed_for("isolate-lru-vs-release", "isolate_without_reference").holds("a reference of its own on folio"));
    CHECK(proposed_for("isolate-mapping-uaf", "no_lock").holds("the lock of page over"));
    CHECK(proposed_for("nonatomic-swapbacked", "against_set_active")
              .holds("folio_set_swapbacked() in place of __folio_set_swapbacked()"));
    CHECK(proposed_for("migrate-count-vs-getters", "gup_without_second_look").holds("pte read again after"));
    CHECK(proposed_for("lru-holds-a-reference", "early_flag").holds("pagemap_lru_lock"));
    CHECK(proposed_for("lru-scan-resurrect", "plain_get").holds("get_page_unless_zero() in place of get_page()"));
}

// The whole of what a reader sees, for one bug of each kind.
TEST_CASE("traces and repairs of specs are those of the goldens") {
    CHECK(
        test::matches_golden_file("traces/isolate-mapping-uaf.no_lock.txt", proposed_for("isolate-mapping-uaf", "no_lock").text));
    CHECK(test::matches_golden_file("traces/lru-holds-a-reference.early_flag.txt",
                                    proposed_for("lru-holds-a-reference", "early_flag").text));
    CHECK(test::matches_golden_file("traces/nonatomic-swapbacked.against_lock.txt",
                                    proposed_for("nonatomic-swapbacked", "against_lock").text));
}

TEST_CASE("a lock of the other side is taken, and what does not help is refused with a reason") {
    Proposed o = proposed_in(kLostUpdate);
    CHECK(o.holds("l "));
    CHECK(o.order == "result repairs ");
    bool refused = std::any_of(o.all.begin(), o.all.end(), [](const RepairReport& one) {
        return one.verdict == RepairVerdict::kRejected && !one.reason.empty();
    });
    CHECK(refused);
    for (const RepairReport& one : o.all) {
        CHECK_FALSE(one.patch.empty());
        CHECK((one.verdict == RepairVerdict::kHolds) == one.reason.empty());
    }
}

TEST_CASE("the same question has the same answer") {
    Proposed first = proposed_in(kLostUpdate), second = proposed_in(kLostUpdate);
    CHECK(first.text == second.text);
    CHECK_FALSE(first.text.empty());
}
