#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace coax::bind::detail {

/// Reads a number of a known size from an object whose type is known only by its descriptor.
template <class Number>
[[nodiscard]] Number load(void const* from) {
    Number value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

template <class Number>
void store(void* into, Number value) {
    std::memcpy(into, &value, sizeof value);
}

[[nodiscard]] inline long long load_signed(void const* from, std::size_t bytes) {
    switch (bytes) {
        case 1: return load<std::int8_t>(from);
        case 2: return load<std::int16_t>(from);
        case 4: return load<std::int32_t>(from);
        default: return load<std::int64_t>(from);
    }
}

[[nodiscard]] inline unsigned long long load_unsigned(void const* from, std::size_t bytes) {
    switch (bytes) {
        case 1: return load<std::uint8_t>(from);
        case 2: return load<std::uint16_t>(from);
        case 4: return load<std::uint32_t>(from);
        default: return load<std::uint64_t>(from);
    }
}

[[nodiscard]] inline double load_real(void const* from, std::size_t bytes) {
    return bytes == sizeof(float) ? double{load<float>(from)} : load<double>(from);
}

inline void store_real(void* into, std::size_t bytes, double value) {
    if (bytes == sizeof(float))
        store(into, static_cast<float>(value));
    else
        store(into, value);
}

/// Stores the low bytes, which are the same for signed and unsigned.
inline void store_integer(void* into, std::size_t bytes, std::uint64_t value) {
    switch (bytes) {
        case 1: return store(into, static_cast<std::uint8_t>(value));
        case 2: return store(into, static_cast<std::uint16_t>(value));
        case 4: return store(into, static_cast<std::uint32_t>(value));
        default: return store(into, value);
    }
}

}  // namespace coax::bind::detail
