#include "driver/proofs_ahead.h"

#include <chrono>
#include <exception>
#include <filesystem>

namespace quire {

namespace {

// Two readings of a pipe are not the same.
bool is_ordinary_file(const std::string& path) {
    std::error_code error;
    return std::filesystem::is_regular_file(path, error);
}

std::string question(const PlannedRun& run, const PlannedExpectation& expectation) {
    std::string out = run.memory + " " + std::to_string(run.variant);
    for (Value value : run.values) out += " " + std::to_string(value);
    out += " any";
    for (ConstantId c : expectation.any) out += " " + std::to_string(c.value);
    out += " fixed";
    for (ConstantId c : expectation.fixed) out += " " + std::to_string(c.value);
    return out;
}

}  // namespace

ProofsAhead::ProofsAhead(ProofsAheadOptions options, unsigned helpers, const CancelToken& cancel)
    : options_(std::move(options)), cancel_(cancel), files_(options_.files.size()) {
    for (unsigned i = 0; i < helpers; ++i) threads_.emplace_back([this] { work(); });
}

ProofsAhead::~ProofsAhead() {
    stop_.cancel();
    for (std::thread& thread : threads_) thread.join();
}

void ProofsAhead::work() {
    while (std::optional<std::size_t> number = next()) {
        File made;
        try {
            made = proofs_of(options_.files[*number]);
        } catch (const std::exception&) {
            made.outcomes.clear();  // whoever comes to the file meets the same, and says it
        }
        std::lock_guard lock(mutex_);
        made.stage = Stage::kDone;
        files_[*number] = std::move(made);
        done_.notify_all();
    }
}

std::optional<std::size_t> ProofsAhead::next() {
    std::lock_guard lock(mutex_);
    if (stop_.cancelled() || cancel_.cancelled()) return std::nullopt;
    for (std::size_t i = files_.size(); i-- > 0;) {
        if (files_[i].stage != Stage::kOpen) continue;
        files_[i].stage = Stage::kBusy;
        return i;
    }
    return std::nullopt;
}

ProofsAhead::File ProofsAhead::proofs_of(const SpecFile& file) const {
    File out;
    DiskFiles files;
    if (!is_ordinary_file(file.path)) return out;
    // Most specs ask for no proof; that much is seen without understanding them.
    const FileProvider::Reading text = files.read(file.path);
    if (text.status != FileProvider::Status::kOk || text.text.find("proved") == std::string::npos) return out;
    std::unique_ptr<LoadedSpec> spec = load_spec(file.path, options_.load, files, !file.named_directly);
    if (!spec->good) return out;
    SelectionUse unused;
    std::uint32_t next_id = 1;
    const CheckPlan plan = plan_checks(*spec, options_.selection, unused, next_id);
    if (spec->diagnostics.has_errors()) return out;
    out.hash = spec->hash;
    ProofRunner prover(*spec, options_.engine, stop_);
    for (const PlannedExpectation& planned : plan.expectations) {
        if (planned.head.expected != Expected::kProved || !planned.unsupported.empty()) continue;
        for (std::size_t number : planned.runs) {
            ProofOutcome outcome = prover.run(plan.runs[number], planned.any, planned.fixed);
            if (stop_.cancelled()) return out;
            out.outcomes.emplace(question(plan.runs[number], planned), std::move(outcome));
        }
    }
    return out;
}

void ProofsAhead::arrive(std::size_t file) {
    std::unique_lock lock(mutex_);
    if (files_[file].stage == Stage::kOpen) files_[file].stage = Stage::kDone;
    while (!done_.wait_for(lock, std::chrono::milliseconds(20), [&] { return files_[file].stage == Stage::kDone; })) {
        if (cancel_.cancelled()) stop_.cancel();
    }
}

std::optional<ProofOutcome> ProofsAhead::take(std::size_t file, const std::string& hash, const PlannedRun& run,
                                              const PlannedExpectation& expectation) {
    std::lock_guard lock(mutex_);
    if (files_[file].hash != hash) return std::nullopt;
    auto found = files_[file].outcomes.find(question(run, expectation));
    if (found == files_[file].outcomes.end()) return std::nullopt;
    std::optional<ProofOutcome> out = std::move(found->second);
    files_[file].outcomes.erase(found);
    return out;
}

}  // namespace quire
