// A backward slice over the replayed run.  It begins with what the end is about (the cells that a false property reads, the
// pointer that a failing access follows, the cells that a stuck thread waits for) and goes back from each cell to the step
// that wrote it last, from that step to what it read, and from a decision to what it tested: M. Weiser, "Program slicing",
// 1981, in the dynamic form of B. Korel and J. Laski, "Dynamic program slicing", 1988.
//
// A whole slice of a protocol is nearly the whole trace, so, unlike there, its steps are weighed: first what is about the
// life of the object (got, put, freed, used), then what a thread read that another changed before the reader was done,
// and that change, then what wrote what the end is about.  At most kMostCauses are kept.  Locals are cells like all others,
// so that a value is followed through them.
#include "explain/causes.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "explain/changes.h"
#include "explain/data_flow.h"
#include "explain/ending.h"

namespace quire {

namespace {

// What a step weighs; only the order of the numbers matters.
enum Weight : int {
    kWeightEnd = 1000,
    kWeightFreed = 900,
    kWeightLoaded = 850,
    kWeightCount = 800,  // a last put, a count raised from zero
    kWeightUnlinked = 750,
    kWeightStale = 700,   // read, and changed by another meanwhile, and that change; less with distance
    kWeightDirect = 610,  // wrote what the end is about
    kWeightOwnPut = 605,  // of the thread that fails
    kWeightLedger = 500,  // moved the ledger of an object that the end is about
    kWeightCross = 400,   // wrote what another thread read; less with each step of distance
    kWeightRemote = 100,  // the rest of the slice; the same
    kWeightNothing = 1,   // a lock changes hands, or what is read never changes
};

class CauseFinder {
public:
    CauseFinder(const TransitionSystem& system, const Finding& finding, const ReplayedTrace& run)
        : system_(system),
          steps_(finding.trace.steps),
          finding_(finding),
          run_(run),
          property_(system.properties[finding.property]),
          flows_(data_flow(system, finding.trace, run)),
          ledgers_(ledger_cells(system)) {}

    Causes find();

private:
    struct Marked {
        int weight = 0;
        CauseRole role = CauseRole::kFailed;
        Address cell = kNone;
    };

    bool failed() const { return run_.last.kind == OutcomeKind::kViolation; }
    std::size_t last() const { return steps_.size() - 1; }
    // After step i; of a step that fails, before it.
    std::span<const Value> after(std::size_t i) const { return run_.states[std::min(i + 1, run_.states.size() - 1)]; }
    std::span<const Value> before(std::size_t i) const { return run_.states[i]; }
    bool changes(std::size_t i, Address cell) const { return before(i)[cell] != after(i)[cell]; }
    const Variable& variable(Address cell) const { return system_.variables[system_.cell_variable[cell]]; }
    bool shared(Address cell) const {
        VariableKind kind = variable(cell).kind;
        return kind == VariableKind::kShared || kind == VariableKind::kGhost;
    }
    bool only_mark(std::size_t i, Address cell) const {
        return variable(cell).type.kind == ScalarKind::kPointer && (before(i)[cell] ^ after(i)[cell]) == 1;
    }
    bool names(Address cell, Value value) const { return object_named_by(system_, cell, value) == object_; }

    void mark(std::size_t step, int weight, CauseRole role, Address cell = kNone);
    CauseRole end_role() const;
    void life_of_object();
    void freed();
    void pointer_of_victim();
    void unlinked(Address cell, std::size_t from);
    void counted();
    std::optional<std::size_t> last_writer(Address cell, std::size_t before) const;
    void slice(const std::vector<Address>& cells);
    bool ever_changes(Address cell) const;
    void lost_updates();
    std::vector<Address> end_cells() const;
    bool about_locks(std::size_t step) const;
    void weigh(std::size_t step, int weight);
    void stale_reads(std::size_t step, std::size_t depth);
    CauseRole role_of(std::size_t step, Address& cell) const;
    CauseRole role_of_read(std::size_t step, Address cell) const;
    CauseRole role_of_change(std::size_t step, Address cell) const;
    void ledger_moves();

    const TransitionSystem& system_;
    const std::vector<TraceStep>& steps_;
    const Finding& finding_;
    const ReplayedTrace& run_;
    const SystemProperty& property_;
    std::vector<StepFlow> flows_;
    std::vector<LedgerCell> ledgers_;
    std::size_t object_ = 0;
    std::map<std::size_t, Marked> marked_;
};

// The weightier of two reasons to mark a step names it.
void CauseFinder::mark(std::size_t step, int weight, CauseRole role, Address cell) {
    auto [at, fresh] = marked_.try_emplace(step, Marked{weight, role, cell});
    if (!fresh && weight > at->second.weight) at->second = {weight, role, cell};
}

CauseRole CauseFinder::end_role() const {
    if (property_.name == "use_after_free") return CauseRole::kUsed;
    if (property_.name == "double_free") return CauseRole::kFreedAgain;
    if (property_.name == "freed_with_references") return CauseRole::kFreed;
    if (property_.name == "unowned_put") return CauseRole::kPut;
    return CauseRole::kFailed;
}

// ------------------------------------------------------------------------------------------------- life of an object

void CauseFinder::freed() {
    Address in_use = system_.objects[object_].in_use;
    for (std::size_t i = last(); i-- > 0;) {
        if (before(i)[in_use] == 0 || after(i)[in_use] != 0) continue;
        mark(i, kWeightFreed, CauseRole::kFreed);
        return;
    }
}

// Back from the pointer that the last step follows to the step that loaded it from shared memory.
void CauseFinder::pointer_of_victim() {
    std::vector<Address> wanted;
    for (Address cell : flows_[last()].reads) {
        if (names(cell, before(last())[cell])) wanted.push_back(cell);
    }
    std::size_t at = last();
    std::set<Address> seen;
    while (!wanted.empty()) {
        Address cell = wanted.back();
        wanted.pop_back();
        if (!seen.insert(cell).second) continue;
        if (shared(cell)) {
            bool telling = property_.name == "use_after_free" || ever_changes(cell);
            if (at != last()) mark(at, telling ? kWeightLoaded : kWeightNothing, CauseRole::kLoaded, cell);
            unlinked(cell, at);
            return;
        }
        std::optional<std::size_t> writer = last_writer(cell, at);
        if (!writer) continue;
        at = *writer;
        wanted.clear();
        for (Address source : flows_[at].reads) {
            if (names(source, before(at)[source])) wanted.push_back(source);
        }
        for (const Event& event : run_.events[at]) {
            bool allocates = event.instruction.kind == InstructionKind::kNote && event.instruction.note == NoteKind::kAllocate;
            if (allocates && wanted.empty()) mark(at, kWeightLoaded, CauseRole::kAllocated);
        }
    }
}

// The first step from `from` on that takes the pointer to the object out of the cell.
void CauseFinder::unlinked(Address cell, std::size_t from) {
    for (std::size_t i = from + 1; i < last(); ++i) {
        if (!names(cell, before(i)[cell]) || names(cell, after(i)[cell])) continue;
        mark(i, kWeightUnlinked, CauseRole::kUnlinked, cell);
        return;
    }
}

// Counts inside the object that an atomic step moves by one: to zero, and up from it.  With a ledger, only the cells that
// move together with it.
void CauseFinder::counted() {
    const Object& object = system_.objects[object_];
    bool has_ledger = std::any_of(ledgers_.begin(), ledgers_.end(),
                                  [&](const LedgerCell& c) { return c.ledger.starts_with(object.name + "."); });
    for (std::size_t i = 0; i < last(); ++i) {
        bool booked = std::any_of(ledgers_.begin(), ledgers_.end(), [&](const LedgerCell& c) {
            return c.ledger.starts_with(object.name + ".") && changes(i, c.address);
        });
        bool atomic = std::any_of(run_.events[i].begin(), run_.events[i].end(), [](const Event& e) {
            return e.instruction.kind == InstructionKind::kNote && e.instruction.note == NoteKind::kAtomic;
        });
        if (has_ledger ? !booked : !atomic) continue;
        for (Address a = object.first; a < object.first + object.cells; ++a) {
            if (variable(a).type.kind != ScalarKind::kInteger || !shared(a)) continue;
            if (after(i)[a] == 0 && before(i)[a] == 1) mark(i, kWeightCount, CauseRole::kLastPut, a);
            if (before(i)[a] == 0 && after(i)[a] == 1 && before(i)[object.in_use] != 0 && i > 0)
                mark(i, kWeightCount, CauseRole::kResurrected, a);
            if (steps_[i].thread == steps_.back().thread && after(i)[a] == before(i)[a] - 1)
                mark(i, kWeightOwnPut, CauseRole::kPut, a);
        }
    }
}

void CauseFinder::life_of_object() {
    freed();
    pointer_of_victim();
    counted();
    if (property_.name == "freed_with_references") ledger_moves();
}

// Who got and put: the last moves of the ledgers of the object, or of those that the last step draws on.
void CauseFinder::ledger_moves() {
    std::string of = object_ != 0 ? system_.objects[object_].name + "." : std::string();
    for (std::size_t i = 0; i < last(); ++i) {
        Value moved = 0;
        bool any = false;
        for (const LedgerCell& cell : ledgers_) {
            if (!cell.ledger.starts_with(of) || !changes(i, cell.address)) continue;
            any = true;
            moved += after(i)[cell.address] - before(i)[cell.address];
        }
        if (any) mark(i, kWeightLedger + static_cast<int>(i), moved >= 0 ? CauseRole::kGot : CauseRole::kPut);
    }
}

// --------------------------------------------------------------------------------------------------------- the slice

std::optional<std::size_t> CauseFinder::last_writer(Address cell, std::size_t before_step) const {
    for (std::size_t i = std::min(before_step, flows_.size()); i-- > 0;) {
        const std::vector<Address>& writes = flows_[i].writes;
        if (std::find(writes.begin(), writes.end(), cell) != writes.end()) return i;
        if (i + 1 < run_.states.size() && changes(i, cell) && !only_mark(i, cell)) return i;
    }
    return std::nullopt;
}

// What the end is about.
std::vector<Address> CauseFinder::end_cells() const {
    if (failed()) return flows_[last()].reads;
    std::vector<Address> cells;
    auto add = [&](const std::vector<Address>& more) {
        for (Address a : more) {
            if (std::find(cells.begin(), cells.end(), a) == cells.end()) cells.push_back(a);
        }
    };
    std::span<const Value> end = run_.states.back();
    switch (property_.kind) {
        case SystemPropertyKind::kDeadlock:
            for (ThreadNumber t = 1; t < system_.program_threads(); ++t) {
                const ThreadRole& role = system_.roles[system_.threads[t].role];
                const Program& step = role.locations[static_cast<std::size_t>(system_.location(end, t))].step;
                if (!step.code.empty() && !role.daemon) add(cells_read_by(system_, step, end, end, t));
            }
            break;
        case SystemPropertyKind::kLeak: break;
        default: add(cells_behind_property(system_, finding_, run_)); break;
    }
    return cells;
}

bool CauseFinder::about_locks(std::size_t step) const {
    if (step + 1 >= run_.states.size()) return false;
    for (Address a = 0; a < before(step).size(); ++a) {
        if (changes(step, a) && (held_lock(system_, a) || !lock_of_cell(system_, a).empty())) return true;
    }
    return false;
}

// What the thread of `step` read there, and another changed before the thread's last step.
void CauseFinder::stale_reads(std::size_t step, std::size_t depth) {
    int less = static_cast<int>(std::min<std::size_t>(depth, 40));
    std::size_t end = last();
    while (end > step && steps_[end].thread != steps_[step].thread) --end;
    if (end == step && !finding_.trace.steps.empty()) end = last();
    for (Address cell : flows_[step].reads) {
        // Who writes it in the same step has nothing stale.
        const std::vector<Address>& own = flows_[step].writes;
        bool writes = std::find(own.begin(), own.end(), cell) != own.end();
        if (!shared(cell) || writes || !lock_of_cell(system_, cell).empty()) continue;
        for (std::size_t i = step + 1; i <= end && i + 1 < run_.states.size(); ++i) {
            if (steps_[i].thread == steps_[step].thread || !changes(i, cell) || only_mark(i, cell)) continue;
            if (about_locks(step)) continue;
            mark(step, kWeightStale - 2 * less, role_of_read(step, cell), cell);
            mark(i, kWeightStale - 2 * less - 1, role_of_change(i, cell), cell);
            break;
        }
    }
}

CauseRole CauseFinder::role_of(std::size_t step, Address& cell) const {
    if (step + 1 < run_.states.size()) {
        for (const Object& object : system_.objects) {
            if (!object.pool || !changes(step, object.in_use)) continue;
            return after(step)[object.in_use] != 0 ? CauseRole::kAllocated : CauseRole::kFreed;
        }
        Value moved = 0;
        bool booked = false;
        for (const LedgerCell& c : ledgers_) {
            if (!changes(step, c.address)) continue;
            booked = true;
            moved += after(step)[c.address] - before(step)[c.address];
        }
        if (booked && moved != 0) return moved > 0 ? CauseRole::kGot : CauseRole::kPut;
        for (Address a = 0; a < before(step).size(); ++a) {
            if (!changes(step, a)) continue;
            std::optional<HeldLock> held = held_lock(system_, a);
            if (held && after(step)[a] != 0) return CauseRole::kTook;
            if (!lock_of_cell(system_, a).empty()) return after(step)[a] != 0 ? CauseRole::kTook : CauseRole::kLeft;
        }
        for (Address a : flows_[step].writes) {
            if (!shared(a) || !changes(step, a) || only_mark(step, a)) continue;
            if (cell == kNone) cell = a;
            bool pointer = variable(a).type.kind == ScalarKind::kPointer;
            if (pointer && before(step)[a] != 0) return CauseRole::kUnlinked;
            return pointer ? CauseRole::kLinked : CauseRole::kWritten;
        }
    }
    for (Address a : flows_[step].reads) {
        if (!shared(a)) continue;
        if (cell == kNone) cell = a;
        return role_of_read(step, a);
    }
    return CauseRole::kWritten;
}

CauseRole CauseFinder::role_of_read(std::size_t step, Address cell) const {
    if (variable(cell).type.kind == ScalarKind::kPointer) return CauseRole::kLoaded;
    return flows_[step].decided ? CauseRole::kTested : CauseRole::kRead;
}

// By the cell alone: ghost code of the same step may book something else.
CauseRole CauseFinder::role_of_change(std::size_t step, Address cell) const {
    if (variable(cell).type.kind == ScalarKind::kPointer)
        return before(step)[cell] != 0 ? CauseRole::kUnlinked : CauseRole::kLinked;
    Address none = kNone;
    CauseRole role = role_of(step, none);
    bool counts = role == CauseRole::kGot || role == CauseRole::kPut;
    Value moved = after(step)[cell] - before(step)[cell];
    bool same = role == CauseRole::kGot ? moved > 0 : moved < 0;
    return counts && same ? role : CauseRole::kWritten;
}

bool CauseFinder::ever_changes(Address cell) const {
    for (std::size_t i = 0; i + 1 < run_.states.size(); ++i) {
        if (changes(i, cell) && !only_mark(i, cell)) return true;
    }
    return false;
}

// Read by one, changed by another, and overwritten by the first: what is missed at the end need not be read there.
void CauseFinder::lost_updates() {
    for (std::size_t write = 0; write < flows_.size() && write + 1 < run_.states.size(); ++write) {
        for (Address cell : flows_[write].writes) {
            if (!shared(cell) || !lock_of_cell(system_, cell).empty()) continue;
            std::optional<std::size_t> change = last_writer(cell, write);
            if (!change || steps_[*change].thread == steps_[write].thread || !changes(*change, cell)) continue;
            for (std::size_t read = *change; read-- > 0;) {
                if (steps_[read].thread != steps_[write].thread) continue;
                const std::vector<Address>& reads = flows_[read].reads;
                bool found = std::find(reads.begin(), reads.end(), cell) != reads.end();
                const std::vector<Address>& again = flows_[write].reads;
                if (!found || std::find(again.begin(), again.end(), cell) != again.end()) break;
                mark(read, kWeightStale - 100, role_of_read(read, cell), cell);
                mark(*change, kWeightStale - 101, role_of_change(*change, cell), cell);
                mark(write, kWeightStale - 102, CauseRole::kWritten, cell);
                break;
            }
        }
    }
}

void CauseFinder::weigh(std::size_t step, int weight) {
    Address cell = kNone;
    CauseRole role = role_of(step, cell);
    bool locks = about_locks(step) && property_.kind != SystemPropertyKind::kDeadlock;
    bool reads = role == CauseRole::kRead || role == CauseRole::kLoaded || role == CauseRole::kTested;
    bool constant = reads && cell != kNone && !ever_changes(cell);
    mark(step, locks || constant ? kWeightNothing : weight, role, cell);
}

void CauseFinder::slice(const std::vector<Address>& cells) {
    struct Wanted {
        Address cell;
        std::size_t by, before, depth;  // `by`: the step that reads it; steps_.size() is the property
    };
    std::vector<Wanted> queue;
    std::set<std::pair<Address, std::size_t>> asked;
    std::set<std::size_t> reached;
    auto want = [&](Address cell, std::size_t by, std::size_t depth) {
        if (asked.emplace(cell, by).second) queue.push_back({cell, by, by, depth});
    };
    auto reach = [&](std::size_t step, std::size_t depth) {
        if (!reached.insert(step).second) return;
        stale_reads(step, depth);
        for (Address read : flows_[step].reads) want(read, step, depth + 1);
        // What this thread decided before brought it here.
        std::size_t distance = 1;
        for (std::size_t i = step; i-- > 0;) {
            if (steps_[i].thread != steps_[step].thread || !flows_[i].decided) continue;
            ++distance;
            for (Address read : flows_[i].reads) want(read, i, depth + distance);
            stale_reads(i, depth + distance);
        }
    };
    std::size_t end = failed() ? last() : steps_.size();
    if (failed()) reach(last(), 0);
    for (Address cell : cells) want(cell, end, 0);
    for (std::size_t next = 0; next < queue.size(); ++next) {
        Wanted wanted = queue[next];
        std::optional<std::size_t> writer = last_writer(wanted.cell, wanted.before);
        if (!writer) continue;
        int less = static_cast<int>(std::min<std::size_t>(wanted.depth, 90));
        bool of_property = wanted.by == steps_.size();
        bool cross = shared(wanted.cell) && !of_property && steps_[wanted.by].thread != steps_[*writer].thread &&
                     changes(*writer, wanted.cell);
        bool direct = shared(wanted.cell) && (of_property || (wanted.by == last() && failed()));
        weigh(*writer, direct ? static_cast<int>(kWeightDirect) : cross ? kWeightCross - less : kWeightRemote - less);
        if (cross && wanted.by != last()) weigh(wanted.by, kWeightCross - less);
        reach(*writer, wanted.depth);
    }
}

Causes CauseFinder::find() {
    Causes out;
    out.victim = steps_.back().thread;
    object_ = failing_object_number(system_, finding_, run_);
    bool lifetime =
        property_.name == "use_after_free" || property_.name == "double_free" || property_.name == "freed_with_references";
    if (lifetime && object_ == 0) object_ = only_object_freed(system_, run_);
    out.object = lifetime ? object_ : 0;
    if (failed()) mark(last(), kWeightEnd, end_role());
    bool life_known = lifetime && object_ != 0;
    if (life_known) life_of_object();
    if (property_.name == "unowned_put") ledger_moves();
    if (property_.kind == SystemPropertyKind::kLeak) {
        for (std::size_t o = 1; o < system_.objects.size(); ++o) {
            if (!system_.objects[o].pool || run_.states.back()[system_.objects[o].in_use] == 0) continue;
            object_ = o;
            ledger_moves();
            std::optional<std::size_t> writer = last_writer(system_.objects[o].in_use, steps_.size());
            if (writer) mark(*writer, kWeightFreed, CauseRole::kAllocated);
        }
        out.object = object_;
    }
    if (!life_known) slice(end_cells());
    if (property_.kind == SystemPropertyKind::kDeadlock || property_.kind == SystemPropertyKind::kFinally) lost_updates();
    if (!failed() && property_.kind != SystemPropertyKind::kDeadlock && property_.kind != SystemPropertyKind::kLeak) {
        Address cell = kNone;
        if (marked_.count(last()) == 0) mark(last(), kWeightDirect, role_of(last(), cell), cell);
    }
    // Of the rest of the slice only as much as makes a story.
    std::vector<std::pair<int, std::size_t>> order;
    for (const auto& [step, m] : marked_) order.emplace_back(-m.weight, step);
    std::sort(order.begin(), order.end());
    std::set<std::size_t> kept;
    for (const auto& [weight, step] : order) {
        if (-weight <= kWeightNothing) continue;
        bool weighty = -weight > kWeightRemote;
        if (kept.size() < kMostCauses && (weighty || kept.size() < 3)) kept.insert(step);
    }
    for (std::size_t step : kept) out.causes.push_back({step, marked_[step].role, marked_[step].cell});
    return out;
}

}  // namespace

std::string_view role_word(CauseRole role) {
    switch (role) {
        case CauseRole::kAllocated: return "allocated";
        case CauseRole::kLoaded: return "loaded";
        case CauseRole::kRead: return "read";
        case CauseRole::kTested: return "tested";
        case CauseRole::kLinked: return "linked";
        case CauseRole::kUnlinked: return "unlinked";
        case CauseRole::kWritten: return "written";
        case CauseRole::kGot: return "got";
        case CauseRole::kResurrected: return "resurrected";
        case CauseRole::kPut: return "put";
        case CauseRole::kLastPut: return "last put";
        case CauseRole::kFreed: return "freed";
        case CauseRole::kFreedAgain: return "freed again";
        case CauseRole::kUsed: return "used";
        case CauseRole::kTook: return "locked";
        case CauseRole::kLeft: return "unlocked";
        case CauseRole::kWaits: return "waits";
        case CauseRole::kFailed: return "failed";
    }
    return "";
}

const Cause* Causes::find(CauseRole role) const {
    auto found = std::find_if(causes.begin(), causes.end(), [&](const Cause& c) { return c.role == role; });
    return found == causes.end() ? nullptr : &*found;
}

std::vector<Cause> Causes::of(ThreadNumber thread, const Trace& trace) const {
    std::vector<Cause> own;
    for (const Cause& cause : causes) {
        if (trace.steps[cause.step].thread == thread) own.push_back(cause);
    }
    return own;
}

Causes find_causes(const TransitionSystem& system, const Finding& finding, const ReplayedTrace& run) {
    bool steps = !finding.trace.steps.empty() && !run.states.empty();
    if (!steps || finding.trace.loop_start) return {};
    return CauseFinder(system, finding, run).find();
}

}  // namespace quire
