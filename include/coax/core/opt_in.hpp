#pragma once

#include <utility>

namespace coax {

/// An option that is off until it is given a value: used like a std::optional, which costs a compiler ten times as much.
/// @tparam T  Plain options, good by default.
template <class T>
class opt_in {
public:
    opt_in() = default;
    explicit(false) opt_in(T value) : value_{std::move(value)}, is_on_{true} {}
    opt_in& operator=(T value) {
        value_ = std::move(value);
        is_on_ = true;
        return *this;
    }

    /// On, with the defaults.
    T& emplace() { return (*this = T{}).value_; }
    /// Off.
    void reset() { value_ = T{}, is_on_ = false; }

    [[nodiscard]] bool has_value() const noexcept { return is_on_; }
    [[nodiscard]] explicit operator bool() const noexcept { return is_on_; }

    /// What was given; the defaults where nothing was.
    [[nodiscard]] T& operator*() noexcept { return value_; }
    [[nodiscard]] T const& operator*() const noexcept { return value_; }
    [[nodiscard]] T* operator->() noexcept { return &value_; }
    [[nodiscard]] T const* operator->() const noexcept { return &value_; }

private:
    T value_{};
    bool is_on_{false};
};

}  // namespace coax
