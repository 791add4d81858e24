#include "test/unit/report/json_schema.h"

#include <fstream>

namespace quire::test {

namespace {

using Json = nlohmann::json;

bool has_type(const Json& value, const std::string& type) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    if (type == "boolean") return value.is_boolean();
    return type == "null" && value.is_null();
}

class Validator {
public:
    explicit Validator(const Json& root) : root_(root) {}

    std::string problem(const Json& schema, const Json& value, const std::string& at) const {
        if (schema.contains("$ref")) {
            std::string pointer = schema["$ref"].get<std::string>().substr(1);
            return problem(root_.at(Json::json_pointer(pointer)), value, at);
        }
        if (schema.contains("oneOf")) return one_of(schema["oneOf"], value, at);
        if (schema.contains("const") && value != schema["const"]) return at + " is not " + schema["const"].dump();
        if (schema.contains("enum") && std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end()) {
            return at + " is " + value.dump() + ", not one of " + schema["enum"].dump();
        }
        if (schema.contains("minimum") && value.is_number() && value < schema["minimum"]) return at + " is too small";
        if (schema.contains("type") && !any_type(schema["type"], value))
            return at + " is no " + schema["type"].dump() + ": " + value.dump();
        if (value.is_array() && schema.contains("items")) {
            for (std::size_t i = 0; i < value.size(); ++i) {
                std::string inner = problem(schema["items"], value[i], at + "[" + std::to_string(i) + "]");
                if (!inner.empty()) return inner;
            }
        }
        return value.is_object() ? members(schema, value, at) : "";
    }

private:
    static bool any_type(const Json& types, const Json& value) {
        if (types.is_string()) return has_type(value, types);
        return std::any_of(types.begin(), types.end(), [&](const Json& type) { return has_type(value, type); });
    }

    std::string one_of(const Json& choices, const Json& value, const std::string& at) const {
        std::string all;
        int fitting = 0;
        for (const Json& choice : choices) {
            std::string inner = problem(choice, value, at);
            fitting += inner.empty() ? 1 : 0;
            all += "\n  " + inner;
        }
        return fitting == 1 ? "" : at + " fits " + std::to_string(fitting) + " choices:" + all;
    }

    std::string members(const Json& schema, const Json& value, const std::string& at) const {
        for (const Json& name : schema.value("required", Json::array())) {
            if (!value.contains(name.get<std::string>())) return at + " lacks " + name.dump();
        }
        Json properties = schema.value("properties", Json::object());
        for (const auto& [name, member] : value.items()) {
            if (properties.contains(name)) {
                std::string inner = problem(properties[name], member, at + "." + name);
                if (!inner.empty()) return inner;
            } else if (schema.contains("additionalProperties") && schema["additionalProperties"] == false) {
                return at + " has the unknown member " + name;
            }
        }
        return {};
    }

    const Json& root_;
};

}  // namespace

std::string schema_problem(const Json& schema, const Json& value) { return Validator(schema).problem(schema, value, "$"); }

Json read_schema(const std::string& name) {
    std::ifstream stream(std::string(QUIRE_SOURCE_DIR) + "/docs/schemas/" + name);
    return Json::parse(stream);
}

}  // namespace quire::test
