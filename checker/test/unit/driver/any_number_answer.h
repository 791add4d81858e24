// Asks for a proof for any number of threads, and keeps what is said.
#pragma once

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "driver/session.h"
#include "report/writer.h"

namespace quire::test::any_number {

class Kept final : public Writer {
public:
    void begin(const SessionBegin&) override {}
    void spec(const SpecBegin&) override {}
    void diagnostics(const std::vector<DiagnosticReport>&) override {}
    void progress(const ProgressReport&) override {}
    void result(const ExpectationReport& report) override {
        judgements.push_back(report.judgement);
        reasons.push_back(report.reason);
        for (const CaseReport& one : report.cases) {
            verdicts.push_back(one.verdict);
            if (one.run == nullptr) continue;
            for (const std::string& line : one.run->proofs) said += line + "\n";
            certificate = one.run->certificate;
        }
    }
    void end(const SessionEnd&) override {}

    std::vector<Judgement> judgements;
    std::vector<std::string> reasons, verdicts;
    std::string said, certificate;
};

class Nowhere final : public Sink {
public:
    void write(std::string_view text) override { all += text; }
    std::string all;
};

struct Answer {
    std::string verdict, reason, said, certificate;
};

// Of the last expectation.
inline Answer answer_to(const std::string& text, const std::string& certificates = "") {
    MemoryFiles files;
    files.add("t.quire", text);
    CheckOptions options;
    options.files = {{"t.quire", true}};
    options.out_directory.clear();
    options.engine.certificate_directory = certificates;
    Kept kept;
    Nowhere err;
    CancelToken cancel;
    check(options, files, kept, err, cancel);
    INFO(err.all);
    REQUIRE(!kept.verdicts.empty());
    return {kept.verdicts.back(), kept.reasons.back(), kept.said, kept.certificate};
}

inline std::string replaced(std::string text, const std::string& what, const std::string& by) {
    std::size_t at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), by);
}

}  // namespace quire::test::any_number
