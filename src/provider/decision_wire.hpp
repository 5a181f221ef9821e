#pragma once

#include <coax/core/result.hpp>
#include <coax/http/message.hpp>
#include <coax/provider/decision.hpp>

#include <chrono>
#include <string>
#include <string_view>

/// Typed questions on the three wires. Source: reference decisions.md, sections 1 to 3; openai-since-08.md, A1;
/// gemini-since-08.md, A1.
namespace coax::detail {

/// How one service's endpoint is called.
struct decision_endpoint {
    std::string_view service{};
    decision_wire wire{decision_wire::none};
    std::string_view path{};    ///< After the base's.
    std::string_view models{};  ///< Those that `decision_form::automatic` asks there: "*", "gpt-6-luna*"; empty: none.
    decision_limits limits{};
};

/// That of a service; of one that is not known, as "compatible" servers have it.
[[nodiscard]] decision_endpoint const& decision_endpoint_of(std::string_view service) noexcept;

[[nodiscard]] decision_support support_of(decision_endpoint const& at, std::string_view model);

/// Checks that the service can be asked this.
/// Errors: those of `validate(request)`; `errc::invalid_argument` naming the question or the member of the input.
[[nodiscard]] result<void> check_decision(decision_endpoint const& at, decision_request const& request);

/// @param model  As the body names it.
/// Errors: as `check_decision`.
[[nodiscard]] result<std::string> encode_decision_body(decision_endpoint const& at, std::string_view model,
                                                       decision_request const& request);

/// Errors: that of the service; `errc::content_filtered`; `errc::protocol_error`: an answer is missing, is for another
/// question or of another kind, has a label that was not offered or a probability that is none.
[[nodiscard]] result<decision_response> decode_decision_body(decision_endpoint const& at,
                                                             decision_request const& request,
                                                             http_response const& response,
                                                             std::chrono::system_clock::time_point now);

}  // namespace coax::detail
