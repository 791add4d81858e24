// A formatter that loses a token changes a protocol, and one that is never done with a text makes every commit a fight.  So: several
// hundred generated protocols, and all specs, with white space and comments put where nobody would: again changes nothing, every
// comment is still there, and the parser reads the same.
#include "workbench/format_source.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <vector>

#include <doctest/doctest.h>

#include "support/source.h"
#include "syntax/parse.h"
#include "syntax/printer.h"
#include "test/generate/protocol.h"
#include "test/unit/effort.h"

using namespace quire;

namespace {

// White space between tokens becomes another one, sometimes with a comment that has a number; directives, strings and comments stay.
std::string disordered(const std::string& text, std::uint32_t seed, int& comments) {
    std::mt19937 random(seed);
    std::string out;
    bool line_starts = true;
    for (std::size_t i = 0; i < text.size();) {
        const bool blank = text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r';
        std::size_t end = i + 1;
        if (text[i] == '#' && line_starts) {
            while (end < text.size() && (text[end] != '\n' || text[end - 1] == '\\')) ++end;
            if (end < text.size()) ++end;
        } else if (text.compare(i, 2, "//") == 0) {
            end = std::min(text.find('\n', i), text.size() - 1) + 1;
        } else if (text.compare(i, 2, "/*") == 0) {
            end = text.find("*/", i + 2) + 2;
        } else if (text[i] == '"' || text[i] == '\'') {
            while (end < text.size() && text[end] != text[i]) end += text[end] == '\\' ? 2 : 1;
            ++end;
        } else if (blank) {
            bool ends_line = false;
            for (end = i; end < text.size() && (text[end] == ' ' || text[end] == '\t' || text[end] == '\n' || text[end] == '\r');
                 ++end)
                ends_line = ends_line || text[end] == '\n';
            // A directive has a line of its own.
            const bool directive_follows = end < text.size() && text[end] == '#';
            // A word such as `int` in the first column would begin a declaration for the parser, whatever braces are open.
            switch (random() % 8) {
                case 0: out += "\t  "; break;
                case 1: out += "\r\n "; break;
                case 2: out += "\n\n\n   "; break;
                case 3: out += " /* c" + std::to_string(comments++) + "\n  of two lines */ "; break;
                case 4: out += " // c" + std::to_string(comments++) + "  \n\t"; break;
                case 5: out += "  \n\t\t\t"; break;
                default: out += text.substr(i, end - i); break;
            }
            if (directive_follows) out += '\n';
            line_starts = ends_line || directive_follows;
            i = end;
            continue;
        }
        end = std::min(end, text.size());
        out += text.substr(i, end - i);
        line_starts = text[end - 1] == '\n';
        i = end;
    }
    return out;
}

// All files of the library are read as they are.
std::string tree_of(const std::string& text, const std::string& path) {
    class WithTop final : public FileProvider {
    public:
        WithTop(std::string path, std::string text) : path_(std::move(path)), text_(std::move(text)) {}
        Reading read(const std::string& path) override {
            if (path != path_) return disk_.read(path);
            Reading reading;
            reading.status = Status::kOk;
            reading.text = text_;
            return reading;
        }
        std::optional<std::string> canonical(const std::string& path) override {
            return path == path_ ? std::optional(path) : disk_.canonical(path);
        }

    private:
        std::string path_, text_;
        DiskFiles disk_;
    };
    WithTop files(path, text);
    SourceManager sources;
    Diagnostics diagnostics;
    ParseOptions options{{std::string(QUIRE_SOURCE_DIR) + "/models"}, {}};
    const ast::Spec spec = parse_spec(sources, diagnostics, files, path, options);
    if (diagnostics.has_errors()) return "no spec: " + render_diagnostics(sources, diagnostics);
    return print(spec);
}

std::string without_blanks(std::string text) {
    text.erase(std::remove_if(text.begin(), text.end(), [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }),
               text.end());
    return text;
}

void check_formatting(const std::string& text, const std::string& path, const std::string& what) {
    const std::optional<std::string> formatted = format_source(text);
    REQUIRE_MESSAGE(formatted.has_value(), what);
    CHECK_MESSAGE(format_source(*formatted) == formatted, what << ": a second time changes it");
    CHECK_MESSAGE(without_blanks(*formatted) == without_blanks(text), what << ": a token or a comment is lost");
    const std::string before = tree_of(text, path);
    CHECK_MESSAGE(!before.starts_with("no spec"), what << ": " << before.substr(0, 600));
    CHECK_MESSAGE(tree_of(*formatted, path) == before, what << ": it is read in another way");
}

}  // namespace

TEST_CASE("format: generated protocols, as they are and in disorder") {
    for (std::uint64_t seed = 0; seed < test::draws(400); ++seed) {
        const std::string text = seed % 2 == 0 ? generate_protocol(seed) : generate_locking_protocol(seed);
        const std::string what = "protocol " + std::to_string(seed);
        check_formatting(text, "/generated.quire", what);
        int comments = 0;
        const std::string ugly = disordered(text, static_cast<std::uint32_t>(seed), comments);
        CHECK(comments > 0);
        check_formatting(ugly, "/generated.quire", what + " in disorder");
        for (int i = 0; i < comments; ++i) CHECK(format_source(ugly)->find("c" + std::to_string(i)) != std::string::npos);
    }
}

TEST_CASE("format: every spec and every model, as they are and in disorder") {
    std::size_t number = 0;
    for (const char* folder : {"specs", "models"}) {
        std::vector<std::filesystem::path> paths;
        for (const auto& entry :
             std::filesystem::recursive_directory_iterator(std::filesystem::path(QUIRE_SOURCE_DIR) / folder)) {
            if (entry.is_regular_file() && entry.path().extension() == ".quire") paths.push_back(entry.path());
        }
        std::sort(paths.begin(), paths.end());
        for (const std::filesystem::path& path : paths) {
            ++number;
            if (test::kSanitized && number % 5 != 0) continue;
            std::ostringstream text;
            text << std::ifstream(path, std::ios::binary).rdbuf();
            check_formatting(text.str(), path.string(), path.string());
            int comments = 0;
            check_formatting(disordered(text.str(), static_cast<std::uint32_t>(number), comments), path.string(),
                             path.string() + " in disorder");
        }
    }
    CHECK(number > 100);
}
