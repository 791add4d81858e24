// Which files a command line names, and where imports are looked for.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace quire {

struct SpecFile {
    std::string path;             // as reports show it
    bool named_directly = false;  // found in a directory otherwise: then a file that only defines models is passed over
};

struct UnusableFile {
    std::string path;
    std::string why;  // "is a device", "cannot be read: Permission denied"
};

struct SpecFiles {
    std::vector<SpecFile> files;  // in the order named, those of a directory by name, each once
    std::vector<std::string> missing;
    std::vector<UnusableFile> unusable;
};

// Directories are searched for *.quire, hidden ones and symbolic links to directories left out.
SpecFiles find_specs(const std::vector<std::string>& arguments);

// Why a path cannot be read as a file: it is a device, or the system says no.  "" for what is there and can be tried, be it a
// file, a pipe or a directory, and for what is not there.
std::string why_unusable(const std::string& path);

// The directory of the library: beside the program in a build tree or an installation.
std::vector<std::string> library_path(const std::string& program);
// Where this program lies; "" when the system does not say.
std::string program_path();

}  // namespace quire
