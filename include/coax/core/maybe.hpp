#pragma once

#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>

namespace coax {

/// A value or nothing: std::optional for the members of options, requests and answers. Each std::optional in a header has
/// the compiler make a dozen classes in every file (docs/architecture.md says what that costs); this is one.
/// Thread safety: as `T`.
/// @tparam T  Has a default.
template <class T>
class maybe {
public:
    using value_type = T;

    constexpr maybe() = default;
    explicit(false) constexpr maybe(std::nullopt_t) {}
    template <class U = T>
        requires(!std::same_as<std::remove_cvref_t<U>, maybe> && std::convertible_to<U, T>)
    explicit(false) constexpr maybe(U&& value) : value_(static_cast<T>(std::forward<U>(value))), has_value_{true} {}
    template <std::convertible_to<T> U>
    explicit(false) constexpr maybe(std::optional<U> other) : has_value_{other.has_value()} {
        if (other) value_ = static_cast<T>(*std::move(other));
    }
    template <class U = T>
        requires(!std::same_as<std::remove_cvref_t<U>, maybe> && std::convertible_to<U, T>)
    constexpr maybe& operator=(U&& value) {
        return emplace(static_cast<T>(std::forward<U>(value))), *this;
    }

    /// Puts a value in; the default one where none is given.
    constexpr T& emplace(T value = T{}) {
        value_ = std::move(value);
        has_value_ = true;
        return value_;
    }
    constexpr void reset() { value_ = T{}, has_value_ = false; }

    [[nodiscard]] constexpr bool has_value() const noexcept { return has_value_; }
    [[nodiscard]] constexpr explicit operator bool() const noexcept { return has_value_; }

    /// The default value where there is none.
    [[nodiscard]] constexpr T& operator*() & noexcept { return value_; }
    [[nodiscard]] constexpr T const& operator*() const& noexcept { return value_; }
    [[nodiscard]] constexpr T&& operator*() && noexcept { return std::move(value_); }
    [[nodiscard]] constexpr T* operator->() noexcept { return &value_; }
    [[nodiscard]] constexpr T const* operator->() const noexcept { return &value_; }
    [[nodiscard]] constexpr T value_or(T other) const { return has_value_ ? value_ : std::move(other); }
    [[nodiscard]] constexpr std::optional<T> to_optional() const { return has_value_ ? std::optional<T>{value_} : std::nullopt; }

    friend constexpr bool operator==(maybe const& a, maybe const& b) {
        return a.has_value_ == b.has_value_ && (!a.has_value_ || a.value_ == b.value_);
    }
    template <std::convertible_to<T> U>
    friend constexpr bool operator==(maybe const& a, U const& b) {
        return a.has_value_ && a.value_ == static_cast<T>(b);
    }

private:
    T value_{};
    bool has_value_{false};
};

}  // namespace coax
