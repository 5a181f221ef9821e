#include "fleet/result_text.hpp"

#include <coax/bind/read.hpp>
#include <coax/bind/write.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

namespace coax::fleet::detail {
namespace {

/// What of an error is told to others.
struct error_members {
    errc code{errc::internal};
    std::string message{};
    std::string where{};
    int http_status{0};
    std::string service_code{};
    std::string service_message{};
    std::string request_id{};
    std::optional<std::int64_t> retry_after_ms{};
};

struct result_members {
    std::optional<std::string> value{};
    std::optional<error_members> error{};
    coax::usage usage{};
    int attempts{0};
};

error_members to_members(error const& why) {
    error_members members{.code = why.code,
                          .message = why.message,
                          .where = why.where,
                          .http_status = why.http_status,
                          .service_code = why.service_code,
                          .service_message = why.service_message,
                          .request_id = why.request_id};
    if (why.retry_after) members.retry_after_ms = why.retry_after->count();
    return members;
}

error to_error(error_members members, result_members const& all) {
    error why{.code = members.code,
              .message = std::move(members.message),
              .where = std::move(members.where),
              .http_status = members.http_status,
              .service_code = std::move(members.service_code),
              .service_message = std::move(members.service_message),
              .request_id = std::move(members.request_id),
              .attempts = all.attempts,
              .input_tokens = all.usage.input_tokens,
              .output_tokens = all.usage.output_tokens};
    if (members.retry_after_ms) why.retry_after = std::chrono::milliseconds{*members.retry_after_ms};
    return why;
}

}  // namespace

std::string result_text(error const& why) {
    result_members const members{.error = to_members(why),
                                 .usage = {.input_tokens = why.input_tokens, .output_tokens = why.output_tokens},
                                 .attempts = why.attempts};
    return json::write(members);
}

std::string result_text(result<batch_output<std::string>> const& outcome) {
    if (!outcome) return result_text(outcome.error());
    result_members const members{.value = outcome->value, .usage = outcome->usage, .attempts = outcome->attempts};
    return json::write(members);
}

result<batch_output<std::string>> read_result(std::string_view text) {
    auto read = json::read<result_members>(text, {.require_fields = false});
    if (!read || (!read->value && !read->error))
        return error{.code = errc::protocol_error, .message = "what Redis has as a row's result is none"};
    if (read->error) return to_error(std::move(*read->error), *read);
    return batch_output<std::string>{
        .value = std::move(*read->value), .usage = read->usage, .attempts = read->attempts};
}

}  // namespace coax::fleet::detail
