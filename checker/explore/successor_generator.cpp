#include "explore/successor_generator.h"

#include <algorithm>

namespace quire::explore {

SuccessorGenerator::SuccessorGenerator(const TransitionSystem& system, const Bytecode& code, bool plain)
    : system_(system), code_(code), interpreter_(system, code), plain_(plain), movers_(system.threads.size()) {
    for (ThreadNumber t = 1; t < system.threads.size(); ++t) {
        const ThreadRole& role = system.roles[system.threads[t].role];
        movers_[t] = {system.variables[role.location_variable].base + system.threads[t].index, static_cast<Value>(role.end),
                      role.daemon};
    }
    for (PropertyNumber p = 0; p < system.properties.size(); ++p) {
        const SystemProperty& property = system.properties[p];
        if (property.kind == SystemPropertyKind::kStep && property.enabled) step_properties_.push_back(p);
    }
}

void SuccessorGenerator::set_layout(const PackedLayout& layout) {
    layout_ = &layout;
    words_.assign(layout.words(), 0);
    new_words_.assign(layout.words(), 0);
    // Cells without bits are never unpacked.
    for (Address a : layout.constants()) interpreter_.cells()[a] = layout.field(a).lo;
}

void SuccessorGenerator::set_symmetry(const Symmetry& symmetry) {
    canonical_.emplace(system_, symmetry, *layout_);
    canonical_words_.assign(layout_->words(), 0);
}

void SuccessorGenerator::set_native(const NativeCode& native, const std::uint8_t* wanted) {
    if (!step_properties_.empty() || plain_) return;
    native_ = &native;
    native_context_ = {interpreter_.flags().data(), wanted, &tape_};
    native_words_.assign(layout_->words(), 0);
    find_native_movers();
}

void SuccessorGenerator::find_native_movers() {
    final_mask_.assign(layout_->words(), 0);
    final_words_.assign(layout_->words(), 0);
    native_movers_.resize(movers_.size());
    for (ThreadNumber t = 1; t < movers_.size(); ++t) {
        const Field& f = layout_->field(movers_[t].location);
        NativeMover& mover = native_movers_[t];
        mover = {f.word, f.shift, f.max, {}};
        for (std::uint64_t at = 0; at <= f.max; ++at) {
            const std::size_t location = static_cast<std::size_t>(static_cast<Value>(at) + f.lo);
            NativeMover::At& place = mover.at.emplace_back();
            if (location >= code_.steps[t].size()) continue;
            if (code_.steps[t][location].source == nullptr) place = {&no_step_, &no_step_, nullptr};
            if (native_->ways(t, location).each.empty()) continue;
            const NativeCode::Ways& ways = native_->ways(t, location);
            place = {ways.each.data(), ways.each.data() + ways.each.size(), &ways};
        }
        if (movers_[t].daemon) continue;
        final_mask_[f.word] |= f.max << f.shift;
        final_words_[f.word] |= ((static_cast<std::uint64_t>(movers_[t].end) - static_cast<std::uint64_t>(f.lo)) & f.max)
                                << f.shift;
    }
}

WayEnd SuccessorGenerator::run_native(NativeCode::Step native) {
    return native_end(native(words_.data(), native_words_.data(), &native_context_));
}

// Of a way whose machine code ended so; what that left to the interpreter is done by it.
WayEnd SuccessorGenerator::finish_way(std::uint32_t result, const NativeCode::Ways& ways, Value choice) {
    WayEnd end = native_end(result);
    if (by_native_) return end;
    unpack();
    tape_ = ways.chooses ? ChoiceTape::fixed({choice}) : ChoiceTape();
    choosing_ = true;  // which is no tape to go on with
    const auto at = static_cast<std::size_t>(location(movers_[thread_].location));
    const WayEnd end_there = interpreter_.run(code_.steps[thread_][at], thread_, tape_, plain_);
    // A way that ends (in a fault) before there is a choice is one way, whatever would have been chosen.
    const bool again = ways.chooses && choice != ways.least && tape_.taken().empty();
    if (!again) return end_there;
    interpreter_.undo();
    return WayEnd::kBlocked;
}

WayEnd SuccessorGenerator::native_end(std::uint32_t result) {
    const std::uint32_t at = result >> 8;
    by_native_ = true;
    switch (static_cast<NativeEnd>(result & 0xff)) {
        case NativeEnd::kDone: return WayEnd::kDone;
        case NativeEnd::kBlocked: return WayEnd::kBlocked;
        case NativeEnd::kViolation: interpreter_.note_end(code_.code[at].d, code_.sites[at]); return WayEnd::kViolation;
        case NativeEnd::kDropped:
            interpreter_.note_end(kNone, code_.sites[at]);
            return dropped_end(static_cast<DropKind>(code_.code[at].d));
        case NativeEnd::kByBytecode:
        case NativeEnd::kFalse:
        case NativeEnd::kTrue: break;
    }
    by_native_ = false;
    return WayEnd::kBlocked;
}

void SuccessorGenerator::load(const std::uint64_t* words) {
    if (words_.size() == 1)
        words_[0] = words[0];  // most have one, and a call of memmove costs more than that
    else
        std::copy_n(words, words_.size(), words_.begin());
    unpacked_ = false;
    if (native_ == nullptr) unpack_words();
}

void SuccessorGenerator::unpack_words() {
    layout_->unpack(words_.data(), interpreter_.cells());
    if (code_.reads_before || plain_) interpreter_.remember_before();
    unpacked_ = true;
}

void SuccessorGenerator::load_cells(std::span<const Value> cells) {
    std::copy(cells.begin(), cells.end(), interpreter_.cells());
    interpreter_.remember_before();
    unpacked_ = true;
}

bool SuccessorGenerator::is_final() {
    for (std::size_t w = 0; w < final_mask_.size(); ++w) {
        if (((words_[w] ^ final_words_[w]) & final_mask_[w]) != 0) return false;
    }
    for (const Mover& mover : std::span(movers_).subspan(1)) {
        if (!mover.daemon && location(mover.location) != mover.end) return false;
    }
    return true;
}

bool SuccessorGenerator::can_move(ThreadNumber thread) {
    const auto at = static_cast<std::size_t>(location(movers_[thread].location));
    const BytecodeProgram& program = code_.steps[thread][at];
    if (program.source == nullptr) return false;
    begin_choices();
    thread_ = thread;
    do {
        tape_.rewind();
        WayEnd end = run_way(program, native_ == nullptr ? nullptr : native_->ways(thread, at).by_tape);
        if (!by_native_) interpreter_.undo();
        by_native_ = false;
        choosing_ = program.has_choice;
        if (end != WayEnd::kBlocked) return true;
    } while (program.has_choice && next_choices());
    return false;
}

bool SuccessorGenerator::step_holds() {
    step_failures_.clear();
    for (PropertyNumber p : step_properties_) {
        if (truth_of(p, thread_) == Truth::kFalse) step_failures_.push_back(p);
    }
    return step_failures_.empty();
}

}  // namespace quire::explore
