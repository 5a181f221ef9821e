#pragma once

#include <coax/core/detail/toolchain.hpp>

#include <concepts>
#include <memory>
#include <utility>

namespace coax::core::detail {

/// A `std::unique_ptr` to a `T` that only `src/` knows. It says less, so a compiler reads it in a tenth of the time.
template <class T>
class opaque {
public:
    opaque() noexcept = default;
    /// `T` must be complete here, and only here. A template, so that a move does not look at `std::unique_ptr<T>`.
    template <std::same_as<T> U>
    explicit(false) opaque(std::unique_ptr<U> whole) noexcept
        : whole_{whole.release()}, destroy_{[](T* last) { delete last; }} {}
    opaque(opaque&& other) noexcept : whole_{other.whole_}, destroy_{other.destroy_} { other.whole_ = nullptr; }
    opaque& operator=(opaque&& other) noexcept {
        if (this == &other) return *this;
        reset();
        whole_ = other.whole_;
        destroy_ = other.destroy_;
        other.whole_ = nullptr;
        return *this;
    }
    ~opaque() { reset(); }

    void reset() noexcept {
        if (auto* const last = whole_) {
            whole_ = nullptr;
            destroy_(last);
        }
    }

    [[nodiscard]] explicit operator bool() const noexcept { return whole_ != nullptr; }
    [[nodiscard]] T* get() const noexcept { return whole_; }
    [[nodiscard]] T* operator->() const noexcept { return whole_; }
    [[nodiscard]] T& operator*() const noexcept { return *whole_; }

private:
    T* whole_{nullptr};
    void (*destroy_)(T*){nullptr};
};

/// The same of a `std::shared_ptr`.
template <class T>
class shared_opaque {
public:
    shared_opaque() noexcept = default;
    template <std::derived_from<T> U>
    explicit(false) shared_opaque(std::shared_ptr<U> whole) noexcept : whole_{std::shared_ptr<T>{std::move(whole)}} {}
    /// A template, so that a copy does not look at `std::shared_ptr<T>`.
    template <std::same_as<T> U>
    [[nodiscard]] explicit(false) operator std::shared_ptr<U>() const noexcept {
        return std::static_pointer_cast<U>(whole_);
    }

    void reset() noexcept { whole_.reset(); }

    [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(whole_); }
    [[nodiscard]] T* get() const noexcept { return static_cast<T*>(whole_.get()); }
    [[nodiscard]] T* operator->() const noexcept { return get(); }
    [[nodiscard]] T& operator*() const noexcept { return *get(); }

private:
    std::shared_ptr<void> whole_;
};

}  // namespace coax::core::detail
