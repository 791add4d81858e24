// Every way out of a state: threads in order, choices in lexicographic order, exactly those of `successors`.
//
// The present state lies unpacked in the interpreter's frame.  A step is run there, its new state packed from the words
// of the present one and the cells that the write log names, and the writes are undone.
//
// What becomes of a way is told to a sink (see NullSink); it can ask the generator which thread moved, with which
// choices, and look at the cells as they are after the step.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "explore/canonical.h"
#include "explore/interpreter.h"
#include "explore/packed_layout.h"

namespace quire::explore {

struct Mobility {
    bool any = false;  // some thread can move, were it into a failing check
    bool non_daemon = false;
    bool daemon = false;
};

// Does nothing with any way; a base for sinks that look at some.
struct NullSink {
    static constexpr bool kPacked = false;  // whether `on_state` wants the packed words, or nullptr
    bool stopped() const { return false; }
    void on_way() {}                        // each one, blocked or not, before anything else
    void on_state(const std::uint64_t*) {}  // its canonical form, if the generator was told of a symmetry
    void on_step_violation() {}             // step_failures() of the generator are false of a step into a state
    void on_violation(PropertyNumber) {}
    void on_cover(PropertyNumber) {}  // before any of the others
    void on_dropped(WayEnd) {}
    void on_misfit(Address, Value) {}
};

class SuccessorGenerator {
public:
    SuccessorGenerator(const TransitionSystem& system, const Bytecode& code, bool plain);

    void set_layout(const PackedLayout& layout);  // to be kept by the caller
    // New states are told in their canonical form from now on.  The layout has to be one of the symmetry.
    void set_symmetry(const Symmetry& symmetry);

    // The present state.
    void load(const std::uint64_t* words);
    void load_cells(std::span<const Value> cells);
    std::span<const Value> cells() const { return interpreter_.state(); }

    // Steps of those threads t whose bit t - 1 is set, or of all beyond 64.
    template <unsigned kWords, class Sink>
    Mobility expand(Sink& sink, std::uint64_t threads = ~std::uint64_t{0});
    // Whether some way of the thread's step is possible, were it into a failing check.
    bool can_move(ThreadNumber thread);
    // The start states; `load_start` afterwards resets what they left.
    template <unsigned kWords, class Sink>
    void start(Sink& sink);

    // Of the way that the sink is being told of.
    ThreadNumber thread() const { return thread_; }
    std::vector<Value> choices() const { return tape_.taken(); }
    // The new state as the step leaves it, and the number that a thread has in its canonical form.
    const std::uint64_t* plain_words() const { return plain_words_; }
    ThreadNumber renamed(ThreadNumber thread) const { return canonical_ ? canonical_->renamed(thread) : thread; }
    std::uint32_t site() const { return interpreter_.site(); }
    const std::vector<PropertyNumber>& step_failures() const { return step_failures_; }
    std::span<const Interpreter::Write> writes() const { return interpreter_.writes(); }

    // In the present cells.
    bool holds(PropertyNumber property) { return truth_of(property) == Truth::kTrue; }
    bool fails(PropertyNumber property) { return truth_of(property) == Truth::kFalse; }
    bool is_final() const;
    // Evaluations of properties that took too long so far.
    std::uint64_t unknown_truths() const { return unknown_truths_; }

    std::vector<std::uint32_t> executed_sites() const { return interpreter_.executed_sites(); }

private:
    template <unsigned kWords, class Sink>
    bool run_ways(const BytecodeProgram& program, Sink& sink, bool is_start);
    template <unsigned kWords, class Sink>
    void deliver(Sink& sink, bool is_start);
    template <unsigned kWords>
    bool pack_writes(std::uint64_t* words, Address& misfit) const;
    bool step_holds();
    Truth truth_of(PropertyNumber property, ThreadNumber acting = 0) {
        Truth truth = interpreter_.truth_of(property, acting, plain_);
        if (truth == Truth::kUnknown) [[unlikely]]
            ++unknown_truths_;
        return truth;
    }

    struct Mover {  // a thread
        Address location = 0;
        Value end = 0;
        bool daemon = false;
    };

    const TransitionSystem& system_;
    const Bytecode& code_;
    Interpreter interpreter_;
    const PackedLayout* layout_ = nullptr;
    bool plain_;
    std::vector<Mover> movers_;  // by thread
    std::vector<PropertyNumber> step_properties_;
    std::vector<std::uint64_t> words_;      // of the present state
    std::vector<std::uint64_t> new_words_;  // of a successor, if there are any number of them
    const std::uint64_t* plain_words_ = nullptr;
    std::optional<Canonicaliser> canonical_;
    std::vector<std::uint64_t> canonical_words_;
    ThreadNumber thread_ = 0;
    ChoiceTape tape_;
    std::vector<PropertyNumber> step_failures_;
    std::uint64_t unknown_truths_ = 0;
};

// Into `words`: the present state's words with the written cells put in.
template <unsigned kWords>
inline bool SuccessorGenerator::pack_writes(std::uint64_t* words, Address& misfit) const {
    const unsigned count = kWords == 0 ? layout_->words() : kWords;
    for (unsigned i = 0; i < count; ++i) words[i] = words_[i];
    const Field* fields = layout_->fields().data();
    const Value* cells = interpreter_.cells();
    for (const Interpreter::Write& write : interpreter_.writes()) {
        const Field& f = fields[write.address];
        std::uint64_t offset = static_cast<std::uint64_t>(cells[write.address]) - static_cast<std::uint64_t>(f.lo);
        if (offset > f.max) [[unlikely]] {
            misfit = write.address;
            return false;
        }
        const std::uint32_t word = kWords == 1 ? 0 : f.word;
        words[word] = (words[word] & ~(f.max << f.shift)) | offset << f.shift;
    }
    return true;
}

// A way that leads to a state.
template <unsigned kWords, class Sink>
inline void SuccessorGenerator::deliver(Sink& sink, bool is_start) {
    if (!is_start && !step_properties_.empty() && !step_holds()) {
        sink.on_step_violation();
        return;
    }
    if constexpr (!Sink::kPacked) {
        sink.on_state(nullptr);
    } else {
        Address misfit = 0;
        std::uint64_t local[kWords == 0 ? 1 : kWords];
        std::uint64_t* words = kWords == 0 ? new_words_.data() : local;
        bool fits = is_start ? layout_->pack(interpreter_.cells(), words, misfit) : pack_writes<kWords>(words, misfit);
        plain_words_ = words;
        if (fits && canonical_) {
            canonical_->canonical(words, canonical_words_.data());
            words = canonical_words_.data();
        }
        if (fits) [[likely]]
            sink.on_state(words);
        else
            sink.on_misfit(misfit, interpreter_.cells()[misfit]);
    }
}

// False if every way is blocked.
template <unsigned kWords, class Sink>
bool SuccessorGenerator::run_ways(const BytecodeProgram& program, Sink& sink, bool is_start) {
    bool possible = false;
    if (program.has_choice || plain_) tape_ = ChoiceTape();
    do {
        tape_.rewind();
        WayEnd end = interpreter_.run(program, thread_, tape_, plain_);
        sink.on_way();
        if (end != WayEnd::kBlocked) {
            possible = true;
            for (PropertyNumber cover : interpreter_.covers()) sink.on_cover(cover);
            switch (end) {
                case WayEnd::kDone: deliver<kWords>(sink, is_start); break;
                case WayEnd::kViolation: sink.on_violation(interpreter_.property()); break;
                case WayEnd::kAssumed:
                case WayEnd::kSilent:
                case WayEnd::kExhausted:
                case WayEnd::kTooLong: sink.on_dropped(end); break;
                case WayEnd::kBlocked: break;
            }
        }
        interpreter_.undo();
        if (sink.stopped()) [[unlikely]]
            break;
    } while (program.has_choice && tape_.next());
    return possible;
}

template <unsigned kWords, class Sink>
Mobility SuccessorGenerator::expand(Sink& sink, std::uint64_t threads) {
    Mobility mobility;
    for (ThreadNumber t = 1; t < movers_.size(); ++t) {
        if (t <= 64 && (threads >> (t - 1) & 1) == 0) continue;
        const Mover& mover = movers_[t];
        const BytecodeProgram& program = code_.steps[t][static_cast<std::size_t>(interpreter_.cells()[mover.location])];
        if (program.source == nullptr) continue;
        thread_ = t;
        if (run_ways<kWords>(program, sink, false)) {
            mobility.any = true;
            (mover.daemon ? mobility.daemon : mobility.non_daemon) = true;
        }
        if (sink.stopped()) [[unlikely]]
            break;
    }
    return mobility;
}

template <unsigned kWords, class Sink>
void SuccessorGenerator::start(Sink& sink) {
    load_cells(system_.initial);
    thread_ = 0;
    run_ways<kWords>(code_.start, sink, true);
    if (layout_ != nullptr) set_layout(*layout_);
}

}  // namespace quire::explore
