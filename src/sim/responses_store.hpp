#pragma once

#include "sim/latest_entries.hpp"
#include "sim/service_api.hpp"

#include <string>
#include <string_view>

namespace coax::sim::detail {

/// The responses that the service keeps.
class responses_store {
public:
    /// Puts the conversation that the request goes on from before its input.
    /// @param body  An object; unchanged where it names no previous response.
    [[nodiscard]] rejection add_history(json::value& body) const;

    /// @param input  The items that the response was asked for.
    /// @param ready  When one that runs in the background has ended.
    void keep(response const& out, parsed_chat const& chat, json::value const& input, moment ready);

    /// A response as GET shows it now: one that runs in the background is queued, then in progress, then over.
    /// @returns Its JSON; empty: there is none.
    [[nodiscard]] std::string show(std::string_view id, moment now);

    /// Ends a response in the background. @returns As `show`.
    [[nodiscard]] std::string cancel(std::string_view id, moment now);
    [[nodiscard]] bool is_background(std::string_view id) const;

    [[nodiscard]] bool remove(std::string_view id) { return entries_.remove(id); }

private:
    struct entry {
        std::string object{};   ///< As it is in the end.
        std::string pending{};  ///< As it is before; empty: it did not run in the background.
        std::string conversation{};
        moment ready{};
        bool seen{false};  ///< In progress.
        bool cancelled{false};
    };

    latest_entries<entry> entries_{};
};

}  // namespace coax::sim::detail
