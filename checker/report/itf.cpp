#include "report/itf.h"

#include <nlohmann/json.hpp>

#include "explain/trace_values.h"

namespace quire {

namespace {

using Json = nlohmann::ordered_json;

// JSON readers may hold numbers as doubles, so larger ones are written as ADR-015 says.
constexpr Value kLargestPlainNumber = Value{1} << 53;

Json value_of(const TransitionSystem& system, Address address, Value value) {
    const Variable& v = system.variables[system.cell_variable[address]];
    std::string text = system.value_text(address, value);
    if (v.kind == VariableKind::kLocation || v.enumeration != kNone) return text;
    switch (v.type.kind) {
        case ScalarKind::kBool: return value != 0;
        case ScalarKind::kInteger:
            if (value > -kLargestPlainNumber && value < kLargestPlainNumber) return value;
            return Json{{"#bigint", text}};
        case ScalarKind::kPointer:
        case ScalarKind::kFunction:
        case ScalarKind::kThread: break;
    }
    return text;
}

Json state_of(const TransitionSystem& system, const std::vector<ShownCell>& cells, const std::vector<Value>& state, Json meta) {
    Json out = {{"#meta", std::move(meta)}};
    for (const ShownCell& cell : cells) out[cell.name] = value_of(system, cell.address, state[cell.address]);
    return out;
}

Json names_and_values(const NamedValues& values) {
    Json out = Json::object();
    for (const auto& [name, value] : values) out[name] = value;
    return out;
}

Json quire_meta(const SavedTrace& saved, const ExplainedTrace& explained) {
    Json steps = Json::array();
    for (const SavedTrace::Step& step : saved.steps) steps.push_back({{"thread", step.thread}, {"choices", step.choices}});
    Json meta = {{"schema", kTraceSchema},
                 {"version", saved.version},
                 {"file", saved.file},
                 {"spec_hash", saved.spec_hash},
                 {"variant", saved.variant},
                 {"instance", saved.instance},
                 {"property", saved.property},
                 {"memory", saved.memory},
                 {"sizes", names_and_values(saved.sizes)},
                 {"config", names_and_values(saved.constants)},
                 {"minimal", {{"steps", true}, {"switches", explained.fewest_switches}}},
                 {"switches", explained.switches},
                 {"start_choices", saved.start_choices},
                 {"steps", steps}};
    if (saved.loop_start) meta["loop_start"] = *saved.loop_start;
    if (!saved.passes_off.empty()) meta["passes_off"] = saved.passes_off;
    if (!saved.models.empty()) meta["models"] = saved.models;
    return meta;
}

// About the step that leads to a state, for readers.
Json step_meta(const ExplainedTrace& explained, std::uint32_t index) {
    Json meta = {{"index", index}};
    for (const TraceRow& row : explained.rows) {
        if (row.step != index || index == 0) continue;
        meta["thread"] = row.thread < explained.threads.size() ? explained.threads[row.thread] : "";
        meta["statement"] = row.text;
        meta["file"] = row.place.user.file;
        meta["line"] = row.place.user.line;
        meta["changed"] = row.changes;
    }
    return meta;
}

}  // namespace

std::string itf_text(const TransitionSystem& system, const SavedTrace& saved, const ExplainedTrace& explained,
                     const ReplayedTrace& run) {
    std::vector<ShownCell> cells = shown_cells(system);
    Json vars = Json::array();
    for (const ShownCell& cell : cells) vars.push_back(cell.name);
    Json states = Json::array();
    for (std::size_t i = 0; i < run.states.size(); ++i) {
        states.push_back(state_of(system, cells, run.states[i], step_meta(explained, static_cast<std::uint32_t>(i))));
    }
    Json meta = {{"format", "ITF"},
                 {"format-description", "https://apalache-mc.org/docs/adr/015adr-trace.html"},
                 {"source", saved.file},
                 {"status", explained.bug ? "violation" : "covered"},
                 {"description", explained.headline},
                 {"quire", quire_meta(saved, explained)}};
    Json document = {{"#meta", std::move(meta)}, {"vars", std::move(vars)}, {"states", std::move(states)}};
    if (saved.loop_start) document["loop"] = *saved.loop_start;
    return document.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

namespace {

std::string text_member(const Json& object, const char* name) {
    auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool read_values(const Json& object, const char* name, std::vector<Value>& out) {
    auto found = object.find(name);
    if (found == object.end()) return true;
    if (!found->is_array()) return false;
    for (const Json& value : *found) {
        if (!value.is_number_integer()) return false;
        out.push_back(value.get<Value>());
    }
    return true;
}

bool read_names(const Json& object, const char* name, std::vector<std::string>& out) {
    auto found = object.find(name);
    if (found == object.end()) return true;
    if (!found->is_array()) return false;
    for (const Json& value : *found) {
        if (!value.is_string()) return false;
        out.push_back(value.get<std::string>());
    }
    return true;
}

bool read_named_values(const Json& object, const char* name, NamedValues& out) {
    auto found = object.find(name);
    if (found == object.end()) return true;
    if (!found->is_object()) return false;
    for (const auto& [key, value] : found->items()) {
        if (!value.is_number_integer()) return false;
        out.emplace_back(key, value.get<Value>());
    }
    return true;
}

bool read_steps(const Json& meta, SavedTrace& trace) {
    auto steps = meta.find("steps");
    if (steps == meta.end() || !steps->is_array()) return false;
    for (const Json& step : *steps) {
        if (!step.is_object()) return false;
        SavedTrace::Step one;
        one.thread = text_member(step, "thread");
        if (one.thread.empty() || !read_values(step, "choices", one.choices)) return false;
        trace.steps.push_back(std::move(one));
    }
    return true;
}

}  // namespace

LoadedTrace parse_itf(std::string_view text) {
    Json document = Json::parse(text, nullptr, false);
    if (document.is_discarded() || !document.is_object()) return {std::nullopt, "this is no JSON object"};
    auto meta = document.find("#meta");
    if (meta == document.end() || !meta->is_object()) return {std::nullopt, "there is no \"#meta\": this is no ITF trace"};
    auto ours = meta->find("quire");
    if (ours == meta->end() || !ours->is_object())
        return {std::nullopt, "there is no \"#meta\".quire: another tool wrote this trace"};
    if (text_member(*ours, "schema") != kTraceSchema) {
        return {std::nullopt, "its schema is not " + std::string(kTraceSchema) + ": another version of quire wrote it"};
    }
    SavedTrace trace;
    trace.version = text_member(*ours, "version");
    trace.file = text_member(*ours, "file");
    trace.spec_hash = text_member(*ours, "spec_hash");
    trace.variant = text_member(*ours, "variant");
    trace.instance = text_member(*ours, "instance");
    trace.property = text_member(*ours, "property");
    std::string memory = text_member(*ours, "memory");
    if (!memory.empty()) trace.memory = memory;
    bool good = read_named_values(*ours, "sizes", trace.sizes) && read_named_values(*ours, "config", trace.constants) &&
                read_names(*ours, "passes_off", trace.passes_off) && read_names(*ours, "models", trace.models) &&
                read_values(*ours, "start_choices", trace.start_choices) && read_steps(*ours, trace);
    auto loop = ours->find("loop_start");
    if (good && loop != ours->end()) {
        good = loop->is_number_unsigned();
        if (good) trace.loop_start = loop->get<std::uint32_t>();
    }
    if (!good || trace.file.empty() || trace.property.empty()) return {std::nullopt, "what is under \"#meta\".quire is damaged"};
    return {std::move(trace), {}};
}

}  // namespace quire
