#pragma once

#include <stdexcept>
#include <string>

namespace quire {

// A broken promise between parts of this program, never a mistake of the user. Only the session catches it.
class InternalError : public std::logic_error {
public:
    InternalError(const char* file, int line, const std::string& text);

    const std::string& where() const { return where_; }

private:
    std::string where_;
};

[[noreturn]] void fail_invariant(const char* file, int line, const char* condition, const std::string& text);

}  // namespace quire

// The message is evaluated only when the condition is false; put the offending values into it.
#define INVARIANT(condition, message)                                           \
    do {                                                                        \
        if (!(condition)) [[unlikely]]                                          \
            ::quire::fail_invariant(__FILE__, __LINE__, #condition, (message)); \
    } while (false)

#define UNREACHABLE(message) ::quire::fail_invariant(__FILE__, __LINE__, "unreachable", (message))
