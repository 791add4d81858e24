#include "explore/level_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace quire::explore {

namespace {

constexpr std::size_t kLargeBlock = std::size_t{64} << 10;  // bytes; below, a vector does

// A file without a name: it is gone when the process is, however that ends.
int nameless_file(const std::string& directory) {
#ifdef O_TMPFILE
    int file = open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file >= 0) return file;
#endif
    std::string name = directory + "/quire-levels-XXXXXX";
    int named = mkostemp(name.data(), O_CLOEXEC);
    if (named >= 0) unlink(name.c_str());
    return named;
}

bool write_all(int file, const char* bytes, std::uint64_t count, std::uint64_t offset) {
    while (count > 0) {
        ssize_t written = pwrite(file, bytes, count, static_cast<off_t>(offset));
        if (written <= 0) return false;
        bytes += written;
        offset += static_cast<std::uint64_t>(written);
        count -= static_cast<std::uint64_t>(written);
    }
    return true;
}

bool read_all(int file, char* bytes, std::uint64_t count, std::uint64_t offset) {
    while (count > 0) {
        ssize_t got = pread(file, bytes, count, static_cast<off_t>(offset));
        if (got <= 0) return false;
        bytes += got;
        offset += static_cast<std::uint64_t>(got);
        count -= static_cast<std::uint64_t>(got);
    }
    return true;
}

}  // namespace

LevelStore::~LevelStore() {
    if (file_ >= 0) close(file_);
}

void LevelStore::Appender::finish() {
    if (open_.empty()) return;
    store_.add_block(open_);
    open_.clear();
}

void LevelStore::add_block(std::span<const std::uint64_t> words) {
    Block block;
    block.states_ = words.size() / words_;
    block.bytes_ = words.size_bytes();
    if (block.bytes_ >= kLargeBlock && block.large_.resize(block.bytes_)) {
        std::copy(words.begin(), words.end(), block.large_.words());
    } else {
        block.small_.assign(words.begin(), words.end());
    }
    std::lock_guard lock(mutex_);
    next_.states += block.states_;
    next_.bytes += block.bytes_;
    next_.blocks.push_back(std::move(block));
}

void LevelStore::close_level() {
    states_ += next_.states;
    levels_.push_back(std::move(next_));
    next_ = Level();
}

const std::uint64_t* LevelStore::read(const Block& block, std::vector<std::uint64_t>& buffer) const {
    if (block.offset_ == kInMemory) return block.small_.empty() ? block.large_.words() : block.small_.data();
    buffer.resize(block.bytes_ / sizeof(std::uint64_t));
    if (!read_all(file_, reinterpret_cast<char*>(buffer.data()), block.bytes_, block.offset_)) return nullptr;
    return buffer.data();
}

std::uint64_t LevelStore::bytes_in_memory(std::size_t first) const {
    std::uint64_t bytes = next_.bytes;
    for (std::size_t l = std::max(first, spilled_); l < levels_.size(); ++l) bytes += levels_[l].bytes;
    return bytes;
}

bool LevelStore::open_file() {
    if (file_ >= 0) return true;
    if (no_file_) return false;
    // /tmp is often memory itself; what is to leave memory goes elsewhere if it can.
    const char* wanted = std::getenv("TMPDIR");
    for (const char* directory : {wanted == nullptr ? "/var/tmp" : wanted, "/tmp"}) {
        file_ = nameless_file(directory);
        if (file_ >= 0) return true;
    }
    no_file_ = true;
    return false;
}

bool LevelStore::write(Block& block) {
    const std::uint64_t* words = block.small_.empty() ? block.large_.words() : block.small_.data();
    if (!write_all(file_, reinterpret_cast<const char*>(words), block.bytes_, file_size_)) return false;
    block.offset_ = file_size_;
    file_size_ += block.bytes_;
    block.small_ = {};
    block.large_ = Arena();
    return true;
}

void LevelStore::spill(std::size_t end, std::uint64_t keep) {
    std::uint64_t bytes = 0;
    for (std::size_t l = spilled_; l < end; ++l) bytes += levels_[l].bytes;
    if (bytes <= keep || no_file_ || !open_file()) return;
    for (; spilled_ < end && bytes > keep; ++spilled_) {
        for (Block& block : levels_[spilled_].blocks) {
            if (block.offset_ != kInMemory) continue;
            if (!write(block)) {
                no_file_ = true;  // what is written stays readable
                return;
            }
            levels_[spilled_].bytes -= block.bytes_;
            bytes -= block.bytes_;
        }
    }
}

}  // namespace quire::explore
