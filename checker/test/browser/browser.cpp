#include "test/browser/browser.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace quire::test {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr int kPatienceMs = 120'000;  // a machine that builds something else beside this is slow

struct Key {
    std::string code;
    int number = 0;
};

Key key_of(const std::string& key) {
    static const std::map<std::string, Key> kNamed = {
        {"ArrowLeft", {"ArrowLeft", 37}},
        {"ArrowUp", {"ArrowUp", 38}},
        {"ArrowRight", {"ArrowRight", 39}},
        {"ArrowDown", {"ArrowDown", 40}},
        {"Home", {"Home", 36}},
        {"End", {"End", 35}},
        {"PageUp", {"PageUp", 33}},
        {"PageDown", {"PageDown", 34}},
        {"Escape", {"Escape", 27}},
        {"Tab", {"Tab", 9}},
        {"Enter", {"Enter", 13}},
    };
    auto found = kNamed.find(key);
    return found != kNamed.end() ? found->second : Key{};
}

std::string decoded(const std::string& text) {
    static const std::string kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    unsigned bits = 0;
    int have = 0;
    for (char c : text) {
        std::size_t digit = kDigits.find(c);
        if (digit == std::string::npos) continue;
        bits = bits << 6 | static_cast<unsigned>(digit);
        have += 6;
        if (have < 8) continue;
        have -= 8;
        out += static_cast<char>(bits >> have & 0xff);
    }
    return out;
}

}  // namespace

std::optional<std::string> find_chromium() {
    const char* path = std::getenv("PATH");
    std::istringstream directories(path != nullptr ? path : "");
    for (std::string directory; std::getline(directories, directory, ':');) {
        for (const char* name : {"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}) {
            std::string program = directory + "/" + name;
            if (::access(program.c_str(), X_OK) == 0) return program;
        }
    }
    return std::nullopt;
}

Browser::Browser(const std::string& program) {
    std::string pattern = (fs::temp_directory_path() / "quire-browser-XXXXXX").string();
    profile_ = ::mkdtemp(pattern.data());
    int commands[2], answers[2];
    if (::pipe2(commands, O_CLOEXEC) != 0 || ::pipe2(answers, O_CLOEXEC) != 0) throw std::runtime_error("no pipes");
    pid_ = ::fork();
    if (pid_ == 0) {
        // The protocol is on descriptors 3 and 4; what is there now moves out of the way first.
        int in = ::fcntl(commands[0], F_DUPFD, 10), out = ::fcntl(answers[1], F_DUPFD, 10);
        int silent = ::open("/dev/null", O_RDWR);
        for (int descriptor : {0, 1, 2}) ::dup2(silent, descriptor);
        ::dup2(in, 3);
        ::dup2(out, 4);
        ::close(in);
        ::close(out);
        std::string profile = "--user-data-dir=" + profile_;
        ::setpgid(0, 0);
        ::execl(program.c_str(), program.c_str(), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--no-first-run", "--disable-extensions", "--disable-background-networking", "--window-size=1400,1000",
                profile.c_str(), "--remote-debugging-pipe", "about:blank", static_cast<char*>(nullptr));
        ::_exit(127);
    }
    ::close(commands[0]);
    ::close(answers[1]);
    to_ = commands[1];
    from_ = answers[0];
    Json target = call("Target.createTarget", {{"url", "about:blank"}}, false);
    Json attached = call("Target.attachToTarget", {{"targetId", target["targetId"]}, {"flatten", true}}, false);
    session_ = attached["sessionId"].get<std::string>();
    for (const char* domain : {"Page", "Runtime", "Log", "Network", "Accessibility"}) call(std::string(domain) + ".enable");
}

Browser::~Browser() {
    if (pid_ > 0) {
        ::kill(-pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    ::close(to_);
    ::close(from_);
    std::error_code error;
    fs::remove_all(profile_, error);
}

Json Browser::receive() {
    while (true) {
        std::size_t end = buffer_.find('\0');
        if (end != std::string::npos) {
            Json message = Json::parse(buffer_.substr(0, end));
            buffer_.erase(0, end + 1);
            return message;
        }
        pollfd ready{from_, POLLIN, 0};
        if (::poll(&ready, 1, kPatienceMs) <= 0) throw std::runtime_error("the browser does not answer");
        char bytes[65536];
        ssize_t count = ::read(from_, bytes, sizeof bytes);
        if (count <= 0) throw std::runtime_error("the browser has gone");
        buffer_.append(bytes, static_cast<std::size_t>(count));
    }
}

void Browser::note(const Json& event) {
    std::string method = event.value("method", "");
    if (method == "Page.loadEventFired") loaded_ = true;
    if (method == "Runtime.exceptionThrown") errors.push_back(event["params"]["exceptionDetails"].dump());
    if (method == "Log.entryAdded") errors.push_back(event["params"]["entry"].dump());
    if (method == "Runtime.consoleAPICalled") errors.push_back(event["params"]["args"].dump());
    if (method == "Network.requestWillBeSent") requests.push_back(event["params"]["request"]["url"].get<std::string>());
}

Json Browser::call(const std::string& method, Json parameters, bool of_page) {
    int number = next_++;
    Json message = {{"id", number}, {"method", method}, {"params", std::move(parameters)}};
    if (of_page) message["sessionId"] = session_;
    std::string text = message.dump() + '\0';
    for (std::size_t sent = 0; sent < text.size();) {
        ssize_t count = ::write(to_, text.data() + sent, text.size() - sent);
        if (count <= 0) throw std::runtime_error("the browser does not listen");
        sent += static_cast<std::size_t>(count);
    }
    while (true) {
        Json answer = receive();
        if (answer.value("id", 0) != number) {
            note(answer);
            continue;
        }
        if (answer.contains("error")) throw std::runtime_error(method + ": " + answer["error"].dump());
        return answer["result"];
    }
}

void Browser::open(const std::string& url) {
    // An address that differs in its last part only would not be loaded again.
    call("Page.navigate", {{"url", "about:blank"}});
    evaluate("1");
    loaded_ = false;
    call("Page.navigate", {{"url", url}});
    while (!loaded_) note(receive());
}

Json Browser::evaluate(const std::string& script) {
    Json answer = call("Runtime.evaluate", {{"expression", script}, {"returnByValue", true}});
    if (answer.contains("exceptionDetails")) throw std::runtime_error(script + ": " + answer["exceptionDetails"].dump());
    return answer["result"].value("value", Json());
}

void Browser::press(const std::string& key) {
    Key named = key_of(key);
    Json event = {{"type", named.number != 0 && key != "Enter" ? "rawKeyDown" : "keyDown"}, {"key", key}};
    if (named.number != 0) {
        event["code"] = named.code;
        event["windowsVirtualKeyCode"] = named.number;
        if (key == "Enter") event["text"] = "\r";
    } else {
        event["text"] = key;
    }
    call("Input.dispatchKeyEvent", event);
    event["type"] = "keyUp";
    event.erase("text");
    call("Input.dispatchKeyEvent", event);
}

void Browser::click(const std::string& selector) { click(selector, 0.5); }

void Browser::click(const std::string& selector, double at) {
    Json box = evaluate("(() => { const e = document.querySelector(" + Json(selector).dump() +
                        "); e.scrollIntoView({block: 'center'}); const b = e.getBoundingClientRect(); return [b.left, b.top, "
                        "b.width, b.height]; })()");
    double x = box[0].get<double>() + box[2].get<double>() * at, y = box[1].get<double>() + box[3].get<double>() / 2;
    for (const char* type : {"mousePressed", "mouseReleased"})
        call("Input.dispatchMouseEvent", {{"type", type}, {"x", x}, {"y", y}, {"button", "left"}, {"clickCount", 1}});
}

void Browser::prefer(const std::string& scheme) {
    Json feature = {{"name", "prefers-color-scheme"}, {"value", scheme}};
    call("Emulation.setEmulatedMedia", {{"features", Json::array({feature})}});
}

std::vector<std::string> Browser::named(const std::string& role) {
    std::vector<std::string> names;
    Json tree = call("Accessibility.getFullAXTree");
    for (const Json& node : tree["nodes"]) {
        if (node.value("ignored", false) || !node.contains("role") || node["role"].value("value", "") != role) continue;
        names.push_back(node.contains("name") ? node["name"].value("value", "") : "");
    }
    return names;
}

void Browser::screenshot(const std::string& path) {
    Json picture = call("Page.captureScreenshot", {{"format", "png"}});
    std::ofstream(path, std::ios::binary) << decoded(picture["data"].get<std::string>());
}

}  // namespace quire::test
