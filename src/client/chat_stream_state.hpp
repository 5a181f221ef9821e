#pragma once

#include "client/body_form.hpp"
#include "client/reask.hpp"
#include "client/request_layer.hpp"
#include "client/response_cache.hpp"
#include "client/stream_replay.hpp"
#include "client/value_unwrapper.hpp"

#include <coax/chat/response.hpp>
#include <coax/client/chat_stream.hpp>
#include <coax/http/sse.hpp>
#include <coax/http/transport.hpp>
#include <coax/provider/provider.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace coax {

/// A stream under way. Lives on the shard that opened it: whoever lets go of it last hands it to that, where it dies.
class chat_stream::state final : public detail::context_member {
public:
    [[nodiscard]] static std::shared_ptr<state> open(client::impl& owner, detail::call_state const& call,
                                                     std::unique_ptr<streaming_response> body,
                                                     detail::stream_lease held);
    /// A response of the cache as a stream that has ended.
    [[nodiscard]] static std::shared_ptr<state> replay(client::impl& owner, detail::shard& at, chat_response kept);
    state(state const&) = delete;
    state& operator=(state const&) = delete;

    asio::awaitable<result<std::optional<chat_delta>>> next();
    /// The next delta where it has been received; nothing: `next` tells.
    [[nodiscard]] std::optional<chat_delta> try_next();
    /// Makes a delta that was read the next one again.
    void put_back(std::optional<chat_delta> delta) { put_back_ = std::move(delta); }
    asio::awaitable<result<chat_response>> finish();

    /// Nobody reads it to its end: closes the connection and counts the request as a cancelled one. From any thread.
    static void drop(std::shared_ptr<state> const& one) noexcept;

    [[nodiscard]] detail::shard const& home() const noexcept { return at_; }
    void context_ended() noexcept override;
    void keep_alive(std::shared_ptr<client::impl> owner) { keep_alive_ = std::move(owner); }

    /// How the service was asked for the format of the response. What was put back or is whole already follows it too.
    void expect(detail::asked_format asked);

    /// Keeps the request, to ask for the rest of a response that the service stops at a limit of its own.
    void remember(chat_request const& request) { again_ = std::make_unique<chat_request>(request); }

    /// Tells those who observe that the first token is there and, later, of the end.
    void observe(std::shared_ptr<detail::observed_call> call, detail::call_scope scope);
    /// Where it is, for a service that numbers its events.
    [[nodiscard]] stream_position position() const { return decoder_->position(); }
    /// The response goes into the cache when it is whole.
    asio::awaitable<void> keep_as(detail::cache_ticket ticket);

    /// Which route it is on. @param use  Until its end.
    void routed(std::string name, std::shared_ptr<void> use);

    int attempts{1};                       ///< Of the whole call.
    std::unique_ptr<fit_report> fitted{};  ///< Null: the prompt was sent as it was given.

private:
    state(client::impl& owner, detail::call_state const& call, std::unique_ptr<streaming_response> body,
          detail::stream_lease held);
    state(client::impl& owner, detail::shard& at, chat_response kept);
    /// Closes the connection of an unfinished stream, whose request is counted as a cancelled one.
    ~state() override;
    static void let_go(state* last) noexcept;
    void end_dropped() noexcept;

    /// Decodes the bytes that are there up to the next delta. False: more are needed.
    result<bool> decode_ready(chat_delta& delta);
    /// Waits for the next bytes and takes them in; their end and a failure count as the end of the body.
    asio::awaitable<void> read_more();
    void take(std::string_view bytes);
    void end_body();
    void take_failure(error why);
    /// Reads the end of the body, so that the connection can be used again.
    asio::awaitable<void> drain();
    /// The stream is over: keeps the whole response, or why there is none. A response that is complete counts, whatever
    /// broke after it.
    void conclude();
    [[nodiscard]] result<chat_response> decode_whole();
    void apply_format(chat_response& response) const;
    /// Tells those who observe of the end.
    void report_end();
    error fail(error why);
    /// Puts the response into the cache.
    asio::awaitable<void> keep();
    /// The part that ended is not the last: the stream goes on with the next one. Otherwise all parts are made one.
    asio::awaitable<void> settle();
    asio::awaitable<void> go_on();
    void take_over(state& next);
    /// Asks for the events after the last one that came, of a response that goes on without its connection.
    asio::awaitable<void> resume();
    void join_parts();

    std::shared_ptr<client::impl> keep_alive_{};
    client::impl& client_;
    detail::shard& at_;
    std::shared_ptr<detail::context_life> life_;
    asio::any_io_executor executor_;
    clock::time_point began_;
    detail::call_scope scope_;                           ///< Of the whole call, the stream included.
    std::shared_ptr<detail::observed_call> observed_{};  ///< Null: nobody observes.
    std::unique_ptr<streaming_response> body_;
    std::unique_ptr<stream_decoder> decoder_;
    bool keep_raw_;
    sse_decoder events_;
    std::optional<detail::stream_lease> held_;
    std::optional<detail::value_unwrapper> unwrapper_{};
    std::string schema_note_{};
    std::optional<chat_delta> put_back_{};
    detail::body_form form_{detail::body_form::unknown};
    std::string begun_{};                         ///< The body, while its form is not known or where it is no events.
    std::size_t seen_bytes_{0};                   ///< Of content, when bytes were read last.
    std::optional<error> broken_by_{};            ///< What ended the body or its events before their time.
    bool undecodable_{false};                     ///< An event was none: no later one counts.
    bool at_end_{false};                          ///< Of the body.
    std::optional<result<chat_response>> end_{};  ///< Set once, when nothing more comes.
    std::atomic<bool> over_{false};               ///< Nothing of the context is left in it.
    std::atomic<bool> dropped_{false};
    std::string route_{};  ///< Empty: there is no router.
    std::shared_ptr<void> route_use_{};
    bool reading_{false};                      ///< Someone is in `next`.
    std::unique_ptr<chat_request> again_{};    ///< With what the response began; null: it has one part.
    std::unique_ptr<chat_response> so_far_{};  ///< The parts before this one.
    int part_count_{1};
    std::unique_ptr<stream_position> resumed_{};  ///< Where it was when it was asked for; null: it cannot be again.

    /// What goes into the cache: the response as the service made it.
    struct kept_response {
        detail::cache_ticket ticket;
        chat_response response{};
    };
    std::unique_ptr<kept_response> keep_{};          ///< Null: it is not kept.
    std::optional<detail::stream_replay> replay_{};  ///< Of a response that came from the cache.
};

}  // namespace coax
