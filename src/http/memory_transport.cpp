#include "http/paced_exchange.hpp"

#include <coax/http/memory_transport.hpp>
#include <coax/runtime/clock.hpp>

#include <utility>

namespace coax {
namespace {

class memory_response final : public streaming_response {
public:
    memory_response(memory_transport::timed_response response, http::detail::paced_exchange exchange)
        : timed_{std::move(response)}, exchange_{std::move(exchange)} {}

    int status() const noexcept override { return timed_.response.status; }
    header_list const& headers() const noexcept override { return timed_.response.headers; }

    asio::awaitable<result<std::string_view>> read() override {
        auto const rest = std::string_view{timed_.response.body}.substr(given_);
        if (rest.empty()) {
            if (timed_.fails_after) co_return *timed_.fails_after;
            co_return std::string_view{};
        }
        if (auto waited = co_await exchange_.wait(timed_.delay_per_piece, http::detail::limit::idle); !waited)
            co_return waited.error();
        auto const piece = timed_.piece_bytes == 0 ? rest : rest.substr(0, timed_.piece_bytes);
        if (auto fits = exchange_.check_size(given_ + piece.size()); !fits) co_return fits.error();
        given_ += piece.size();
        co_return piece;
    }

    void keep_waiting() noexcept override { exchange_.keep_waiting(); }

    http_response take() { return std::move(timed_.response); }

private:
    memory_transport::timed_response timed_;
    http::detail::paced_exchange exchange_;
    std::size_t given_{0};
};

result<memory_transport::timed_response> call(memory_transport::handler const& respond, http_request const& request) {
    try {
        return respond(request);
    } catch (exception const& thrown) {
        return thrown.why();
    } catch (std::exception const& thrown) {
        return error{.code = errc::internal,
                     .message = std::string{"the handler of a memory_transport threw: "} + thrown.what()};
    }
}

asio::awaitable<result<std::unique_ptr<memory_response>>> begin(memory_transport::handler respond, http_request request,
                                                                exchange_limits limits) {
    http::detail::paced_exchange exchange{limits, request.to, now(co_await asio::this_coro::executor)};
    auto response = call(respond, request);
    if (!response) co_return response.error();
    if (auto waited = co_await exchange.wait(response->delay, http::detail::limit::first_byte); !waited)
        co_return waited.error();
    co_return std::make_unique<memory_response>(std::move(*response), std::move(exchange));
}

}  // namespace

memory_transport::memory_transport(handler respond) : respond_{std::move(respond)} {}

asio::awaitable<result<http_response>> memory_transport::send(http_request request, exchange_limits limits) {
    auto begun = co_await begin(respond_, std::move(request), limits);
    if (!begun) co_return begun.error();
    for (;;) {
        auto const piece = co_await (*begun)->read();
        if (!piece) co_return piece.error();
        if (piece->empty()) co_return (*begun)->take();
    }
}

asio::awaitable<result<std::unique_ptr<streaming_response>>> memory_transport::open(http_request request,
                                                                                    exchange_limits limits) {
    auto begun = co_await begin(respond_, std::move(request), limits);
    if (!begun) co_return begun.error();
    co_return std::unique_ptr<streaming_response>{std::move(*begun)};
}

}  // namespace coax
