#include "support/run_coro.hpp"

#include <coax/runtime/as_result.hpp>

#include <boost/asio/error.hpp>
#include <gtest/gtest.h>

#include <ostream>
#include <stdexcept>
#include <string>
#include <system_error>

namespace coax {
namespace {

struct translation_case {
    char const* name;
    std::exception_ptr failure;
    errc code;
};
void PrintTo(translation_case const& row, std::ostream* out) { *out << row.name; }
class ToError : public testing::TestWithParam<translation_case> {};

TEST_P(ToError, FollowsTheTable) { EXPECT_EQ(to_error(GetParam().failure).code, GetParam().code); }

template <class Code>
std::exception_ptr network(Code code) {
    return std::make_exception_ptr(boost::system::system_error{boost::system::error_code{code}});
}

INSTANTIATE_TEST_SUITE_P(
    Rows, ToError,
    testing::Values(
        translation_case{"ours", std::make_exception_ptr(exception{{.code = errc::refused}}), errc::refused},
        translation_case{"our_code_alone", network(errc::closed), errc::closed},
        translation_case{"aborted", network(asio::error::operation_aborted), errc::cancelled},
        translation_case{"timed_out", network(asio::error::timed_out), errc::timeout},
        translation_case{"refused", network(asio::error::connection_refused), errc::connect_failed},
        translation_case{"no_such_host", network(asio::error::host_not_found), errc::connect_failed},
        translation_case{"eof", network(asio::error::eof), errc::connection_lost},
        translation_case{"reset", network(asio::error::connection_reset), errc::connection_lost},
        translation_case{"broken_pipe", network(asio::error::broken_pipe), errc::connection_lost},
        translation_case{"unknown_code", network(asio::error::access_denied), errc::internal},
        translation_case{"std_reset",
                         std::make_exception_ptr(std::system_error{std::make_error_code(std::errc::connection_reset)}),
                         errc::connection_lost},
        translation_case{"runtime_error", std::make_exception_ptr(std::runtime_error{"x"}), errc::internal},
        translation_case{"not_an_exception", std::make_exception_ptr(42), errc::internal},
        translation_case{"null", nullptr, errc::internal}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(ToErrorMessage, KeepsTheCauseAndTheWords) {
    auto const lost = to_error(network(asio::error::eof));
    EXPECT_EQ(lost.cause, asio::error::eof);
    EXPECT_EQ(to_error(std::make_exception_ptr(std::runtime_error{"no such prompt"})).message, "no such prompt");
}

asio::awaitable<int> seven() { co_return 7; }
asio::awaitable<int> fail() {
    throw_error({.code = errc::refused, .message = "no"});
    co_return 0;
}
asio::awaitable<void> nothing() { co_return; }
asio::awaitable<result<int>> flat(bool good) {
    if (good) co_return 7;
    co_return error{.code = errc::truncated};
}

TEST(AsResult, TurnsValuesAndExceptionsIntoResults) {
    auto body = []() -> asio::awaitable<void> {
        result<int> const value = co_await as_result(seven());
        EXPECT_EQ(value.value(), 7);
        result<int> const failed = co_await as_result(fail());
        EXPECT_EQ(failed.error().code, errc::refused);
        EXPECT_EQ(failed.error().message, "no");
        result<void> const done = co_await as_result(nothing());
        EXPECT_TRUE(done);
    };
    test::run_coro(body());
}

TEST(AsResult, StaysFlat) {
    auto body = []() -> asio::awaitable<void> {
        result<int> const value = co_await as_result(flat(true));
        EXPECT_EQ(value.value(), 7);
        result<int> const failed = co_await as_result(flat(false));
        EXPECT_EQ(failed.error().code, errc::truncated);
    };
    test::run_coro(body());
}

}  // namespace
}  // namespace coax
