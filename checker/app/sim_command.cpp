// `quire sim`: one run after the other, at random or by hand.
#include <charconv>
#include <iostream>
#include <random>

#include <unistd.h>

#include "app/commands.h"
#include "driver/certify.h"
#include "driver/registry.h"
#include "driver/search_run.h"
#include "explain/explain.h"
#include "report/text_layout.h"
#include "report/trace_text.h"
#include "workbench/simulate.h"

namespace quire {

namespace {

class Simulator {
public:
    Simulator(const CommandLine& line, Streams streams, LoadedSpec& spec, const PlannedRun& run, const TransitionSystem& system)
        : line_(line), streams_(streams), spec_(spec), run_(run), system_(system) {}

    int run() {
        const std::uint64_t seed = line_.sim.seed ? *line_.sim.seed : std::random_device{}();
        const TypedProgram& program = spec_.programs[run_.variant];
        std::string sizes = sizes_text(run_.sizes);
        streams_.out.write(printable(spec_.path) + " variant " + program.variant + (sizes.empty() ? "" : " " + sizes) +
                           (line_.sim.step ? "" : ", seed " + std::to_string(seed)) + "\n");
        std::mt19937_64 random(seed);
        int code = kExitAsExpected;
        for (std::uint64_t i = 0; i < (line_.sim.step ? 1 : line_.sim.runs) && !left_; ++i) {
            const SimulatedRun done = simulate(system_, line_.sim.steps, [&](const SimulatedRun& so_far, const auto& ways) {
                return line_.sim.step ? by_hand(so_far, ways, random) : std::optional<std::size_t>(random() % ways.size());
            });
            tell(done, i + 1);
            if (done.end == RunEnd::kViolation) code = kExitNotAsExpected;
            // One bug is enough to look at.
            if (code != kExitAsExpected) break;
        }
        return code;
    }

private:
    std::string way_text(const SimulatedStep& step) const {
        std::string who = step.thread == 0 ? "start" : system_.threads[step.thread].name;
        if (step.site == kNone) return who;
        const CodePlace place = code_place(system_, spec_.sources, step.site);
        if (place.user.line == 0) return who;
        return padded(who, 14) + "  " + padded(printable(place.user.text), 48) + "  " + printable(place.user.file) + ":" +
               std::to_string(place.user.line);
    }

    std::optional<std::size_t> by_hand(const SimulatedRun& so_far, const std::vector<SimulatedStep>& ways,
                                       std::mt19937_64& random) {
        if (!so_far.steps.empty()) streams_.out.write("did   " + way_text(so_far.steps.back()) + "\n");
        if (ways.size() == 1 && so_far.steps.empty()) return 0;
        for (std::size_t i = 0; i < ways.size(); ++i) {
            const std::string number = std::to_string(i + 1);
            streams_.out.write(std::string(number.size() < 4 ? 4 - number.size() : 0, ' ') + number + "  " + way_text(ways[i]) +
                               "\n");
        }
        while (true) {
            streams_.out.write("which? (1.." + std::to_string(ways.size()) + ", r: any, q: no more) ");
            std::string answer;
            if (!std::getline(std::cin, answer) || answer == "q") {
                streams_.out.write("\n");
                left_ = true;
                return std::nullopt;
            }
            if (!answer.empty() && answer.back() == '\r') answer.pop_back();
            if (answer == "r") return random() % ways.size();
            std::size_t number = 0;
            auto [rest, error] = std::from_chars(answer.data(), answer.data() + answer.size(), number);
            const bool good = error == std::errc() && rest == answer.data() + answer.size();
            if (good && number >= 1 && number <= ways.size()) return number - 1;
            streams_.out.write("'" + printable(answer) + "' is none of them\n");
        }
    }

    void tell(const SimulatedRun& done, std::uint64_t number) {
        if (done.end == RunEnd::kViolation) return tell_violation(done);
        if (!line_.common.quiet && !line_.sim.step) {
            streams_.out.write("\nrun " + std::to_string(number) + "\n");
            for (const SimulatedStep& step : done.steps) {
                if (step.thread != 0) streams_.out.write("  " + way_text(step) + "\n");
            }
        }
        streams_.out.write("  " + end_text(done) + " after " + count_of(done.trace.steps.size(), "step") + "\n");
    }

    static std::string end_text(const SimulatedRun& done) {
        switch (done.end) {
            case RunEnd::kFinal: return "every thread has ended";
            case RunEnd::kStuck: return "no thread can move";
            case RunEnd::kDropped: return "dropped by an assume";
            case RunEnd::kExhausted: return "a pool, list or role was too small";
            case RunEnd::kTooManySteps: return "stopped at --steps";
            case RunEnd::kStopped: return "stopped";
            case RunEnd::kViolation: break;
        }
        return "violated";
    }

    void tell_violation(const SimulatedRun& done) {
        Finding finding;
        finding.property = done.trace.property;
        finding.trace = done.trace;
        finding.steps = static_cast<std::uint32_t>(done.trace.steps.size());
        finding.switches = count_switches(done.trace);
        const ReplayedTrace run = certify(system_, finding, spec_.path);
        TraceFooter footer;
        footer.file = spec_.path;
        footer.variant = spec_.programs[run_.variant].variant;
        footer.sizes = run_.sizes;
        footer.spec_hash = spec_.hash;
        footer.version = QUIRE_VERSION;
        footer.memory = run_.memory;
        footer.exhaustive = false;
        streams_.out.write("\n" + render_trace(explain_trace(system_, spec_.sources, finding, run), footer, line_.trace,
                                               terminal_width(STDOUT_FILENO)));
    }

    const CommandLine& line_;
    Streams streams_;
    LoadedSpec& spec_;
    const PlannedRun& run_;
    const TransitionSystem& system_;
    bool left_ = false;
};

}  // namespace

int run_sim(const CommandLine& line, Streams streams) {
    std::optional<SpecFiles> found = specs_named(line, streams);
    if (!found) return kExitUsage;
    DiskFiles files;
    const SpecFile& file = found->files[0];
    LoadOptions load{model_path(line), line.selection.defines, memory_models_allowed(line.engine.experimental)};
    std::unique_ptr<LoadedSpec> spec = load_spec(file.path, load, files, false);
    auto refused = [&] {
        RenderOptions render;
        render.color = wants_color(line.common.color, STDERR_FILENO);
        streams.err.write(render_diagnostics(spec->sources, spec->diagnostics, render));
        return kExitSpecError;
    };
    if (!spec->good) return refused();
    SelectionUse use;
    std::uint32_t next_id = 1;
    CheckPlan plan = plan_checks(*spec, line.selection, use, next_id);
    if (spec->diagnostics.has_errors()) return refused();
    if (plan.runs.empty()) {
        streams.err.write("quire: there is nothing to run: no such variant or instance in '" + printable(file.path) + "'\n");
        return kExitUsage;
    }
    const PlannedRun& run = plan.runs[0];
    Result<TransitionSystem> system =
        lower_program(spec->programs[run.variant], run.values, lower_options(line.engine, run.memory), spec->diagnostics);
    if (!system.ok()) return refused();
    return Simulator(line, streams, *spec, run, *system).run();
}

}  // namespace quire
