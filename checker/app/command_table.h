// The commands and their options as data, for whatever has to know them: the configuration, completions, tests.
#pragma once

#include <string>
#include <vector>

namespace quire {

struct OptionInfo {
    std::vector<std::string> names;  // "-q", "--quiet"; of a positional argument: none
    std::string text;
    std::string type;                  // "FILE", "DIR", "NAME,.."; "" for a flag
    std::vector<std::string> choices;  // the only values, if they are few
    bool is_flag = false;
    bool is_list = false;
};

struct CommandInfo {
    std::string name;
    std::string text;
    std::vector<OptionInfo> options;
};

const std::vector<CommandInfo>& command_table();

}  // namespace quire
