#include "workbench/necessity.h"

#include <algorithm>

#include "driver/session.h"
#include "report/text_layout.h"
#include "workbench/protocol_parts.h"
#include "workbench/trials.h"

namespace quire {

namespace {

// A search of a protocol that was taken apart may be larger than any of the whole.
constexpr std::uint64_t kMostStates = 2'000'000;

using Tried = TrialAnswer;

struct Trial {
    std::vector<const ProtocolPart*> parts;
    Tried answer;
};

class Necessity {
public:
    Necessity(const NecessityOptions& options, const ChosenSpec& chosen, std::vector<Run> runs, Sink& out,
              const CancelToken& cancel)
        : options_(options), chosen_(chosen), out_(out), trials_(chosen, std::move(runs), options.engine, kMostStates, cancel) {}

    int answer();

private:
    Tried try_without(const std::vector<const ProtocolPart*>& parts) const {
        return trials_.of(parts.empty() ? chosen_.program() : without_parts(chosen_.program(), parts));
    }
    void ask_all(std::vector<Trial>& questions) const;
    std::vector<std::string> what_else(std::size_t part, const std::vector<Trial>& alone, const std::vector<Trial>& pairs,
                                       const std::vector<std::pair<std::size_t, std::size_t>>& which) const;
    void tell(const std::vector<Trial>& alone, const std::vector<Trial>& pairs,
              const std::vector<std::pair<std::size_t, std::size_t>>& which);

    const NecessityOptions& options_;
    const ChosenSpec& chosen_;
    Sink& out_;
    Trials trials_;
    std::vector<ProtocolPart> parts_;
};

void Necessity::ask_all(std::vector<Trial>& questions) const {
    for_each_parallel(questions.size(), search_jobs(options_.engine),
                      [&](std::size_t n) { questions[n].answer = try_without(questions[n].parts); });
}

// What does the same as a part that is not needed.
std::vector<std::string> Necessity::what_else(std::size_t part, const std::vector<Trial>& alone, const std::vector<Trial>& pairs,
                                              const std::vector<std::pair<std::size_t, std::size_t>>& which) const {
    std::vector<std::string> told;
    for (std::size_t n = 0; n < pairs.size(); ++n) {
        if (which[n].first != part && which[n].second != part) continue;
        if (pairs[n].answer.kind != Tried::Kind::kFails) continue;
        const std::size_t other = which[n].first == part ? which[n].second : which[n].first;
        told.push_back("so does " + parts_[other].text + " (" + parts_[other].place + "); without both: " + pairs[n].answer.text +
                       ", " + count_of(pairs[n].answer.steps, "step"));
    }
    if (!told.empty()) return told;
    // Nothing that could be left out as well: what is needed is enough.
    std::string names;
    for (std::size_t p = 0; p < parts_.size(); ++p) {
        if (alone[p].answer.kind != Tried::Kind::kFails || parts_[p].kind != PartKind::kLock) continue;
        names += (names.empty() ? "" : ", ") + parts_[p].text + " (" + parts_[p].place + ")";
    }
    if (names.empty())
        told.emplace_back("nothing that it does is asked about");
    else
        told.push_back("what is needed is enough: " + names);
    return told;
}

void Necessity::tell(const std::vector<Trial>& alone, const std::vector<Trial>& pairs,
                     const std::vector<std::pair<std::size_t, std::size_t>>& which) {
    std::size_t needed = 0, spare = 0, unknown = 0, locks = 0, locks_needed = 0;
    for (std::size_t p = 0; p < parts_.size(); ++p) {
        const Tried& tried = alone[p].answer;
        const bool fails = tried.kind == Tried::Kind::kFails;
        std::string word = fails ? "needed" : tried.kind == Tried::Kind::kHolds ? "not needed" : "??";
        out_.write("  " + padded(word, 12) + padded(part_name(parts_[p].kind), 8) + printable(parts_[p].text) + "  (" +
                   parts_[p].place + ")\n");
        const std::string indent(14, ' ');
        needed += fails ? 1 : 0;
        locks += parts_[p].kind == PartKind::kLock ? 1 : 0;
        locks_needed += fails && parts_[p].kind == PartKind::kLock ? 1 : 0;
        if (fails) {
            out_.write(indent + printable(tried.text) + "  " + count_of(tried.steps, "step") +
                       (tried.sizes.empty() ? "" : "  " + tried.sizes) + "\n");
        } else if (tried.kind == Tried::Kind::kUnknown) {
            ++unknown;
            out_.write(indent + "INCONCLUSIVE: " + tried.text + " (" + count_of(tried.states, "state") + ")\n");
        } else {
            ++spare;
            for (const std::string& line : what_else(p, alone, pairs, which)) out_.write(indent + printable(line) + "\n");
        }
    }
    out_.write("\n" + count_of(parts_.size(), "part") + ": " + std::to_string(needed) + " needed, " + std::to_string(spare) +
               " not needed at these sizes" + (unknown == 0 ? "" : ", " + std::to_string(unknown) + " undecided") +
               ".  Locks: " + std::to_string(locks_needed) + " of " + std::to_string(locks) + " needed.\n");
}

int Necessity::answer() {
    Tried whole = try_without({});
    out_.write(printable(chosen_.spec->path) + ", variant " + chosen_.program().variant + ": " +
               count_of(trials_.runs().size(), "search") + " each\n\n");
    if (whole.kind == Tried::Kind::kFails) {
        out_.write("  the variant itself fails: " + printable(whole.text) + "\n");
        return kExitNotAsExpected;
    }
    if (whole.kind == Tried::Kind::kUnknown) {
        out_.write("  INCONCLUSIVE: the variant itself: " + whole.text + "\n");
        return kExitInconclusive;
    }
    parts_ = protocol_parts(chosen_.program(), chosen_.spec->sources);
    std::vector<Trial> alone(parts_.size());
    for (std::size_t p = 0; p < parts_.size(); ++p) alone[p].parts = {&parts_[p]};
    ask_all(alone);
    // Of those that can go alone, which pairs cannot?
    std::vector<Trial> pairs;
    std::vector<std::pair<std::size_t, std::size_t>> which;
    for (std::size_t a = 0; a < parts_.size(); ++a) {
        for (std::size_t b = a + 1; b < parts_.size(); ++b) {
            if (alone[a].answer.kind != Tried::Kind::kHolds || alone[b].answer.kind != Tried::Kind::kHolds) continue;
            pairs.push_back({{&parts_[a], &parts_[b]}, {}});
            which.emplace_back(a, b);
        }
    }
    ask_all(pairs);
    tell(alone, pairs, which);
    bool undecided =
        std::any_of(alone.begin(), alone.end(), [](const Trial& q) { return q.answer.kind == Tried::Kind::kUnknown; });
    return undecided ? kExitInconclusive : kExitAsExpected;
}

}  // namespace

int necessity(const NecessityOptions& options, FileProvider& files, Sink& out, Sink& err, const CancelToken& cancel) {
    int code = 0;
    std::optional<ChosenSpec> chosen = choose_spec(options.choice, options.engine, options.color, files, err, code);
    if (!chosen) return code;
    std::vector<Run> runs = runs_asked_for(*chosen, options.choice);
    return Necessity(options, *chosen, std::move(runs), out, cancel).answer();
}

}  // namespace quire
