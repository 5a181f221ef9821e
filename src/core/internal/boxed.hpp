#pragma once

#include <coax/core/boxed.hpp>

#include <concepts>

/// The members of `boxed`, for the one source that instantiates it for a `T`.
namespace coax {

template <class T>
boxed<T>::boxed(T value) : held_{new T(std::move(value))} {}

template <class T>
T& boxed<T>::edit() {
    if (held_ == nullptr) held_ = new T{};
    return *held_;
}

template <class T>
bool boxed<T>::operator==(boxed const& other) const {
    if constexpr (std::equality_comparable<T>)
        return held_ == other.held_ || **this == *other;
    else
        return held_ == nullptr && other.held_ == nullptr;
}

template <class T>
T* boxed<T>::copy(T const& value) {
    return new T(value);
}

template <class T>
void boxed<T>::destroy(T* last) noexcept {
    delete last;
}

template <class T>
T const& boxed<T>::defaults() noexcept {
    static T const unset{};
    return unset;
}

}  // namespace coax
