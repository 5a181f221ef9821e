#include "fleet/limit_words.hpp"
#include "fleet/queue_scripts.hpp"
#include "fleet/queue_state.hpp"

#include <coax/fleet/work_queue.hpp>
#include <coax/runtime/on_executor.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <utility>

namespace coax {
namespace fleet::detail {
namespace {

asio::awaitable<void> collect(queue_state& on) {
    on.collects = true;
    co_await as_result(on.results.run());
    on.collects = false;
}

// The functions that follow run on the queue's thread; who waits for them keeps it alive.

asio::awaitable<result<void>> open_job(queue_state& on, queue_job job) {
    auto opened = co_await on.results.open(std::move(job));
    if (opened && !on.collects) start(on, collect(on));
    co_return opened;
}

asio::awaitable<row_outcome> ask_row(queue_state& on, std::string key, std::string payload) {
    co_return co_await on.results.ask(std::move(key), std::move(payload));
}

asio::awaitable<result<void>> finish_job(queue_state& on) { co_return co_await on.results.finish(); }

asio::awaitable<result<redis_reply>> run_script(queue_state& on, std::string_view script,
                                                std::vector<std::string> with) {
    co_return co_await on.link.run(script, std::move(with));
}

asio::awaitable<result<std::vector<redis_reply>>> read_job(queue_state& on) {
    std::string bytes;
    auto const key = on.link.prefix() + "job";
    cache::detail::append_command(bytes, {"HMGET", key, "identity", "state", "version", "description", "rpm", "tpm",
                                          "concurrency", "most", "burst"});
    co_return co_await on.link.run_all(std::move(bytes), 1);
}

queue_status read_status(redis_reply const& reply) {
    auto const& all = reply.items;
    if (all.size() != 12) return {};
    auto const count = [&all](std::size_t at) { return static_cast<std::uint64_t>(number_of(all[at])); };
    queue_status status{.exists = true,
                        .finished = all[0].text == "finished",
                        .waiting = count(1),
                        .in_work = count(2),
                        .ok = count(3),
                        .failed = count(4),
                        .stored = count(5),
                        .dead = count(6),
                        .limits = read_limits(all[8].items),
                        .spent = from_nanos(number_of(all[9])),
                        .reserved = from_nanos(number_of(all[10])),
                        .requests_in_flight = count(11)};
    for (auto const& one : all[7].items)
        status.workers.push_back({.name = one.items[0].text,
                                  .in_work = static_cast<std::uint64_t>(number_of(one.items[1])),
                                  .stored = static_cast<std::uint64_t>(number_of(one.items[2])),
                                  .idle = std::chrono::milliseconds{number_of(one.items[3])}});
    return status;
}

}  // namespace

void start(queue_state& on, asio::awaitable<void> work) {
    asio::co_spawn(on.link.executor(), std::move(work), asio::detached);
}

}  // namespace fleet::detail

work_queue::work_queue(queue_options options) {
    value_or_throw(validate(options));
    auto address = value_or_throw(fleet::detail::parse_queue_url(options.url));
    state_ = std::make_shared<fleet::detail::queue_state>(std::move(options), std::move(address));
}

asio::awaitable<void> work_queue::open(queue_job job) {
    std::shared_ptr<fleet::detail::queue_state> const on = state_;
    auto opening = fleet::detail::open_job(*on, std::move(job));
    value_or_throw(co_await on_executor(on->link.executor(), std::move(opening)));
}

asio::awaitable<batch_output<std::string>> work_queue::ask(std::string key, std::string payload) {
    std::shared_ptr<fleet::detail::queue_state> const on = state_;
    auto asking = fleet::detail::ask_row(*on, std::move(key), std::move(payload));
    co_return value_or_throw(co_await on_executor(on->link.executor(), std::move(asking)));
}

void work_queue::forget(std::string key) {
    std::shared_ptr<fleet::detail::queue_state> const on = state_;
    asio::post(on->link.executor(), [&results = on->results, key = std::move(key)] { results.forget(key); });
}

asio::awaitable<void> work_queue::finish() {
    std::shared_ptr<fleet::detail::queue_state> const on = state_;
    value_or_throw(co_await on_executor(on->link.executor(), fleet::detail::finish_job(*on)));
}

asio::awaitable<std::optional<queue_job>> work_queue::job() {
    std::shared_ptr<fleet::detail::queue_state> const on = state_;
    auto const replies = value_or_throw(co_await on_executor(on->link.executor(), fleet::detail::read_job(*on)));
    value_or_throw(check(replies.front()));
    auto const& words = replies.front().items;
    if (words.size() != 9 || words[0].text.empty() || words[1].text != "open") co_return std::nullopt;
    if (words[2].text != fleet::detail::queue_version)
        throw_error(invalid_argument("queue", address() + " has a job of version " + words[2].text +
                                                  ", this coax understands version " + fleet::detail::queue_version));
    co_return queue_job{.description = words[3].text,
                        .limits = fleet::detail::read_limits({words.begin() + 4, words.end()}),
                        .identity = words[0].text};
}

asio::awaitable<queue_status> work_queue::status() {
    std::shared_ptr<fleet::detail::queue_state> const on = state_;
    std::vector<std::string> none;
    auto asking = fleet::detail::run_script(*on, fleet::detail::status_script, std::move(none));
    co_return fleet::detail::read_status(value_or_throw(co_await on_executor(on->link.executor(), std::move(asking))));
}

asio::awaitable<std::uint64_t> work_queue::retry_dead() {
    std::shared_ptr<fleet::detail::queue_state> const on = state_;
    std::uint64_t count = 0;
    for (;;) {
        std::vector<std::string> some{"1000"};
        auto asking = fleet::detail::run_script(*on, fleet::detail::retry_script, std::move(some));
        auto const reply = value_or_throw(co_await on_executor(on->link.executor(), std::move(asking)));
        if (reply.integer <= 0) co_return count;
        count += static_cast<std::uint64_t>(reply.integer);
    }
}

asio::awaitable<std::uint64_t> work_queue::purge() {
    std::shared_ptr<fleet::detail::queue_state> const on = state_;
    std::vector<std::string> none;
    auto asking = fleet::detail::run_script(*on, fleet::detail::purge_script, std::move(none));
    auto const reply = value_or_throw(co_await on_executor(on->link.executor(), std::move(asking)));
    co_return static_cast<std::uint64_t>(fleet::detail::number_of(reply));
}

std::string work_queue::address() const { return state_->link.address(); }

}  // namespace coax
