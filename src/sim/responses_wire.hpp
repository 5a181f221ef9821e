#pragma once

#include "sim/openai_wire.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// The Responses API. Source: reference openai.md, section 6; openai-since-08.md.
namespace coax::sim::detail {

/// Checks and reads a request as the service does. `chat` views into `body`.
[[nodiscard]] rejection read_responses_request(json::value const& body, parsed_chat& chat);

/// Checks and reads the items of its input. @param input  A text or a list.
[[nodiscard]] rejection read_responses_input(json::value const& input, parsed_chat& chat);

/// Writes one completion, whole or as events. `out.object` is the whole response as it is stored, of one that runs in
/// the background as well; `out.body` is then the response of a request that is queued.
void write_responses(response& out, parsed_chat const& chat, completion const& output, request_context const& context);

/// The event that ends a stream with an error.
[[nodiscard]] std::string responses_error_event(api_error const& why);

// The ids of items say what the service would know of them: whether it keeps them, of which response they are, and
// whether reasoning came before them.

/// @param kind  "rs", "msg", "fc". @param index  Among the response's items.
[[nodiscard]] std::string make_item_id(std::string_view kind, std::uint64_t seed, bool stored, bool reasoned,
                                       std::size_t index);
/// Whether the service keeps the item.
[[nodiscard]] bool is_stored_item(std::string_view id) noexcept;
/// The id of the reasoning that came before a kept item; empty: none did.
[[nodiscard]] std::string reasoning_id_of(std::string_view id);
/// What an item of reasoning holds for callers who keep it themselves.
[[nodiscard]] std::string encrypted_reasoning(std::string_view id);

}  // namespace coax::sim::detail
