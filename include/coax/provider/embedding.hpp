#pragma once

#include <coax/chat/response.hpp>
#include <coax/core/result.hpp>
#include <coax/json/value.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace coax {

/// How a service writes the numbers of a vector.
enum class embedding_encoding {
    automatic,  ///< Base64 where the service is known to take it: a third of the bytes. Both are read, whatever comes.
    numbers,
    base64
};

/// Texts to be turned into vectors. Only what is set is sent.
struct embedding_request {
    std::vector<std::string> texts{};  ///< As many as wanted: `client::embed` splits them.
    std::string model{};  ///< Empty: `service_options::embedding_model`, else `model`; on Azure the deployment.
    std::optional<std::int64_t> dimensions{};  ///< Of each vector, where the model can choose. Must be > 0.
    embedding_encoding encoding{embedding_encoding::automatic};
    /// What the texts are for, where a service or model tells "query" and "document" apart. Empty: not sent. Gemini's
    /// own task types are taken too; OpenAI and Azure know none.
    std::string input_type{};
    std::string user{};  ///< Opaque id of the end user, hashed by you; empty: not sent.
    json_value extra{};  ///< A JSON object merged into the body last: it wins. Null: none.

    /// Most texts of one request. 0: as many as the service documents, fewer where their vectors might outgrow
    /// `exchange_limits::max_body_bytes`.
    std::size_t max_texts_per_request{0};
    /// Most tokens of one request, estimated at one for each three bytes. 0: as many as the service documents.
    std::int64_t max_tokens_per_request{0};
    /// Requests at once; the client's `max_concurrency` bounds them too. Range: [1, 65535].
    std::size_t concurrency{8};
};

/// Checks what no service accepts: no texts, numbers out of range.
/// Errors: `errc::invalid_argument`; `where` is the field.
[[nodiscard]] result<void> validate(embedding_request const& request);

/// The vectors of texts.
struct embedding_response {
    /// One for each text, in the order of the texts: its vector, or why there is none. A failure of the request that it
    /// was in is that of each text in it. An empty text is `errc::invalid_argument`.
    std::vector<result<std::vector<float>>> vectors{};
    coax::usage usage{};                   ///< Of all requests, also of those that could not be used.
    std::string model{};                   ///< As the service named it.
    int attempts{0};                       ///< Times a request was sent, retries included.
    std::chrono::milliseconds latency{0};  ///< From the call to its end, waits included.

    /// All vectors. @throws coax::exception  The error of the first text that has none.
    [[nodiscard]] std::vector<std::vector<float>> values() &&;
};

/// What one request may hold.
struct embedding_limits {
    std::size_t texts{2'048};
    std::int64_t tokens{300'000};
};

/// The cosine of the angle between two vectors: 1 for the same direction, 0 for nothing in common.
/// NaN where they differ in length, or one of them is empty or all zero.
[[nodiscard]] double cosine_similarity(std::span<float const> a, std::span<float const> b) noexcept;

}  // namespace coax
