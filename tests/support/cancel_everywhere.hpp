#pragma once

#include "runtime/internal/context_service.hpp"

#include <coax/runtime/as_result.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace coax::test {

/// A context in virtual time that is driven by hand, one resumption at a time.
class stepper {
public:
    explicit stepper(std::uint64_t seed = 0) {
        coax::detail::context_service::of(context_.get_executor())
            .time.use_virtual(std::make_shared<virtual_clock>(), seed);
    }

    [[nodiscard]] asio::any_io_executor executor() { return context_.get_executor(); }

    /// Runs one handler; when none is ready, moves the clock.
    /// @returns false: nothing is ready and no deadline is left.
    bool step() { return run_one() || advance(); }

    /// @returns false: none is ready.
    bool run_one() {
        context_.restart();
        return context_.poll_one() != 0;
    }
    /// @returns false: there is no deadline.
    bool advance() { return coax::detail::context_service::of(context_.get_executor()).timers.advance(); }

private:
    asio::io_context context_{1};
};

/// Counts what is alive: hand a copy to every coroutine whose frame must not be lost.
class witness {
public:
    [[nodiscard]] std::shared_ptr<int> operator()() const { return alive_; }
    [[nodiscard]] long alive() const { return alive_.use_count() - 1; }

private:
    std::shared_ptr<int> alive_{std::make_shared<int>()};
};

/// One run of a scenario: what is cancelled, what goes on beside it, what must hold in the end.
struct scenario {
    asio::awaitable<void> subject;                 ///< Is cancelled.
    std::vector<asio::awaitable<void>> company{};  ///< Goes on; must end by itself.
    std::function<void()> check{};                 ///< After all have ended: nothing is lost.
    std::shared_ptr<void> kept{};                  ///< What both use; dies after them.
};

struct cancel_report {
    int suspensions{0};  ///< At how many points the subject was cancelled while it was under way.
    int cancelled{0};    ///< In how many of these runs it ended as cancelled.
};

/// Runs the scenario that `make(stepper)` builds with a cancellation after its k-th step, for k = 0, 1, 2 … until it
/// ends before it comes to that: each suspension of the subject lies between two steps, so each one is met.
template <class Make>
cancel_report cancel_everywhere(Make make, asio::cancellation_type type = asio::cancellation_type::terminal) {
    cancel_report report;
    for (int k = 0;; ++k) {
        SCOPED_TRACE(testing::Message() << "cancelled after step " << k);
        bool done = false;
        int company = 0;
        std::optional<error> failure;
        asio::cancellation_signal signal;
        scenario run = make();
        stepper world;
        for (auto& one : run.company) {
            ++company;
            asio::co_spawn(world.executor(), std::move(one), [&company](std::exception_ptr why) {
                --company;
                if (why) ADD_FAILURE() << "the company failed: " << to_error(why);
            });
        }
        auto const ended = [&](std::exception_ptr why) {
            done = true;
            if (why) failure = to_error(why);
        };
        asio::co_spawn(world.executor(), std::move(run.subject), asio::bind_cancellation_slot(signal.slot(), ended));
        int steps = 0;
        while (steps < k && !done && world.step()) ++steps;
        bool const in_time = !done;
        if (in_time) signal.emit(type);
        for (int rest = 0; rest < 100'000 && world.step(); ++rest) {
        }
        EXPECT_TRUE(done) << "the subject hangs";
        EXPECT_EQ(company, 0) << "the company hangs: "
                              << coax::detail::context_service::of(world.executor()).waiting.waits();
        if (failure) EXPECT_EQ(failure->code, errc::cancelled) << *failure;
        if (run.check) run.check();
        if (!in_time || !done || company != 0) return report;
        ++report.suspensions;
        if (failure) ++report.cancelled;
    }
}

}  // namespace coax::test
