// Readable text of a transition system, for people who debug the front end and for goldens.
#include <string>

#include "system/transition_system.h"

namespace quire {

namespace {

std::string_view name(InstructionKind kind) {
    switch (kind) {
        case InstructionKind::kStore: return "store";
        case InstructionKind::kSet: return "set";
        case InstructionKind::kBranch: return "unless";
        case InstructionKind::kJump: return "jump";
        case InstructionKind::kRequire: return "require";
        case InstructionKind::kCheck: return "check";
        case InstructionKind::kDrop: return "drop-unless";
        case InstructionKind::kChoose: return "choose";
        case InstructionKind::kMarkCells: return "mark";
        case InstructionKind::kClearCells: return "clear";
        case InstructionKind::kMarkRegister: return "mark-register";
        case InstructionKind::kClearRegister: return "clear-register";
        case InstructionKind::kMarkMembers: return "mark-members";
        case InstructionKind::kLoopHead: return "loop";
        case InstructionKind::kCover: return "cover";
        case InstructionKind::kNote: return "note";
        case InstructionKind::kFinish: return "finish";
    }
    return "";
}

}  // namespace

std::string_view note_name(NoteKind kind) {
    switch (kind) {
        case NoteKind::kStatement: return "statement";
        case NoteKind::kRead: return "read";
        case NoteKind::kWrite: return "write";
        case NoteKind::kBuffered: return "buffered";
        case NoteKind::kStored: return "stored";
        case NoteKind::kAtomic: return "atomic";
        case NoteKind::kAwait: return "await";
        case NoteKind::kAllocate: return "alloc";
        case NoteKind::kFree: return "free";
        case NoteKind::kUse: return "use";
        case NoteKind::kSpawn: return "spawn";
        case NoteKind::kContainer: return "container";
        case NoteKind::kChoosePool: return "choose-pool";
        case NoteKind::kDecision: return "decision";
        case NoteKind::kAcquired: return "acquired";
        case NoteKind::kReleased: return "released";
    }
    return "";
}

namespace {

std::string line(const TransitionSystem& system, const Instruction& i) {
    std::string text(name(i.kind));
    if (i.kind == InstructionKind::kNote) text += " " + std::string(note_name(i.note));
    if (i.address.valid()) text += " [" + system.pool.to_string(i.address) + "]";
    if (i.value.valid()) text += " " + system.pool.to_string(i.value);
    if (i.value2.valid()) text += ".." + system.pool.to_string(i.value2);
    switch (i.kind) {
        case InstructionKind::kSet:
        case InstructionKind::kChoose:
        case InstructionKind::kMarkRegister:
        case InstructionKind::kClearRegister: text += " -> r" + std::to_string(i.target); break;
        case InstructionKind::kBranch:
        case InstructionKind::kJump: text += " goto " + std::to_string(i.target); break;
        case InstructionKind::kCheck:
        case InstructionKind::kCover: text += " : " + system.properties[i.property].name; break;
        case InstructionKind::kMarkCells:
        case InstructionKind::kClearCells:
        case InstructionKind::kMarkMembers: text += " cells " + std::to_string(i.base) + "+" + std::to_string(i.count); break;
        case InstructionKind::kStore:
        case InstructionKind::kRequire:
        case InstructionKind::kDrop:
        case InstructionKind::kLoopHead:
        case InstructionKind::kNote:
        case InstructionKind::kFinish: break;
    }
    return text;
}

void print(const TransitionSystem& system, const Program& program, const std::string& indent, std::string& out) {
    for (std::size_t i = 0; i < program.code.size(); ++i) {
        out += indent + std::to_string(i) + ": " + line(system, program.code[i]) + "\n";
    }
}

}  // namespace

std::string to_string(const TransitionSystem& system) {
    std::string out;
    for (const Variable& v : system.variables) {
        out += "var " + std::to_string(v.base) + "+" + std::to_string(v.count) + " " +
               (v.role != kNone ? system.roles[v.role].name + "." : "") + v.name + " " + std::to_string(v.lo) + ".." +
               std::to_string(v.hi) + "\n";
    }
    out += "start\n";
    print(system, system.start, "  ", out);
    for (const ThreadRole& role : system.roles) {
        out += "role " + role.name + "[" + std::to_string(role.count) + "]\n";
        for (std::size_t l = 0; l < role.locations.size(); ++l) {
            out += "  at " + std::to_string(l) + " " + role.locations[l].name + "\n";
            print(system, role.locations[l].step, "    ", out);
        }
    }
    for (const SystemProperty& property : system.properties) {
        if (property.condition.code.empty()) continue;
        out += "property " + property.name + "\n";
        print(system, property.condition, "  ", out);
    }
    return out;
}

}  // namespace quire
