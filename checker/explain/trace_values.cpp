#include "explain/trace_values.h"

#include <algorithm>
#include <map>

#include "explain/changes.h"
#include "explain/values.h"

namespace quire {

// Two locals of a thread may have the same name.
std::vector<ShownCell> shown_cells(const TransitionSystem& system) {
    std::vector<ShownCell> cells;
    std::map<std::string, int> used;
    for (Address a = 0; a < system.cell_count(); ++a) {
        const Variable& v = system.variables[system.cell_variable[a]];
        bool wanted = v.displayed && v.kind != VariableKind::kInternal;
        if (v.kind == VariableKind::kLocation) wanted = true;
        if (!wanted) continue;
        std::string name = system.cell_name(a);
        int copies = used[name]++;
        if (copies > 0) name += "#" + std::to_string(copies + 1);
        cells.push_back({a, name});
    }
    return cells;
}

namespace {

std::vector<TraceValues::Ledger> ledgers_of(const TransitionSystem& system, const ReplayedTrace& run) {
    std::vector<TraceValues::Ledger> ledgers;
    std::map<std::string, std::size_t> number;
    for (const LedgerCell& cell : ledger_cells(system)) {
        auto empty = [&](const std::vector<Value>& state) { return state[cell.address] == 0; };
        if (std::all_of(run.states.begin(), run.states.end(), empty)) continue;
        auto [found, added] = number.emplace(cell.ledger, ledgers.size());
        if (added) ledgers.push_back({cell.ledger, {}, std::vector<std::vector<Value>>(run.states.size())});
        TraceValues::Ledger& ledger = ledgers[found->second];
        ledger.accounts.push_back(cell.account);
        for (std::size_t s = 0; s < run.states.size(); ++s) ledger.balances[s].push_back(run.states[s][cell.address]);
    }
    return ledgers;
}

}  // namespace

TraceValues trace_values(const TransitionSystem& system, const ReplayedTrace& run) {
    TraceValues out;
    if (run.states.empty()) return out;
    std::vector<ShownCell> cells = shown_cells(system);
    // Where the threads stand is what the rows of a trace say.
    std::erase_if(cells, [&](const ShownCell& cell) {
        return system.variables[system.cell_variable[cell.address]].kind == VariableKind::kLocation;
    });
    for (const ShownCell& cell : cells) {
        out.names.push_back(cell.name);
        out.start.push_back(readable_value(system, cell.address, run.states[0][cell.address]));
    }
    for (std::size_t s = 1; s < run.states.size(); ++s) {
        std::vector<TraceValues::Change>& changes = out.steps.emplace_back();
        for (std::size_t c = 0; c < cells.size(); ++c) {
            Value before = run.states[s - 1][cells[c].address], after = run.states[s][cells[c].address];
            if (before == after) continue;
            changes.push_back({static_cast<std::uint32_t>(c), readable_value(system, cells[c].address, after)});
        }
    }
    out.ledgers = ledgers_of(system, run);
    return out;
}

}  // namespace quire
