#include "workbench/mutants.h"

#include <algorithm>
#include <map>

#include "driver/session.h"
#include "report/text_layout.h"
#include "workbench/protocol_parts.h"
#include "workbench/trials.h"

namespace quire {

namespace {

// A mutant may have more states than the protocol: the order of things is lost.
constexpr std::uint64_t kMostStatesOfMutant = 300'000;

struct Mutant {
    ProtocolPart part;
    enum class Fate : std::uint8_t { kKilled, kExplained, kSurvives, kUndecided } fate = Fate::kSurvives;
    std::string by;   // the property, or the cover, that killed it
    std::string why;  // what happens, or the explanation
    std::string sizes;
    std::uint32_t steps = 0;
};

struct Tally {
    std::size_t all = 0, killed = 0, explained = 0, undecided = 0;

    std::size_t open() const { return all - killed - explained - undecided; }
    void add(const Mutant& mutant) {
        ++all;
        killed += mutant.fate == Mutant::Fate::kKilled ? 1 : 0;
        explained += mutant.fate == Mutant::Fate::kExplained ? 1 : 0;
        undecided += mutant.fate == Mutant::Fate::kUndecided ? 1 : 0;
    }
    void add(const Tally& other) {
        all += other.all;
        killed += other.killed;
        explained += other.explained;
        undecided += other.undecided;
    }
};

// What the author says of a part: `// spare: why`, at the end of its line or alone in the line before.
std::string spare_comment(const SourceManager& sources, SourceSpan span) {
    const std::uint32_t line = sources.start(span).line;
    const std::string_view marker = "spare: ";
    for (std::uint32_t at : {line, line - 1}) {
        if (at == 0) continue;
        std::string_view text = sources.line_text(span.file, at);
        const std::size_t comment = text.find("//");
        const std::size_t found = comment == std::string_view::npos ? comment : text.find(marker, comment);
        if (found == std::string_view::npos) continue;
        const bool alone = text.substr(0, comment).find_first_not_of(" \t") == std::string_view::npos;
        if (at == line || alone) return std::string(text.substr(found + marker.size()));
    }
    return {};
}

std::string_view fate_name(Mutant::Fate fate) {
    switch (fate) {
        case Mutant::Fate::kKilled: return "killed";
        case Mutant::Fate::kExplained: return "explained";
        case Mutant::Fate::kSurvives: return "SURVIVES";
        case Mutant::Fate::kUndecided: return "??";
    }
    return "";
}

// The mutants of one spec.
class SpecMutants {
public:
    SpecMutants(const MutantsOptions& options, const ChosenSpec& chosen, std::vector<Run> runs, const CancelToken& cancel)
        : options_(options), chosen_(chosen), trials_(chosen, std::move(runs), options.engine, kMostStatesOfMutant, cancel) {}

    // False if the variant itself does not hold, or that is not known: `problem` says so.
    bool try_all();

    const std::vector<Mutant>& mutants() const { return mutants_; }
    const TrialAnswer& whole() const { return whole_; }
    std::size_t searches() const { return trials_.runs().size(); }

private:
    void judge(Mutant& mutant, const TrialAnswer& answer) const;
    void explain_by_pairs();
    void explain_by_locks();

    const MutantsOptions& options_;
    const ChosenSpec& chosen_;
    Trials trials_;
    TrialAnswer whole_;
    std::vector<Mutant> mutants_;
    std::vector<TrialAnswer> answers_;
};

void SpecMutants::judge(Mutant& mutant, const TrialAnswer& answer) const {
    if (answer.kind == TrialAnswer::Kind::kFails) {
        mutant.fate = Mutant::Fate::kKilled;
        mutant.by = answer.property;
        mutant.why = answer.text;
        mutant.sizes = answer.sizes;
        mutant.steps = answer.steps;
        return;
    }
    if (answer.kind == TrialAnswer::Kind::kUnknown) {
        mutant.fate = Mutant::Fate::kUndecided;
        mutant.why = answer.text;
        return;
    }
    for (const std::string& cover : whole_.covered) {
        if (answer.covered.count(cover) != 0) continue;
        mutant.fate = Mutant::Fate::kKilled;
        mutant.by = cover;
        mutant.why = "cover " + cover + " is not reached any more";
        return;
    }
    std::string said = spare_comment(chosen_.spec->sources, mutant.part.span);
    if (said.empty() && !mutant.part.under.empty())
        said = "both under " + mutant.part.under + ": who has the lock sees both or neither";
    if (said.empty() && answer.states == whole_.states && answer.transitions == whole_.transitions)
        said = "no difference: as many states as before, and as many ways between them";
    if (said.empty()) return;
    mutant.fate = Mutant::Fate::kExplained;
    mutant.why = std::move(said);
}

// What can go alone, but not together with something else, is needed if that goes.
void SpecMutants::explain_by_pairs() {
    std::vector<std::size_t> alive;
    for (std::size_t n = 0; n < mutants_.size(); ++n) {
        if (answers_[n].kind == TrialAnswer::Kind::kHolds && mutants_[n].part.kind != PartKind::kOrder &&
            mutants_[n].fate != Mutant::Fate::kKilled)
            alive.push_back(n);
    }
    std::vector<std::pair<std::size_t, std::size_t>> pairs;
    for (std::size_t a = 0; a < alive.size(); ++a) {
        for (std::size_t b = a + 1; b < alive.size(); ++b) {
            bool open = mutants_[alive[a]].fate == Mutant::Fate::kSurvives || mutants_[alive[b]].fate == Mutant::Fate::kSurvives;
            if (open) pairs.emplace_back(alive[a], alive[b]);
        }
    }
    std::vector<TrialAnswer> found(pairs.size());
    for_each_parallel(pairs.size(), search_jobs(options_.engine), [&](std::size_t n) {
        found[n] = trials_.of(
            without_parts(chosen_.program(), {&mutants_[pairs[n].first].part, &mutants_[pairs[n].second].part}, MustHold::kAsk));
    });
    for (std::size_t n = 0; n < pairs.size(); ++n) {
        if (found[n].kind != TrialAnswer::Kind::kFails) continue;
        for (auto [one, other] : {pairs[n], std::pair(pairs[n].second, pairs[n].first)}) {
            Mutant& mutant = mutants_[one];
            if (mutant.fate != Mutant::Fate::kSurvives) continue;
            mutant.fate = Mutant::Fate::kExplained;
            mutant.why = mutants_[other].part.text + " is enough; without both " + found[n].property + ", " +
                         count_of(found[n].steps, "step");
        }
    }
}

// A step that does no harm outside of a lock that is needed.
void SpecMutants::explain_by_locks() {
    for (Mutant& mutant : mutants_) {
        if (mutant.fate != Mutant::Fate::kSurvives || !mutant.part.lock.valid()) continue;
        for (const Mutant& lock : mutants_) {
            const std::vector<ExpressionId>& calls = lock.part.dropped;
            if (std::find(calls.begin(), calls.end(), mutant.part.lock) == calls.end()) continue;
            if (lock.fate != Mutant::Fate::kKilled && lock.fate != Mutant::Fate::kExplained) continue;
            mutant.fate = Mutant::Fate::kExplained;
            mutant.why = lock.fate == Mutant::Fate::kKilled
                             ? "it is the rest that needs " + lock.part.text + ": without it " + lock.by
                             : "as for " + lock.part.text + ": " + lock.why;
        }
    }
}

bool SpecMutants::try_all() {
    whole_ = trials_.of(chosen_.program());
    if (whole_.kind != TrialAnswer::Kind::kHolds) return false;
    const SourceManager& sources = chosen_.spec->sources;
    auto add = [&](std::vector<ProtocolPart> parts) {
        for (ProtocolPart& part : parts) {
            // Threads of the library are not the question either.
            if (part.span.file == chosen_.spec->spec.file) mutants_.emplace_back().part = std::move(part);
        }
    };
    add(protocol_parts(chosen_.program(), sources));
    add(step_orders(chosen_.program(), sources));
    std::stable_sort(mutants_.begin(), mutants_.end(),
                     [](const Mutant& a, const Mutant& b) { return a.part.span < b.part.span; });
    answers_.resize(mutants_.size());
    for_each_parallel(mutants_.size(), search_jobs(options_.engine), [&](std::size_t n) {
        answers_[n] = trials_.of(without_parts(chosen_.program(), {&mutants_[n].part}, MustHold::kAsk));
    });
    for (std::size_t n = 0; n < mutants_.size(); ++n) judge(mutants_[n], answers_[n]);
    explain_by_pairs();
    explain_by_locks();
    return true;
}

// ------------------------------------------------------------------------------------------------------------- text

std::string fate_text(const Tally& tally) {
    std::string text = count_of(tally.all, "mutant") + ": " + std::to_string(tally.killed) + " killed, " +
                       std::to_string(tally.explained) + " explained, " +
                       (tally.open() == 1 ? "1 survives" : std::to_string(tally.open()) + " survive");
    if (tally.undecided != 0) text += ", " + std::to_string(tally.undecided) + " undecided";
    return text;
}

void tell_text(const MutantsOptions& options, const ChosenSpec& chosen, const SpecMutants& found, const Tally& tally, Sink& out) {
    out.write(printable(chosen.spec->path) + ", variant " + chosen.program().variant + ": " +
              count_of(found.searches(), "search") + " each\n\n");
    for (const Mutant& mutant : found.mutants()) {
        if (options.survivors_only && mutant.fate == Mutant::Fate::kKilled) continue;
        out.write("  " + padded(fate_name(mutant.fate), 11) + padded(part_name(mutant.part.kind), 8) +
                  printable(mutant.part.text) + "  (" + printable(mutant.part.place) + ")\n");
        if (mutant.why.empty()) continue;
        std::string more = mutant.steps == 0 ? "" : "  " + count_of(mutant.steps, "step");
        out.write(std::string(13, ' ') + printable(mutant.why) + more + (mutant.sizes.empty() ? "" : "  " + mutant.sizes) + "\n");
    }
    out.write("\n" + fate_text(tally) + "\n\n");
}

// --------------------------------------------------------------------------------------------------------- Markdown

std::string code(std::string_view text) {
    std::string out = "`";
    for (char c : printable(text)) {
        if (c == '|') out += '\\';
        out += c == '`' ? '\'' : c;
    }
    return out + "`";
}

std::string cell(std::string_view text) {
    std::string out;
    for (char c : printable(text)) {
        if (c == '|' || c == '_' || c == '*' || c == '<' || c == '`') out += '\\';
        out += c;
    }
    return out;
}

struct SpecRow {
    std::string name, path;
    Tally tally;
    std::map<std::string, Tally> by_kind;
    std::map<std::string, std::size_t> killers;
    std::vector<Mutant> left;  // not killed
};

SpecRow spec_row(const ChosenSpec& chosen, const SpecMutants& found, const Tally& tally) {
    SpecRow row;
    row.path = chosen.spec->path;
    std::size_t slash = row.path.rfind('/');
    row.name = row.path.substr(slash == std::string::npos ? 0 : slash + 1);
    if (row.name.ends_with(".quire")) row.name.resize(row.name.size() - 6);
    row.tally = tally;
    for (const Mutant& mutant : found.mutants()) {
        row.by_kind[std::string(part_name(mutant.part.kind))].add(mutant);
        if (mutant.fate == Mutant::Fate::kKilled)
            ++row.killers[mutant.by];
        else
            row.left.push_back(mutant);
    }
    return row;
}

void tell_markdown(const std::vector<SpecRow>& rows, Sink& out) {
    static constexpr std::array<PartKind, 5> kKinds = {PartKind::kLock, PartKind::kCheck, PartKind::kGet, PartKind::kAtomic,
                                                       PartKind::kOrder};
    out.write("| spec | lock | check | get | atomic | order | killed | explained | survive | killed by |\n");
    out.write("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
    Tally all;
    std::map<std::string, Tally> kinds;
    auto counts = [](const std::map<std::string, Tally>& by_kind) {
        std::string text;
        for (PartKind kind : kKinds) {
            auto at = by_kind.find(std::string(part_name(kind)));
            text += at == by_kind.end() ? " |"
                                        : " " + std::to_string(at->second.killed) + "/" + std::to_string(at->second.all) + " |";
        }
        return text;
    };
    auto sums = [](const Tally& tally) {
        return " " + std::to_string(tally.killed) + "/" + std::to_string(tally.all) + " | " + std::to_string(tally.explained) +
               " | " + std::to_string(tally.open() + tally.undecided) + " |";
    };
    for (const SpecRow& row : rows) {
        all.add(row.tally);
        for (const auto& [kind, tally] : row.by_kind) kinds[kind].add(tally);
        std::string killers;
        for (const auto& [name, times] : row.killers)
            killers += (killers.empty() ? "" : ", ") + name + (times == 1 ? "" : " " + std::to_string(times) + "x");
        out.write("| " + row.name + " |" + counts(row.by_kind) + sums(row.tally) + " " + cell(killers) + " |\n");
    }
    out.write("| **all** |" + counts(kinds) + sums(all) + " |\n");
    out.write("\n" + fate_text(all) + ".\n\n");
    out.write("| spec | line | what was changed | why nothing fails |\n| --- | --- | --- | --- |\n");
    for (const SpecRow& row : rows) {
        for (const Mutant& mutant : row.left) {
            std::string place = mutant.part.place;
            place = place.substr(place.find(':') + 1);
            std::string what = std::string(part_name(mutant.part.kind)) + " " + code(mutant.part.text);
            std::string why = mutant.fate == Mutant::Fate::kExplained   ? cell(mutant.why)
                              : mutant.fate == Mutant::Fate::kUndecided ? "*undecided: " + cell(mutant.why) + "*"
                                                                        : "**?**";
            out.write("| " + row.name + " | " + cell(place) + " | " + what + " | " + why + " |\n");
        }
    }
}

}  // namespace

int mutants(const MutantsOptions& options, FileProvider& files, Sink& out, Sink& err, const CancelToken& cancel) {
    Tally all;
    int code = kExitAsExpected;
    std::vector<SpecRow> rows;
    auto worse = [&](int other) {
        if (code == kExitAsExpected || (code == kExitInconclusive && other != kExitAsExpected)) code = other;
    };
    for (const SpecFile& file : options.files) {
        if (cancel.cancelled()) break;
        SpecChoice choice = options.choice;
        choice.path = file.path;
        int problem = 0;
        std::optional<ChosenSpec> chosen = choose_spec(choice, options.engine, options.color, files, err, problem);
        if (!chosen) {
            worse(problem);
            continue;
        }
        std::vector<Run> runs = runs_asked_for(*chosen, choice);
        SpecMutants found(options, *chosen, std::move(runs), cancel);
        if (!found.try_all()) {
            bool fails = found.whole().kind == TrialAnswer::Kind::kFails;
            err.write("quire: " + printable(file.path) + ": " +
                      (fails ? "the variant itself fails: " : "INCONCLUSIVE: the variant itself: ") +
                      printable(found.whole().text) + "\n");
            worse(fails ? kExitNotAsExpected : kExitInconclusive);
            continue;
        }
        Tally tally;
        for (const Mutant& mutant : found.mutants()) tally.add(mutant);
        all.add(tally);
        if (tally.undecided != 0) worse(kExitInconclusive);
        if (tally.open() != 0) worse(kExitNotAsExpected);
        if (options.markdown)
            rows.push_back(spec_row(*chosen, found, tally));
        else
            tell_text(options, *chosen, found, tally, out);
    }
    if (options.markdown)
        tell_markdown(rows, out);
    else if (options.files.size() > 1)
        out.write("all: " + fate_text(all) + "\n");
    return code;
}

}  // namespace quire
