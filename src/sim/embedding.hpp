#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace coax::sim::detail {

/// A vector of length 1 that follows from the text's words: texts that share words lie near each other.
[[nodiscard]] std::vector<float> embedding_of(std::string_view text, std::size_t dimensions, std::uint64_t seed);

/// Appends the vector as a JSON array.
void append_floats(std::string& out, std::vector<float> const& values);

/// Appends the vector's little-endian bytes in base64, as a JSON string.
void append_base64(std::string& out, std::vector<float> const& values);

}  // namespace coax::sim::detail
