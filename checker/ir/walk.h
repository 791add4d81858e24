// Walking over the typed program: the direct parts of a node, and which code a thread can reach.
#pragma once

#include <set>
#include <vector>

#include "types/typed_program.h"

namespace quire::ir {

// What a node is made of, in order of evaluation where there is one.
struct Parts {
    std::vector<ExpressionId> expressions;
    std::vector<PlaceId> places;
    std::vector<StatementId> statements;
};
Parts parts_of(const TypedProgram& program, ExpressionId id);
Parts parts_of(const TypedProgram& program, PlaceId id);
Parts parts_of(const TypedProgram& program, StatementId id);

// Everything under some roots, calls followed.
struct Reached {
    std::set<FunctionId> functions;
    std::set<LocalId> locals;      // declared, bound or used
    std::set<LocalId> assigned;    // written after their declaration, or bound to a reference parameter
    std::set<LocalId> referenced;  // bound to a reference parameter
    std::set<StatementId> statements;
    bool releases_anything = false;  // frees, or ends a local in memory
    bool uses_irq_flag = false;
};
Reached reach(const TypedProgram& program, const std::vector<StatementId>& statements,
              const std::vector<ExpressionId>& expressions = {});

// The functions that a call through a pointer of this type can reach.
std::vector<FunctionId> candidates(const TypedProgram& program, TypeId pointer);

// Whether evaluating it does nothing but compute from locals and constants.
bool is_local_computation(const TypedProgram& program, ExpressionId id);

}  // namespace quire::ir
