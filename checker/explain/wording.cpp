#include "explain/wording.h"

#include <algorithm>
#include <array>

namespace quire {

namespace {

struct Words {
    std::string_view name, phrase, predicate;
};

constexpr std::array kWords = {
    Words{"use_after_free", "use-after-free", "uses an object that was freed"},
    Words{"double_free", "double-free", "frees an object that was freed before"},
    Words{"bad_free", "invalid-free", "frees something that no pool gave out"},
    Words{"freed_with_references", "free of a referenced object", "frees an object whose ledger still holds references"},
    Words{"null_dereference", "null-dereference", "follows NULL or an error pointer"},
    Words{"uninitialised_read", "uninitialised-read", "reads a local that has no value yet"},
    Words{"out_of_bounds", "out-of-bounds", "leaves the bounds of an array, list or struct"},
    Words{"out_of_range", "out-of-range", "stores a value outside its declared range, or shifts by too much"},
    Words{"signed_overflow", "signed-overflow", "computes a signed value that does not fit"},
    Words{"division_by_zero", "division-by-zero", "divides by zero"},
    Words{"assertion", "assertion-failure", "fails an assertion"},
    Words{"unowned_put", "unowned-put", "puts a reference that it does not own"},
    Words{"endless_loop", "endless-loop", "runs in a loop that nothing can end"},
    Words{"lock_not_held", "lock-not-held", "does not hold a lock that it has to hold here"},
    Words{"sleeps_in_atomic", "sleep-in-atomic", "may sleep while it holds a spinning lock or has interrupts off"},
    Words{"grace_period_in_reader", "grace-period-in-reader", "waits for a grace period inside its own read section"},
    Words{"contract_gets", "broken __gets", "returns from a function that promises to get a reference and did not"},
    Words{"contract_puts", "broken __puts", "returns from a function that promises to put a reference and did not"},
};

const Words* find_words(std::string_view name) {
    const auto* found = std::find_if(kWords.begin(), kWords.end(), [&](const Words& w) { return w.name == name; });
    return found == kWords.end() ? nullptr : found;
}

}  // namespace

std::string finding_phrase(const SystemProperty& property) {
    switch (property.kind) {
        case SystemPropertyKind::kBuiltin: break;
        case SystemPropertyKind::kDeadlock: return "deadlock";
        case SystemPropertyKind::kLeak: return "memory-leak";
        case SystemPropertyKind::kInvariant: return "invariant " + property.name + " is false";
        case SystemPropertyKind::kFinally: return "finally " + property.name + " is false";
        case SystemPropertyKind::kStep: return "step " + property.name + " is false";
        case SystemPropertyKind::kCoverState:
        case SystemPropertyKind::kCoverFinal:
        case SystemPropertyKind::kCoverPoint: return "cover " + property.name + " is reached";
    }
    const Words* words = find_words(property.name);
    return words != nullptr ? std::string(words->phrase) : property.name;
}

std::string finding_predicate(std::string_view builtin) {
    const Words* words = find_words(builtin);
    return words != nullptr ? std::string(words->predicate) : "breaks " + std::string(builtin);
}

std::string finding_shout(const SystemProperty& property) {
    std::string text = property.kind == SystemPropertyKind::kBuiltin ? property.name : finding_phrase(property);
    if (property.kind != SystemPropertyKind::kBuiltin) return text;
    for (char& c : text) {
        if (c == '_') c = ' ';
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return text;
}

}  // namespace quire
