// Why: the narrow waist is only worth something if it cannot be bypassed by accident. This test reads checker/layers.txt and
// holds every #include under checker/ against it, keeps the big libraries in the folders that own them, and keeps files short
// enough to be read. It reads text and links nothing of ours, so that it still tells the truth when the rest does not build.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

using Layers = std::map<std::string, std::set<std::string>>;

constexpr std::size_t kLongestFile = 800;

struct SourceFile {
    std::string path;    // relative to checker/, with '/'
    std::string folder;  // its first part
    std::vector<std::string> lines;
};

std::vector<std::string> split_lines(std::istream& in) {
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

std::vector<std::string> read_lines(const fs::path& path) {
    std::ifstream in(path);
    REQUIRE_MESSAGE(in.good(), "cannot read " << path.string());
    return split_lines(in);
}

std::string trimmed(const std::string& text) {
    const auto begin = text.find_first_not_of(" \t\r");
    if (begin == std::string::npos) {
        return "";
    }
    return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

// Lines "name: rest"; '#' starts a comment line.
std::vector<std::pair<std::string, std::string>> parse_entries(const std::vector<std::string>& lines) {
    std::vector<std::pair<std::string, std::string>> entries;
    for (const std::string& line : lines) {
        const auto colon = line.find(':');
        if (trimmed(line).empty() || trimmed(line).front() == '#') {
            continue;
        }
        REQUIRE_MESSAGE(colon != std::string::npos, "no ':' in '" << line << "'");
        entries.emplace_back(trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
    }
    return entries;
}

Layers parse_layers(const std::vector<std::string>& lines) {
    Layers layers;
    for (const auto& [folder, rest] : parse_entries(lines)) {
        std::istringstream words(rest);
        std::set<std::string> allowed;
        for (std::string word; words >> word;) {
            allowed.insert(word);
        }
        layers[folder] = std::move(allowed);
    }
    return layers;
}

std::vector<SourceFile> source_files(const fs::path& root) {
    std::vector<SourceFile> files;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
        const std::string extension = entry.path().extension().string();
        if (!entry.is_regular_file() || (extension != ".cpp" && extension != ".h" && extension != ".def")) {
            continue;
        }
        const std::string path = fs::relative(entry.path(), root).generic_string();
        files.push_back({path, path.substr(0, path.find('/')), read_lines(entry.path())});
    }
    std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    return files;
}

struct Include {
    std::string target;
    bool quoted = false;
};

std::optional<Include> parse_include(const std::string& line) {
    std::string text = trimmed(line);
    if (text.empty() || text.front() != '#') {
        return std::nullopt;
    }
    text = trimmed(text.substr(1));
    if (text.rfind("include", 0) != 0) {
        return std::nullopt;
    }
    text = trimmed(text.substr(7));
    if (text.empty() || (text.front() != '"' && text.front() != '<')) {
        return std::nullopt;
    }
    const bool quoted = text.front() == '"';
    const auto end = text.find(quoted ? '"' : '>', 1);
    return Include{text.substr(1, end == std::string::npos ? end : end - 1), quoted};
}

bool folder_may_include(const Layers& layers, const std::string& folder, const std::string& other) {
    const auto found = layers.find(folder);
    return folder == other || (found != layers.end() && found->second.contains(other));
}

// Every folder that code in `folder` can come to include, over any number of steps.
std::set<std::string> reachable_from(const Layers& layers, const std::string& folder) {
    std::set<std::string> reached;
    std::vector<std::string> open = {folder};
    while (!open.empty()) {
        const auto found = layers.find(open.back());
        open.pop_back();
        if (found == layers.end()) {
            continue;
        }
        for (const std::string& next : found->second) {
            if (reached.insert(next).second) {
                open.push_back(next);
            }
        }
    }
    return reached;
}

// The libraries that only some folders may see, by what their headers start with.
const std::map<std::string, std::set<std::string>>& library_owners() {
    static const std::map<std::string, std::set<std::string>> owners = {
        {"z3", {"prove"}}, {"nlohmann/", {"report", "editor", "app"}}, {"asmjit/", {"explore"}}, {"spdlog/", {"driver", "app"}},
        {"CLI/", {"app"}},
    };
    return owners;
}

// Empty if the include is allowed, otherwise what is wrong with it.
std::string include_problem(const Layers& layers, const SourceFile& file, const Include& include) {
    if (file.folder == "test") {
        return "";  // tests may look at everything
    }
    for (const auto& [prefix, owners] : library_owners()) {
        if (include.target.rfind(prefix, 0) == 0 && !owners.contains(file.folder)) {
            return "<" + include.target + "> does not belong in " + file.folder + "/";
        }
    }
    if (!include.quoted) {
        return "";
    }
    const auto slash = include.target.find('/');
    if (slash == std::string::npos) {
        return "\"" + include.target + "\" should be written \"folder/file.h\"";
    }
    const std::string other = include.target.substr(0, slash);
    if (!layers.contains(other)) {
        return "\"" + include.target + "\": layers.txt does not know " + other + "/";
    }
    if (!folder_may_include(layers, file.folder, other)) {
        return file.folder + "/ may not include " + other + "/ (\"" + include.target + "\")";
    }
    return "";
}

std::vector<std::string> include_problems(const Layers& layers, const SourceFile& file) {
    std::vector<std::string> problems;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        const auto include = parse_include(file.lines[i]);
        const std::string problem = include ? include_problem(layers, file, *include) : "";
        if (!problem.empty()) {
            problems.push_back("checker/" + file.path + ":" + std::to_string(i + 1) + ": " + problem);
        }
    }
    return problems;
}

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) {
        text += line + "\n";
    }
    return text;
}

const fs::path& checker_folder() {
    static const fs::path path = fs::path(QUIRE_SOURCE_DIR) / "checker";
    return path;
}

}  // namespace

TEST_CASE("layers: the check itself sees what it should") {
    const Layers layers = parse_layers({"# comment", "low:", "high: low", "app: low high"});
    const auto problems = [&](const std::string& folder, const std::string& line) {
        return include_problems(layers, {folder + "/x.cpp", folder, {"", line}}).size();
    };
    CHECK(problems("high", "#include \"low/a.h\"") == 0);
    CHECK(problems("high", "#include \"high/a.h\"") == 0);
    CHECK(problems("low", "#include \"high/a.h\"") == 1);
    CHECK(problems("low", "  #  include  \"high/a.h\"  // upward") == 1);
    CHECK(problems("low", "#include \"nowhere/a.h\"") == 1);
    CHECK(problems("low", "#include \"a.h\"") == 1);
    CHECK(problems("low", "#include <vector>") == 0);
    CHECK(problems("low", "#include <z3++.h>") == 1);
    CHECK(problems("high", "#include <nlohmann/json.hpp>") == 1);
    CHECK(problems("app", "#include <nlohmann/json.hpp>") == 0);
    CHECK(problems("high", "#include <spdlog/spdlog.h>") == 1);
    CHECK(problems("unlisted", "#include \"low/a.h\"") == 1);
}

TEST_CASE("layers: a circle is seen") {
    const Layers layers = parse_layers({"a: b", "b: c", "c: a", "d: a"});
    CHECK(reachable_from(layers, "a").contains("a"));
    CHECK(!reachable_from(layers, "d").contains("d"));
}

TEST_CASE("layers: layers.txt has every folder, no unknown one, and no circle") {
    const Layers layers = parse_layers(read_lines(checker_folder() / "layers.txt"));
    for (const auto& entry : layers) {
        const std::string& folder = entry.first;
        CHECK_MESSAGE(!reachable_from(layers, folder).contains(folder), folder << "/ includes itself through others");
        for (const std::string& other : entry.second) {
            CHECK_MESSAGE(layers.contains(other), folder << " uses " << other << ", which layers.txt does not know");
        }
    }
    for (const auto& entry : fs::directory_iterator(checker_folder())) {
        const std::string name = entry.path().filename().string();
        if (entry.is_directory() && name != "test" && !fs::is_empty(entry.path())) {
            CHECK_MESSAGE(layers.contains(name), "checker/" << name << " is not in layers.txt");
        }
    }
}

TEST_CASE("layers: every include is allowed") {
    const Layers layers = parse_layers(read_lines(checker_folder() / "layers.txt"));
    std::vector<std::string> problems;
    for (const SourceFile& file : source_files(checker_folder())) {
        const auto found = include_problems(layers, file);
        problems.insert(problems.end(), found.begin(), found.end());
    }
    CHECK_MESSAGE(problems.empty(), joined(problems));
}

TEST_CASE("layers: headers guard themselves with #pragma once, and no file has 'using namespace' at its top") {
    std::vector<std::string> problems;
    for (const SourceFile& file : source_files(checker_folder())) {
        if (!file.path.ends_with(".h")) {
            continue;
        }
        if (std::find(file.lines.begin(), file.lines.end(), "#pragma once") == file.lines.end()) {
            problems.push_back("checker/" + file.path + ": no #pragma once");
        }
        for (const std::string& line : file.lines) {
            if (line.rfind("using namespace", 0) == 0) {
                problems.push_back("checker/" + file.path + ": '" + line + "' reaches everyone who includes it");
            }
        }
    }
    CHECK_MESSAGE(problems.empty(), joined(problems));
}

TEST_CASE("layers: no file is longer than 800 lines without a reason") {
    std::map<std::string, std::string> reasons;
    for (const auto& entry : parse_entries(read_lines(checker_folder() / "test" / "long_files.txt"))) {
        CHECK_MESSAGE(!entry.second.empty(), entry.first << " is listed in long_files.txt without a reason");
        reasons.insert(entry);
    }
    for (const SourceFile& file : source_files(checker_folder())) {
        const bool is_long = file.lines.size() > kLongestFile;
        const bool listed = reasons.erase(file.path) > 0;
        CHECK_MESSAGE((!is_long || listed), "checker/" << file.path << " has " << file.lines.size() << " lines: split it");
        CHECK_MESSAGE((is_long || !listed), "checker/" << file.path << " is short enough: take it out of long_files.txt");
    }
    CHECK_MESSAGE(reasons.empty(), "long_files.txt names files that do not exist, such as " << reasons.begin()->first);
}
