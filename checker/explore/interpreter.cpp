// Runs bytecode.  The loop keeps nothing but the instruction pointer and the frame; every write of a cell goes into a
// log, from which the generator packs the new state and undoes the step.
//
// Invariant: `run` ends as `execute` would (system/execute.cpp).  What is rare and must be counted instruction by
// instruction, a step near kStepLimit, is left to `execute` itself, with the same tape.
#include "explore/interpreter.h"

#include <algorithm>

#include "support/invariant.h"

namespace quire::explore {

Interpreter::Interpreter(const TransitionSystem& system, const Bytecode& code)
    : system_(system), code_(code), frame_(code.frame), log_(64), flags_(code.flags, 0) {}

void Interpreter::remember_before() {
    std::copy_n(frame_.begin(), code_.cells, frame_.begin() + static_cast<std::ptrdiff_t>(code_.before));
}

void Interpreter::run_plain(const BytecodeProgram& program, ThreadNumber thread, ChoiceTape& tape) {
    undo();
    std::vector<Value> before(frame_.begin(), frame_.begin() + code_.cells);
    std::vector<Value> after = before;
    Outcome outcome = execute(system_, *program.source, after, before, thread, tape);
    property_ = outcome.property;
    site_ = outcome.site;
    covers_ = outcome.covers;
    switch (outcome.kind) {
        case OutcomeKind::kDone: end_ = WayEnd::kDone; break;
        case OutcomeKind::kBlocked: end_ = WayEnd::kBlocked; break;
        case OutcomeKind::kViolation: end_ = WayEnd::kViolation; break;
        case OutcomeKind::kDropped: end_ = WayEnd::kAssumed; break;
        case OutcomeKind::kExhausted: end_ = WayEnd::kExhausted; break;
        case OutcomeKind::kTooLong: end_ = WayEnd::kTooLong; break;
    }
    if (end_ != WayEnd::kDone) return;
    reserve_log(code_.cells);
    for (Address a = 0; a < code_.cells; ++a) {
        if (before[a] != after[a]) write(a, after[a]);
    }
}

Truth Interpreter::truth_of(PropertyNumber property, ThreadNumber acting, bool plain) {
    const SystemProperty& p = system_.properties[property];
    if (!plain) {
        const BytecodeProgram& program = code_.conditions[property];
        if (program.reads_self) set_self(acting);
        ChoiceTape tape;
        std::size_t written = written_;
        Stop stop = execute_code(program, tape);
        while (written_ > written) {  // a condition writes nothing; but if it did, the search must not see it
            --written_;
            frame_[log_[written_].address] = log_[written_].old;
        }
        if (stop == Stop::kEnd) return end_ == WayEnd::kDone && frame_[code_.registers] != 0 ? Truth::kTrue : Truth::kFalse;
    }
    std::span<const Value> before{frame_.data() + code_.before, code_.cells};
    return quire::truth_of(system_, p, state(), before, acting);
}

WayEnd Interpreter::fault(Fault kind) {
    property_ = code_.fault_property[static_cast<std::size_t>(kind)];
    if (property_ != kNone && system_.properties[property_].enabled) return WayEnd::kViolation;
    property_ = kNone;
    return WayEnd::kSilent;
}

// The mark is the lowest bit of a pointer.
void Interpreter::mark_cells(const BytecodeInstruction& i) {
    Value object = frame_[i.a];
    if (object == 0) return;
    const Value* owner = code_.tables.data() + i.b;
    bool mark = i.opcode == Opcode::kMarkCells;
    for (Address a = i.d; a < i.d + i.e; ++a) {
        Value old = frame_[a];
        Value slot = old >> 1;
        if (slot < 0 || slot >= static_cast<Value>(i.c) || owner[slot] != object) continue;
        Value value = mark ? old | 1 : old & ~Value{1};
        if (value != old) write(a, value);
    }
}

void Interpreter::mark_members(const BytecodeInstruction& i) {
    Value object = frame_[i.a];
    if (object == 0) return;
    const Value* owner = code_.tables.data() + i.b;
    for (std::uint32_t k = 0; k < i.e && k < i.c; ++k) {
        if (frame_[i.d + k] == 1 && owner[k] == object) write(i.d + k, 2);
    }
}

void Interpreter::mark_register(const BytecodeInstruction& i) {
    Value object = frame_[i.a];
    Value& cell = frame_[i.d];
    Value slot = cell >> 1;
    if (object == 0 || slot < 0 || slot >= static_cast<Value>(i.c)) return;
    if (code_.tables[i.b + static_cast<std::size_t>(slot)] != object) return;
    cell = i.opcode == Opcode::kMarkRegister ? cell | 1 : cell & ~Value{1};
}

Interpreter::Loop Interpreter::pass_loop_head(const BytecodeProgram& program, const BytecodeInstruction* at) {
    // Between two loop heads each instruction runs at most once.
    if ((visits_ + 2) * program.source->code.size() >= kStepLimit) return Loop::kNeedsPlain;
    reserve_log(program.max_writes);
    const Value* registers = frame_.data() + code_.registers;
    if (visits_ > 0 && saved_.at == at && std::equal(saved_.cells.begin(), saved_.cells.end(), frame_.data()) &&
        std::equal(saved_.registers.begin(), saved_.registers.end(), registers)) {
        return chosen_since_saved_ ? Loop::kPruned : Loop::kEndless;
    }
    if (++visits_ == save_at_) {
        saved_.at = at;
        saved_.cells.assign(frame_.data(), frame_.data() + code_.cells);
        saved_.registers.assign(registers, registers + program.registers);
        save_at_ *= 2;
        chosen_since_saved_ = false;
    }
    return Loop::kGoOn;
}

std::vector<std::uint32_t> Interpreter::executed_sites() const {
    std::vector<std::uint32_t> sites;
    bool previous = false;
    for (const CoverageBlock& block : code_.blocks) {
        bool executed = flags_[block.flag] != 0 || (block.falls_from_previous && previous);
        if (executed) sites.insert(sites.end(), block.sites.begin(), block.sites.end());
        previous = executed;
    }
    std::sort(sites.begin(), sites.end());
    sites.erase(std::unique(sites.begin(), sites.end()), sites.end());
    return sites;
}

namespace {

std::uint64_t bits(Value v) { return static_cast<std::uint64_t>(v); }
Value sign_extend(Value v, std::uint32_t shift) { return static_cast<Value>(bits(v) << shift) >> shift; }
Value zero_extend(std::uint64_t v, std::uint32_t shift) { return static_cast<Value>((v << shift) >> shift); }

}  // namespace

// Longer than a screen: one case per instruction, and the compiler should see all of them at once.
Interpreter::Stop Interpreter::execute_code(const BytecodeProgram& program, ChoiceTape& tape) {
    Value* const f = frame_.data();
    std::uint8_t* const flags = flags_.data();
    const BytecodeInstruction* const code = code_.code.data();
    const Value* const tables = code_.tables.data();
    const std::uint64_t cells = code_.cells;
    const BytecodeInstruction* ip = code + program.entry;
    auto leave = [&](const BytecodeInstruction* at) {
        site_ = code_.sites[static_cast<std::size_t>(at - code)];
        return Stop::kEnd;
    };
    auto fail = [&](Fault kind) {
        end_ = fault(kind);
        return leave(ip);
    };
    auto jump = [&](bool taken) {
        flags[taken ? ip->e : ip->c] = 1;
        ip = taken ? code + ip->d : ip + 1;
    };
    auto entry = [&](const BytecodeInstruction& i, Value index) {
        INVARIANT(bits(index) < i.c, "a lookup outside its table: " + std::to_string(index));
        return tables[i.b + static_cast<std::size_t>(index)];
    };
    auto cell = [&](Value address) {
        INVARIANT(bits(address) < cells, "an address outside the state: " + std::to_string(address));
        return static_cast<Address>(address);
    };
    auto element = [&](const BytecodeInstruction& i, Value& address) {
        Value scaled = 0;
        return !__builtin_mul_overflow(f[i.a], static_cast<Value>(i.c), &scaled) &&
               !__builtin_add_overflow(scaled, static_cast<Value>(i.b), &address);
    };
    auto inside = [&](const BytecodeInstruction& i) {
        const ValueRange& range = code_.ranges[i.b];
        return bits(f[i.a]) - bits(range.lo) <= range.span;
    };
    flags[program.entry_flag] = 1;
    visits_ = 0;
    save_at_ = 1;
    reserve_log(program.max_writes);
    for (std::uint32_t z = 0; z < program.zeroed; ++z) f[code_.zeroed[program.first_zeroed + z]] = 0;
    for (;;) {
        const BytecodeInstruction& i = *ip;
        if (i.opcode > Opcode::kDropped) __builtin_unreachable();  // spares the range check of the jump table
        switch (i.opcode) {
            case Opcode::kStoreCell: write(i.d, f[i.a]); break;
            case Opcode::kStoreFinish:
                write(i.d, f[i.a]);
                end_ = WayEnd::kDone;
                return Stop::kEnd;
            case Opcode::kStoreIndirect: write(cell(f[i.a]), f[i.b]); break;
            case Opcode::kStoreField: write(cell(entry(i, f[i.a] >> 1)), f[i.e]); break;
            case Opcode::kStoreElement: {
                Value address = 0;
                if (!element(i, address)) return fail(Fault::kSignedOverflow);
                write(cell(address), f[i.e]);
                break;
            }
            case Opcode::kLoadElement: {
                Value address = 0;
                if (!element(i, address)) return fail(Fault::kSignedOverflow);
                f[i.d] = f[cell(address)];
                break;
            }
            case Opcode::kMove: f[i.d] = f[i.a]; break;
            case Opcode::kLoad: f[i.d] = f[cell(f[i.a])]; break;
            case Opcode::kLoadBefore: f[i.d] = f[code_.before + cell(f[i.a])]; break;
            case Opcode::kLoadLookup: f[i.d] = f[cell(entry(i, f[i.a]))]; break;
            case Opcode::kLoadField: f[i.d] = f[cell(entry(i, f[i.a] >> 1))]; break;
            case Opcode::kLookup: f[i.d] = entry(i, f[i.a]); break;
            case Opcode::kLookupSlot: f[i.d] = entry(i, f[i.a] >> 1); break;
            case Opcode::kAddSigned:
            case Opcode::kSubtractSigned:
            case Opcode::kMultiplySigned: {
                Value r = i.opcode == Opcode::kAddSigned        ? f[i.a] + f[i.b]
                          : i.opcode == Opcode::kSubtractSigned ? f[i.a] - f[i.b]
                                                                : f[i.a] * f[i.b];
                if (r != sign_extend(r, i.c)) return fail(Fault::kSignedOverflow);
                f[i.d] = r;
                break;
            }
            case Opcode::kAddLong: {
                Value r = 0;
                if (__builtin_add_overflow(f[i.a], f[i.b], &r)) return fail(Fault::kSignedOverflow);
                f[i.d] = r;
                break;
            }
            case Opcode::kSubtractLong: {
                Value r = 0;
                if (__builtin_sub_overflow(f[i.a], f[i.b], &r)) return fail(Fault::kSignedOverflow);
                f[i.d] = r;
                break;
            }
            case Opcode::kMultiplyLong: {
                Value r = 0;
                if (__builtin_mul_overflow(f[i.a], f[i.b], &r)) return fail(Fault::kSignedOverflow);
                f[i.d] = r;
                break;
            }
            case Opcode::kAddUnsigned: f[i.d] = zero_extend(bits(f[i.a]) + bits(f[i.b]), i.c); break;
            case Opcode::kSubtractUnsigned: f[i.d] = zero_extend(bits(f[i.a]) - bits(f[i.b]), i.c); break;
            case Opcode::kMultiplyUnsigned: f[i.d] = zero_extend(bits(f[i.a]) * bits(f[i.b]), i.c); break;
            case Opcode::kBitAnd: f[i.d] = f[i.a] & f[i.b]; break;
            case Opcode::kBitOr: f[i.d] = f[i.a] | f[i.b]; break;
            case Opcode::kBitXor: f[i.d] = f[i.a] ^ f[i.b]; break;
            case Opcode::kNot: f[i.d] = f[i.a] == 0; break;
            case Opcode::kAnd: f[i.d] = f[i.a] != 0 && f[i.b] != 0; break;
            case Opcode::kOr: f[i.d] = f[i.a] != 0 || f[i.b] != 0; break;
            case Opcode::kImplies: f[i.d] = f[i.a] == 0 || f[i.b] != 0; break;
            case Opcode::kTruth: f[i.d] = f[i.a] != 0; break;
            case Opcode::kEqual: f[i.d] = f[i.a] == f[i.b]; break;
            case Opcode::kNotEqual: f[i.d] = f[i.a] != f[i.b]; break;
            case Opcode::kLess: f[i.d] = f[i.a] < f[i.b]; break;
            case Opcode::kLessEqual: f[i.d] = f[i.a] <= f[i.b]; break;
            case Opcode::kBelow: f[i.d] = bits(f[i.a]) < bits(f[i.b]); break;
            case Opcode::kBelowEqual: f[i.d] = bits(f[i.a]) <= bits(f[i.b]); break;
            case Opcode::kSignExtend: f[i.d] = sign_extend(f[i.a], i.c); break;
            case Opcode::kZeroExtend: f[i.d] = zero_extend(bits(f[i.a]), i.c); break;
            case Opcode::kSlot: f[i.d] = f[i.a] >> 1; break;
            case Opcode::kMark: f[i.d] = f[i.a] & 1; break;
            case Opcode::kMakePointer: f[i.d] = static_cast<Value>((bits(f[i.a]) << 1) | (bits(f[i.b]) & 1)); break;
            case Opcode::kSelect: f[i.d] = f[i.a] != 0 ? f[i.b] : f[i.c]; break;
            case Opcode::kGeneric: {
                const GenericOperator& g = code_.generics[i.e];
                Evaluated r = evaluate(g.op, g.type, f[i.a], f[i.b], f[i.c]);
                if (r.fault != Fault::kNone) return fail(r.fault);
                f[i.d] = r.value;
                break;
            }
            case Opcode::kJump:
                flags[i.e] = 1;
                ip = code + i.d;
                continue;
            case Opcode::kJumpIf: jump(f[i.a] != 0); continue;
            case Opcode::kJumpUnless: jump(f[i.a] == 0); continue;
            case Opcode::kJumpEqual: jump(f[i.a] == f[i.b]); continue;
            case Opcode::kJumpNotEqual: jump(f[i.a] != f[i.b]); continue;
            case Opcode::kJumpLess: jump(f[i.a] < f[i.b]); continue;
            case Opcode::kJumpLessEqual: jump(f[i.a] <= f[i.b]); continue;
            case Opcode::kJumpBelow: jump(bits(f[i.a]) < bits(f[i.b])); continue;
            case Opcode::kJumpBelowEqual: jump(bits(f[i.a]) <= bits(f[i.b])); continue;
            case Opcode::kJumpInside: jump(inside(i)); continue;
            case Opcode::kJumpOutside: jump(!inside(i)); continue;
            case Opcode::kChoose:
                if (!tape.choose(f[i.a], f[i.b], f[i.d])) {
                    end_ = WayEnd::kBlocked;
                    return leave(ip);
                }
                chosen_since_saved_ = true;
                flags[i.c] = 1;
                break;
            case Opcode::kMarkCells:
            case Opcode::kClearCells: mark_cells(i); break;
            case Opcode::kMarkMembers: mark_members(i); break;
            case Opcode::kMarkRegister:
            case Opcode::kClearRegister: mark_register(i); break;
            case Opcode::kLoopHead:
                switch (pass_loop_head(program, ip)) {
                    case Loop::kGoOn: break;
                    case Loop::kNeedsPlain: return Stop::kNeedsPlain;
                    case Loop::kPruned: end_ = WayEnd::kBlocked; return leave(ip);
                    case Loop::kEndless:
                        property_ = code_.endless_loop;
                        end_ = system_.properties[property_].enabled ? WayEnd::kViolation : WayEnd::kSilent;
                        return leave(ip);
                }
                flags[i.c] = 1;
                break;
            case Opcode::kCover: covers_.push_back(i.d); break;
            case Opcode::kFlag: flags[i.c] = 1; break;
            case Opcode::kFinish: end_ = WayEnd::kDone; return Stop::kEnd;
            case Opcode::kBlocked: end_ = WayEnd::kBlocked; return Stop::kEnd;
            case Opcode::kViolate:
                property_ = i.d;
                end_ = WayEnd::kViolation;
                return leave(ip);
            case Opcode::kDropped: end_ = dropped_end(static_cast<DropKind>(i.d)); return leave(ip);
        }
        ++ip;
    }
}

}  // namespace quire::explore
