// What a protocol relies on, each with the edit of the typed program that takes it away: locks, checks, references,
// atomic steps.  Only what stands in the spec itself counts; how the library does it is not the question.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "support/source.h"
#include "types/typed_program.h"

namespace quire {

enum class PartKind : std::uint8_t {
    kLock,    // a lock that a function takes and drops: both calls are left out
    kCheck,   // `if (c) return …;`: never; `if (c) …`: always
    kGet,     // a reference that is taken: it is not; `…_unless_zero()`: as if it were
    kAtomic,  // one step: as many as it has accesses
    kOrder,   // of two neighbouring steps: the other way round
};
std::string_view part_name(PartKind kind);

// Statements first..second-1 of a block change places with second..end-1.
struct StatementSwap {
    StatementId block;
    std::size_t first = 0, second = 0, end = 0;
};

struct ProtocolPart {
    PartKind kind = PartKind::kLock;
    std::string text;                                    // "spin_lock(&lru_lock)"
    std::string place;                                   // "file:line in function"
    SourceSpan span;                                     // where it stands in the spec
    std::vector<ExpressionId> dropped;                   // calls that are not made
    std::vector<std::pair<ExpressionId, bool>> decided;  // conditions that are always true or always false
    std::vector<StatementId> split;                      // `atomic { … }`
    std::vector<FunctionId> split_functions;             // atomic functions
    std::optional<StatementSwap> swapped;
    std::string under;  // kOrder: what takes the lock that is held around both
    ExpressionId lock;  // kOrder: one of the two: the call that takes or drops a lock
};

// All but kOrder, in the order of the text.
std::vector<ProtocolPart> protocol_parts(const TypedProgram& program, const SourceManager& sources);
// kOrder: the steps that could be written in another order, in the order of the text.
std::vector<ProtocolPart> step_orders(const TypedProgram& program, const SourceManager& sources);

// By contract, or, of the library, by what it calls.
enum class LockEffect : std::uint8_t { kNeither, kTakes, kDrops };
LockEffect lock_effect(const TypedProgram& program, FunctionId function);

// What stands there, on one line and not too long.
std::string part_text(const SourceManager& sources, SourceSpan span);

// The program without these parts.  What only says that a lock has to be held says so no more, unless it is asked to.
enum class MustHold : std::uint8_t { kAsk, kLeaveOut };
TypedProgram without_parts(const TypedProgram& program, const std::vector<const ProtocolPart*>& parts,
                           MustHold contracts = MustHold::kLeaveOut);

}  // namespace quire
