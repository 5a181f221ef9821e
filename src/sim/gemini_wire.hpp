#pragma once

#include "sim/embedding.hpp"
#include "sim/proto_json.hpp"
#include "sim/service_api.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace coax::sim::detail {

[[nodiscard]] proto_message const& gemini_generate_request() noexcept;
[[nodiscard]] proto_message const& gemini_count_request() noexcept;
[[nodiscard]] proto_message const& gemini_embed_request() noexcept;
[[nodiscard]] proto_message const& gemini_batch_embed_request() noexcept;
[[nodiscard]] proto_message const& vertex_predict_request() noexcept;

/// A model of the generations before the third, which takes a thinking budget, gives calls no ids and does not ask for
/// signatures.
[[nodiscard]] bool is_older_gemini(std::string_view model) noexcept;

/// The signature of a call, which is demanded back with it.
[[nodiscard]] std::string gemini_signature(std::string_view name, json::value const& arguments);

/// Checks and reads a generateContent or countTokens request as Gemini does. `chat` views into `body`.
[[nodiscard]] rejection read_gemini_chat(json::value const& body, request_route const& route, parsed_chat& chat);

/// Checks and reads its contents. @param contents  Null: there are none.
[[nodiscard]] rejection read_gemini_contents(json::value const* contents, parsed_chat& chat);

/// Why Gemini refuses this JSON Schema; none: it takes it.
[[nodiscard]] std::optional<std::string> gemini_schema_error(json::value const& schema);

/// A schema of Gemini's own form as JSON Schema.
[[nodiscard]] json::value from_open_api(json::value const& schema);

/// Writes completions as Gemini does, whole or as events.
void write_gemini_chat(response& out, parsed_chat const& chat, std::vector<completion> const& completions,
                       request_context const& context);

/// Checks and reads an embedContent or batchEmbedContents request as Gemini does. `out` views into `body`.
[[nodiscard]] rejection read_gemini_embedding(json::value const& body, request_route const& route,
                                              embedding_request& out);

void write_gemini_embeddings(response& out, embedding_request const& request, request_route const& route,
                             std::uint64_t seed);

}  // namespace coax::sim::detail
