#pragma once

#include <coax/chat/request.hpp>
#include <coax/core/result.hpp>
#include <coax/json/writer.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What the encoders of all services share.
namespace coax::detail {

/// About the size of the body, so that one allocation does.
[[nodiscard]] std::size_t expected_bytes(chat_request const& request);

void write_strings(json::writer& out, std::string_view name, std::vector<std::string> const& texts);

/// Adds `extra` to a finished body. Errors: `errc::invalid_argument`.
[[nodiscard]] result<std::string> with_extra(std::string body, json_value const& extra);
[[nodiscard]] result<std::string> with_extra(std::string body, chat_request const& request);

/// The body without these members, whose text stays as it is.
[[nodiscard]] result<std::string> without_members(std::string body, std::vector<std::string> const& names);

/// The body with these members alone, whose text stays as it is.
[[nodiscard]] result<std::string> only_members(std::string const& body, std::span<std::string_view const> names);

/// Parameters of a strict tool that takes none: strict dialects want even that said.
inline constexpr std::string_view strict_no_parameters =
    R"({"type":"object","properties":{},"required":[],"additionalProperties":false})";

/// `data` as a URL that holds it.
void write_data_url(json::writer& out, std::string_view name, std::string_view media_type, base64_data const& data);

/// Errors: `errc::invalid_argument`, `where` is such as "messages[0].parts[1]".
/// @param refusal_of  Why the service cannot take a part in a message of this role; empty: it can.
[[nodiscard]] result<void> check_parts(std::vector<message> const& messages, std::string_view service,
                                       std::string_view (*refusal_of)(content_part const& part, role speaker));

}  // namespace coax::detail
