#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// What of protobuf's wire form OTLP needs. Source: protobuf.dev, "Encoding".
namespace coax::telemetry::detail {

inline void put_varint(std::string& out, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) out += static_cast<char>(value | 0x80U);
    out += static_cast<char>(value);
}
/// The bytes that a number takes.
[[nodiscard]] inline std::size_t varint_size(std::uint64_t value) noexcept {
    std::size_t size = 1;
    for (; value >= 0x80; value >>= 7U) ++size;
    return size;
}
/// The bytes of a field, whose number is below 16, that holds so many.
[[nodiscard]] inline std::size_t field_size(std::size_t bytes) noexcept { return 1 + varint_size(bytes) + bytes; }

inline void put_key(std::string& out, unsigned field, unsigned wire_type) { put_varint(out, field << 3U | wire_type); }

inline void put_number(std::string& out, unsigned field, std::uint64_t value) {
    put_key(out, field, 0);
    put_varint(out, value);
}
/// A string, bytes, or a message that is in this form already.
inline void put_bytes(std::string& out, unsigned field, std::string_view bytes) {
    put_key(out, field, 2);
    put_varint(out, bytes.size());
    out += bytes;
}
inline void put_fixed64(std::string& out, std::uint64_t value) {
    char bytes[8];
    for (auto& byte : bytes) {
        byte = static_cast<char>(value & 0xffU);
        value >>= 8U;
    }
    out.append(bytes, sizeof bytes);
}
inline void put_fixed64(std::string& out, unsigned field, std::uint64_t value) {
    put_key(out, field, 1);
    put_fixed64(out, value);
}
inline void put_double(std::string& out, double value) { put_fixed64(out, std::bit_cast<std::uint64_t>(value)); }
inline void put_double(std::string& out, unsigned field, double value) {
    put_fixed64(out, field, std::bit_cast<std::uint64_t>(value));
}
inline void put_fixed32(std::string& out, unsigned field, std::uint32_t value) {
    put_key(out, field, 5);
    for (int i = 0; i < 4; ++i, value >>= 8U) out += static_cast<char>(value & 0xffU);
}

}  // namespace coax::telemetry::detail
