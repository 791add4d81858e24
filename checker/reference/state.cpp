#include "reference/state.h"

#include <sstream>

namespace quire::reference {

namespace {

class KeyWriter {
public:
    void number(std::uint64_t value) {
        while (value >= 0x80) {
            out_.push_back(static_cast<char>(value | 0x80));
            value >>= 7;
        }
        out_.push_back(static_cast<char>(value));
    }

    // Small negative numbers stay short.
    void value(Value v) {
        std::uint64_t bits = static_cast<std::uint64_t>(v) << 1;
        number(v < 0 ? ~bits : bits);
    }

    void item(const Item& i) {
        number(static_cast<std::uint64_t>(i.kind) | static_cast<std::uint64_t>(i.address) << 2 |
               static_cast<std::uint64_t>(i.bad_index) << 4);
        value(i.value);
        number(i.structure);
        number(i.cell);
    }

    void text(const std::string& s) {
        number(s.size());
        out_ += s;
    }

    void thread(const Thread& t) {
        number(t.frames.size());
        for (const Frame& f : t.frames) {
            number(static_cast<std::uint64_t>(f.kind));
            number(f.id);
            number(f.phase);
            number(f.height);
            number(f.extra);
        }
        number(t.values.size());
        for (const Item& i : t.values) item(i);
        number(t.references.size());
        for (const auto& [local, i] : t.references) {
            number(local);
            item(i);
        }
        number(t.calls.size());
        for (const std::vector<ContractWatch>& call : t.calls) {
            number(call.size());
            for (const ContractWatch& w : call) {
                number(w.contract);
                number(w.structure);
                value(w.slot);
                number(w.cell);
                value(w.net);
                value(w.held_on_entry);
            }
        }
        number(t.held.size());
        for (const auto& [key, count] : t.held) {
            text(key.first);
            number(key.second.first);
            value(key.second.second);
            value(count);
        }
        number(t.passed.size());
        for (std::uint32_t label : t.passed) number(label);
        number(t.irqs_off ? 1 : 0);
    }

    std::string take() { return std::move(out_); }

private:
    std::string out_;
};

bool points_into(const Layout& layout, std::uint32_t structure, Value pointer, const Object& object) {
    std::uint32_t cell = cell_of_pointer(layout, structure, pointer);
    return cell != kNone && cell >= object.begin && cell < object.end;
}

// The struct that values of this type point to; kNone if they are no pointers.
std::uint32_t pointee(const Layout& layout, TypeId id) {
    if (!id.valid()) return kNone;
    const Type& type = (*layout.program)[id];
    return type.kind == TypeKind::kPointer ? type.structure.value : kNone;
}

bool is_pointer_item(const Item& item) {
    return item.kind == ItemKind::kPointer || (item.kind == ItemKind::kAddress && item.address == AddressKind::kThroughPointer);
}

void set_mark(const Layout& layout, std::uint32_t structure, Value& pointer, const Object& object, bool mark) {
    if (!points_into(layout, structure, pointer, object)) return;
    pointer = make_pointer(slot_of(pointer), mark);
}

void set_marks_of_temporaries(const Layout& layout, Thread& thread, const Object& object, bool mark) {
    for (Item& item : thread.values) {
        if (is_pointer_item(item)) set_mark(layout, item.structure, item.value, object, mark);
    }
    for (auto& [local, item] : thread.references) {
        if (is_pointer_item(item)) set_mark(layout, item.structure, item.value, object, mark);
    }
}

}  // namespace

std::string state_key(const State& state) {
    KeyWriter out;
    for (std::size_t i = 0; i < state.cells.size(); ++i) {
        out.number(state.defined[i] != 0 ? 1 : 0);
        if (state.defined[i] != 0) out.value(state.cells[i]);
    }
    for (const std::vector<Value>& sequence : state.sequences) {
        out.number(sequence.size());
        for (Value v : sequence) out.value(v);
    }
    for (char alive : state.alive) out.number(alive != 0 ? 1 : 0);
    for (const Thread& thread : state.threads) out.thread(thread);
    return out.take();
}

std::uint32_t cell_of_pointer(const Layout& layout, std::uint32_t structure, Value pointer) {
    Value slot = slot_of(pointer);
    if (slot <= 0 || structure == kNone) return kNone;
    const std::vector<Instance>& instances = layout.instances[structure];
    auto index = static_cast<std::size_t>(slot - 1);
    if (index < instances.size()) return instances[index].cell;
    index -= instances.size();
    const std::vector<Phantom>& phantoms = layout.phantoms[structure];
    if (index >= phantoms.size()) return kNone;
    return layout.instances[phantoms[index].member.index()][phantoms[index].slot - 1].cell;
}

bool is_phantom(const Layout& layout, std::uint32_t structure, Value pointer) {
    return slot_of(pointer) > static_cast<Value>(layout.instances[structure].size());
}

void mark_dangling(const Layout& layout, State& state, const Object& object) {
    for (std::size_t i = 0; i < layout.cells.size(); ++i) {
        const CellInfo& cell = layout.cells[i];
        if (cell.sequence == kNone) {
            set_mark(layout, pointee(layout, cell.type), state.cells[i], object, true);
            continue;
        }
        const Type& type = (*layout.program)[cell.type];
        if (type.kind == TypeKind::kLedger) continue;
        for (Value& member : state.sequences[cell.sequence]) {
            set_mark(layout, pointee(layout, type.element), member, object, true);
        }
    }
    for (Thread& thread : state.threads) set_marks_of_temporaries(layout, thread, object, true);
}

void refresh_locals(const Layout& layout, State& state, std::uint32_t thread, const Object& object) {
    for (const CellRange& local : layout.threads[thread].locals) {
        for (std::uint32_t i = 0; i < local.size; ++i) {
            const CellInfo& cell = layout.cells[local.begin + i];
            if (!cell.is_private || cell.sequence != kNone) continue;
            set_mark(layout, pointee(layout, cell.type), state.cells[local.begin + i], object, false);
        }
    }
    set_marks_of_temporaries(layout, state.threads[thread], object, false);
}

namespace {

void describe_value(const Layout& layout, TypeId id, Value v, std::ostream& out) {
    std::uint32_t structure = pointee(layout, id);
    if (structure == kNone) {
        out << v;
        return;
    }
    std::uint32_t cell = cell_of_pointer(layout, structure, v);
    if (slot_of(v) == 0) {
        out << "NULL";
    } else if (slot_of(v) < 0) {
        out << "ERR_PTR(" << slot_of(v) << ")";
    } else {
        out << "&" << (*layout.program).structs[structure].name << "#" << slot_of(v);
        if (cell != kNone) out << "=" << layout.cells[cell].name;
    }
    if (is_dangling(v)) out << "!";
}

}  // namespace

std::string describe(const Layout& layout, const State& state) {
    std::ostringstream out;
    for (std::size_t i = 0; i < layout.cells.size(); ++i) {
        const CellInfo& cell = layout.cells[i];
        if (cell.sequence != kNone) {
            const std::vector<Value>& sequence = state.sequences[cell.sequence];
            if (sequence.empty()) continue;
            TypeId element = (*layout.program)[cell.type].element;
            out << cell.name << " = {";
            for (Value v : sequence) {
                out << " ";
                describe_value(layout, element, v, out);
            }
            out << " }\n";
        } else if (state.defined[i] != 0 && (state.cells[i] != 0 || cell.thread != kNone)) {
            out << cell.name << " = ";
            describe_value(layout, cell.type, state.cells[i], out);
            out << "\n";
        }
    }
    for (std::size_t i = 0; i < layout.objects.size(); ++i) {
        if (state.alive[i] != 0) out << layout.cells[layout.objects[i].begin].name << " is alive\n";
    }
    for (std::size_t t = 1; t < state.threads.size(); ++t) {
        const Thread& thread = state.threads[t];
        out << layout.threads[t].name << ":";
        if (thread.frames.empty()) out << " ended";
        for (const Frame& f : thread.frames) {
            const char* kinds[] = {" s", " e", " p", " call e"};
            out << kinds[static_cast<int>(f.kind)] << f.id << "." << f.phase;
        }
        for (const auto& [key, count] : thread.held) {
            out << " holds " << key.first << key.second.second << (count > 1 ? " more than once" : "");
        }
        out << "\n";
    }
    return out.str();
}

}  // namespace quire::reference
