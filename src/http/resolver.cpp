#include "http/resolver.hpp"

#include "runtime/internal/suspended.hpp"
#include "sync/internal/wait_queue.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <deque>
#include <functional>
#include <iterator>
#include <mutex>
#include <pthread.h>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>

namespace coax::http::detail {
namespace {

using boost::system::error_code;

constexpr std::chrono::seconds names_kept{30};   // the system does not tell how long a name is good
constexpr std::chrono::minutes losers_kept{10};  // an address that is down costs each new connection a pause
constexpr std::size_t most_names = 1'024;        // then what is known starts anew
constexpr std::size_t most_look_ups = 1'024;     // under way and waiting for a thread

resolver::answer ask_system(std::string const& host) {
    asio::io_context context{1};
    asio::ip::tcp::resolver system{context};
    resolver::answer out;
    auto const results = system.resolve(host, std::string{}, out.failure);
    for (auto const& each : results) out.found.push_back(each.endpoint().address());
    return out;
}

/// The program's signals are for its own threads.
class signals_blocked {
public:
    signals_blocked() {
        sigset_t all;
        sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    signals_blocked(signals_blocked const&) = delete;
    signals_blocked& operator=(signals_blocked const&) = delete;
    ~signals_blocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
    sigset_t before_{};
};

error not_found(std::string const& host, error_code failure, origin const& to) {
    return {.code = errc::connect_failed,
            .message = "cannot find the address of " + host,
            .where = coax::to_string(to),
            .cause = failure};
}

}  // namespace

/// Shared with the threads, and outlives the resolver while they run. All members are guarded by the mutex.
struct resolver::state : std::enable_shared_from_this<state> {
    struct look_up {
        std::string host{};
        clock::time_point asked{};
        answer outcome{};
        std::size_t members{0};  ///< Those who joined and have not left.
        bool begun{false};
        bool over{false};
        sync::detail::wait_queue<waiter> waiters{};
    };
    struct entry {
        addresses found;
        clock::time_point asked;
    };

    state(look_up_function how, std::size_t most) : ask{std::move(how)}, most_threads{most} {}

    [[nodiscard]] std::shared_ptr<look_up> join(std::string const& host, clock::time_point now);
    void leave(look_up& one);
    void start_thread();
    void work();
    void finish(look_up& one, answer outcome);
    [[nodiscard]] addresses in_order(addresses const& found, clock::time_point now) const;

    look_up_function const ask;
    std::size_t const most_threads;
    std::mutex mutex{};
    std::unordered_map<std::string, std::shared_ptr<look_up>> under_way{};
    std::deque<std::shared_ptr<look_up>> queue{};
    std::unordered_map<std::string, entry> known{};
    std::unordered_map<asio::ip::address, clock::time_point> losers{};
    std::size_t threads{0};
};

/// Lives in the frame of `look_up`. Its place in the queue is guarded by the resolver's lock.
struct resolver::waiter final : coax::detail::suspended, sync::detail::wait_queue_hook<waiter> {
    waiter(asio::any_io_executor const& executor, std::shared_ptr<state> of, std::shared_ptr<state::look_up> what)
        : suspended{executor, "the look-up of a host's name"}, all{std::move(of)}, one{std::move(what)} {}
    waiter(waiter const&) = delete;
    waiter& operator=(waiter const&) = delete;
    ~waiter() override {
        std::lock_guard const lock{all->mutex};
        if (queued()) one->waiters.remove(*this);
        all->leave(*one);
    }

    void enqueue(coax::detail::continuation rest) {
        auto const alive = all;  // once held the frame may be gone before the lock is free
        std::lock_guard const lock{alive->mutex};
        hold(std::move(rest));
        if (one->over)
            wake();
        else
            one->waiters.push_back(*this);
    }

    std::shared_ptr<state> all;
    std::shared_ptr<state::look_up> one;
};

/// The look-up under way, or a new one.
std::shared_ptr<resolver::state::look_up> resolver::state::join(std::string const& host, clock::time_point now) {
    auto& place = under_way[host];
    if (place != nullptr) {
        ++place->members;
        return place;
    }
    auto const made = place = std::make_shared<look_up>(look_up{.host = host, .asked = now, .members = 1});
    if (under_way.size() > most_look_ups) {
        finish(*made, {.failure = asio::error::no_buffer_space});
        return made;
    }
    queue.push_back(made);
    if (threads < most_threads) start_thread();
    return made;
}

/// A look-up that all have left and no thread has begun is not made.
void resolver::state::leave(look_up& one) {
    if (--one.members > 0 || one.begun || one.over) return;
    std::erase_if(queue, [&](auto const& each) { return each.get() == &one; });
    under_way.erase(one.host);
}

void resolver::state::start_thread() {
    try {
        signals_blocked const meanwhile;
        std::thread{[self = shared_from_this()] { self->work(); }}.detach();
        ++threads;
    } catch (std::system_error const& refused) {
        if (threads > 0) return;  // one that runs takes it
        auto const failure = error_code{refused.code().value(), boost::system::system_category()};
        while (!queue.empty()) {
            auto const one = std::move(queue.front());
            queue.pop_front();
            finish(*one, {.failure = failure});
        }
    }
}

/// What a thread does: takes names until there are none.
void resolver::state::work() {
    std::unique_lock lock{mutex};
    while (!queue.empty()) {
        auto const one = std::move(queue.front());
        queue.pop_front();
        one->begun = true;
        lock.unlock();
        auto outcome = ask(one->host);
        lock.lock();
        finish(*one, std::move(outcome));
    }
    --threads;
}

void resolver::state::finish(look_up& one, answer outcome) {
    if (!outcome.found.empty()) {
        if (known.size() >= most_names) known.clear();
        known.insert_or_assign(one.host, entry{outcome.found, one.asked});
    }
    one.outcome = std::move(outcome);
    one.over = true;
    under_way.erase(std::string{one.host});
    one.waiters.remove_if([](waiter& each) {
        each.wake();
        return true;
    });
}

resolver::addresses resolver::state::in_order(addresses const& found, clock::time_point now) const {
    addresses out;
    auto const lost = [&](asio::ip::address const& each) {
        auto const at = losers.find(each);
        return at != losers.end() && now - at->second < losers_kept;
    };
    std::copy_if(found.begin(), found.end(), std::back_inserter(out), std::not_fn(lost));
    std::copy_if(found.begin(), found.end(), std::back_inserter(out), lost);
    return out;
}

resolver::resolver(look_up_function ask, std::size_t most_threads)
    : state_{std::make_shared<state>(std::move(ask), most_threads)} {}

resolver& resolver::system() {
    static auto* const shared = new resolver{ask_system};  // never destroyed: threads may use it while the program ends
    return *shared;
}

asio::awaitable<result<resolver::addresses>> resolver::look_up(std::string host, exchange_deadline& limits,
                                                               origin const& to) {
    auto const all = state_;
    auto const now = limits.now();
    std::shared_ptr<state::look_up> one;
    {
        std::lock_guard const lock{all->mutex};
        if (auto const at = all->known.find(host); at != all->known.end() && now - at->second.asked < names_kept)
            co_return all->in_order(at->second.found, now);
        one = all->join(host, now);
    }
    waiter node{co_await asio::this_coro::executor, all, one};
    limits.interrupts(node);
    co_await suspend(node, [&node](coax::detail::continuation rest) { node.enqueue(std::move(rest)); });
    if (auto why = limits.stopped(co_await asio::this_coro::cancellation_state)) co_return std::move(*why);
    std::lock_guard const lock{all->mutex};
    if (!one->over) co_return cancelled(to);
    if (one->outcome.found.empty()) co_return not_found(host, one->outcome.failure, to);
    co_return all->in_order(one->outcome.found, now);
}

void resolver::forget(std::string const& host) {
    std::lock_guard const lock{state_->mutex};
    state_->known.erase(host);
}

void resolver::demote(asio::ip::address const& loser, clock::time_point now) {
    std::lock_guard const lock{state_->mutex};
    if (state_->losers.size() >= most_names) state_->losers.clear();
    state_->losers.insert_or_assign(loser, now);
}

}  // namespace coax::http::detail
