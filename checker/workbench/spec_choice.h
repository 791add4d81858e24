// One variant with one set of constants and one memory model, as a command line names them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "driver/load.h"
#include "driver/search_run.h"
#include "report/writer.h"

namespace quire {

struct SpecChoice {
    std::string path;
    std::string variant = "base";
    std::string instance;  // empty: the variant's own constants
    std::vector<std::pair<std::string, std::string>> defines;
    std::string memory;  // empty: the first that the spec lists
    std::vector<std::string> model_path;
};

struct ChosenSpec {
    std::unique_ptr<LoadedSpec> spec;
    std::size_t variant = 0;
    ConstantValues values;
    NamedValues sizes;
    std::string memory = "sc";

    const TypedProgram& program() const { return spec->programs[variant]; }
};

// Nothing, with the reasons told on `err` and `exit_code` set.
std::optional<ChosenSpec> choose_spec(const SpecChoice& choice, const EngineOptions& engine, bool color, FileProvider& files,
                                      Sink& err, int& exit_code);

}  // namespace quire
