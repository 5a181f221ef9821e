#pragma once

#include <coax/chat/response.hpp>
#include <coax/core/error.hpp>
#include <coax/core/result.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace coax {

/// How a response in the background is made.
struct background_options {
    /// By when the service makes it: "soonest", or "2h" or "8h" for a lower price. Empty: not sent, as soon as it can.
    /// OpenAI alone, in its standard tier and without a stream.
    std::string completion_window{};
    /// An id of your own that groups responses which the service is to put in order together. It adds no history.
    /// OpenAI alone, with a `completion_window`. Empty: not sent.
    std::string continuation_id{};
};

/// How far a response in the background is.
enum class background_status {
    unknown,  ///< A word that this version does not know: the response is taken to go on.
    queued,
    in_progress,
    completed,
    incomplete,  ///< It ended early, by its token limit or a content filter: `chat_response::finish_reason` says which.
    failed,
    cancelled
};

[[nodiscard]] std::string_view to_string(background_status status) noexcept;

/// A response that the service makes while nobody waits for it, as it is at one moment.
struct background_response {
    std::string id{};  ///< By which it is found again, also by another program.
    background_status status{background_status::unknown};
    std::optional<chat_response> response{};  ///< Once it is completed or incomplete.
    /// Why there is none, once it is over: what the service told, or `errc::cancelled`.
    std::optional<error> failure{};
    std::optional<std::chrono::milliseconds> retry_after{};  ///< The service asks not to look again before.

    [[nodiscard]] bool is_over() const noexcept { return response || failure; }
};

/// What a service is asked about a response in the background.
enum class background_request {
    look,    ///< How far it is.
    cancel,  ///< To end it. One that is over stays as it is.
    stream,  ///< Its events, those that came before included.
    remove   ///< To forget it.
};

}  // namespace coax
