#pragma once

namespace coax::core::detail {

/// For a `std::unique_ptr` of what a C library makes and frees.
template <auto Free>
struct deleter {
    template <class T>
    void operator()(T* it) const noexcept {
        Free(it);
    }
};

}  // namespace coax::core::detail
