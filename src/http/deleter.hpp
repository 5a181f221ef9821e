#pragma once

namespace coax::http::detail {

/// For a `std::unique_ptr` of what a C library makes and frees.
template <auto Free>
struct deleter {
    template <class T>
    void operator()(T* it) const noexcept {
        Free(it);
    }
};

}  // namespace coax::http::detail
