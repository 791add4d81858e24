// A state of the abstract machine: plain data that can be copied, compared and printed.
//
// Two situations that the language cannot tell apart must have the same key, so nothing dead may stay behind:
// what a frame or a scope leaves is reset at once, sets are kept sorted, and a thread that has ended keeps no
// local.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "reference/layout.h"

namespace quire::reference {

enum class ItemKind : std::uint8_t { kNothing, kScalar, kPointer, kAddress };
enum class AddressKind : std::uint8_t {
    kNull,     // a reference parameter that was given NULL
    kPrivate,  // a local that only its thread can reach
    kShared,
    kThroughPointer,
};

// What stands on the value stack: a temporary.  A place is kept as an address, with everything that the
// access will have to check.
struct Item {
    ItemKind kind = ItemKind::kNothing;
    AddressKind address = AddressKind::kNull;
    bool bad_index = false;
    Value value = 0;                  // kScalar, kPointer; kThroughPointer: the pointer
    std::uint32_t structure = kNone;  // kPointer, kThroughPointer: what it points to
    std::uint32_t cell = 0;           // absolute, or relative to what the pointer points to

    friend bool operator==(const Item&, const Item&) = default;
};

enum class FrameKind : std::uint8_t { kStatement, kExpression, kPlace, kCall };

struct Frame {
    FrameKind kind = FrameKind::kStatement;
    std::uint32_t id = 0;  // kCall: of the call's expression
    std::uint32_t phase = 0;
    std::uint32_t height = 0;  // of the value stack below what the frame owns
    std::uint32_t extra = 0;   // kCall: the function
};

// What a contract of a running call needs when the call ends.
struct ContractWatch {
    std::uint32_t contract = 0;
    std::uint32_t structure = kNone;
    Value slot = 0;
    std::uint32_t cell = kNone;  // gets, puts: the ledger
    Value net = 0;
    Value held_on_entry = 0;  // acquires, releases
};

using LockKey = std::pair<std::string, std::pair<std::uint32_t, Value>>;  // a bare name, or {"", {struct, slot}}

struct Thread {
    std::vector<Frame> frames;  // none: has ended (or was never started)
    std::vector<Item> values;
    std::map<std::uint32_t, Item> references;       // reference parameters, by LocalId
    std::vector<std::vector<ContractWatch>> calls;  // one for each kCall frame
    std::map<LockKey, Value> held;                  // without zeroes
    std::vector<std::uint32_t> passed;              // watched labels passed in its last step, sorted
    bool irqs_off = false;
};

struct State {
    std::vector<Value> cells;
    std::vector<char> defined;
    std::vector<std::vector<Value>> sequences;  // sets sorted by what is pointed to; ledgers: named, unbooked, thread 0..n
    std::vector<char> alive;                    // by object; only pools' slots
    std::vector<Thread> threads;
};

// Equal for equal states, different for different ones.
std::string state_key(const State& state);

// One line for each cell that is not 0, and where each thread stands.
std::string describe(const Layout& layout, const State& state);

inline bool is_dangling(Value pointer) { return (pointer & 1) != 0; }
inline Value slot_of(Value pointer) { return pointer >> 1; }
inline Value make_pointer(Value slot, bool dangling) { return slot * 2 + (dangling ? 1 : 0); }

// The cell where what `pointer` names begins (for a phantom: what it was made from); kNone for NULL and
// ERR_PTR.
std::uint32_t cell_of_pointer(const Layout& layout, std::uint32_t structure, Value pointer);
bool is_phantom(const Layout& layout, std::uint32_t structure, Value pointer);

// Sets the mark on every pointer to or into `object`, wherever it is kept.
void mark_dangling(const Layout& layout, State& state, const Object& object);
// Takes it from those in the scalar locals and temporaries of `thread`.
void refresh_locals(const Layout& layout, State& state, std::uint32_t thread, const Object& object);

}  // namespace quire::reference
