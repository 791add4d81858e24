#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "explore/bytecode.h"

namespace quire::explore {

enum class WayEnd : std::uint8_t { kDone, kBlocked, kViolation, kAssumed, kSilent, kExhausted, kTooLong };

constexpr WayEnd dropped_end(DropKind kind) {
    return kind == DropKind::kExhausted ? WayEnd::kExhausted : kind == DropKind::kSilent ? WayEnd::kSilent : WayEnd::kAssumed;
}

// Runs compiled programs on one frame.
class Interpreter {
public:
    Interpreter(const TransitionSystem& system, const Bytecode& code);

    Value* cells() { return frame_.data(); }
    const Value* cells() const { return frame_.data(); }
    std::span<const Value> state() const { return {frame_.data(), code_.cells}; }
    void remember_before();  // the present cells are those before the step

    // One way through a step.  Cells stay as the way leaves them until `undo`.  With `plain`, by `execute`.
    WayEnd run(const BytecodeProgram& program, ThreadNumber thread, ChoiceTape& tape, bool plain) {
        covers_.clear();
        if (program.reads_self) set_self(thread);
        if (plain || execute_code(program, tape) == Stop::kNeedsPlain) run_plain(program, thread, tape);
        if (end_ == WayEnd::kBlocked) covers_.clear();
        return end_;
    }
    void undo() {
        while (written_ > 0) {
            --written_;
            frame_[log_[written_].address] = log_[written_].old;
        }
    }
    void forget_writes() { written_ = 0; }

    // The cells written, oldest first; a cell can be there twice.
    struct Write {
        Address address = 0;
        Value old = 0;
    };
    // Of coverage, see Bytecode.
    std::vector<std::uint8_t>& flags() { return flags_; }
    // A way was run elsewhere and ended so.
    void note_end(PropertyNumber property, std::uint32_t site) {
        property_ = property;
        site_ = site;
        covers_.clear();
    }
    std::span<const Write> writes() const { return {log_.data(), written_}; }

    // Of the last way.
    PropertyNumber property() const { return property_; }
    std::uint32_t site() const { return site_; }
    const std::vector<PropertyNumber>& covers() const { return covers_; }

    // Whether the property is true in the present cells; of a step property, by the thread that moved.
    Truth truth_of(PropertyNumber property, ThreadNumber acting, bool plain);

    std::vector<std::uint32_t> executed_sites() const;

private:
    enum class Stop : std::uint8_t { kEnd, kNeedsPlain };

    Stop execute_code(const BytecodeProgram& program, ChoiceTape& tape);
    void run_plain(const BytecodeProgram& program, ThreadNumber thread, ChoiceTape& tape);
    void set_self(ThreadNumber thread) {
        frame_[code_.self] = thread;
        frame_[code_.self + 1] = system_.threads[thread].index;
    }
    WayEnd fault(Fault kind);
    void mark_cells(const BytecodeInstruction& i);
    void mark_members(const BytecodeInstruction& i);
    void mark_register(const BytecodeInstruction& i);
    void write(Address address, Value value) {
        if (frame_[address] == value) return;  // many stores reset what is reset already
        log_[written_++] = {address, frame_[address]};
        frame_[address] = value;
    }
    void reserve_log(std::size_t more) {
        if (written_ + more > log_.size()) log_.resize(2 * (written_ + more));
    }
    // What to do at a loop head; see system/execute.cpp.
    enum class Loop : std::uint8_t { kGoOn, kEndless, kPruned, kNeedsPlain };
    Loop pass_loop_head(const BytecodeProgram& program, const BytecodeInstruction* at);

    const TransitionSystem& system_;
    const Bytecode& code_;
    std::vector<Value> frame_;
    std::vector<Write> log_;
    std::size_t written_ = 0;
    std::vector<std::uint8_t> flags_;

    WayEnd end_ = WayEnd::kBlocked;
    PropertyNumber property_ = kNone;
    std::uint32_t site_ = kNone;
    std::vector<PropertyNumber> covers_;

    struct Saved {
        const BytecodeInstruction* at = nullptr;
        std::vector<Value> cells, registers;
    };
    Saved saved_;
    std::uint64_t visits_ = 0;
    std::uint64_t save_at_ = 1;
    bool chosen_since_saved_ = false;
};

}  // namespace quire::explore
