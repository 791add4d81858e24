#include "test/unit/explain/tiny_system.h"

#include "explain/explain.h"

namespace quire::test {

TinySystem::TinySystem(const std::string& text) {
    file_ = sources.add("tiny.quire", text);
    system.objects.emplace_back();
    system.threads.push_back({kNone, 0, ""});
    for (std::string_view name : builtin_properties()) {
        SystemPropertyKind kind = name == "deadlock" ? SystemPropertyKind::kDeadlock
                                  : name == "leak"   ? SystemPropertyKind::kLeak
                                                     : SystemPropertyKind::kBuiltin;
        add_property(kind, std::string(name));
    }
    system.start.code.push_back(instruction(InstructionKind::kFinish, kNone));
}

Address TinySystem::add_cell(const std::string& name, VariableKind kind, Value initial, ScalarType type) {
    Variable v;
    v.name = name;
    v.kind = kind;
    v.type = type;
    v.base = static_cast<Address>(system.initial.size());
    system.cell_variable.push_back(static_cast<std::uint32_t>(system.variables.size()));
    system.initial.push_back(initial);
    system.variables.push_back(std::move(v));
    return system.variables.back().base;
}

ThreadNumber TinySystem::add_thread(const std::string& name) {
    ThreadNumber number = static_cast<ThreadNumber>(system.threads.size());
    Address cell = add_cell(name + " stands", VariableKind::kLocation);
    std::uint32_t role_number = static_cast<std::uint32_t>(system.roles.size());
    system.variables.back().role = role_number;
    ThreadRole role;
    role.name = name;
    role.first_thread = number;
    role.location_variable = system.cell_variable[cell];
    role.locations.push_back({"end", kNone, {}});
    system.roles.push_back(std::move(role));
    system.threads.push_back({role_number, 0, name});
    return number;
}

std::uint32_t TinySystem::site(std::uint32_t line, const std::string& function, bool library, std::uint32_t caller) {
    Site s;
    std::uint32_t begin = sources.line_start(file_, line);
    s.span = SourceSpan{file_, begin, begin + 1, {}};
    s.function = function;
    s.library = library;
    s.caller = caller;
    system.sites.push_back(std::move(s));
    return static_cast<std::uint32_t>(system.sites.size() - 1);
}

PropertyNumber TinySystem::add_property(SystemPropertyKind kind, const std::string& name, const std::string& doc) {
    SystemProperty property;
    property.kind = kind;
    property.name = name;
    property.doc = doc;
    system.properties.push_back(std::move(property));
    return static_cast<PropertyNumber>(system.properties.size() - 1);
}

Instruction TinySystem::instruction(InstructionKind kind, std::uint32_t site) const {
    Instruction i;
    i.kind = kind;
    i.site = site;
    return i;
}

ExprId TinySystem::load(Address cell) {
    return system.pool.load(system.pool.literal(cell, kLongType), system.variables[system.cell_variable[cell]].type);
}

LocationNumber TinySystem::next(ThreadNumber thread) const {
    return static_cast<LocationNumber>(system.roles[system.threads[thread].role].locations.size());
}

// The last location is the end; the new step leads to a new end, or to `to`.
void TinySystem::step(ThreadNumber thread, std::uint32_t site, std::vector<Instruction> code, LocationNumber to) {
    ThreadRole& role = system.roles[system.threads[thread].role];
    Instruction move = instruction(InstructionKind::kStore, site);
    move.address = system.pool.literal(system.variables[role.location_variable].base, kLongType);
    move.value = system.pool.literal(to);
    code.push_back(move);
    code.push_back(instruction(InstructionKind::kFinish, site));
    role.locations.back().site = site;
    role.locations.back().step.code = std::move(code);
    role.locations.push_back({"end", kNone, {}});
    role.end = static_cast<LocationNumber>(role.locations.size() - 1);
}

void TinySystem::reads(ThreadNumber thread, std::uint32_t site, Address cell) {
    Instruction note = instruction(InstructionKind::kNote, site);
    note.note = NoteKind::kRead;
    note.address = system.pool.literal(cell, kLongType);
    note.value = load(cell);
    step(thread, site, {note}, next(thread));
}

void TinySystem::copies(ThreadNumber thread, std::uint32_t site, Address from, Address to) {
    Instruction note = instruction(InstructionKind::kNote, site);
    note.note = NoteKind::kRead;
    note.address = system.pool.literal(from, kLongType);
    note.value = load(from);
    Instruction store = instruction(InstructionKind::kStore, site);
    store.address = system.pool.literal(to, kLongType);
    store.value = load(from);
    step(thread, site, {note, store}, next(thread));
}

void TinySystem::follows(ThreadNumber thread, std::uint32_t site, Address pointer, const std::string& property) {
    Instruction note = instruction(InstructionKind::kNote, site);
    note.note = NoteKind::kUse;
    Instruction check = instruction(InstructionKind::kCheck, site);
    ExprId value = load(pointer);
    check.value = system.pool.equal(value, system.pool.literal(0, system.variables[system.cell_variable[pointer]].type));
    check.property = system.property(property);
    step(thread, site, {note, check}, next(thread));
}

void TinySystem::writes(ThreadNumber thread, std::uint32_t site, Address cell, Value value) {
    stores(thread, site, NoteKind::kWrite, {{cell, value}});
}

void TinySystem::stores(ThreadNumber thread, std::uint32_t site, NoteKind kind,
                        const std::vector<std::pair<Address, Value>>& cells) {
    Instruction note = instruction(InstructionKind::kNote, site);
    note.note = kind;
    if (cells.size() == 1) {
        note.address = system.pool.literal(cells[0].first, kLongType);
        note.value = system.pool.literal(cells[0].second);
    }
    std::vector<Instruction> code = {note};
    for (const auto& [cell, value] : cells) {
        Instruction store = instruction(InstructionKind::kStore, site);
        store.address = system.pool.literal(cell, kLongType);
        store.value = system.pool.literal(value);
        code.push_back(store);
    }
    step(thread, site, std::move(code), next(thread));
}

void TinySystem::fails(ThreadNumber thread, std::uint32_t site, const std::string& property) {
    Instruction note = instruction(InstructionKind::kNote, site);
    note.note = NoteKind::kUse;
    Instruction check = instruction(InstructionKind::kCheck, site);
    check.value = system.pool.truth(false);
    check.property = system.property(property);
    step(thread, site, {note, check}, next(thread));
}

void TinySystem::awaits_zero(ThreadNumber thread, std::uint32_t site, Address cell) {
    Instruction require = instruction(InstructionKind::kRequire, site);
    require.value = system.pool.equal(load(cell), system.pool.literal(0));
    step(thread, site, {require}, next(thread));
}

void TinySystem::loops_back(ThreadNumber thread, std::uint32_t site, LocationNumber to) {
    Instruction note = instruction(InstructionKind::kNote, site);
    step(thread, site, {note}, to);
}

void TinySystem::condition(PropertyNumber property, Address cell, Value value) {
    Instruction set = instruction(InstructionKind::kSet, kNone);
    set.target = 0;
    set.value = system.pool.equal(load(cell), system.pool.literal(value));
    system.properties[property].condition.registers = {kBoolType};
    system.properties[property].condition.code = {set, instruction(InstructionKind::kFinish, kNone)};
}

Finding TinySystem::finding(const std::string& property, const std::vector<ThreadNumber>& threads) const {
    Finding finding;
    finding.property = system.property(property);
    finding.trace.property = finding.property;
    for (ThreadNumber thread : threads) finding.trace.steps.push_back({thread, {}});
    finding.steps = static_cast<std::uint32_t>(threads.size());
    finding.switches = count_switches(finding.trace);
    finding.fewest_switches = true;
    return finding;
}

}  // namespace quire::test
