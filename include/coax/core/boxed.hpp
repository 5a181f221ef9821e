#pragma once

#include <coax/core/detail/toolchain.hpp>

#include <utility>

namespace coax {

/// A `T` that is copied, compared and destroyed as a value, and kept on the heap only where it was set: what few need
/// costs those who do not a pointer. Each `T` is instantiated once, in src/. Thread safety: as a value of `T`.
template <class T>
class boxed {
public:
    boxed() noexcept = default;
    explicit(false) boxed(T value);
    boxed(boxed const& other) : held_{other.held_ == nullptr ? nullptr : copy(*other.held_)} {}
    boxed(boxed&& other) noexcept : held_{std::exchange(other.held_, nullptr)} {}
    boxed& operator=(boxed other) noexcept {
        std::swap(held_, other.held_);
        return *this;
    }
    /// Takes `= {.name = value}`, too. A `= {}` unsets it.
    template <class Value = T>
    boxed& operator=(Value value) {
        return *this = boxed{std::move(value)};
    }
    ~boxed() {
        if (held_ != nullptr) destroy(held_);
    }

    /// Whether it was set.
    [[nodiscard]] explicit operator bool() const noexcept { return held_ != nullptr; }
    /// The value; one with its defaults where none was set.
    [[nodiscard]] T const& operator*() const noexcept { return held_ == nullptr ? defaults() : *held_; }
    [[nodiscard]] T const* operator->() const noexcept { return &**this; }
    /// The value, to be changed; where none was set it is now, to its defaults.
    T& edit();

    /// Where a `T` cannot be compared, only two that were not set are equal.
    [[nodiscard]] bool operator==(boxed const& other) const;

private:
    [[nodiscard]] static T* copy(T const& value);
    static void destroy(T* last) noexcept;
    [[nodiscard]] static T const& defaults() noexcept;

    T* held_{nullptr};
};

}  // namespace coax
