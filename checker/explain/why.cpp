#include "explain/why.h"

#include <algorithm>
#include <map>
#include <set>

#include "explain/changes.h"
#include "explain/data_flow.h"

namespace quire {

namespace {

class Reasons {
public:
    Reasons(const TransitionSystem& system, const Finding& finding, const ReplayedTrace& run, const Causes& causes)
        : system_(system),
          steps_(finding.trace.steps),
          run_(run),
          causes_(causes),
          property_(system.properties[finding.property]) {}

    std::vector<TraceReason> collect();

private:
    using Names = std::set<std::string>;

    const std::string& name(ThreadNumber thread) const { return system_.threads[system_.served_by(thread)].name; }
    ThreadNumber actor(std::size_t cause) const { return steps_[causes_.causes[cause].step].thread; }
    std::span<const Value> at(std::size_t step) const { return run_.states[std::min(step, run_.states.size() - 1)]; }
    // The causes of one thread, as numbers.
    std::vector<std::size_t> own(ThreadNumber thread) const;
    std::string over(const std::vector<std::size_t>& causes) const;
    // What a thread holds before each of the steps from..to; named: read sections instead of locks.
    Names held_over(ThreadNumber thread, std::size_t from, std::size_t to, bool named) const;
    Names held_over(const std::vector<std::size_t>& causes, bool named) const;
    static std::string list(const Names& names, const std::string& none);
    static Names common(const Names& a, const Names& b);
    std::vector<ThreadNumber> others() const;
    bool only_mark(std::size_t step, Address cell) const {
        const Variable& v = system_.variables[system_.cell_variable[cell]];
        return v.type.kind == ScalarKind::kPointer && (at(step)[cell] ^ at(step + 1)[cell]) == 1;
    }

    void locks();
    void read_sections();
    void interrupts();
    void counts();
    void order();
    void circle();
    void add(std::string topic, std::string text) { reasons_.push_back({std::move(topic), std::move(text)}); }

    const TransitionSystem& system_;
    const std::vector<TraceStep>& steps_;
    const ReplayedTrace& run_;
    const Causes& causes_;
    const SystemProperty& property_;
    std::vector<TraceReason> reasons_;
};

std::vector<std::size_t> Reasons::own(ThreadNumber thread) const {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < causes_.causes.size(); ++i) {
        if (actor(i) == thread) found.push_back(i);
    }
    return found;
}

std::vector<ThreadNumber> Reasons::others() const {
    std::vector<ThreadNumber> found;
    for (std::size_t i = 0; i < causes_.causes.size(); ++i) {
        ThreadNumber thread = actor(i);
        if (thread != causes_.victim && std::find(found.begin(), found.end(), thread) == found.end()) found.push_back(thread);
    }
    return found;
}

std::string Reasons::over(const std::vector<std::size_t>& causes) const {
    if (causes.size() == 1) return "at " + mark_text(causes.front());
    return "over " + mark_text(causes.front()) + ".." + mark_text(causes.back());
}

Reasons::Names Reasons::held_over(ThreadNumber thread, std::size_t from, std::size_t to, bool named) const {
    Names all;
    for (std::size_t step = from; step <= to; ++step) {
        Names here;
        for (const HeldLock& held : locks_held(system_, at(step), thread)) {
            if (held.named == named) here.insert(lock_words(system_, held));
        }
        all = step == from ? here : common(all, here);
    }
    return all;
}

Reasons::Names Reasons::held_over(const std::vector<std::size_t>& causes, bool named) const {
    return held_over(actor(causes.front()), causes_.causes[causes.front()].step, causes_.causes[causes.back()].step, named);
}

Reasons::Names Reasons::common(const Names& a, const Names& b) {
    Names both;
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::inserter(both, both.end()));
    return both;
}

std::string Reasons::list(const Names& names, const std::string& none) {
    std::string text;
    for (const std::string& one : names) text += (text.empty() ? "" : ", ") + one;
    return text.empty() ? none : text;
}

// What the thread that fails holds from its first causal step to its last, against what the others hold at theirs.
void Reasons::locks() {
    std::vector<std::size_t> mine = own(causes_.victim);
    if (mine.empty() || others().empty()) return;
    bool any_lock = std::any_of(system_.variables.begin(), system_.variables.end(), [](const Variable& v) {
        return v.kind == VariableKind::kInternal && v.name.starts_with("held ");
    });
    if (!any_lock) return;
    Names held = held_over(mine, false);
    std::string text = name(causes_.victim) + " holds " + list(held, "no lock") + " " + over(mine);
    bool first = true;
    for (ThreadNumber other : others()) {
        text += first ? "; " : ".  ";
        first = false;
        std::vector<std::size_t> theirs = own(other);
        std::map<std::string, std::string> by_locks;  // what is held -> where
        Names apart;                                  // held by both at single steps, and let go in between
        Names shared = held;
        for (std::size_t cause : theirs) {
            Names here = held_over(other, causes_.causes[cause].step, causes_.causes[cause].step, false);
            shared = common(shared, here);
            std::string& where = by_locks[list(here, "no lock")];
            where += (where.empty() ? "" : " ") + mark_text(cause);
            for (std::size_t one : mine) {
                Names there = held_over(causes_.victim, causes_.causes[one].step, causes_.causes[one].step, false);
                for (const std::string& lock : common(here, there)) apart.insert(lock);
            }
        }
        std::string holds;
        for (const auto& [what, where] : by_locks) holds += (holds.empty() ? " holds " : ", ") + what + " at " + where;
        text += name(other) + holds;
        for (const std::string& lock : shared) apart.erase(lock);
        if (!apart.empty()) {
            text += ".  " + list(apart, "") + " is held at some of these steps, and let go in between";
        } else if (shared.empty()) {
            text += ".  They have no lock in common";
        }
    }
    add("locks", text + ".");
}

void Reasons::read_sections() {
    if (causes_.object == 0 || causes_.find(CauseRole::kFreed) == nullptr) return;
    std::vector<std::size_t> mine = own(causes_.victim);
    Names sections;
    for (Address a = 0; a < system_.cell_count(); ++a) {
        std::optional<HeldLock> held = held_lock(system_, a);
        if (held && held->named) sections.insert(held->lock);
    }
    if (sections.empty() || mine.empty()) return;
    Names inside = held_over(mine, true);
    for (const std::string& section : sections) {
        if (inside.count(section) != 0) {
            add("rcu", name(causes_.victim) + " is in a read section of " + section + " " + over(mine) +
                           "; the object is freed without waiting for it.");
        } else {
            add("rcu", name(causes_.victim) + " is in no read section of " + section + " " + over(mine) +
                           ", so that no grace period waits for it.");
        }
    }
}

// The library keeps the threads with interrupts off in a set; roles that have a CPU keep a flag.
void Reasons::interrupts() {
    std::vector<std::size_t> mine = own(causes_.victim);
    if (mine.empty() || others().empty()) return;
    std::string set = "irqs_off{" + std::to_string(causes_.victim) + "}";
    for (const Variable& v : system_.variables) {
        if (v.name != set) continue;
        bool off = true;
        for (std::size_t i = causes_.causes[mine.front()].step; i <= causes_.causes[mine.back()].step; ++i)
            off = off && at(i)[v.base] != 0;
        if (off)
            add("interrupts", name(causes_.victim) + " has interrupts off " + over(mine) + ", which keeps no other CPU out.");
    }
}

void Reasons::counts() {
    if (causes_.object == 0) return;
    const std::string& object = system_.objects[causes_.object].name;
    std::vector<LedgerCell> cells = ledger_cells(system_);
    std::size_t freed = steps_.size() - 1;
    std::size_t mark = causes_.causes.size() - 1;
    for (std::size_t i = 0; i < causes_.causes.size(); ++i) {
        if (causes_.causes[i].role != CauseRole::kFreed) continue;
        freed = causes_.causes[i].step;
        mark = i;
    }
    std::set<std::string> told;
    for (const LedgerCell& cell : cells) {
        if (!cell.ledger.starts_with(object + ".") || !told.insert(cell.ledger).second) continue;
        Value own = 0;
        for (const LedgerCell& other : cells) {
            if (other.ledger == cell.ledger && other.account == name(causes_.victim)) own += at(freed)[other.address];
        }
        std::string when = " at " + mark_text(mark);
        std::string balance = cell.ledger + when + ": " + ledger_text(cells, cell.ledger, at(freed));
        std::string verb = own == 0 ? " owns no reference" : " owns " + std::to_string(own) + " of the references";
        add("count", name(causes_.victim) + verb + when + " (" + balance + ").");
    }
}

// What was read, and changed by another before the reader was done with it.
void Reasons::order() {
    for (std::size_t i = 0; i < causes_.causes.size(); ++i) {
        const Cause& read = causes_.causes[i];
        bool reads = read.role == CauseRole::kRead || read.role == CauseRole::kTested || read.role == CauseRole::kLoaded;
        if (!reads || read.cell == kNone) continue;
        for (std::size_t k = i + 1; k < causes_.causes.size(); ++k) {
            const Cause& write = causes_.causes[k];
            bool same = actor(k) != actor(i) && write.step + 1 < run_.states.size() &&
                        at(write.step)[read.cell] != at(write.step + 1)[read.cell] && !only_mark(write.step, read.cell);
            if (!same) continue;
            std::string seen = readable_value(system_, read.cell, at(read.step)[read.cell]);
            std::string now = readable_value(system_, read.cell, at(write.step + 1)[read.cell]);
            std::string text = name(actor(i)) + " goes on with what it saw at " + mark_text(i) + ": " +
                               system_.cell_name(read.cell) + " was " + seen + " then";
            if (seen != now) text += ", and is " + now + " since " + mark_text(k);
            add("order", text + ".");
            break;
        }
    }
}

// Who waits for a lock that another holds.
void Reasons::circle() {
    std::span<const Value> end = run_.states.back();
    std::string text;
    for (ThreadNumber t = 1; t < system_.program_threads(); ++t) {
        const ThreadRole& role = system_.roles[system_.threads[t].role];
        const Program& step = role.locations[static_cast<std::size_t>(system_.location(end, t))].step;
        if (step.code.empty() || role.daemon) continue;
        for (Address cell : cells_read_by(system_, step, end, end, t)) {
            const std::string& cell_name = system_.variables[system_.cell_variable[cell]].name;
            std::string place = cell_name.substr(0, cell_name.rfind('.'));
            for (ThreadNumber owner = 1; owner < system_.program_threads(); ++owner) {
                for (const HeldLock& held : locks_held(system_, end, owner)) {
                    if (held.named || held.lock != place) continue;
                    std::string who = owner == t ? "it holds itself" : name(owner) + " holds";
                    text += (text.empty() ? "" : "; ") + name(t) + " waits for " + lock_words(system_, held) + ", which " + who;
                }
            }
        }
    }
    if (!text.empty()) add("locks", text + ".");
}

std::vector<TraceReason> Reasons::collect() {
    if (causes_.causes.empty() || property_.kind >= SystemPropertyKind::kCoverState) return {};
    if (property_.kind == SystemPropertyKind::kDeadlock) {
        circle();
        order();
        return std::move(reasons_);
    }
    locks();
    read_sections();
    interrupts();
    counts();
    order();
    return std::move(reasons_);
}

}  // namespace

std::string mark_text(std::size_t cause) { return std::string("[") + static_cast<char>('a' + cause) + "]"; }

std::vector<TraceReason> why_nothing_prevented(const TransitionSystem& system, const Finding& finding, const ReplayedTrace& run,
                                               const Causes& causes) {
    return Reasons(system, finding, run, causes).collect();
}

}  // namespace quire
