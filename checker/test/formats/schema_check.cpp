// Holds JSON files against a schema (draft 4 or 7): schema_check SCHEMA FILE...  Prints what does not fit; exits 1 then.
#include <cstdio>
#include <iostream>
#include <string>

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/utils/nlohmann_json_utils.hpp>
#include <valijson/validator.hpp>

namespace {

bool fits(const valijson::Schema& schema, const char* path) {
    nlohmann::json document;
    if (!valijson::utils::loadDocument(path, document)) {
        std::cout << path << ": no JSON\n";
        return false;
    }
    valijson::Validator validator;
    valijson::ValidationResults results;
    valijson::adapters::NlohmannJsonAdapter adapter(document);
    if (validator.validate(schema, adapter, &results)) return true;
    valijson::ValidationResults::Error error;
    for (int shown = 0; shown < 20 && results.popError(error); ++shown) {
        std::cout << path << ": ";
        for (const std::string& part : error.context) std::cout << part;
        std::cout << ": " << error.description << "\n";
    }
    return false;
}

}  // namespace

int main(int argc, char** argv) {
    nlohmann::json text;
    if (argc < 3 || !valijson::utils::loadDocument(argv[1], text)) {
        std::cout << "usage: schema_check SCHEMA FILE...\n";
        return 2;
    }
    bool old = text.value("$schema", "").find("draft-04") != std::string::npos;
    valijson::SchemaParser parser(old ? valijson::SchemaParser::kDraft4 : valijson::SchemaParser::kDraft7);
    valijson::Schema schema;
    valijson::adapters::NlohmannJsonAdapter adapter(text);
    parser.populateSchema(adapter, schema);
    bool good = true;
    for (int i = 2; i < argc; ++i) good = fits(schema, argv[i]) && good;
    return good ? 0 : 1;
}
