// The caller's context and the client's end in either order while a call is under way. For the address sanitizer.

#include "support/fake_service.hpp"

#include <coax/client/client.hpp>
#include <coax/runtime/as_result.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <thread>

namespace coax {
// Named: GCC warns of coroutine templates over types without linkage.
namespace client_lifetime_test {

using namespace std::chrono_literals;
using namespace coax::test;

struct answer_form {
    std::string name{};
    int age{};
};

struct looked_up {
    std::string city{};
};

/// The operations of a client, each held up by the service for 20 ms. What they wait on lives on the client's context.
asio::awaitable<void> chat(client llm) { (void)co_await llm.chat("x"); }
asio::awaitable<void> parse(client llm) { (void)co_await llm.parse<answer_form>("x"); }
asio::awaitable<void> parse_response(client llm) { (void)co_await llm.parse_response<answer_form>("x"); }
asio::awaitable<void> parse_format(client llm) { (void)co_await llm.parse("x", output_format::of<answer_form>()); }
asio::awaitable<void> open_stream(client llm) { auto const stream = co_await llm.stream("x"); }
asio::awaitable<void> read_stream(client llm) {
    auto stream = co_await llm.stream("x");
    while (co_await stream.next()) continue;
}
asio::awaitable<void> finish_stream(client llm) {
    auto stream = co_await llm.stream("x");
    (void)co_await stream.finish();
}
asio::awaitable<void> read_parse_stream(client llm) {
    auto stream = co_await llm.parse_stream<answer_form>("x");
    while (co_await stream.next() != nullptr) continue;
    (void)co_await stream.finish();
}
asio::awaitable<void> run_tools(client llm) {
    toolbox tools;
    tools.add("look_up", "", [](looked_up where) { return where.city; });
    (void)co_await llm.run("x", tools);
}

enum class service_kind { whole, stream, tools };

struct operation {
    char const* name;
    asio::awaitable<void> (*begin)(client llm);
    service_kind kind;
};
void PrintTo(operation const& row, std::ostream* out) { *out << row.name; }

fake_service service_for(service_kind kind) {
    fake_service service;
    auto const slowly = [](http_response response) {
        return fake_service::answer{
            .response = std::move(response), .delay = 20ms, .piece_bytes = 60, .delay_per_piece = 5ms};
    };
    if (kind == service_kind::stream)
        service.then(slowly(openai_stream({R"({"name":)", R"("Ann",)", R"("age":4})"})));
    else if (kind == service_kind::tools)
        service.then(slowly(openai_calls({{"look_up", R"({"city":"Rome"})"}}))).then(slowly(openai_text("done")));
    else
        service.then(slowly(openai_text(R"({"name":"Ann","age":4})")));
    return service;
}

class CallLifetime : public testing::TestWithParam<operation> {
protected:
    /// The caller's side of an operation, that outlives its context.
    struct caller {
        asio::io_context context{1};
        std::shared_ptr<std::optional<error>> failure{std::make_shared<std::optional<error>>()};
        std::shared_ptr<bool> done{std::make_shared<bool>(false)};

        void begin(asio::awaitable<void> work) {
            asio::co_spawn(context, std::move(work), [failure = failure, done = done](std::exception_ptr thrown) {
                *done = true;
                if (thrown) *failure = to_error(thrown);
            });
        }
    };

    [[nodiscard]] static client connect(asio::io_context& context, fake_service const& service) {
        auto options = service.options();
        options.policies.timeout = 10s;
        options.policies.max_concurrency = 1;
        return client{context.get_executor(), std::move(options)};
    }

    /// Drives both in turns, so that the call is `so_long` under way.
    static void drive(asio::io_context& one, asio::io_context& other, std::chrono::milliseconds so_long) {
        auto const until = std::chrono::steady_clock::now() + so_long;
        do {
            one.restart();
            one.run_for(1ms);
            other.restart();
            other.run_for(1ms);
        } while (std::chrono::steady_clock::now() < until);
    }
};

TEST_P(CallLifetime, BothLiveAndItSucceeds) {
    asio::io_context home{1};
    caller who;
    who.begin(GetParam().begin(connect(home, service_for(GetParam().kind))));
    for (int i = 0; i < 20'000 && !*who.done; ++i) drive(who.context, home, 1ms);
    EXPECT_TRUE(*who.done);
    EXPECT_FALSE(*who.failure) << **who.failure;
}

TEST_P(CallLifetime, TheCallersContextEndsAtAnyTime) {
    for (auto so_long = 0ms; so_long < 60ms; so_long += 12ms) {
        asio::io_context home{1};
        {
            auto const llm = connect(home, service_for(GetParam().kind));
            auto who = std::make_unique<caller>();
            who->begin(GetParam().begin(llm));
            drive(who->context, home, so_long);
            who.reset();
            home.restart();
            home.run_for(30ms);
        }
        home.restart();
        home.run_for(100ms);  // what is left of the call, without its client
    }
}

TEST_P(CallLifetime, TheClientsContextEndsAtAnyTimeAndTheCallIsClosed) {
    for (auto so_long = 0ms; so_long < 60ms; so_long += 12ms) {
        caller who;
        auto home = std::make_unique<asio::io_context>(1);
        std::optional<client> llm{connect(*home, service_for(GetParam().kind))};
        who.begin(GetParam().begin(*llm));
        drive(who.context, *home, so_long);
        home.reset();
        for (int i = 0; i < 20'000 && !*who.done; ++i) {
            who.context.restart();
            who.context.run_for(1ms);
        }
        EXPECT_TRUE(*who.done) << "hangs after " << so_long.count() << " ms";
        if (*who.failure) EXPECT_EQ((*who.failure)->code, errc::closed) << **who.failure;
        caller late;
        late.begin(GetParam().begin(*llm));
        late.context.run_for(60s);
        EXPECT_TRUE(*late.done);
        EXPECT_TRUE(*late.failure && (*late.failure)->code == errc::closed);
        llm.reset();
    }
}

TEST_P(CallLifetime, TheClientsContextEndsOnAnotherThread) {
    for (auto so_long = 0ms; so_long < 40ms; so_long += 8ms) {
        caller who;
        auto home = std::make_unique<asio::io_context>(1);
        std::optional<client> llm{connect(*home, service_for(GetParam().kind))};
        who.begin(GetParam().begin(*llm));
        std::thread service_thread{[&context = *home, work = asio::make_work_guard(*home)] { context.run(); }};
        std::thread caller_thread{[&] { who.context.run_for(60s); }};
        std::this_thread::sleep_for(so_long);
        home->stop();
        service_thread.join();
        home.reset();
        caller_thread.join();
        EXPECT_TRUE(*who.done);
    }
}

TEST_P(CallLifetime, BothEndTheCallersFirst) {
    auto home = std::make_unique<asio::io_context>(1);
    auto who = std::make_unique<caller>();
    auto llm = std::make_unique<client>(connect(*home, service_for(GetParam().kind)));
    who->begin(GetParam().begin(*llm));
    drive(who->context, *home, 10ms);
    who.reset();
    home.reset();
    llm.reset();
}

TEST_P(CallLifetime, BothEndTheClientsFirst) {
    auto home = std::make_unique<asio::io_context>(1);
    auto who = std::make_unique<caller>();
    auto llm = std::make_unique<client>(connect(*home, service_for(GetParam().kind)));
    who->begin(GetParam().begin(*llm));
    drive(who->context, *home, 10ms);
    home.reset();
    who.reset();
    llm.reset();
}

INSTANTIATE_TEST_SUITE_P(Rows, CallLifetime,
                         testing::Values(operation{"chat", chat, service_kind::whole},
                                         operation{"parse", parse, service_kind::whole},
                                         operation{"parse_response", parse_response, service_kind::whole},
                                         operation{"parse_format", parse_format, service_kind::whole},
                                         operation{"open_stream", open_stream, service_kind::stream},
                                         operation{"read_stream", read_stream, service_kind::stream},
                                         operation{"finish_stream", finish_stream, service_kind::stream},
                                         operation{"parse_stream", read_parse_stream, service_kind::stream},
                                         operation{"run", run_tools, service_kind::tools}),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(StreamLifetime, AStreamOutlivesItsContext) {
    std::optional<chat_stream> kept;
    auto const service = service_for(service_kind::stream);
    {
        asio::io_context home{1};
        asio::co_spawn(
            home,
            [](client llm, std::optional<chat_stream>& place) -> asio::awaitable<void> {
                place.emplace(co_await llm.stream("x"));
            }(client{home.get_executor(), service.options()}, kept),
            [](std::exception_ptr) {});
        for (int i = 0; i < 5'000 && !kept; ++i) {
            home.restart();
            home.run_for(1ms);
        }
    }
    ASSERT_TRUE(kept.has_value());
    asio::io_context other{1};
    std::optional<error> failure;
    asio::co_spawn(
        other, [](chat_stream& stream) -> asio::awaitable<void> { (void)co_await stream.next(); }(*kept),
        [&](std::exception_ptr thrown) { failure = to_error(thrown); });
    other.run_for(60s);
    EXPECT_TRUE(failure && failure->code == errc::closed);
}

}  // namespace client_lifetime_test
}  // namespace coax
