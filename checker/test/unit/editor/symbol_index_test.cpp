// Which names mean the same decides what a rename destroys.  Every spec that there is has to give each name that the checker of
// types resolves a declaration, and every half of a spec has to be looked at without an accident.
#include "editor/symbol_index.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>

#include "editor/completion.h"
#include "editor/rename.h"
#include "test/unit/effort.h"

using namespace quire;

namespace {

struct Indexed {
    MemoryFiles files;
    std::unique_ptr<Analysis> analysis;
    std::unique_ptr<SymbolIndex> index;

    explicit Indexed(const std::string& text, const std::string& library = {}) {
        files.add("/spec.quire", text);
        if (!library.empty()) files.add("/library.quire", library);
        analysis = analyse("/spec.quire", {}, files);
        index = std::make_unique<SymbolIndex>(*analysis);
    }
    // "function f: 3" for what stands at the first `marker`: kind, name, and how often it stands anywhere.
    std::string at(const std::string& marker, std::size_t inside = 0) const {
        const std::string_view text = analysis->sources().text(analysis->top());
        std::string all;
        for (const Occurrence* one : index->at(analysis->top(), text.find(marker) + inside)) {
            const IndexedSymbol& symbol = (*index)[one->symbol];
            all += (all.empty() ? "" : ", ") + std::string(symbol_kind_name(symbol.kind)) + " " + symbol.name + ": " +
                   std::to_string(index->of(one->symbol).size());
        }
        return all;
    }
};

std::string text_of(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

std::vector<std::filesystem::path> quire_files(const std::string& folder) {
    std::vector<std::filesystem::path> all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(std::filesystem::path(QUIRE_SOURCE_DIR) / folder)) {
        if (entry.is_regular_file() && entry.path().extension() == ".quire") all.push_back(entry.path());
    }
    std::sort(all.begin(), all.end());
    // Sanitizers look for another kind of error, which each of them may show as well.
    if (test::kSanitized) {
        std::vector<std::filesystem::path> some;
        for (std::size_t i = 0; i < all.size(); i += 5) some.push_back(all[i]);
        return some;
    }
    return all;
}

const AnalysisOptions kWithModels{{std::string(QUIRE_SOURCE_DIR) + "/models"}};

}  // namespace

TEST_CASE("symbol index: names in every kind of place") {
    const Indexed spec(R"(
struct page { int count; struct { int flag; }; ledger refs of count { cache }; };
typedef struct page page_t;
enum state { IDLE, BUSY };
const N = 1;
pool struct page[N];
page_t *the_page;
enum state state = BUSY;
bool test(struct page *page);
bool test(struct page *page) { int count = page->count; page->flag = count; return count == N; }
init { the_page = alloc(struct page); ghost { credit(&the_page->refs, cache, 1); } }
thread one { int count; again: count = test(the_page) ? 1 : 0; if (count > 1) goto again; cover("seen"); }
invariant fine: balance(&the_page->refs, cache) >= 0 => state == BUSY;
invariant where: at(one, again) => one.count >= 0;
expect pass;
expect covered seen;
variant other { bool test(struct page *page) { return page->count == 7; } }
variant third : other { expect violation of fine; }
scenario s for other { one: test(the_page); }
)");
    CHECK(spec.analysis->loaded.diagnostics.sorted().empty());
    CHECK(spec.at("page {", 0) == "struct page: 7");
    CHECK(spec.at("int count; struct", 4) == "member count: 4");
    CHECK(spec.at("flag; }") == "member flag: 2");
    CHECK(spec.at("refs of") == "member refs: 3");
    CHECK(spec.at("cache }") == "account cache: 3");
    CHECK(spec.at("page_t;") == "type page_t: 2");
    CHECK(spec.at("state {") == "enum state: 2");
    CHECK(spec.at("BUSY }") == "enumerator BUSY: 3");
    CHECK(spec.at("N = 1") == "constant N: 3");
    CHECK(spec.at("state = BUSY") == "variable state: 2");
    CHECK(spec.at("test(struct page *page);") == "function test: 5");
    CHECK(spec.at("count = page->count") == "local variable count: 3");
    CHECK(spec.at("one {") == "thread one: 4");
    CHECK(spec.at("again:") == "label again: 3");
    CHECK(spec.at("count = test") == "local variable count: 4");
    CHECK(spec.at("\"seen\"", 1) == "cover point seen: 2");
    CHECK(spec.at("fine:") == "property fine: 2");
    CHECK(spec.at("other {") == "variant other: 3");
    CHECK(spec.at("expect pass") == "");
}

TEST_CASE("symbol index: macros and imports") {
    const Indexed spec("import \"library.quire\";\nstruct s a;\nthread t { SET(&a, 1); GET(&a) = VALUE; int x = 0; TWICE(x); }\n",
                       "struct s { int v; };\n#define GET(p) (p)->v\n#define SET(p, x) GET(p) = x\n#define VALUE 2\n"
                       "#define TWICE(y) (y + y)\n");
    CHECK(spec.analysis->loaded.diagnostics.sorted().empty());
    CHECK(spec.at("SET(") == "macro SET: 2");
    CHECK(spec.at("VALUE") == "macro VALUE: 2");
    CHECK(spec.at("a, 1") == "variable a: 3");
    CHECK(spec.at("x);", 0) == "local variable x: 2");
    const IndexedSymbol* member = spec.index->find("member s.v");
    REQUIRE(member != nullptr);
    CHECK(member->definitions.size() == 1);
    CHECK(spec.index->of(0).size() >= 1);
}

TEST_CASE("symbol index: in every spec each name that is used is declared, where its text says") {
    std::size_t uses = 0;
    for (const char* folder : {"specs", "models"}) {
        for (const std::filesystem::path& path : quire_files(folder)) {
            DiskFiles files;
            const auto analysis = analyse(path.string(), kWithModels, files);
            CHECK_MESSAGE(analysis->failure.empty(), path.string() << ": " << analysis->failure);
            // Some models want a constant or a pool of whoever imports them.
            CHECK_MESSAGE((folder == std::string("models") || !analysis->loaded.diagnostics.has_errors()),
                          path.string() << ": " << render_diagnostics(analysis->sources(), analysis->loaded.diagnostics));
            const SymbolIndex index(*analysis);
            for (const Occurrence& one : index.occurrences()) {
                const IndexedSymbol& symbol = index[one.symbol];
                const std::string_view there = analysis->sources().text(SourceSpan{one.file, one.begin, one.end, {}});
                const bool right = there == symbol.name || there == "\"" + symbol.name + "\"" || there.find("##") != there.npos;
                if (symbol.definitions.empty() || !right)
                    FAIL_CHECK(path.string() << ": " << symbol.key << " at '" << there << "' " << one.begin);
                ++uses;
            }
        }
    }
    CHECK(uses > 10000);
}

TEST_CASE("symbol index: a spec that is cut off anywhere is looked at without an accident, and completed") {
    for (const std::filesystem::path& path : quire_files("specs")) {
        const std::string text = text_of(path);
        if (text.size() > 6000) continue;
        Workspace workspace(kWithModels);
        Document& document = workspace.open("file://" + path.string(), "", 1);
        const std::size_t step = text.size() / 7 + 1;
        for (std::size_t end = step / 2; end < text.size(); end += step) {
            workspace.change(document, text.substr(0, end), 2);
            workspace.refresh(document);
            CHECK_MESSAGE(document.analysis->failure.empty(), path.string()
                                                                  << " up to " << end << ": " << document.analysis->failure);
            complete(workspace, document, end);
        }
    }
}

TEST_CASE("symbol index: a rename that would change what something means is refused") {
    Workspace workspace({});
    const std::string text = "int x;\nint y;\nint f(int a) { int b = a; return b + x; }\nthread t { int y2 = f(1); x = y2; }\n";
    Document& document = workspace.open("untitled:a", text, 1);
    auto renamed = [&](const std::string& marker, const std::string& name) {
        workspace.refresh(document);
        return rename_symbol(workspace, document, document.index->at(document.analysis->top(), text.find(marker)), name);
    };
    CHECK(renamed("x;", "z").places.size() == 3);
    CHECK(renamed("x;", "z").problem.empty());
    for (const char* taken : {"y", "f", "b", "a", "if", "int", "", "2", "a b", "y2"})
        CHECK_MESSAGE(!renamed("x;", taken).problem.empty(), taken);
    CHECK(renamed("b = a", "y").problem.empty());   // it hides a name that is not used there
    CHECK(!renamed("b = a", "x").problem.empty());  // that one is
    CHECK(!renamed("b = a", "a").problem.empty());
    CHECK(renamed("a)", "t").problem.empty());  // roles have names of their own
}
