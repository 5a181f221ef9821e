#pragma once

#include "sim/service_api.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace coax::sim::detail {

struct rerank_request {
    std::string_view model{};
    std::string_view query{};
    std::vector<std::string_view> documents{};
    std::size_t top_n{0};  ///< At most the number of documents.
    std::size_t tokens{0};
};

/// Checks and reads a request as llama.cpp and vLLM do. `out` views into `body`.
[[nodiscard]] rejection read_rerank_request(json::value const& body, rerank_request& out);

/// Scores by the words that a document shares with the query; of the best `top_n`, in the order of the request.
void write_ranks(response& out, rerank_request const& request, std::uint64_t seed);

}  // namespace coax::sim::detail
