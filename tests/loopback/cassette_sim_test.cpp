// What is recorded against the simulator is replayed with the simulator gone, for every service.

#include "support/run_coro.hpp"
#include "support/sim_client.hpp"

#include <coax/client/client.hpp>
#include <coax/http/cassette.hpp>
#include <coax/http/http_transport.hpp>
#include <coax/runtime/runtime.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace coax {
namespace {

struct cassette_verdict {
    std::string summary{};
    bool good{};
};

class EveryCassette : public testing::TestWithParam<test::wire_form> {};

/// A chat, a stream and a parse, as text.
asio::awaitable<void> ask_three(client_options options, std::string* into) {
    client llm{co_await asio::this_coro::executor, std::move(options)};
    auto const whole = co_await llm.chat("Say hello.");
    auto stream = co_await llm.stream("Tell me of rain.");
    std::string pieces;
    while (auto const delta = co_await stream.next()) pieces += delta->text + "|";
    auto const end = co_await stream.finish();
    auto const read = co_await llm.parse<cassette_verdict>("Judge: a fine day.");
    *into = whole.text + "\n" + whole.id + "\n" + pieces + "\n" + std::to_string(end.usage.total_tokens()) + "\n" +
            read.summary + (read.good ? " good" : " bad");
}

TEST_P(EveryCassette, GivesTheSameWithTheServiceGone) {
    auto pattern = (std::filesystem::temp_directory_path() / "cassette-XXXXXX").string();
    std::string const folder = ::mkdtemp(pattern.data());
    auto const path = folder + "/c.jsonl";
    std::string recorded;
    client_options options;
    {
        sim::server const server{{.tls = true, .api_key = "sk-sim-3141592"}};
        options = test::options_for(GetParam(), server);
        options.service.api_key = "sk-sim-3141592";
        asio::io_context context{1};
        auto recording = options;
        recording.service.transport = std::make_shared<record_transport>(
            std::make_shared<http_transport>(context.get_executor(), options.http), path);
        test::run_coro_on(context, ask_three(recording, &recorded));
    }
    std::ifstream in{path};
    std::string const text{std::istreambuf_iterator<char>{in}, {}};
    EXPECT_EQ(text.find("3141592"), std::string::npos) << text;

    std::string replayed;
    auto const tape = std::make_shared<replay_transport>(path);
    options.service.transport = tape;
    options.service.api_key = "another-key-2718281";
    test::run_virtual(ask_three(options, &replayed));
    EXPECT_EQ(replayed, recorded);
    EXPECT_TRUE(tape->unused().empty());
    std::filesystem::remove_all(folder);
}

INSTANTIATE_TEST_SUITE_P(Services, EveryCassette, testing::ValuesIn(test::wire_forms),
                         [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace coax
