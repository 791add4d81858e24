// Memory models from text to verdict: the litmus files under every pass, counted outcomes, and random programs against a
// store-buffer machine of forty lines that shares nothing with the lowering.
#include <algorithm>
#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "driver/registry.h"
#include "driver/session.h"
#include "explore/search.h"
#include "memory/tso.h"
#include "reference/explore.h"
#include "report/console.h"
#include "report/events.h"
#include "support/invariant.h"
#include "syntax/parse.h"
#include "system/execute.h"
#include "test/unit/report/json_schema.h"
#include "types/check.h"
#include "types/expectations.h"

using namespace quire;

namespace {

class StringSink final : public Sink {
public:
    void write(std::string_view text) override { all += text; }
    std::string all;
};

struct Checked {
    SessionEnd end;
    std::string out, err;
    bool says(const std::string& text) const {
        return out.find(text) != std::string::npos || err.find(text) != std::string::npos;
    }
};

CheckOptions experimental() {
    CheckOptions options;
    options.engine.experimental = true;
    options.model_path = {std::string(QUIRE_SOURCE_DIR) + "/models"};
    return options;
}

Checked check_files(FileProvider& files, const std::string& path, CheckOptions options, bool json = false) {
    options.files = {{path, true}};
    options.out_directory.clear();
    StringSink out, err;
    ConsoleOptions console;
    console.show_expected = true;
    console.width = 140;
    std::unique_ptr<Writer> writer = json ? make_event_writer(out) : make_console_writer(out, err, console);
    CancelToken cancel;
    Checked outcome;
    outcome.end = check(options, files, *writer, err, cancel);
    outcome.out = out.all;
    outcome.err = err.all;
    return outcome;
}

Checked check_text(const std::string& text, const CheckOptions& options, bool json = false) {
    MemoryFiles files;
    files.add("t.quire", text);
    return check_files(files, "t.quire", options, json);
}

TypedProgram typed(const std::string& text) {
    MemoryFiles files;
    files.add("t.quire", text);
    SourceManager sources;
    Diagnostics diagnostics;
    ast::Spec spec = parse_spec(sources, diagnostics, files, "t.quire", {});
    SpecPlan plan = plan_variants(spec, diagnostics);
    Result<TypedProgram> program = check_types(plan.variants.at(0), sources, diagnostics, TypeOptions{{"tso"}});
    INFO(render_diagnostics(sources, diagnostics));
    REQUIRE(program.ok());
    return std::move(*program);
}

TransitionSystem lowered(const std::string& text, const ir::MemoryModel* model, bool passes = true) {
    TypedProgram program = typed(text);
    Diagnostics diagnostics;
    Result<ConstantValues> constants = constant_values(program, {}, diagnostics);
    LowerOptions options;
    options.memory = model;
    for (const PassEntry& pass : lowering_passes()) options.*pass.enabled = passes;
    Result<TransitionSystem> system = lower_program(program, *constants, options, diagnostics);
    REQUIRE(system.ok());
    return std::move(*system);
}

using Final = std::vector<Value>;

// What the named cells hold in final states, by `execute` alone; and the search sees as many states.
std::set<Final> outcomes(const TransitionSystem& system, const std::vector<std::string>& names) {
    std::vector<Address> cells;
    for (const std::string& name : names) {
        for (Address a = 0; a < system.cell_count(); ++a) {
            if (system.cell_name(a) == name) cells.push_back(a);
        }
    }
    REQUIRE(cells.size() == names.size());
    std::set<std::vector<Value>> seen;
    std::vector<std::vector<Value>> work;
    for (const Successor& start : start_states(system)) work.push_back(start.state);
    std::set<Final> found;
    while (!work.empty()) {
        std::vector<Value> state = work.back();
        work.pop_back();
        if (!seen.insert(state).second) continue;
        std::vector<Successor> next = successors(system, state);
        if (system.is_final(state)) {
            CHECK(next.empty());
            Final values;
            for (Address a : cells) values.push_back(state[a]);
            found.insert(values);
        }
        for (const Successor& s : next) {
            REQUIRE(s.outcome.kind == OutcomeKind::kDone);
            work.push_back(s.state);
        }
    }
    CHECK(search(system, SearchOptions{}).statistics.states == seen.size());
    return found;
}

const memory::TotalStoreOrder kTso;

// ------------------------------------------------------------------------------------------ a machine of its own

enum class Kind { kStore, kLoad, kFence, kExchange };
struct Operation {
    Kind kind = Kind::kStore;
    int variable = 0;
    int value = 0;
    int result = 0;
};
using LitmusThread = std::vector<Operation>;

struct MachineState {
    std::vector<std::size_t> at;
    std::vector<std::vector<std::pair<int, int>>> buffers;
    std::vector<Value> memory;  // the variables, then the results
    friend auto operator<=>(const MachineState&, const MachineState&) = default;
};

std::set<Final> machine_outcomes(const std::vector<LitmusThread>& threads, std::size_t variables, std::size_t results,
                                 bool buffered) {
    std::set<MachineState> seen;
    std::vector<MachineState> work{{std::vector<std::size_t>(threads.size(), 0),
                                    std::vector<std::vector<std::pair<int, int>>>(threads.size()),
                                    std::vector<Value>(variables + results, 0)}};
    std::set<Final> found;
    auto cell = [](int variable) { return static_cast<std::size_t>(variable); };
    while (!work.empty()) {
        MachineState s = work.back();
        work.pop_back();
        if (!seen.insert(s).second) continue;
        bool over = true;
        for (std::size_t t = 0; t < threads.size(); ++t) {
            if (!s.buffers[t].empty()) {
                over = false;
                MachineState n = s;
                n.memory[cell(n.buffers[t][0].first)] = n.buffers[t][0].second;
                n.buffers[t].erase(n.buffers[t].begin());
                work.push_back(n);
            }
            if (s.at[t] == threads[t].size()) continue;
            over = false;
            const Operation& op = threads[t][s.at[t]];
            MachineState n = s;
            ++n.at[t];
            Value sees = s.memory[cell(op.variable)];
            for (const auto& [variable, value] : s.buffers[t]) sees = variable == op.variable ? value : sees;
            bool waits = (op.kind == Kind::kFence || op.kind == Kind::kExchange) && !s.buffers[t].empty();
            if (waits) continue;
            if (op.kind == Kind::kLoad || op.kind == Kind::kExchange) n.memory[variables + cell(op.result)] = sees;
            if (op.kind == Kind::kExchange) n.memory[cell(op.variable)] = op.value;
            if (op.kind == Kind::kStore && buffered) n.buffers[t].emplace_back(op.variable, op.value);
            if (op.kind == Kind::kStore && !buffered) n.memory[cell(op.variable)] = op.value;
            work.push_back(n);
        }
        if (over) found.insert(s.memory);
    }
    return found;
}

std::string text_of(const std::vector<LitmusThread>& threads, int variables, int results) {
    std::string text;
    for (int v = 0; v < variables; ++v) text += "int in 0..3 v" + std::to_string(v) + ";\n";
    for (int r = 0; r < results; ++r) text += "ghost int in 0..3 r" + std::to_string(r) + ";\n";
    for (std::size_t t = 0; t < threads.size(); ++t) {
        text += "thread t" + std::to_string(t) + " {\n\tint a;\n";
        for (const Operation& op : threads[t]) {
            std::string variable = "v" + std::to_string(op.variable);
            std::string keep = " ghost { r" + std::to_string(op.result) + " = a; }\n";
            switch (op.kind) {
                case Kind::kStore: text += "\t" + variable + " = " + std::to_string(op.value) + ";\n"; break;
                case Kind::kLoad: text += "\ta = " + variable + ";" + keep; break;
                case Kind::kFence: text += "\tfence(full);\n"; break;
                case Kind::kExchange:
                    text += "\tatomic { a = " + variable + "; " + variable + " = " + std::to_string(op.value) + "; }" + keep;
                    break;
            }
        }
        text += "}\n";
    }
    return text;
}

}  // namespace

TEST_CASE("every litmus file is as expected, whatever passes run") {
    namespace fs = std::filesystem;
    std::vector<std::string> paths;
    for (const fs::directory_entry& entry : fs::directory_iterator(std::string(QUIRE_SOURCE_DIR) + "/checker/test/litmus")) {
        paths.push_back(entry.path().string());
    }
    std::sort(paths.begin(), paths.end());
    REQUIRE(paths.size() >= 6);
    std::vector<std::vector<std::string>> off{{}};
    for (const PassEntry& pass : lowering_passes()) off.push_back({std::string(pass.name)});
    DiskFiles files;
    for (const std::string& path : paths) {
        for (const std::vector<std::string>& passes : off) {
            CheckOptions options = experimental();
            options.engine.passes_off = passes;
            Checked checked = check_files(files, path, options);
            INFO(path << " without " << (passes.empty() ? "" : passes[0]) << "\n" << checked.out << checked.err);
            CHECK(checked.end.exit_code == kExitAsExpected);
            CHECK(checked.end.met > 0);
        }
    }
}

TEST_CASE("store buffering has four outcomes under tso and three under sc") {
    const std::string text =
        "int in 0..1 x, y, r0, r1;\n"
        "thread left { x = 1; r0 = y; }\n"
        "thread right { y = 1; r1 = x; }\n";
    const std::vector<std::string> results = {"r0", "r1"};
    CHECK(outcomes(lowered(text, nullptr), results) == std::set<Final>{{0, 1}, {1, 0}, {1, 1}});
    CHECK(outcomes(lowered(text, &kTso), results) == std::set<Final>{{0, 0}, {0, 1}, {1, 0}, {1, 1}});
}

TEST_CASE("random programs have the outcomes of a store-buffer machine") {
    std::mt19937 random(20101);
    auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    std::size_t weaker = 0;
    for (int round = 0; round < 150; ++round) {
        int results = 0;
        std::vector<LitmusThread> threads(round % 3 == 0 ? 3 : 2);
        for (LitmusThread& thread : threads) {
            int length = threads.size() == 3 ? 2 + below(2) : 2 + below(4);
            for (int i = 0; i < length; ++i) {
                int kind = below(12);
                Operation op{kind < 5    ? Kind::kStore
                             : kind < 10 ? Kind::kLoad
                             : kind < 11 ? Kind::kFence
                                         : Kind::kExchange,
                             below(2), 1 + below(3), 0};
                if (op.kind == Kind::kLoad || op.kind == Kind::kExchange) op.result = results++;
                thread.push_back(op);
            }
        }
        std::vector<std::string> names = {"v0", "v1"};
        for (int r = 0; r < results; ++r) names.push_back("r" + std::to_string(r));
        std::string text = text_of(threads, 2, results);
        INFO("round " << round << "\n" << text);
        std::set<Final> tso = machine_outcomes(threads, 2, static_cast<std::size_t>(results), true);
        std::set<Final> sc = machine_outcomes(threads, 2, static_cast<std::size_t>(results), false);
        weaker += tso.size() > sc.size() ? 1 : 0;
        CHECK(outcomes(lowered(text, &kTso, round % 2 == 0), names) == tso);
        CHECK(outcomes(lowered(text, nullptr, round % 2 == 0), names) == sc);
    }
    CHECK(weaker >= 10);  // else the programs show nothing
}

TEST_CASE("without --experimental, a spec that asks for tso is not checked") {
    const std::string text = "memory tso;\nint x;\nthread t { x = 1; }\n";
    CheckOptions options;
    Checked refused = check_text(text, options);
    CHECK(refused.end.exit_code == kExitSpecError);
    CHECK(refused.says("E0508"));
    CHECK(check_text(text, experimental()).end.exit_code == kExitAsExpected);
    CHECK(check_text("memory lkmm;\nint x;\nthread t { x = 1; }\n", experimental()).end.exit_code == kExitSpecError);
}

TEST_CASE("an expectation under a model that is not listed is an error") {
    Checked checked = check_text("memory tso;\nint x;\nthread t { x = 1; }\nexpect pass under sc;\n", experimental());
    CHECK(checked.end.exit_code == kExitSpecError);
    CHECK(checked.says("E0407"));
    CHECK(checked.says("memory tso, sc;"));
}

TEST_CASE("--memory takes the place of what the spec lists") {
    const std::string plain =
        "int x, y, r0, r1;\nthread left { x = 1; r0 = y; }\nthread right { y = 1; r1 = x; }\n"
        "finally seen: r0 + r1 > 0;\n";
    CheckOptions options = experimental();
    CHECK(check_text(plain, options).end.exit_code == kExitAsExpected);
    options.selection.memory = "tso";
    Checked weak = check_text(plain, options);
    CHECK(weak.end.exit_code == kExitNotAsExpected);
    CHECK(weak.says("pass under tso"));
    CHECK(weak.says("reaches memory)"));
    CHECK(weak.says("memory:   tso"));
    // What is expected under another model is left out.
    const std::string narrowed = "memory sc, tso;\n" + plain + "expect pass under sc;\nexpect violation of seen under tso;\n";
    options.selection.memory = "sc";
    CHECK(check_text(narrowed, options).end.met == 1);
    options.selection.memory = "";
    CHECK(check_text(narrowed, options).end.met == 2);
}

TEST_CASE("results carry the memory model") {
    Checked checked = check_text("memory sc, tso;\nint x;\nthread t { x = 1; }\nfinally there: x == 1;\n", experimental(), true);
    std::istringstream lines(checked.out);
    std::vector<std::string> models;
    nlohmann::json schema = test::read_schema("event.schema.json");
    for (std::string line; std::getline(lines, line);) {
        nlohmann::json event = nlohmann::json::parse(line);
        CHECK(test::schema_problem(schema, event) == "");
        if (event["type"] == "result") models.push_back(event["memory"]);
    }
    CHECK(models == std::vector<std::string>{"sc", "tso"});
}

TEST_CASE("a store that finds its buffer full makes the verdict inconclusive") {
    const std::string endless =
        "memory tso;\nint in 0..1 x;\ndaemon thread t { while (true) { x = 1; x = 0; } }\nthread u { int a; a = x; }\n";
    Checked full = check_text(endless, experimental());
    CHECK(full.end.exit_code == kExitInconclusive);
    CHECK(full.says("pool or store buffer exhausted"));
    CHECK(full.says("role or store buffer was too small: t.quire:3"));
    // With a fence in the loop, and without a loop, there is always room.
    const std::string fenced =
        "memory tso;\nint in 0..1 x;\ndaemon thread t { while (true) { x = 1; x = 0; fence(full); } }\nthread u { int a; a = x; "
        "}\n";
    CHECK(check_text(fenced, experimental()).end.exit_code == kExitAsExpected);
    std::string straight = "memory tso;\nint in 0..20 x;\nthread t {";
    for (int i = 1; i <= 20; ++i) straight += " x = " + std::to_string(i) + ";";
    straight += " }\nfinally last: x == 20;\n";
    CHECK(check_text(straight, experimental()).end.exit_code == kExitAsExpected);
    // A loop that ends in time is decided too.
    const std::string loop =
        "memory tso;\nint in 0..8 x;\nthread t { int i; for (i = 1; i <= 8; i++) x = i; }\nfinally last: x == 8;\n";
    CHECK(check_text(loop, experimental()).end.exit_code == kExitAsExpected);
}

TEST_CASE("threads and their buffers have room for 255") {
    std::string many = "memory tso;\nint x;\nthread t[130] { x = 1; }\n";
    Checked checked = check_text(many, experimental());
    CHECK(checked.end.exit_code == kExitSpecError);
    CHECK(checked.says("E0604"));
    // Threads that never leave a store waiting have none.
    TransitionSystem system = lowered("int x;\nthread t[130] { atomic { x = 1; } }\n", &kTso);
    CHECK(system.threads.size() == 131);
    CHECK(system.program_threads() == 131);
}

TEST_CASE("invariants are discharged against the steps of buffers too") {
    CheckOptions options = experimental();
    options.engine.discharge = true;
    const std::string text =
        "memory tso;\nint in 0..1 x, y;\nint in 0..2 both;\nthread left { x = 1; both = x + y; }\nthread right { y = 1; x = 0; "
        "}\n"
        "invariant small: both <= 2;\ninvariant wrong: x == 0 || both == 0;\nexpect violation of wrong;\n";
    Checked checked = check_text(text, options);
    INFO(checked.out);
    CHECK(checked.end.exit_code == kExitAsExpected);
}

TEST_CASE("the naive explorer refuses what is not meant for sequential consistency") {
    TypedProgram program = typed("memory tso;\nint x;\nthread t { x = 1; }\n");
    CHECK_THROWS_AS(explore_naively(program, {}), InternalError);
    program = typed("memory sc, tso;\nint x;\nthread t { x = 1; }\n");
    CHECK(explore_naively(program, {}).complete);
}

TEST_CASE("a flush is a step of nobody, and acts for the thread whose store it is") {
    TransitionSystem system = lowered("int x;\nthread t[2] { x = 1; }\n", &kTso);
    REQUIRE(system.roles.size() == 2);
    CHECK(system.program_threads() == 3);
    CHECK(system.roles[1].serves == 0);
    CHECK(system.served_by(3) == 1);
    CHECK(system.served_by(4) == 2);
    CHECK(system.served_by(1) == 1);
    CHECK(system.threads[4].name == "store buffer of t[1]");
    CHECK(system.ended(system.initial, 3));
}
