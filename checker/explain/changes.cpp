#include "explain/changes.h"

#include <algorithm>
#include <cctype>

#include "explain/values.h"

namespace quire {

namespace {

constexpr std::size_t kMostChanges = 8;

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Whether the text assigns to the variable of this name: `name = `, `name += `, `name++`; not `name ==`.
bool assigns(const std::string& text, const std::string& name) {
    for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
        if (at > 0 && (is_word(text[at - 1]) || text[at - 1] == '.' || text[at - 1] == '>')) continue;
        std::size_t next = at + name.size();
        while (next < text.size() && text[next] == ' ') ++next;
        std::string_view rest = std::string_view(text).substr(next);
        if (rest.starts_with("=") && !rest.starts_with("==") && !rest.starts_with("=>")) return true;
        if (rest.size() > 1 && (rest.starts_with("++") || rest.starts_with("--"))) return true;
        if (rest.size() > 1 && rest[1] == '=' && std::string_view("+-*/%|&^").find(rest[0]) != std::string_view::npos) {
            return true;
        }
    }
    return false;
}

class ChangeList {
public:
    ChangeList(const TransitionSystem& system, const StepView& step)
        : system_(system), step_(step), buffers_(system.program_threads() < system.threads.size()) {}

    std::vector<std::string> collect() {
        list_ = step_.chosen;
        what_was_seen();
        if (!step_.after.empty()) {
            objects();
            locks();
            cells();
            marks();
            started_threads();
        }
        add_decision();
        if (!step_.after.empty()) ledgers();
        if (list_.size() > kMostChanges) {
            std::size_t more = list_.size() - kMostChanges;
            list_.resize(kMostChanges);
            list_.push_back("and " + std::to_string(more) + " more");
        }
        return std::move(list_);
    }

private:
    bool changed(Address a) const { return !step_.after.empty() && step_.before[a] != step_.after[a]; }
    const Variable& variable(Address a) const { return system_.variables[system_.cell_variable[a]]; }
    std::string value(Address a, Value v) const { return readable_value(system_, a, v); }

    bool shown(Address a) const {
        const Variable& v = variable(a);
        if (!v.displayed) return false;
        return v.kind == VariableKind::kShared || v.kind == VariableKind::kGhost;
    }

    void what_was_seen();
    void add_decision();
    void locks();
    bool is_bit_lock(const std::string& lock) const;
    void objects();
    void cells();
    void marks();
    void started_threads();
    void ledgers();

    const TransitionSystem& system_;
    const StepView& step_;
    bool buffers_;  // there are threads of the environment
    std::vector<std::string> list_;
    std::vector<std::string> taken_;  // locks that changed hands: their insides are not worth a word
    std::vector<bool> fresh_;         // cells of objects allocated in this step: their zeroing is not worth a word
};

void ChangeList::what_was_seen() {
    for (const Event& event : step_.events) {
        if (event.instruction.kind != InstructionKind::kNote) continue;
        bool read = event.instruction.note == NoteKind::kRead;
        bool write = event.instruction.note == NoteKind::kWrite || event.instruction.note == NoteKind::kStored;
        bool buffered = event.instruction.note == NoteKind::kBuffered;
        if ((!read && !write && !buffered) || event.address < 0 || static_cast<std::size_t>(event.address) >= step_.before.size())
            continue;
        Address address = static_cast<Address>(event.address);
        if (!shown(address) || changed(address)) continue;
        // A step that fails leads to no state: what it would have written.
        if (write && step_.after.empty() && event.value != step_.before[address]) {
            list_.push_back(system_.cell_name(address) + ": " + value(address, step_.before[address]) + " -> " +
                            value(address, event.value));
            continue;
        }
        std::string text = system_.cell_name(address) +
                           (read       ? " is "
                            : buffered ? " = "
                                       : " stays ") +
                           value(address, event.value);
        // Only with a buffer can a thread see anything else than what is in memory.
        if (buffered) text += " waits in the store buffer";
        if (read && buffers_ && event.value != step_.before[address]) text += " in its own store buffer";
        if (std::find(list_.begin(), list_.end(), text) == list_.end()) list_.push_back(text);
    }
}

// "count is 3: false", "count: 3 -> 2, false".
void ChangeList::add_decision() {
    if (step_.decision.empty()) return;
    bool only_seen = list_.size() == 1 && list_[0].find(" is ") != std::string::npos;
    if (only_seen) {
        list_[0] += ": " + step_.decision;
    } else {
        list_.push_back(step_.decision);
    }
}

// Whether taking it changes a flag word: the bit's name says more.
bool ChangeList::is_bit_lock(const std::string& lock) const {
    for (Address a = 0; a < step_.before.size(); ++a) {
        if (changed(a) && shown(a) && variable(a).name == lock + ".flags") return true;
    }
    return false;
}

void ChangeList::locks() {
    for (Address a = 0; a < step_.before.size(); ++a) {
        if (!changed(a)) continue;
        std::optional<HeldLock> held = held_lock(system_, a);
        if (!held || held->thread != step_.thread || (step_.before[a] != 0) == (step_.after[a] != 0)) continue;
        bool takes = step_.after[a] != 0;
        if (held->named) list_.push_back((takes ? "enters " : "leaves ") + held->lock);
        // A release is booked when the unlocking function is entered, which is before its step: see cells().
        if (held->named || !takes || is_bit_lock(held->lock)) continue;
        list_.push_back(held->lock + ": taken");
        taken_.push_back(held->lock + ".");
    }
}

void ChangeList::objects() {
    fresh_.assign(step_.before.size(), false);
    for (const Object& object : system_.objects) {
        if (object.name.empty() || !object.pool || !changed(object.in_use)) continue;
        bool live = step_.after[object.in_use] != 0;
        list_.push_back(object.name + (live ? ": allocated" : ": live -> FREED"));
        if (!live) continue;
        for (Address a = object.first; a < object.first + object.cells && a < fresh_.size(); ++a) fresh_[a] = true;
    }
}

void ChangeList::cells() {
    for (Address a = 0; a < step_.before.size(); ++a) {
        if (!changed(a)) continue;
        const Variable& v = variable(a);
        bool own_local = v.kind == VariableKind::kLocal && v.displayed && v.role == system_.threads[step_.thread].role &&
                         a - v.base == system_.threads[step_.thread].index && assigns(step_.line, v.name);
        bool only_mark = v.type.kind == ScalarKind::kPointer && (step_.before[a] ^ step_.after[a]) == 1;
        if (own_local && !only_mark) list_.push_back(v.name + " = " + value(a, step_.after[a]));
        if (!shown(a) || only_mark || (fresh_[a] && step_.after[a] == 0)) continue;
        bool inside_lock =
            std::any_of(taken_.begin(), taken_.end(), [&](const std::string& lock) { return v.name.starts_with(lock); });
        if (inside_lock) continue;
        std::string lock = lock_of_cell(system_, a);
        if (!lock.empty() && step_.after[a] == 0) {
            list_.push_back(lock + ": free");
            continue;
        }
        // The library keeps who has interrupts off in a set of threads.
        if (v.name == "irqs_off{" + std::to_string(step_.thread) + "}") {
            list_.push_back(step_.after[a] != 0 ? "irqs off" : "irqs on");
            continue;
        }
        for (std::string& change : readable_change(system_, a, step_.before[a], step_.after[a]))
            list_.push_back(std::move(change));
    }
}

void ChangeList::marks() {
    std::string dangling, refreshed;
    for (Address a = 0; a < step_.before.size(); ++a) {
        const Variable& v = variable(a);
        if (!changed(a) || !v.displayed || v.type.kind != ScalarKind::kPointer) continue;
        if ((step_.before[a] ^ step_.after[a]) != 1 || v.kind == VariableKind::kInternal) continue;
        std::string& names = (step_.after[a] & 1) != 0 ? dangling : refreshed;
        names += (names.empty() ? "" : ", ") + system_.cell_name(a);
    }
    if (!dangling.empty()) list_.push_back("dangling now: " + dangling);
    if (!refreshed.empty()) list_.push_back("known to be alive: " + refreshed);
}

void ChangeList::started_threads() {
    for (ThreadNumber t = 1; t < system_.program_threads(); ++t) {
        if (t == step_.thread) continue;
        if (system_.ended(step_.before, t) && !system_.ended(step_.after, t))
            list_.push_back("starts " + system_.threads[t].name);
    }
}

void ChangeList::ledgers() {
    std::vector<LedgerCell> cells = ledger_cells(system_);
    std::vector<std::string> told;
    for (const LedgerCell& cell : cells) {
        if (!changed(cell.address) || std::find(told.begin(), told.end(), cell.ledger) != told.end()) continue;
        told.push_back(cell.ledger);
        list_.push_back(cell.ledger + ": " + ledger_text(cells, cell.ledger, step_.after));
    }
}

}  // namespace

std::vector<std::string> describe_changes(const TransitionSystem& system, const StepView& step) {
    return ChangeList(system, step).collect();
}

std::vector<LedgerCell> ledger_cells(const TransitionSystem& system) {
    std::vector<LedgerCell> cells;
    for (const Variable& v : system.variables) {
        if (v.kind != VariableKind::kInternal || !v.displayed || v.name.empty() || v.name.back() != ']') continue;
        // The account may itself be "holder[1]", so the bracket that matters is the one that the last `]` closes.
        int depth = 0;
        std::size_t open = v.name.size();
        while (open-- > 0) {
            if (v.name[open] == ']') ++depth;
            if (v.name[open] == '[' && --depth == 0) break;
        }
        if (open == std::string::npos || open == 0) continue;
        std::string account = v.name.substr(open + 1, v.name.size() - open - 2);
        if (account.empty() || std::isdigit(static_cast<unsigned char>(account[0])) != 0) continue;
        for (std::uint32_t i = 0; i < v.count; ++i) cells.push_back({v.base + i, v.name.substr(0, open), account});
    }
    return cells;
}

std::string ledger_text(const std::vector<LedgerCell>& cells, const std::string& ledger, std::span<const Value> state) {
    std::string text;
    for (const LedgerCell& cell : cells) {
        if (cell.ledger != ledger || state[cell.address] == 0) continue;
        text += (text.empty() ? "" : ", ") + cell.account + " " + std::to_string(state[cell.address]);
    }
    return text.empty() ? "nobody holds a reference" : text;
}

}  // namespace quire
