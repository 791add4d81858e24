// Results of earlier checks, by content: a directory in which each spec has one file for each set of options.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "driver/session.h"
#include "driver/spec_results.h"
#include "syntax/file_provider.h"

namespace quire {

// A program's own bytes and those of the libraries that it runs with, as a text that differs when they do; "" when the system
// does not tell.
std::string program_identity();

class ResultCache final : public KeptResults {
public:
    // `identity`: of the program.  `options` are those of the session; `disk` outlives this.
    ResultCache(std::string directory, const std::string& identity, const CheckOptions& options, FileProvider& disk);
    ~ResultCache() override;

    // What the session has to read with.
    FileProvider& files();

    std::unique_ptr<SpecResults> find(const SpecFile& file) override;
    void begin() override;
    void keep(const SpecFile& file, const SpecResults& results) override;

private:
    class Watch;
    std::string question(const SpecFile& file) const;
    std::string path_of(const std::string& question) const;

    std::string directory_;
    std::string question_;  // everything but the file that an answer depends on
    std::unique_ptr<Watch> watch_;
};

}  // namespace quire
