// Every plain struct of a report is named once, by a structured binding that lists all of its fields: a field that is added
// to a report does not compile until it stands here too, so that a result from the cache never lacks what a fresh one has.
// Numbers are written as eight bytes, texts and lists with their length before them.  A program reads only what the very same
// program wrote (result_cache.cpp), so there is no version in it.
#include "workbench/result_archive.h"

#include <array>
#include <bit>
#include <cstring>
#include <map>
#include <set>
#include <type_traits>

namespace quire {

namespace {

// ---------------------------------------------------------------------------------------------- the fields of reports

template <class A>
void fields(A& a, CodeLine& v) {
    auto& [file, line, text, function] = v;
    a(file, line, text, function);
}
template <class A>
void fields(A& a, CodePlace& v) {
    auto& [user, inside] = v;
    a(user, inside);
}
template <class A>
void fields(A& a, TraceRow& v) {
    auto& [step, thread, place, text, changes, switched, mark, folded] = v;
    a(step, thread, place, text, changes, switched, mark, folded);
}
template <class A>
void fields(A& a, TraceMark& v) {
    auto& [letter, step, thread, role, text, file, line, held] = v;
    a(letter, step, thread, role, text, file, line, held);
}
template <class A>
void fields(A& a, TraceReason& v) {
    auto& [topic, text] = v;
    a(topic, text);
}
template <class A>
void fields(A& a, TraceFact& v) {
    auto& [heading, lines] = v;
    a(heading, lines);
}
template <class A>
void fields(A& a, ExplainedTrace& v) {
    auto& [bug, property, headline, sentence, doc, threads, movers, rows, marks, why, facts, steps, switches, fewest, loop] = v;
    a(bug, property, headline, sentence, doc, threads, movers, rows, marks, why, facts, steps, switches, fewest, loop);
}
template <class A>
void fields(A& a, TraceValues::Change& v) {
    auto& [cell, value] = v;
    a(cell, value);
}
template <class A>
void fields(A& a, TraceValues::Ledger& v) {
    auto& [name, accounts, balances] = v;
    a(name, accounts, balances);
}
template <class A>
void fields(A& a, TraceValues& v) {
    auto& [names, start, steps, ledgers] = v;
    a(names, start, steps, ledgers);
}
template <class A>
void fields(A& a, FindingReport& v) {
    // `finding` is for who asks further about a fresh result, and such a result is not kept.
    auto& [trace, saved, name, values, finding] = v;
    static_cast<void>(finding);
    a(trace, saved, name, values);
}
template <class A>
void fields(A& a, SearchStatistics& v) {
    auto& [states, transitions, depth, widest, bytes, seconds, bits, restarts, spooled] = v;
    a(states, transitions, depth, widest, bytes, seconds, bits, restarts, spooled);
}
template <class A>
void fields(A& a, CheckpointReport& v) {
    auto& [resumed, depth, states, seconds, damaged, refused, kept, kept_states, not_kept] = v;
    a(resumed, depth, states, seconds, damaged, refused, kept, kept_states, not_kept);
}
template <class A>
void fields(A& a, RunReport& v) {
    auto& [file, spec_hash, variant, instance, memory, sizes, constants, stop, exhaustive, assumed_away, exhausted, too_long,
           exhausted_at, statistics, checkpoint, checkpoint_path, native, omission, reductions, reduction_notes, proofs, is_proof,
           certificate, violations, covered, untraced_violations, untraced_covers] = v;
    a(file, spec_hash, variant, instance, memory, sizes, constants, stop, exhaustive, assumed_away, exhausted, too_long,
      exhausted_at, statistics, checkpoint, checkpoint_path, native, omission, reductions, reduction_notes, proofs, is_proof,
      certificate, violations, covered, untraced_violations, untraced_covers);
}
template <class A>
void fields(A& a, CaseReport& v) {
    auto& [run, judgement, verdict, reason, found, finding, untraced] = v;
    a.pointers(run, finding);
    a(judgement, verdict, reason, found, untraced);
}
template <class A>
void fields(A& a, RepairReport& v) {
    auto& [what, note, verdict, reason, states, patch] = v;
    a(what, note, verdict, reason, states, patch);
}
template <class A>
void fields(A& a, RepairsReport& v) {
    auto& [id, run, finding, most_states, repairs] = v;
    a.pointers(run, finding);
    a(id, most_states, repairs);
}
template <class A>
void fields(A& a, ExpectationHead& v) {
    auto& [id, file, line, variant, expected, property, text, sizes] = v;
    a(id, file, line, variant, expected, property, text, sizes);
}
template <class A>
void fields(A& a, ExpectationReport& v) {
    auto& [head, judgement, reason, cases, also] = v;
    a(head, judgement, reason, cases, also);
}
template <class A>
void fields(A& a, DiagnosticReport& v) {
    auto& [severity, code, message, file, line, column] = v;
    a(severity, code, message, file, line, column);
}
template <class A>
void fields(A& a, ToldDiagnostics& v) {
    auto& [reports, plain, colored, warnings, denied, errors] = v;
    a(reports, plain, colored, warnings, denied, errors);
}
template <class A>
void fields(A& a, SpecBegin& v) {
    auto& [file, hash, expectations] = v;
    a(file, hash, expectations);
}
template <class A>
void fields(A& a, SelectionUse& v) {
    auto& [variants, properties, instances, defines] = v;
    a(variants, properties, instances, defines);
}
template <class A>
void fields(A& a, KnownNames& v) {
    auto& [variants, instances, properties, constants] = v;
    a(variants, instances, properties, constants);
}

// -------------------------------------------------------------------------------------------------------- writing

constexpr std::uint64_t kNothing = ~std::uint64_t{0};

class ArchiveWriter {
public:
    std::string bytes;
    std::map<const RunReport*, std::uint64_t> runs;

    template <class... T>
    void operator()(T&... values) {
        (put(values), ...);
    }

    void pointers(const RunReport* run, const FindingReport* finding) {
        put(run == nullptr ? kNothing : runs.at(run));
        std::uint64_t place = kNothing;
        for (std::size_t i = 0; run != nullptr && i < run->violations.size(); ++i) {
            if (&run->violations[i] == finding) place = 2 * i;
        }
        for (std::size_t i = 0; run != nullptr && i < run->covered.size(); ++i) {
            if (&run->covered[i] == finding) place = 2 * i + 1;
        }
        put(place);
    }

private:
    void put(std::uint64_t number) {
        std::array<char, 8> raw;
        for (std::size_t i = 0; i < raw.size(); ++i) raw[i] = static_cast<char>(number >> (8 * i));
        bytes.append(raw.data(), raw.size());
    }
    void put(double number) { put(std::bit_cast<std::uint64_t>(number)); }
    void put(const std::string& text) {
        put(static_cast<std::uint64_t>(text.size()));
        bytes += text;
    }
    template <class T>
    requires(std::is_enum_v<T> || std::is_integral_v<T>) void put(const T& number) { put(static_cast<std::uint64_t>(number)); }
    template <class T>
    requires std::is_class_v<T>
    void put(const T& value) {
        fields(*this, const_cast<T&>(value));  // one list of fields for both ways; nothing is changed here
    }
    template <class T>
    void put(const std::vector<T>& list) {
        put(static_cast<std::uint64_t>(list.size()));
        for (const T& one : list) put(one);
    }
    template <class T>
    void put(const std::set<T>& list) {
        put(static_cast<std::uint64_t>(list.size()));
        for (const T& one : list) put(one);
    }
    template <class T, class U>
    void put(const std::pair<T, U>& both) {
        put(both.first);
        put(both.second);
    }
    template <class T>
    void put(const std::optional<T>& maybe) {
        put(maybe.has_value());
        if (maybe) put(*maybe);
    }
};

// -------------------------------------------------------------------------------------------------------- reading

class ArchiveReader {
public:
    ArchiveReader(std::string_view bytes, std::deque<RunReport>& runs) : bytes_(bytes), runs_(runs) {}

    bool good = true;
    bool at_end() const { return at_ == bytes_.size(); }

    template <class... T>
    void operator()(T&... values) {
        (get(values), ...);
    }

    void pointers(const RunReport*& run, const FindingReport*& finding) {
        std::uint64_t number = 0, place = 0;
        (*this)(number, place);
        if (number == kNothing) return;
        if (number >= runs_.size()) return fail();
        run = &runs_[number];
        if (place == kNothing) return;
        const std::vector<FindingReport>& findings = place % 2 == 0 ? run->violations : run->covered;
        if (place / 2 >= findings.size()) return fail();
        finding = &findings[place / 2];
    }

private:
    void fail() { good = false; }
    // A length that the rest cannot hold is no reason to ask for memory.
    std::size_t length() {
        std::uint64_t size = 0;
        get(size);
        if (size > bytes_.size() - at_) fail();
        return good ? static_cast<std::size_t>(size) : 0;
    }
    void get(std::uint64_t& number) {
        number = 0;
        if (bytes_.size() - at_ < 8) return fail();
        for (std::size_t i = 0; i < 8; ++i) number |= std::uint64_t{static_cast<unsigned char>(bytes_[at_ + i])} << (8 * i);
        at_ += 8;
    }
    void get(double& number) {
        std::uint64_t raw = 0;
        get(raw);
        number = std::bit_cast<double>(raw);
    }
    void get(std::string& text) {
        std::size_t size = length();
        text.assign(bytes_.substr(at_, size));
        at_ += size;
    }
    template <class T>
    requires(std::is_enum_v<T> || std::is_integral_v<T>) void get(T& number) {
        std::uint64_t raw = 0;
        get(raw);
        number = static_cast<T>(raw);
    }
    template <class T>
    requires std::is_class_v<T>
    void get(T& value) { fields(*this, value); }
    template <class T>
    void get(std::vector<T>& list) {
        for (std::size_t left = length(); left != 0 && good; --left) get(list.emplace_back());
    }
    template <class T>
    void get(std::set<T>& list) {
        for (std::size_t left = length(); left != 0 && good; --left) {
            T one;
            get(one);
            list.insert(std::move(one));
        }
    }
    template <class T, class U>
    void get(std::pair<T, U>& both) {
        get(both.first);
        get(both.second);
    }
    template <class T>
    void get(std::optional<T>& maybe) {
        bool there = false;
        get(there);
        if (there) get(maybe.emplace());
    }

    std::string_view bytes_;
    std::size_t at_ = 0;
    std::deque<RunReport>& runs_;
};

// Once each, in the order in which they are told of.
std::vector<const RunReport*> runs_of(const SpecResults& results) {
    std::vector<const RunReport*> runs;
    std::set<const RunReport*> seen;
    for (const auto& told : results.told) {
        const auto* report = std::get_if<ExpectationReport>(&told);
        if (report == nullptr) continue;
        for (const CaseReport& one : report->cases) {
            if (one.run != nullptr && seen.insert(one.run).second) runs.push_back(one.run);
        }
    }
    return runs;
}

}  // namespace

std::string archived(const SpecResults& results) {
    ArchiveWriter writer;
    std::uint64_t count = 0;
    for (const RunReport* run : runs_of(results)) writer.runs[run] = count++;
    writer(count);
    for (const RunReport* run : runs_of(results)) writer(*run);
    writer(results.counted, results.slow_left_out, results.quick_left_out, results.use, results.known, results.expectations,
           results.every_statement_executed, results.begin);
    count = results.told.size();
    writer(count);
    for (const auto& told : results.told) {
        std::uint64_t kind = told.index();
        writer(kind);
        std::visit([&](const auto& one) { writer(one); }, told);
    }
    return std::move(writer.bytes);
}

std::unique_ptr<SpecResults> unarchived(std::string_view bytes) {
    auto results = std::make_unique<SpecResults>();
    ArchiveReader reader(bytes, results->runs);
    std::uint64_t count = 0, kind = 0;
    for (reader(count); count != 0 && reader.good; --count) reader(results->runs.emplace_back());
    reader(results->counted, results->slow_left_out, results->quick_left_out, results->use, results->known, results->expectations,
           results->every_statement_executed, results->begin);
    for (reader(count); count != 0 && reader.good; --count) {
        reader(kind);
        if (kind == 0) {
            reader(std::get<ToldDiagnostics>(results->told.emplace_back(ToldDiagnostics{})));
        } else if (kind == 2) {
            reader(std::get<RepairsReport>(results->told.emplace_back(RepairsReport{})));
        } else {
            reader(std::get<ExpectationReport>(results->told.emplace_back(ExpectationReport{})));
        }
    }
    return reader.good && reader.at_end() ? std::move(results) : nullptr;
}

}  // namespace quire
