#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include <unistd.h>

#include "app/commands.h"
#include "driver/list_spec.h"
#include "driver/registry.h"
#include "driver/show_trace.h"
#include "prove/counting_certificate.h"
#include "report/text_layout.h"
#include "report/trace_diff.h"
#include "support/diagnostics.h"
#include "support/suggest.h"

namespace quire {

namespace {

// Nothing, with the reason told, if it is no file.
std::optional<std::string> text_of_file(const std::string& path, Streams streams) {
    std::string why = is_where_output_goes(path) ? "is where the results go" : why_unusable(path);
    errno = 0;
    std::ifstream stream(why.empty() ? path : std::string(), std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    if (why.empty() && !stream) why = "cannot be read" + (errno != 0 ? ": " + std::string(std::strerror(errno)) : "");
    if (why.empty()) return text.str();
    streams.err.write("quire: '" + printable(path) + "' " + why + "\n");
    return std::nullopt;
}

int compare_traces(const std::string& first, const std::string& second, Streams streams) {
    std::optional<std::string> before = text_of_file(first, streams), after = text_of_file(second, streams);
    if (!before || !after) return kExitUsage;
    TraceDiff diff = trace_diff(*before, *after, first, second);
    if (!diff.problem.empty()) {
        streams.err.write("quire: '" + printable(diff.of_second ? second : first) + "': " + diff.problem + "\n");
        return kExitUsage;
    }
    streams.out.write(diff.text);
    return diff.same ? kExitAsExpected : kExitNotAsExpected;
}

}  // namespace

int run_trace(const CommandLine& line, Streams streams) {
    if (line.compare) return compare_traces(line.arguments[0], line.arguments[1], streams);
    DiskFiles files;
    ShowTraceOptions options;
    options.style = line.trace;
    options.drawing = line.drawing;
    options.state_graph = line.state_graph;
    options.however_large = line.however_large;
    options.width = terminal_width(STDOUT_FILENO);
    options.model_path = model_path(line);
    options.color = wants_color(line.common.color, STDERR_FILENO);
    options.version = QUIRE_VERSION;
    int worst = 0;
    for (const std::string& path : line.arguments) {
        std::optional<std::string> text = text_of_file(path, streams);
        if (!text) return kExitUsage;
        worst = std::max(worst, show_trace(path, *text, options, files, streams.out, streams.err));
    }
    return worst;
}

int run_verify_proof(const CommandLine& line, Streams streams) {
    int worst = 0;
    for (const std::string& path : line.arguments) {
        std::ifstream stream(path, std::ios::binary);
        std::ostringstream text;
        text << stream.rdbuf();
        if (!stream) {
            streams.err.write("quire: '" + path + "' cannot be read\n");
            return kExitUsage;
        }
        prove::CertificateCheck check = prove::check_certificate(text.str());
        if (check.holds) {
            streams.out.write("ok    " + printable(path) + "  " + count_of(check.questions, "question") + ", each unsat\n");
        } else {
            streams.out.write("FAIL  " + printable(path) + "  " + printable(check.problem) + "\n");
            worst = kExitNotAsExpected;
        }
    }
    return worst;
}

namespace {

std::string choices_text() {
    std::string out = "passes (--no-pass)\n";
    auto row = [&](std::string_view name, std::string_view text) { out += "  " + padded(name, 16) + std::string(text) + "\n"; };
    for (const PassEntry& entry : lowering_passes()) row(entry.name, entry.text);
    out += "trace formats (--trace)\n";
    for (const TraceFormatEntry& entry : trace_formats()) row(entry.name, entry.text);
    out += "reports (--NAME FILE)\n";
    for (const ReportFormatEntry& entry : report_formats()) row(entry.name, entry.text);
    out += "drawings of traces (quire trace --NAME)\n";
    for (const TraceDrawingEntry& entry : trace_drawings()) row(entry.name, entry.text);
    row("dot", "the graph of all states for Graphviz");
    out += "annotations (--annotations)\n";
    for (const AnnotationEntry& entry : annotation_styles()) row(entry.name, entry.text);
    out += "memory models (--memory)\n";
    for (const MemoryModelEntry& entry : memory_models())
        row(entry.name, std::string(entry.text) + (entry.experimental ? " (--experimental)" : ""));
    out += "reductions (--reduction)\n";
    for (const NamedEntry& entry : reductions()) row(entry.name, entry.text);
    out += "engines\n";
    for (const NamedEntry& entry : engines()) row(entry.name, entry.text);
    out += "stores of states (--store)\n";
    for (const NamedEntry& entry : stores()) row(entry.name, entry.text);
    return out;
}

}  // namespace

int run_list(const CommandLine& line, Streams streams) {
    if (line.choices) {
        streams.out.write(choices_text());
        return 0;
    }
    std::optional<SpecFiles> found = specs_named(line, streams);
    if (!found) return kExitUsage;
    DiskFiles files;
    // Whoever looks at what is there need not know yet what can be checked without a switch.
    LoadOptions load{model_path(line), {}, memory_models_allowed(true)};
    RenderOptions render;
    render.color = wants_color(line.common.color, STDERR_FILENO);
    int code = 0;
    for (const SpecFile& file : found->files) {
        std::unique_ptr<LoadedSpec> spec = load_spec(file.path, load, files, true);
        streams.err.write(render_diagnostics(spec->sources, spec->diagnostics, render));
        if (spec->diagnostics.has_errors()) code = kExitSpecError;
        streams.out.write(describe_spec(*spec));
    }
    return code;
}

int run_explain(const CommandLine& line, Streams streams) {
    std::vector<std::string> known;
    for (const DiagnosticInfo& info : diagnostic_table()) known.emplace_back(info.code);
    if (line.arguments.empty()) {
        for (const DiagnosticInfo& info : diagnostic_table()) {
            streams.out.write(std::string(info.code) + "  " + std::string(info.title) + "\n");
        }
        return 0;
    }
    for (std::string code : line.arguments) {
        for (char& c : code) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        std::optional<DiagnosticInfo> info = find_diagnostic_info(code);
        if (!info) {
            std::optional<std::string> near = nearest_name(code, known);
            streams.err.write("quire: there is no code '" + printable(code) + "'" +
                              (near ? "; did you mean " + *near + "?" : "") + "\n");
            return kExitUsage;
        }
        std::string text = std::string(info->code) + ": " + std::string(info->title) + "\n\n";
        std::istringstream lines{std::string(info->text)};
        for (std::string one; std::getline(lines, one);) {
            for (const std::string& piece : wrapped(one, 100, one.starts_with(" ") ? "        " : "")) text += piece + "\n";
        }
        streams.out.write(text);
    }
    return 0;
}

}  // namespace quire
