#pragma once

#include "sim/service_api.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace coax::sim::detail {

struct embedding_request {
    std::string_view model{};
    std::vector<std::string> inputs{};
    std::size_t dimensions{1536};
    bool base64{false};
    std::size_t tokens{0};  ///< Of all inputs.
};

/// Checks and reads a request as OpenAI does. `out` views into `body`.
[[nodiscard]] rejection read_embedding_request(json::value const& body, request_route const& route,
                                               embedding_request& out);

/// Reads what is embedded and how, of a body whose members were checked and whose model `out` has.
[[nodiscard]] rejection read_embedding_inputs(json::value const& body, embedding_request& out);

/// A vector of length 1 that follows from the text's words: texts that share words lie near each other.
[[nodiscard]] std::vector<float> embedding_of(std::string_view text, std::size_t dimensions, std::uint64_t seed);

void write_embeddings(response& out, embedding_request const& request, std::uint64_t seed);

}  // namespace coax::sim::detail
