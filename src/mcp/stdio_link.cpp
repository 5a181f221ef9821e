#include "mcp/stdio_link.hpp"

#include "mcp/agreement.hpp"
#include "runtime/internal/context_service.hpp"

#include <coax/policy/timeout.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <utility>

namespace coax::mcp::detail {
namespace {

/// A server that does not know the newer protocol may say nothing at all to its first request.
constexpr std::chrono::seconds silence{1};
constexpr std::size_t most_last_words = 1'024;
constexpr std::size_t most_error_line = 4'096;

error broken(std::string message) { return {.code = errc::protocol_error, .message = std::move(message)}; }
error too_much(std::string message) { return {.code = errc::too_large, .message = std::move(message)}; }

std::string start_of(std::string_view line) {
    constexpr std::size_t most = 80;
    return std::string{line.substr(0, most)} + (line.size() > most ? "…" : "");
}

}  // namespace

/// A request that is waited for. One that is given up is called off at the server.
class stdio_link::open_request {
public:
    open_request(stdio_link& home, std::string_view method, std::string_view params, std::shared_ptr<inbox> to)
        : home_{home}, id_{home.send_request(method, params, std::move(to))}, greets_{method == "initialize"} {}
    open_request(open_request const&) = delete;
    open_request& operator=(open_request const&) = delete;
    ~open_request() {
        if (home_.pending_.erase(id_) == 0 || !home_.alive_ || greets_) return;
        home_.send(notification_text("notifications/cancelled", cancelled_params(id_)));
    }

    [[nodiscard]] std::int64_t id() const noexcept { return id_; }

private:
    stdio_link& home_;
    std::int64_t id_;
    bool greets_;
};

result<std::shared_ptr<stdio_link>> stdio_link::start(asio::any_io_executor const& executor, options wanted) {
    auto child = start_process(*wanted.session);
    if (!child) return std::move(child).error();
    auto made = std::make_shared<stdio_link>(executor, std::move(wanted), *std::move(child));
    made->life_->add(*made);
    made->read_output();
    made->read_errors();
    return made;
}

stdio_link::stdio_link(asio::any_io_executor const& executor, options wanted, child_process child)
    : executor_{executor},
      life_{coax::detail::context_service::of(executor).life},
      options_{std::move(wanted)},
      process_{child.id},
      input_{std::in_place, executor, asio::local::stream_protocol{}, child.input.release()},
      output_{std::in_place, executor, child.output.release()},
      errors_{std::in_place, executor, child.errors.release()},
      lines_{options_.session->limits.max_message_bytes},
      error_lines_{most_error_line} {}

stdio_link::~stdio_link() {
    life_->remove(*this);
    reap();
}

void stdio_link::context_ended() noexcept {
    alive_ = false;
    disconnect();
    errors_.reset();
    gone_->close();
    reap();
}

// --- requests ---

asio::awaitable<result<agreement>> stdio_link::agree() {
    auto const self = shared_from_this();
    auto const answers = std::make_shared<inbox>(2);
    std::optional<open_request> probe;
    std::optional<open_request> greeting;
    if (options_.probes) {
        probe.emplace(*this, "server/discover", with_meta("{}"), answers);
        auto first = co_await as_result(with_timeout(silence, answers->receive()));
        if (!first && first.error().code != errc::timeout) co_return std::move(first).error();
        if (first && (*first)->outcome.has_error()) co_return std::move((*first)->outcome).error();
        if (first) {
            if (auto agreed = judge_discovery(*(*first)->outcome)) co_return *std::move(agreed);
            probe.reset();
        }
    }
    greeting.emplace(*this, "initialize", initialize_params(), answers);
    for (;;) {
        auto answered = co_await as_result(answers->receive());
        if (!answered) co_return std::move(answered).error();
        auto& outcome = (*answered)->outcome;
        if (!outcome) co_return std::move(outcome).error();
        if ((*answered)->id == greeting->id()) {
            if (probe && outcome->error && is_modern(*outcome->error)) continue;  // the other response is on its way
            auto agreed = judge_greeting(*outcome);
            if (agreed) send(notification_text("notifications/initialized", {}));
            co_return agreed;
        }
        if (auto agreed = judge_discovery(*outcome)) co_return *std::move(agreed);
        probe.reset();
    }
}

asio::awaitable<result<reply>> stdio_link::ask(outgoing request) {
    auto const self = shared_from_this();
    auto const answers = std::make_shared<inbox>(1);
    open_request const open{*this, request.method, request.params, answers};
    auto answered = co_await as_result(answers->receive());
    if (!answered) co_return std::move(answered).error();
    co_return std::move((*answered)->outcome);
}

std::int64_t stdio_link::send_request(std::string_view method, std::string_view params, std::shared_ptr<inbox> to) {
    auto const id = ++last_id_;
    bool const dies = !alive_ && failure_.message.empty();  // how is told soon
    if ((alive_ || dies) && pending_.size() < options_.session->limits.max_pending) {
        pending_.emplace(id, std::move(to));
        send(request_text(id, method, params));
        return id;
    }
    static_cast<void>(to->try_send(
        {.id = id, .outcome = alive_ ? too_much("too many requests wait for the server: max_pending") : failure_}));
    return id;
}

void stdio_link::send(std::string message) {
    if (!alive_) return;
    unsent_bytes_ += message.size();
    if (unsent_bytes_ > 2 * options_.session->limits.max_message_bytes)
        return fail(too_much("the server does not read what it is sent: max_message_bytes"));
    unsent_.push_back(std::move(message) + '\n');
    if (unsent_.size() == 1) write_next();
}

void stdio_link::write_next() {
    asio::async_write(*input_, asio::buffer(unsent_.front()),
                      [self = shared_from_this()](boost::system::error_code failed, std::size_t) {
                          if (!self->alive_) return;
                          if (failed) return self->lose();
                          self->unsent_bytes_ -= self->unsent_.front().size() - 1;
                          self->unsent_.pop_front();
                          if (!self->unsent_.empty()) self->write_next();
                      });
}

// --- what comes ---

void stdio_link::read_output() {
    output_->async_read_some(
        asio::buffer(piece_), [self = shared_from_this()](boost::system::error_code failed, std::size_t size) {
            if (!self->alive_) return;
            if (failed) return self->lose();
            auto& lines = self->lines_;
            lines.feed({self->piece_.data(), size});
            while (auto const line = lines.next()) {
                self->take_line(*line);
                if (!self->alive_) return;
            }
            if (lines.too_long()) return self->fail(too_much("the server sent a line without end: max_message_bytes"));
            self->read_output();
        });
}

void stdio_link::take_line(std::string_view line) {
    if (line.empty()) return;
    if (line.size() > lines_.max_bytes())
        return fail(too_much("the server sent a line that is too long: max_message_bytes"));
    auto message = parse_message(line);
    if (message) return take_message(*std::move(message), line);
    if (line.front() == '{') return fail(broken(message.error().message + ": " + start_of(line)));
    take_error_line(line);  // programs print what they should not
    count_unasked();
}

void stdio_link::take_message(incoming message, std::string_view line) {
    if (message.method.empty()) {
        auto const id = number_of(message.id);
        if (!id || *id < 1 || *id > last_id_)
            return fail(broken("the server answers a request that was not made: " + start_of(line)));
        return take_response(std::move(message));
    }
    if (message.id) send(answer_to(message));
    if (message.method == "notifications/tools/list_changed" && options_.tools_changed) options_.tools_changed();
    count_unasked();
}

void stdio_link::take_response(incoming message) {
    auto const id = *number_of(message.id);
    if (!pending_.contains(id)) return count_unasked();  // given up before
    unasked_ = 0;
    answer(id, std::move(message.outcome));
}

void stdio_link::count_unasked() {
    if (++unasked_ > options_.session->limits.max_notifications)
        fail(too_much("the server floods: too many messages that nobody asked for: max_notifications"));
}

void stdio_link::answer(std::int64_t id, result<reply> outcome) {
    auto const found = pending_.extract(id);
    static_cast<void>(found.mapped()->try_send({.id = id, .outcome = std::move(outcome)}));
}

void stdio_link::read_errors() {
    errors_->async_read_some(asio::buffer(error_piece_),
                             [self = shared_from_this()](boost::system::error_code failed, std::size_t size) {
                                 if (failed || !self->errors_) return;
                                 self->take_errors({self->error_piece_.data(), size});
                                 self->read_errors();
                             });
}

void stdio_link::take_errors(std::string_view bytes) {
    error_lines_.feed(bytes);
    while (auto const line = error_lines_.next()) take_error_line(*line);
    if (error_lines_.too_long()) take_error_line(error_lines_.take_rest());
}

void stdio_link::take_error_line(std::string_view line) {
    line = line.substr(0, most_error_line);
    last_words_.append(last_words_.empty() ? "" : " | ").append(line);
    if (last_words_.size() > most_last_words) last_words_.erase(0, last_words_.size() - most_last_words);
    if (options_.session->on_stderr) options_.session->on_stderr(line);
}

// --- the end ---

void stdio_link::fail(error why) {
    if (!alive_) return;
    failure_ = std::move(why);
    alive_ = false;
    fail_pending();
    disconnect();
    reap();
}

void stdio_link::lose() {
    failure_ = {.code = errc::connection_lost};
    alive_ = false;
    disconnect();
    reap();
}

void stdio_link::disconnect() noexcept {
    input_.reset();
    output_.reset();
}

void stdio_link::fail_pending() {
    while (!pending_.empty()) answer(pending_.begin()->first, failure_);
}

void stdio_link::reap() {
    if (std::exchange(reaping_, true)) return;
    auto tell = [life = life_, executor = executor_, self = weak_from_this()](std::string const& how) {
        life->while_alive([&] {
            asio::post(executor, [self, how] {
                if (auto const there = self.lock()) there->gone(how);
            });
        });
    };
    reap_process(process_, options_.session->stop_grace, std::move(tell));
}

/// What the process wrote before it ended.
void stdio_link::drain_errors() {
    boost::system::error_code failed;
    std::array<char, 4096> piece;
    errors_->non_blocking(true, failed);
    for (int round = 0; round < 16 && !failed; ++round)
        if (auto const size = errors_->read_some(asio::buffer(piece), failed)) take_errors({piece.data(), size});
    if (auto const rest = error_lines_.take_rest(); !rest.empty()) take_error_line(rest);
}

void stdio_link::gone(std::string const& how) {
    if (errors_) drain_errors();
    if (failure_.message.empty()) {
        failure_.message = "the server has ended (" + how + ")";
        if (!last_words_.empty()) failure_.message += "; its last words: " + last_words_;
    }
    fail_pending();
    errors_.reset();
    gone_->close();
}

void stdio_link::abandon() noexcept { fail({.code = errc::closed, .message = "the session was closed"}); }

asio::awaitable<void> stdio_link::stop() {
    auto const self = shared_from_this();
    abandon();
    co_await gone_->receive();
}

}  // namespace coax::mcp::detail
