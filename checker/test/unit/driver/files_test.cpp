// Where specs are found and traces are kept.
#include <filesystem>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/spec_files.h"
#include "driver/trace_store.h"

using namespace quire;
namespace fs = std::filesystem;

namespace {

// A directory of this test's own, gone afterwards.
struct Scratch {
    Scratch() : path(fs::temp_directory_path() / ("quire-files-" + std::to_string(::getpid()))) { fs::create_directories(path); }
    ~Scratch() {
        std::error_code error;
        fs::remove_all(path, error);
    }
    std::string at(const std::string& name) const { return (path / name).string(); }
    void touch(const std::string& name) const {
        fs::create_directories((path / name).parent_path());
        std::ofstream(path / name) << "x";
    }
    fs::path path;
};

}  // namespace

TEST_CASE("specs of a directory come in order, hidden ones and other files left out") {
    Scratch scratch;
    for (const char* name : {"b.quire", "a/z.quire", "a.quire", ".quire/trace.quire", "notes.txt", ".hidden.quire"})
        scratch.touch(name);
    SpecFiles found = find_specs({scratch.path.string()});
    REQUIRE(found.files.size() == 3);
    CHECK(found.files[0].path == scratch.at("a/z.quire"));
    CHECK(found.files[1].path == scratch.at("a.quire"));
    CHECK(found.files[2].path == scratch.at("b.quire"));
    CHECK_FALSE(found.files[0].named_directly);
}

TEST_CASE("a file named twice is checked once, and a missing one is told") {
    Scratch scratch;
    scratch.touch("a.quire");
    SpecFiles found = find_specs({scratch.at("a.quire"), scratch.at("./a.quire"), scratch.path.string(), scratch.at("no.quire")});
    CHECK(found.files.size() == 1);
    CHECK(found.files[0].named_directly);
    CHECK(found.missing == std::vector<std::string>{scratch.at("no.quire")});
}

TEST_CASE("what cannot be a spec is told with the reason, and a pipe can be one") {
    Scratch scratch;
    scratch.touch("closed/a.quire");
    REQUIRE(::mkfifo(scratch.at("pipe").c_str(), 0600) == 0);
    SpecFiles found = find_specs({"/dev/null", scratch.at("pipe"), scratch.at("closed/a.quire/b.quire")});
    REQUIRE(found.files.size() == 1);
    CHECK(found.files[0].path == scratch.at("pipe"));
    REQUIRE(found.unusable.size() == 2);
    CHECK(found.unusable[0].path == "/dev/null");
    CHECK(found.unusable[0].why == "is a device; a spec is a file, a pipe or a directory of files");
    CHECK(found.unusable[1].why == "cannot be read: Not a directory");
    CHECK(found.missing.empty());
    if (::geteuid() == 0) return;  // whom no permission stops
    fs::permissions(scratch.path / "closed", fs::perms::none);
    found = find_specs({scratch.at("closed/a.quire"), scratch.path.string()});
    fs::permissions(scratch.path / "closed", fs::perms::owner_all);
    REQUIRE(found.unusable.size() == 2);
    CHECK(found.unusable[0].path == scratch.at("closed/a.quire"));
    CHECK(found.unusable[0].why == "cannot be read: Permission denied");
    CHECK(found.unusable[1].path == scratch.at("closed"));
    CHECK(found.missing.empty());
}

TEST_CASE("traces never land outside their directory") {
    CHECK(trace_path(".quire", "specs/a.quire", "buggy", "base", "leak") == ".quire/specs/a/buggy-base-leak.itf.json");
    CHECK(trace_path(".quire", "../a.quire", "b", "N=2", "leak") == ".quire/_up/a/b-N=2-leak.itf.json");
    CHECK(trace_path("out", "/nowhere/a.quire", "b", "base", "x/../y") == "out/nowhere/a/b-base-x_.._y.itf.json");
    std::string here = fs::current_path().string();
    CHECK(trace_path(".quire", here + "/a.quire", "b", "base", "leak") == ".quire/a/b-base-leak.itf.json");
    CHECK(trace_path(".quire", "a.quire", "b", std::string(500, 'N'), "leak").size() < 230);
}

TEST_CASE("a file is written whole or not at all") {
    Scratch scratch;
    CHECK(write_file(scratch.at("new/deep/x.json"), "text") == "");
    std::ostringstream text;
    text << std::ifstream(scratch.at("new/deep/x.json")).rdbuf();
    CHECK(text.str() == "text");
    scratch.touch("file");
    CHECK(write_file(scratch.at("file/x.json"), "text") != "");
    if (fs::exists("/dev/full")) {
        fs::create_directory_symlink("/dev", scratch.path / "dev");
        CHECK(write_file(scratch.at("new/deep"), "text") != "");  // a directory stands there
        CHECK(std::distance(fs::directory_iterator(scratch.path / "new"), fs::directory_iterator()) == 1);
    }
}

TEST_CASE("the library is found beside the program, installed or in a checkout") {
    Scratch scratch;
    scratch.touch("build/quire");
    CHECK(library_path(scratch.at("build/quire")).empty());
    scratch.touch("models/linux/page.quire");
    CHECK(library_path(scratch.at("build/quire")) == std::vector<std::string>{scratch.at("models")});
    scratch.touch("share/quire/models/x.quire");
    CHECK(library_path(scratch.at("bin/quire")) == std::vector<std::string>{scratch.at("share/quire/models")});
    CHECK(library_path("").empty());
}
