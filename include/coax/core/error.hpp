#pragma once

#include <coax/core/rate_limit_status.hpp>

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

namespace coax {

/// What went wrong, as a caller can act on it. Each value says whether the service may have acted (and billed).
enum class errc {
    cancelled = 1,     ///< The caller cancelled. The service may have acted.
    timeout,           ///< A time limit passed; `error::message` names which. The service may have acted.
    connect_failed,    ///< No connection could be made (name, route, refusal, proxy). Nothing was sent.
    tls_failed,        ///< The peer's certificate or host name was not accepted. Nothing was sent.
    connection_lost,   ///< The connection ended before the whole response was there. The service may have acted.
    protocol_error,    ///< The peer's bytes are not HTTP, not an event stream or not the service's JSON. It may have
                       ///< acted.
    too_large,         ///< A response, event, line or queue outgrew its stated bound. The service may have acted.
    rate_limited,      ///< 429 or its like: too many requests or tokens. The service did nothing.
    quota_exhausted,   ///< Credit or a spending limit is used up; waiting does not help. The service did nothing.
    overloaded,        ///< 503, 529: the service has no capacity. It did nothing.
    server_error,      ///< Another 5xx. The service may have acted.
    authentication,    ///< No key, a wrong key, or one that may not do this. The service did nothing.
    not_found,         ///< No such model, deployment or address. The service did nothing.
    bad_request,       ///< The service refused the request as malformed or unsupported. It did nothing.
    context_too_long,  ///< The prompt and the wanted response do not fit the model, or alone exceed what is allowed in
                       ///< a minute. The service did nothing.
    content_filtered,  ///< A content filter blocked the prompt or the response. May be billed.
    refused,           ///< The model declined to answer. Billed.
    truncated,         ///< The response hit its token limit and is incomplete. Billed.
    invalid_output,    ///< The response does not have the wanted form, also after all re-asks. Billed.
    tool_failed,       ///< The tool loop could not go on (too many rounds). Billed.
    invalid_argument,  ///< An option, request or schema is wrong; `error::where` names it. Nothing was sent.
    invalid_json,      ///< Text is not JSON or does not fit the type; `error::where` is the JSON pointer.
    io_failed,         ///< A file could not be read or written; `error::where` names it.
    closed,            ///< The semaphore, limiter, stream or client was closed. Nothing was sent.
    stalled,           ///< Virtual time only: nothing is ready and no deadline is left, so nothing can ever happen.
    internal,          ///< A user's callback threw, or coax broke a promise of its own. `error::message` says which.
    spent_on_reasoning,  ///< The token limit went into reasoning before any text came. Billed.
};

/// The standard spelling of a value, such as "rate_limited". Never empty.
[[nodiscard]] std::string_view to_string(errc code) noexcept;

/// The category behind `make_error_code(errc)`; its name is "coax".
[[nodiscard]] boost::system::error_category const& coax_category() noexcept;

[[nodiscard]] boost::system::error_code make_error_code(errc code) noexcept;

/// All that is known about one failure. Copyable, owns its data, holds no secret.
struct error {
    errc code{};                    ///< Branch on this, never on `message`.
    std::string message{};          ///< For people, one line. Never a key or a prompt.
    std::string where{};            ///< JSON pointer, option name, file:line or host; empty: not applicable.
    int http_status{0};             ///< 0: no response arrived.
    std::string service_code{};     ///< The service's own code or type, as it spelled it; empty: none.
    std::string service_message{};  ///< The service's own words, keys removed; empty: none.
    std::string request_id{};       ///< To quote to the service's support; empty: none.
    std::optional<std::chrono::milliseconds> retry_after{};  ///< The wait the service asked for.
    std::optional<bool> should_retry{};  ///< The service's own verdict (`x-should-retry`), if it gave one; false where
                                         ///< the response was whole, and paid for, but cannot be read.
    int attempts{0};                     ///< Times a request was sent; 0: not counted or never.
    std::int64_t input_tokens{0};        ///< Billed for responses that could not be used, as far as known.
    std::int64_t output_tokens{0};       ///< The same of the responses themselves.
    rate_limit_status rate_limits{};     ///< What the response said about the service's rate limits.
    boost::system::error_code cause{};   ///< What the operating system or TLS reported, if it did.

    [[nodiscard]] bool operator==(error const& other) const;
};

/// The error of a value that a caller gave and that cannot be.
/// @param where    The option or field, as the caller wrote it: "retry.max_attempts".
/// @param message  What it must be: "must be in [1, 1000]".
[[nodiscard]] error invalid_argument(std::string where, std::string message);

/// One line for people: code, message, place, status, the service's words, request id. Never a key or a prompt.
[[nodiscard]] std::string to_string(error const& why);

std::ostream& operator<<(std::ostream& out, error const& why);

/// Whether the same request may succeed when sent again: the one table behind every retry policy.
/// `error::should_retry` overrides it either way, except for a cancellation.
[[nodiscard]] bool is_retryable(error const& why) noexcept;

/// What every public operation throws.
class exception : public boost::system::system_error {
public:
    explicit exception(error why);

    /// The failure in full. Lives as long as the exception.
    [[nodiscard]] error const& why() const noexcept { return why_; }
    [[nodiscard]] errc code_value() const noexcept { return why_.code; }

private:
    error why_;
};

[[noreturn]] void throw_error(error why);

}  // namespace coax

template <>
struct boost::system::is_error_code_enum<coax::errc> : std::true_type {};
