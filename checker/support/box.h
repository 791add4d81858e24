#pragma once

#include <memory>
#include <utility>

namespace quire {

// Owns at most one T, which may be incomplete where the box is declared. Copies and compares deeply, so that trees of boxes are values.
template <class T>
class Box {
public:
    Box() = default;
    Box(T value) : pointer_(std::make_unique<T>(std::move(value))) {}
    Box(const Box& other) : pointer_(other.pointer_ ? std::make_unique<T>(*other.pointer_) : nullptr) {}
    Box(Box&&) noexcept = default;
    Box& operator=(const Box& other) {
        if (this != &other) pointer_ = other.pointer_ ? std::make_unique<T>(*other.pointer_) : nullptr;
        return *this;
    }
    Box& operator=(Box&&) noexcept = default;
    ~Box() = default;

    explicit operator bool() const { return pointer_ != nullptr; }
    T& operator*() { return *pointer_; }
    const T& operator*() const { return *pointer_; }
    T* operator->() { return pointer_.get(); }
    const T* operator->() const { return pointer_.get(); }
    T* get() { return pointer_.get(); }
    const T* get() const { return pointer_.get(); }

    friend bool operator==(const Box& a, const Box& b) {
        if (!a.pointer_ || !b.pointer_) return !a.pointer_ && !b.pointer_;
        return *a.pointer_ == *b.pointer_;
    }

private:
    std::unique_ptr<T> pointer_;
};

}  // namespace quire
