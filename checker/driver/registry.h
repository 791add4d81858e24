// The only lists of what can be chosen by name.  What is added to a list is reachable from the command line and from the
// tests that go over the list.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "driver/load.h"
#include "ir/lower.h"
#include "ir/memory_model.h"
#include "report/trace_text.h"
#include "report/writer.h"

namespace quire {

struct PassEntry {
    std::string_view name;  // --no-pass NAME
    std::string_view text;
    bool LowerOptions::*enabled;
};
const std::vector<PassEntry>& lowering_passes();

struct TraceFormatEntry {
    std::string_view name;  // --trace NAME
    std::string_view text;
    TraceStyle style;
};
const std::vector<TraceFormatEntry>& trace_formats();

struct ReportFormatEntry {
    std::string_view name;  // --NAME FILE, or --NAME DIR
    std::string_view text;
    bool directory;
    std::unique_ptr<Writer> (*make)(const ReportTarget& target);
};
const std::vector<ReportFormatEntry>& report_formats();

struct TraceDrawingEntry {
    std::string_view name;  // quire trace --NAME
    std::string_view text;
    std::string (*draw)(const FindingReport& finding, const TraceFooter& footer);
};
const std::vector<TraceDrawingEntry>& trace_drawings();

struct AnnotationEntry {
    std::string_view name;  // --annotations NAME
    std::string_view text;
    std::unique_ptr<Writer> (*make)(Sink& out);
};
const std::vector<AnnotationEntry>& annotation_styles();

struct MemoryModelEntry {
    std::string_view name;  // memory NAME;  --memory NAME
    std::string_view text;
    const ir::MemoryModel* model;
    bool experimental;
};
const std::vector<MemoryModelEntry>& memory_models();
// The models that a spec may ask for.
std::vector<std::string> memory_models_allowed(bool experimental);

struct NamedEntry {
    std::string_view name, text;
};
const std::vector<NamedEntry>& reductions();
const std::vector<NamedEntry>& stores();
const std::vector<NamedEntry>& engines();

}  // namespace quire
