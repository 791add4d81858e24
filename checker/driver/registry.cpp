#include "driver/registry.h"

#include "memory/sequential.h"
#include "memory/tso.h"
#include "report/annotations.h"
#include "report/html.h"
#include "report/junit.h"
#include "report/mermaid.h"
#include "report/sarif.h"

namespace quire {

const std::vector<PassEntry>& lowering_passes() {
    static const std::vector<PassEntry> entries = {
        {"propagate-arguments", "parameters that are never written take no storage", &LowerOptions::propagate_arguments},
        {"reset-dead-locals", "locals that nothing will read are 0", &LowerOptions::reset_dead_locals},
        {"remove-proven-checks", "no check of locals that have a value on every way", &LowerOptions::remove_proven_checks},
        {"remove-dead-assignments", "no assignment to what nothing reads", &LowerOptions::remove_dead_assignments},
        {"drop-unread-storage", "locals that no later step reads take no storage", &LowerOptions::drop_unread_storage},
        {"empty-sets-at-once", "a set that is emptied within one step is emptied in one way", &LowerOptions::empty_sets_at_once},
        {"infer-ranges", "locals and temporaries get the bits that their values need", &LowerOptions::infer_ranges},
    };
    return entries;
}

const std::vector<TraceFormatEntry>& trace_formats() {
    static const std::vector<TraceFormatEntry> entries = {
        {"table", "a column per thread and one for what changed", TraceStyle::kTable},
        {"mail", "75 columns of ASCII that survive squeezed blanks", TraceStyle::kMail},
        {"commit", "the same for a commit message", TraceStyle::kCommit},
        {"full", "the table with the calls behind each step", TraceStyle::kFull},
        {"none", "no traces", TraceStyle::kNothing},
    };
    return entries;
}

const std::vector<ReportFormatEntry>& report_formats() {
    static const std::vector<ReportFormatEntry> entries = {
        {"html", "a page for each trace, and an index of the run", true, &make_html_writer},
        {"junit", "JUnit XML, for CI servers", false, &make_junit_writer},
        {"sarif", "SARIF 2.1.0, for code scanning", false, &make_sarif_writer},
        {"summary", "Markdown: what needs attention, with its traces", false, &make_summary_writer},
    };
    return entries;
}

const std::vector<TraceDrawingEntry>& trace_drawings() {
    static const std::vector<TraceDrawingEntry> entries = {
        {"html", "a page: goes through the steps, needs no network",
         [](const FindingReport& finding, const TraceFooter& footer) { return html_trace_page(finding, footer); }},
        {"mermaid", "a sequence diagram for Markdown",
         [](const FindingReport& finding, const TraceFooter&) { return mermaid_text(finding.trace); }},
    };
    return entries;
}

const std::vector<AnnotationEntry>& annotation_styles() {
    static const std::vector<AnnotationEntry> entries = {
        {"gcc", "file:line:column: error: ..., for editors", &make_gcc_writer},
        {"github", "workflow commands of GitHub Actions", &make_github_writer},
    };
    return entries;
}

const std::vector<MemoryModelEntry>& memory_models() {
    static const memory::SequentialConsistency sc;
    static const memory::TotalStoreOrder tso;
    static const std::vector<MemoryModelEntry> entries = {
        {"sc", "sequential consistency", &sc, false},
        {"tso", "total store order, as of x86: a store buffer per thread", &tso, true},
    };
    return entries;
}

std::vector<std::string> memory_models_allowed(bool experimental) {
    std::vector<std::string> names;
    for (const MemoryModelEntry& entry : memory_models()) {
        if (!entry.experimental || experimental) names.emplace_back(entry.name);
    }
    return names;
}

const std::vector<NamedEntry>& reductions() {
    static const std::vector<NamedEntry> entries = {
        {"auto", "symmetry, and partial-order reduction of searches that are not short"},
        {"none", "every interleaving"},
        {"por", "partial-order reduction: what commutes is followed in one order"},
        {"symmetry", "threads and objects that are alike are taken to be the same"},
        {"check", "with and without, which must say the same"},
    };
    return entries;
}

const std::vector<NamedEntry>& stores() {
    static const std::vector<NamedEntry> entries = {
        {"exact", "every state, in 8 bytes or as few as it takes"},
        {"fingerprint", "63 bits of hash of states that have more: the answer says how likely it is that one was left out"},
    };
    return entries;
}

const std::vector<NamedEntry>& engines() {
    static const std::vector<NamedEntry> entries = {
        {"bfs", "exhaustive breadth-first search; machine code where searches are long (--no-native)"},
        {"discharge", "invariants by induction with Z3, before the search (--discharge)"},
    };
    return entries;
}

}  // namespace quire
