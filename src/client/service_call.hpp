#pragma once

#include <coax/chat/request.hpp>
#include <coax/chat/response.hpp>
#include <coax/core/rate_limit_status.hpp>
#include <coax/core/result.hpp>
#include <coax/core/secret.hpp>
#include <coax/http/message.hpp>
#include <coax/http/transport.hpp>
#include <coax/telemetry/observer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coax::detail {

/// Puts what a response holds where the caller has it. @returns What it cost.
using response_reader =
    std::function<result<usage>(http_response const& response, std::chrono::system_clock::time_point now)>;

/// When a request is sent more than once.
enum class resending {
    as_options_say,
    if_not_taken,  ///< As the options say, where the service surely did not take it; never hedged.
    never
};

/// One request that is no chat.
struct service_call {
    http_request request{};  ///< Without credentials.
    response_reader decode{};
    std::int64_t estimated_tokens{0};
    resending resent{resending::as_options_say};
    operation_kind kind{operation_kind::service};
    std::string_view name{};        ///< A literal, for observers.
    std::string model{};            ///< Empty: it is about none.
    std::vector<secret> secrets{};  ///< In header fields of its own.
    /// That it begins, and that may be billed; null: none. Outlives the call.
    chat_request const* chat{nullptr};
};

/// What a `service_call` came to.
struct service_reply {
    coax::usage usage{};
    rate_limit_status rate_limits{};
    int attempts{0};
    std::chrono::milliseconds latency{0};
};

/// A response that is read piece by piece, of which nothing is known yet.
struct opened_body {
    std::unique_ptr<streaming_response> body{};
    coax::usage usage{};
};

/// The reader that puts what `decode(response, now)` gives into `into`, which it leaves alone after an error.
template <class T, class Decode>
[[nodiscard]] response_reader read_into(T& into, Decode decode) {
    return [&into, decode = std::move(decode)](http_response const& response,
                                               std::chrono::system_clock::time_point now) -> result<usage> {
        auto decoded = decode(response, now);
        if (!decoded) return std::move(decoded).error();
        into = *std::move(decoded);
        if constexpr (requires { into.usage; })
            return into.usage;
        else
            return usage{};
    };
}

}  // namespace coax::detail
