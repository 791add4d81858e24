// file:///a%20b.quire and the path that it names.
#pragma once

#include <string>
#include <string_view>

namespace quire {

// Of another scheme (untitled:…): the text itself, which is no path on any disk.
std::string path_of_uri(std::string_view uri);
std::string uri_of_path(std::string_view path);

}  // namespace quire
