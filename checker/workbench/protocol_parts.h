// What a protocol relies on, each with the edit of the typed program that takes it away: locks, checks, references,
// atomic steps.  Only what stands in the spec itself counts; how the library does it is not the question.
#pragma once

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
};
std::string_view part_name(PartKind kind);

struct ProtocolPart {
    PartKind kind = PartKind::kLock;
    std::string text;                                    // "spin_lock(&lru_lock)"
    std::string place;                                   // "file:line in function"
    std::vector<ExpressionId> dropped;                   // calls that are not made
    std::vector<std::pair<ExpressionId, bool>> decided;  // conditions that are always true or always false
    std::vector<StatementId> split;                      // `atomic { … }`
    std::vector<FunctionId> split_functions;             // atomic functions
};

// In the order of the text.
std::vector<ProtocolPart> protocol_parts(const TypedProgram& program, const SourceManager& sources);

// The program without these parts.  What only says that a lock has to be held says so no more.
TypedProgram without_parts(const TypedProgram& program, const std::vector<const ProtocolPart*>& parts);

}  // namespace quire
