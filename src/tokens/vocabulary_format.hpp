#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace coax::tokens::detail {

/// "coaxbpe1" in the byte order of the machine: those of another one do not read it.
inline constexpr std::uint64_t format_magic = 0x3165'7062'7861'6F63ULL;

/// Each table begins at a multiple of 8 bytes.
[[nodiscard]] constexpr std::size_t padded(std::size_t bytes) noexcept { return (bytes + 7) / 8 * 8; }

[[nodiscard]] std::uint64_t checksum_of(std::span<std::byte const> bytes) noexcept;

}  // namespace coax::tokens::detail
