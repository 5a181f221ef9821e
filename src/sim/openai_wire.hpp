#pragma once

#include "sim/service_api.hpp"

namespace coax::sim::detail {

/// Checks and reads a chat request as OpenAI and Azure do, in the order of its members. `chat` views into `body`.
[[nodiscard]] rejection read_openai_chat(json::value const& body, request_route const& route, parsed_chat& chat);

/// Checks and reads its messages. @param messages  Null: there are none.
[[nodiscard]] rejection read_openai_messages(json::value const* messages, parsed_chat& chat);

/// Writes completions as OpenAI and Azure do, one for each choice, whole or as events.
void write_openai_chat(response& out, parsed_chat const& chat, std::vector<completion> const& completions,
                       request_context const& context);

// The errors of a value that a request has or lacks; `where` is its path.
[[nodiscard]] api_error missing_parameter(std::string const& where, std::string param = {});
/// @param expected  "an integer".
[[nodiscard]] api_error invalid_type(std::string const& where, std::string_view expected, std::string param = {});
/// @param supported  "'a' and 'b'".
[[nodiscard]] api_error unsupported_value(std::string_view value, std::string_view supported, std::string param);

}  // namespace coax::sim::detail
