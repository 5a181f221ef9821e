// Responses in the background against the simulator's independent server half.

#include "support/run_coro.hpp"
#include "support/sim_client.hpp"

#include <coax/client/background.hpp>
#include <coax/runtime/as_result.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::options_for;
using test::run_coro;

class BackgroundService : public testing::TestWithParam<test::wire_form> {};

constexpr background_wait quickly{.first_interval = 5ms, .longest_interval = 50ms};

TEST_P(BackgroundService, MakesWhatAChatWouldGiveAlsoForAnotherClient) {
    sim::server server{{.tls = true, .api_key = "sk-sim", .latency = {.first_byte = 100ms}}};
    run_coro([](client_options options) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        std::string id;
        std::string whole;
        {
            client llm{executor, options};
            whole = (co_await llm.chat("Say hello in Finnish.")).text;
            id = (co_await background_responses{llm}.start("Say hello in Finnish.")).id;
        }
        client const other{executor, options};  // after a crash
        background_responses const background{other};
        EXPECT_FALSE((co_await background.look(id)).is_over());
        auto const response = co_await background.wait(id, quickly);
        EXPECT_EQ(response.text, whole);
        EXPECT_GT(response.usage.output_tokens, 0);
        co_await background.remove(id);
        auto const gone = co_await as_result(background.look(id));
        EXPECT_TRUE(!gone && gone.error().code == errc::not_found);
    }(options_for(GetParam(), server)));
    auto const stats = server.stats();
    EXPECT_EQ(stats.model_requests, 2U);
}

TEST_P(BackgroundService, EndsWhatIsCancelled) {
    sim::server server{{.tls = true, .api_key = "sk-sim", .latency = {.first_byte = 10s}}};
    run_coro([](client_options options) -> asio::awaitable<void> {
        client const llm{co_await asio::this_coro::executor, options};
        background_responses const background{llm};
        auto const begun = co_await background.start("Say hello.");
        auto const late = co_await as_result(background.wait(
            begun.id, {.first_interval = 5ms, .longest_interval = 50ms, .timeout = 60ms, .cancel_when_left = true}));
        EXPECT_TRUE(!late && late.error().code == errc::timeout);
        EXPECT_EQ((co_await background.look(begun.id)).status, background_status::cancelled);
    }(options_for(GetParam(), server)));
}

std::vector<test::wire_form> forms_of_responses() {
    std::vector<test::wire_form> forms;
    for (auto const& form : test::wire_forms)
        if (form.api == "responses") forms.push_back(form);
    return forms;
}

INSTANTIATE_TEST_SUITE_P(Forms, BackgroundService, testing::ValuesIn(forms_of_responses()),
                         [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace coax
