#pragma once

#include <coax/core/detail/toolchain.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace coax {

/// What a response depends on, as digests: two responses with the same ones answer the same question in the same way.
/// 0: not known. An output file has them in each line, so that a resumed batch does not mix responses.
struct response_origin {
    std::uint32_t prompt{0};  ///< The template, and a system message for all records.
    std::uint32_t model{0};
    std::uint32_t schema{0};
    std::uint32_t service{0};
    std::uint32_t parameters{0};  ///< Sampling, limits of a response.
    std::uint32_t record{0};      ///< The record's key and what the prompt shows of it.
};

/// A digest of a text for `response_origin`; never 0. Finds changes, not forgeries (FNV-1a, 32 bits).
[[nodiscard]] std::uint32_t digest_of(std::string_view text) noexcept;

/// The digests in the order of the members, as hexadecimal numbers: "1a2b3c4d-0-…".
[[nodiscard]] std::string to_string(response_origin const& origin);

/// Reads what `to_string` wrote. What is missing or no number is 0.
[[nodiscard]] response_origin parse_origin(std::string_view text) noexcept;

/// The parts besides the record that are known of both and differ: "another prompt, other parameters"; empty: none.
[[nodiscard]] std::string differences(response_origin const& one, response_origin const& other);

}  // namespace coax
