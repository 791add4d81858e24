// What programs of the waist are compiled to for the search.
//
// One array of values, the frame, holds everything that an instruction can name: the cells of the state, the cells
// before the step, the registers, temporaries and all constants.  So every operand is one index, whatever it is, and an
// instruction is `frame[d] = frame[a] op frame[b]`.  Conditions are jumps that compare by themselves; what can end a
// way (blocked, violated, dropped) is a jump to an instruction that says so, out of the way of the straight code.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "system/execute.h"
#include "system/transition_system.h"

namespace quire::explore {

enum class Opcode : std::uint32_t {
    // Writing cells: every write is logged.
    kStoreCell,      // cell d = a
    kStoreFinish,    // the same, and the step ends
    kStoreIndirect,  // cell [a] = b
    kStoreField,     // cell [table(b, c)[slot of a]] = e
    kStoreElement,   // cell [a * c + b] = e
    // Reading.
    kMove,
    kLoad,         // d = cell [a]
    kLoadBefore,   // d = cell [a] before the step
    kLoadLookup,   // d = cell [table(b, c)[a]]
    kLoadField,    // d = cell [table(b, c)[slot of a]]
    kLoadElement,  // d = cell [a * c + b]
    kLookup,       // d = table(b, c)[a]
    kLookupSlot,   // d = table(b, c)[slot of a]
    // Arithmetic; c is 64 - bits of the type.
    kAddSigned,
    kSubtractSigned,
    kMultiplySigned,  // up to 32 bits: checked
    kAddLong,
    kSubtractLong,
    kMultiplyLong,  // 64 bits: checked
    kAddUnsigned,
    kSubtractUnsigned,
    kMultiplyUnsigned,
    kBitAnd,
    kBitOr,
    kBitXor,
    kNot,
    kAnd,
    kOr,
    kImplies,
    kTruth,
    kEqual,
    kNotEqual,
    kLess,
    kLessEqual,
    kBelow,
    kBelowEqual,  // below: unsigned
    kSignExtend,
    kZeroExtend,
    kSlot,
    kMark,
    kMakePointer,
    kSelect,   // d = a ? b : c
    kGeneric,  // d = generic operator number e of a, b, c
    // Jumps to d; c: flag of what follows, e: flag of the target.
    kJump,
    kJumpIf,
    kJumpUnless,
    kJumpEqual,
    kJumpNotEqual,
    kJumpLess,
    kJumpLessEqual,
    kJumpBelow,
    kJumpBelowEqual,
    kJumpInside,
    kJumpOutside,  // of range number b
    // Others.
    kChoose,     // d = one of a..b; c: flag of what follows
    kMarkCells,  // count e cells from d, whose slot's entry in table(b, c) is a
    kClearCells,
    kMarkMembers,
    kMarkRegister,
    kClearRegister,  // register d, table(b, c), object a
    kLoopHead,       // c: flag of what follows
    kCover,          // property d
    kFlag,           // nothing but c
    // Ends of a way.
    kFinish,
    kBlocked,
    kViolate,  // property d
    kDropped,  // DropKind d
};

struct BytecodeInstruction {
    Opcode opcode = Opcode::kFinish;
    std::uint32_t d = 0;
    std::uint32_t a = 0;
    std::uint32_t b = 0;
    std::uint32_t c = 0;
    std::uint32_t e = 0;
};

struct GenericOperator {
    Op op = Op::kAdd;
    ScalarType type;
};

struct BytecodeProgram {
    const Program* source = nullptr;
    std::uint32_t entry = 0;
    std::uint32_t entry_flag = 0;
    std::uint32_t registers = 0;
    std::uint32_t first_zeroed = 0;  // into Bytecode::zeroed: registers that may be read before they are written
    std::uint32_t zeroed = 0;
    std::uint32_t max_writes = 0;  // between two loop heads
    bool has_choice = false;
    bool reads_self = false;
};

// The values from lo to lo + span.
struct ValueRange {
    Value lo = 0;
    std::uint64_t span = 0;
};

// A piece of code that is executed as a whole or not at all, for coverage.
struct CoverageBlock {
    std::uint32_t flag = 0;
    bool falls_from_previous = false;  // runs whenever the block before it did
    std::vector<std::uint32_t> sites;
};

struct Bytecode {
    std::vector<BytecodeInstruction> code;
    std::vector<std::uint32_t> sites;  // by instruction
    std::vector<GenericOperator> generics;
    std::vector<ValueRange> ranges;
    std::vector<Value> tables;  // all of them, one after the other
    std::vector<Value> frame;   // as it is at the start: zeros and the constants
    std::uint32_t cells = 0;
    std::uint32_t before = 0;  // where the cells before the step lie
    std::uint32_t self = 0;    // and self, self.index, for properties
    std::uint32_t registers = 0;
    std::uint32_t literals = 0;  // the places from here on are never written
    std::vector<CoverageBlock> blocks;
    std::uint32_t flags = 1;  // [0] is written and never read

    std::vector<std::uint32_t> zeroed;  // places in the frame
    BytecodeProgram start;
    std::vector<std::vector<BytecodeProgram>> steps;  // by thread and location; no source: no step
    std::vector<BytecodeProgram> conditions;          // by property
    bool reads_before = false;
    std::array<PropertyNumber, 4> fault_property{};  // by Fault; kNone: there is no such property
    PropertyNumber endless_loop = kNone;
    std::vector<char> may_write;  // by cell: some step may write it
};

}  // namespace quire::explore
