#pragma once

#include <coax/core/error.hpp>

#include <cassert>
#include <memory>
#include <type_traits>
#include <utility>

namespace coax {

namespace core::detail {

/// The part of a result that is the same for all: an error, or none. It lives on the heap, so that a result is little
/// larger than its value and what fails is passed on as a pointer.
class error_slot {
public:
    [[nodiscard]] bool has_value() const noexcept { return why_ == nullptr; }
    [[nodiscard]] bool has_error() const noexcept { return why_ != nullptr; }
    [[nodiscard]] explicit operator bool() const noexcept { return why_ == nullptr; }

    /// What went wrong; `error{}` when nothing did, or when it was moved away.
    [[nodiscard]] coax::error const& error() const& noexcept;
    [[nodiscard]] coax::error error() && noexcept;

protected:
    error_slot() noexcept = default;
    explicit error_slot(coax::error&& why);
    error_slot(error_slot const& other);
    error_slot(error_slot&& other) noexcept : why_{other.why_} {
        if (why_ != nullptr) other.why_ = &moved_away;
    }
    error_slot& operator=(error_slot const&) = delete;
    ~error_slot() {
        if (why_ != nullptr) drop(why_);
    }

    void throw_if_error() const {
        if (has_error()) throw_error(error());
    }

private:
    static void drop(coax::error* why) noexcept;

    static coax::error moved_away;  ///< What a failure points to whose error another one has taken; never changes.

    coax::error* why_{nullptr};  ///< Null: there is none.
};

}  // namespace core::detail

/// A value or the `error` that stands in its place, with the interface of boost::system::result. That one is not used
/// because every file that includes it compiles Boost.Variant2 and Boost.Mp11 (docs/architecture.md says what that
/// costs).
/// @tparam T  Its move must not throw.
template <class T>
class result : public core::detail::error_slot {
public:
    using value_type = T;
    using error_type = coax::error;

    result()
        requires(std::is_default_constructible_v<T>)
        : value_{} {}
    result(coax::error why) : error_slot{std::move(why)} {}
    template <class U = T>
        requires(std::is_convertible_v<U, T> && !std::is_convertible_v<U, coax::error> &&
                 !std::is_same_v<std::remove_cvref_t<U>, result>)
    result(U&& value) : value_(std::forward<U>(value)) {}

    result(result const& other)
        requires(std::is_copy_constructible_v<T>)
        : error_slot{other} {
        if (has_value()) std::construct_at(&value_, other.value_);
    }
    result(result&& other) noexcept : error_slot{std::move(other)} {
        if (has_value()) std::construct_at(&value_, std::move(other.value_));
    }
    result& operator=(result const& other)
        requires(std::is_copy_constructible_v<T>)
    {
        return *this = result{other};
    }
    result& operator=(result&& other) noexcept {
        if (this == &other) return *this;
        std::destroy_at(this);
        return *std::construct_at(this, std::move(other));
    }
    ~result() {
        if (has_value()) std::destroy_at(&value_);
    }

    /// @throws coax::exception  The error, if there is one.
    [[nodiscard]] T& value() & { return throw_if_error(), value_; }
    [[nodiscard]] T const& value() const& { return throw_if_error(), value_; }
    [[nodiscard]] T value() && { return throw_if_error(), std::move(value_); }

    /// There must be a value.
    [[nodiscard]] T& operator*() & noexcept { return assert(has_value()), value_; }
    [[nodiscard]] T const& operator*() const& noexcept { return assert(has_value()), value_; }
    [[nodiscard]] T operator*() && noexcept { return assert(has_value()), std::move(value_); }
    [[nodiscard]] T* operator->() noexcept { return assert(has_value()), &value_; }
    [[nodiscard]] T const* operator->() const noexcept { return assert(has_value()), &value_; }

    friend bool operator==(result const& a, result const& b) {
        if (a.has_value() && b.has_value()) return a.value_ == b.value_;
        return a.has_value() == b.has_value() && a.error() == b.error();
    }

private:
    union {
        T value_;  ///< Lives while there is no error.
    };
};

/// That something was done, or the `error` that stands in its place.
template <>
class result<void> : public core::detail::error_slot {
public:
    using value_type = void;
    using error_type = coax::error;

    result() noexcept = default;
    result(coax::error why) : error_slot{std::move(why)} {}
    result(result const&) = default;
    result(result&&) noexcept = default;
    result& operator=(result const& other) { return *this = result{other}; }
    result& operator=(result&& other) noexcept {
        if (this == &other) return *this;
        std::destroy_at(this);
        return *std::construct_at(this, std::move(other));
    }
    ~result() = default;

    /// @throws coax::exception  The error, if there is one.
    void value() const { throw_if_error(); }
    void operator*() const noexcept { assert(has_value()); }

    friend bool operator==(result const& a, result const& b) {
        return a.has_value() == b.has_value() && a.error() == b.error();
    }
};

/// Takes the value out or throws the error: the one step from `result` to the throwing public edge.
template <class T>
[[nodiscard]] T value_or_throw(result<T>&& outcome) {
    if (!outcome) throw_error(std::move(outcome).error());
    return std::move(*outcome);
}

inline void value_or_throw(result<void>&& outcome) {
    if (!outcome) throw_error(std::move(outcome).error());
}

}  // namespace coax
