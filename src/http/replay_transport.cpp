#include "http/cassette_file.hpp"
#include "http/cassette_match.hpp"
#include "http/paced_exchange.hpp"
#include "http/scrubber.hpp"

#include <coax/http/cassette.hpp>
#include <coax/runtime/clock.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <unordered_map>
#include <utility>

namespace coax {
namespace {

using std::chrono::milliseconds;

/// What one request is answered with, decoded.
struct replayed_exchange {
    struct piece {
        milliseconds at{0};
        std::string bytes{};
    };
    milliseconds begins{0};
    http_response head{};
    std::vector<piece> pieces{};
    std::optional<http::detail::recorded_failure> failure{};
    bool answered{false};  ///< Otherwise it failed before a response.
};

result<replayed_exchange> decode(http::detail::recorded_exchange const& recorded, bool timed) {
    auto const at = [timed](std::int64_t ms) { return milliseconds{timed ? ms : 0}; };
    replayed_exchange made{.failure = recorded.failure, .answered = recorded.response.has_value()};
    if (made.failure && !timed) made.failure->ms = 0;
    if (!made.answered) return made;
    auto const& response = *recorded.response;
    made.begins = at(response.ms);
    made.head.status = response.status;
    for (auto const& [name, value] : response.headers) made.head.headers.add(name, value);
    auto const add = [&](std::int64_t ms, json_value const& data) -> result<void> {
        auto bytes = http::detail::from_recorded(data);
        if (!bytes) return std::move(bytes).error();
        if (!bytes->empty()) made.pieces.push_back({at(ms), *std::move(bytes)});
        return {};
    };
    if (response.body)
        if (auto added = add(response.ms, *response.body); !added) return std::move(added).error();
    if (response.events)
        for (auto const& each : *response.events)
            if (auto added = add(each.ms, each.data); !added) return std::move(added).error();
    return made;
}

error failure_of(http::detail::recorded_failure const& failure) {
    return {.code = failure.code, .message = failure.message, .where = failure.where};
}

/// A response that comes as it came once.
class replayed_response final : public streaming_response {
public:
    replayed_response(replayed_exchange exchange, http::detail::paced_exchange pace)
        : exchange_{std::move(exchange)}, pace_{std::move(pace)}, reached_{exchange_.begins} {}

    int status() const noexcept override { return exchange_.head.status; }
    header_list const& headers() const noexcept override { return exchange_.head.headers; }

    asio::awaitable<result<std::string_view>> read() override {
        bool const is_over = next_ == exchange_.pieces.size();
        if (is_over && !exchange_.failure) co_return std::string_view{};
        auto const at = is_over ? milliseconds{exchange_.failure->ms} : exchange_.pieces[next_].at;
        auto const pause = std::max(at - std::exchange(reached_, at), milliseconds{0});
        if (auto waited = co_await pace_.wait(pause, http::detail::limit::idle); !waited) co_return waited.error();
        if (is_over) co_return failure_of(*exchange_.failure);
        std::string_view const piece = exchange_.pieces[next_++].bytes;
        given_ += piece.size();
        if (auto fits = pace_.check_size(given_); !fits) co_return fits.error();
        co_return piece;
    }

    void keep_waiting() noexcept override { pace_.keep_waiting(); }

private:
    replayed_exchange exchange_;
    http::detail::paced_exchange pace_;
    milliseconds reached_;
    std::size_t next_{0};
    std::size_t given_{0};
};

}  // namespace

/// What is replayed, and what of it was.
class replay_transport::cassette {
public:
    cassette(std::string path, replay_options options)
        : path_{std::move(path)}, options_{options}, loaded_{value_or_throw(load(path_, options))} {
        auto const& exchanges = loaded_.exchanges;
        played_.resize(exchanges.size());
        for (std::size_t i = 0; i < exchanges.size(); ++i)
            places_[match_key(exchanges[i].exchange.request)].push_back(i);
    }

    /// The next response to such a request.
    [[nodiscard]] result<replayed_exchange> take(http_request const& request) {
        http::detail::scrubber const scrub{loaded_.hidden, {}, request};
        auto const shown = scrub.request(request);
        auto const found = places_.find(match_key(shown));
        if (found != places_.end())
            for (auto const place : found->second)
                if (!played_[place] || (options_.repeat && place == found->second.back())) return play(place);
        return miss(shown, found != places_.end() ? found->second.size() : 0);
    }

    [[nodiscard]] std::vector<std::string> unused() const {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < played_.size(); ++i) {
            auto const& [line, exchange] = loaded_.exchanges[i];
            if (played_[i]) continue;
            names.push_back("line " + std::to_string(line) + ": " + exchange.request.method + ' ' +
                            exchange.request.path);
        }
        return names;
    }

private:
    static result<http::detail::loaded_cassette> load(std::string const& path, replay_options const& options) {
        if (options.max_bytes == 0) return invalid_argument("max_bytes", "must be > 0");
        return http::detail::load_cassette(path, options.max_bytes);
    }

    result<replayed_exchange> play(std::size_t place) {
        played_[place] = true;
        auto made = decode(loaded_.exchanges[place].exchange, options_.timed);
        if (made) return made;
        auto why = std::move(made).error();
        why.where = path_ + ":" + std::to_string(loaded_.exchanges[place].line);
        return why;
    }

    [[nodiscard]] error miss(http::detail::recorded_request const& sent, std::size_t times) const {
        if (times > 0)
            return invalid_argument(path_, sent.method + ' ' + sent.path + " was recorded " + std::to_string(times) +
                                               (times == 1 ? " time" : " times") +
                                               " and is sent once more; record it anew, or set `repeat`");
        std::vector<http::detail::numbered_exchange const*> unplayed;
        for (std::size_t i = 0; i < played_.size(); ++i)
            if (!played_[i]) unplayed.push_back(&loaded_.exchanges[i]);
        return invalid_argument(path_, describe_miss(sent, unplayed));
    }

    std::string path_;
    replay_options options_;
    http::detail::loaded_cassette loaded_;
    std::vector<bool> played_{};
    std::unordered_map<std::string, std::vector<std::size_t>> places_{};
};

namespace {

asio::awaitable<result<std::unique_ptr<replayed_response>>> replay(std::shared_ptr<replay_transport::cassette> from,
                                                                   http_request request, exchange_limits limits) {
    auto const began = now(co_await asio::this_coro::executor);
    http::detail::paced_exchange pace{limits, request.to, began};
    auto exchange = from->take(request);
    if (!exchange) co_return std::move(exchange).error();
    auto const wait = exchange->answered ? exchange->begins : milliseconds{exchange->failure->ms};
    if (auto waited = co_await pace.wait(wait, http::detail::limit::first_byte); !waited) co_return waited.error();
    if (!exchange->answered) co_return failure_of(*exchange->failure);
    co_return std::make_unique<replayed_response>(*std::move(exchange), std::move(pace));
}

}  // namespace

replay_transport::replay_transport(std::string const& path, replay_options options)
    : cassette_{std::make_shared<cassette>(path, options)} {}

replay_transport::~replay_transport() = default;

asio::awaitable<result<http_response>> replay_transport::send(http_request request, exchange_limits limits) {
    auto begun = co_await replay(cassette_, std::move(request), limits);
    if (!begun) co_return std::move(begun).error();
    http_response whole{.status = (*begun)->status(), .headers = (*begun)->headers()};
    for (;;) {
        auto const piece = co_await (*begun)->read();
        if (!piece) co_return piece.error();
        if (piece->empty()) co_return whole;
        whole.body += *piece;
    }
}

asio::awaitable<result<std::unique_ptr<streaming_response>>> replay_transport::open(http_request request,
                                                                                    exchange_limits limits) {
    auto begun = co_await replay(cassette_, std::move(request), limits);
    if (!begun) co_return std::move(begun).error();
    co_return std::unique_ptr<streaming_response>{*std::move(begun)};
}

std::vector<std::string> replay_transport::unused() const { return cassette_->unused(); }

}  // namespace coax
