// The layouts of traces, against goldens, and what must survive on the way through a mailing list.
#include "report/trace_text.h"

#include <algorithm>
#include <sstream>

#include <doctest/doctest.h>

#include "report/text_layout.h"
#include "test/unit/report/sample_traces.h"

using namespace quire;
using namespace quire::test;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

// What archives do: runs of blanks become one, those at the start of a line none.
std::string squeezed(const std::string& line) {
    std::string out;
    for (char c : line) {
        if (c == ' ' && (out.empty() || out.back() == ' ')) continue;
        out += c;
    }
    return out;
}

std::string rendered(const SampleTrace& sample, TraceStyle style, std::size_t width = 120) {
    return render_trace(sample.explained, sample_footer(), style, width);
}

}  // namespace

TEST_CASE("layouts are those of the goldens") {
    SampleTrace two = use_after_free_sample();
    REQUIRE(two.run.ok);
    CHECK(matches_golden("two_threads.table.txt", rendered(two, TraceStyle::kTable)));
    CHECK(matches_golden("two_threads.mail.txt", rendered(two, TraceStyle::kMail)));
    CHECK(matches_golden("two_threads.commit.txt", rendered(two, TraceStyle::kCommit)));
    CHECK(matches_golden("two_threads.full.txt", rendered(two, TraceStyle::kFull)));
    SampleTrace three = many_threads_sample(3);
    REQUIRE(three.run.ok);
    CHECK(matches_golden("three_threads.mail.txt", rendered(three, TraceStyle::kMail)));
    SampleTrace five = many_threads_sample(5);
    CHECK(matches_golden("five_threads.table.txt", rendered(five, TraceStyle::kTable)));
    CHECK(matches_golden("five_threads.mail.txt", rendered(five, TraceStyle::kMail)));
    SampleTrace one = many_threads_sample(1);
    CHECK(matches_golden("one_thread.mail.txt", rendered(one, TraceStyle::kMail)));
}

TEST_CASE("a lasso made by hand goes through replay and every layout") {
    SampleTrace lasso = lasso_sample();
    REQUIRE(lasso.run.ok);
    CHECK(matches_golden("lasso.table.txt", rendered(lasso, TraceStyle::kTable)));
    CHECK(matches_golden("lasso.mail.txt", rendered(lasso, TraceStyle::kMail)));
    CHECK(matches_golden("lasso.commit.txt", rendered(lasso, TraceStyle::kCommit)));
    CHECK(matches_golden("lasso.full.txt", rendered(lasso, TraceStyle::kFull)));
    for (TraceStyle style : {TraceStyle::kTable, TraceStyle::kMail, TraceStyle::kCommit, TraceStyle::kFull}) {
        CHECK(rendered(lasso, style).find("the steps from 2 to 3 repeat for ever") != std::string::npos);
    }
}

TEST_CASE("mail fits into 75 columns of ASCII without tabs") {
    for (int threads = 1; threads <= 7; ++threads) {
        SampleTrace sample = many_threads_sample(threads);
        for (const std::string& line : lines_of(rendered(sample, TraceStyle::kMail))) {
            CHECK(text_width(line) <= 75);
            for (char c : line) CHECK((c >= ' ' && c <= '~'));
        }
    }
}

TEST_CASE("the side of every line of a mail survives squeezed blanks") {
    SampleTrace sample = use_after_free_sample();
    int left = 0, right = 0;
    for (const std::string& line : lines_of(rendered(sample, TraceStyle::kMail))) {
        bool in_table = line.size() > 7 && line.find(" | ") != std::string::npos;
        bool left_only = !in_table && line.ends_with("|");
        if (!in_table && !left_only) continue;
        std::string text = squeezed(line);
        std::size_t bar = text.find('|');
        REQUIRE(bar != std::string::npos);
        std::string before = text.substr(0, bar);
        std::string after = text.substr(bar + 1);
        bool has_left = before.find_first_not_of(" 0123456789") != std::string::npos;
        bool has_right = after.find_first_not_of(' ') != std::string::npos;
        CHECK((has_left || has_right));
        left += has_left && !has_right ? 1 : 0;
        right += has_right && !has_left ? 1 : 0;
    }
    CHECK(left >= 4);
    CHECK(right >= 5);
}

TEST_CASE("a narrow terminal gets the layout of a mail") {
    SampleTrace sample = use_after_free_sample();
    CHECK(rendered(sample, TraceStyle::kTable, 99) == rendered(sample, TraceStyle::kMail));
    CHECK(rendered(sample, TraceStyle::kTable, 100) != rendered(sample, TraceStyle::kMail));
    for (const std::string& line : lines_of(rendered(sample, TraceStyle::kTable, 100))) {
        CHECK((text_width(line) <= 100 || line.starts_with("  replay:")));
    }
}

TEST_CASE("five threads share a column, with a blank line at each switch") {
    std::string text = rendered(many_threads_sample(5), TraceStyle::kTable);
    CHECK(text.find("\n\n  3     getter[1]") != std::string::npos);
    CHECK(text.find("changed / seen") == std::string::npos);
}

TEST_CASE("the first line can be found with grep") {
    for (TraceStyle style : {TraceStyle::kTable, TraceStyle::kMail, TraceStyle::kFull}) {
        CHECK(rendered(use_after_free_sample(), style)
                  .starts_with("BUG: quire: use-after-free in isolate_lru_page / truncate_inode_page\n"));
    }
}

TEST_CASE("text is wrapped, padded and made plain") {
    CHECK(wrapped("one two three", 8) == std::vector<std::string>{"one two", "three"});
    CHECK(wrapped("averyverylongword", 8) == std::vector<std::string>{"averyver", "ylongwor", "d"});
    CHECK(wrapped("", 10) == std::vector<std::string>{""});
    CHECK(ascii("a\xe2\x80\xa6"
                "b\tc\xc3\xa9") == "a...b c?");
    CHECK(printable("a\x1b[31mb") == "a [31mb");
    CHECK(text_width("caf\xc3\xa9") == 4);
    CHECK(padded("caf\xc3\xa9", 6) == "caf\xc3\xa9  ");
    CHECK(grouped(1234567) == "1,234,567");
    CHECK(grouped(12) == "12");
    CHECK(count_of(1, "step") == "1 step");
    CHECK(count_of(2, "context switch") == "2 context switches");
    CHECK(short_number(88'100'000) == "88.1M");
}

namespace {

// 80 steps of two threads in the same call, of which three are causal.
ExplainedTrace long_trace() {
    ExplainedTrace trace;
    trace.property = "small";
    trace.headline = "BUG: quire: invariant small is false in walk / evict";
    trace.sentence = "walker makes small false";
    trace.threads = {"init", "walker", "evictor"};
    trace.movers = {1, 2};
    trace.steps = 80;
    for (std::uint32_t i = 1; i <= 80; ++i) {
        TraceRow row;
        row.step = i;
        row.thread = i <= 40 ? 1 : 2;
        row.switched = i == 41;
        row.place.user = {"walk.quire", i <= 40 ? 7u : 9u, "walk_over_all_of_it(mapping, folio);", "walk"};
        row.place.inside = {{"list.quire", i, "entry->next = next;", "list_step"}};
        row.text = row.place.user.text + "  /* step " + std::to_string(i) + " */";
        row.changes = {i % 10 == 0 ? "count: " + std::to_string(i) + " -> " + std::to_string(i + 1) : "entry.next is NULL"};
        if (i == 5 || i == 50 || i == 79) {
            row.mark = static_cast<char>('a' + trace.marks.size());
            trace.marks.push_back({row.mark, i, row.thread, "read", row.text, "walk.quire", 7, ""});
        }
        trace.rows.push_back(row);
    }
    return trace;
}

std::size_t occurrences(const std::string& text, const std::string& what) {
    std::size_t count = 0;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
    return count;
}

}  // namespace

TEST_CASE("a trace that is too long for a screen keeps what matters, and counts the rest") {
    for (TraceStyle style : {TraceStyle::kTable, TraceStyle::kMail, TraceStyle::kCommit}) {
        std::string text = render_trace(long_trace(), sample_footer(), style, 120);
        CAPTURE(text);
        std::vector<std::string> lines = lines_of(text);
        CHECK(lines.size() <= kTraceLines);
        for (const char* shown : {"  1 ", "  5 ", " 50 ", " 79 ", " 80 "}) {
            CAPTURE(shown);
            CHECK(std::count_if(lines.begin(), lines.end(), [&](const std::string& l) { return l.starts_with(shown); }) == 1);
        }
        // What changes goes before what was only seen.
        CHECK(occurrences(text, "count: 10 -> 11") == 1);
        CHECK(occurrences(text, " (list_step) ...") >= 2);
    }
    std::string full = render_trace(long_trace(), sample_footer(), TraceStyle::kFull, 120);
    CHECK(occurrences(full, "walk_over_all_of_it(mapping, folio);") >= 80);
    CHECK(occurrences(full, " steps of ") == 0);
}

TEST_CASE("steps of one line that does not fit are told apart by what differs") {
    ExplainedTrace trace = long_trace();
    trace.rows.resize(4);
    trace.rows[0].mark = trace.rows[3].mark = 0;
    trace.marks.clear();
    trace.steps = 4;
    std::string mail = render_trace(trace, sample_footer(), TraceStyle::kMail, 75);
    CAPTURE(mail);
    CHECK(occurrences(mail, "walk_over_all_of_it") == 1);
    CHECK(occurrences(mail, "/* step 4 */") == 1);
}
