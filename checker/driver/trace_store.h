// Where traces and checkpoints are kept: DIRECTORY/<spec path>/<variant>-<instance>-<property>.itf.json.
#pragma once

#include <string>

namespace quire {

// "<spec path>/<variant>-<instance>-<property>", for files about a trace.
std::string trace_name(const std::string& spec, const std::string& variant, const std::string& instance,
                       const std::string& property);
std::string trace_path(const std::string& directory, const std::string& spec, const std::string& variant,
                       const std::string& instance, const std::string& property);

// DIRECTORY/<spec path>/<variant>-<instance>.checkpoint.
std::string checkpoint_path(const std::string& directory, const std::string& spec, const std::string& variant,
                            const std::string& instance);
// With the one before it.
void remove_checkpoint(const std::string& path);

// Writes the file as a whole or not at all; directories are made. Returns the system's words on failure, "" on success.
std::string write_file(const std::string& path, const std::string& text);

}  // namespace quire
