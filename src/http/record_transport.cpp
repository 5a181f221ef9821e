#include "http/cassette_file.hpp"
#include "http/scrubber.hpp"

#include <coax/http/cassette.hpp>
#include <coax/runtime/clock.hpp>

#include <chrono>
#include <deque>
#include <filesystem>
#include <utility>

namespace coax {

/// The exchanges of a cassette that is being recorded.
class record_transport::recorder {
public:
    recorder(std::string path, recording_options options)
        : path_{std::move(path)},
          names_{options.scrub.headers, options.scrub.query, options.scrub.members},
          texts_{std::move(options.scrub.texts)},
          max_bytes_{options.max_bytes} {}
    recorder(recorder const&) = delete;
    recorder& operator=(recorder const&) = delete;
    ~recorder() {
        try {
            if (!saved_) (void)save();
        } catch (...) {  // NOLINT(bugprone-empty-catch): of memory; nobody is left to be told
        }
    }

    [[nodiscard]] http::detail::scrubber scrubber_for(http_request const& request) const {
        return {names_, texts_, request};
    }
    [[nodiscard]] std::size_t max_bytes() const noexcept { return max_bytes_; }

    /// Keeps a place for an exchange that begins.
    [[nodiscard]] std::size_t begin() {
        lines_.emplace_back();
        return lines_.size() - 1;
    }
    void end(std::size_t place, http::detail::recorded_exchange const& exchange) {
        auto line = line_of(exchange);
        bytes_ += line.size();
        saved_ = false;
        if (overflown_ || bytes_ > max_bytes_) return overflow();
        lines_[place] = std::move(line);
    }
    /// It is too much: nothing more is kept.
    void overflow() {
        overflown_ = true;
        for (auto& line : lines_) line = {};
    }

    [[nodiscard]] result<void> save() {
        if (overflown_)
            return error{.code = errc::too_large,
                         .message = "the cassette would have more than recording_options::max_bytes: " +
                                    std::to_string(max_bytes_) + "; allow more, or record less",
                         .where = path_};
        std::string text = line_of(http::detail::cassette_head{.coax_cassette = 1, .hidden = names_});
        for (auto const& line : lines_) text += line;
        auto written = http::detail::save_cassette(path_, text);
        saved_ = written.has_value();
        return written;
    }

private:
    std::string path_;
    http::detail::hidden_names names_;
    std::vector<secret> texts_;
    std::size_t max_bytes_;
    std::deque<std::string> lines_{};  ///< Empty: not over yet, or cancelled.
    std::size_t bytes_{0};
    bool overflown_{false};
    bool saved_{true};
};

namespace {

using http::detail::recorded_failure;

/// One exchange that is being recorded.
class recording {
public:
    recording(std::shared_ptr<record_transport::recorder> into, http_request const& request, clock::time_point now)
        : into_{std::move(into)},
          scrub_{into_->scrubber_for(request)},
          place_{into_->begin()},
          began_{now},
          exchange_{.request = scrub_.request(request)} {}

    void head(int status, header_list const& headers, clock::time_point now) {
        exchange_.response = {.ms = since(now), .status = status, .headers = scrub_.response_headers(headers)};
        is_events_ = headers.find("content-type").find("event-stream") != std::string_view::npos;
        if (is_events_) exchange_.response->events.emplace();
    }
    void piece(std::string_view bytes, clock::time_point now) {
        taken_ += bytes.size();
        if (taken_ > into_->max_bytes()) return give_up();
        open_line_ += bytes;
        if (is_events_) keep_lines(open_line_.rfind('\n') + 1, now);
    }
    void end(clock::time_point now) {
        if (given_up_) return;
        if (is_events_) {
            keep_lines(open_line_.size(), now);
        } else if (exchange_.response) {
            exchange_.response->ms = since(now);
            exchange_.response->body = http::detail::to_recorded(scrub_.body(std::exchange(open_line_, {})));
        }
        into_->end(place_, exchange_);
    }
    void fail(error const& why, clock::time_point now) {
        if (why.code == errc::cancelled) return;
        exchange_.failure = recorded_failure{
            .ms = since(now), .code = why.code, .message = scrub_.plain(why.message), .where = scrub_.plain(why.where)};
        end(now);
    }

private:
    [[nodiscard]] std::int64_t since(clock::time_point now) const {
        return std::chrono::duration_cast<std::chrono::milliseconds>(now - began_).count();
    }
    /// Only whole lines are looked at for what is hidden.
    void keep_lines(std::size_t length, clock::time_point now) {
        if (length == 0) return;
        auto lines = scrub_.events(std::string_view{open_line_}.substr(0, length));
        exchange_.response->events->push_back({.ms = since(now), .data = http::detail::to_recorded(lines)});
        open_line_.erase(0, length);
    }
    void give_up() {
        given_up_ = true;
        open_line_.clear();
        into_->overflow();
    }

    std::shared_ptr<record_transport::recorder> into_;
    http::detail::scrubber scrub_;
    std::size_t place_;
    clock::time_point began_;
    http::detail::recorded_exchange exchange_;
    std::string open_line_{};  ///< Or the body, where it is no stream of events.
    std::size_t taken_{0};
    bool is_events_{false};
    bool given_up_{false};
};

class recorded_stream final : public streaming_response {
public:
    recorded_stream(std::unique_ptr<streaming_response> from, recording into, asio::any_io_executor executor)
        : from_{std::move(from)}, into_{std::move(into)}, executor_{std::move(executor)}, last_{now(executor_)} {
        into_.head(from_->status(), from_->headers(), last_);
    }
    ~recorded_stream() override {
        if (over_) return;
        try {
            into_.fail({.code = errc::connection_lost, .message = "the stream was left here when it was recorded"},
                       last_);
        } catch (...) {  // NOLINT(bugprone-empty-catch): of memory; nobody is left to be told
        }
    }

    int status() const noexcept override { return from_->status(); }
    header_list const& headers() const noexcept override { return from_->headers(); }

    asio::awaitable<result<std::string_view>> read() override {
        auto const piece = co_await from_->read();
        last_ = now(executor_);
        if (!over_) take(piece);
        co_return piece;
    }

    void keep_waiting() noexcept override { from_->keep_waiting(); }

private:
    void take(result<std::string_view> const& piece) {
        if (piece && !piece->empty()) return into_.piece(*piece, last_);
        over_ = piece || piece.error().code != errc::cancelled;
        piece ? into_.end(last_) : into_.fail(piece.error(), last_);
    }

    std::unique_ptr<streaming_response> from_;
    recording into_;
    asio::any_io_executor executor_;
    clock::time_point last_;
    bool over_{false};
};

}  // namespace

record_transport::record_transport(std::shared_ptr<transport> through, std::string path, recording_options options)
    : through_{std::move(through)} {
    if (!through_) throw_error(invalid_argument("through", "needs a transport, such as a http_transport"));
    if (path.empty()) throw_error(invalid_argument("path", "must name a file"));
    if (options.max_bytes == 0) throw_error(invalid_argument("max_bytes", "must be > 0"));
    recorder_ = std::make_shared<recorder>(std::move(path), std::move(options));
}

record_transport::~record_transport() = default;

asio::awaitable<result<http_response>> record_transport::send(http_request request, exchange_limits limits) {
    auto const executor = co_await asio::this_coro::executor;
    auto const through = through_;
    recording kept{recorder_, request, now(executor)};
    auto response = co_await through->send(std::move(request), limits);
    auto const ended = now(executor);
    if (response) {
        kept.head(response->status, response->headers, ended);
        kept.piece(response->body, ended);
        kept.end(ended);
    } else {
        kept.fail(response.error(), ended);
    }
    co_return response;
}

asio::awaitable<result<std::unique_ptr<streaming_response>>> record_transport::open(http_request request,
                                                                                    exchange_limits limits) {
    auto const executor = co_await asio::this_coro::executor;
    auto const through = through_;
    recording kept{recorder_, request, now(executor)};
    auto begun = co_await through->open(std::move(request), limits);
    if (begun)
        co_return std::unique_ptr<streaming_response>{
            std::make_unique<recorded_stream>(*std::move(begun), std::move(kept), executor)};
    kept.fail(begun.error(), now(executor));
    co_return std::move(begun).error();
}

result<void> record_transport::save() { return recorder_->save(); }

std::shared_ptr<transport> replay_or_record(std::string const& path,
                                            std::function<std::shared_ptr<transport>()> const& network,
                                            recording_options recording, replay_options replaying) {
    std::error_code failure;
    if (std::filesystem::exists(path, failure)) return std::make_shared<replay_transport>(path, replaying);
    return std::make_shared<record_transport>(network(), path, std::move(recording));
}

}  // namespace coax
