// A headless Chromium, spoken to through two pipes in the DevTools protocol: keys and clicks are those of a user.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace quire::test {

std::optional<std::string> find_chromium();  // on PATH

class Browser {
public:
    explicit Browser(const std::string& program);
    ~Browser();
    Browser(const Browser&) = delete;
    Browser& operator=(const Browser&) = delete;

    void open(const std::string& url);
    nlohmann::json evaluate(const std::string& script);
    void press(const std::string& key);
    void click(const std::string& selector);  // in the middle of the element, or `at` of its width from the left
    void click(const std::string& selector, double at);
    void prefer(const std::string& scheme);  // "dark", "light"
    // Names of the nodes of the accessibility tree with this role.
    std::vector<std::string> named(const std::string& role);
    void screenshot(const std::string& path);

    std::vector<std::string> errors;    // exceptions and messages of the console
    std::vector<std::string> requests;  // addresses that pages asked for

private:
    nlohmann::json call(const std::string& method, nlohmann::json parameters = nlohmann::json::object(), bool of_page = true);
    nlohmann::json receive();
    void note(const nlohmann::json& event);

    int pid_ = -1, to_ = -1, from_ = -1, next_ = 1;
    std::string session_, buffer_, profile_;
    bool loaded_ = false;
};

}  // namespace quire::test
