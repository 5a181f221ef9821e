#pragma once

#include <coax/http/transport.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

namespace coax {

/// A transport without sockets: a function makes the responses. For tests and rehearsals; it runs in virtual time.
/// Thread safety: as the function's.
class memory_transport final : public transport {
public:
    /// A response with the times at which its parts arrive.
    struct timed_response {
        http_response response{};
        std::chrono::milliseconds delay{0};  ///< Before the head.
        std::size_t piece_bytes{0};          ///< Pieces in which a stream gets the body; 0: one.
        std::chrono::milliseconds delay_per_piece{0};
        std::optional<error> fails_after{};  ///< Ends the body with this error.
    };
    using handler = std::function<result<timed_response>(http_request const&)>;

    explicit memory_transport(handler respond);

    boost::asio::awaitable<result<http_response>> send(http_request request, exchange_limits limits) override;
    boost::asio::awaitable<result<std::unique_ptr<streaming_response>>> open(http_request request,
                                                                             exchange_limits limits) override;

private:
    handler respond_;
};

}  // namespace coax
