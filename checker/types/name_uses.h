// Where the names of a program stand and what they mean, noted while it is typed: for editors.
#pragma once

#include <string>
#include <vector>

#include "support/source.h"
#include "types/check.h"
#include "types/typed_program.h"

namespace quire {

enum class NamedThing : std::uint8_t {
    kConstant,
    kEnumerator,
    kFunction,
    kGlobal,
    kLocal,
    kTypedef,
    kStruct,
    kEnum,
    kMember,
    kAccount,
    kRole,
    kLabel,
    kProperty,
    kCoverPoint,
    kInstance,
};

struct NameUse {
    SourceSpan span;  // of the name alone; in a macro's body, if that is where it was spelled
    NamedThing thing = NamedThing::kLocal;
    std::string name;
    SourceSpan definition;  // the name where it is declared
    std::string owner;      // of a member its struct, of an account its ledger, of a label its function or role
};

// A name that nothing has, and what would have fitted in its place. The declarations of the file always do, unless it
// stands behind `.` or `->`.
struct MissedName {
    SourceSpan span;
    bool is_member = false;
    StructId structure;           // a member of this
    bool is_thread = false;       // a member of a thread
    TypeId container;             // an operation of this
    std::vector<LocalId> locals;  // visible here, the innermost last
};

struct NameTable {
    std::vector<NameUse> uses;  // in the order of typing; the same use may be there several times
    std::vector<MissedName> missed;
    TypedProgram program;  // of a program with errors what there is of it: to look at types, and for nothing else
};

// As check_types, and notes what names mean; what is noted is there when it fails, too.
Result<TypedProgram> check_types(const VariantPlan& variant, const SourceManager& sources, Diagnostics& diagnostics,
                                 const TypeOptions& options, NameTable& names);

// Names of what is built in and looks like a function.
std::vector<std::string> builtin_functions();

}  // namespace quire
