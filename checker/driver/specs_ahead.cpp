#include "driver/specs_ahead.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <filesystem>
#include <string>
#include <utility>

namespace quire {

namespace {

// So long nothing is heard of what a helper is at: whoever comes to it then begins it anew.  A search tells of its progress,
// and can be interrupted; a proof does neither.
constexpr auto kPatience = std::chrono::milliseconds(100);
constexpr auto kPatienceWithProofs = std::chrono::seconds(10);
constexpr auto kLook = std::chrono::milliseconds(20);

// Two readings of a pipe are not the same.
bool is_ordinary_file(const std::string& path) {
    std::error_code error;
    return std::filesystem::is_regular_file(path, error);
}

// Seen without understanding the spec; it only decides on the order.
bool may_ask_for_proofs(const SpecFile& file) {
    if (!is_ordinary_file(file.path)) return false;
    DiskFiles disk;
    const FileProvider::Reading text = disk.read(file.path);
    return text.status == FileProvider::Status::kOk && text.text.find("expect proved") != std::string::npos;
}

}  // namespace

// All that one check asked of the disk, with the answers.
class SpecsAhead::Record final : public FileProvider {
public:
    Reading read(const std::string& path) override {
        std::error_code error;
        if (std::filesystem::exists(path, error) && !is_ordinary_file(path)) {
            ordinary_ = false;
            return {};
        }
        return readings_.emplace_back(path, disk_.read(path)).second;
    }
    std::optional<std::string> canonical(const std::string& path) override {
        return names_.emplace_back(path, disk_.canonical(path)).second;
    }

    bool same(FileProvider& files) const {
        return ordinary_ &&
               std::all_of(names_.begin(), names_.end(),
                           [&](const auto& name) { return files.canonical(name.first) == name.second; }) &&
               std::all_of(readings_.begin(), readings_.end(), [&](const auto& reading) {
                   const Reading now = files.read(reading.first);
                   return now.status == reading.second.status && now.text == reading.second.text;
               });
    }

private:
    DiskFiles disk_;
    std::vector<std::pair<std::string, Reading>> readings_;
    std::vector<std::pair<std::string, std::optional<std::string>>> names_;
    bool ordinary_ = true;
};

SpecsAhead::SpecsAhead(std::vector<SpecFile> files, Check check, unsigned helpers, const CancelToken& cancel)
    : names_(std::move(files)), check_(std::move(check)), cancel_(cancel), files_(names_.size()) {
    for (unsigned i = 0; i < helpers; ++i) threads_.emplace_back([this] { work(); });
}

SpecsAhead::~SpecsAhead() {
    {
        std::lock_guard lock(mutex_);
        stop_all();
    }
    for (std::thread& thread : threads_) thread.join();
}

void SpecsAhead::stop_all() {
    stopped_ = true;
    for (File& file : files_) {
        if (file.stage == Stage::kBusy) file.stop->cancel();
    }
}

void SpecsAhead::order_files() {
    std::vector<std::size_t> others;
    for (std::size_t i = names_.size(); i-- > 0;) {
        files_[i].may_ask_for_proofs = may_ask_for_proofs(names_[i]);
        (files_[i].may_ask_for_proofs ? order_ : others).push_back(i);
    }
    order_.insert(order_.end(), others.begin(), others.end());
}

std::optional<std::size_t> SpecsAhead::next() {
    std::lock_guard lock(mutex_);
    if (order_.empty()) order_files();
    if (stopped_ || cancel_.cancelled()) return std::nullopt;
    for (std::size_t number : order_) {
        if (files_[number].stage != Stage::kOpen) continue;
        files_[number].stage = Stage::kBusy;
        files_[number].stop = std::make_unique<CancelToken>();
        return number;
    }
    return std::nullopt;
}

void SpecsAhead::work() {
    while (std::optional<std::size_t> number = next()) {
        File& file = files_[*number];  // nobody else touches what is busy but for its stage and its token
        auto record = std::make_unique<Record>();
        std::unique_ptr<SpecResults> results;
        try {
            if (is_ordinary_file(names_[*number].path)) results = check_(names_[*number], *record, *file.stop);
        } catch (const std::exception&) {
            results = nullptr;  // whoever comes to the file meets the same, and says it
        }
        std::lock_guard lock(mutex_);
        file.stage = Stage::kDone;
        file.record = std::move(record);
        file.results = std::move(results);
        done_.notify_all();
    }
}

std::unique_ptr<SpecResults> SpecsAhead::take(std::size_t number, FileProvider& files) {
    std::unique_lock lock(mutex_);
    File& file = files_[number];
    if (file.stage == Stage::kOpen) file.stage = Stage::kDone;
    const auto until = std::chrono::steady_clock::now() + (file.may_ask_for_proofs ? kPatienceWithProofs : kPatience);
    while (!done_.wait_for(lock, kLook, [&] { return file.stage == Stage::kDone; })) {
        if (cancel_.cancelled()) stop_all();
        if (std::chrono::steady_clock::now() > until) file.stop->cancel();
    }
    lock.unlock();
    std::unique_ptr<SpecResults> results = std::move(file.results);
    if (results != nullptr && !file.record->same(files)) results = nullptr;
    file.record = nullptr;
    return results;
}

}  // namespace quire
