#pragma once

#include "sim/latest_entries.hpp"
#include "sim/service_api.hpp"

#include <string>
#include <string_view>

namespace coax::sim::detail {

/// Whether the request may have Anthropic's member `thread`.
[[nodiscard]] inline bool has_message_threads(request_view const& request) noexcept {
    return request.anthropic_beta.find("message-threads-") != std::string_view::npos;
}

/// The conversations that Anthropic's service keeps between the requests of a thread, by the response each ends with.
class message_threads {
public:
    /// Puts the conversation that the request goes on from before its messages.
    /// @param body  An object; unchanged where it continues no thread.
    [[nodiscard]] rejection add_history(json::value& body) const;

    /// @param message  The response, whole. @param body  What it answers, with its history.
    void keep(std::string_view message, json::value const& body);

private:
    struct conversation {
        std::string terms{};  ///< JSON: system, tools and messages.
        bool continued{false};
    };

    latest_entries<conversation> kept_{};
};

}  // namespace coax::sim::detail
