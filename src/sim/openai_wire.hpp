#pragma once

#include "sim/service_api.hpp"

#include <initializer_list>
#include <string_view>

namespace coax::sim::detail {

/// Checks and reads a chat request as OpenAI and Azure do, in the order of its members. `chat` views into `body`.
[[nodiscard]] rejection read_openai_chat(json::value const& body, request_route const& route, parsed_chat& chat);

using media_kinds = std::initializer_list<std::string_view>;

/// Checks and reads its messages. @param messages  Null: there are none. @param media  Parts that a user's message may
/// have besides text.
[[nodiscard]] rejection read_openai_messages(json::value const* messages, parsed_chat& chat, media_kinds media);

/// Refuses members of the body that the service does not know.
[[nodiscard]] rejection refuse_unknown_members(json::value const& body);

/// Checks and reads the members that say how the response is made, served and billed.
[[nodiscard]] rejection read_openai_options(json::value const& body, parsed_chat& chat);

/// Checks a content part of a kind that its message may have. @param where  Of the part, such as
/// "messages[0].content[1]".
[[nodiscard]] rejection check_openai_part(json::value const& part, std::string const& where);

/// Writes completions as OpenAI and Azure do, one for each choice, whole or as events.
void write_openai_chat(response& out, parsed_chat const& chat, std::vector<completion> const& completions,
                       request_context const& context);

// The errors of a value that a request has or lacks; `where` is its path.
[[nodiscard]] api_error missing_parameter(std::string const& where, std::string param = {});
[[nodiscard]] api_error unknown_parameter(std::string where);
/// @param expected  "an integer".
[[nodiscard]] api_error invalid_type(std::string const& where, std::string_view expected, std::string param = {});
/// @param supported  "'a' and 'b'".
[[nodiscard]] api_error unsupported_value(std::string_view value, std::string_view supported, std::string param);

}  // namespace coax::sim::detail
