// The narrow waist: what every front end produces and every engine consumes.
//
// A state is a vector of cells, one Value each.  Each thread stands at a location; from it, one action (a small program)
// gives all its next steps: every way through the program, over its choices, that is not blocked.  Nothing here knows
// what a struct, a lock or a memory model is.  Immutable once built.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "expr/expression.h"
#include "support/source.h"

namespace quire {

using Address = std::uint32_t;         // of a cell
using LocationNumber = std::uint32_t;  // within a role
using PropertyNumber = std::uint32_t;  // into TransitionSystem::properties
using ThreadNumber = std::uint32_t;    // 1..threads.size(); 0 = no thread
inline constexpr std::uint32_t kNone = 0xffffffffu;

// ------------------------------------------------------------------------------------------------------ variables

enum class VariableKind : std::uint8_t {
    kShared,    // memory that threads share
    kLocation,  // where the threads of a role stand, one cell per thread
    kLocal,     // a local or temporary of the threads of a role, one cell per thread
    kGhost,     // written by ghost code only
    kInternal,  // the tool's own: which slots are in use, what is initialised, held locks, ledgers
};

// A run of cells of one type.
struct Variable {
    std::string name;  // "page[1].count"; of a kLocal: "found"; cells of a run are shown as name[i]
    ScalarType type;
    VariableKind kind = VariableKind::kShared;
    // Every write is known to leave a value in lo..hi (checked ranges, types); what a cell really takes may be less.
    Value lo = 0;
    Value hi = 0;
    Address base = 0;
    std::uint32_t count = 1;
    std::uint32_t role = kNone;         // kLocation, kLocal: cell i belongs to thread i of this role
    ThreadNumber owner = 0;             // not 0: memory of this thread's frame
    std::uint32_t enumeration = kNone;  // into TransitionSystem::enumerations, for display
    bool displayed = true;              // of interest to a reader
    SourceSpan span;
};

struct Enumeration {
    std::string name;
    std::vector<std::pair<std::string, Value>> values;
};

// The places that a pointer to one struct can name: slot s of pointers is places[s - 1].
struct PointerSpace {
    std::string structure;               // "page"
    std::vector<std::string> places;     // "page[1]", "inode.i_data"; for reports
    std::uint32_t object_table = kNone;  // expression table: slot -> number of the freeable object it lies in, or 0
    bool can_dangle = false;             // some place lies in an object that can end
    // Where each place is.  One that is no memory (what container_of makes of a pointer that lies in no such struct) has
    // no address; it stands for slot `inner_slot` of the places of another struct, in the way numbered `kind`.
    struct Origin {
        Address address = kNone;
        std::uint32_t inner_space = kNone;
        std::uint32_t inner_slot = 0;
        std::uint32_t kind = 0;
    };
    std::vector<Origin> origins;
};

// Something that can be freed: a slot of a pool, or a local in memory.  Numbered from 1.
struct Object {
    std::string name;
    Address in_use = 0;  // cell: 1 while it is live
    Address first = 0;   // its cells
    std::uint32_t cells = 0;
    bool pool = false;  // counts for `leak`
    bool typesafe = false;
};

// Things that are alike, at equal distances: cell base + i * stride + k is for entry i what base + j * stride + k is for
// entry j.
enum class RepetitionKind : std::uint8_t {
    kElements,  // of an array or pool, by index
    kByThread,  // entry i is of thread number first_thread + i
    kBySlot,    // entry i is of slot i of a pointer space
};

struct Repetition {
    RepetitionKind kind = RepetitionKind::kElements;
    Address base = 0;
    std::uint32_t stride = 1;
    std::uint32_t count = 0;
    // kElements: repetitions with the same group number the same things; kNone: an array inside of something that is
    // repeated itself.  kBySlot: the pointer space.
    std::uint32_t group = kNone;
    ThreadNumber first_thread = 0;
};

// --------------------------------------------------------------------------------------------------------- actions

// Where an instruction comes from: a place in the text and the calls through which it was inlined.
struct Site {
    SourceSpan span;
    std::uint32_t caller = kNone;  // the site of the call that brought us here
    std::string function;          // in which function or thread
    bool library = false;          // in an imported file
};

enum class InstructionKind : std::uint8_t {
    kStore,       // cell [address] = value
    kSet,         // register `target` = value
    kBranch,      // go to `target` if value is 0
    kJump,        // go to `target`
    kRequire,     // this way is blocked unless value
    kCheck,       // violation of `property` unless value; the step has no other effect
    kDrop,        // the run ends here unless value, without a state; `drop` says why
    kChoose,      // register `target` = any of value..value2, in increasing order; none: this way is blocked
    kMarkCells,   // `free`: for each cell a in [base, base + count): if table[slot of the pointer in it] == value,
                  // set its mark
    kClearCells,  // the reverse, for refreshing: clear the mark
    kMarkRegister,
    kClearRegister,  // the same for register `target`
    kMarkMembers,    // for each i in 0..count-1: if cell base+i is 1 and table[i] == value, it becomes 2
    kLoopHead,       // a cycle of work within one step passes here
    kCover,          // cover `property` is reached
    kNote,           // no effect; for traces, see NoteKind
    kFinish,         // end of the step (the location has been stored)
};

enum class DropKind : std::uint8_t { kAssumed, kExhausted, kSilent };

enum class NoteKind : std::uint8_t {
    kStatement,  // local work at `site`
    kRead,       // the step's access: reads the cell at address; value is what it saw
    kWrite,      // writes value there
    kBuffered,   // the step's access: value will get there later
    kStored,     // nobody's step: value gets there now
    kAtomic,
    kAwait,
    kAllocate,
    kFree,
    kUse,
    kSpawn,
    kContainer,
    kChoosePool,
    kDecision,  // value is the truth value of the condition at `site`
    kAcquired,
    kReleased,  // a lock, by contract; value identifies it: see `text`
};

struct Instruction {
    InstructionKind kind = InstructionKind::kFinish;
    NoteKind note = NoteKind::kStatement;
    DropKind drop = DropKind::kAssumed;
    std::uint32_t target = 0;  // instruction number or register
    ExprId address;
    ExprId value;
    ExprId value2;
    PropertyNumber property = kNone;
    Address base = 0;
    std::uint32_t count = 0;
    std::uint32_t table = kNone;
    std::uint32_t site = kNone;
};

// Straight code with jumps.  Starts at instruction 0.  A kBranch or kJump backwards goes to a kLoopHead.  An expression
// that faults in any instruction violates the property of its fault (see fault_property).
struct Program {
    std::vector<Instruction> code;
    std::vector<ScalarType> registers;
};

struct Location {
    std::string name;  // for dumps
    std::uint32_t site = kNone;
    Program step;  // empty code: no step from here (the end)
};

struct ThreadRole {
    std::string name;
    std::uint32_t first_thread = 1;  // number of its thread 0
    std::uint32_t count = 1;
    ExprId count_expression;  // symbolic in the constants
    bool is_array = false;
    bool daemon = false;
    bool dormant = false;
    bool symmetric = false;  // nothing tells its threads apart but their numbers
    // Not kNone: a role of the environment, whose steps are nobody's; its thread i acts on behalf of thread i of that role.
    // Such roles are behind all others.
    std::uint32_t serves = kNone;
    std::uint32_t location_variable = kNone;
    LocationNumber start = 0;
    LocationNumber end = 0;
    std::vector<Location> locations;
    SourceSpan span;
};

struct Thread {
    std::uint32_t role = 0;
    std::uint32_t index = 0;
    std::string name;  // "holder[0]", "scanner"
};

// ------------------------------------------------------------------------------------------------------ properties

enum class SystemPropertyKind : std::uint8_t {
    kBuiltin,  // violated by kCheck or a fault
    kDeadlock,
    kLeak,
    kInvariant,
    kFinally,
    kStep,
    kCoverState,
    kCoverFinal,
    kCoverPoint,
};

// One of the sides of `a && b && c`, in order.
struct Conjunct {
    Program condition;  // as of the property
    SourceSpan span;
};

struct SystemProperty {
    SystemPropertyKind kind = SystemPropertyKind::kBuiltin;
    std::string name;
    bool enabled = true;  // `allow` switches built-in ones off
    // kInvariant .. kCoverFinal: register 0 at kFinish is the truth value.  A failing kCheck or a fault in it means
    // "cannot be evaluated": violated (for a cover: not reached).  kStep programs read the state before the step with
    // old loads, and kSelf is the thread that moved.
    Program condition;
    std::vector<Conjunct> conjuncts;  // for explanations; empty if the condition is none
    SourceSpan span;
    std::string doc;
};

struct TransitionSystem {
    ExpressionPool pool;
    std::vector<Variable> variables;
    std::vector<Enumeration> enumerations;
    std::vector<PointerSpace> pointer_spaces;  // by ScalarType::pointee
    std::vector<Object> objects;               // [0] unused
    std::vector<std::string> functions;        // by value of function pointers; [0] is NULL
    std::vector<Repetition> repetitions;       // outer ones before those inside them
    std::vector<std::string> groups;           // of repetitions, by what they are called
    std::vector<ThreadRole> roles;
    std::vector<Thread> threads;  // [0] is "no thread"
    std::vector<Site> sites;
    std::vector<SystemProperty> properties;
    std::vector<std::uint32_t> cell_variable;              // address -> variable
    std::vector<Value> initial;                            // before `start`
    Program start;                                         // all init blocks; each way through gives a start state
    std::vector<std::pair<std::string, Value>> constants;  // of this instance, as declared
    std::vector<std::uint32_t> statement_sites;  // all sites of statements of code that some thread can run, executed or not

    std::size_t cell_count() const { return initial.size(); }
    std::string cell_name(Address address) const;
    std::string value_text(Address address, Value value) const;  // "&page[1]", "holder[0]", "true", "PG_lru"
    // How many of `threads` are not of the environment, "no thread" included.  They come first.
    ThreadNumber program_threads() const;
    // The thread on whose behalf this one acts; itself if it is not of the environment.
    ThreadNumber served_by(ThreadNumber thread) const;
    PropertyNumber property(std::string_view name) const;  // kNone if there is none
    PropertyNumber fault_property(Fault fault) const;

    Value location(std::span<const Value> state, ThreadNumber thread) const;
    bool ended(std::span<const Value> state, ThreadNumber thread) const;
    // Every thread but daemons has ended.
    bool is_final(std::span<const Value> state) const;
};

std::string_view note_name(NoteKind kind);  // for dumps

// Names of the built-in checks, in the order in which every system lists them first.
std::span<const std::string_view> builtin_properties();

// Readable text of the whole system: `--print system`.
std::string to_string(const TransitionSystem& system);

}  // namespace quire
