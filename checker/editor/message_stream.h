// The frames of the protocol: headers with the length, an empty line, and as many bytes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace quire {

// Where bytes come from. read() waits for some; 0: there will be no more.
class ByteSource {
public:
    virtual ~ByteSource() = default;
    virtual std::size_t read(char* into, std::size_t most) = 0;
};

struct Frame {
    std::string body;
    std::string problem;  // not empty: no message, and this is why
};

// Cuts a stream into frames. What is no header is passed over, and told of once, up to the next line that is one.
class FrameReader {
public:
    static constexpr std::size_t kMostBytes = 64u << 20;

    explicit FrameReader(ByteSource& source) : source_(source) {}

    // Nothing at the end.
    std::optional<Frame> next();

private:
    bool fill();
    bool read_line(std::string& line);
    bool read_body(std::size_t length, std::string& body);
    bool skip(std::size_t length);

    ByteSource& source_;
    std::string buffer_;
    std::size_t at_ = 0;
};

std::string framed(std::string_view body);

}  // namespace quire
