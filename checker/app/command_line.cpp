#include "app/command_line.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <sstream>
#include <utility>

#include <CLI/CLI.hpp>

#include "app/command_table.h"
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
  ask      "what prevents the following?": an interleaving from a mail in, an answer out
  necessity  which locks, checks, gets and atomic steps a protocol needs
  mutants  would its spec notice if a protocol were a little different?
  trace    show a saved counterexample again
  list     variants, properties, instances and expectations of specs
  explain  the long text for a code: E0110, W0301
  verify-proof  check certificates of `expect proved` again
  sim      random runs; --step to choose by hand
  lsp      the language server that editors start
  fmt, init, completions   canonical form; a first spec and a CI job; for bash, zsh and fish

Every command:  -q  -v  --color=auto|always|never  -h, --help        quire COMMAND --help  shows its options
Exit status:    0 as expected, 1 not as expected, 2 usage, 3 spec error, 4 inconclusive, 5 internal error,
                128+n ended by signal n
)";

constexpr std::array<std::pair<std::string_view, Command>, 13> kCommands = {{
    {"check", Command::kCheck},
    {"ask", Command::kAsk},
    {"necessity", Command::kNecessity},
    {"mutants", Command::kMutants},
    {"trace", Command::kTrace},
    {"list", Command::kList},
    {"explain", Command::kExplain},
    {"verify-proof", Command::kVerifyProof},
    {"fmt", Command::kFmt},
    {"init", Command::kInit},
    {"sim", Command::kSim},
    {"completions", Command::kCompletions},
    {"lsp", Command::kLsp},
}};

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
    std::vector<std::string> variants, properties, instances, defines, passes_off, invariants, nevers;
    std::string color = "auto", trace = "table", timeout, max_states, max_depth, memory_limit, memory, checkpoint_every,
                reduction = "auto", store = "exact";
    bool mail = false, commit = false, full = false;
    std::vector<std::string> deny;
    std::string shard = "1/1", on_inconclusive = "fail";
    std::map<std::string, std::string> reports;  // by format
};

void add_common(CLI::App& command, CommandLine& line, RawOptions& raw) {
    command.add_flag("-q,--quiet", line.common.quiet, "only what matters");
    command.add_flag("-v,--verbose", line.common.verbose, "what each search cost, and the tool's own log on stderr");
    command.add_option("--config", line.config, "in place of the nearest quire.toml; '' for none")->type_name("FILE");
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
    check.add_option("--invariant", raw.invariants, "does this hold in every state?  asked in place of the spec's properties")
        ->type_name("EXPRESSION")
        ->allow_extra_args(false)
        ->group("What to check");
    check.add_option("--never", raw.nevers, "is this false in every state?  the same")
        ->type_name("EXPRESSION")
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
    check.add_flag("--width", line.engine.width, "below each trace: which share of all schedules ends in the bug")
        ->group("What to show");
    check.add_flag("!--no-suggest", line.suggest, "do not look for edits that would prevent what was found")
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
    check.add_option("--deny", raw.deny, "warnings that fail the check: unreachable, dropped, exhausted, W0301, warnings (all)")
        ->type_name("NAME,..")
        ->allow_extra_args(false)
        ->group("When it fails");
    check.add_option("--on-inconclusive", raw.on_inconclusive, "fail (exit 4), or warn (exit 0 if nothing else is wrong)")
        ->check(CLI::IsMember({"fail", "warn"}))
        ->group("When it fails");
    check.add_flag("--fail-fast", line.gate.fail_fast, "stop at the first expectation that is not met")->group("When it fails");
    check.add_flag("--quick", line.selection.quick, "of each expectation the first instance alone, and no proofs")
        ->group("What to check");
    check.add_option("--shard", raw.shard, "i/n: the i-th of n parts, which together are everything")
        ->type_name("I/N")
        ->group("What to check");
    check.add_flag("!--no-cache", line.cache, "neither use nor keep results of earlier runs")->group("How to search");
    check.add_option("--cache-dir", line.cache_directory, "of results of earlier runs; default cache/ below --out, '' for none")
        ->type_name("DIR")
        ->group("How to search");
    add_common(check, line, raw);
}

// One variant with one set of constants.
void add_choice(CLI::App& command, CommandLine& line, RawOptions& raw) {
    auto many = [&](const char* name, std::vector<std::string>& to, const char* text, const char* type) {
        command.add_option(name, to, text)->type_name(type)->allow_extra_args(false);
    };
    many("--variant", raw.variants, "of this variant; default: `base`, the file as it stands", "NAME");
    many("--instance", raw.instances, "with the constants of this instance", "NAME");
    many("-D", raw.defines, "give a constant another value", "NAME=VALUE");
    many("--models", line.models, "look for imports here too", "DIR");
    command.add_option("--memory", raw.memory, "memory model; default: what the spec lists")->check(CLI::IsMember(model_names()));
    command.add_option("--timeout", raw.timeout, "of each search: 60s, 45m, 2h");
    command.add_option("--max-states", raw.max_states, "of each search");
    command.add_option("--memory-limit", raw.memory_limit, "of the process: 4GiB; default: what cgroup and machine have left");
    command.add_option("--jobs", line.engine.jobs, "threads that search; default: the machine's, up to 16")
        ->check(CLI::Range(1u, 256u));
    command.add_flag("--experimental", line.engine.experimental, "allow what is not finished");
    add_common(command, line, raw);
}

void add_ask(CLI::App& ask, CommandLine& line, RawOptions& raw) {
    ask.add_option("FILE", line.arguments, "the spec; the interleaving is read from standard input")->required()->expected(1);
    ask.add_option("--expect", line.expected, "feasible or prevented: exit 1 if it is otherwise")
        ->check(CLI::IsMember({"feasible", "prevented"}));
    ask.add_option("--trace", raw.trace, "table, mail, commit, full or none")->check(CLI::IsMember(names_of(trace_formats())));
    add_choice(ask, line, raw);
}

void add_necessity(CLI::App& necessity, CommandLine& line, RawOptions& raw) {
    necessity.add_option("FILE", line.arguments, "a spec that holds")->required()->expected(1);
    add_choice(necessity, line, raw);
}

void add_mutants(CLI::App& mutants, CommandLine& line, RawOptions& raw) {
    mutants.add_option("FILE|DIR", line.arguments, "specs that hold; default: *.quire below .");
    mutants.add_flag("--survivors", line.survivors, "leave out those that are killed");
    mutants.add_flag("--markdown", line.markdown, "one table of all specs, and one of what is not killed");
    add_choice(mutants, line, raw);
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
    for (const std::string& text : raw.invariants) line.selection.questions.push_back({false, text});
    for (const std::string& text : raw.nevers) line.selection.questions.push_back({true, text});
    line.selection.memory = raw.memory;
    line.engine.reduction = raw.reduction;
    line.engine.store = raw.store;
    line.engine.models = line.models;
    line.engine.version = QUIRE_VERSION;
    line.gate.inconclusive_fails = raw.on_inconclusive == "fail";
    for (const std::string& word : split(raw.deny)) {
        std::vector<DiagnosticCode> codes = denied_by(word);
        if (codes.empty())
            return "--deny: there is no warning '" + word + "'; unreachable, dropped, exhausted and codes are known";
        line.gate.deny.insert(line.gate.deny.end(), codes.begin(), codes.end());
    }
    std::optional<Shard> shard = parse_shard(raw.shard);
    if (!shard) return "--shard: '" + raw.shard + "' is no part; write 2/5 for the second of five";
    line.selection.shard = *shard;
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

void add_others(CLI::App& app, CommandLine& line, RawOptions& raw) {
    CLI::App* explain = app.add_subcommand("explain", "The long text for a diagnostic's code; without one, all codes.");
    explain->add_option("CODE", line.arguments, "such as E0110");
    CLI::App* verify = app.add_subcommand("verify-proof", "Check certificates that `check --certificate DIR` wrote, again.");
    verify->add_option("FILE", line.arguments, "certificates (.smt2)")->required();
    CLI::App* fmt = app.add_subcommand("fmt", "Specs in canonical form: only white space changes; tells which files did.");
    fmt->add_option("FILE|DIR", line.arguments, "specs; default: *.quire below .; - is standard input, to standard output");
    fmt->add_flag("--check", line.check_only, "change nothing; exit 1 if something would change");
    CLI::App* init = app.add_subcommand("init", "A first spec that checks, a CI job and a quire.toml; what is there is kept.");
    init->add_option("DIR", line.arguments, "where; default: here")->expected(0, 1);
    CLI::App* completions = app.add_subcommand("completions", "A script that completes commands and options, for a shell.");
    completions->add_option("SHELL", line.arguments, "bash, zsh or fish")
        ->required()
        ->expected(1)
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    for (CLI::App* command : {explain, verify, fmt, init, completions}) add_common(*command, line, raw);
}

void add_sim(CLI::App& sim, CommandLine& line, RawOptions& raw) {
    sim.add_option("FILE", line.arguments, "a spec")->required()->expected(1);
    sim.add_option("--variant", raw.variants, "of this variant")->type_name("NAME")->allow_extra_args(false);
    sim.add_option("--instance", raw.instances, "of this instance")->type_name("NAME")->allow_extra_args(false);
    sim.add_option("-D", raw.defines, "give a constant another value")->type_name("NAME=VALUE")->allow_extra_args(false);
    sim.add_option("--models", line.models, "look for imports here too")->type_name("DIR")->allow_extra_args(false);
    sim.add_option("--seed", line.sim.seed, "the same seed gives the same runs; default: another each time, which is printed");
    sim.add_option("--runs", line.sim.runs, "how many, until one is violated; default 1");
    sim.add_option("--steps", line.sim.steps, "of a run, at most; default 1000");
    sim.add_flag("--step", line.sim.step, "choose each step by hand, from the terminal or a pipe");
    sim.add_option("--trace", raw.trace, "table, mail, commit or full")->check(CLI::IsMember(names_of(trace_formats())));
    add_common(sim, line, raw);
}

void add_lsp(CLI::App& lsp, CommandLine& line, RawOptions& raw) {
    // Some editors say so; there is nothing else.
    lsp.add_flag_callback(
        "--stdio", [] {}, "over standard input and output, as always");
    lsp.add_option("--models", line.models, "look for imports here too")->type_name("DIR")->allow_extra_args(false);
    lsp.add_option("--timeout", raw.timeout, "of each search that is asked for in the editor: 60s, 45m, 2h");
    lsp.add_option("--max-states", raw.max_states, "of each search");
    lsp.add_option("--memory-limit", raw.memory_limit, "of the process: 4GiB; default: what cgroup and machine have left");
    lsp.add_option("--jobs", line.engine.jobs, "threads of a search; default: the machine's, up to 16")
        ->check(CLI::Range(1u, 256u));
    lsp.add_flag("--experimental", line.engine.experimental, "allow what is not finished");
    add_common(lsp, line, raw);
}

// All commands with their options, and where what is parsed goes to.
struct Parser {
    CommandLine line;
    RawOptions raw;
    CLI::App app{"quire", "quire"};

    Parser() {
        app.require_subcommand(1);
        app.set_help_flag("");
        add_check(*app.add_subcommand("check", "Verify expectations (the CI gate, and the default)."), line, raw);
        add_ask(*app.add_subcommand("ask", "Can these lines of code happen in this order?  Reads the text of a mail."), line,
                raw);
        add_necessity(*app.add_subcommand("necessity", "Which locks, checks, gets and atomic steps does a protocol need?"), line,
                      raw);
        add_mutants(*app.add_subcommand("mutants", "Would its spec notice if a protocol were a little different?"), line, raw);
        add_trace(*app.add_subcommand("trace", "Show a saved counterexample again, replayed against the spec as it is now."),
                  line, raw);
        add_list(*app.add_subcommand("list", "Variants, properties, instances and expectations of specs."), line, raw);
        add_sim(*app.add_subcommand("sim", "Random runs of a spec, or one that is chosen by hand."), line, raw);
        add_lsp(*app.add_subcommand("lsp", "The language server: diagnostics, names, verdicts, in an editor."), line, raw);
        add_others(app, line, raw);
        for (CLI::App* command : app.get_subcommands({})) command->set_help_flag("-h,--help", "this text");
    }

    // The answer, if the arguments are no command line or ask for help.
    std::optional<ParsedCommandLine> parse(std::vector<std::string> arguments) {
        const std::string command = arguments[0];
        std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants it, which then eats it
        try {
            app.parse(arguments);
        } catch (const CLI::ParseError& error) {
            std::ostringstream out, err;
            if (app.exit(error, out, err) == 0) return ParsedCommandLine{std::nullopt, 0, out.str(), {}};
            return ParsedCommandLine{
                std::nullopt,
                kExitUsage,
                {},
                "quire: " + std::string(error.what()) + "\nquire " + command + " --help shows the options\n"};
        }
        for (const auto& [name, kind] : kCommands) {
            if (name == command) line.command = kind;
        }
        return std::nullopt;
    }
};

CommandInfo command_info(const CLI::App& command) {
    CommandInfo info{command.get_name(), command.get_description(), {}};
    for (const CLI::Option* option : command.get_options()) {
        OptionInfo one;
        for (const std::string& name : option->get_snames()) one.names.push_back("-" + name);
        for (const std::string& name : option->get_lnames()) one.names.push_back("--" + name);
        one.text = option->get_description();
        one.is_flag = option->get_expected_max() == 0;
        one.is_list = option->get_expected_max() > 1 || option->get_items_expected_max() > 1;
        if (one.names.empty()) one.type = option->get_name(true);
        std::string type = one.is_flag || one.names.empty() ? "" : option->get_type_name();
        std::size_t brace = type.find(":{");
        if (brace != std::string::npos) {
            one.choices = split({type.substr(brace + 2, type.find('}') - brace - 2)});
            type.resize(brace);
        }
        if (!type.empty()) one.type = type;
        info.options.push_back(std::move(one));
    }
    return info;
}

std::vector<ConfigurableOption> configurable_options() {
    std::vector<ConfigurableOption> known;
    for (const CommandInfo& command : command_table()) {
        for (const OptionInfo& option : command.options) {
            ConfigurableOption one{command.name, "", option.is_flag, option.is_list,
                                   option.type.starts_with("DIR") || option.type.starts_with("FILE")};
            for (const std::string& name : option.names) {
                if (name.starts_with("--")) one.name = name.substr(2);
            }
            if (option.names.empty() && option.type == "FILE|DIR") one.name = "files";
            if (!one.name.empty() && one.name != "help" && one.name != "config") known.push_back(std::move(one));
        }
    }
    return known;
}

// What the file sets and the command line does not, as arguments.
std::vector<std::string> arguments_of(const Configuration& configuration, const CLI::App& command) {
    std::vector<std::string> arguments;
    std::string positional;
    for (const CLI::Option* option : command.get_options()) {
        if (option->get_positional() && option->count() == 0) positional = "files";
    }
    for (const ConfiguredOption& one : configuration.options) {
        if (!one.section.empty() && one.section != command.get_name()) continue;
        if (one.name == positional) arguments.insert(arguments.end(), one.values.begin(), one.values.end());
        const CLI::Option* option = command.get_option_no_throw("--" + one.name);
        if (option == nullptr || option->count() != 0) continue;
        for (const std::string& value : one.values)
            arguments.push_back("--" + one.name + (option->get_expected_max() == 0 ? "" : "=" + value));
    }
    return arguments;
}

}  // namespace

const std::vector<CommandInfo>& command_table() {
    static const std::vector<CommandInfo> table = [] {
        std::vector<CommandInfo> commands;
        Parser parser;
        for (const CLI::App* command : parser.app.get_subcommands({})) commands.push_back(command_info(*command));
        return commands;
    }();
    return table;
}

ParsedCommandLine parse_command_line(std::vector<std::string> arguments, const ConfigurationSource& configuration) {
    std::string first = arguments.empty() ? "" : arguments[0];
    if (first == "--help" || first == "-h" || first == "help") return {std::nullopt, 0, kOverview, {}};
    if (first == "--version") return {std::nullopt, 0, "quire " QUIRE_VERSION "\n", {}};
    bool named = std::any_of(kCommands.begin(), kCommands.end(), [&](const auto& one) { return one.first == first; });
    if (!named) arguments.insert(arguments.begin(), "check");

    auto parser = std::make_unique<Parser>();
    if (std::optional<ParsedCommandLine> answer = parser->parse(arguments)) return *answer;
    std::optional<ConfigurationText> file = configuration ? configuration(parser->line.config) : std::nullopt;
    if (file) {
        if (!file->problem.empty()) return failed("the configuration '" + file->path + "' " + file->problem);
        Configuration set = read_configuration(*file, configurable_options());
        if (!set.problem.empty()) return {std::nullopt, kExitUsage, {}, set.problem};
        std::vector<std::string> more = arguments_of(set, *parser->app.get_subcommand(arguments[0]));
        arguments.insert(arguments.begin() + 1, more.begin(), more.end());
        parser = std::make_unique<Parser>();
        if (std::optional<ParsedCommandLine> answer = parser->parse(arguments)) {
            answer->problem += "quire: some of it stands in " + file->path + "\n";
            return *answer;
        }
    }
    std::string problem = take_choices(parser->line, parser->raw);
    if (problem.empty()) problem = take_reports(parser->line, parser->raw);
    if (!problem.empty()) return failed(problem + (file ? "\nquire: options are also taken from " + file->path : ""));
    return {std::move(parser->line), 0, {}, {}};
}

}  // namespace quire
