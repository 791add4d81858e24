#include <string>
#include <vector>

#include "ir/analysis.h"
#include "ir/flow_graph.h"

namespace quire::ir {

namespace {

class Printer {
public:
    Printer(const FlowGraph& graph, const TransitionSystem& system) : graph_(graph), system_(system) {
        numbers_.assign(graph.nodes.size(), kNone);
        for (std::uint32_t n : reachable_nodes(graph)) {
            if (shown(n)) lines_.push_back(n);
        }
        for (std::size_t i = 0; i < lines_.size(); ++i) numbers_[lines_[i]] = static_cast<std::uint32_t>(i);
    }

    std::string print() {
        std::string out;
        for (std::size_t r = 0; r < graph_.registers.size(); ++r) {
            const VirtualRegister& reg = graph_.registers[r];
            if (!reg.name.empty()) out += "  r" + std::to_string(r) + " is " + reg.name + "\n";
        }
        for (std::size_t i = 0; i < lines_.size(); ++i) {
            const Node& node = graph_.nodes[lines_[i]];
            out += "  " + std::to_string(i) + ": " + text(node);
            if (node.kind == NodeKind::kBranch) out += " else " + target(node.other);
            bool falls_through = target(node.next) == std::to_string(i + 1);
            if (node.kind != NodeKind::kEnd && !falls_through) out += " goto " + target(node.next);
            out += "\n";
        }
        return out;
    }

private:
    bool shown(std::uint32_t n) const { return graph_.nodes[n].kind != NodeKind::kNop || graph_.nodes[n].next == kNone; }

    // What comes next that does something; an empty cycle is named by its first node.
    std::string target(std::uint32_t n) const {
        std::size_t steps = 0;
        while (n != kNone && !shown(n) && steps++ < graph_.nodes.size()) n = graph_.nodes[n].next;
        if (n == kNone) return "nowhere";
        return numbers_[n] == kNone ? "itself" : std::to_string(numbers_[n]);
    }

    std::string expression(ExprId id) const { return system_.pool.to_string(id); }
    std::string order(const Node& node) const { return " " + std::string(order_name(node.order)); }

    std::string note(const Node& node) const {
        std::string out = "note " + std::string(note_name(node.note));
        if (node.address.valid()) out += " [" + expression(node.address) + "]";
        if (node.value.valid()) out += " " + expression(node.value);
        return out;
    }

    std::string text(const Node& node) const {
        const std::string to = node.target == kNone ? "" : "r" + std::to_string(node.target) + " = ";
        const std::string value = node.value.valid() ? expression(node.value) : "";
        switch (node.kind) {
            case NodeKind::kNop: return "nothing";
            case NodeKind::kStep: return "step " + std::string(note_name(node.note)) + order(node);
            case NodeKind::kChoice:
                return to + "any of " + value + ".." + expression(node.value2) + (node.boundary ? " between steps" : "");
            case NodeKind::kSet: return to + value;
            case NodeKind::kRead: return to + "read" + order(node) + " [" + expression(node.address) + "]";
            case NodeKind::kWrite: return "write" + order(node) + " [" + expression(node.address) + "] = " + value;
            case NodeKind::kStore: return "store [" + expression(node.address) + "] = " + value;
            case NodeKind::kBranch: return "if " + value;
            case NodeKind::kCheck: return "check " + value + " : " + system_.properties[node.property].name;
            case NodeKind::kDrop: return "drop-unless " + value;
            case NodeKind::kRequire: return "require " + value;
            case NodeKind::kCover: return "cover " + system_.properties[node.property].name;
            case NodeKind::kRelease: return "release object " + value;
            case NodeKind::kRefresh: return "refresh object " + value;
            case NodeKind::kFence: return "fence" + order(node);
            case NodeKind::kNote: return note(node);
            case NodeKind::kEnd: return "end";
        }
        return "";
    }

    const FlowGraph& graph_;
    const TransitionSystem& system_;
    std::vector<std::uint32_t> lines_;    // nodes, in order
    std::vector<std::uint32_t> numbers_;  // of lines, by node
};

}  // namespace

std::string to_string(const FlowGraph& graph, const TransitionSystem& system) { return Printer(graph, system).print(); }

}  // namespace quire::ir
