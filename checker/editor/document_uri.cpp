#include "editor/document_uri.h"

#include <cctype>

namespace quire {

namespace {

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_plain(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '/' || c == '-' || c == '_' || c == '.' || c == '~';
}

}  // namespace

std::string path_of_uri(std::string_view uri) {
    constexpr std::string_view kFile = "file://";
    if (!uri.starts_with(kFile)) return std::string(uri);
    std::string_view rest = uri.substr(kFile.size());
    const std::size_t slash = rest.find('/');  // behind the host, which is this one
    rest = slash == std::string_view::npos ? std::string_view("/") : rest.substr(slash);
    std::string path;
    for (std::size_t i = 0; i < rest.size(); ++i) {
        const bool escaped = rest[i] == '%' && i + 2 < rest.size() && hex_value(rest[i + 1]) >= 0 && hex_value(rest[i + 2]) >= 0;
        // A path has no NUL; the editor's document then is one that is on no disk.
        if (escaped && rest[i + 1] == '0' && rest[i + 2] == '0') return std::string(uri);
        path += escaped ? static_cast<char>(hex_value(rest[i + 1]) * 16 + hex_value(rest[i + 2])) : rest[i];
        if (escaped) i += 2;
    }
    return path;
}

std::string uri_of_path(std::string_view path) {
    if (!path.starts_with("/")) return std::string(path);
    constexpr char kDigits[] = "0123456789ABCDEF";
    std::string uri = "file://";
    for (char c : path) {
        const auto byte = static_cast<unsigned char>(c);
        if (is_plain(c)) {
            uri += c;
        } else {
            uri += '%';
            uri += kDigits[byte >> 4u];
            uri += kDigits[byte & 15u];
        }
    }
    return uri;
}

}  // namespace quire
