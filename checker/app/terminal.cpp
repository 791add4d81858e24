#include "app/terminal.h"

#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace quire {

namespace {
constexpr std::size_t kWidthWithoutTerminal = 120;
}

void DescriptorSink::write(std::string_view text) {
    while (error_ == 0 && !text.empty()) {
        ssize_t written = ::write(descriptor_, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno != EINTR) {
            error_ = errno;
            if (pipe_closed() && cancel_ != nullptr) cancel_->cancel();
        }
    }
}

bool DescriptorSink::pipe_closed() const { return error_ == EPIPE; }

bool is_terminal(int descriptor) { return ::isatty(descriptor) == 1; }

bool wants_color(ColorChoice choice, int descriptor) {
    if (choice != ColorChoice::kAuto) return choice == ColorChoice::kAlways;
    const char* refused = std::getenv("NO_COLOR");
    if (refused != nullptr && *refused != '\0') return false;
    const char* terminal = std::getenv("TERM");
    bool dumb = terminal != nullptr && std::string_view(terminal) == "dumb";
    return is_terminal(descriptor) && !dumb;
}

std::size_t terminal_width(int descriptor) {
    winsize size{};
    if (!is_terminal(descriptor) || ::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kWidthWithoutTerminal;
    return size.ws_col;
}

bool is_where_output_goes(const std::string& path) {
    struct stat named {};
    if (::stat(path.c_str(), &named) != 0 || S_ISDIR(named.st_mode)) return false;
    for (int descriptor : {STDOUT_FILENO, STDERR_FILENO}) {
        struct stat open {};
        if (::fstat(descriptor, &open) == 0 && open.st_dev == named.st_dev && open.st_ino == named.st_ino) return true;
    }
    return false;
}

void keep_standard_streams_open() {
    for (int descriptor = 0; descriptor <= 2; ++descriptor) {
        if (::fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) continue;
        // Opened for the wrong direction, so that using it still fails and is noticed.
        int opened = ::open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY);
        if (opened != -1 && opened != descriptor) ::close(opened);
    }
}

}  // namespace quire
