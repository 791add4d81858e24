// One step of a transition system, by `evaluate` alone: what replays every trace and what every faster engine must agree
// with.
#pragma once

#include <span>
#include <vector>

#include "system/transition_system.h"

namespace quire {

enum class OutcomeKind : std::uint8_t {
    kDone,
    kBlocked,    // this way is not possible here
    kViolation,  // `property` at `site`; there is no next state
    kDropped,    // the run ends by `assume` (or silently)
    kExhausted,  // the run ends because a pool, list or role is too small
    kTooLong,    // more local work in one step than kStepLimit
};

inline constexpr std::uint32_t kStepLimit = 1'000'000;

struct Event {  // of a replay
    Instruction instruction;
    Value address = 0;  // kStore and accesses
    Value value = 0;
};

struct Outcome {
    OutcomeKind kind = OutcomeKind::kDone;
    PropertyNumber property = kNone;
    std::uint32_t site = kNone;
    std::vector<PropertyNumber> covers;  // passed, whatever the outcome but kBlocked
};

// The values that the kChoose instructions of one run take.  `next` moves on to the next way, in lexicographic order.
class ChoiceTape {
public:
    // For replays: exactly these values.
    static ChoiceTape fixed(std::vector<Value> values);

    void rewind() { position_ = 0; }
    bool next();
    // The value of the coming choice among lo..hi; false if it is not among them (only with fixed values) or lo > hi.
    bool choose(Value lo, Value hi, Value& value);
    // The values taken by the present run.
    std::vector<Value> taken() const;

private:
    struct Entry {
        Value value, hi;
    };
    std::vector<Entry> entries_;
    std::size_t position_ = 0;
    bool fixed_ = false;
};

// Runs `program` on `state` in place (garbage unless kDone).  `before` is the state before the step (for step properties).
// `registers` receives the registers at the end, if wanted; `events`, what happened in order, if wanted.
Outcome execute(const TransitionSystem& system, const Program& program, std::vector<Value>& state, std::span<const Value> before,
                ThreadNumber thread, ChoiceTape& tape, std::vector<Value>* registers = nullptr,
                std::vector<Event>* events = nullptr);

// Of a property in a state; unknown where evaluating it reaches kStepLimit, which shows nothing either way.
enum class Truth : std::uint8_t { kFalse, kTrue, kUnknown };

// The truth value of the property in `state`; false if it cannot be evaluated (`site` then says where).
Truth truth_of(const TransitionSystem& system, const SystemProperty& property, std::span<const Value> state,
               std::span<const Value> before = {}, ThreadNumber acting = 0, std::uint32_t* site = nullptr);
inline bool holds(const TransitionSystem& system, const SystemProperty& property, std::span<const Value> state,
                  std::span<const Value> before = {}, ThreadNumber acting = 0) {
    return truth_of(system, property, state, before, acting) == Truth::kTrue;
}

// One enumerated step: thread, choices, and what came of it.  `state` is meaningful for kDone.
struct Successor {
    ThreadNumber thread = 0;
    std::vector<Value> choices;
    Outcome outcome;
    std::vector<Value> state;
};

// Every way that is not blocked, threads in order, choices in lexicographic order.
std::vector<Successor> successors(const TransitionSystem& system, std::span<const Value> state);
// The start states (and failing starts), as steps of thread 0.
std::vector<Successor> start_states(const TransitionSystem& system);

}  // namespace quire
