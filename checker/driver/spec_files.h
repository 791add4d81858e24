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

struct SpecFiles {
    std::vector<SpecFile> files;  // in the order named, those of a directory by name, each once
    std::vector<std::string> missing;
    std::vector<std::string> unreadable;  // directories
};

// Directories are searched for *.quire, hidden ones and symbolic links to directories left out.
SpecFiles find_specs(const std::vector<std::string>& arguments);

// The directory of the library: beside the program in a build tree or an installation.
std::vector<std::string> library_path(const std::string& program);
// Where this program lies; "" when the system does not say.
std::string program_path();

}  // namespace quire
