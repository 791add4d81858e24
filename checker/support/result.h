#pragma once

#include <optional>
#include <utility>

#include "support/invariant.h"

namespace quire {

// Says that diagnostics were reported and that there is no value: `return Failure{};`.
struct Failure {};

// A value, or the fact that there is none because diagnostics were reported.
template <class T>
class [[nodiscard]] Result {
public:
    Result(T value) : value_(std::move(value)) {}
    Result(Failure) {}

    bool ok() const { return value_.has_value(); }
    explicit operator bool() const { return ok(); }

    T& value() & {
        INVARIANT(ok(), "value of a failed result");
        return *value_;
    }
    const T& value() const& {
        INVARIANT(ok(), "value of a failed result");
        return *value_;
    }
    T&& value() && {
        INVARIANT(ok(), "value of a failed result");
        return std::move(*value_);
    }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

private:
    std::optional<T> value_;
};

// For functions that only succeed or fail.
template <>
class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Failure) : ok_(false) {}

    bool ok() const { return ok_; }
    explicit operator bool() const { return ok_; }

private:
    bool ok_ = true;
};

}  // namespace quire
