// The standard streams: where writing can fail, and what is known about the reader.
#pragma once

#include <string>
#include <string_view>

#include "report/writer.h"
#include "support/budget.h"

namespace quire {

// Writes to a file descriptor at once.  After a failure everything is dropped, and what failed is remembered.
class DescriptorSink final : public Sink {
public:
    // `cancel` is told when nobody reads any more.
    explicit DescriptorSink(int descriptor, CancelToken* cancel = nullptr) : descriptor_(descriptor), cancel_(cancel) {}

    void write(std::string_view text) override;
    bool pipe_closed() const;
    int error() const { return error_; }  // errno of the first failure; 0 if there was none

private:
    int descriptor_;
    CancelToken* cancel_;
    int error_ = 0;
};

enum class ColorChoice : std::uint8_t { kAuto, kAlways, kNever };

bool is_terminal(int descriptor);
bool wants_color(ColorChoice choice, int descriptor);  // NO_COLOR counts under kAuto
std::size_t terminal_width(int descriptor);            // 120 where there is no terminal
// The file, pipe or device that standard output or the log goes to: reading it would wait for oneself.
bool is_where_output_goes(const std::string& path);
// A closed standard stream would be the next file that is opened: makes sure that this cannot happen.
void keep_standard_streams_open();

}  // namespace quire
