// How do I call coax from code that has no coroutines: by a callback, or a future?
// Run: build/release/examples/own_context. Without a key a simulated service answers.
// Prints: the answer that a callback got, the one that came by a future, and what a cancelled call ends with.
#include "local_server.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <future>
#include <thread>
#include <utility>

namespace asio = boost::asio;

namespace {

struct stopped_at_end {
    asio::io_context& context;
    ~stopped_at_end() { context.stop(); }
};

}  // namespace

int main() try {
    coax::sim::options slow;
    slow.answers = {{.when = {.prompt = "million"}, .then = {.text = "1, 2, 3", .delay_ms = 60'000}}};
    local_server const service{std::move(slow)};
    asio::io_context context{1};
    auto const busy = asio::make_work_guard(context);
    coax::client const llm{context.get_executor(), service.options()};
    std::jthread const worker{[&context] { context.run(); }};
    stopped_at_end const end{context};

    // A callback runs on the executor that is given to co_spawn.
    std::promise<void> told;
    asio::co_spawn(context, coax::as_result(llm.chat("Say hello.")), [&told](std::exception_ptr, auto answer) {
        std::cout << "callback: " << (answer ? answer->text : to_string(answer.error())) << '\n';
        told.set_value();
    });
    told.get_future().wait();

    // A future: get() throws coax::exception where the call failed.
    auto answer = asio::co_spawn(context, llm.chat("Say goodbye."), asio::use_future);
    std::cout << "future: " << answer.get().text << '\n';

    // Cancelling ends the call wherever it waits, and gives back what it holds.
    asio::cancellation_signal stop;
    auto cancelled = asio::co_spawn(context, coax::as_result(llm.chat("Count to a million.")),
                                    asio::bind_cancellation_slot(stop.slot(), asio::use_future));
    asio::post(context, [&stop] { stop.emit(asio::cancellation_type::terminal); });
    auto const outcome = cancelled.get();
    std::cout << "cancelled: " << (outcome ? outcome->text : to_string(outcome.error().code)) << '\n';
} catch (coax::exception const& failure) {
    std::cerr << failure.why() << '\n';
    return 1;
}
