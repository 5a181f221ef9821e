#pragma once

#include <coax/core/error.hpp>

#include <cassert>
#include <memory>
#include <type_traits>
#include <utility>

namespace coax {

template <class T>
class result;

namespace core::detail {

/// The part of a result that is the same for all types: an error or none. The error lives on the heap, so that a result
/// is little larger than its value and a failure is passed on as a pointer.
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

    static coax::error moved_away;  ///< A failure points here once its error is moved away. Never changes.

    coax::error* why_{nullptr};  ///< Null: there is none.
};

/// `f` with the value of `from`, if it has a type that is not void.
template <class From, class F>
decltype(auto) apply_to_value(From&& from, F&& f) {
    if constexpr (std::is_void_v<typename std::remove_cvref_t<From>::value_type>)
        return std::forward<F>(f)();
    else
        return std::forward<F>(f)(*std::forward<From>(from));
}

/// The members that std::expected calls monadic, for `result<T>` and `result<void>` alike. For the latter, `f` takes
/// nothing where it would take the value.
template <class Result>
class result_operations : public error_slot {
public:
    /// The result that `f` makes of the value; without a value, the error.
    template <class F>
    auto and_then(F&& f) const& {
        return and_then_on(self(), std::forward<F>(f));
    }
    template <class F>
    auto and_then(F&& f) && {
        return and_then_on(std::move(*this).self(), std::forward<F>(f));
    }
    /// What `f` makes of the value; without a value, the error.
    template <class F>
    auto transform(F&& f) const& {
        return transform_on(self(), std::forward<F>(f));
    }
    template <class F>
    auto transform(F&& f) && {
        return transform_on(std::move(*this).self(), std::forward<F>(f));
    }
    /// The value; without a value, the result that `f` makes of the error.
    template <class F>
    Result or_else(F&& f) const& {
        return has_value() ? self() : Result{std::forward<F>(f)(error())};
    }
    template <class F>
    Result or_else(F&& f) && {
        return has_value() ? std::move(*this).self() : Result{std::forward<F>(f)(std::move(*this).error())};
    }
    /// The value; without a value, the error that `f` makes of the error.
    template <class F>
    Result transform_error(F&& f) const& {
        return or_else(std::forward<F>(f));
    }
    template <class F>
    Result transform_error(F&& f) && {
        return std::move(*this).or_else(std::forward<F>(f));
    }

protected:
    using error_slot::error_slot;

private:
    Result const& self() const& noexcept { return static_cast<Result const&>(*this); }
    Result&& self() && noexcept { return static_cast<Result&&>(*this); }

    template <class From, class F>
    static auto and_then_on(From&& from, F&& f) {
        using made = std::remove_cvref_t<decltype(apply_to_value(std::forward<From>(from), std::forward<F>(f)))>;
        if (!from) return made{std::forward<From>(from).error()};
        return made{apply_to_value(std::forward<From>(from), std::forward<F>(f))};
    }
    template <class From, class F>
    static auto transform_on(From&& from, F&& f) {
        using made = std::remove_cvref_t<decltype(apply_to_value(std::forward<From>(from), std::forward<F>(f)))>;
        if (!from) return result<made>{std::forward<From>(from).error()};
        if constexpr (std::is_void_v<made>)
            return apply_to_value(std::forward<From>(from), std::forward<F>(f)), result<made>{};
        else
            return result<made>{apply_to_value(std::forward<From>(from), std::forward<F>(f))};
    }
};

}  // namespace core::detail

/// A value, or the `error` that stands in its place, with the interface of boost::system::result and the members of
/// std::expected that work on the value. boost::system::result itself is not used because every file that includes it
/// compiles Boost.Variant2 and Boost.Mp11 (docs/architecture.md has the figures).
/// @tparam T  Its move must not throw.
template <class T>
class result : public core::detail::result_operations<result<T>> {
    using operations = core::detail::result_operations<result<T>>;

public:
    using value_type = T;
    using error_type = coax::error;

    result()
        requires(std::is_default_constructible_v<T>)
        : value_{} {}
    result(coax::error why) : operations{std::move(why)} {}
    template <class U = T>
        requires(std::is_convertible_v<U, T> && !std::is_convertible_v<U, coax::error> &&
                 !std::is_same_v<std::remove_cvref_t<U>, result>)
    result(U&& value) : value_(std::forward<U>(value)) {}

    result(result const& other)
        requires(std::is_copy_constructible_v<T>)
        : operations{other} {
        if (this->has_value()) std::construct_at(&value_, other.value_);
    }
    result(result&& other) noexcept : operations{std::move(other)} {
        if (this->has_value()) std::construct_at(&value_, std::move(other.value_));  // NOLINT(bugprone-use-after-move)
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
        if (this->has_value()) std::destroy_at(&value_);
    }

    /// @throws coax::exception  The error, if there is one.
    [[nodiscard]] T& value() & { return this->throw_if_error(), value_; }
    [[nodiscard]] T const& value() const& { return this->throw_if_error(), value_; }
    [[nodiscard]] T value() && { return this->throw_if_error(), std::move(value_); }

    /// There must be a value.
    [[nodiscard]] T& operator*() & noexcept { return assert(this->has_value()), value_; }
    [[nodiscard]] T const& operator*() const& noexcept { return assert(this->has_value()), value_; }
    [[nodiscard]] T operator*() && noexcept { return assert(this->has_value()), std::move(value_); }
    [[nodiscard]] T* operator->() noexcept { return assert(this->has_value()), &value_; }
    [[nodiscard]] T const* operator->() const noexcept { return assert(this->has_value()), &value_; }

    /// The value; without one, `other`.
    template <class U = T>
    [[nodiscard]] T value_or(U&& other) const& {
        return this->has_value() ? value_ : static_cast<T>(std::forward<U>(other));
    }
    template <class U = T>
    [[nodiscard]] T value_or(U&& other) && {
        return this->has_value() ? std::move(value_) : static_cast<T>(std::forward<U>(other));
    }

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
class result<void> : public core::detail::result_operations<result<void>> {
    using operations = core::detail::result_operations<result<void>>;

public:
    using value_type = void;
    using error_type = coax::error;

    result() noexcept = default;
    result(coax::error why) : operations{std::move(why)} {}
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
    void value() const { this->throw_if_error(); }
    void operator*() const noexcept { assert(this->has_value()); }

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
