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

void SuccessorGenerator::load(const std::uint64_t* words) {
    std::copy_n(words, words_.size(), words_.begin());
    layout_->unpack(words, interpreter_.cells());
    if (code_.reads_before || plain_) interpreter_.remember_before();
}

void SuccessorGenerator::load_cells(std::span<const Value> cells) {
    std::copy(cells.begin(), cells.end(), interpreter_.cells());
    interpreter_.remember_before();
}

bool SuccessorGenerator::is_final() const {
    for (const Mover& mover : std::span(movers_).subspan(1)) {
        if (!mover.daemon && interpreter_.cells()[mover.location] != mover.end) return false;
    }
    return true;
}

bool SuccessorGenerator::can_move(ThreadNumber thread) {
    const auto location = static_cast<std::size_t>(interpreter_.cells()[movers_[thread].location]);
    const BytecodeProgram& program = code_.steps[thread][location];
    if (program.source == nullptr) return false;
    if (program.has_choice || plain_) tape_ = ChoiceTape();
    do {
        tape_.rewind();
        WayEnd end = interpreter_.run(program, thread, tape_, plain_);
        interpreter_.undo();
        if (end != WayEnd::kBlocked) return true;
    } while (program.has_choice && tape_.next());
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
