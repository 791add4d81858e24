// The only lists of what can be chosen by name.  What is added to a list is reachable from the command line and from the
// tests that go over the list.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "driver/load.h"
#include "ir/lower.h"
#include "report/trace_text.h"

namespace quire {

struct PassEntry {
    std::string_view name;  // --no-pass NAME
    std::string_view text;
    bool LowerOptions::* enabled;
};
const std::vector<PassEntry>& lowering_passes();

struct TraceFormatEntry {
    std::string_view name;  // --trace NAME
    std::string_view text;
    TraceStyle style;
};
const std::vector<TraceFormatEntry>& trace_formats();

struct NamedEntry {
    std::string_view name, text;
    bool experimental = false;
};
const std::vector<NamedEntry>& memory_models();
const std::vector<NamedEntry>& reductions();
const std::vector<NamedEntry>& engines();

}  // namespace quire
