#pragma once

#include <coax/bind/partial_reader.hpp>
#include <coax/client/chat_stream.hpp>
#include <coax/client/parsed.hpp>
#include <coax/core/error.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <utility>

namespace coax {

/// How `parse_stream` reads.
struct parse_stream_options {
    /// The first violation ends the stream and closes its connection: what was produced by then is billed, the rest is
    /// not produced. Otherwise the stream goes on, and `finish` throws all violations.
    bool stop_at_violation{false};
};

namespace detail {

/// Feeds a streamed response to a partial reader: the part of `parse_stream` that is the same for all types.
class response_feed {
public:
    response_feed(chat_stream stream, parse_stream_options options) : stream_{std::move(stream)}, options_{options} {}

    /// Feeds what comes next. False at the end of the response.
    boost::asio::awaitable<bool> next(bind::detail::partial_core& reader);
    /// Feeds the rest. Returns a whole response, neither refused nor cut.
    boost::asio::awaitable<chat_response> finish(bind::detail::partial_core& reader);

private:
    chat_stream stream_;
    parse_stream_options options_;
    bool stopped_{false};  // at a violation; the stream is then closed
};

/// `errc::invalid_output` for a response that does not fit, with what the response cost.
[[nodiscard]] error invalid_output_error(error violation, chat_response const& response);

}  // namespace detail

/// What a `parse_stream` throws: the error together with what had arrived by then.
template <class T>
class partial_answer_error : public exception {
public:
    partial_answer_error(error why, std::shared_ptr<T const> so_far)
        : exception{std::move(why)}, so_far_{std::move(so_far)} {}

    /// As `parse_stream::so_far`. Lives as long as a copy of the exception.
    [[nodiscard]] T const& so_far() const noexcept { return *so_far_; }

private:
    std::shared_ptr<T const> so_far_;
};

/// A struct that is read while the model writes it. Holds one of the client's permits until its end or its destruction.
///
/// There are no re-asks: what was shown cannot be taken back. What it throws is a `partial_answer_error<T>`, which
/// holds what arrived; `so_far` still has it too. Thread safety: one coroutine at a time, on any executor. Lifetime: as
/// `chat_stream`.
template <class T>
class parse_stream {
public:
    parse_stream(chat_stream stream, json::read_options const& reading, parse_stream_options options)
        : feed_{std::move(stream), options}, reader_{reading} {}

    /// Waits until more of the value is there.
    /// @returns The value so far, never copied; null at the end of the response: then `finish` says how it ended.
    /// @throws coax::exception  As `chat_stream::next`; `errc::invalid_output` if it stops at violations.
    /// Cancellation: `terminal`; the connection is closed.
    boost::asio::awaitable<T const*> next() {
        try {
            bool const more = co_await feed_.next(reader_.core());
            co_return more ? &reader_.value() : nullptr;
        } catch (exception const& failure) {
            throw partial_answer_error<T>{failure.why(), reader_.share_value()};
        }
    }

    /// Reads what is left and returns the whole value: that of `parse<T>` on the same response. `so_far` is then empty.
    /// @throws coax::exception  As `next`, and `errc::invalid_output`, `errc::refused`, `errc::truncated`,
    ///         `errc::content_filtered`, each with the tokens billed.
    boost::asio::awaitable<T> finish() {
        auto whole = co_await finish_response();
        co_return std::move(whole.value);
    }

    /// `finish` together with the response.
    boost::asio::awaitable<parsed<T>> finish_response() {
        try {
            auto response = co_await feed_.finish(reader_.core());
            auto value = reader_.finish();
            if (!value) throw_error(detail::invalid_output_error(std::move(value).error(), response));
            co_return parsed<T>{std::move(*value), std::move(response)};
        } catch (exception const& failure) {
            throw partial_answer_error<T>{failure.why(), reader_.share_value()};
        }
    }

    /// What has arrived, also after a failure.
    [[nodiscard]] T const& so_far() const noexcept { return reader_.value(); }

    /// Tells which fields are there (`of`, `at`), which items are complete, and what is wrong so far.
    [[nodiscard]] json::partial_reader<T> const& reader() const noexcept { return reader_; }

private:
    detail::response_feed feed_;
    json::partial_reader<T> reader_;
};

}  // namespace coax
