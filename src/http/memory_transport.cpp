#include "http/errors.hpp"

#include <coax/http/memory_transport.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/clock.hpp>

#include <algorithm>
#include <utility>

namespace coax {
namespace {

using std::chrono::milliseconds;

/// A wait, and the limit that passes before it is over.
struct bounded_wait {
    clock::duration wait;
    http::detail::limit passes{http::detail::limit::none};
};

bounded_wait bound(clock::duration wanted, http::detail::limit step, milliseconds step_limit, milliseconds total,
                   clock::duration total_left) {
    bounded_wait plan{.wait = wanted};
    if (step_limit > milliseconds{0} && step_limit < plan.wait) plan = {step_limit, step};
    if (total > milliseconds{0} && total_left < plan.wait) plan = {total_left, http::detail::limit::total};
    return plan;
}

/// The waits of one response against the limits of its exchange.
class paced_exchange {
public:
    paced_exchange(exchange_limits limits, origin to, clock::time_point begun)
        : limits_{limits}, to_{std::move(to)}, begun_{begun} {}

    asio::awaitable<result<void>> wait(milliseconds delay, http::detail::limit step) {
        auto const executor = co_await asio::this_coro::executor;
        bool const unlimited = step_ == http::detail::limit::first_byte && limits_.first_byte <= milliseconds{0};
        if (!std::exchange(same_limit_, false) || unlimited) step_ = step, waited_ = milliseconds{0};
        auto const step_limit = step_ == http::detail::limit::first_byte ? limits_.first_byte : limits_.idle;
        auto const left = step_limit > milliseconds{0} ? std::max(step_limit - waited_, milliseconds{1}) : step_limit;
        auto const plan = bound(delay, step_, left, limits_.total, begun_ + limits_.total - now(executor));
        waited_ += delay;
        if (plan.wait > clock::duration::zero())
            if (auto slept = co_await as_result(sleep_for(plan.wait)); !slept) co_return http::detail::cancelled(to_);
        if (plan.passes != http::detail::limit::none)
            co_return http::detail::limit_passed(plan.passes, plan.passes == step_ ? step_limit : limits_.total, to_);
        co_return result<void>{};
    }

    void keep_waiting() noexcept { same_limit_ = true; }

    [[nodiscard]] result<void> check_size(std::size_t body_bytes) const {
        if (body_bytes > limits_.max_body_bytes) return http::detail::body_too_large(limits_.max_body_bytes, to_);
        return {};
    }

private:
    exchange_limits limits_;
    origin to_;
    clock::time_point begun_;
    http::detail::limit step_{http::detail::limit::none};  ///< The limit that counts, besides `total`.
    milliseconds waited_{0};                               ///< Of it.
    bool same_limit_{false};
};

class memory_response final : public streaming_response {
public:
    memory_response(memory_transport::timed_response response, paced_exchange exchange)
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
    paced_exchange exchange_;
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
    paced_exchange exchange{http::detail::clamped(limits), request.to, now(co_await asio::this_coro::executor)};
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
