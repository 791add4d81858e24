// A trace as a sequence diagram for Markdown pages that know Mermaid.
#pragma once

#include <string>

#include "explain/explain.h"

namespace quire {

std::string mermaid_text(const ExplainedTrace& trace);

}  // namespace quire
