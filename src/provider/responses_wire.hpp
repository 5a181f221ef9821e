#pragma once

#include "provider/openai_wire.hpp"

#include <coax/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The Responses wire, which OpenAI, Azure and some local servers speak beside chat completions. A response is a list
/// of items; those that the service wants back travel as `message::raw_content`: an object with the member `output`.
/// Source: reference openai.md, section 6; openai-since-08.md.
namespace coax::detail {

/// The body of a Responses request; `token_limit_name` is not used.
/// Errors: those of `validate(request)`; `errc::invalid_argument` for what this wire cannot express.
[[nodiscard]] result<std::string> encode_responses_body(openai_body_options const& options,
                                                        chat_request const& request);

/// The whole response, or the error that its status and body report.
[[nodiscard]] result<chat_response> decode_responses_response(openai_profile const& profile,
                                                              http_response const& response,
                                                              std::chrono::system_clock::time_point now);

[[nodiscard]] std::unique_ptr<stream_decoder> make_responses_stream_decoder(openai_profile const& profile,
                                                                            header_list const& headers);

// The part of the wire that coax reads. Everything may be missing or null; the rest is skipped.

struct responses_part {
    std::string type{};
    std::string text{};
    std::string refusal{};
    json_value annotations{};
    json_value logprobs{};
};

struct responses_item {
    std::string type{};
    std::string id{};
    std::string call_id{};
    std::string name{};
    json_value arguments{};  ///< Of a function; text, but an object from some servers.
    std::string input{};     ///< Of a custom tool.
    std::vector<responses_part> content{};
    std::vector<responses_part> summary{};
    std::string phase{};
};

struct responses_input_details {
    std::int64_t cached_tokens{0};
    std::int64_t cache_write_tokens{0};
};

struct responses_output_details {
    std::int64_t reasoning_tokens{0};
};

struct responses_usage {
    std::int64_t input_tokens{0};
    std::int64_t output_tokens{0};
    responses_input_details input_tokens_details{};
    responses_output_details output_tokens_details{};
};

struct responses_incomplete_details {
    std::string reason{};
};

/// A response object, or the one in an event of a stream.
struct responses_object {
    std::string object{};
    std::string id{};
    std::string model{};
    std::string status{};
    std::string service_tier{};
    std::vector<responses_item> output{};
    responses_usage usage{};
    responses_incomplete_details incomplete_details{};
    json_value error{};
    json_value content_filters{};  ///< Azure's.
};

/// The object in `text`, read strictly, else tolerantly from its repaired form, which `text` then is a view of.
/// Errors: `errc::invalid_json`: no JSON object.
[[nodiscard]] result<responses_object> read_responses_object(std::string_view& text, std::string& repaired);

/// What the items say: texts, calls, and why the response ended; and the items themselves where they are wanted back.
/// @param text  The object that `wire` was read from.
/// Errors: `errc::too_large`, and what a response that failed, was cancelled or goes on reports. With the tokens.
[[nodiscard]] result<chat_response> to_chat_response(std::string_view service, responses_object& wire,
                                                     std::string_view text, std::string_view request_id);

[[nodiscard]] usage to_usage(responses_usage const& wire) noexcept;

/// Whether the item is a call of a tool that the caller runs.
[[nodiscard]] bool is_call(responses_item const& item) noexcept;

}  // namespace coax::detail
