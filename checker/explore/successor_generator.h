// Every way out of a state: threads in order, choices in lexicographic order, exactly those of `successors`.
//
// The present state lies unpacked in the interpreter's frame.  A step is run there, its new state packed from the words
// of the present one and the cells that the write log names, and the writes are undone.
//
// What becomes of a way is told to a sink (see NullSink); it can ask the generator which thread moved, with which
// choices, and look at the cells as they are after the step.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "explore/canonical.h"
#include "explore/interpreter.h"
#include "explore/native_code.h"
#include "explore/packed_layout.h"

namespace quire::explore {

// Whether some thread can move, were it into a failing check.  One number: it is returned for each state, and structs of
// several small members go through memory, piece by piece, for which the processor waits.
class Mobility {
public:
    void add(bool daemon, bool possible) { who_ |= static_cast<unsigned>(possible) << (daemon ? 1 : 0); }
    bool any() const { return who_ != 0; }
    bool non_daemon() const { return (who_ & 1) != 0; }
    bool daemon() const { return (who_ & 2) != 0; }

private:
    unsigned who_ = 0;
};

// Does nothing with any way; a base for sinks that look at some.
struct NullSink {
    static constexpr bool kPacked = false;  // whether `on_state` wants the packed words, or nullptr
    bool stopped() const { return false; }
    void on_way() {}                        // each one, blocked or not, before anything else; but none of machine code
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

    // Steps and conditions of packed states by this from now on, as far as it goes; to be kept by the caller.  `wanted`, by
    // property: covers that are to be told of.  Not where step properties look at the cells of two states.
    void set_native(const NativeCode& native, const std::uint8_t* wanted);
    std::span<const std::uint8_t> coverage_flags() { return interpreter_.flags(); }
    // Those of the same code, of an earlier search.
    void set_coverage_flags(std::span<const std::uint8_t> flags) {
        std::copy_n(flags.begin(), std::min(flags.size(), interpreter_.flags().size()), interpreter_.flags().begin());
    }

    // The present state.
    void load(const std::uint64_t* words);
    void load_cells(std::span<const Value> cells);
    std::span<const Value> cells() {
        unpack();
        return interpreter_.state();
    }

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
    bool is_final();
    // Evaluations of properties that took too long so far.
    std::uint64_t unknown_truths() const { return unknown_truths_; }

    std::vector<std::uint32_t> executed_sites() const { return interpreter_.executed_sites(); }

private:
    template <unsigned kWords, class Sink>
    bool run_ways(const BytecodeProgram& program, NativeCode::Step native, Sink& sink, bool is_start);
    template <unsigned kWords, class Sink>
    bool step_natively(ThreadNumber t, Sink& sink, bool& possible);
    template <unsigned kWords, class Sink>
    void deliver(Sink& sink, bool is_start);
    void find_native_movers();
    WayEnd run_way(const BytecodeProgram& program, NativeCode::Step native);
    WayEnd run_native(const NativeCode::Step native);
    WayEnd native_end(std::uint32_t result);
    WayEnd finish_way(std::uint32_t result, const NativeCode::Ways& ways, Value choice);
    template <unsigned kWords, class Sink>
    bool end_way(WayEnd end, Sink& sink, bool is_start);
    // A tape that has come to its end is as good as new.
    void begin_choices() {
        if (choosing_) tape_ = ChoiceTape();
        choosing_ = false;
    }
    bool next_choices() { return choosing_ = tape_.next(); }
    // The cells of the present state, if they are not there yet.
    void unpack() {
        if (!unpacked_) [[unlikely]]
            unpack_words();
    }
    void unpack_words();
    Value location(Address cell) {
        if (unpacked_) return interpreter_.cells()[cell];
        const Field& f = layout_->field(cell);
        return static_cast<Value>(((words_[f.word] >> f.shift) & f.max) + static_cast<std::uint64_t>(f.lo));
    }
    template <unsigned kWords>
    bool pack_writes(std::uint64_t* words, Address& misfit) const;
    const std::uint64_t* canonical_form() {
        canonical_->canonical(plain_words_, canonical_words_.data());
        return canonical_words_.data();
    }
    bool step_holds();
    Truth truth_of(PropertyNumber property, ThreadNumber acting = 0) {
        if (native_ != nullptr && native_->condition(property) != nullptr) {
            const auto end = static_cast<NativeEnd>(native_->condition(property)(words_.data(), &native_context_));
            if (end != NativeEnd::kByBytecode) return end == NativeEnd::kTrue ? Truth::kTrue : Truth::kFalse;
        }
        unpack();
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
    // The ways of its steps in machine code, by what the field of its location holds.
    struct NativeMover {
        std::uint32_t word = 0, shift = 0;
        std::uint64_t max = 0;
        struct At {
            const NativeCode::Step* first = nullptr;  // nullptr: not one by one
            const NativeCode::Step* end = nullptr;
            const NativeCode::Ways* ways = nullptr;
        };
        std::vector<At> at;
    };

    const TransitionSystem& system_;
    const Bytecode& code_;
    Interpreter interpreter_;
    const PackedLayout* layout_ = nullptr;
    bool plain_;
    const NativeCode* native_ = nullptr;
    NativeContext native_context_;
    std::vector<std::uint64_t> native_words_;              // of a successor
    bool by_native_ = false;                               // the present way
    bool unpacked_ = true;                                 // the present state: its cells lie in the interpreter
    std::vector<Mover> movers_;                            // by thread
    std::vector<NativeMover> native_movers_;               // by thread; empty: there is no native code
    const NativeCode::Step no_step_ = nullptr;             // of who has ended
    std::vector<std::uint64_t> final_mask_, final_words_;  // where every thread but daemons has ended
    std::vector<PropertyNumber> step_properties_;
    std::vector<std::uint64_t> words_;      // of the present state
    std::vector<std::uint64_t> new_words_;  // of a successor, if there are any number of them
    const std::uint64_t* plain_words_ = nullptr;
    std::optional<Canonicaliser> canonical_;
    std::vector<std::uint64_t> canonical_words_;
    ThreadNumber thread_ = 0;
    ChoiceTape tape_;
    bool choosing_ = false;  // in the middle of the ways of a step
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
        bool fits = true;
        if (by_native_)
            words = native_words_.data();
        else
            fits = is_start ? layout_->pack(interpreter_.cells(), words, misfit) : pack_writes<kWords>(words, misfit);
        plain_words_ = words;
        if (fits) [[likely]]
            sink.on_state(canonical_ ? canonical_form() : words);
        else
            sink.on_misfit(misfit, interpreter_.cells()[misfit]);
    }
}

inline WayEnd SuccessorGenerator::run_way(const BytecodeProgram& program, NativeCode::Step native) {
    if (native != nullptr) {
        WayEnd end = run_native(native);
        if (by_native_) return end;
        tape_.rewind();
    }
    unpack();
    return interpreter_.run(program, thread_, tape_, plain_);
}

// False if every way is blocked.
template <unsigned kWords, class Sink>
bool SuccessorGenerator::run_ways(const BytecodeProgram& program, NativeCode::Step native, Sink& sink, bool is_start) {
    bool possible = false;
    begin_choices();
    do {
        tape_.rewind();
        possible |= end_way<kWords>(run_way(program, native), sink, is_start);
        if (sink.stopped()) [[unlikely]] {
            choosing_ = program.has_choice;
            break;
        }
    } while (program.has_choice && next_choices());
    return possible;
}

// The step by machine code, way by way; false if there is none.
template <unsigned kWords, class Sink>
inline bool SuccessorGenerator::step_natively(ThreadNumber t, Sink& sink, bool& possible) {
    const NativeMover& mover = native_movers_[t];
    const NativeMover::At& at = mover.at[(words_[kWords == 1 ? 0 : mover.word] >> mover.shift) & mover.max];
    if (at.first == nullptr) return false;
    thread_ = t;
    const std::uint64_t* const from = words_.data();
    std::uint64_t* const to = native_words_.data();
    for (const NativeCode::Step* step = at.first; step != at.end; ++step) {
        const std::uint32_t result = (*step)(from, to, &native_context_);
        if (result == static_cast<std::uint32_t>(NativeEnd::kBlocked)) continue;
        if (result == static_cast<std::uint32_t>(NativeEnd::kDone)) [[likely]] {
            possible = true;
            plain_words_ = to;
            sink.on_state(canonical_ ? canonical_form() : to);
            continue;
        }
        const Value choice = at.ways->least + (step - at.first);
        possible |= end_way<kWords>(finish_way(result, *at.ways, choice), sink, false);
        if (sink.stopped()) [[unlikely]]
            break;
    }
    return true;
}

// Tells of a way that ended, and takes it back.
template <unsigned kWords, class Sink>
bool SuccessorGenerator::end_way(WayEnd end, Sink& sink, bool is_start) {
    sink.on_way();
    if (end != WayEnd::kBlocked) {
        if (!by_native_) {
            for (PropertyNumber cover : interpreter_.covers()) sink.on_cover(cover);
        }
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
    if (!by_native_) interpreter_.undo();
    by_native_ = false;
    return end != WayEnd::kBlocked;
}

template <unsigned kWords, class Sink>
Mobility SuccessorGenerator::expand(Sink& sink, std::uint64_t threads) {
    Mobility mobility;
    for (ThreadNumber t = 1; t < movers_.size(); ++t) {
        if (t <= 64 && (threads >> (t - 1) & 1) == 0) continue;
        const Mover& mover = movers_[t];
        bool possible = false;
        if (!native_movers_.empty() && step_natively<kWords>(t, sink, possible)) {
            mobility.add(mover.daemon, possible);
            if (sink.stopped()) [[unlikely]]
                break;
            continue;
        }
        const auto at = static_cast<std::size_t>(location(mover.location));
        const BytecodeProgram& program = code_.steps[t][at];
        if (program.source == nullptr) continue;
        thread_ = t;
        const NativeCode::Step by_tape = native_ == nullptr ? nullptr : native_->ways(t, at).by_tape;
        mobility.add(mover.daemon, run_ways<kWords>(program, by_tape, sink, false));
        if (sink.stopped()) [[unlikely]]
            break;
    }
    return mobility;
}

template <unsigned kWords, class Sink>
void SuccessorGenerator::start(Sink& sink) {
    load_cells(system_.initial);
    thread_ = 0;
    run_ways<kWords>(code_.start, nullptr, sink, true);
    if (layout_ != nullptr) set_layout(*layout_);
}

}  // namespace quire::explore
