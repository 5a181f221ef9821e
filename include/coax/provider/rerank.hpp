#pragma once

#include <coax/chat/response.hpp>
#include <coax/core/result.hpp>
#include <coax/json/value.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace coax {

/// Texts to be put in the order of how well they answer a question: what llama.cpp, vLLM, Jina and Cohere serve as
/// `/v1/rerank`. One request: nothing is split.
struct rerank_request {
    std::string query{};
    std::vector<std::string> documents{};
    std::string model{};                 ///< Empty: the client's.
    std::optional<std::size_t> top_n{};  ///< Only the best so many come back. Must be > 0. Nothing: all.
    json_value extra{};                  ///< A JSON object merged into the body last: it wins. Null: none.
};

/// Errors: `errc::invalid_argument`; `where` is the field.
[[nodiscard]] result<void> validate(rerank_request const& request);

struct ranked_document {
    std::size_t index{0};  ///< In `rerank_request::documents`.
    double score{0};       ///< Higher is better; the scale is the model's.

    [[nodiscard]] friend bool operator==(ranked_document const&, ranked_document const&) = default;
};

struct rerank_response {
    std::vector<ranked_document> documents{};  ///< Best first; equal scores in the order of the request.
    coax::usage usage{};
    std::string model{};  ///< As the service named it.
    int attempts{0};
    std::chrono::milliseconds latency{0};
};

}  // namespace coax
