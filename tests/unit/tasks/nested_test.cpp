// Combinators inside of combinators, deeper than any stack: each level may cost the heap, none the stack of the last.

#include "support/rounds.hpp"
#include "support/run_coro.hpp"

#include <coax/policy/timeout.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/tasks/map.hpp>
#include <coax/tasks/task_group.hpp>
#include <coax/tasks/when_all.hpp>
#include <coax/tasks/when_any.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <ostream>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;

int const depth = test::rounds(5'000, 5'000);

using bottom = asio::awaitable<int> (*)();
using nest = asio::awaitable<int> (*)(int levels, bottom last);

asio::awaitable<int> at_once() { co_return 1; }
asio::awaitable<int> after_a_second() {
    co_await sleep_for(1s);
    co_return 1;
}
asio::awaitable<int> fails() {
    co_await sleep_for(1s);
    throw_error({.code = errc::refused});
}
asio::awaitable<int> for_ever() {
    co_await sleep_for(1'000h);
    co_return 1;
}

asio::awaitable<int> in_when_all(int levels, bottom last) {
    if (levels == 0) co_return co_await last();
    auto const [value] = co_await when_all(in_when_all(levels - 1, last));
    co_return value;
}
asio::awaitable<int> in_when_any(int levels, bottom last) {
    if (levels == 0) co_return co_await last();
    auto const first = co_await when_any(in_when_any(levels - 1, last));
    co_return std::get<0>(first);
}
asio::awaitable<int> in_timeouts(int levels, bottom last) {
    if (levels == 0) co_return co_await last();
    co_return co_await with_timeout(10'000h, in_timeouts(levels - 1, last));
}
asio::awaitable<int> in_groups(int levels, bottom last) {
    if (levels == 0) co_return co_await last();
    co_return co_await with_task_group([levels, last](task_group&) { return in_groups(levels - 1, last); });
}
asio::awaitable<int> in_maps(int levels, bottom last) {
    if (levels == 0) co_return co_await last();
    std::vector<int> const one{levels};
    map_options const options;
    auto results = co_await map(one, options, [last](int level) { return in_maps(level - 1, last); });
    co_return value_or_throw(std::move(results.front()));
}

struct nest_case {
    char const* name;
    nest combinator;
};
void PrintTo(nest_case const& row, std::ostream* out) { *out << row.name; }
class Nested : public testing::TestWithParam<nest_case> {
protected:
    static result<int> run(bottom last) {
        runtime rt{virtual_time{}};
        return rt.run(as_result(GetParam().combinator(depth, last)));
    }
};

TEST_P(Nested, GivesWhatIsThereAtOnce) { EXPECT_EQ(run(at_once), 1); }
TEST_P(Nested, GivesWhatComesLater) { EXPECT_EQ(run(after_a_second), 1); }
TEST_P(Nested, PassesAFailureOn) { EXPECT_EQ(run(fails).error().code, errc::refused); }
TEST_P(Nested, IsCancelledFromOutside) {
    runtime rt{virtual_time{}};
    auto const outcome = rt.run(as_result(with_timeout(1s, GetParam().combinator(depth, for_ever))));
    EXPECT_EQ(outcome.error().code, errc::timeout);
    EXPECT_LT(rt.time().now().time_since_epoch(), 25h);
}
TEST_P(Nested, DiesWithItsContext) {
    asio::io_context context{1};
    auto const whole = [](asio::awaitable<int> work) -> asio::awaitable<void> { (void)co_await std::move(work); };
    test::started const nested{context.get_executor(), whole(GetParam().combinator(depth, for_ever))};
    for (int i = 0; i < 4 * depth && context.poll_one() != 0; ++i) continue;
}

INSTANTIATE_TEST_SUITE_P(Rows, Nested,
                         testing::Values(nest_case{"when_all", in_when_all}, nest_case{"when_any", in_when_any},
                                         nest_case{"with_timeout", in_timeouts},
                                         nest_case{"with_task_group", in_groups}, nest_case{"map", in_maps}),
                         [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace coax
