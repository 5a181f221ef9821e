#pragma once

#include <coax/chat/message.hpp>
#include <coax/chat/response.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace coax::telemetry::detail {

/// The messages of a prompt in the form of `gen_ai.input.messages`. Texts are cut, and messages and parts left out, so
/// that no more than `most_bytes` of them are in it. Pictures, sounds and files are named, never held.
[[nodiscard]] std::string input_messages(std::vector<message> const& messages, std::size_t most_bytes);

/// The response in the form of `gen_ai.output.messages`.
[[nodiscard]] std::string output_messages(chat_response const& response, std::size_t most_bytes);

/// JSON text as it is, or, where it is longer, as a JSON string that holds its beginning.
[[nodiscard]] std::string cut_json(std::string_view json, std::size_t most_bytes);

/// A text as a JSON string, cut.
[[nodiscard]] std::string json_string(std::string_view text, std::size_t most_bytes);

}  // namespace coax::telemetry::detail
