#include "cache/internal/redis_link.hpp"

#include <coax/runtime/as_result.hpp>

#include <utility>

namespace coax::cache::detail {

using std::chrono::milliseconds;

bool absence::begin(clock::time_point now) {
    std::lock_guard const lock{mutex_};
    if (since_) return false;
    since_ = now;
    return true;
}

void absence::end(clock::time_point now) {
    std::lock_guard const lock{mutex_};
    if (since_) total_ += now - *std::exchange(since_, std::nullopt);
}

milliseconds absence::total(clock::time_point now) const {
    std::lock_guard const lock{mutex_};
    return std::chrono::duration_cast<milliseconds>(total_ + (since_ ? now - *since_ : clock::duration{}));
}

namespace {

/// What the options state goes before what the address names.
http_options tls_options(redis_link_options const& stated, redis_address const& address) {
    bool const has_certificate = !stated.client_certificate.file.empty() || !stated.client_certificate.pem.empty();
    return {.ca_file = stated.ca_file.empty() ? address.ca_file : stated.ca_file,
            .ca_pem = stated.ca_pem,
            .client_certificate = has_certificate ? stated.client_certificate : address.client_certificate};
}

}  // namespace

redis_link::redis_link(asio::any_io_executor executor, redis_link_options options, redis_address address,
                       std::function<asio::awaitable<void>()> on_away)
    : executor_{std::move(executor)},
      options_{std::move(options)},
      address_{std::move(address)},
      on_away_{std::move(on_away)},
      stream_{executor_, tls_options(options_, address_)} {
    start_batch();
}

void redis_link::start_batch() {
    auto const number = next_ ? next_->number + 1 : 0;
    next_ = std::make_shared<redis_batch>();
    next_->number = number;
}

asio::awaitable<result<std::vector<redis_reply>>> redis_link::ask(std::string bytes, std::size_t count) {
    if (!stream_.is_open() && refused_by_ && now(executor_) < retry_at_) co_return *refused_by_;
    if (waiting_bytes_ + bytes.size() > options_.max_waiting_bytes)
        co_return error{.code = errc::too_large,
                        .message = "more than " + std::to_string(options_.max_waiting_bytes) +
                                   " bytes wait for Redis (max_waiting_bytes)",
                        .where = to_string(address_)};
    auto const mine = next_;
    auto const first = std::exchange(mine->count, mine->count + count);
    mine->bytes.append(bytes);
    waiting_bytes_ += bytes.size();
    auto const self = shared_from_this();
    auto const start = [self, mine] { return self->send(mine); };
    auto const done = co_await as_result(batches_.run(mine->number, start));
    if (!done) co_return done.error();
    auto const begin = mine->replies.begin() + static_cast<std::ptrdiff_t>(first);
    co_return std::vector<redis_reply>(begin, begin + static_cast<std::ptrdiff_t>(count));
}

asio::awaitable<result<void>> redis_link::send(std::shared_ptr<redis_batch> batch) {
    auto const alone = co_await one_batch_.lock();
    if (next_ == batch) start_batch();
    bool const was_open = stream_.is_open();
    auto done = co_await attempt(*batch);
    // The server may have been started anew; each command may be repeated.
    if (!done && was_open && done.error().code == errc::connection_lost) done = co_await attempt(*batch);
    waiting_bytes_ -= batch->bytes.size();
    if (!done) co_return co_await failed(std::move(done).error());
    refused_by_.reset();
    away_.end(now(executor_));
    co_return done;
}

asio::awaitable<error> redis_link::failed(error why) {
    stream_.close();
    why.where = to_string(address_);
    if (why.code == errc::too_large) co_return why;
    if (!refused_by_ || now(executor_) >= retry_at_) retry_at_ = now(executor_) + options_.retry_interval;
    refused_by_ = why;
    if (away_.begin(now(executor_)) && on_away_) co_await on_away_();
    co_return why;
}

asio::awaitable<result<void>> redis_link::attempt(redis_batch& batch) {
    if (!stream_.is_open())
        if (auto connected = co_await connect(); !connected) co_return connected;
    auto replies = co_await talk(batch.bytes, batch.count);
    if (!replies) co_return std::move(replies).error();
    batch.replies = *std::move(replies);
    co_return result<void>{};
}

asio::awaitable<result<void>> redis_link::connect() {
    if (refused_by_ && now(executor_) < retry_at_) co_return *refused_by_;
    auto connected = co_await stream_.connect(address_.to, options_.connect_timeout);
    std::size_t count = 0;
    auto const words = greeting(count);
    if (connected && count > 0) {
        auto const replies = co_await talk(words, count);
        if (!replies) connected = replies.error();
        for (std::size_t i = 0; replies && connected && i < replies->size(); ++i) connected = check((*replies)[i]);
    }
    co_return connected;
}

std::string redis_link::greeting(std::size_t& count) const {
    std::string words;
    auto const& password = address_.password.reveal();
    if (!password.empty() && address_.user.empty()) append_command(words, {"AUTH", password});
    if (!password.empty() && !address_.user.empty()) append_command(words, {"AUTH", address_.user, password});
    count = password.empty() ? 0 : 1;
    if (address_.database == 0) return words;
    append_command(words, {"SELECT", std::to_string(address_.database)});
    ++count;
    return words;
}

asio::awaitable<result<std::vector<redis_reply>>> redis_link::talk(std::string bytes, std::size_t count) {
    redis_reader reader;
    std::vector<redis_reply> replies;
    std::size_t received = 0;
    auto const take = [&](std::string_view piece) -> result<bool> {
        received += piece.size();
        if (received > options_.max_reply_bytes * count)
            return error{.code = errc::too_large, .message = "Redis's reply is larger than max_reply_bytes"};
        if (auto fed = reader.feed(piece, replies); !fed) return fed.error();
        return replies.size() >= count;
    };
    auto done = co_await stream_.exchange(std::move(bytes), options_.command_timeout, take);
    if (!done) co_return std::move(done).error();
    if (replies.size() > count)
        co_return error{.code = errc::protocol_error, .message = "Redis sent more replies than it was asked for"};
    co_return replies;
}

}  // namespace coax::cache::detail
