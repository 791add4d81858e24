// The control-flow automaton of one role: small nodes over virtual registers, with every access to shared memory marked
// by the step that it begins.
//
// A virtual register is a scalar of the running thread: (a member of) a local, or a temporary.  In expressions it is an
// ExprKind::kRegister.  Which of them become cells of the state is decided later, from what is live between steps.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "system/transition_system.h"
#include "types/typed_program.h"

namespace quire::ir {

struct VirtualRegister {
    ScalarType type;
    std::string name;
    LocalId local;  // invalid: a temporary
    Value lo = 0;
    Value hi = 0;
    std::uint32_t enumeration = kNone;
    std::uint32_t cell_variable = kNone;  // it is this variable, whatever liveness says (read by properties or by spawn)
    bool is_flag = false;                 // says whether a local is initialised
    // Element of a snapshot of a set of pointers: 1 or 2 while slot `member_slot` of `member_of` is in it.
    StructId member_of;
    std::uint32_t member_slot = 0;
    // The first of `row_size` registers, one per entry of a set: see RepetitionKind.
    std::uint32_t row_size = 0;
    RepetitionKind row_kind = RepetitionKind::kElements;
    std::uint32_t row_group = kNone;
    SourceSpan span;
};

enum class NodeKind : std::uint8_t {
    kNop,
    kStep,    // a step begins with what follows: `note` says what kind of access it is, `order` its order
    kChoice,  // register `target` = any of value..value2; `boundary`: the step before ends here
    kSet,     // register `target` = value
    kRead,    // register `target` = shared cell at address, by real code, with `order`
    kWrite,   // shared cell of `type` at address = value, by real code, with `order`
    kStore,   // cell at address = value: ghost state and the tool's own
    kBranch,  // value ? next : other
    kCheck,
    kDrop,
    kRequire,
    kCover,    // as the instructions
    kRelease,  // object `value` ends: everything that points to or into it dangles
    kRefresh,  // pointers of this thread's registers to object `value` (0: none) dangle no more
    kFence,    // `order`; `boundary`: it stands between steps
    kNote,
    kEnd,  // the thread has ended (the program, for properties and init)
};

struct Node {
    NodeKind kind = NodeKind::kNop;
    NoteKind note = NoteKind::kStatement;
    DropKind drop = DropKind::kAssumed;
    MemoryOrder order = MemoryOrder::kPlain;
    bool boundary = false;
    ScalarType type;
    std::uint32_t target = kNone;
    ExprId address, value, value2;
    PropertyNumber property = kNone;
    std::uint32_t site = kNone;
    std::uint32_t next = kNone;
    std::uint32_t other = kNone;
};

struct FlowGraph {
    std::uint32_t executor = kNone;  // which role; kNone: a property
    std::vector<Node> nodes;
    std::vector<VirtualRegister> registers;
    std::uint32_t entry = 0;
    std::vector<Address> labels_passed;  // bases of the `at` flags that this role sets
};

// Readable text of what can be reached, for people who debug the front end and for goldens: a line per node, in depth-first order.
std::string to_string(const FlowGraph& graph, const TransitionSystem& system);

}  // namespace quire::ir
