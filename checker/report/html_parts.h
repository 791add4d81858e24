// What the pages of a run have in common: their look, their behaviour, and the head that keeps them off the network.
#pragma once

#include <string>
#include <string_view>

namespace quire::html {

// From <!doctype> to the opened <body>.
std::string page_head(const std::string& title);

extern const std::string_view kThemeScript;  // light, dark, or as the system has it
extern const std::string_view kTraceScript;  // goes through the steps of a trace
extern const std::string_view kIndexScript;  // filters the results of a run

}  // namespace quire::html
