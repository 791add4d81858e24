#include "driver/scenario_match.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "driver/code_text.h"
#include "explain/code_place.h"

namespace quire {

namespace {

// More ways to take the columns are a question that is not clear enough.
constexpr std::size_t kMostBindings = 24;

struct StatementText {
    std::uint32_t site = kNone;
    SourceSpan header;  // of `if (c) …` and the like only the part that decides
    std::vector<std::string> tokens;
    bool library = false;
};

// `if (c) { … }` -> `if (c)`; `do { … } while (c)` -> `while (c)`.
SourceSpan header_of(const SourceManager& sources, SourceSpan span) {
    std::string_view text = sources.text(span);
    std::size_t begin = 0;
    if (text.starts_with("do") && text.size() > 2 && (text[2] == ' ' || text[2] == '{' || text[2] == '\t' || text[2] == '\n')) {
        begin = text.rfind("while");
        if (begin == std::string_view::npos) return span;
        span.begin += static_cast<std::uint32_t>(begin);
        return span;
    }
    bool compound = false;
    for (std::string_view word : {"if", "while", "for", "switch"}) {
        bool starts =
            text.starts_with(word) && text.size() > word.size() && (text[word.size()] == ' ' || text[word.size()] == '(');
        compound = compound || starts;
    }
    if (!compound) return span;
    int depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
        if (text[i] == ')' && depth == 0) {
            span.end = span.begin + static_cast<std::uint32_t>(i + 1);
            return span;
        }
    }
    return span;
}

// The span of a declaration is its name: with the initialiser, up to the `;`.
SourceSpan with_initialiser(const SourceManager& sources, SourceSpan span) {
    std::string_view text = sources.text(span.file);
    std::size_t at = text.find_first_not_of(" \t\n", span.end);
    if (at == std::string_view::npos || text[at] != '=' || text.substr(at, 2) == "==") return span;
    int depth = 0;
    for (; at < text.size() && !(depth == 0 && (text[at] == ';' || text[at] == ',')); ++at) {
        depth += text[at] == '(' || text[at] == '{' ? 1 : text[at] == ')' || text[at] == '}' ? -1 : 0;
        if (depth < 0) return span;
    }
    span.end = static_cast<std::uint32_t>(at);
    return span;
}

class Matcher {
public:
    Matcher(const TransitionSystem& system, const SourceManager& sources, const Scenario& scenario)
        : system_(system), sources_(sources), scenario_(scenario) {
        for (const ScenarioLine& line : scenario.lines) quoted_.push_back(code_tokens(line.text));
    }

    ScenarioMatch match();

private:
    using Threads = std::vector<ThreadNumber>;

    void collect(std::uint32_t role);
    std::optional<MatchedLine> match_line(std::size_t line, std::uint32_t role);
    std::optional<MatchedLine> match_step(std::size_t line, std::uint32_t role);
    std::optional<MatchedLine> match_statement(std::size_t line, std::uint32_t role);
    void mark_inside(const StatementText& statement, std::uint32_t role, MatchedLine& out) const;
    void mark_part(const StatementText& statement, std::uint32_t role, const std::vector<std::string>& quoted,
                   MatchedLine& out) const;
    bool has_access(std::uint32_t role, const MatchedLine& line) const;
    const std::optional<MatchedLine>& matched(std::size_t line, std::uint32_t role);
    bool fits(std::size_t column, std::uint32_t role);
    Threads named_threads(const std::string& name) const;
    Threads candidates(std::size_t column);
    void complain(std::size_t column, const Threads& tried);
    std::vector<std::string> nearest_statements(std::size_t line, const Threads& tried);
    void bind(std::size_t column, const std::vector<Threads>& choices, Threads& taken);
    bool is_first_of_its_kind(ThreadNumber thread, const Threads& taken, bool named) const;
    void add_notes();

    const TransitionSystem& system_;
    const SourceManager& sources_;
    const Scenario& scenario_;
    std::vector<std::vector<std::string>> quoted_;                    // by line
    std::map<std::uint32_t, std::vector<StatementText>> statements_;  // by role
    std::map<std::uint32_t, std::vector<std::uint32_t>> sites_;       // of notes, by role
    std::map<std::pair<std::size_t, std::uint32_t>, std::optional<MatchedLine>> matched_;
    std::map<std::uint32_t, std::vector<std::string>> line_tokens_;  // by site: of the user's line
    std::vector<bool> named_;                                        // by column
    ScenarioMatch out_;
};

// What the threads of the role can run.
void Matcher::collect(std::uint32_t role) {
    if (statements_.count(role) != 0) return;
    std::set<std::uint32_t> all, ends;
    for (const Location& location : system_.roles[role].locations) {
        for (const Instruction& i : location.step.code) {
            if (i.site == kNone) continue;
            all.insert(i.site);
            if (i.kind == InstructionKind::kNote && (i.note == NoteKind::kStatement || i.note == NoteKind::kDecision))
                ends.insert(i.site);
        }
    }
    sites_[role].assign(all.begin(), all.end());
    std::vector<StatementText>& statements = statements_[role];
    for (std::uint32_t site : ends) {
        StatementText statement;
        statement.site = site;
        statement.header = header_of(sources_, sources_.outermost(system_.sites[site].span));
        if (!statement.header.valid()) continue;
        statement.header = with_initialiser(sources_, statement.header);
        statement.tokens = code_tokens(sources_.text(statement.header));
        statement.library = system_.sites[site].library;
        statements.push_back(std::move(statement));
    }
}

// Everything in the same call of the function that lies in the statement's text, and what is called from there.
void Matcher::mark_inside(const StatementText& statement, std::uint32_t role, MatchedLine& out) const {
    const Site& own = system_.sites[statement.site];
    for (std::uint32_t site : sites_.at(role)) {
        for (std::uint32_t s = site; s != kNone; s = system_.sites[s].caller) {
            if (system_.sites[s].caller != own.caller || system_.sites[s].function != own.function) continue;
            SourceSpan span = sources_.outermost(system_.sites[s].span);
            bool within = s == statement.site || (span.file == statement.header.file && span.begin >= statement.header.begin &&
                                                  span.end <= statement.header.end);
            if (within) out.inside[site] = true;
        }
    }
    out.ends[statement.site] = true;
}

// The same of the accesses in the part that is quoted; nothing if all of it is.
void Matcher::mark_part(const StatementText& statement, std::uint32_t role, const std::vector<std::string>& quoted,
                        MatchedLine& out) const {
    const Site& own = system_.sites[statement.site];
    for (const auto& [begin, end] : quoted_parts(quoted, located_tokens(sources_.text(statement.header)))) {
        for (std::uint32_t site : sites_.at(role)) {
            for (std::uint32_t s = site; s != kNone; s = system_.sites[s].caller) {
                if (system_.sites[s].caller != own.caller || system_.sites[s].function != own.function) continue;
                SourceSpan span = sources_.outermost(system_.sites[s].span);
                bool within = span.file == statement.header.file && span.begin >= statement.header.begin + begin &&
                              span.end <= statement.header.begin + end;
                if (within) out.inside[site] = true;
            }
        }
    }
}

bool Matcher::has_access(std::uint32_t role, const MatchedLine& line) const {
    for (const Location& location : system_.roles[role].locations) {
        for (const Instruction& i : location.step.code) {
            bool local = i.note == NoteKind::kStatement || i.note == NoteKind::kDecision;
            if (i.kind == InstructionKind::kNote && !local && i.site != kNone && line.inside[i.site]) return true;
        }
    }
    return false;
}

std::string written_at(const SourceManager& sources, SourceSpan span) {
    return sources.display_path(span.file) + ":" + std::to_string(sources.start(span).line);
}

void add_place(std::string& places, const std::string& place) {
    if (("," + places + ",").find("," + place + ",") != std::string::npos) return;
    places += (places.empty() ? "" : ",") + place;
}

std::optional<MatchedLine> Matcher::match_statement(std::size_t line, std::uint32_t role) {
    const std::vector<std::string>& quoted = quoted_[line];
    auto rank = [&](const StatementText& s) {
        Likeness likeness = compare_code(quoted, s.tokens);
        if (likeness == Likeness::kUnlike) return 0;
        // Text of the spec, text of the library, calls in the spec, calls in the library.
        return (likeness == Likeness::kSameCall ? 0 : 4) + (s.library ? 0 : 2) + (likeness == Likeness::kSame ? 1 : 0);
    };
    int best = 0;
    auto counts = [&](const StatementText& s) { return compare_code(quoted, s.tokens) != Likeness::kUnlike; };
    for (const StatementText& s : statements_[role]) best = std::max(best, counts(s) ? rank(s) + 1 : 0);
    if (best == 0) return std::nullopt;
    MatchedLine out;
    out.inside.assign(system_.sites.size(), false);
    out.ends.assign(system_.sites.size(), false);
    for (const StatementText& s : statements_[role]) {
        if (counts(s) && rank(s) + 1 == best) mark_part(s, role, quoted, out);
    }
    out.part = has_access(role, out);
    if (!out.part) out.inside.assign(system_.sites.size(), false);
    for (const StatementText& s : statements_[role]) {
        if (!counts(s) || rank(s) + 1 != best) continue;
        if (!out.part) mark_inside(s, role, out);
        if (out.text.empty()) {
            std::string text(sources_.text(s.header));
            std::replace_if(
                text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 32; }, ' ');
            out.text = text;
        }
        add_place(out.places, written_at(sources_, s.header));
    }
    return out;
}

std::string without_blanks(const std::vector<std::string>& tokens) {
    std::string text;
    for (const std::string& token : tokens) text += token;
    return text;
}

// One step at a line of the user's text, as traces print them.
std::optional<MatchedLine> Matcher::match_step(std::size_t line, std::uint32_t role) {
    MatchedLine out;
    out.one_step = true;
    out.inside.assign(system_.sites.size(), scenario_.lines[line].any_text);
    if (scenario_.lines[line].any_text) return out;
    Likeness best = Likeness::kUnlike;
    for (int pass = 0; pass < 2; ++pass) {
        for (std::uint32_t site : sites_[role]) {
            auto [tokens, is_new] = line_tokens_.try_emplace(site);
            if (is_new) tokens->second = code_tokens(code_place(system_, sources_, site).user.text);
            // Narrow columns break lines anywhere.
            bool same = without_blanks(quoted_[line]) == without_blanks(tokens->second);
            Likeness likeness = same ? Likeness::kSame : compare_code(quoted_[line], tokens->second);
            if (pass == 0) {
                best = std::max(best, likeness);
                continue;
            }
            if (likeness != best) continue;
            out.inside[site] = true;
            CodePlace place = code_place(system_, sources_, site);
            if (out.text.empty()) out.text = place.user.text;
            add_place(out.places, place.user.file + ":" + std::to_string(place.user.line));
        }
        if (best == Likeness::kUnlike) return std::nullopt;
    }
    return out;
}

std::optional<MatchedLine> Matcher::match_line(std::size_t line, std::uint32_t role) {
    collect(role);
    return scenario_.lines[line].one_step ? match_step(line, role) : match_statement(line, role);
}

const std::optional<MatchedLine>& Matcher::matched(std::size_t line, std::uint32_t role) {
    auto found = matched_.find({line, role});
    if (found == matched_.end()) found = matched_.emplace(std::pair{line, role}, match_line(line, role)).first;
    return found->second;
}

bool Matcher::fits(std::size_t column, std::uint32_t role) {
    for (std::size_t l = 0; l < scenario_.lines.size(); ++l) {
        if (scenario_.lines[l].column == column && !matched(l, role)) return false;
    }
    return true;
}

// Threads that some word of the column's name is the name of, or is the name of their role.
Matcher::Threads Matcher::named_threads(const std::string& name) const {
    Threads exact, by_role;
    std::string words;
    for (char c : name) words += c == ':' || c == ',' || c == '\t' || c == '(' || c == ')' ? ' ' : c;
    words = " " + words + " ";
    for (ThreadNumber t = 1; t < system_.program_threads(); ++t) {
        const Thread& thread = system_.threads[t];
        if (words.find(" " + thread.name + " ") != std::string::npos) exact.push_back(t);
        if (words.find(" " + system_.roles[thread.role].name + " ") != std::string::npos) by_role.push_back(t);
    }
    return exact.empty() ? by_role : exact;
}

Matcher::Threads Matcher::candidates(std::size_t column) {
    Threads tried = named_threads(scenario_.columns[column]);
    named_.push_back(tried.size() == 1);
    if (tried.empty()) {
        for (ThreadNumber t = 1; t < system_.program_threads(); ++t) tried.push_back(t);
    }
    Threads fitting;
    for (ThreadNumber t : tried) {
        if (fits(column, system_.threads[t].role)) fitting.push_back(t);
    }
    if (fitting.empty()) complain(column, tried);
    return fitting;
}

std::vector<std::string> letters(const std::vector<std::string>& tokens) {
    std::vector<std::string> out;
    for (const std::string& token : tokens) {
        for (char c : token) out.emplace_back(1, c);
    }
    return out;
}

std::vector<std::string> Matcher::nearest_statements(std::size_t line, const Threads& tried) {
    std::map<std::pair<std::size_t, std::string>, std::string> near;  // (distance, text) -> place
    std::set<std::uint32_t> roles;
    for (ThreadNumber t : tried) roles.insert(system_.threads[t].role);
    for (std::uint32_t role : roles) {
        for (const StatementText& s : statements_[role]) {
            if (s.library || s.tokens.empty()) continue;
            std::string text(sources_.text(s.header));
            near.try_emplace({distance(letters(quoted_[line]), letters(s.tokens)), text},
                             written_at(sources_, s.header) + " in " + system_.roles[role].name);
        }
    }
    std::vector<std::string> hints;
    for (const auto& [key, place] : near) {
        if (hints.size() == 2 || key.first > letters(quoted_[line]).size() / 2) break;
        hints.push_back("`" + key.second + "` at " + place);
    }
    return hints;
}

// About the first line that the role with the most lines in common does not have.
void Matcher::complain(std::size_t column, const Threads& tried) {
    ScenarioProblem problem;
    std::size_t most = 0;
    std::optional<std::size_t> first;
    for (ThreadNumber t : tried) {
        const std::uint32_t role = system_.threads[t].role;
        std::size_t count = 0;
        std::optional<std::size_t> missing;
        for (std::size_t l = 0; l < scenario_.lines.size(); ++l) {
            if (scenario_.lines[l].column != column) continue;
            if (matched(l, role))
                ++count;
            else if (!missing)
                missing = l;
        }
        if (first && count <= most) continue;
        most = count;
        first = missing;
    }
    if (!first) {
        problem.message = "there is no thread that column `" + scenario_.columns[column] + "` could be";
    } else {
        problem.line = scenario_.lines[*first].number;
        const bool one = tried.size() == 1;
        problem.message = "`" + scenario_.lines[*first].text + "` is no statement of " +
                          (one ? system_.threads[tried[0]].name
                               : std::string("any thread that has the other lines of `") + scenario_.columns[column] + "`");
        problem.hints = nearest_statements(*first, tried);
    }
    out_.problems.push_back(std::move(problem));
}

// Of threads that nothing tells apart, those that were not taken yet are the same.
bool Matcher::is_first_of_its_kind(ThreadNumber thread, const Threads& taken, bool named) const {
    const ThreadRole& role = system_.roles[system_.threads[thread].role];
    if (named || !role.symmetric) return true;
    for (ThreadNumber t = role.first_thread; t < thread; ++t) {
        if (std::find(taken.begin(), taken.end(), t) == taken.end()) return false;
    }
    return true;
}

void Matcher::bind(std::size_t column, const std::vector<Threads>& choices, Threads& taken) {
    if (out_.bindings.size() > kMostBindings) return;
    if (column == choices.size()) {
        ScenarioBinding binding;
        binding.threads = taken;
        for (std::size_t l = 0; l < scenario_.lines.size(); ++l) {
            ThreadNumber thread = taken[scenario_.lines[l].column];
            MatchedLine line = *matched(l, system_.threads[thread].role);
            line.thread = thread;
            binding.lines.push_back(std::move(line));
        }
        out_.bindings.push_back(std::move(binding));
        return;
    }
    for (ThreadNumber t : choices[column]) {
        if (std::find(taken.begin(), taken.end(), t) != taken.end() || !is_first_of_its_kind(t, taken, named_[column])) continue;
        taken.push_back(t);
        bind(column + 1, choices, taken);
        taken.pop_back();
    }
}

void Matcher::add_notes() {
    for (std::size_t l = 0; l < scenario_.lines.size(); ++l) {
        const MatchedLine& line = out_.bindings[0].lines[l];
        const bool several = line.places.find(',') != std::string::npos;
        const bool literal = scenario_.lines[l].one_step || compare_code(quoted_[l], code_tokens(line.text)) >= Likeness::kPart;
        if (scenario_.lines[l].any_text || (literal && !several) || (scenario_.lines[l].one_step && literal)) continue;
        ScenarioProblem note;
        note.line = scenario_.lines[l].number;
        note.message = several ? "`" + scenario_.lines[l].text + "` stands at " + line.places + ": any of them counts"
                               : "`" + scenario_.lines[l].text + "` is taken as `" + line.text + "` at " + line.places;
        out_.notes.push_back(std::move(note));
    }
}

ScenarioMatch Matcher::match() {
    std::vector<Threads> choices;
    for (std::size_t c = 0; c < scenario_.columns.size(); ++c) choices.push_back(candidates(c));
    if (!out_.problems.empty()) return std::move(out_);
    Threads taken;
    bind(0, choices, taken);
    if (out_.bindings.empty()) {
        out_.problems.push_back({0, "there are not enough threads: each column needs one of its own", {}});
    } else if (out_.bindings.size() > kMostBindings) {
        out_.bindings.clear();
        out_.problems.push_back({0, "the columns could be too many threads; name the threads in the heading", {}});
    } else {
        add_notes();
    }
    return std::move(out_);
}

}  // namespace

ScenarioMatch match_scenario(const TransitionSystem& system, const SourceManager& sources, const Scenario& scenario) {
    return Matcher(system, sources, scenario).match();
}

}  // namespace quire
