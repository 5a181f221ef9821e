#pragma once

#include "sim/embedding.hpp"
#include "sim/service_api.hpp"

/// Azure AI model inference. Source: reference azure.md, section 7.
namespace coax::sim::detail {

/// Checks and reads a chat request. `chat` views into `body`.
/// @param extras  The header `extra-parameters`; empty: it was not sent.
[[nodiscard]] rejection read_azure_ai_chat(json::value const& body, std::string_view extras, parsed_chat& chat);

/// Checks and reads a request for embeddings. `out` views into `body`.
[[nodiscard]] rejection read_azure_ai_embedding(json::value const& body, std::string_view extras,
                                                embedding_request& out);

/// Writes completions, whole or as events.
void write_azure_ai_chat(response& out, parsed_chat const& chat, std::vector<completion> const& completions,
                         request_context const& context);

}  // namespace coax::sim::detail
