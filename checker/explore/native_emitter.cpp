// Translation of bytecode, instruction by instruction, as in the tier that browsers use first (M. Paleczny, C. Vick and
// C. Click describe the other one, "The Java HotSpot server compiler", 2001): the gain over an interpreter is in the
// dispatch that is gone and in literals that are known, not in optimisation.  asmjit allocates registers.
//
// The words of the state are in registers.  A cell that is only read is cut out of them then, and remembered until the
// next place where control can arrive.  A cell that is written has a register of its own and is put into its word at the
// end: steps count a variable up and reset it, and what it held in between needs no room in a state.
//
// Invariant: where this code says how a way ends, the interpreter says the same, with the same successor, the same
// coverage and the same choices.  Whatever it has no instructions for (a fault, a value that does not fit its field, an
// address out of bounds, a `free`) it leaves to the interpreter, from the beginning of the way.
#ifdef QUIRE_ASMJIT

#include "explore/native_emitter.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <set>

#include "support/invariant.h"

namespace quire::explore {

namespace x86 = asmjit::x86;

namespace {

bool fits_in_32(Value value) {
    return value >= std::numeric_limits<std::int32_t>::min() && value <= std::numeric_limits<std::int32_t>::max();
}

bool is_indexed(Opcode opcode) {
    switch (opcode) {
        case Opcode::kStoreIndirect:
        case Opcode::kStoreField:
        case Opcode::kStoreElement:
        case Opcode::kLoad:
        case Opcode::kLoadLookup:
        case Opcode::kLoadField:
        case Opcode::kLoadElement: return true;
        default: return false;
    }
}

bool is_jump(Opcode opcode) { return opcode >= Opcode::kJump && opcode <= Opcode::kJumpOutside; }

// What of the state a way that ends so would have left does not matter.
bool ends_without_state(Opcode opcode) { return opcode > Opcode::kFinish; }

bool goes_on(Opcode opcode) { return opcode != Opcode::kJump && opcode != Opcode::kStoreFinish && opcode < Opcode::kFinish; }

}  // namespace

NativeEmitter::NativeEmitter(x86::Compiler& compiler, const TransitionSystem& system, const Bytecode& code,
                             const PackedLayout& layout, std::span<const std::uint8_t> flags, NativeData& data)
    : cc_(compiler), system_(system), code_(code), layout_(layout), flags_(flags), data_(data) {}

// ---------------------------------------------------------------------------------------------------------- programs

void NativeEmitter::find_reached(const BytecodeProgram& program) {
    std::set<std::uint32_t> seen;
    std::vector<std::uint32_t> open{program.entry};
    while (!open.empty()) {
        std::uint32_t n = open.back();
        open.pop_back();
        if (!seen.insert(n).second) continue;
        const BytecodeInstruction& i = code_.code[n];
        if (is_jump(i.opcode)) open.push_back(i.d);
        if (goes_on(i.opcode)) open.push_back(n + 1);
    }
    reached_.assign(seen.begin(), seen.end());
}

bool NativeEmitter::can_emit(const BytecodeProgram& program) {
    constexpr std::size_t kMost = 4096;  // instructions
    if (program.source == nullptr || program.reads_self) return false;
    find_reached(program);
    if (reached_.size() > kMost) return false;
    return std::none_of(reached_.begin(), reached_.end(), [this](std::uint32_t n) {
        Opcode opcode = code_.code[n].opcode;
        return opcode == Opcode::kLoopHead || opcode == Opcode::kLoadBefore;
    });
}

NativeChoice NativeEmitter::first_choice(const BytecodeProgram& program) {
    constexpr Value kMostWays = 8;
    find_reached(program);
    NativeChoice result;
    for (std::uint32_t n : reached_) {
        if (code_.code[n].opcode != Opcode::kChoose) continue;
        if (result.number != kNone) return {};
        result.number = n;
    }
    if (result.number == kNone) return {};
    const BytecodeInstruction& choice = code_.code[result.number];
    if (choice.a < code_.literals || choice.b < code_.literals) return {};
    result.value = code_.frame[choice.a];
    result.last = code_.frame[choice.b];
    if (result.last < result.value || result.last - result.value >= kMostWays) return {};
    // What gets to an end without it.
    std::set<std::uint32_t> seen{result.number};
    std::vector<std::uint32_t> open{program.entry};
    while (!open.empty()) {
        const std::uint32_t n = open.back();
        open.pop_back();
        if (!seen.insert(n).second) continue;
        const BytecodeInstruction& i = code_.code[n];
        const bool ends = i.opcode == Opcode::kStoreFinish || i.opcode >= Opcode::kFinish;
        if (ends && i.opcode != Opcode::kBlocked) return {};
        if (is_jump(i.opcode)) open.push_back(i.d);
        if (goes_on(i.opcode)) open.push_back(n + 1);
    }
    return result;
}

asmjit::Label NativeEmitter::emit(const BytecodeProgram& program, bool is_condition, const NativeChoice& chosen) {
    is_condition_ = is_condition;
    find_reached(program);
    chosen_ = chosen;
    chosen_slot_ = chosen.number == kNone ? kNone : code_.code[chosen.number].d;
    auto sets = [&](std::uint32_t n) {
        const BytecodeInstruction& i = code_.code[n];
        const bool writes_d = i.opcode >= Opcode::kMove && i.opcode <= Opcode::kGeneric;
        const bool marks = i.opcode == Opcode::kMarkRegister || i.opcode == Opcode::kClearRegister;
        return (writes_d || marks) && i.d == chosen_slot_;
    };
    if (std::any_of(reached_.begin(), reached_.end(), sets)) chosen_slot_ = kNone;
    for (std::uint32_t z = 0; z < program.zeroed; ++z) {
        if (code_.zeroed[program.first_zeroed + z] == chosen_slot_) chosen_slot_ = kNone;
    }
    labels_.clear();
    edges_.clear();
    frame_.clear();
    cached_.clear();
    has_result_ = false;
    using asmjit::FuncSignatureT;
    asmjit::FuncNode* function =
        is_condition ? cc_.addFunc(FuncSignatureT<std::uint32_t, const void*, void*>(asmjit::CallConvId::kHost))
                     : cc_.addFunc(FuncSignatureT<std::uint32_t, const void*, void*, void*>(asmjit::CallConvId::kHost));
    Gp from = cc_.newUIntPtr();
    to_ = cc_.newUIntPtr();
    context_ = cc_.newUIntPtr();
    function->setArg(0, from);
    if (!is_condition) function->setArg(1, to_);
    function->setArg(is_condition ? 1 : 2, context_);
    words_.clear();
    pending_.assign(layout_.words(), Pending{});
    for (std::uint32_t w = 0; w < layout_.words(); ++w) {
        words_.push_back(fresh());
        cc_.mov(words_[w], x86::ptr(from, static_cast<std::int32_t>(8 * w)));
    }
    by_bytecode_ = cc_.newLabel();
    for (std::uint32_t z = 0; z < program.zeroed; ++z) {
        Gp reg = frame_register(code_.zeroed[program.first_zeroed + z]);
        cc_.xor_(reg.r32(), reg.r32());
    }
    for (std::uint32_t n : reached_) {
        if (is_jump(code_.code[n].opcode)) labels_.try_emplace(code_.code[n].d, cc_.newLabel());
    }
    find_kept();
    find_written(program.entry);
    load_kept();
    set_flag(program.entry_flag);
    bool falls = true;
    for (std::uint32_t n : reached_) {
        if (auto label = labels_.find(n); label != labels_.end()) {
            if (falls) settle();
            std::fill(pending_.begin(), pending_.end(), Pending{});
            for (auto& [address, kept] : kept_) kept.known = false;
            cached_.clear();
            cc_.bind(label->second);
        }
        emit_instruction(n);
        falls = goes_on(code_.code[n].opcode);
    }
    emit_edges();
    cc_.bind(by_bytecode_);
    give(NativeEnd::kByBytecode);
    cc_.endFunc();
    return function->label();
}

void NativeEmitter::emit_edges() {
    for (const Edge& edge : edges_) {
        cc_.bind(edge.label);
        set_flag(edge.flag);
        cc_.jmp(label_of(edge.to));
    }
}

// -------------------------------------------------------------------------------------- cells that have a register

void NativeEmitter::find_kept() {
    kept_.clear();
    std::set<Address> indexed;
    for (std::uint32_t n : reached_) {
        const BytecodeInstruction& i = code_.code[n];
        if (!is_indexed(i.opcode)) continue;
        for (Value address : addresses(i)) {
            if (address >= 0 && address < static_cast<Value>(code_.cells)) indexed.insert(static_cast<Address>(address));
        }
    }
    for (std::uint32_t n : reached_) {
        const BytecodeInstruction& i = code_.code[n];
        const bool stores = i.opcode == Opcode::kStoreCell || i.opcode == Opcode::kStoreFinish;
        if (!stores || indexed.contains(i.d) || kept_.size() == 64) continue;
        auto [kept, added] = kept_.try_emplace(i.d);
        if (added) kept->second.bit = std::uint64_t{1} << (kept_.size() - 1);
    }
}

// Which of them have been written when control gets to an instruction.
void NativeEmitter::find_written(std::uint32_t entry) {
    written_.clear();
    written_[entry].every = 0;
    std::vector<std::uint32_t> open{entry};
    auto flow = [&](std::uint32_t to, const Written& from) {
        auto [there, added] = written_.try_emplace(to);
        const Written before = there->second;
        there->second.some |= from.some;
        there->second.every &= from.every;
        if (added || there->second.some != before.some || there->second.every != before.every) open.push_back(to);
    };
    while (!open.empty()) {
        const std::uint32_t n = open.back();
        open.pop_back();
        const BytecodeInstruction& i = code_.code[n];
        Written after = written_[n];
        if (i.opcode == Opcode::kStoreCell || i.opcode == Opcode::kStoreFinish) {
            auto kept = kept_.find(i.d);
            if (kept != kept_.end()) {
                after.some |= kept->second.bit;
                after.every |= kept->second.bit;
                written_[n].some |= i.opcode == Opcode::kStoreFinish ? kept->second.bit : 0;
                written_[n].every |= i.opcode == Opcode::kStoreFinish ? kept->second.bit : 0;
            }
        }
        if (is_jump(i.opcode)) flow(i.d, after);
        if (goes_on(i.opcode)) flow(n + 1, after);
    }
}

// Fields that are no operands may look like it.
bool NativeEmitter::may_read(const BytecodeInstruction& i, Address cell) const {
    return i.a == cell || i.b == cell || i.c == cell || i.e == cell;
}

// Those that somebody reads, or that would be put back unchanged at some end.
void NativeEmitter::load_kept() {
    for (auto& [address, kept] : kept_) {
        kept.reg = fresh();
        for (std::uint32_t n : reached_) {
            const BytecodeInstruction& i = code_.code[n];
            const Written& written = written_[n];
            const bool finishes = i.opcode == Opcode::kFinish || i.opcode == Opcode::kStoreFinish;
            if ((written.every & kept.bit) == 0 && may_read(i, address)) kept.loaded = true;
            if (finishes && (written.some & ~written.every & kept.bit) != 0) kept.loaded = true;
        }
        if (kept.loaded) extract(address, kept.reg);
    }
}

// Before control leaves to where it meets other ways.
void NativeEmitter::settle() {
    flush_all();
    for (auto& [address, kept] : kept_) {
        if (kept.known) set(kept.reg, kept.value);
        kept.known = false;
    }
}

// ------------------------------------------------------------------------------------------------------ small parts

asmjit::Label NativeEmitter::label_of(std::uint32_t number) { return labels_.at(number); }

NativeEmitter::Operand NativeEmitter::literal(Value value) {
    Operand result;
    result.is_literal = true;
    result.literal = value;
    result.is_truth = value == 0 || value == 1;
    return result;
}

NativeEmitter::Operand NativeEmitter::computed(const Gp& reg, bool is_truth) {
    Operand result;
    result.reg = reg;
    result.is_truth = is_truth;
    return result;
}

void NativeEmitter::give(NativeEnd end, std::uint32_t number) {
    Gp result = cc_.newUInt32();
    cc_.mov(result, static_cast<std::uint32_t>(end) | number << 8);
    cc_.ret(result);
}

void NativeEmitter::by_bytecode(Condition condition) { cc_.j(condition, by_bytecode_); }

void NativeEmitter::set_flag(std::uint32_t flag) {
    if (is_condition_ || !wants_flag(flag)) return;
    Gp base = cc_.newUIntPtr();
    cc_.mov(base, x86::ptr(context_, static_cast<std::int32_t>(offsetof(NativeContext, flags))));
    cc_.mov(x86::byte_ptr(base, static_cast<std::int32_t>(flag)), 1);
}

void NativeEmitter::add_literal(const Gp& reg, Value value) {
    if (value == 0) return;
    if (fits_in_32(value)) {
        cc_.add(reg, value);
        return;
    }
    Gp wide = fresh();
    cc_.mov(wide, value);
    cc_.add(reg, wide);
}

void NativeEmitter::and_literal(const Gp& reg, std::uint64_t value) {
    if (value == ~std::uint64_t{0}) return;
    if (fits_in_32(static_cast<Value>(value))) {
        cc_.and_(reg, static_cast<Value>(value));
        return;
    }
    Gp wide = fresh();
    cc_.mov(wide, value);
    cc_.and_(reg, wide);
}

void NativeEmitter::or_literal(const Gp& reg, std::uint64_t value) {
    if (value == 0) return;
    if (fits_in_32(static_cast<Value>(value))) {
        cc_.or_(reg, static_cast<Value>(value));
        return;
    }
    Gp wide = fresh();
    cc_.mov(wide, value);
    cc_.or_(reg, wide);
}

void NativeEmitter::compare_literal(const Gp& reg, Value value) {
    if (value == 0) {
        cc_.test(reg, reg);
    } else if (fits_in_32(value)) {
        cc_.cmp(reg, value);
    } else {
        Gp wide = fresh();
        cc_.mov(wide, value);
        cc_.cmp(reg, wide);
    }
}

void NativeEmitter::compare(const Operand& a, const Operand& b) {
    Gp left = in_register(a);
    if (b.is_literal)
        compare_literal(left, b.literal);
    else
        cc_.cmp(left, b.reg);
}

// ------------------------------------------------------------------------------------------------- frame and cells

NativeEmitter::Gp NativeEmitter::frame_register(std::uint32_t place) {
    auto [found, added] = frame_.try_emplace(place);
    if (added) found->second = fresh();
    return found->second;
}

NativeEmitter::Operand NativeEmitter::operand(std::uint32_t place) {
    if (place < code_.cells) return cell(place);
    if (place >= code_.literals) return literal(code_.frame[place]);
    INVARIANT(place >= code_.registers, "native code that reads what was before the step");
    if (place == chosen_slot_) return literal(chosen_.value);
    Operand result = computed(frame_register(place));
    result.slot = place;
    return result;
}

NativeEmitter::Gp NativeEmitter::copy(const Operand& operand) {
    Gp result = fresh();
    if (operand.is_literal)
        cc_.mov(result, operand.literal);
    else
        cc_.mov(result, operand.reg);
    return result;
}

NativeEmitter::Gp NativeEmitter::in_register(const Operand& operand) { return operand.is_literal ? copy(operand) : operand.reg; }

NativeEmitter::Gp NativeEmitter::truth(const Operand& operand) {
    if (operand.is_literal) return copy(literal(operand.literal != 0 ? 1 : 0));
    if (operand.is_truth) return operand.reg;
    Gp result = fresh();
    cc_.xor_(result.r32(), result.r32());
    cc_.test(operand.reg, operand.reg);
    cc_.setne(result.r8());
    return result;
}

void NativeEmitter::define(std::uint32_t place, const Operand& value) {
    INVARIANT(place >= code_.registers && place < code_.literals, "native code that writes what no instruction may");
    std::erase_if(cached_, [place](const auto& item) { return item.second.slot == place; });
    Gp reg = frame_register(place);
    if (value.is_literal)
        set(reg, value.literal);
    else if (value.reg.id() != reg.id())
        cc_.mov(reg, value.reg);
}

void NativeEmitter::set(const Gp& reg, Value value) {
    if (value == 0)
        cc_.xor_(reg.r32(), reg.r32());
    else
        cc_.mov(reg, value);
}

// The cell out of its word.
void NativeEmitter::extract(Address address, const Gp& value) {
    const Field& f = layout_.field(address);
    if (f.bits == 0) return set(value, f.lo);
    cc_.mov(value, words_[f.word]);
    if (f.shift != 0) cc_.shr(value, f.shift);
    if (f.shift + f.bits < 64) {
        if (f.bits < 32)
            cc_.and_(value.r32(), static_cast<std::int32_t>(f.max));
        else
            and_literal(value, f.max);
    }
    add_literal(value, f.lo);
}

NativeEmitter::Operand NativeEmitter::cell(Address address) {
    if (auto found = kept_.find(address); found != kept_.end()) {
        const Kept& kept = found->second;
        return kept.known ? literal(kept.value) : computed(kept.reg);
    }
    const Field& f = layout_.field(address);
    if (f.bits == 0) return literal(f.lo);
    if (auto found = cached_.find(address); found != cached_.end()) return found->second;
    Operand result = computed(fresh(), f.bits == 1 && f.lo == 0);
    extract(address, result.reg);
    cached_[address] = result;
    return result;
}

// value - lo, if that is at most max.
NativeEmitter::Gp NativeEmitter::offset(const Operand& value, Value lo, std::uint64_t max) {
    Gp result = copy(value);
    if (lo == std::numeric_limits<Value>::min())
        add_literal(result, lo);  // the same, modulo 2^64
    else
        add_literal(result, -lo);
    const bool fits = value.is_truth && !value.is_literal && lo == 0 && max > 0;
    if (max != ~std::uint64_t{0} && !fits) {
        compare_literal(result, static_cast<Value>(max));
        by_bytecode(max == 0 ? Condition::kNE : Condition::kA);
    }
    return result;
}

void NativeEmitter::store_cell(Address address, const Operand& value) {
    auto found = kept_.find(address);
    if (found == kept_.end()) return put(address, value);
    Kept& kept = found->second;
    kept.known = value.is_literal;
    kept.value = value.literal;
    if (!value.is_literal && value.reg.id() != kept.reg.id()) cc_.mov(kept.reg, value.reg);
}

// Into its word.
void NativeEmitter::put(Address address, const Operand& value) {
    const Field& f = layout_.field(address);
    const std::uint64_t mask = f.max << f.shift;
    if (value.is_literal) {
        const std::uint64_t put = static_cast<std::uint64_t>(value.literal) - static_cast<std::uint64_t>(f.lo);
        if (put > f.max) {
            cc_.jmp(by_bytecode_);
            return;
        }
        if (f.bits == 0) return;
        Pending& pending = pending_[f.word];
        pending.clear |= mask;
        pending.set = (pending.set & ~mask) | put << f.shift;
        cached_[address] = value;
        return;
    }
    Gp put = offset(value, f.lo, f.max);
    if (f.bits == 0) return;
    if (f.shift != 0) cc_.shl(put, f.shift);
    pending_[f.word].clear |= mask;
    pending_[f.word].set &= ~mask;
    flush(f.word);
    cc_.or_(words_[f.word], put);
    cached_[address] = value;
}

void NativeEmitter::flush(std::uint32_t word) {
    Pending& pending = pending_[word];
    // Bits that are set need not be cleared before.
    and_literal(words_[word], ~(pending.clear & ~pending.set));
    or_literal(words_[word], pending.set);
    pending = Pending{};
}

void NativeEmitter::flush_all() {
    for (std::uint32_t w = 0; w < words_.size(); ++w) flush(w);
}

void NativeEmitter::forget(const std::vector<Address>& cells) {
    for (Address a : cells) cached_.erase(a);
}

// ------------------------------------------------------------------------------------------------------------- jumps

// The processor's flags say whether.
void NativeEmitter::jump_if(std::uint32_t number, Condition condition) {
    const BytecodeInstruction& i = code_.code[number];
    if (!is_condition_ && wants_flag(i.e)) {
        edges_.push_back({cc_.newLabel(), i.e, i.d});
        cc_.j(condition, edges_.back().label);
    } else {
        cc_.j(condition, label_of(i.d));
    }
    set_flag(i.c);
}

void NativeEmitter::jump_always(std::uint32_t number) {
    const BytecodeInstruction& i = code_.code[number];
    settle();
    set_flag(i.e);
    cc_.jmp(label_of(i.d));
}

bool NativeEmitter::holds(Condition condition, Value a, Value b) {
    const auto x = static_cast<std::uint64_t>(a), y = static_cast<std::uint64_t>(b);
    switch (condition) {
        case Condition::kE: return a == b;
        case Condition::kNE: return a != b;
        case Condition::kL: return a < b;
        case Condition::kLE: return a <= b;
        case Condition::kB: return x < y;
        case Condition::kBE: return x <= y;
        default: INVARIANT(false, "a condition that no jump has"); return false;
    }
}

void NativeEmitter::emit_jump(std::uint32_t number, Condition condition, const Operand& a, const Operand& b) {
    if (a.is_literal && b.is_literal) {
        if (holds(condition, a.literal, b.literal)) return jump_always(number);
        return set_flag(code_.code[number].c);
    }
    if (!ends_without_state(code_.code[code_.code[number].d].opcode)) settle();
    compare(a, b);
    jump_if(number, condition);
}

void NativeEmitter::emit_jump_in_range(std::uint32_t number, Condition condition) {
    const BytecodeInstruction& i = code_.code[number];
    const ValueRange& range = code_.ranges[i.b];
    if (!ends_without_state(code_.code[i.d].opcode)) settle();
    Gp from_low = copy(operand(i.a));
    add_literal(from_low, -range.lo);
    compare_literal(from_low, static_cast<Value>(range.span));
    if (range.span == 0) condition = condition == Condition::kBE ? Condition::kE : Condition::kNE;
    jump_if(number, condition);
}

void NativeEmitter::emit_finish(std::uint32_t number) {
    if (is_condition_) {
        Gp value = in_register(operand(code_.registers));
        asmjit::Label no = cc_.newLabel();
        cc_.test(value, value);
        cc_.je(no);
        give(NativeEnd::kTrue);
        cc_.bind(no);
        give(NativeEnd::kFalse);
        return;
    }
    // First what is literal, so that it goes in together.
    for (const bool literals : {true, false}) {
        for (const auto& [address, kept] : kept_) {
            if ((written_[number].some & kept.bit) == 0 || kept.known != literals) continue;
            put(address, kept.known ? literal(kept.value) : computed(kept.reg));
        }
    }
    flush_all();
    for (std::uint32_t w = 0; w < words_.size(); ++w) {
        cc_.mov(x86::ptr(to_, static_cast<std::int32_t>(8 * w)), words_[w]);
    }
    give(NativeEnd::kDone);
}

void NativeEmitter::emit_end(std::uint32_t number) {
    const Opcode opcode = code_.code[number].opcode;
    if (opcode == Opcode::kFinish) return emit_finish(number);
    if (is_condition_) return give(NativeEnd::kFalse);
    if (opcode == Opcode::kBlocked) return give(NativeEnd::kBlocked);
    give(opcode == Opcode::kViolate ? NativeEnd::kViolation : NativeEnd::kDropped, number);
}

// Longer than a screen: one case per instruction.
void NativeEmitter::emit_instruction(std::uint32_t number) {
    const BytecodeInstruction& i = code_.code[number];
    if (is_indexed(i.opcode)) return emit_indexed(i);
    switch (i.opcode) {
        case Opcode::kStoreCell: return store_cell(i.d, operand(i.a));
        case Opcode::kStoreFinish: store_cell(i.d, operand(i.a)); return emit_finish(number);
        case Opcode::kMove: return define(i.d, operand(i.a));
        case Opcode::kLookup:
        case Opcode::kLookupSlot: return emit_lookup(i);
        case Opcode::kAddSigned:
        case Opcode::kSubtractSigned:
        case Opcode::kMultiplySigned: return emit_signed(i);
        case Opcode::kAddLong:
        case Opcode::kSubtractLong:
        case Opcode::kMultiplyLong: return emit_long(i);
        case Opcode::kAddUnsigned:
        case Opcode::kSubtractUnsigned:
        case Opcode::kMultiplyUnsigned: return emit_unsigned(i);
        case Opcode::kBitAnd:
        case Opcode::kBitOr:
        case Opcode::kBitXor: return emit_bits(i);
        case Opcode::kAnd:
        case Opcode::kOr:
        case Opcode::kImplies: return emit_connective(i);
        case Opcode::kNot: return emit_comparison(i, Condition::kE);
        case Opcode::kTruth: return emit_comparison(i, Condition::kNE);
        case Opcode::kEqual: return emit_comparison(i, Condition::kE);
        case Opcode::kNotEqual: return emit_comparison(i, Condition::kNE);
        case Opcode::kLess: return emit_comparison(i, Condition::kL);
        case Opcode::kLessEqual: return emit_comparison(i, Condition::kLE);
        case Opcode::kBelow: return emit_comparison(i, Condition::kB);
        case Opcode::kBelowEqual: return emit_comparison(i, Condition::kBE);
        case Opcode::kSignExtend:
        case Opcode::kZeroExtend: return emit_conversion(i);
        case Opcode::kSlot:
        case Opcode::kMark:
        case Opcode::kMakePointer: return emit_pointer(i);
        case Opcode::kSelect: return emit_select(i);
        case Opcode::kGeneric: return emit_generic(i);
        case Opcode::kJump: return jump_always(number);
        case Opcode::kJumpIf: return emit_jump(number, Condition::kNE, operand(i.a), literal(0));
        case Opcode::kJumpUnless: return emit_jump(number, Condition::kE, operand(i.a), literal(0));
        case Opcode::kJumpEqual: return emit_jump(number, Condition::kE, operand(i.a), operand(i.b));
        case Opcode::kJumpNotEqual: return emit_jump(number, Condition::kNE, operand(i.a), operand(i.b));
        case Opcode::kJumpLess: return emit_jump(number, Condition::kL, operand(i.a), operand(i.b));
        case Opcode::kJumpLessEqual: return emit_jump(number, Condition::kLE, operand(i.a), operand(i.b));
        case Opcode::kJumpBelow: return emit_jump(number, Condition::kB, operand(i.a), operand(i.b));
        case Opcode::kJumpBelowEqual: return emit_jump(number, Condition::kBE, operand(i.a), operand(i.b));
        case Opcode::kJumpInside: return emit_jump_in_range(number, Condition::kBE);
        case Opcode::kJumpOutside: return emit_jump_in_range(number, Condition::kA);
        case Opcode::kChoose: return emit_choose(number);
        case Opcode::kMarkCells:
        case Opcode::kClearCells:
        case Opcode::kMarkMembers:
        case Opcode::kMarkRegister:
        case Opcode::kClearRegister: return emit_mark(i);
        case Opcode::kCover: {
            Gp wanted = cc_.newUIntPtr();
            cc_.mov(wanted, x86::ptr(context_, static_cast<std::int32_t>(offsetof(NativeContext, wanted_covers))));
            cc_.cmp(x86::byte_ptr(wanted, static_cast<std::int32_t>(i.d)), 0);
            return by_bytecode(Condition::kNE);
        }
        case Opcode::kFlag: return set_flag(i.c);
        case Opcode::kFinish:
        case Opcode::kBlocked:
        case Opcode::kViolate:
        case Opcode::kDropped: return emit_end(number);
        default: INVARIANT(false, "no machine code for instruction " + std::to_string(number));
    }
}

}  // namespace quire::explore

#endif
