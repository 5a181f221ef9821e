#pragma once

#include "sim/fault_plan.hpp"
#include "sim/limits.hpp"
#include "sim/wire_form.hpp"

#include <coax/sim/server.hpp>

#include <cstdint>

namespace coax::sim::detail {

/// What the service says to each request: no socket, no clock, no thread. Belongs to one thread.
class service {
public:
    explicit service(options const& wanted);

    /// @param now  Never earlier than at the call before.
    [[nodiscard]] reply handle(request_view const& request, moment now);

    /// The answer to a request too large or not HTTP.
    [[nodiscard]] reply refuse(int status, std::string message, moment now);

    /// Counted so far; the connection counts are the server's.
    [[nodiscard]] server_stats const& counted() const noexcept { return stats_; }

private:
    [[nodiscard]] exchange begin(route const& asked, moment now);
    [[nodiscard]] reply turn_away(wire_error const& why, exchange const& with) const;
    [[nodiscard]] reply model_request(request_view const& request, exchange const& with);
    [[nodiscard]] reply answer_model(request_view const& request, exchange const& with, fault const* what);
    [[nodiscard]] reply chat(json::value const& body, request_view const& request, exchange const& with,
                             fault const* what);
    [[nodiscard]] reply embed(json::value const& body, exchange const& with);
    [[nodiscard]] reply count_tokens(json::value const& body, request_view const& request, exchange const& with) const;
    [[nodiscard]] reply list_models(exchange const& with) const;
    [[nodiscard]] reply show_model(exchange const& with) const;

    [[nodiscard]] reply fail_on_purpose(fault const& what, exchange const& with) const;
    [[nodiscard]] std::optional<reply> over_limit(std::string_view model, std::size_t tokens, exchange const& with);
    [[nodiscard]] bool knows(std::string_view model) const noexcept;
    void set_pace(reply& out, exchange const& with) const;

    options wanted_;
    fault_plan faults_;
    limits limits_;
    server_stats stats_;
};

}  // namespace coax::sim::detail
