// Bytes arrive in pieces of any size, and not all of them are messages.
#include "editor/message_stream.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include <doctest/doctest.h>

#include "editor/document_uri.h"

using namespace quire;

namespace {

class PiecesOfText final : public ByteSource {
public:
    PiecesOfText(std::string text, std::size_t size) : text_(std::move(text)), size_(size) {}
    std::size_t read(char* into, std::size_t most) override {
        const std::size_t now = std::min({size_, most, text_.size() - at_});
        std::memcpy(into, text_.data() + at_, now);
        at_ += now;
        return now;
    }

private:
    std::string text_;
    std::size_t size_, at_ = 0;
};

std::vector<std::string> frames_of(const std::string& text, std::size_t size) {
    PiecesOfText source(text, size);
    FrameReader reader(source);
    std::vector<std::string> all;
    while (auto frame = reader.next()) all.push_back(frame->problem.empty() ? frame->body : "!");
    return all;
}

}  // namespace

TEST_CASE("message stream: frames in pieces of every size") {
    const std::string text =
        framed("one") + framed("") + "Content-Type: x\r\nContent-Length:  3 \r\n\r\ntwo" + "content-length: 5\n\nthree";
    for (std::size_t size = 1; size < text.size() + 2; ++size)
        CHECK(frames_of(text, size) == std::vector<std::string>{"one", "", "two", "three"});
}

TEST_CASE("message stream: what is no frame is told of, and the next one is read") {
    for (const char* bad : {"garbage\r\n\r\n", "Content-Length: x\r\n\r\n", "Content-Length: -1\r\n\r\n",
                            "Content-Length:\r\n\r\n", "Content-Length: 99999999999999999999999\r\n\r\n", "X: 1\r\n\r\n"}) {
        CHECK(frames_of(bad + framed("next"), 7) == std::vector<std::string>{"!", "next"});
    }
    CHECK(frames_of("\r\n\r\n" + framed("next"), 3) == std::vector<std::string>{"next"});
    CHECK(frames_of(std::string(100000, 'x') + "\r\n\r\n" + framed("next"), 512) == std::vector<std::string>{"!", "next"});
    CHECK(frames_of("Content-Length: 10\r\n\r\nshort", 4).empty());
    CHECK(frames_of("Content-Length: 9999999999999\r\n\r\nnot so long", 4).empty());
}

TEST_CASE("message stream: addresses of files and their paths") {
    for (const char* path : {"/a/b.quire", "/with space/\u00e9\U0001F600.quire", "/100%/#?[x].quire", "/"})
        CHECK(path_of_uri(uri_of_path(path)) == path);
    CHECK(uri_of_path("/a b") == "file:///a%20b");
    CHECK(path_of_uri("file:///a%20b%2fc") == "/a b/c");
    CHECK(path_of_uri("file://localhost/a") == "/a");
    CHECK(path_of_uri("file:///100%") == "/100%");
    CHECK(path_of_uri("file:///a%00b") == "file:///a%00b");
    CHECK(path_of_uri("untitled:Untitled-1") == "untitled:Untitled-1");
    CHECK(uri_of_path("untitled:Untitled-1") == "untitled:Untitled-1");
}
