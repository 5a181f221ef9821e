#include "provider/batch_text.hpp"
#include "provider/header_time.hpp"

#include <coax/provider/service_batch.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace coax {

std::string_view to_string(batch_state state) noexcept {
    constexpr std::array<std::string_view, 9> words{"unknown",   "validating", "in_progress", "finishing", "cancelling",
                                                    "completed", "failed",     "expired",     "cancelled"};
    return words.at(static_cast<std::size_t>(state));
}

bool service_batch::is_over() const noexcept {
    return state == batch_state::completed || state == batch_state::failed || state == batch_state::expired ||
           state == batch_state::cancelled;
}

namespace detail {

std::string on_one_line(std::string json) {
    std::ranges::replace_if(json, [](char c) { return c == '\n' || c == '\r'; }, ' ');
    return json;
}

http_request sent_once(http_request request) {
    request.repeatable = false;
    return request;
}

http_response failed_row(int status, json_value const& object) {
    return {.status = status, .body = R"({"error":)" + object.text() + '}'};
}

std::optional<std::chrono::sys_seconds> batch_creation(std::int64_t seconds) {
    if (seconds <= 0) return std::nullopt;
    return std::chrono::sys_seconds{std::chrono::seconds{seconds}};
}

std::optional<std::chrono::sys_seconds> batch_creation(std::string_view timestamp) {
    auto const read = parse_timestamp(timestamp);
    if (!read) return std::nullopt;
    return std::chrono::floor<std::chrono::seconds>(*read);
}

error no_batch_row(std::string_view service, std::string_view line) {
    return {.code = errc::protocol_error,
            .message = std::string{service} + " sent a line of " + std::to_string(line.size()) +
                       " bytes that is no result of a batch's row"};
}

}  // namespace detail
}  // namespace coax
