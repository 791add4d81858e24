// Specs that are checked ahead: what is told is what would have been told, and nothing else.
#include "driver/specs_ahead.h"

#include <filesystem>
#include <fstream>
#include <future>
#include <string>

#include <doctest/doctest.h>

#include "driver/session.h"

using namespace quire;

namespace {

namespace fs = std::filesystem;

class Folder {
public:
    Folder() : path_(fs::temp_directory_path() / ("quire-ahead-" + std::to_string(std::rand()))) {
        fs::create_directories(path_);
    }
    ~Folder() { fs::remove_all(path_); }
    SpecFile add(const std::string& name, const std::string& text) const {
        const std::string path = (path_ / name).string();
        std::ofstream(path) << text;
        return {path, true};
    }

private:
    fs::path path_;
};

class Told final : public Writer, public Sink {
public:
    void begin(const SessionBegin&) override {}
    void spec(const SpecBegin& s) override {
        text += "spec " + s.file + "\n";
        for (const ExpectationHead& head : s.expectations) text += "  " + std::to_string(head.id) + " " + head.text + "\n";
    }
    void diagnostics(const std::vector<DiagnosticReport>& all) override {
        for (const DiagnosticReport& d : all) text += d.code + " " + d.message + "\n";
    }
    void progress(const ProgressReport&) override {}
    void result(const ExpectationReport& r) override {
        text += std::to_string(r.head.id) + " " + r.head.text + " " + r.reason + "\n";
        for (const CaseReport& one : r.cases) {
            text += "  " + one.verdict + " " + one.reason;
            if (one.run != nullptr) text += " " + std::to_string(one.run->statistics.states);
            if (one.finding != nullptr) text += " " + std::to_string(one.finding->trace.rows.size());
            text += "\n";
        }
    }
    void end(const SessionEnd& e) override {
        text += std::to_string(e.specs) + " " + std::to_string(e.met) + " " + std::to_string(e.not_met) + " " +
                std::to_string(e.wrong_specs) + " " + std::to_string(e.exit_code) + "\n";
    }
    void write(std::string_view more) override { text += more; }

    std::string text;
};

std::string told(const std::vector<SpecFile>& files, unsigned jobs) {
    CheckOptions options;
    options.files = files;
    options.out_directory.clear();
    options.engine.jobs = jobs;
    DiskFiles disk;
    Told out;
    CancelToken cancel;
    check(options, disk, out, out, cancel);
    return out.text;
}

std::string proved() {
    return "const N = 2;\nint count = N;\nthread holder[N] { atomic { count -= 1; } }\ninvariant nonneg: count >= 0;\n"
           "expect pass;\nexpect proved for any N;\n";
}

// Threads that count to `most` without a lock.
std::string counting(int threads, int most, const std::string& expectation) {
    return "int x;\nthread t[" + std::to_string(threads) +
           "] { int y = x; x = y + 1; }\ninvariant small: x <= " + std::to_string(most) + ";\n" + expectation + "\n";
}

}  // namespace

TEST_CASE("ahead: the same is told for any number of threads, whatever becomes of the specs") {
    Folder folder;
    std::vector<SpecFile> files;
    for (int i = 0; i < 12; ++i) {
        const std::string name = "s" + std::to_string(i) + ".quire";
        switch (i % 6) {
            case 0: files.push_back(folder.add(name, counting(2, 2, "expect pass;"))); break;
            case 1: files.push_back(folder.add(name, counting(2, 1, "expect violation of small;"))); break;
            case 2: files.push_back(folder.add(name, counting(3, 2, "expect pass;"))); break;  // is not met
            case 3: files.push_back(folder.add(name, "thread t { x = ; }\n")); break;          // is wrong
            case 4: files.push_back(folder.add(name, proved())); break;
            case 5: files.push_back(folder.add(name, "void helper() { }\n")); break;  // has nothing to check
        }
    }
    const std::string alone = told(files, 1);
    CHECK(alone.find("spec ") != std::string::npos);
    CHECK(alone.find("  proved ") != std::string::npos);
    for (unsigned jobs : {2u, 4u, 9u}) CHECK(told(files, jobs) == alone);
}

TEST_CASE("ahead: what was read must be what is there, and what cannot be told again is not taken") {
    Folder folder;
    const std::vector<SpecFile> files{folder.add("a.quire", "one"), folder.add("b.quire", "two"), folder.add("c.quire", "three")};
    std::promise<void> all_begun;
    std::atomic<int> begun{0};
    auto look = [&](const SpecFile& file, FileProvider& disk, const CancelToken&) {
        std::unique_ptr<SpecResults> results;
        if (disk.read(file.path).text != "three") results = std::make_unique<SpecResults>();
        if (++begun == 3) all_begun.set_value();
        return results;
    };
    CancelToken cancel;
    SpecsAhead ahead(files, look, 1, cancel);
    all_begun.get_future().wait();
    DiskFiles disk;
    CHECK(ahead.take(0, disk) != nullptr);
    folder.add("b.quire", "other");
    CHECK(ahead.take(1, disk) == nullptr);
    CHECK(ahead.take(2, disk) == nullptr);
}

TEST_CASE("ahead: who comes to a file that takes long does not wait, and an end comes at once") {
    Folder folder;
    const std::vector<SpecFile> files{folder.add("a.quire", "one"), folder.add("b.quire", "two")};
    std::promise<void> begun;
    std::atomic<int> stopped{0};
    auto slow = [&](const SpecFile& file, FileProvider&, const CancelToken& stop) -> std::unique_ptr<SpecResults> {
        if (file.path.ends_with("b.quire")) begun.set_value();
        while (!stop.cancelled()) std::this_thread::yield();
        ++stopped;
        return nullptr;
    };
    CancelToken cancel;
    {
        SpecsAhead ahead(files, slow, 1, cancel);
        begun.get_future().wait();
        DiskFiles disk;
        CHECK(ahead.take(1, disk) == nullptr);
        CHECK(stopped >= 1);
    }
    CHECK(stopped >= 1);
}
