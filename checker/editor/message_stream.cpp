#include "editor/message_stream.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace quire {

namespace {

constexpr std::size_t kChunk = 1 << 16;
constexpr std::size_t kLongestHeader = 4096;

std::string lowered(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
    return text;
}

}  // namespace

bool FrameReader::fill() {
    buffer_.erase(0, at_);
    at_ = 0;
    const std::size_t before = buffer_.size();
    buffer_.resize(before + kChunk);
    const std::size_t got = source_.read(buffer_.data() + before, kChunk);
    buffer_.resize(before + got);
    return got != 0;
}

// Of a line that is too long only the beginning is kept.
bool FrameReader::read_line(std::string& line) {
    line.clear();
    while (true) {
        if (at_ == buffer_.size() && !fill()) return false;
        const char c = buffer_[at_++];
        if (c == '\n') return true;
        if (line.size() < kLongestHeader) line += c;
    }
}

bool FrameReader::read_body(std::size_t length, std::string& body) {
    while (buffer_.size() - at_ < length) {
        if (!fill()) return false;
    }
    body = buffer_.substr(at_, length);
    at_ += length;
    return true;
}

bool FrameReader::skip(std::size_t length) {
    while (length > 0) {
        if (at_ == buffer_.size() && !fill()) return false;
        const std::size_t now = std::min(length, buffer_.size() - at_);
        at_ += now;
        length -= now;
    }
    return true;
}

std::optional<Frame> FrameReader::next() {
    std::optional<std::size_t> length;
    std::string problem;
    bool any = false;
    for (std::string line; read_line(line);) {
        const std::string_view text = trimmed(line);
        if (text.empty()) {
            if (length && *length > kMostBytes) {
                if (!skip(*length)) return std::nullopt;
                return Frame{{}, "a message of " + std::to_string(*length) + " bytes is too long"};
            }
            if (length) {
                Frame frame;
                if (!read_body(*length, frame.body)) return std::nullopt;
                return frame;
            }
            if (any) return Frame{{}, problem.empty() ? "a header without Content-Length" : problem};
            continue;
        }
        any = true;
        const std::size_t colon = text.find(':');
        const std::string name = lowered(trimmed(text.substr(0, colon)));
        if (name != "content-length" || colon == std::string_view::npos) continue;
        const std::string_view digits = trimmed(text.substr(colon + 1));
        std::size_t number = 0;
        const auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
        if (error == std::errc() && rest == digits.data() + digits.size() && !digits.empty()) {
            length = number;
        } else {
            problem = "Content-Length is no length: '" + std::string(digits) + "'";
        }
    }
    return std::nullopt;
}

std::string framed(std::string_view body) {
    return "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace quire
