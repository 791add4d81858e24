// Values to 64-bit words and back.  Words that come from a file may be anything: a reader that runs out of them, or is told
// to fail, gives zeros from then on and says so.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace quire::explore {

class WordWriter {
public:
    void put(std::uint64_t word) { words_.push_back(word); }
    void put_double(double value) {
        std::uint64_t word = 0;
        std::memcpy(&word, &value, sizeof(word));
        put(word);
    }
    void put_words(std::span<const std::uint64_t> words) {
        put(words.size());
        words_.insert(words_.end(), words.begin(), words.end());
    }
    void put_text(std::string_view text) {
        put(text.size());
        for (std::size_t at = 0; at < text.size(); at += sizeof(std::uint64_t)) {
            std::uint64_t word = 0;
            std::string_view piece = text.substr(at, sizeof(word));
            std::memcpy(&word, piece.data(), piece.size());
            put(word);
        }
    }
    const std::vector<std::uint64_t>& words() const { return words_; }

private:
    std::vector<std::uint64_t> words_;
};

class WordReader {
public:
    explicit WordReader(std::span<const std::uint64_t> words) : words_(words) {}

    std::uint64_t get() {
        if (at_ >= words_.size()) fail();
        return failed_ ? 0 : words_[at_++];
    }
    // Of things that take at least a word each.
    std::uint64_t get_count() {
        const std::uint64_t count = get();
        if (count > words_.size() - at_) fail();
        return failed_ ? 0 : count;
    }
    double get_double() {
        const std::uint64_t word = get();
        double value = 0;
        std::memcpy(&value, &word, sizeof(value));
        return value;
    }
    std::vector<std::uint64_t> get_words() {
        const std::uint64_t count = get_count();
        std::span<const std::uint64_t> words = words_.subspan(failed_ ? 0 : at_, count);
        at_ += count;
        return {words.begin(), words.end()};
    }
    std::string get_text() {
        const std::uint64_t size = get();
        if (size > (words_.size() - at_) * sizeof(std::uint64_t)) fail();
        std::string text(failed_ ? 0 : size, '\0');
        for (std::size_t at = 0; at < text.size(); at += sizeof(std::uint64_t)) {
            const std::uint64_t word = get();
            std::memcpy(&text[at], &word, std::min(sizeof(word), text.size() - at));
        }
        return text;
    }
    void fail() { failed_ = true; }
    // Everything was there, and nothing is left.
    bool complete() const { return !failed_ && at_ == words_.size(); }

private:
    std::span<const std::uint64_t> words_;
    std::size_t at_ = 0;
    bool failed_ = false;
};

}  // namespace quire::explore
