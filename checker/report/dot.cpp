#include "report/dot.h"

#include <fmt/format.h>

#include "report/text_layout.h"

namespace quire {

namespace {

constexpr std::size_t kMostValuesShown = 12;

std::string quoted(const std::string& text) {
    std::string out;
    for (char c : clean_utf8(text)) {
        if (c == '\n')
            out += "\\n";
        else if (c == '"' || c == '\\')
            out += std::string("\\") + c;
        else
            out += c;
    }
    return "\"" + out + "\"";
}

std::string node_label(const StateGraph::Node& node, std::size_t number) {
    std::string label = std::to_string(number);
    for (std::size_t i = 0; i < node.values.size() && i < kMostValuesShown; ++i) label += "\n" + printable(node.values[i]);
    if (node.values.size() > kMostValuesShown) label += fmt::format("\nand {} more", node.values.size() - kMostValuesShown);
    return node.wrong.empty() ? label : label + "\n" + node.wrong;
}

}  // namespace

std::string dot_text(const StateGraph& graph, const std::string& title) {
    std::string out = "digraph quire {\n  label=" + quoted(printable(title)) +
                      ";\n  node [shape=box, fontname=monospace, fontsize=9];\n  edge [fontname=monospace, fontsize=8];\n";
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
        const StateGraph::Node& node = graph.nodes[n];
        out += fmt::format("  s{} [label={}{}{}{}];\n", n, quoted(node_label(node, n)), node.start ? ", style=bold" : "",
                           node.final ? ", peripheries=2" : "", node.wrong.empty() ? "" : ", color=red, fontcolor=red");
    }
    std::size_t failures = 0;
    for (const StateGraph::Edge& edge : graph.edges) {
        std::string to = "s" + std::to_string(edge.to);
        if (edge.to == kNone) {
            to = "fails" + std::to_string(failures++);
            out += fmt::format("  {} [label={}, shape=octagon, color=red, fontcolor=red];\n", to, quoted(edge.wrong));
        }
        out += fmt::format("  s{} -> {} [label={}{}];\n", edge.from, to, quoted(edge.thread + ": " + printable(edge.text)),
                           edge.on_trace ? ", color=red, penwidth=2.5" : "");
    }
    return out + "}\n";
}

}  // namespace quire
