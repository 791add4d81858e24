// Editors count UTF-16 units, the checker counts bytes: a place that is off by one underlines the wrong name, and an edit that is
// off by one destroys a text.
#include "editor/text_positions.h"

#include <string>

#include <doctest/doctest.h>

using namespace quire;

TEST_CASE("text positions: units of UTF-16, and back") {
    // 1, 2, 3 and 4 bytes; the last is two units.
    const std::string text = "a\u00e9\u20ac\U0001F600b\nx";
    const TextPositions positions(text);
    struct Known {
        std::size_t offset;
        std::uint32_t line, character;
    };
    for (const Known& k : {Known{0, 0, 0}, {1, 0, 1}, {3, 0, 2}, {6, 0, 3}, {10, 0, 5}, {11, 0, 6}, {12, 1, 0}, {13, 1, 1}}) {
        CHECK(positions.position(k.offset) == TextPosition{k.line, k.character});
        CHECK(positions.offset({k.line, k.character}) == k.offset);
    }
    // Inside of a character, of a pair of units, behind the line and behind the text.
    CHECK(positions.position(2) == TextPosition{0, 1});
    CHECK(positions.position(8) == TextPosition{0, 3});
    CHECK(positions.offset({0, 4}) == 6);
    CHECK(positions.offset({0, 100}) == 11);
    CHECK(positions.offset({7, 0}) == text.size());
    CHECK(positions.position(1000) == TextPosition{1, 1});
}

TEST_CASE("text positions: every way to end a line") {
    const std::string text = "a\r\nb\rc\n\r\n\nd";
    const TextPositions positions(text);
    CHECK(positions.position(text.size()) == TextPosition{5, 1});
    CHECK(positions.offset({0, 5}) == 1);
    CHECK(positions.position(2) == TextPosition{0, 1});  // between \r and \n
    CHECK(positions.offset({1, 0}) == 3);
    CHECK(positions.offset({2, 0}) == 5);
    CHECK(positions.offset({3, 0}) == 7);
    CHECK(positions.offset({4, 9}) == 9);
    CHECK(positions.offset({5, 0}) == 10);
    CHECK(TextPositions("").position(0) == TextPosition{0, 0});
}

TEST_CASE("text positions: bytes that are no UTF-8 count one each") {
    const std::string texts[] = {
        "\xff\xfe"
        "b",
        "\xc3"
        "ab",
        "\xed\xa0"
        "b",
        "\x80\x80"
        "b",
        std::string("\0\0b", 3)};
    for (const std::string& text : texts) {
        const TextPositions positions(text);
        for (std::size_t i = 0; i <= text.size(); ++i) CHECK(positions.offset(positions.position(i)) <= i);
        CHECK(positions.position(text.size()).character <= text.size());
    }
    CHECK(TextPositions("\xf0\x9f\x98").position(3) == TextPosition{0, 3});
}

TEST_CASE("text positions: the difference of two texts, applied to the first, is the second") {
    const std::string texts[] = {"",         "a",        "a\r\nb\r\n", "a\nb\n",       "a\r\n\r\nb",
                                 "x\u00e9y", "x\u00e8y", "\U0001F600", "\U0001F601\n", "int  x;\r\n",
                                 "int x;\n", "aaaa",     "aaa",        "abcabc",       "abc"};
    for (const std::string& before : texts) {
        for (const std::string& after : texts) {
            const TextEdit edit = difference(before, after);
            std::string made = before;
            made.replace(edit.begin, edit.end - edit.begin, edit.text);
            CHECK(made == after);
            // What an editor makes of it, which knows only places between characters.
            const TextPositions positions(before);
            CHECK(positions.offset(positions.position(edit.begin)) == edit.begin);
            CHECK(positions.offset(positions.position(edit.end)) == edit.end);
        }
    }
}
