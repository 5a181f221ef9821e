#pragma once

#include <coax/client/chat_stream.hpp>
#include <coax/client/client.hpp>
#include <coax/client/output_format.hpp>
#include <coax/client/parsed.hpp>
#include <coax/provider/background.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace coax {

/// How a response in the background is waited for.
struct background_wait {
    /// Between the first two looks at it; half as long again between any further ones, up to `longest_interval`. A wait
    /// that the service asks for (Retry-After) is kept where it is longer. Must be > 0.
    std::chrono::milliseconds first_interval{1'000};
    /// Must be in [first_interval, 10 min]: some projects keep a response no longer than that after its end.
    std::chrono::milliseconds longest_interval{30'000};
    /// Of the whole wait: `errc::timeout` after it, and the response goes on. A client's `timeout` is that of each
    /// look. 0: no limit. Must be >= 0.
    std::chrono::milliseconds timeout{std::chrono::hours{24}};
    /// Looks in a row that may fail, each after all its retries, before the wait does; only failures that may pass by
    /// themselves count, others end it at once. Must be >= 0.
    int max_failed_looks{20};
    /// A wait that is cancelled or timed out cancels the response too, by one request of at most 5 s. Otherwise the
    /// response goes on, and is paid for: it can be waited for again.
    bool cancel_when_left{false};
};

/// Errors: `errc::invalid_argument` naming the option.
[[nodiscard]] result<void> validate(background_wait const& options);

/// The events of a response in the background. A connection that breaks is made anew, with the client's retries, and
/// the stream goes on after the last event that came; only a response that fails, or retries that bring nothing, end
/// it. One that is dropped leaves the response going on. Deltas of a stream that began in the middle are of what comes
/// from there on; `finish` gives the whole response. The rest: as `chat_stream`.
class background_stream : public chat_stream {
public:
    using chat_stream::chat_stream;

    /// By which the response is found again; empty where the service has not told it yet.
    [[nodiscard]] std::string id() const;
    /// The number of the last event that came; -1: none. `background_responses::stream` goes on after it. Not while
    /// someone waits in `next`.
    [[nodiscard]] std::int64_t last_event() const;
};

/// Responses that the service makes in the background (the Responses API of OpenAI and Azure, and of servers like it),
/// also of another program: who keeps the id finds the response again after a crash, and no connection is held while
/// the model works.
///
/// `client_statistics::usage` has the tokens of responses that were waited for, once for each wait.
/// Errors, cancellation, thread safety, lifetime: as for `client`.
class background_responses {
public:
    explicit background_responses(client llm) : client_{std::move(llm)} {}

    /// Begins a response. Sent again only where the service surely did not take it: what is lost after that may go on,
    /// unknown to anybody.
    /// @param format  What the service is asked to respond with.
    /// @throws coax::exception  As `client::chat`; `errc::invalid_argument` where the service has no background.
    template <chat_input Input = chat_request>
    boost::asio::awaitable<background_response> start(Input input, background_options options = {},
                                                      output_format format = {}) const {
        return begin(detail::given(input), std::move(options), std::move(format));
    }

    /// How far a response is. That it failed is no exception here.
    /// @throws coax::exception  As `client::chat`; `errc::not_found`: the service has no such response (any more).
    boost::asio::awaitable<background_response> look(std::string id) const;

    /// Waits for a response.
    /// @param format  As it was begun with: checks the response, as `client::parse` does, but never asks again.
    /// @throws coax::exception  Besides `look`'s: what the response failed with, `errc::cancelled` where it was
    ///         cancelled, `errc::timeout`.
    boost::asio::awaitable<chat_response> wait(std::string id, background_wait options = {},
                                               output_format format = {}) const;

    /// Waits for a response that was begun with `output_format::of<T>()`, and reads it. It is not asked for again.
    /// @throws coax::exception  Besides `wait`'s: `errc::invalid_output`, `errc::refused`, `errc::truncated`,
    ///         `errc::content_filtered`.
    template <class T>
    boost::asio::awaitable<parsed<T>> read(std::string id, background_wait options = {}) const {
        return read_value<T>(*this, std::move(id), options);
    }

    /// Begins a response and waits for it. Whether it outlives a cancelled wait is `cancel_when_left`'s to say; its id
    /// is lost then, so by default it is cancelled.
    template <chat_input Input = chat_request>
    boost::asio::awaitable<chat_response> chat(Input input, background_options options = {},
                                               background_wait waiting = {.cancel_when_left = true}) const {
        return begin_and_wait(detail::given(input), std::move(options), waiting);
    }

    /// Begins a response whose events are read while it is made.
    /// @throws coax::exception  As `start`.
    template <chat_input Input = chat_request>
    boost::asio::awaitable<background_stream> start_stream(Input input, output_format format = {}) const {
        return begin_stream(detail::given(input), std::move(format));
    }

    /// The events of a response that was begun as a stream, also by another program.
    /// @param after  `background_stream::last_event` of the stream before; -1: all events are wanted.
    /// @throws coax::exception  As `look`; `errc::invalid_argument`: `after` is less than -1.
    boost::asio::awaitable<background_stream> stream(std::string id, std::int64_t after = -1) const;

    /// Ends a response. One that is over stays as it is. @returns It, as it is then.
    boost::asio::awaitable<background_response> cancel(std::string id) const;

    /// Makes the service forget a response.
    boost::asio::awaitable<void> remove(std::string id) const;

private:
    boost::asio::awaitable<background_response> begin(detail::given_input&& input, background_options&& options,
                                                      output_format&& format) const;
    boost::asio::awaitable<chat_response> begin_and_wait(detail::given_input&& input, background_options&& options,
                                                         background_wait waiting) const;
    boost::asio::awaitable<background_stream> begin_stream(detail::given_input&& input, output_format&& format) const;
    [[nodiscard]] json::read_options reading() const { return client_.reading(); }

    template <class T>
    static boost::asio::awaitable<parsed<T>> read_value(background_responses self, std::string id,
                                                        background_wait options) {
        auto const value = std::make_shared<T>();
        auto const clear = [](void* place) { *static_cast<T*>(place) = T{}; };
        parsed<T> outcome;
        outcome.response = co_await self.wait(std::move(id), options,
                                              output_format::of_codec(json::codec_of<T>, value, clear, self.reading()));
        outcome.value = std::move(*value);
        co_return outcome;
    }

    client client_;
};

}  // namespace coax
