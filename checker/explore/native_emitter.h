// One program of bytecode as machine code: the emitter for x86-64.
#pragma once

#include <asmjit/x86.h>

#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "explore/native_code.h"

namespace quire::explore {

// Where a cell lies that an index names.
struct NativePlace {
    std::uint64_t max = 0;
    Value lo = 0;
    std::uint64_t where = 0;  // shift | word << 8
};

// What the code of all programs refers to.  Addresses of what is here are in the code, so nothing moves.
struct NativeData {
    std::deque<std::vector<std::uint16_t>> alike;  // by index: NativePlace::where of cells that are alike otherwise
    std::deque<std::vector<NativePlace>> places;   // by index
    std::vector<GenericOperator> generics;
    std::vector<Value> tables;
};

// A choice that is taken.
struct NativeChoice {
    std::uint32_t number = kNone;  // the instruction
    Value value = 0, last = 0;     // `last`: of those that there are
};

class NativeEmitter {
public:
    NativeEmitter(asmjit::x86::Compiler& compiler, const TransitionSystem& system, const Bytecode& code,
                  const PackedLayout& layout, std::span<const std::uint8_t> flags, NativeData& data);

    // Whether the program consists of what can be translated.
    bool can_emit(const BytecodeProgram& program);
    // The choice that every way begins with that has an effect or an end; none if there is no such one.
    NativeChoice first_choice(const BytecodeProgram& program);
    // A function of its own; its label.
    asmjit::Label emit(const BytecodeProgram& program, bool is_condition, const NativeChoice& chosen = {});

private:
    using Gp = asmjit::x86::Gp;
    using Condition = asmjit::x86::CondCode;

    // A value: a number, or what is in a register.
    struct Operand {
        bool is_literal = false;
        Value literal = 0;
        Gp reg;
        bool is_truth = false;       // 0 or 1
        std::uint32_t slot = kNone;  // of the frame, whose register it is; that may be written again
    };
    // What is still to be put into a word.
    struct Pending {
        std::uint64_t clear = 0, set = 0;
    };
    // A cell that the program writes by its address, and no index names, has a register for the program's time: what it
    // holds on the way need not fit its field.
    struct Kept {
        Gp reg;
        std::uint64_t bit = 0;  // in sets of such cells
        bool loaded = false;    // at the beginning
        bool known = false;     // the register is yet to be given this value
        Value value = 0;
    };
    // The cells that an index can name.
    struct Choice {
        std::size_t size = 0;
        bool has_gaps = false;
        bool alike = true;  // but for where they lie
        const void* table = nullptr;
        std::vector<Address> cells;
        std::vector<std::uint32_t> words;
        Value lo = 0;
        std::uint64_t max = 0;
    };
    // The one that was named.
    struct Found {
        Gp where, record;
    };
    struct Edge {  // a jump that sets a flag on its way
        asmjit::Label label;
        std::uint32_t flag = 0, to = 0;
    };

    void find_reached(const BytecodeProgram& program);
    void find_kept();
    void find_written(std::uint32_t entry);
    bool may_read(const BytecodeInstruction& i, Address cell) const;
    void load_kept();
    void settle();
    void emit_instruction(std::uint32_t number);
    void emit_indexed(const BytecodeInstruction& i);
    void emit_lookup(const BytecodeInstruction& i);
    void emit_signed(const BytecodeInstruction& i);
    void emit_long(const BytecodeInstruction& i);
    void emit_unsigned(const BytecodeInstruction& i);
    void emit_bits(const BytecodeInstruction& i);
    void emit_connective(const BytecodeInstruction& i);
    void emit_comparison(const BytecodeInstruction& i, Condition condition);
    void emit_conversion(const BytecodeInstruction& i);
    void emit_pointer(const BytecodeInstruction& i);
    void emit_select(const BytecodeInstruction& i);
    void emit_generic(const BytecodeInstruction& i);
    void emit_choose(std::uint32_t number);
    void emit_mark(const BytecodeInstruction& i);
    void emit_jump(std::uint32_t number, Condition condition, const Operand& a, const Operand& b);
    void emit_jump_in_range(std::uint32_t number, Condition condition);
    void jump_if(std::uint32_t number, Condition condition);
    void jump_always(std::uint32_t number);
    static bool holds(Condition condition, Value a, Value b);
    void emit_finish(std::uint32_t number);
    void emit_end(std::uint32_t number);
    void emit_edges();

    Operand operand(std::uint32_t place);
    Operand cell(Address address);
    static Operand literal(Value value);
    static Operand computed(const Gp& reg, bool is_truth = false);
    Gp fresh() { return cc_.newInt64(); }
    Gp in_register(const Operand& operand);  // not to be written
    Gp copy(const Operand& operand);
    Gp truth(const Operand& operand);  // != 0, not to be written
    Gp frame_register(std::uint32_t place);
    void define(std::uint32_t place, const Operand& value);

    void set(const Gp& reg, Value value);
    void extract(Address address, const Gp& value);
    void store_cell(Address address, const Operand& value);
    void put(Address address, const Operand& value);
    Gp offset(const Operand& value, Value lo, std::uint64_t max);
    void flush(std::uint32_t word);
    void flush_all();
    void forget(const std::vector<Address>& cells);

    std::vector<Value> addresses(const BytecodeInstruction& i) const;
    std::size_t elements(Address base, std::uint32_t stride) const;
    Choice choose(const std::vector<Value>& addresses);
    Found find(const Choice& choice, const Gp& index);
    Gp load(const Choice& choice, const Found& found);
    void store(const Choice& choice, const Found& found, const Operand& value);
    Gp word_number(const Choice& choice, const Found& found);

    void add_literal(const Gp& reg, Value value);
    void and_literal(const Gp& reg, std::uint64_t value);
    void or_literal(const Gp& reg, std::uint64_t value);
    void compare_literal(const Gp& reg, Value value);
    void compare(const Operand& a, const Operand& b);
    void set_flag(std::uint32_t flag);
    bool wants_flag(std::uint32_t flag) const { return flag != 0 && flags_[flag] == 0; }
    void by_bytecode(Condition condition);
    void give(NativeEnd end, std::uint32_t number = 0);
    asmjit::Label label_of(std::uint32_t number);

    asmjit::x86::Compiler& cc_;
    const TransitionSystem& system_;
    const Bytecode& code_;
    const PackedLayout& layout_;
    std::span<const std::uint8_t> flags_;
    NativeData& data_;
    std::map<std::vector<Value>, Choice> choices_;

    // of the present program
    bool is_condition_ = false;
    NativeChoice chosen_;
    std::uint32_t chosen_slot_ = kNone;   // of the frame, that holds it and nothing else
    std::vector<std::uint32_t> reached_;  // instructions, in order
    std::map<std::uint32_t, asmjit::Label> labels_;
    std::vector<Edge> edges_;
    std::vector<Gp> words_;
    std::vector<Pending> pending_;
    std::map<std::uint32_t, Gp> frame_;
    std::map<Address, Operand> cached_;  // what other cells hold
    std::map<Address, Kept> kept_;
    struct Written {                                        // cells with a register, before an instruction
        std::uint64_t some = 0, every = ~std::uint64_t{0};  // on some way, on every way
    };
    std::map<std::uint32_t, Written> written_;
    Gp to_, context_;
    asmjit::x86::Mem result_;  // of helpers
    bool has_result_ = false;
    asmjit::Label by_bytecode_;
};

}  // namespace quire::explore
