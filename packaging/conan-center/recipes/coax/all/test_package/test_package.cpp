// The schema of a struct at compile time, and a call to an address where nobody listens: headers, library and what it
// links.
#include <coax/coax.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <iostream>
#include <string>

struct answer {
    std::string text{};
    int score{};
};

boost::asio::awaitable<void> ask(coax::client llm) {
    coax::result<answer> const outcome = co_await coax::as_result(llm.parse<answer>("Anybody there?"));
    std::cout << "the call ended in " << (outcome ? "an answer" : coax::to_string(outcome.error().code)) << '\n';
}

int main() {
    std::cout << coax::json_schema<answer> << '\n';

    boost::asio::io_context context;
    coax::client_options options{.service = {.model = "none"}};
    options.service.provider = {.service = "compatible", .base_url = "http://127.0.0.1:1/v1"};
    options.policies.retry.max_attempts = 1;
    coax::client llm{context.get_executor(), options};
    co_spawn(context, ask(llm), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
    context.run();
}
