#include "fleet/collector.hpp"

#include "fleet/limit_words.hpp"
#include "fleet/queue_scripts.hpp"
#include "fleet/result_text.hpp"

#include <coax/batch/response_origin.hpp>

#include <algorithm>

namespace coax::fleet::detail {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t keys_at_once = 500;
/// Between two looks at all rows that are open, which finds what Redis has lost.
constexpr clock::duration look_interval = 10s;
constexpr clock::duration watch_interval = 2s;
/// A worker asks for rows several times a second, and keeps those that it has.
constexpr std::chrono::milliseconds sign_of_life = 10s;
constexpr int looks_without_workers = 3;

error gone(std::string address) {
    return {.code = errc::closed,
            .message = "the queue has not this job any more: it was purged, or Redis has lost it",
            .where = std::move(address)};
}

}  // namespace

class collector::open_row : public coax::detail::suspended {
public:
    open_row(asio::any_io_executor const& executor, collector& owner, std::string const& key)
        : suspended{executor, "a row of a queue"}, owner_{owner}, at_{owner.rows_.emplace(key, this)} {}
    open_row(open_row const&) = delete;
    open_row& operator=(open_row const&) = delete;
    ~open_row() override { owner_.rows_.erase(at_); }

    void give(row_outcome came) {
        outcome = std::move(came);
        wake();
    }

    std::optional<row_outcome> outcome{};
    bool lost{false};  ///< Redis has it no more.

private:
    collector& owner_;
    std::multimap<std::string, open_row*, std::less<>>::iterator at_;
};

/// Runs a script as soon as the server is there.
asio::awaitable<result<redis_reply>> collector::run_patiently(std::string_view script,
                                                              std::vector<std::string> arguments) {
    for (;;) {
        auto reply = co_await link_.run(script, arguments);
        if (reply || !is_away(reply.error())) co_return reply;
        co_await sleep_for(options_.retry_interval);
    }
}

asio::awaitable<result<void>> collector::open(queue_job job) {
    if (auto valid = validate(job.limits); !valid) co_return valid;
    identity_ = job.identity.empty() ? digest_of_job(job.description) : job.identity;
    auto words = limit_words(job.limits);
    words.insert(words.begin(), {identity_, job.description, queue_version});
    auto const reply = co_await link_.run(open_script, std::move(words));
    if (!reply) co_return reply.error();
    if (reply->items.size() != 2) co_return error{.code = errc::protocol_error, .message = "no reply to `open`"};
    if (reply->items[0].integer == 0)
        co_return invalid_argument(
            "queue", link_.address() + " has another job, which is not finished: purge it, or name another");
    last_done_ = reply->items[1].text;
    open_ = true;
    ended_.reset();
    co_return result<void>{};
}

asio::awaitable<row_outcome> collector::ask(std::string key, std::string payload) {
    if (payload.size() > options_.max_payload_bytes)
        co_return error{.code = errc::too_large,
                        .message = "a row of " + std::to_string(payload.size()) + " bytes is too large for the queue",
                        .where = "max_payload_bytes"};
    open_row row{co_await asio::this_coro::executor, *this, key};
    for (;;) {
        row.lost = false;
        if (ended_) co_return *ended_;
        if (auto at_once = co_await submit(key, payload)) co_return co_await given(key, std::move(*at_once));
        while (!row.outcome && !row.lost) {
            co_await coax::detail::suspend_until(row, {});
            if (row.how() == coax::detail::suspended::end::cancelled)
                co_return error{.code = errc::cancelled, .message = "cancelled while a row was in the queue"};
        }
        if (row.outcome) co_return co_await given(key, std::move(*row.outcome));
    }
}

/// Nothing: the row is in the queue.
asio::awaitable<std::optional<row_outcome>> collector::submit(std::string key, std::string payload) {
    std::vector<std::string> arguments{std::move(key), std::move(payload), identity_};
    auto const reply = co_await run_patiently(submit_script, std::move(arguments));
    if (!reply) co_return row_outcome{reply.error()};
    auto const& how = reply->items.empty() ? reply->text : reply->items[0].text;
    if (how == "gone") co_return row_outcome{gone(link_.address())};
    if (how == "done" && reply->items.size() == 2) co_return read_result(reply->items[1].text);
    co_return std::nullopt;
}

/// What a batch would wait and try again for is not the row's result.
asio::awaitable<row_outcome> collector::given(std::string key, row_outcome outcome) {
    if (outcome) co_return outcome;
    auto const scope = scope_of(outcome.error());
    if (scope == failure_scope::limit || scope == failure_scope::batch) {
        std::vector<std::string> keys{std::move(key)};
        (void)co_await run_patiently(forget_script, std::move(keys));
    }
    co_return outcome;
}

void collector::forget(std::string key) { written_.emplace_back(now(link_.executor()), std::move(key)); }

asio::awaitable<result<void>> collector::finish() {
    open_ = false;
    written_.clear();
    std::vector<std::string> none;
    auto const reply = co_await link_.run(finish_script, std::move(none));
    if (!reply) co_return reply.error();
    co_return result<void>{};
}

asio::awaitable<void> collector::run() {
    auto looked = now(link_.executor());
    auto watched = looked;
    while (open_) {
        bool const came = co_await read_done();
        auto const time = now(link_.executor());
        if (!came) {
            looked = {};  // what was told meanwhile is not
            co_await sleep_for(options_.retry_interval);
            continue;
        }
        if (time - looked >= look_interval) {
            bool const is_there = co_await look_at_all();
            looked = is_there ? time : clock::time_point{};
        }
        if (time - watched >= watch_interval) {
            watched = time;
            co_await look_at_workers();
        }
        co_await forget_written();
    }
}

/// Waits for keys whose results have come. False: the server is away.
asio::awaitable<bool> collector::read_done() {
    std::string bytes;
    auto const stream = link_.prefix() + "done";
    cache::detail::append_command(bytes, {"XREAD", "COUNT", "1000", "BLOCK", "300", "STREAMS", stream, last_done_});
    auto const replies = co_await link_.wait_for(std::move(bytes), 1);
    if (!replies || replies->front().kind == cache::detail::redis_kind::failure) co_return false;
    auto const& streams = replies->front().items;
    if (streams.empty()) co_return true;
    std::vector<std::string> keys;
    for (auto const& entry : streams[0].items[1].items) {
        last_done_ = entry.items[0].text;
        keys.push_back(entry.items[1].items[1].text);
    }
    std::erase_if(keys, [this](std::string const& key) { return !rows_.contains(key); });
    co_return co_await look_at(std::move(keys), false);
}

/// @param resubmits  Rows that are not there are put in again. False: the server is away.
asio::awaitable<bool> collector::look_at(std::vector<std::string> keys, bool resubmits) {
    for (std::size_t begin = 0; begin < keys.size(); begin += keys_at_once) {
        auto const end = std::min(keys.size(), begin + keys_at_once);
        std::vector<std::string> some(keys.begin() + static_cast<std::ptrdiff_t>(begin),
                                      keys.begin() + static_cast<std::ptrdiff_t>(end));
        auto const reply = co_await link_.run(look_script, some);
        if (!reply || reply->items.size() != some.size()) co_return false;
        for (std::size_t i = 0; i < some.size(); ++i) {
            auto const& found = reply->items[i];
            bool const is_lost = found.kind == cache::detail::redis_kind::nil;
            if (found.text.empty() && !(is_lost && resubmits)) continue;
            auto const [first, last] = rows_.equal_range(some[i]);
            for (auto at = first; at != last; ++at) {
                at->second->lost = is_lost;
                is_lost ? at->second->wake() : at->second->give(read_result(found.text));
            }
        }
    }
    co_return true;
}

asio::awaitable<bool> collector::look_at_all() {
    std::vector<std::string> keys;
    for (auto const& [key, row] : rows_)
        if (!row->outcome && (keys.empty() || keys.back() != key)) keys.push_back(key);
    co_return co_await look_at(std::move(keys), true);
}

/// Where the last worker has ended and said why, the rows would wait for ever.
asio::awaitable<void> collector::look_at_workers() {
    std::vector<std::string> arguments{std::to_string(sign_of_life.count()),
                                       std::to_string(2 * options_.lease.count())};
    auto const reply = co_await link_.run(watch_script, std::move(arguments));
    if (!reply || reply->items.size() != 2) co_return;
    bool const is_alone = reply->items[0].integer == 0 && !reply->items[1].text.empty();
    without_workers_ = is_alone ? without_workers_ + 1 : 0;
    if (without_workers_ < looks_without_workers || rows_.empty()) co_return;
    auto const reason = read_result(reply->items[1].text);
    end_all({.code = errc::closed,
             .message = "no worker is left; one of them ended for this: " +
                        (reason ? std::string{"nothing"} : coax::to_string(reason.error())),
             .where = link_.address()});
}

void collector::end_all(error const& why) {
    ended_ = why;
    for (auto const& [key, row] : rows_) row->give(row_outcome{why});
}

asio::awaitable<void> collector::forget_written() {
    auto const until = now(link_.executor()) - options_.keep_written;
    while (!written_.empty() && written_.front().first <= until) {
        std::vector<std::string> keys;
        for (std::size_t i = 0; i < std::min(written_.size(), keys_at_once) && written_[i].first <= until; ++i)
            keys.push_back(written_[i].second);
        auto const count = static_cast<std::ptrdiff_t>(keys.size());
        if (auto const done = co_await link_.run(forget_script, std::move(keys)); !done) co_return;
        written_.erase(written_.begin(), written_.begin() + count);
    }
}

}  // namespace coax::fleet::detail
