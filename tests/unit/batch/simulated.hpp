#pragma once

#include "sim/service.hpp"

#include <coax/client/client.hpp>
#include <coax/http/memory_transport.hpp>
#include <coax/runtime/clock.hpp>
#include <coax/runtime/runtime.hpp>
#include <coax/sim/options.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace coax::test {

/// The simulated services behind a transport without sockets, that may fail at one of its requests.
struct simulated {
    sim::options options{};
    sim::detail::service of{options};
    clock const* time{nullptr};
    std::uint64_t requests{0};
    std::uint64_t fails_at{0};  ///< From 1; 0: none.
    bool acted{true};           ///< The service gets it; only its answer is lost.

    explicit simulated(sim::options with) : options{std::move(with)} {}

    static header_list to_headers(std::string const& lines) {
        header_list list;
        for (std::size_t at = 0; at < lines.size();) {
            auto const end = lines.find("\r\n", at);
            auto const colon = lines.find(": ", at);
            list.add(lines.substr(at, colon - at), lines.substr(colon + 2, end - colon - 2));
            at = end + 2;
        }
        return list;
    }

    result<memory_transport::timed_response> handle(http_request const& sent) {
        bool const fails = ++requests == fails_at;
        if (fails && !acted) return error{.code = errc::connect_failed, .message = "no way"};
        auto const& head = sent.headers;
        sim::detail::request_view const seen{.method = sent.method,
                                             .target = sent.target,
                                             .body = sent.body,
                                             .anthropic_version = head.find("anthropic-version"),
                                             .content_type = head.find("content-type"),
                                             .host = "service.test",
                                             .upload = {.protocol = head.find("x-goog-upload-protocol"),
                                                        .command = head.find("x-goog-upload-command"),
                                                        .offset = head.find("x-goog-upload-offset"),
                                                        .length = head.find("x-goog-upload-header-content-length"),
                                                        .type = head.find("x-goog-upload-header-content-type")}};
        auto out = of.handle(seen, {.steady = time->now(), .system = time->system_now()});
        if (fails || out.fault) return error{.code = errc::connection_lost, .message = "the connection was lost"};
        return memory_transport::timed_response{
            .response = {.status = out.status, .headers = to_headers(out.headers), .body = std::move(out.body)},
            .delay = std::chrono::milliseconds{20},
            .piece_bytes = 700};
    }
};

}  // namespace coax::test
