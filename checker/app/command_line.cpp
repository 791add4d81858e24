#include "app/command_line.h"

#include <algorithm>
#include <array>
#include <map>
#include <sstream>

#include <CLI/CLI.hpp>

#include "app/quantities.h"
#include "driver/registry.h"

namespace quire {

namespace {

constexpr const char* kOverview = "quire " QUIRE_VERSION R"( - model checker for refcount, LRU, page-lock and RCU protocols

  quire check specs/                       check every `expect` in every .quire file
  quire check a.quire --variant buggy      one variant; add -D HOLDERS=3 to change a size
  quire trace .quire/.../x.itf.json --mail   print, or paste, a counterexample again

Usage: quire [check] [FILE|DIR...] [OPTIONS]
       quire COMMAND [OPTIONS]

  check    verify expectations (the CI gate, and the default)
  trace    show a saved counterexample again
  list     variants, properties, instances and expectations of specs
  explain  the long text for a code: E0110, W0301
  verify-proof  check certificates of `expect proved` again

Every command:  -q  -v  --color=auto|always|never  -h, --help        quire COMMAND --help  shows its options
Exit status:    0 as expected, 1 not as expected, 2 usage, 3 spec error, 4 inconclusive, 5 internal error,
                128+n ended by signal n
)";

constexpr std::array<std::string_view, 5> kCommands = {"check", "trace", "list", "explain", "verify-proof"};

// Comma-separated lists are accepted wherever a name is.
std::vector<std::string> split(const std::vector<std::string>& lists) {
    std::vector<std::string> names;
    for (const std::string& list : lists) {
        std::stringstream stream(list);
        for (std::string name; std::getline(stream, name, ',');) {
            if (!name.empty()) names.push_back(name);
        }
    }
    return names;
}

template <class Entries>
std::vector<std::string> names_of(const Entries& entries) {
    std::vector<std::string> names;
    for (const auto& entry : entries) names.emplace_back(entry.name);
    return names;
}

TraceStyle style_named(const std::string& name) {
    for (const TraceFormatEntry& entry : trace_formats()) {
        if (entry.name == name) return entry.style;
    }
    return TraceStyle::kTable;
}

// Texts that CLI11 fills and that become options afterwards.
struct RawOptions {
    std::vector<std::string> variants, properties, instances, defines, passes_off;
    std::string color = "auto", trace = "table", timeout, max_states, max_depth, memory_limit, memory, checkpoint_every,
                reduction = "auto", store = "exact";
    bool mail = false, commit = false, full = false;
    std::map<std::string, std::string> reports;  // by format
};

void add_common(CLI::App& command, CommandLine& line, RawOptions& raw) {
    command.add_flag("-q,--quiet", line.common.quiet, "only what matters");
    command.add_flag("-v,--verbose", line.common.verbose, "what each search cost, and the tool's own log on stderr");
    command.add_option("--color", raw.color, "auto, always or never")->check(CLI::IsMember({"auto", "always", "never"}));
}

std::vector<std::string> model_names() { return memory_models_allowed(true); }

void add_check(CLI::App& check, CommandLine& line, RawOptions& raw) {
    check.add_option("FILE|DIR", line.arguments, "specs; default: *.quire below .");
    check.add_option("--variant", raw.variants, "only these variants; `base` is the file as it stands")
        ->type_name("NAME,..")
        ->allow_extra_args(false)
        ->group("What to check");
    check.add_option("--property", raw.properties, "only these properties, covers or built-in checks")
        ->type_name("NAME,..")
        ->allow_extra_args(false)
        ->group("What to check");
    check.add_option("--instance", raw.instances, "only these instances")
        ->type_name("NAME,..")
        ->allow_extra_args(false)
        ->group("What to check");
    check.add_flag("--all-instances", line.selection.all_instances, "slow instances too")->group("What to check");
    check.add_option("-D", raw.defines, "give a constant another value")
        ->type_name("NAME=VALUE")
        ->allow_extra_args(false)
        ->group("What to check");
    check.add_option("--models", line.models, "look for imports here too")
        ->type_name("DIR")
        ->allow_extra_args(false)
        ->group("What to check");
    check.add_option("--memory", raw.memory, "memory model, in place of those that the spec lists")
        ->check(CLI::IsMember(model_names()))
        ->group("How to search");
    check.add_option("--reduction", raw.reduction, "auto, none, por, symmetry or check (see quire list --choices)")
        ->check(CLI::IsMember(names_of(reductions())))
        ->group("How to search");
    check.add_option("--store", raw.store, "exact or fingerprint: how states are remembered (see quire list --choices)")
        ->check(CLI::IsMember(names_of(stores())))
        ->group("How to search");
    check.add_flag("!--no-native", line.engine.native, "long searches by bytecode, too")->group("How to search");
    check.add_option("--timeout", raw.timeout, "of each search: 60s, 45m, 2h")->group("How to search");
    check.add_option("--jobs", line.engine.jobs, "threads of a search; default: the machine's, up to 16")
        ->check(CLI::Range(1u, 256u))
        ->group("How to search");
    check.add_option("--max-states", raw.max_states, "of each search")->group("How to search");
    check.add_option("--max-depth", raw.max_depth, "steps of the longest run looked at")->group("How to search");
    check.add_option("--memory-limit", raw.memory_limit, "of the process: 4GiB; default: what cgroup and machine have left")
        ->group("How to search");
    check
        .add_option("--checkpoint", line.checkpoint_directory,
                    "where long searches are kept, to go on from when they are stopped; default as --out, '' for nowhere")
        ->type_name("DIR")
        ->group("How to search");
    check.add_option("--checkpoint-every", raw.checkpoint_every, "at least so far apart; default 10m")->group("How to search");
    check.add_flag("--resume", line.engine.resume, "go on from what a stopped run with the same arguments left")
        ->group("How to search");
    check.add_flag("--discharge", line.engine.discharge, "try to prove invariants by induction first (Z3)")
        ->group("How to search");
    check.add_option("--certificate", line.engine.certificate_directory, "where certificates of proofs are kept")
        ->type_name("DIR")
        ->group("What to show");
    check.add_option("--no-pass", raw.passes_off, "leave out a pass of the lowering")
        ->type_name("NAME,..")
        ->allow_extra_args(false)
        ->group("How to search");
    check.add_flag("--experimental", line.engine.experimental, "allow what is not finished")->group("How to search");
    check.add_option("--trace", raw.trace, "table, mail, commit, full or none")
        ->check(CLI::IsMember(names_of(trace_formats())))
        ->group("What to show");
    check.add_flag("--show-expected", line.show_expected, "also traces of expected violations and of covers")
        ->group("What to show");
    check.add_flag("--json", line.json, "events on stdout, one JSON object per line")->group("What to show");
    for (const ReportFormatEntry& format : report_formats()) {
        std::string name(format.name);
        check.add_option("--" + name, raw.reports[name], std::string(format.text))
            ->type_name(format.directory ? "DIR" : "FILE")
            ->group("What to show");
    }
    std::vector<std::string> annotations = names_of(annotation_styles());
    annotations.insert(annotations.end(), {"auto", "none"});
    check
        .add_option("--annotations", line.annotations,
                    "auto, github, gcc or none, on stderr; auto: github where GITHUB_ACTIONS=true")
        ->check(CLI::IsMember(annotations))
        ->group("What to show");
    check.add_option("--print", line.print, "print a stage and check nothing")
        ->check(CLI::IsMember({"ast", "typed", "ir", "system"}))
        ->group("What to show");
    check.add_option("--out", line.out_directory, "where traces are kept; default .quire, '' for nowhere")
        ->type_name("DIR")
        ->group("What to show");
    check.add_flag("!--no-cache", line.cache, "neither use nor keep results of earlier runs")->group("How to search");
    check.add_option("--cache-dir", line.cache_directory, "of results of earlier runs; default cache/ below --out, '' for none")
        ->type_name("DIR")
        ->group("How to search");
    add_common(check, line, raw);
}

void add_trace(CLI::App& trace, CommandLine& line, RawOptions& raw) {
    trace.add_option("FILE", line.arguments, "a trace kept by `quire check`: .quire/.../x.itf.json")->required();
    trace.add_option("--trace", raw.trace, "table, mail, commit or full")->check(CLI::IsMember(names_of(trace_formats())));
    trace.add_flag("--mail", raw.mail, "75 columns of ASCII, for a mail");
    trace.add_flag("--commit", raw.commit, "for a commit message");
    trace.add_flag("--full", raw.full, "with the calls behind each step");
    for (const TraceDrawingEntry& drawing : trace_drawings()) {
        std::string name(drawing.name);
        trace.add_flag_callback(
            "--" + name, [&line, name] { line.drawing = name; }, std::string(drawing.text));
    }
    trace.add_flag("--dot", line.state_graph, "the graph of all states for Graphviz, the trace marked in it; up to 2,000 states");
    trace.add_flag("--force", line.however_large, "the graph also if it is larger, up to 50,000 states");
    trace.add_flag("--diff", line.compare, "how two traces differ: before and after a patch; exit 0 if they do not");
    trace.add_option("--models", line.models, "look for imports here too")->type_name("DIR")->allow_extra_args(false);
    add_common(trace, line, raw);
}

void add_list(CLI::App& list, CommandLine& line, RawOptions& raw) {
    list.add_option("FILE|DIR", line.arguments, "specs; default: *.quire below .");
    list.add_option("--models", line.models, "look for imports here too")->type_name("DIR")->allow_extra_args(false);
    list.add_flag("--choices", line.choices, "passes, trace formats, memory models and engines instead");
    add_common(list, line, raw);
}

// Empty, or what is wrong.
std::string take_quantities(CommandLine& line, const RawOptions& raw) {
    auto count = [](const std::string& text, std::uint64_t& out) {
        std::optional<std::uint64_t> value = parse_count(text);
        if (value) out = *value;
        return text.empty() || value.has_value();
    };
    if (!raw.timeout.empty()) {
        std::optional<double> seconds = parse_duration(raw.timeout);
        if (!seconds || *seconds <= 0) return "--timeout: '" + raw.timeout + "' is no time; write 60s, 45m or 2h";
        line.engine.timeout_seconds = *seconds;
    }
    if (!raw.checkpoint_every.empty()) {
        std::optional<double> seconds = parse_duration(raw.checkpoint_every);
        if (!seconds || *seconds < 0)
            return "--checkpoint-every: '" + raw.checkpoint_every + "' is no time; write 60s, 45m or 2h";
        line.engine.checkpoint_every = *seconds;
    }
    if (!count(raw.max_states, line.engine.max_states)) return "--max-states: '" + raw.max_states + "' is no number";
    if (!count(raw.max_depth, line.engine.max_depth)) return "--max-depth: '" + raw.max_depth + "' is no number";
    if (!raw.memory_limit.empty()) {
        std::optional<std::uint64_t> bytes = parse_bytes(raw.memory_limit);
        if (!bytes || *bytes == 0) return "--memory-limit: '" + raw.memory_limit + "' is no size; write 4GiB or 512MiB";
        line.engine.memory_limit = *bytes;
        line.memory_limit_given = true;
    }
    return {};
}

bool is_integer(const std::string& text) {
    if (text == "true" || text == "false") return true;
    std::size_t first = text.starts_with("-") ? 1 : 0;
    bool digits = text.size() > first && text.size() - first <= 18;
    return digits && text.find_first_not_of("0123456789", first) == std::string::npos;
}

std::string take_defines(CommandLine& line, const RawOptions& raw) {
    for (const std::string& define : raw.defines) {
        std::size_t equals = define.find('=');
        std::string name = define.substr(0, equals);
        std::string value = equals == std::string::npos ? "1" : define.substr(equals + 1);
        if (name.empty()) return "-D " + define + ": there is no name";
        if (!is_integer(value))
            return "-D " + define + ": '" + value + "' is no integer, true or false (see quire explain E0410)";
        line.selection.defines.emplace_back(name, value);
    }
    return {};
}

std::string take_choices(CommandLine& line, const RawOptions& raw) {
    line.common.color = raw.color == "always"  ? ColorChoice::kAlways
                        : raw.color == "never" ? ColorChoice::kNever
                                               : ColorChoice::kAuto;
    line.trace = raw.mail     ? TraceStyle::kMail
                 : raw.commit ? TraceStyle::kCommit
                 : raw.full   ? TraceStyle::kFull
                              : style_named(raw.trace);
    line.selection.variants = split(raw.variants);
    line.selection.properties = split(raw.properties);
    line.selection.instances = split(raw.instances);
    line.engine.passes_off = split(raw.passes_off);
    line.selection.memory = raw.memory;
    line.engine.reduction = raw.reduction;
    line.engine.store = raw.store;
    line.engine.models = line.models;
    line.engine.version = QUIRE_VERSION;
    std::vector<std::string> passes = names_of(lowering_passes());
    for (const std::string& pass : line.engine.passes_off) {
        if (std::find(passes.begin(), passes.end(), pass) == passes.end())
            return "--no-pass: there is no pass '" + pass + "' (see quire list --choices)";
    }
    std::vector<std::string> models = memory_models_allowed(line.engine.experimental);
    if (!raw.memory.empty() && std::find(models.begin(), models.end(), raw.memory) == models.end())
        return "--memory " + raw.memory + " is not finished; --experimental allows what there is of it";
    if (line.compare && line.arguments.size() != 2)
        return "trace --diff: two traces are compared, not " + std::to_string(line.arguments.size());
    if (line.engine.resume && raw.reduction == "check")
        return "--resume: what --reduction check compares is searched from the start";
    std::string problem = take_quantities(line, raw);
    return problem.empty() ? take_defines(line, raw) : problem;
}

// Empty, or what is wrong.
std::string take_reports(CommandLine& line, const RawOptions& raw) {
    std::string on_stdout = line.json ? "--json" : "";
    for (const ReportFormatEntry& format : report_formats()) {
        auto found = raw.reports.find(std::string(format.name));
        if (found == raw.reports.end() || found->second.empty()) continue;
        std::string option = "--" + found->first;
        if (found->second == "-" && format.directory) return option + " -: pages need a directory";
        if (found->second == "-" && !on_stdout.empty()) return option + " -: " + on_stdout + " goes to stdout already";
        if (found->second == "-") on_stdout = option;
        for (const auto& [other, path] : line.reports) {
            if (path == found->second) return option + " and --" + other + " cannot both go to '" + path + "'";
        }
        line.reports.emplace_back(*found);
    }
    return {};
}

ParsedCommandLine failed(const std::string& problem) { return {std::nullopt, kExitUsage, {}, "quire: " + problem + "\n"}; }

}  // namespace

ParsedCommandLine parse_command_line(std::vector<std::string> arguments) {
    std::string first = arguments.empty() ? "" : arguments[0];
    if (first == "--help" || first == "-h" || first == "help") return {std::nullopt, 0, kOverview, {}};
    if (first == "--version") return {std::nullopt, 0, "quire " QUIRE_VERSION "\n", {}};
    if (std::find(kCommands.begin(), kCommands.end(), first) == kCommands.end()) arguments.insert(arguments.begin(), "check");

    CommandLine line;
    RawOptions raw;
    CLI::App app("quire", "quire");
    app.require_subcommand(1);
    app.set_help_flag("");
    CLI::App* check = app.add_subcommand("check", "Verify expectations (the CI gate, and the default).");
    CLI::App* trace = app.add_subcommand("trace", "Show a saved counterexample again, replayed against the spec as it is now.");
    CLI::App* list = app.add_subcommand("list", "Variants, properties, instances and expectations of specs.");
    CLI::App* explain = app.add_subcommand("explain", "The long text for a diagnostic's code; without one, all codes.");
    CLI::App* verify = app.add_subcommand("verify-proof", "Check certificates that `check --certificate DIR` wrote, again.");
    for (CLI::App* command : {check, trace, list, explain, verify}) command->set_help_flag("-h,--help", "this text");
    add_check(*check, line, raw);
    add_trace(*trace, line, raw);
    add_list(*list, line, raw);
    explain->add_option("CODE", line.arguments, "such as E0110");
    add_common(*explain, line, raw);
    verify->add_option("FILE", line.arguments, "certificates (.smt2)")->required();
    add_common(*verify, line, raw);

    const std::string command = arguments[0];
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants it, which then eats it
    try {
        app.parse(arguments);
    } catch (const CLI::ParseError& error) {
        std::ostringstream out, err;
        int code = app.exit(error, out, err);
        if (code == 0) return {std::nullopt, 0, out.str(), {}};
        return {std::nullopt,
                kExitUsage,
                {},
                "quire: " + std::string(error.what()) + "\nquire " + command + " --help shows the options\n"};
    }
    line.command = check->parsed()    ? Command::kCheck
                   : trace->parsed()  ? Command::kTrace
                   : list->parsed()   ? Command::kList
                   : verify->parsed() ? Command::kVerifyProof
                                      : Command::kExplain;
    std::string problem = take_choices(line, raw);
    if (problem.empty()) problem = take_reports(line, raw);
    if (!problem.empty()) return failed(problem);
    return {std::move(line), 0, {}, {}};
}

}  // namespace quire
