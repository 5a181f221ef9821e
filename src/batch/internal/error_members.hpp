#pragma once

#include <coax/core/error.hpp>
#include <coax/json/writer.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace coax::detail {

/// What of an error the lines of outputs and the results in queues tell, as it is read from them.
struct error_members {
    std::string code{};
    std::string message{};
    std::string where{};
    int http_status{0};
    std::string service_code{};
    std::string service_message{};
    std::string request_id{};
    std::optional<std::int64_t> retry_after_ms{};
};

/// Writes an error as an object: its code, its message, and what else of it is known.
void write_error(json::writer& out, error const& why);

/// The error again, but for what no line has: attempts, tokens, the cause's number. A code that this version does not
/// know is `errc::internal`.
[[nodiscard]] error told_error(error_members told);

}  // namespace coax::detail
