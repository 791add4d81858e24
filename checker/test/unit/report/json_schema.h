// As much of JSON Schema as the schemas under docs/schemas use.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace quire::test {

// "" if the value fits; else where and why it does not.
std::string schema_problem(const nlohmann::json& schema, const nlohmann::json& value);
nlohmann::json read_schema(const std::string& name);  // of docs/schemas

}  // namespace quire::test
