#include "http/connect.hpp"
#include "http/connect_first.hpp"
#include "http/resolver.hpp"
#include "loopback/http_support.hpp"

#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace coax::http::detail {
namespace {

using namespace std::chrono_literals;
using asio::ip::tcp;
using test::eventually;
using test::run_coro;
using test::started;

asio::ip::address address(char const* text) { return asio::ip::make_address(text); }

/// An address that answers nobody: a listener whose queue is full.
class black_hole {
public:
    black_hole(char const* where, std::uint16_t port) {
        to_.sin_family = AF_INET;
        to_.sin_port = htons(port);
        to_.sin_addr.s_addr = htonl(address(where).to_v4().to_uint());
        sockets_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        EXPECT_EQ(::bind(sockets_[0], reinterpret_cast<sockaddr*>(&to_), sizeof to_), 0);
        EXPECT_EQ(::listen(sockets_[0], 0), 0);
        for (int i = 0; i < 3; ++i) {
            sockets_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
            (void)::connect(sockets_.back(), reinterpret_cast<sockaddr*>(&to_), sizeof to_);
        }
    }
    black_hole(black_hole const&) = delete;
    black_hole& operator=(black_hole const&) = delete;
    ~black_hole() {
        for (int const each : sockets_) ::close(each);
    }

private:
    sockaddr_in to_{};
    std::vector<int> sockets_;
};

/// A system's look-up whose answers the test gives, when it likes.
struct name_service {
    resolver::answer ask(std::string const& host) {
        std::unique_lock guard{lock};
        ++asked[host];
        changed.wait(guard, [&] { return answers.contains(host); });
        return {.found = answers[host]};
    }
    void answer(std::string const& host, resolver::addresses found) {
        std::lock_guard const guard{lock};
        answers[host] = std::move(found);
        changed.notify_all();
    }
    int times_asked(std::string const& host) {
        std::lock_guard const guard{lock};
        return asked[host];
    }

    std::mutex lock{};
    std::condition_variable changed{};
    std::map<std::string, resolver::addresses> answers{};
    std::map<std::string, int> asked{};
};

/// Shared with the resolver's threads, which the test does not wait for.
std::pair<std::shared_ptr<name_service>, std::shared_ptr<resolver>> make_resolver(std::size_t threads) {
    auto const service = std::make_shared<name_service>();
    return {service,
            std::make_shared<resolver>([service](std::string const& host) { return service->ask(host); }, threads)};
}

asio::awaitable<std::string> look_up(std::shared_ptr<resolver> names, std::string host,
                                     std::chrono::milliseconds limit) {
    origin const to{.host = host};
    exchange_limits const limits{.total = limit};
    exchange_deadline deadline{co_await asio::this_coro::executor, limits, to};
    deadline.start(detail::limit::none);
    auto const found = co_await names->look_up(host, deadline, to);
    if (!found) co_return "[" + std::string{coax::to_string(found.error().code)} + "]";
    std::string all;
    for (auto const& each : *found) all += (all.empty() ? "" : " ") + each.to_string();
    co_return all;
}

asio::awaitable<void> look_up_into(std::shared_ptr<resolver> names, std::string host, std::string& told) {
    told = co_await look_up(std::move(names), std::move(host), 10s);
}

TEST(Resolver, AHangingLookUpHoldsNeitherTheCallerNorTheContext) {
    auto const [service, names] = make_resolver(2);
    asio::io_context context{1};
    std::string told;
    asio::co_spawn(
        context,
        [](std::shared_ptr<resolver> by, std::string& into) -> asio::awaitable<void> {
            into = co_await look_up(std::move(by), "hangs", 20ms);
        }(names, told),
        asio::detached);
    context.run();  // ends, though the look-up does not
    EXPECT_EQ(told, "[timeout]");
    service->answer("hangs", {address("10.0.0.1")});
}

TEST(Resolver, WhatNobodyWaitedForIsFoundByWhoAsksNext) {
    run_coro([]() -> asio::awaitable<void> {
        auto const [service, names] = make_resolver(2);
        EXPECT_EQ(co_await look_up(names, "slow", 20ms), "[timeout]");
        service->answer("slow", {address("10.0.0.1")});
        EXPECT_EQ(co_await look_up(names, "slow", 10s), "10.0.0.1");
        EXPECT_EQ(co_await look_up(names, "slow", 10s), "10.0.0.1");
        EXPECT_EQ(service->times_asked("slow"), 1);
        names->forget("slow");
        EXPECT_EQ(co_await look_up(names, "slow", 10s), "10.0.0.1");
        EXPECT_EQ(service->times_asked("slow"), 2);
    }());
}

TEST(Resolver, OneThatHangsHoldsUpNoOtherName) {
    run_coro([]() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto const [service, names] = make_resolver(2);
        std::string hanging;
        started call{executor, look_up_into(names, "hangs", hanging)};
        service->answer("good", {address("10.0.0.2")});
        EXPECT_EQ(co_await look_up(names, "good", 10s), "10.0.0.2");
        call.cancel();
        EXPECT_TRUE(co_await eventually([&] { return call.done(); }));
        EXPECT_EQ(hanging, "[cancelled]");
        service->answer("hangs", {});
    }());
}

TEST(Resolver, RequestsForOneNameShareALookUpAndThreadsAreBounded) {
    run_coro([]() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto const [service, names] = make_resolver(1);
        std::string first;
        std::string second;
        std::string other;
        started one{executor, look_up_into(names, "a", first)};
        started two{executor, look_up_into(names, "a", second)};
        started three{executor, look_up_into(names, "b", other)};
        started left{executor, look_up_into(names, "c", other)};
        EXPECT_TRUE(co_await eventually([&] { return service->times_asked("a") == 1; }));
        EXPECT_EQ(service->times_asked("b"), 0) << "there is one thread";
        left.cancel();
        EXPECT_TRUE(co_await eventually([&] { return left.done(); }));
        service->answer("b", {address("10.0.0.2")});
        service->answer("a", {address("10.0.0.1")});
        EXPECT_TRUE(co_await eventually([&] { return one.done() && two.done() && three.done(); }));
        EXPECT_EQ(first + " " + second + " " + other, "10.0.0.1 10.0.0.1 10.0.0.2");
        EXPECT_EQ(service->times_asked("a"), 1);
        EXPECT_EQ(service->times_asked("c"), 0) << "nobody waited for it any more";
    }());
}

TEST(Resolver, MayDieBeforeItsLookUps) {
    auto [service, names] = make_resolver(1);
    asio::io_context context{1};
    std::string told;
    started const call{context.get_executor(), look_up_into(names, "hangs", told)};
    context.poll();
    names.reset();
    service->answer("hangs", {address("10.0.0.1")});
    test::run_coro_on(context, [](started const& of) -> asio::awaitable<void> {
        EXPECT_TRUE(co_await eventually([&of] { return of.done(); }));
    }(call));
    EXPECT_EQ(told, "10.0.0.1");
}

TEST(Resolver, AContextMayDieUnderALookUp) {
    auto const [service, names] = make_resolver(1);
    std::string told;
    {
        asio::io_context context{1};
        asio::co_spawn(context, look_up_into(names, "hangs", told), asio::detached);
        asio::co_spawn(context, look_up_into(names, "waits", told), asio::detached);
        context.poll();
    }
    service->answer("hangs", {address("10.0.0.1")});
    EXPECT_EQ(told, "");
}

TEST(Resolver, ALoserComesLast) {
    run_coro([]() -> asio::awaitable<void> {
        auto const [service, names] = make_resolver(1);
        service->answer("a", {address("10.0.0.1"), address("::1"), address("10.0.0.2")});
        EXPECT_EQ(co_await look_up(names, "a", 10s), "10.0.0.1 ::1 10.0.0.2");
        names->demote(address("10.0.0.1"), now(co_await asio::this_coro::executor));
        EXPECT_EQ(co_await look_up(names, "a", 10s), "::1 10.0.0.2 10.0.0.1");
    }());
}

TEST(InterleaveFamilies, TheyTakeTurnsFromTheFirstOn) {
    std::vector const given{address("::1"), address("::2"), address("::3"), address("10.0.0.1")};
    std::vector const expected{address("::1"), address("10.0.0.1"), address("::2"), address("::3")};
    EXPECT_EQ(interleave_families(given), expected);
    EXPECT_TRUE(interleave_families({}).empty());
}

TEST(HappyEyeballs, ABlackHoleCostsAMomentOnceAndIsRemembered) {
    test::fault_server server{std::vector<test::script>(2), {.all_must_come = false}};
    black_hole const silent{"127.0.0.2", server.to().port};
    run_coro([](test::fault_server& at) -> asio::awaitable<void> {
        auto const [service, names] = make_resolver(1);
        service->answer("two", {address("127.0.0.2"), address("127.0.0.1")});
        http_options const options;
        connector connect{co_await asio::this_coro::executor, options, *names};
        origin const to{.tls = false, .host = "two", .port = at.to().port};
        exchange_limits const limits{.connect = 5s};
        for (int i = 0; i < 2; ++i) {
            exchange_deadline deadline{co_await asio::this_coro::executor, limits, to};
            auto const made = co_await connect.connect(to, deadline);
            if (!made) co_return void(ADD_FAILURE() << made.error());
            EXPECT_EQ((*made)->socket().remote_endpoint().address(), address("127.0.0.1"));
            EXPECT_EQ(co_await look_up(names, "two", 10s), "127.0.0.1 127.0.0.2");
        }
    }(server));
}

TEST(HappyEyeballs, ARefusalTriesTheNextAtOnceAndAllRefusedNamesThem) {
    test::fault_server server{std::vector<test::script>(1), {.all_must_come = false}};
    run_coro([](test::fault_server& at) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        origin const to{.tls = false, .host = "two", .port = at.to().port};
        exchange_limits const limits{.connect = 200ms};  // less than the pause before a further attempt
        std::vector<asio::ip::address> losers;
        exchange_deadline deadline{executor, limits, to};
        deadline.begin_connecting();
        std::vector<tcp::endpoint> const both{{address("127.0.0.3"), to.port}, {address("127.0.0.1"), to.port}};
        auto const made = co_await connect_first(both, deadline, to, losers);
        EXPECT_TRUE(made);
        EXPECT_EQ(losers, std::vector{address("127.0.0.3")});

        auto const [service, names] = make_resolver(1);
        service->answer("two", {address("127.0.0.3"), address("127.0.0.4")});
        http_options const options;
        connector connect{executor, options, *names};
        exchange_deadline again{executor, limits, to};
        auto const refused = co_await connect.connect(to, again);
        EXPECT_FALSE(refused);
        auto const port = std::to_string(to.port);
        if (!refused) {
            EXPECT_EQ(refused.error().code, errc::connect_failed);
            EXPECT_EQ(refused.error().message, "cannot connect to 127.0.0.3:" + port + ", 127.0.0.4:" + port);
            EXPECT_EQ(refused.error().cause.message(), "Connection refused");
        }
    }(server));
}

TEST(HappyEyeballs, OnlyBlackHolesEndAtTheConnectLimit) {
    test::fault_server server{{}};
    black_hole const silent{"127.0.0.2", server.to().port};
    run_coro([](std::uint16_t port) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        http_options const options;
        connector connect{executor, options};
        origin const to{.tls = false, .host = "127.0.0.2", .port = port};
        exchange_limits const limits{.connect = 50ms};
        exchange_deadline deadline{executor, limits, to};
        auto const made = co_await connect.connect(to, deadline);
        EXPECT_FALSE(made);
        if (!made)
            EXPECT_EQ(made.error().message,
                      "the connect limit of 50 ms passed while connecting to 127.0.0.2:" + std::to_string(port));
    }(server.to().port));
}

}  // namespace
}  // namespace coax::http::detail
