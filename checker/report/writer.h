// What a report format implements, and where it writes to.
#pragma once

#include <string_view>
#include <vector>

#include "report/results.h"

namespace quire {

class Sink {
public:
    virtual ~Sink() = default;
    virtual void write(std::string_view text) = 0;
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
    virtual void end(const SessionEnd& session) = 0;
};

}  // namespace quire
