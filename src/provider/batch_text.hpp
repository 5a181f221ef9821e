#pragma once

#include <coax/core/error.hpp>
#include <coax/http/message.hpp>
#include <coax/json/value.hpp>
#include <coax/provider/service_batch.hpp>

#include <string>
#include <string_view>

/// What the batches of all services have in common.
namespace coax::detail {

/// A JSON text, with its line breaks, which are never in a string, as blanks.
[[nodiscard]] std::string on_one_line(std::string json);

/// The request that hands over, and so is sent once.
[[nodiscard]] http_request sent_once(http_request request);

/// The response of a row that failed without a status of HTTP. @param object  The error's.
[[nodiscard]] http_response failed_row(int status, json_value const& object);

/// Nothing: the number is none of the calendar.
[[nodiscard]] std::optional<std::chrono::sys_seconds> batch_creation(std::int64_t seconds);
[[nodiscard]] std::optional<std::chrono::sys_seconds> batch_creation(std::string_view timestamp);

/// `errc::protocol_error`: a line of results is none. @param line  Not in the error.
[[nodiscard]] error no_batch_row(std::string_view service, std::string_view line);

}  // namespace coax::detail
