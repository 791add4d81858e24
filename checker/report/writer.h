// What a report format implements, and where it writes to.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "report/results.h"

namespace quire {

class Sink {
public:
    virtual ~Sink() = default;
    virtual void write(std::string_view text) = 0;
};

// The files that reports leave.  A file is written as a whole or not at all; one that could not be written is told of at the
// end, and costs no other one.
class FileStore {
public:
    virtual ~FileStore() = default;
    virtual void write(const std::string& path, std::string_view text) = 0;
};

// What a format that goes to a file is made with.
struct ReportTarget {
    FileStore* files = nullptr;
    std::string path;  // of the file, or of the directory
    std::string version;
    bool show_expected = false;  // also what was found and expected
    bool reproducible = false;   // nothing that differs from one run to the next, such as how long it took
};

// Told about a session in order: begin, then for each file spec (or diagnostics only), results and diagnostics, then end.
// Writers compute nothing; what they are told has been decided.
class Writer {
public:
    virtual ~Writer() = default;
    virtual void begin(const SessionBegin& session) = 0;
    virtual void spec(const SpecBegin& spec) = 0;
    virtual void diagnostics(const std::vector<DiagnosticReport>& diagnostics) = 0;
    virtual void progress(const ProgressReport& progress) = 0;
    virtual void result(const ExpectationReport& report) = 0;
    // After the result that shows the finding; not every format has a place for it.
    virtual void repairs(const RepairsReport&) {}
    virtual void end(const SessionEnd& session) = 0;
};

// Tells several writers, in order.
class Writers final : public Writer {
public:
    void add(std::unique_ptr<Writer> writer) { writers_.push_back(std::move(writer)); }

    void begin(const SessionBegin& session) override {
        for (const auto& writer : writers_) writer->begin(session);
    }
    void spec(const SpecBegin& spec) override {
        for (const auto& writer : writers_) writer->spec(spec);
    }
    void diagnostics(const std::vector<DiagnosticReport>& diagnostics) override {
        for (const auto& writer : writers_) writer->diagnostics(diagnostics);
    }
    void progress(const ProgressReport& progress) override {
        for (const auto& writer : writers_) writer->progress(progress);
    }
    void result(const ExpectationReport& report) override {
        for (const auto& writer : writers_) writer->result(report);
    }
    void repairs(const RepairsReport& report) override {
        for (const auto& writer : writers_) writer->repairs(report);
    }
    void end(const SessionEnd& session) override {
        for (const auto& writer : writers_) writer->end(session);
    }

private:
    std::vector<std::unique_ptr<Writer>> writers_;
};

}  // namespace quire
