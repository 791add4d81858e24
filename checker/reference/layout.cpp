#include "reference/layout.h"

#include <algorithm>
#include <limits>
#include <set>

namespace quire::reference {

namespace {

// Walks over everything that a body can reach and collects what has to be laid out for it.
class Walker {
public:
    explicit Walker(const TypedProgram& program) : program_(program) {}

    void statement(StatementId id) {
        if (!id.valid()) return;
        path_.push_back(id);
        const Statement& s = program_[id];
        for (LocalId local : s.locals) add(local);
        add(s.local);
        note_labels(s);
        for (ExpressionId e : s.operands) expression(e);
        for (const Initialiser& i : s.initialisers) {
            place(i.place);
            expression(i.value);
        }
        if (s.place.valid()) place(s.place);
        for (const Argument& a : s.arguments) argument(a);
        expression(s.from.thread);
        expression(s.to.thread);
        expression(s.amount);
        for (StatementId child : s.body) statement(child);
        path_.pop_back();
    }

    void expression(ExpressionId id) {
        if (!id.valid()) return;
        const TypedExpression& e = program_[id];
        if (e.place.valid()) place(e.place);
        if (e.kind == ExpressionKind::kQuantifier) add(e.local);
        for (ExpressionId operand : e.operands) expression(operand);
        for (const Argument& a : e.arguments) argument(a);
        if (e.kind == ExpressionKind::kStatements) statement(e.statement);
        if (e.kind == ExpressionKind::kCall) function(e.function);
        if (e.kind == ExpressionKind::kCallIndirect) all_taken();
    }

    std::set<LocalId> locals;
    std::map<LabelId, LabelPlace> labels;

private:
    void add(LocalId local) {
        if (local.valid()) locals.insert(local);
    }

    void argument(const Argument& a) {
        expression(a.value);
        if (a.place.valid()) place(a.place);
    }

    void place(PlaceId id) {
        const Place& p = program_[id];
        if (p.kind == PlaceKind::kLocal) add(p.local);
        if (p.base.valid()) place(p.base);
        expression(p.operand);
    }

    void function(FunctionId id) {
        if (!id.valid() || !functions_.insert(id).second) return;
        const Function& f = program_[id];
        for (LocalId parameter : f.parameters) add(parameter);
        std::vector<StatementId> outer;
        outer.swap(path_);
        for (const Contract& c : f.contracts) expression(c.lock);
        statement(f.body);
        path_.swap(outer);
    }

    void all_taken() {
        for (std::size_t i = 0; i < program_.functions.size(); ++i) {
            if (program_.functions[i].address_taken) function(FunctionId(i));
        }
    }

    void note_labels(const Statement& s) {
        auto note = [&](LabelId label, Landing landing) {
            if (label.valid()) labels.emplace(label, LabelPlace{landing, path_});
        };
        if (s.kind == StatementKind::kLabel) note(s.label, Landing::kBefore);
        if (s.kind == StatementKind::kLoop || s.kind == StatementKind::kSwitch) {
            note(s.break_label, Landing::kBehind);
        }
        if (s.kind == StatementKind::kLoop) note(s.label, Landing::kContinue);
    }

    const TypedProgram& program_;
    std::set<FunctionId> functions_;
    std::vector<StatementId> path_;
};

class Builder {
public:
    Builder(const TypedProgram& program, const ConstantValues& constants) : program_(program) {
        out_.program = &program;
        out_.constants = constants;
    }

    Layout build() {
        measure_types();
        out_.instances.resize(program_.structs.size());
        out_.phantoms.resize(program_.structs.size());
        out_.pool_objects.resize(program_.structs.size());
        out_.labels.resize(program_.labels.size());
        for (const Global& g : program_.globals) {
            out_.global_cell.push_back(next());
            Context context;
            context.ghost = g.is_ghost;
            put(g.type, context, g.name, nullptr);
        }
        for (const Pool& pool : program_.pools) put_pool(pool);
        put_threads();
        put_phantoms();
        classify_locks();
        return std::move(out_);
    }

private:
    struct Context {
        std::uint32_t thread = kNone;
        bool is_private = false;
        bool ghost = false;
        std::uint32_t object = kNone;
    };

    std::uint32_t next() const { return static_cast<std::uint32_t>(out_.cells.size()); }

    Value constant(ExpressionId id, Value otherwise) const {
        if (!id.valid()) return otherwise;
        return evaluate_constant(program_, id, out_.constants).value_or(otherwise);
    }

    void measure_types() {
        std::size_t count = program_.types.size();
        out_.ranges.resize(count);
        out_.extents.assign(count, kNone);
        out_.sizes.assign(count, kNone);
        out_.member_offsets.resize(program_.structs.size());
        for (std::size_t i = 0; i < count; ++i) {
            const Type& type = program_.types[i];
            if (type.has_range) out_.ranges[i] = {true, constant(type.lo, 0), constant(type.hi, 0)};
            if (!type.extent.valid()) continue;
            out_.extents[i] = static_cast<std::uint32_t>(std::max<Value>(0, constant(type.extent, 0)));
        }
        for (std::size_t i = 0; i < count; ++i) measure(TypeId(i));
    }

    std::uint32_t measure(TypeId id) {
        std::uint32_t& known = out_.sizes[id.index()];
        if (known != kNone) return known;
        const Type& type = program_[id];
        std::uint32_t size = 1;
        if (type.kind == TypeKind::kVoid || type.kind == TypeKind::kReference) size = 0;
        if (type.kind == TypeKind::kArray) size = out_.extents[id.index()] * measure(type.element);
        if (type.kind == TypeKind::kStruct) {
            std::vector<std::uint32_t> offsets;
            std::uint32_t total = 0;
            for (const StructMember& member : program_[type.structure].members) {
                offsets.push_back(total);
                total += measure(member.type);
            }
            // Two structs without members must not be the same place.
            size = std::max(1u, total);
            out_.member_offsets[type.structure.index()] = std::move(offsets);
        }
        return out_.sizes[id.index()] = size;
    }

    void put(TypeId id, const Context& context, const std::string& name, const StructMember* member) {
        const Type& type = program_[id];
        switch (type.kind) {
            case TypeKind::kVoid:
            case TypeKind::kReference: return;
            case TypeKind::kStruct: put_struct(type.structure, context, name); return;
            case TypeKind::kArray:
                for (std::uint32_t i = 0; i < out_.extents[id.index()]; ++i) {
                    put(type.element, context, name + "[" + std::to_string(i) + "]", member);
                }
                return;
            case TypeKind::kBool:
            case TypeKind::kInteger:
            case TypeKind::kEnum:
            case TypeKind::kThread:
            case TypeKind::kPointer:
            case TypeKind::kFunctionPointer:
            case TypeKind::kSet:
            case TypeKind::kList:
            case TypeKind::kLedger: break;
        }
        CellInfo cell = blank(context, name);
        cell.type = id;
        bool is_sequence = type.kind == TypeKind::kSet || type.kind == TypeKind::kList || type.kind == TypeKind::kLedger;
        if (is_sequence) cell.sequence = out_.sequences++;
        if (type.kind == TypeKind::kLedger && member != nullptr) {
            cell.accounts = static_cast<std::uint32_t>(member->accounts.size());
        }
        add(std::move(cell), context);
    }

    void put_struct(StructId id, const Context& context, const std::string& name) {
        std::uint32_t begin = next();
        if (!context.is_private) {
            std::vector<Instance>& instances = out_.instances[id.index()];
            instances.push_back({begin, context.object});
            out_.slot_at[{id.value, begin}] = static_cast<std::uint32_t>(instances.size());
        }
        const Struct& structure = program_[id];
        for (const StructMember& member : structure.members) {
            Context inner = context;
            inner.ghost = context.ghost || member.is_ghost;
            std::uint32_t cell = next();
            put(member.type, inner, name + "." + member.name, &member);
            if (program_[member.type].kind == TypeKind::kLedger && member.ledger_of != kNone) {
                std::vector<std::uint32_t> path = member.ledger_path;
                if (path.empty()) path.push_back(member.ledger_of);
                out_.cells[cell].counter = begin + out_.offset_of(id, path);
            }
        }
        if (next() == begin) add(blank(context, name), context);
    }

    CellInfo blank(const Context& context, const std::string& name) const {
        CellInfo cell;
        cell.thread = context.thread;
        cell.is_private = context.is_private;
        cell.is_ghost = context.ghost;
        cell.name = name;
        return cell;
    }

    void add(CellInfo cell, const Context& context) {
        out_.cells.push_back(std::move(cell));
        out_.object_of_cell.push_back(context.object);
    }

    TypeId struct_type(StructId id) const {
        for (std::size_t i = 0; i < program_.types.size(); ++i) {
            if (program_.types[i].kind == TypeKind::kStruct && program_.types[i].structure == id) return TypeId(i);
        }
        return TypeId();
    }

    void put_pool(const Pool& pool) {
        // A struct that only pointers name may never have been measured as a type of its own.
        TypeId type = struct_type(pool.structure);
        if (!type.valid()) measure_bare(pool.structure);
        Value size = std::max<Value>(0, constant(pool.size, 0));
        for (Value i = 0; i < size; ++i) {
            Context context;
            context.object = static_cast<std::uint32_t>(out_.objects.size());
            Object object;
            object.begin = next();
            object.structure = pool.structure;
            object.in_pool = true;
            object.typesafe = pool.typesafe;
            object.slot = out_.slot_count(pool.structure) + 1;
            put_struct(pool.structure, context, program_[pool.structure].name + "#" + std::to_string(object.slot));
            object.end = next();
            out_.pool_objects[pool.structure.index()].push_back(context.object);
            out_.objects.push_back(object);
        }
    }

    void measure_bare(StructId id) {
        std::vector<std::uint32_t> offsets;
        std::uint32_t total = 0;
        for (const StructMember& member : program_[id].members) {
            offsets.push_back(total);
            total += measure(member.type);
        }
        out_.member_offsets[id.index()] = std::move(offsets);
    }

    void put_threads() {
        Walker start(program_);
        for (StatementId init : program_.inits) start.statement(init);
        for (const Property& property : program_.properties) start.expression(property.condition);
        for (const Global& g : program_.globals) {
            for (const Initialiser& i : g.initialisers) start.expression(i.value);
        }
        ThreadInfo nobody;
        nobody.name = "init";
        out_.threads.push_back(nobody);
        out_.threads_of.resize(program_.roles.size());
        std::vector<Walker> walkers;
        for (std::size_t r = 0; r < program_.roles.size(); ++r) {
            const Role& role = program_.roles[r];
            walkers.emplace_back(program_);
            walkers.back().statement(role.body);
            for (LocalId parameter : role.parameters) walkers.back().locals.insert(parameter);
            Value count = std::max<Value>(0, constant(role.count, 1));
            for (Value i = 0; i < count; ++i) {
                ThreadInfo thread;
                thread.role = RoleId(r);
                thread.index = static_cast<std::uint32_t>(i);
                thread.daemon = role.daemon;
                thread.name = role.is_array ? role.name + "[" + std::to_string(i) + "]" : role.name;
                out_.threads_of[r].push_back(static_cast<std::uint32_t>(out_.threads.size()));
                out_.threads.push_back(std::move(thread));
            }
        }
        for (std::uint32_t t = 1; t < out_.threads.size(); ++t) {
            put_locals(t, walkers[out_.threads[t].role.index()]);
        }
        put_locals(0, start);
        take_labels(start);
        for (const Walker& walker : walkers) take_labels(walker);
    }

    void take_labels(const Walker& walker) {
        for (const auto& [label, where] : walker.labels) out_.labels[label.index()] = where;
    }

    void put_locals(std::uint32_t thread, const Walker& walker) {
        out_.threads[thread].locals.resize(program_.locals.size());
        for (LocalId id : walker.locals) {
            const Local& local = program_[id];
            if (local.is_reference) continue;
            Context context;
            context.thread = thread;
            context.ghost = local.is_ghost;
            context.is_private = !local.in_memory;
            std::uint32_t begin = next();
            if (local.in_memory) {
                context.object = static_cast<std::uint32_t>(out_.objects.size());
                out_.objects.emplace_back();
            }
            put(local.type, context, out_.threads[thread].name + ":" + local.name, nullptr);
            if (local.in_memory) {
                out_.objects[context.object].begin = begin;
                out_.objects[context.object].end = next();
            }
            out_.threads[thread].locals[id.index()] = {begin, next() - begin};
        }
    }

    void put_phantoms() {
        std::set<std::vector<std::uint32_t>> seen;
        for (const TypedExpression& e : program_.expressions) {
            if (e.kind != ExpressionKind::kContainerOf || !seen.insert(path_key(e)).second) continue;
            std::uint32_t offset = out_.offset_of(e.structure, e.member_path);
            StructId inner = program_[program_[e.operands[0]].type].structure;
            const std::vector<Instance>& members = out_.instances[inner.index()];
            for (std::uint32_t slot = 1; slot <= members.size(); ++slot) {
                std::uint32_t cell = members[slot - 1].cell;
                if (cell >= offset && out_.slot_at.count({e.structure.value, cell - offset}) != 0) continue;
                out_.phantoms[e.structure.index()].push_back({offset, inner, slot});
            }
        }
    }

    static std::vector<std::uint32_t> path_key(const TypedExpression& e) {
        std::vector<std::uint32_t> key = e.member_path;
        key.push_back(e.structure.value);
        return key;
    }

    // A class of locks is sleeping if some function of the program acquires it and may sleep.
    void classify_locks() {
        out_.sleeping_struct.assign(program_.structs.size(), false);
        for (const Function& f : program_.functions) {
            bool sleeps = std::any_of(f.contracts.begin(), f.contracts.end(),
                                      [](const Contract& c) { return c.kind == ContractKind::kSleeps; });
            if (!sleeps) continue;
            for (const Contract& c : f.contracts) {
                if (c.kind != ContractKind::kAcquires) continue;
                if (!c.lock.valid()) {
                    out_.sleeping_names.push_back(c.name);
                    continue;
                }
                StructId s = program_[program_[c.lock].type].structure;
                if (s.valid()) out_.sleeping_struct[s.index()] = true;
            }
        }
    }

    const TypedProgram& program_;
    Layout out_;
};

void collect_scalars(const Layout& layout, TypeId id, bool with_ghosts, std::uint32_t at, std::vector<std::uint32_t>& out) {
    const TypedProgram& program = *layout.program;
    const Type& type = program[id];
    switch (type.kind) {
        case TypeKind::kStruct: {
            const Struct& s = program[type.structure];
            for (std::size_t m = 0; m < s.members.size(); ++m) {
                if (s.members[m].is_ghost && !with_ghosts) continue;
                std::uint32_t offset = layout.member_offsets[type.structure.index()][m];
                collect_scalars(layout, s.members[m].type, with_ghosts, at + offset, out);
            }
            return;
        }
        case TypeKind::kArray:
            for (std::uint32_t i = 0; i < layout.extents[id.index()]; ++i) {
                collect_scalars(layout, type.element, with_ghosts, at + i * layout.size(type.element), out);
            }
            return;
        case TypeKind::kVoid:
        case TypeKind::kReference:
        case TypeKind::kSet:
        case TypeKind::kList:
        case TypeKind::kLedger: return;
        case TypeKind::kBool:
        case TypeKind::kInteger:
        case TypeKind::kEnum:
        case TypeKind::kThread:
        case TypeKind::kPointer:
        case TypeKind::kFunctionPointer: out.push_back(at); return;
    }
}

}  // namespace

std::uint64_t Layout::list_capacity(TypeId list) const {
    TypeId element = (*program)[list].element;
    const Type& type = (*program)[element];
    switch (type.kind) {
        case TypeKind::kPointer: return std::uint64_t{slot_count(type.structure)} + 1;
        case TypeKind::kThread: return threads.size();
        case TypeKind::kEnum: return (*program)[type.enumeration].values.size();
        case TypeKind::kBool: return 2;
        case TypeKind::kInteger: {
            const Range& range = ranges[element.index()];
            if (range.limited) return static_cast<std::uint64_t>(std::max<Value>(0, range.hi - range.lo + 1));
            break;
        }
        case TypeKind::kVoid:
        case TypeKind::kFunctionPointer:
        case TypeKind::kStruct:
        case TypeKind::kArray:
        case TypeKind::kSet:
        case TypeKind::kList:
        case TypeKind::kLedger:
        case TypeKind::kReference: break;
    }
    return std::numeric_limits<std::uint64_t>::max();
}

std::uint32_t Layout::offset_of(StructId outer, const std::vector<std::uint32_t>& path) const {
    std::uint32_t offset = 0;
    for (std::uint32_t member : path) {
        offset += member_offsets[outer.index()][member];
        outer = (*program)[(*program)[outer].members[member].type].structure;
    }
    return offset;
}

std::vector<std::uint32_t> Layout::scalars_of(TypeId type, bool with_ghosts) const {
    std::vector<std::uint32_t> out;
    collect_scalars(*this, type, with_ghosts, 0, out);
    return out;
}

Layout lay_out(const TypedProgram& program, const ConstantValues& constants) { return Builder(program, constants).build(); }

}  // namespace quire::reference
