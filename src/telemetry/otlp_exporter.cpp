#include "telemetry/gzip.hpp"
#include "telemetry/metric_store.hpp"
#include "telemetry/otlp_encoding.hpp"
#include "telemetry/span_queue.hpp"

#include <coax/policy/retry.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/runtime.hpp>
#include <coax/telemetry/otlp_exporter.hpp>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace coax {
namespace {

using namespace telemetry::detail;
using std::chrono::milliseconds;

/// Where one kind of export goes.
struct receiver {
    origin to{};
    std::string target{};
    header_list headers{};
};

receiver receiver_of(std::string const& url, std::vector<header_list::field> const& fields) {
    receiver where;
    if (url.empty()) return where;
    auto parsed = parse_base_url(url).value();
    where.to = std::move(parsed.to);
    where.target = parsed.path.empty() ? "/" : std::move(parsed.path);
    if (!parsed.query.empty()) where.target.append("?").append(parsed.query);
    where.headers.add("content-type", "application/x-protobuf");
    for (auto const& field : fields) where.headers.set(field.name, field.value);
    return where;
}

/// In seconds; a date is not heeded.
std::optional<milliseconds> told_wait(header_list const& headers) {
    auto const text = headers.find("retry-after");
    int seconds = 0;
    auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (text.empty() || problem != std::errc{} || end != text.data() + text.size() || seconds < 0) return std::nullopt;
    return std::chrono::seconds{seconds};
}

/// What a refusal means. Source: OTLP specification, "Failures": 429, 502, 503 and 504 alone are worth another try.
error refusal(http_response const& response, receiver const& where) {
    auto const status = response.status;
    bool const again = status == 429 || (status >= 502 && status <= 504);
    return {.code = status == 429 ? errc::rate_limited
                    : again       ? errc::overloaded
                                  : errc::bad_request,
            .message = "the receiver of telemetry answered " + std::to_string(status),
            .where = to_string(where.to) + where.target.substr(0, where.target.find('?')),
            .http_status = status,
            .retry_after = told_wait(response.headers),
            .should_retry = again};
}

asio::awaitable<result<http_response>> send_once(transport& over, receiver const& where, std::string const& body,
                                                 bool is_gzip, milliseconds limit) {
    http_request request{.to = where.to, .target = where.target, .headers = where.headers, .body = body};
    if (is_gzip) request.headers.set("content-encoding", "gzip");
    exchange_limits const limits{.total = limit, .max_body_bytes = std::size_t{1} << 20U};
    auto response = co_await over.send(std::move(request), limits);
    if (response && (response->status < 200 || response->status >= 300)) co_return refusal(*response, where);
    co_return response;
}

/// How long one request may be tried again while the program goes on.
constexpr milliseconds patience{60'000};

/// Sends until the receiver takes it, refuses it for good, or `left` is over.
asio::awaitable<result<http_response>> send_all(transport& over, receiver const& where, std::string const& body,
                                                otlp_options const& options, milliseconds left) {
    bool const at_the_end = left < patience;
    retry_options const tries{.max_attempts = at_the_end ? 3 : 8,
                              .initial_delay = milliseconds{1'000},
                              .factor = 1.5,
                              .max_delay = milliseconds{5'000},
                              .max_elapsed = left,
                              .server_wait_budget = milliseconds{0}};
    auto const limit = std::min(options.timeout, left);
    auto const once = [&](attempt) { return send_once(over, where, body, options.gzip, limit); };
    co_return co_await as_result(retry(tries, once));
}

}  // namespace

class otlp_exporter::impl {
public:
    explicit impl(otlp_options wanted)
        : options{std::move(wanted)},
          traces_{receiver_of(options.traces_url, options.traces_headers)},
          metrics_{receiver_of(options.metrics_url, options.metrics_headers)},
          frame_{make_frame(options.service_name, options.resource_attributes)},
          spans_{options.max_queued_spans, options.max_queued_bytes},
          measured_{options.delta, clock::real().system_now()},
          thread_{[this] { run(); }} {}
    impl(impl const&) = delete;
    impl& operator=(impl const&) = delete;
    ~impl() { close(); }

    [[nodiscard]] bool samples(span_context const& span) const noexcept {
        std::uint64_t bits = 0;
        for (std::size_t i = 8; i < 16; ++i) bits = bits << 8U | span.trace_id[i];
        return static_cast<double>(bits >> 11U) < options.sampled_share * 0x1p53;
    }

    void add_span(operation const& ended) {
        thread_local std::string encoded;
        encoded.clear();
        append_span(ended, encoded);
        auto const how = spans_.push(encoded);
        if (how == span_queue::pushed::dropped) dropped_.fetch_add(1, std::memory_order_relaxed);
        if (how == span_queue::pushed::fills_a_piece) wake_.notify_one();
    }
    void measure(operation const& ended) { measured_.record(ended); }
    void measure_wait(operation const& call, std::chrono::nanoseconds waited) { measured_.record_wait(call, waited); }

    bool flush(milliseconds limit) {
        std::unique_lock lock{mutex_};
        if (over_) return true;
        auto const wanted = ++flush_wanted_;
        wake_.notify_one();
        return done_.wait_for(lock, limit, [&] { return over_ || flushed_ >= wanted; });
    }

    /// Waits for the thread, which sends what is left; what it cannot send in time is given up.
    void close() {
        {
            std::unique_lock lock{mutex_};
            if (closing_) return;
            closing_ = true;
            until_ = clock::real().now() + options.close_time;
            wake_.notify_one();
            if (!done_.wait_for(lock, options.close_time, [&] { return over_; })) rt_.stop();
        }
        thread_.join();
    }

    [[nodiscard]] otlp_statistics statistics() const {
        std::lock_guard const lock{mutex_};
        auto copy = counts_;
        copy.dropped_spans += dropped_.load(std::memory_order_relaxed);
        return copy;
    }

    otlp_options const options;

private:
    /// The thread: waits until there is enough, or long enough has passed, and sends.
    void run() {
        http_transport over{rt_.executor(), options.http};
        auto next_metrics = clock::real().now() + options.metrics_interval;
        for (bool last = false; !last;) {
            auto const wanted = wait(last);
            send_spans(over);
            if (last || wanted > flushed_ || clock::real().now() >= next_metrics) {
                send_metrics(over);
                next_metrics = clock::real().now() + options.metrics_interval;
            }
            std::lock_guard const lock{mutex_};
            flushed_ = wanted;
            over_ = last;
            done_.notify_all();
        }
    }

    /// @returns The flush that was wanted last.
    std::uint64_t wait(bool& last) {
        std::unique_lock lock{mutex_};
        wake_.wait_for(lock, std::min(options.send_delay, options.metrics_interval),
                       [&] { return closing_ || flush_wanted_ > flushed_ || spans_.has_whole_piece(); });
        last = closing_;
        return flush_wanted_;
    }

    void send_spans(transport& over) {
        for (auto piece = spans_.take(); piece.count > 0; piece = spans_.take()) {
            auto const outcome = send(over, traces_, export_request(frame_, piece.spans));
            std::int64_t refused = static_cast<std::int64_t>(piece.count);
            if (outcome) refused = std::min(read_export_response(outcome->body).rejected, refused);
            std::lock_guard const lock{mutex_};
            counts_.dropped_spans += static_cast<std::uint64_t>(refused);
            counts_.sent_spans += piece.count - static_cast<std::uint64_t>(refused);
        }
    }

    void send_metrics(transport& over) {
        if (metrics_.target.empty()) return;
        auto const members = measured_.collect(clock::real().system_now());
        if (!members.empty()) static_cast<void>(send(over, metrics_, export_request(frame_, members)));
    }

    result<http_response> send(transport& over, receiver const& where, std::string body) {
        auto const left = time_left();
        result<http_response> outcome{error{.code = errc::timeout, .message = "no time was left to send telemetry"}};
        if (options.gzip) body = gzip(body);
        try {
            if (left.count() > 0) outcome = rt_.run(send_all(over, where, body, options, left));
        } catch (...) {  // it was stopped
            outcome = to_error(std::current_exception());
        }
        std::lock_guard const lock{mutex_};
        ++counts_.requests;
        if (outcome) {
            note(read_export_response(outcome->body));
        } else {
            ++counts_.failed_requests;
            counts_.last_failure = to_string(outcome.error());
        }
        return outcome;
    }

    /// A receiver that took some, or took all and has something to say.
    void note(partial_success const& told) {
        if (told.rejected > 0) counts_.last_failure = "the receiver of telemetry refused some of it: " + told.message;
    }

    [[nodiscard]] milliseconds time_left() const {
        std::lock_guard const lock{mutex_};
        if (!closing_) return patience;
        return std::chrono::duration_cast<milliseconds>(until_ - clock::real().now());
    }

    receiver traces_;
    receiver metrics_;
    otlp_frame frame_;
    span_queue spans_;
    metric_store measured_;
    std::atomic<std::uint64_t> dropped_{0};  ///< For want of room.
    mutable std::mutex mutex_{};
    std::condition_variable wake_{};
    std::condition_variable done_{};
    otlp_statistics counts_{};  ///< Guarded; and so are all below.
    std::uint64_t flush_wanted_{0};
    std::uint64_t flushed_{0};
    bool closing_{false};
    bool over_{false};
    clock::time_point until_{};  ///< When `closing_`.
    runtime rt_{};
    std::thread thread_;  ///< Last: it uses all others.
};

otlp_exporter::otlp_exporter(otlp_options options) {
    value_or_throw(validate(options));
    impl_ = std::make_unique<impl>(std::move(options));
}

otlp_exporter::~otlp_exporter() = default;

void otlp_exporter::began(operation& one) {
    bool const is_part = one.parent != decltype(one.parent){};
    if (!is_part || !impl_->options.heed_parent) one.context.sampled = impl_->samples(one.context);
}

void otlp_exporter::ended(operation const& one) {
    if (one.context.sampled && !impl_->options.traces_url.empty()) impl_->add_span(one);
    if (!impl_->options.metrics_url.empty()) impl_->measure(one);
}

void otlp_exporter::noticed(operation const& in, moment const& what) {
    if (what.kind == moment_kind::queued && !impl_->options.metrics_url.empty()) impl_->measure_wait(in, what.time);
}

std::size_t otlp_exporter::content_bytes() const noexcept {
    return impl_->options.traces_url.empty() ? 0 : impl_->options.content_bytes;
}

bool otlp_exporter::flush(std::chrono::milliseconds limit) { return impl_->flush(limit); }

void otlp_exporter::close() { impl_->close(); }

otlp_statistics otlp_exporter::statistics() const { return impl_->statistics(); }

}  // namespace coax
