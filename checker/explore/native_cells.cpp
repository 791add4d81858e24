// The machine code of cells that are computed: an index, and a table that says where what it names lies.
#ifdef QUIRE_ASMJIT

#include <cstddef>
#include <set>

#include "explore/native_emitter.h"

namespace quire::explore {

namespace x86 = asmjit::x86;

namespace {

constexpr std::uint16_t kNowhere = 0xffff;

}  // namespace

// How many there seem to be, of the array that a step of this shape goes through.  What is beyond is left to the
// interpreter, so a guess is good enough.
std::size_t NativeEmitter::elements(Address base, std::uint32_t stride) const {
    for (const Repetition& r : system_.repetitions) {
        if (r.stride == stride && base >= r.base && base < r.base + stride) return r.count;
    }
    const Variable& v = system_.variables[system_.cell_variable[base]];
    if (stride == 1) return v.base + v.count - base;
    return (code_.cells - base + stride - 1) / stride;
}

// By index; those that are no addresses are gaps.
std::vector<Value> NativeEmitter::addresses(const BytecodeInstruction& i) const {
    std::vector<Value> result;
    switch (i.opcode) {
        case Opcode::kStoreElement:
        case Opcode::kLoadElement:
            if (i.b >= code_.cells) break;
            for (std::size_t n = 0; n < elements(i.b, i.c); ++n) result.push_back(static_cast<Value>(i.b + n * i.c));
            break;
        case Opcode::kStoreIndirect:
        case Opcode::kLoad:
            for (Address a = 0; a < code_.cells; ++a) result.push_back(a);
            break;
        default: result.assign(code_.tables.begin() + i.b, code_.tables.begin() + i.b + i.c); break;
    }
    return result;
}

NativeEmitter::Choice NativeEmitter::choose(const std::vector<Value>& addresses) {
    auto [known, added] = choices_.try_emplace(addresses);
    Choice& choice = known->second;
    if (!added) return choice;
    choice.size = addresses.size();
    std::vector<NativePlace> places;
    std::set<std::uint32_t> words;
    bool first = true;
    for (Value address : addresses) {
        if (address < 0 || address >= static_cast<Value>(code_.cells)) {
            choice.has_gaps = true;
            places.push_back({0, 0, kNowhere});
            continue;
        }
        const Field& f = layout_.field(static_cast<Address>(address));
        const std::uint32_t word = f.bits == 0 ? 0 : f.word;
        const std::uint32_t shift = f.bits == 0 ? 0 : f.shift;
        places.push_back({f.max, f.lo, shift | std::uint64_t{word} << 8});
        choice.cells.push_back(static_cast<Address>(address));
        words.insert(word);
        choice.alike = choice.alike && (first || (f.max == choice.max && f.lo == choice.lo));
        if (first) {
            choice.max = f.max;
            choice.lo = f.lo;
        }
        first = false;
    }
    choice.words.assign(words.begin(), words.end());
    if (choice.alike) {
        std::vector<std::uint16_t>& table = data_.alike.emplace_back();
        for (const NativePlace& p : places) table.push_back(static_cast<std::uint16_t>(p.where));
        choice.table = table.data();
    } else {
        choice.table = data_.places.emplace_back(std::move(places)).data();
    }
    return choice;
}

NativeEmitter::Found NativeEmitter::find(const Choice& choice, const Gp& index) {
    compare_literal(index, static_cast<Value>(choice.size));
    by_bytecode(Condition::kAE);
    Found found;
    found.record = cc_.newUIntPtr();
    found.where = fresh();
    cc_.mov(found.record, reinterpret_cast<std::uintptr_t>(choice.table));
    if (choice.alike) {
        cc_.movzx(found.where.r32(), x86::word_ptr(found.record, index, 1));
    } else {
        static_assert(sizeof(NativePlace) == 24);
        Gp scaled = fresh();
        cc_.lea(scaled, x86::ptr(index, index, 1));
        cc_.lea(found.record, x86::ptr(found.record, scaled, 3));
        cc_.mov(found.where, x86::qword_ptr(found.record, static_cast<std::int32_t>(offsetof(NativePlace, where))));
    }
    if (choice.has_gaps) {
        cc_.cmp(found.where.r32(), kNowhere);
        by_bytecode(Condition::kE);
    }
    return found;
}

NativeEmitter::Gp NativeEmitter::word_number(const Choice& choice, const Found& found) {
    Gp number;
    if (choice.words.size() < 2) return number;
    number = fresh();
    cc_.mov(number, found.where);
    cc_.shr(number, 8);
    return number;
}

NativeEmitter::Gp NativeEmitter::load(const Choice& choice, const Found& found) {
    for (std::uint32_t w : choice.words) flush(w);
    Gp number = word_number(choice, found);
    Gp value = fresh();
    cc_.mov(value, words_[choice.words[0]]);
    for (std::size_t k = 1; k < choice.words.size(); ++k) {
        cc_.cmp(number, choice.words[k]);
        cc_.cmove(value, words_[choice.words[k]]);
    }
    cc_.shr(value, found.where.r8());
    if (choice.alike) {
        and_literal(value, choice.max);
        add_literal(value, choice.lo);
    } else {
        cc_.and_(value, x86::qword_ptr(found.record, static_cast<std::int32_t>(offsetof(NativePlace, max))));
        cc_.add(value, x86::qword_ptr(found.record, static_cast<std::int32_t>(offsetof(NativePlace, lo))));
    }
    return value;
}

void NativeEmitter::store(const Choice& choice, const Found& found, const Operand& value) {
    for (std::uint32_t w : choice.words) flush(w);
    Gp put, keep = fresh();
    if (choice.alike) {
        put = offset(value, choice.lo, choice.max);
        cc_.mov(keep, choice.max);
    } else {
        put = copy(value);
        cc_.mov(keep, x86::qword_ptr(found.record, static_cast<std::int32_t>(offsetof(NativePlace, max))));
        cc_.sub(put, x86::qword_ptr(found.record, static_cast<std::int32_t>(offsetof(NativePlace, lo))));
        cc_.cmp(put, keep);
        by_bytecode(Condition::kA);
    }
    cc_.shl(put, found.where.r8());
    cc_.shl(keep, found.where.r8());
    cc_.not_(keep);
    Gp number = word_number(choice, found);
    for (std::uint32_t w : choice.words) {
        if (choice.words.size() == 1) {
            cc_.and_(words_[w], keep);
            cc_.or_(words_[w], put);
            break;
        }
        Gp changed = fresh();
        cc_.mov(changed, words_[w]);
        cc_.and_(changed, keep);
        cc_.or_(changed, put);
        cc_.cmp(number, w);
        cc_.cmove(words_[w], changed);
    }
    forget(choice.cells);
}

void NativeEmitter::emit_indexed(const BytecodeInstruction& i) {
    const bool by_slot = i.opcode == Opcode::kStoreField || i.opcode == Opcode::kLoadField;
    const bool stores =
        i.opcode == Opcode::kStoreField || i.opcode == Opcode::kStoreElement || i.opcode == Opcode::kStoreIndirect;
    const std::vector<Value> cells = addresses(i);
    const Operand named = operand(i.a);
    Operand value;
    if (stores) value = operand(i.opcode == Opcode::kStoreIndirect ? i.b : i.e);
    if (named.is_literal) {
        const Value index = by_slot ? named.literal >> 1 : named.literal;
        const bool inside = index >= 0 && index < static_cast<Value>(cells.size());
        const Value address = inside ? cells[static_cast<std::size_t>(index)] : -1;
        if (address < 0 || address >= static_cast<Value>(code_.cells))
            cc_.jmp(by_bytecode_);
        else if (stores)
            store_cell(static_cast<Address>(address), value);
        else
            define(i.d, cell(static_cast<Address>(address)));
        return;
    }
    const Choice choice = choose(cells);
    if (choice.cells.empty()) {
        cc_.jmp(by_bytecode_);
        return;
    }
    Gp index = named.reg;
    if (by_slot) {
        index = copy(named);
        cc_.sar(index, 1);
    }
    const Found found = find(choice, index);
    if (stores)
        store(choice, found, value);
    else
        define(i.d, computed(load(choice, found)));
}

void NativeEmitter::emit_lookup(const BytecodeInstruction& i) {
    Gp index = copy(operand(i.a));
    if (i.opcode == Opcode::kLookupSlot) cc_.sar(index, 1);
    compare_literal(index, i.c);
    by_bytecode(Condition::kAE);
    Gp table = cc_.newUIntPtr(), value = fresh();
    cc_.mov(table, reinterpret_cast<std::uintptr_t>(data_.tables.data() + i.b));
    cc_.mov(value, x86::qword_ptr(table, index, 3));
    define(i.d, computed(value));
}

}  // namespace quire::explore

#endif
