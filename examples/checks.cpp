// How do I check an answer by rules of my own, and have the model correct it?
// Run: build/release/examples/checks. Without a key a simulated service answers.
// Prints: why the first answer was asked for again; then the one that fits.
#include "local_server.hpp"

#include <string>

namespace {

struct meeting {
    int from_hour{};
    int to_hour{};

    static constexpr auto coax_schema =
        coax::describe("When a meeting is", coax::field(&meeting::from_hour, {.minimum = 0, .maximum = 23}),
                       coax::field(&meeting::to_hour, {.minimum = 1, .maximum = 24}));
    /// For what a schema cannot say. What it returns goes back to the model; empty: all is well.
    static std::string coax_check(meeting const& value) {
        return value.from_hour < value.to_hour ? "" : "from_hour must be before to_hour";
    }
};

boost::asio::awaitable<void> plan(coax::client llm) {
    auto const found = co_await llm.parse<meeting>("When is the meeting? We said two to four in the afternoon.");
    std::cout << "from " << found.from_hour << " to " << found.to_hour << '\n';
}

}  // namespace

int main() try {
    // The simulated service confuses the hours at first.
    coax::sim::options scripted;
    scripted.answers = {{.then = {.text = R"({"from_hour":16,"to_hour":14})"}, .times = 1},
                        {.then = {.text = R"({"from_hour":14,"to_hour":16})"}}};
    local_server const service{std::move(scripted)};
    auto options = service.options();
    options.hooks.on_reask = [](coax::reask_event const& event) { std::cout << "asked again: " << event.why << '\n'; };
    coax::runtime rt;
    rt.run(plan(coax::client{rt, std::move(options)}));
} catch (coax::exception const& failure) {
    std::cerr << failure.why() << '\n';
    return 1;
}
