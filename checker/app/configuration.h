// quire.toml: options of the command line, written down once for a project.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace quire {

struct ConfigurationText {
    std::string path;  // as messages show it
    std::string text;
    std::string problem;  // why it cannot be read
};

// The file of that name; without a name the nearest quire.toml, here or further up.  Nothing: there is none.
using ConfigurationSource = std::function<std::optional<ConfigurationText>(const std::optional<std::string>& named)>;
std::optional<ConfigurationText> configuration_on_disk(const std::optional<std::string>& named);

// An option that a file may set: `[section] name = value`, or without a section for every command that has it.
struct ConfigurableOption {
    std::string section, name;
    bool is_flag = false;
    bool is_list = false;
    bool is_path = false;  // relative to where the file lies
};

struct ConfiguredOption {
    std::string section, name;
    std::vector<std::string> values;  // of a flag: none if it is false, otherwise "true"
};

struct Configuration {
    std::vector<ConfiguredOption> options;
    std::string problem;  // what is wrong with the file, with the lines; then nothing of it counts
};

Configuration read_configuration(const ConfigurationText& file, const std::vector<ConfigurableOption>& known);

}  // namespace quire
