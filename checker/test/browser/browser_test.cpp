// Why: a page that nobody opened in a browser does not work. Opens the pages that the program writes, and goes through them
// with keys and clicks; what a screen reader is told is read from the accessibility tree. QUIRE_SCREENSHOTS=DIR keeps
// pictures. Without a browser nothing is tested, which is told, and counts as skipped.
#define DOCTEST_CONFIG_IMPLEMENT
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include <doctest/doctest.h>

#include "test/browser/browser.h"

using quire::test::Browser;

namespace {

namespace fs = std::filesystem;
constexpr int kSkipped = 77;

std::unique_ptr<Browser> started;  // one for all, since it takes its time

// Pages of one run, written anew.
const fs::path& pages() {
    static const fs::path directory = [] {
        std::string pattern = (fs::temp_directory_path() / "quire-pages-XXXXXX").string();
        fs::path made = ::mkdtemp(pattern.data());
        std::string source = QUIRE_SOURCE_DIR;
        std::string command = "cd '" + source + "' && '" QUIRE_PROGRAM "' check --out '' -q --html '" + made.string() +
                              "' specs/linux/put-and-wait-on-page-locked.quire examples/put_page.quire "
                              "checker/test/exit_codes/specs/bug_unexpected.quire >/dev/null 2>&1";
        int status = std::system(command.c_str());
        CHECK(status / 256 == 1);
        return made;
    }();
    return directory;
}

std::string trace_url() {
    return "file://" +
           (pages() / "specs/linux/put-and-wait-on-page-locked/drops_before_queueing-base-use_after_free.html").string();
}

void keep_picture(Browser& browser, const std::string& name) {
    const char* directory = std::getenv("QUIRE_SCREENSHOTS");
    if (directory != nullptr) browser.screenshot(std::string(directory) + "/" + name + ".png");
}

int step_of(Browser& browser) { return browser.evaluate("now").get<int>(); }

bool has(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

// Nothing but the page itself was fetched, and nothing went wrong in it.
void check_quiet(const Browser& browser) {
    for (const std::string& error : browser.errors) CHECK_MESSAGE(false, error);
    for (const std::string& request : browser.requests)
        CHECK_MESSAGE((request.starts_with("file://") || request.starts_with("about:")), request);
}

}  // namespace

TEST_CASE("a trace: keys go through the steps") {
    Browser& browser = *started;
    browser.open(trace_url());
    int last = browser.evaluate("last").get<int>();
    REQUIRE(last > 4);
    CHECK(step_of(browser) == last);
    keep_picture(browser, "trace-end");
    browser.press("Home");
    CHECK(step_of(browser) == 0);
    CHECK(browser.evaluate("byId('state').caption.textContent") == "At the start");
    browser.press("ArrowRight");
    browser.press("ArrowDown");
    browser.press("j");
    CHECK(step_of(browser) == 3);
    CHECK(browser.evaluate("document.querySelector('#steps tr[aria-current=step]').dataset.step") == "3");
    CHECK(browser.evaluate("byId('now').textContent.startsWith('Step 3 of ')") == true);
    browser.press("ArrowLeft");
    browser.press("k");
    CHECK(step_of(browser) == 1);
    CHECK(browser.evaluate("location.hash") == "#step=1");
    browser.press("ArrowUp");
    browser.press("ArrowUp");
    CHECK(step_of(browser) == 0);
    browser.press("]");
    int switched = step_of(browser);
    CHECK(browser.evaluate("rows.find(row => +row.dataset.step === now).classList.contains('switched')") == true);
    browser.press("]");
    CHECK(step_of(browser) > switched);
    browser.press("[");
    CHECK(step_of(browser) == switched);
    browser.press("PageDown");
    CHECK(step_of(browser) == std::min(last, switched + 10));
    browser.press("End");
    CHECK(step_of(browser) == last);
    browser.press("ArrowRight");
    CHECK(step_of(browser) == last);
    check_quiet(browser);
}

TEST_CASE("a trace: a step is where its address says") {
    Browser& browser = *started;
    browser.open(trace_url() + "#step=2");
    CHECK(step_of(browser) == 2);
    browser.open(trace_url() + "#step=999999");
    CHECK(step_of(browser) == browser.evaluate("last").get<int>());
    browser.open(trace_url() + "#step=<script>");
    CHECK(step_of(browser) == browser.evaluate("last").get<int>());
    check_quiet(browser);
}

TEST_CASE("a trace: what changed stands out, and the values are those of the step") {
    Browser& browser = *started;
    browser.open(trace_url() + "#step=0");
    int last = browser.evaluate("states.length - 1").get<int>();
    for (int step = 1; step <= last; ++step) {
        browser.press("ArrowRight");
        // As the data say, told anew here: replayed from the start, one change after the other.
        CHECK(browser.evaluate(
                  "(() => { const values = T.start.slice(); for (let s = 0; s < now; ++s) for (const [c, v] of T.steps[s]) "
                  "values[c] = v; return [...byId('state').tBodies[0].rows].filter(r => r.cells.length === 2).every(r => { const "
                  "c = T.names.indexOf(r.cells[0].textContent), "
                  "hot = T.steps[now - 1].some(([x]) => x === c), m = r.querySelector('mark'); return "
                  "r.classList.contains('changed') === hot && (hot ? "
                  "m.textContent === values[c] : r.cells[1].textContent === values[c]); }); })()") == true);
    }
    CHECK(browser.evaluate(
              "document.querySelectorAll('#state tr.changed').length === T.steps[now - 1].length || now > states.length - 1") ==
          true);
    browser.press("c");
    CHECK(browser.evaluate("byId('only').getAttribute('aria-pressed')") == "true");
    CHECK(browser.evaluate(
              "[...byId('state').tBodies[0].rows].every(r => r.classList.contains('changed') || r.cells.length === 1)") == true);
    browser.press("c");
    int some = browser.evaluate("byId('state').tBodies[0].rows.length").get<int>();
    browser.press("a");
    int every = browser.evaluate("byId('state').tBodies[0].rows.length").get<int>();
    CHECK(every == browser.evaluate("T.names.length").get<int>());
    CHECK(every >= some);
    check_quiet(browser);
}

TEST_CASE("a trace: clicks") {
    Browser& browser = *started;
    browser.open(trace_url());
    int last = browser.evaluate("last").get<int>();
    browser.click("#steps tr[data-step='2'] td:last-child");
    CHECK(step_of(browser) == 2);
    browser.click("#steps tr[data-step='4'] button");
    CHECK(step_of(browser) == 4);
    browser.click("#back");
    CHECK(step_of(browser) == 3);
    browser.click("#on");
    CHECK(step_of(browser) == 4);
    browser.click("#first");
    CHECK(step_of(browser) == 0);
    CHECK(browser.evaluate("byId('back').disabled") == true);
    browser.click("#end");
    CHECK(step_of(browser) == last);
    browser.click("#slider", 0.02);
    CHECK(step_of(browser) < last / 2);
    // The button of a step, by the keyboard alone.
    browser.evaluate("document.querySelector(\"#steps tr[data-step='3'] button\").focus()");
    browser.press("Enter");
    CHECK(step_of(browser) == 3);
    check_quiet(browser);
}

TEST_CASE("a trace: the steps that matter are marked, and keys and buttons lead there") {
    Browser& browser = *started;
    browser.open(trace_url());
    int marked = browser.evaluate("rows.filter(row => row.classList.contains('marked')).length").get<int>();
    REQUIRE(marked >= 2);
    CHECK(browser.evaluate("document.querySelectorAll('[data-goto]').length") == marked);
    browser.press("Home");
    browser.press("}");
    int first = step_of(browser);
    CHECK(browser.evaluate("rows.find(row => +row.dataset.step === now).querySelector('.mark').textContent") == "[a]");
    browser.press("}");
    CHECK(step_of(browser) > first);
    browser.press("{");
    CHECK(step_of(browser) == first);
    browser.press("End");
    browser.click("[data-goto]");
    CHECK(step_of(browser) == first);
    CHECK(has(browser.named("heading"), "Why nothing prevented it"));
    browser.evaluate("byId('causes-head').scrollIntoView()");
    keep_picture(browser, "trace-causes");
    check_quiet(browser);
}

TEST_CASE("a trace: the ledger is a chart that follows the steps") {
    Browser& browser = *started;
    browser.open(trace_url());
    REQUIRE(browser.evaluate("T.ledgers.length").get<int>() > 0);
    browser.press("Home");
    double left = browser.evaluate("+document.querySelector('#ledger0 .cursor').getAttribute('x1')").get<double>();
    browser.press("End");
    CHECK(browser.evaluate("+document.querySelector('#ledger0 .cursor').getAttribute('x1')").get<double>() > left);
    browser.click("#ledger0 svg", 0.03);
    CHECK(step_of(browser) == 0);
    // What the table says now is what the data say.
    for (int step = 0; step < browser.evaluate("states.length").get<int>(); ++step) {
        CHECK(browser.evaluate("[...document.querySelectorAll('#ledger0 td.balance')].every((cell, account) => "
                               "cell.textContent.split(' → ').pop() "
                               "=== String(T.ledgers[0].balances[shown(now)][account]))") == true);
        browser.press("ArrowRight");
    }
    // As many bars as there are balances that are not 0.
    CHECK(browser.evaluate(
              "document.querySelectorAll('#ledger0 rect').length === T.ledgers[0].balances.flat().filter(b => b !== 0).length") ==
          true);
    browser.press("Home");
    for (int i = 0; i < 3; ++i) browser.press("ArrowRight");
    browser.evaluate("byId('ledger0').scrollIntoView()");
    keep_picture(browser, "trace-ledger");
    check_quiet(browser);
}

TEST_CASE("a trace: light, dark, and as the system has it") {
    Browser& browser = *started;
    const std::string background = "getComputedStyle(document.body).backgroundColor";
    browser.prefer("light");
    browser.open(trace_url());
    CHECK(browser.evaluate(background) == "rgb(255, 255, 255)");
    browser.prefer("dark");
    CHECK(browser.evaluate(background) == "rgb(20, 22, 26)");
    keep_picture(browser, "trace-dark");
    browser.prefer("light");
    browser.press("t");
    CHECK(browser.evaluate("document.documentElement.dataset.theme") == "dark");
    CHECK(browser.evaluate(background) == "rgb(20, 22, 26)");
    browser.click("#theme");
    CHECK(browser.evaluate(background) == "rgb(255, 255, 255)");
    browser.prefer("dark");
    CHECK(browser.evaluate(background) == "rgb(255, 255, 255)");
    browser.click("#theme");
    CHECK(browser.evaluate(background) == "rgb(20, 22, 26)");
    // Text stands out from what is behind it by 4.5 to 1 or more, in both.
    const std::string contrast =
        "(() => { const light = c => { const [r, g, b] = c.match(/[0-9.]+/g).map(x => { x /= 255; return x <= 0.04045 ? x / "
        "12.92 : "
        "((x + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; }; const back = light(" +
        background +
        "); return Math.min(...['h1', '.soft', '#now', '#steps code', 'a, button', '#state th'].map(s => { const t = "
        "light(getComputedStyle(document.querySelector(s)).color); return (Math.max(t, back) + 0.05) / (Math.min(t, back) + "
        "0.05); })); })()";
    CHECK(browser.evaluate(contrast).get<double>() >= 4.5);
    browser.prefer("light");
    CHECK(browser.evaluate(contrast).get<double>() >= 4.5);
    check_quiet(browser);
}

TEST_CASE("a trace: help, and the keys below it rest") {
    Browser& browser = *started;
    browser.open(trace_url());
    int last = browser.evaluate("last").get<int>();
    browser.press("?");
    CHECK(browser.evaluate("byId('help').open") == true);
    keep_picture(browser, "trace-help");
    browser.press("Home");
    CHECK(step_of(browser) == last);
    browser.press("?");
    CHECK(browser.evaluate("byId('help').open") == false);
    browser.click("#keys");
    CHECK(browser.evaluate("byId('help').open") == true);
    browser.press("Escape");
    CHECK(browser.evaluate("byId('help').open") == false);
    check_quiet(browser);
}

TEST_CASE("a trace: what a screen reader is told") {
    Browser& browser = *started;
    browser.open(trace_url());
    CHECK(has(browser.named("heading"), "Steps"));
    CHECK(has(browser.named("heading"), "Values"));
    CHECK(has(browser.named("slider"), "Step"));
    std::vector<std::string> buttons = browser.named("button");
    for (const char* name : {"To the start", "Step back", "Step on", "To the end", "Step 1", "Only changed (c)"})
        CHECK_MESSAGE(has(buttons, name), name);
    CHECK(browser.named("status").size() == 1);
    CHECK(browser.evaluate("byId('now').getAttribute('aria-live')") == "polite");
    std::vector<std::string> pictures = browser.named("image");
    REQUIRE(!pictures.empty());
    CHECK(pictures[0].find("References of ") == 0);
    CHECK(browser.named("columnheader").size() >= 4);
    CHECK(browser.named("main").size() == 1);
    for (const std::string& name : buttons) CHECK(!name.empty());
    CHECK(browser.evaluate("document.documentElement.lang") == "en");
    check_quiet(browser);
}

TEST_CASE("a narrow window and no script") {
    Browser& browser = *started;
    browser.open(trace_url());
    CHECK(browser.evaluate("document.documentElement.scrollWidth <= innerWidth") == true);
    // What stands in the page before any script has run.
    CHECK(browser.evaluate("document.querySelectorAll('#steps tbody tr').length > 4") == true);
}

TEST_CASE("the index: filters, search, and the way to a trace and back") {
    Browser& browser = *started;
    browser.open("file://" + (pages() / "index.html").string());
    keep_picture(browser, "index");
    int all = browser.evaluate("rows.length").get<int>();
    REQUIRE(all > 4);
    const std::string shown = "rows.filter(row => !row.hidden).length";
    CHECK(browser.evaluate(shown) == all);
    CHECK(browser.evaluate("document.querySelectorAll('tr[data-kind=failed]').length") == 1);
    browser.click("#met");
    CHECK(browser.evaluate(shown) == 1);
    CHECK(browser.evaluate("byId('count').textContent") == "1 of " + std::to_string(all) + " shown");
    browser.click("#met");
    browser.press("/");
    CHECK(browser.evaluate("document.activeElement.id") == "search");
    for (const char* key : {"p", "u", "t", "_", "p"}) browser.press(key);
    CHECK(browser.evaluate("rows.filter(row => !row.hidden).every(row => row.textContent.includes('put_page'))") == true);
    CHECK(browser.evaluate(shown).get<int>() > 0);
    CHECK(browser.evaluate(shown).get<int>() < all);
    CHECK(browser.evaluate("[...document.links].length > 3") == true);
    // Every link leads to a page that is there, and from there back.
    nlohmann::json links = browser.evaluate("[...document.links].map(link => link.href)");
    for (const nlohmann::json& link : links) {
        std::string path = link.get<std::string>().substr(7);
        CHECK_MESSAGE(fs::exists(path), path);
    }
    browser.open(links[0].get<std::string>());
    CHECK(browser.evaluate("document.querySelector('nav a').href") == "file://" + (pages() / "index.html").string());
    check_quiet(browser);
}

int main(int argc, char** argv) {
    doctest::Context context(argc, argv);
    std::optional<std::string> found = quire::test::find_chromium();
    if (!found) {
        std::printf(
            "*** SKIPPED: there is no Chromium here (apt-get install chromium), so no page was opened in a browser ***\n");
        return kSkipped;
    }
    started = std::make_unique<Browser>(*found);
    int result = context.run();
    started.reset();
    std::error_code error;
    if (!context.shouldExit()) fs::remove_all(pages(), error);
    return result;
}
