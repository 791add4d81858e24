#include "app/configuration.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "report/text_layout.h"
#include "support/suggest.h"

namespace quire {

namespace {

namespace fs = std::filesystem;

constexpr const char* kName = "quire.toml";
constexpr std::size_t kLargest = std::size_t{1} << 20;

class ConfigurationReader {
public:
    ConfigurationReader(const ConfigurationText& file, const std::vector<ConfigurableOption>& known)
        : file_(file), known_(known) {
        std::istringstream text(file.text);
        for (std::string line; std::getline(text, line);) lines_.push_back(line);
    }

    Configuration read() {
        const toml::parse_result parsed = toml::parse(file_.text, file_.path);
        if (!parsed) {
            complain(parsed.error().source().begin, std::string(parsed.error().description()), "");
            return std::move(found_);
        }
        for (const auto& [key, node] : parsed.table()) {
            if (const toml::table* section = node.as_table()) {
                read_section(key, *section);
            } else {
                read_option("", key, node);
            }
        }
        return std::move(found_);
    }

private:
    void read_section(const toml::key& key, const toml::table& section) {
        std::vector<std::string> sections;
        for (const ConfigurableOption& option : known_) sections.push_back(option.section);
        if (std::find(sections.begin(), sections.end(), key.str()) == sections.end()) {
            return complain(key.source().begin, "there is no section '" + std::string(key.str()) + "'",
                            nearest_name(key.str(), sections).value_or(""));
        }
        for (const auto& [name, node] : section) read_option(std::string(key.str()), name, node);
    }

    void read_option(const std::string& section, const toml::key& key, const toml::node& node) {
        const std::string name(key.str());
        std::vector<std::string> names;
        const ConfigurableOption* option = nullptr;
        for (const ConfigurableOption& one : known_) {
            if (!section.empty() && one.section != section) continue;
            names.push_back(one.name);
            if (one.name == name) option = &one;
        }
        if (option == nullptr) {
            return complain(key.source().begin,
                            "there is no option '" + name + "'" + (section.empty() ? "" : " in [" + section + "]"),
                            nearest_name(name, names).value_or(""));
        }
        ConfiguredOption out{section, name, {}};
        if (take(*option, node, out.values)) found_.options.push_back(std::move(out));
    }

    bool take(const ConfigurableOption& option, const toml::node& node, std::vector<std::string>& values) {
        const auto wants = [&](const char* what) {
            complain(node.source().begin, "'" + option.name + "' is " + what, "");
            return false;
        };
        if (option.is_flag) {
            if (!node.is_boolean()) return wants("true or false");
            if (*node.value<bool>()) values.push_back("true");
            return true;
        }
        if (const toml::array* list = node.as_array()) {
            if (!option.is_list) return wants("one value and no list");
            for (const toml::node& one : *list) {
                if (!take_value(option, one, values)) return wants("a list of texts or numbers");
            }
            return true;
        }
        return take_value(option, node, values) || wants("a text or a number");
    }

    bool take_value(const ConfigurableOption& option, const toml::node& node, std::vector<std::string>& values) {
        if (node.is_integer()) {
            values.push_back(std::to_string(*node.value<std::int64_t>()));
        } else if (node.is_string()) {
            std::string text = *node.value<std::string>();
            const fs::path directory = fs::path(file_.path).parent_path();
            const bool here = directory.empty() || fs::path(text).is_absolute() || text.empty();
            if (option.is_path && !here) text = (directory / text).lexically_normal().string();
            values.push_back(std::move(text));
        } else {
            return false;
        }
        return true;
    }

    // "quire.toml:3:1: there is no …", the line, and where in it.
    void complain(toml::source_position at, const std::string& what, const std::string& near) {
        const std::string number = std::to_string(at.line);
        std::string& text = found_.problem;
        text += "error: " + printable(what) + (near.empty() ? "" : "; did you mean '" + near + "'?") + "\n";
        text += "  --> " + printable(file_.path) + ":" + number + ":" + std::to_string(at.column) + "\n";
        if (at.line == 0 || at.line > lines_.size()) return;
        const std::string margin(number.size() + 1, ' ');
        const std::size_t before = at.column > 0 ? at.column - 1 : 0;
        text += number + " | " + printable(lines_[at.line - 1]) + "\n" + margin + "| " + std::string(before, ' ') + "^\n";
    }

    const ConfigurationText& file_;
    const std::vector<ConfigurableOption>& known_;
    std::vector<std::string> lines_;
    Configuration found_;
};

}  // namespace

std::optional<ConfigurationText> configuration_on_disk(const std::optional<std::string>& named) {
    std::error_code error;
    fs::path path = named ? fs::path(*named) : fs::path();
    if (named && named->empty()) return std::nullopt;
    if (!named) {
        const fs::path here = fs::current_path(error);
        if (error) return std::nullopt;
        fs::path up;
        for (fs::path at = here; path.empty(); at = at.parent_path(), up /= "..") {
            if (fs::is_regular_file(at / kName, error)) path = up / kName;
            if (at == at.parent_path()) break;
        }
        if (path.empty()) return std::nullopt;
    }
    ConfigurationText file{path.string(), {}, {}};
    const bool usable = fs::exists(path, error) && !fs::is_directory(path, error);
    std::ifstream in(usable ? path : fs::path(), std::ios::binary);
    file.text.resize(kLargest + 1);
    in.read(file.text.data(), static_cast<std::streamsize>(file.text.size()));
    file.text.resize(static_cast<std::size_t>(in.gcount()));
    if (!usable || in.bad() || !in.eof()) file.problem = usable ? "cannot be read, or is too large" : "is no file";
    return file;
}

Configuration read_configuration(const ConfigurationText& file, const std::vector<ConfigurableOption>& known) {
    return ConfigurationReader(file, known).read();
}

}  // namespace quire
