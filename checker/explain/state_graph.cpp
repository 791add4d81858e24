#include "explain/state_graph.h"

#include <algorithm>
#include <map>

#include "explain/code_place.h"
#include "explain/trace_values.h"
#include "explain/values.h"

namespace quire {

namespace {

using State = std::vector<Value>;

class GraphBuilder {
public:
    GraphBuilder(const TransitionSystem& system, const SourceManager& sources, std::uint32_t most)
        : system_(system), sources_(sources), most_(most) {}

    StateGraph build(const ReplayedTrace* shown, const Trace* trace) {
        for (const Successor& start : start_states(system_)) {
            if (start.outcome.kind != OutcomeKind::kDone) continue;
            std::uint32_t node = node_of(start.state);
            if (node != kNone) graph_.nodes[node].start = true;
        }
        for (std::uint32_t next = 0; next < order_.size(); ++next) expand(next);
        if (shown != nullptr && trace != nullptr) mark(*shown, *trace);
        name_values();
        return std::move(graph_);
    }

private:
    // kNone: there are too many.
    std::uint32_t node_of(const State& state) {
        auto found = numbers_.find(state);
        if (found != numbers_.end()) return found->second;
        if (order_.size() >= most_) {
            graph_.complete = false;
            return kNone;
        }
        auto number = static_cast<std::uint32_t>(order_.size());
        order_.push_back(&numbers_.emplace(state, number).first->first);
        StateGraph::Node& node = graph_.nodes.emplace_back();
        node.final = system_.is_final(state);
        node.wrong = wrong_in(state, node.final);
        return number;
    }

    std::string wrong_in(const State& state, bool final) const {
        for (const SystemProperty& property : system_.properties) {
            bool asked =
                property.kind == SystemPropertyKind::kInvariant || (property.kind == SystemPropertyKind::kFinally && final);
            asked = asked && !property.condition.code.empty();
            if (asked && truth_of(system_, property, state) == Truth::kFalse) return property.name;
            if (property.kind == SystemPropertyKind::kDeadlock && property.enabled && !final && stuck(system_, state))
                return property.name;
        }
        return {};
    }

    bool ends_the_run(const std::string& wrong) const {
        PropertyNumber property = system_.property(wrong);
        return property != kNone && system_.properties[property].kind == SystemPropertyKind::kInvariant;
    }

    void expand(std::uint32_t from) {
        if (ends_the_run(graph_.nodes[from].wrong)) return;
        const State& state = *order_[from];
        for (const Successor& step : successors(system_, state)) {
            bool leads = step.outcome.kind == OutcomeKind::kDone;
            bool fails = step.outcome.kind == OutcomeKind::kViolation;
            if (!leads && !fails) continue;
            StateGraph::Edge edge;
            edge.from = from;
            if (leads) edge.to = node_of(step.state);
            if (leads && edge.to == kNone) continue;
            edge.thread = system_.threads[step.thread].name;
            edge.text = text_of(state, step);
            if (fails && step.outcome.property != kNone) edge.wrong = system_.properties[step.outcome.property].name;
            graph_.edges.push_back(std::move(edge));
            moved_.push_back(step.thread);
        }
    }

    // The line of the step's access, else of its first local work, else where the thread stands.
    std::string text_of(const State& state, const Successor& step) const {
        const ThreadRole& role = system_.roles[system_.threads[step.thread].role];
        const Location& location = role.locations[static_cast<std::size_t>(system_.location(state, step.thread))];
        ChoiceTape tape = ChoiceTape::fixed(step.choices);
        State scratch = state;
        std::vector<Event> events;
        execute(system_, location.step, scratch, state, step.thread, tape, nullptr, &events);
        std::uint32_t site = kNone, first = kNone;
        for (const Event& event : events) {
            if (event.instruction.kind != InstructionKind::kNote || event.instruction.site == kNone) continue;
            bool access = event.instruction.note != NoteKind::kStatement && event.instruction.note != NoteKind::kDecision;
            if (access && site == kNone) site = event.instruction.site;
            if (first == kNone) first = event.instruction.site;
        }
        if (site == kNone) site = first != kNone ? first : location.site;
        std::string text = site != kNone ? code_place(system_, sources_, site).user.text : "";
        return text.empty() ? "(" + location.name + ")" : text;
    }

    void mark(const ReplayedTrace& shown, const Trace& trace) {
        for (std::size_t i = 0; i < trace.steps.size() && i < shown.states.size(); ++i) {
            auto from = numbers_.find(shown.states[i]);
            auto to = i + 1 < shown.states.size() ? numbers_.find(shown.states[i + 1]) : numbers_.end();
            if (from == numbers_.end()) continue;
            std::uint32_t target = to == numbers_.end() ? kNone : to->second;
            for (std::size_t e = 0; e < graph_.edges.size(); ++e) {
                StateGraph::Edge& edge = graph_.edges[e];
                if (edge.from != from->second || edge.to != target || moved_[e] != trace.steps[i].thread) continue;
                edge.on_trace = true;
                break;
            }
        }
    }

    // Where a thread stands is in the edges; what is always the same is of no interest.
    void name_values() {
        for (const ShownCell& cell : shown_cells(system_)) {
            if (order_.empty() || system_.variables[system_.cell_variable[cell.address]].kind == VariableKind::kLocation)
                continue;
            Value first = (*order_[0])[cell.address];
            auto same = [&](const State* state) { return (*state)[cell.address] == first; };
            if (std::all_of(order_.begin(), order_.end(), same)) continue;
            for (std::size_t n = 0; n < order_.size(); ++n) {
                graph_.nodes[n].values.push_back(cell.name + ": " +
                                                 readable_value(system_, cell.address, (*order_[n])[cell.address]));
            }
        }
    }

    const TransitionSystem& system_;
    const SourceManager& sources_;
    std::uint32_t most_;
    std::map<State, std::uint32_t> numbers_;
    std::vector<const State*> order_;  // keys of numbers_
    std::vector<ThreadNumber> moved_;  // by edge
    StateGraph graph_;
};

}  // namespace

StateGraph state_graph(const TransitionSystem& system, const SourceManager& sources, std::uint32_t most_states,
                       const ReplayedTrace* shown, const Trace* trace) {
    return GraphBuilder(system, sources, most_states).build(shown, trace);
}

}  // namespace quire
