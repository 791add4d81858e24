// Machine code for the steps and conditions of one system, made while the search runs.
//
// It works on packed states: what a step does not touch is never unpacked.  What is rare is not translated: the code then
// says `kByBytecode`, and the interpreter takes the way from its beginning.  So the two can differ in speed alone.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "explore/bytecode.h"
#include "explore/packed_layout.h"

namespace quire::explore {

// How a way through native code ended; the lowest byte of what it returns.  Above it: the instruction that ended it.
enum class NativeEnd : std::uint8_t { kDone, kBlocked, kViolation, kDropped, kByBytecode, kFalse, kTrue };

// What native code reads and writes besides states.
struct NativeContext {
    std::uint8_t* flags = nullptr;                // see Bytecode::flags
    const std::uint8_t* wanted_covers = nullptr;  // by property: a way that reaches it is taken by the interpreter
    ChoiceTape* tape = nullptr;
};

class NativeCode {
public:
    // From the packed words of a state to those of its successor (kDone).
    using Step = std::uint32_t (*)(const std::uint64_t* from, std::uint64_t* to, NativeContext* context);
    // Ends with kTrue, kFalse or kByBytecode.
    using Condition = std::uint32_t (*)(const std::uint64_t* state, NativeContext* context);

    // Nullptr where there is no back end for the processor, or no memory may be executed.  `flags`: those already set,
    // which the code leaves alone.  The system, the bytecode and the layout are not used afterwards.
    static std::unique_ptr<const NativeCode> make(const TransitionSystem& system, const Bytecode& code,
                                                  const PackedLayout& layout, std::span<const std::uint8_t> flags);
    virtual ~NativeCode() = default;
    NativeCode(const NativeCode&) = delete;
    NativeCode& operator=(const NativeCode&) = delete;

    struct Ways {
        // All of them, with the choices of the context's tape; nullptr: only the interpreter can do it.
        Step by_tape = nullptr;
        // One by one, if there is no choice, or one that all ways begin with: for its values from `least` on.
        std::vector<Step> each;
        bool chooses = false;
        Value least = 0;
    };
    const Ways& ways(ThreadNumber thread, std::size_t location) const { return ways_[thread][location]; }
    Condition condition(PropertyNumber property) const { return conditions_[property]; }

protected:
    NativeCode() = default;
    std::vector<std::vector<Ways>> ways_;
    std::vector<Condition> conditions_;
};

// Whether `make` can ever succeed in this build.
bool has_native_back_end();

}  // namespace quire::explore
