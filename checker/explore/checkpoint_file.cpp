#include "explore/checkpoint_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

namespace quire::explore {

namespace {

constexpr char kMagic[8] = {'q', 'u', 'i', 'r', 'e', 'c', 'k', 'p'};
constexpr std::uint32_t kFormat = 1;
constexpr std::uint32_t kByteOrder = 0x01020304;  // reads otherwise on a machine of another byte order
constexpr std::uint64_t kLargestBlock = std::uint64_t{1} << 32;

struct FileHead {
    char magic[8];
    std::uint32_t format;
    std::uint32_t byte_order;
};

struct BlockHead {
    std::uint32_t kind;
    std::uint32_t level;
    std::uint64_t bytes;
    std::uint64_t content;  // checksum of what follows
    std::uint64_t head;     // of the members before, with the block's number
};
static_assert(sizeof(FileHead) == 16 && sizeof(BlockHead) == 32, "no gaps, for they go to the file as they are");

std::uint64_t checksum(const void* data, std::size_t size, std::uint64_t seed) { return XXH3_64bits_withSeed(data, size, seed); }

std::uint64_t head_checksum(const BlockHead& head, std::uint64_t number) {
    return checksum(&head, offsetof(BlockHead, head), number + 1);
}

void sync_directory(const std::string& path) {
    std::filesystem::path directory = std::filesystem::path(path).parent_path();
    int descriptor = ::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    ::fsync(descriptor);
    ::close(descriptor);
}

}  // namespace

CheckpointWriter::CheckpointWriter(std::string path, std::optional<Clock::time_point> give_up_at)
    : path_(std::move(path)), temporary_(path_ + ".tmp"), give_up_at_(give_up_at) {
    std::error_code error;
    std::filesystem::path directory = std::filesystem::path(path_).parent_path();
    if (!directory.empty()) std::filesystem::create_directories(directory, error);
    if (error) fail(error.message());
    if (problem_.empty()) file_.reset(std::fopen(temporary_.c_str(), "wbe"));
    if (problem_.empty() && file_ == nullptr) fail(std::strerror(errno));
    if (!problem_.empty()) return;
    std::setvbuf(file_.get(), nullptr, _IOFBF, std::size_t{1} << 18);
    FileHead head{{}, kFormat, kByteOrder};
    std::memcpy(head.magic, kMagic, sizeof(kMagic));
    write(&head, sizeof(head));
}

CheckpointWriter::~CheckpointWriter() {
    const bool unfinished = file_ != nullptr;
    file_.reset();
    if (unfinished) ::unlink(temporary_.c_str());
}

void CheckpointWriter::write(const void* data, std::size_t size) {
    if (!problem_.empty()) return;
    if (size != 0 && std::fwrite(data, 1, size, file_.get()) != size) fail(std::strerror(errno));
    bytes_ += size;
}

void CheckpointWriter::block(BlockKind kind, std::uint32_t level, std::span<const std::uint64_t> words) {
    if (problem_.empty() && give_up_at_ && Clock::now() > *give_up_at_) fail("there was no time left for it");
    BlockHead head{static_cast<std::uint32_t>(kind), level, words.size_bytes(), 0, 0};
    head.content = checksum(words.data(), words.size_bytes(), blocks_ + 1);
    head.head = head_checksum(head, blocks_);
    ++blocks_;
    write(&head, sizeof(head));
    write(words.data(), words.size_bytes());
}

bool CheckpointWriter::finish(bool keep_old) {
    block(BlockKind::kEnd, 0, {});
    // A full disk may show only when the buffer is written out.
    if (problem_.empty() && std::fflush(file_.get()) != 0) fail(std::strerror(errno));
    if (problem_.empty() && ::fsync(::fileno(file_.get())) != 0) fail(std::strerror(errno));
    if (!problem_.empty()) return false;
    if (keep_old && ::access(path_.c_str(), F_OK) == 0) {
        // The one before keeps its name until the new one takes it: at no time is there none.
        const std::string old = path_ + ".old";
        ::unlink(old.c_str());
        if (::link(path_.c_str(), old.c_str()) != 0 && errno != ENOENT) ::rename(path_.c_str(), old.c_str());
    }
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
        fail(std::strerror(errno));
        return false;
    }
    file_.reset();
    sync_directory(path_);
    return true;
}

bool CheckpointReader::broken(const std::string& what) {
    problem_ = what + " (byte " + std::to_string(at_) + " of " + std::to_string(size_) + ")";
    return false;
}

bool CheckpointReader::read_head() {
    FileHead head{};
    at_ = blocks_ = 0;
    if (std::fseek(file_.get(), 0, SEEK_SET) != 0 || std::fread(&head, sizeof(head), 1, file_.get()) != 1)
        return broken("it is too short");
    if (std::memcmp(head.magic, kMagic, sizeof(kMagic)) != 0) return broken("it is no checkpoint");
    if (head.byte_order != kByteOrder) return broken("it comes from a machine of another byte order");
    if (head.format != kFormat) return broken("its format is of another version");
    at_ = sizeof(head);
    return true;
}

CheckpointReader::Opened CheckpointReader::open(const std::string& path) {
    file_.reset(std::fopen(path.c_str(), "rbe"));
    if (file_ == nullptr) {
        problem_ = std::strerror(errno);
        return errno == ENOENT || errno == ENOTDIR ? Opened::kMissing : Opened::kDamaged;
    }
    struct stat status {};
    const bool regular = ::fstat(::fileno(file_.get()), &status) == 0 && S_ISREG(status.st_mode);
    size_ = regular ? static_cast<std::uint64_t>(status.st_size) : 0;
    if (!regular) problem_ = "it is no file";
    if (!regular || !read_head()) return Opened::kDamaged;
    Block block;
    do {
        if (!next(block)) return Opened::kDamaged;
    } while (block.kind != BlockKind::kEnd);
    if (at_ != size_) {
        broken("there is more behind its end");
        return Opened::kDamaged;
    }
    return read_head() ? Opened::kGood : Opened::kDamaged;
}

bool CheckpointReader::next(Block& block) {
    BlockHead head{};
    if (std::fread(&head, sizeof(head), 1, file_.get()) != 1) return broken("its end is missing");
    if (head.head != head_checksum(head, blocks_)) return broken("it is damaged");
    const bool fits = head.bytes <= kLargestBlock && head.bytes % sizeof(std::uint64_t) == 0 && head.bytes <= size_;
    if (!fits) return broken("it is damaged");
    block.kind = static_cast<BlockKind>(head.kind);
    block.level = head.level;
    block.words.resize(head.bytes / sizeof(std::uint64_t));
    if (head.bytes != 0 && std::fread(block.words.data(), head.bytes, 1, file_.get()) != 1) return broken("its end is missing");
    if (head.content != checksum(block.words.data(), head.bytes, blocks_ + 1)) return broken("it is damaged");
    ++blocks_;
    at_ += sizeof(head) + head.bytes;
    return true;
}

}  // namespace quire::explore
