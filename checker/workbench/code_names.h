// What the functions of a variant are for, by their contracts: which take and give back locks, references, read sections.
// Nothing here knows a function's name: whatever a library declares with contracts can be used in an edit.
#pragma once

#include <string>
#include <vector>

#include "syntax/ast.h"
#include "types/variants.h"

namespace quire {

// `acquire(x)` and `release(x)` of one parameter.
struct LockWay {
    std::string acquire, release;
    std::string attempt;  // returns whether it took the lock; "" if there is none
    std::string type;     // of the parameter, as print() shows it: "spinlock_t *"
    std::string member;   // the lock is this member of what the parameter points to: ".ptl"; "" if it is that itself
    bool sleeps = false;
};

struct ReadSectionWay {
    std::string name;  // "RCU"
    std::string enter, leave;
};

struct CountWay {
    std::string type;                // of the parameter
    std::vector<std::string> plain;  // gets that cannot fail
    std::string attempt;             // one that can: false on a count of zero
    std::string put;                 // frees with the last reference
};

struct CodeNames {
    std::vector<LockWay> locks;
    std::vector<ReadSectionWay> sections;
    std::vector<CountWay> counts;
    std::vector<std::string> grace_periods;  // without parameters

    const LockWay* lock_taken_by(const std::string& function) const;
    bool releases(const std::string& function) const;
    const CountWay* count_of_type(const std::string& type) const;
};
CodeNames code_names(const VariantPlan& plan);

const ast::FunctionDecl* find_function(const VariantPlan& plan, std::string_view name);

// A variable with the type as print() shows it.
struct NamedVariable {
    std::string name, type;
};
// File-level variables, in order.
std::vector<NamedVariable> global_variables(const VariantPlan& plan);
// Members of a struct type ("struct page", or a typedef of it), but ledgers.
std::vector<NamedVariable> members_of(const VariantPlan& plan, const std::string& type);

}  // namespace quire
