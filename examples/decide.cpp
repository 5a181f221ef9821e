// What is a text about, how bad is it, and how sure is that?
// Run: build/release/examples/decide ["My parcel is late"]. Without a key a simulated service answers. A model that
// does not measure its answers (OpenAI: gpt-6-luna does) writes them, without probabilities. Prints: each member with
// how likely it is; then what all cost.
#include "local_server.hpp"

#include <coax/client/decide.hpp>
#include <coax/coax.hpp>

#include <cstdio>
#include <iostream>
#include <optional>
#include <string>

enum class subject { billing, delivery, quality };
enum class harm { none, some, severe };
template <>
inline constexpr bool coax::is_ordered<harm> = true;

struct ticket {
    bool urgent{};
    subject topic{};
    std::optional<subject> second_topic{};  // empty where nothing is likely enough
    harm damage{};

    static constexpr auto coax_schema = coax::describe(
        "A ticket", coax::field(&ticket::urgent, "Must it be answered today?"),
        coax::field(&ticket::topic, "What is it about?"), coax::field(&ticket::second_topic, "What else is it about?"));
};

boost::asio::awaitable<void> triage(coax::client llm, std::string text) {
    auto const decided = co_await llm.decide<ticket>(text);
    auto const show = [&decided](char const* name) {
        auto const& answer = decided.answer(name);
        std::printf("%s: %s (%.2f)\n", name, answer.label.c_str(), answer.probability.value_or(0));
    };
    show("urgent");
    show("topic");
    if (decided.value.second_topic) show("second_topic");
    if (decided.value.damage == harm::severe) std::puts("call them!");
    std::printf("damage: %.1f of 2\n", decided.answer(&ticket::damage).score.value_or(0));
    auto const& cost = decided.response;
    std::printf("%lld tokens in, %s\n", static_cast<long long>(cost.usage.input_tokens),
                cost.measured ? "measured" : "not measured");
}

int main(int argc, char** argv) try {
    local_server const server;
    auto options = server.options();
    if (server.is_simulated()) options.service.model = "gpt-6-luna";
    coax::runtime rt;
    coax::client const llm{rt, std::move(options)};
    rt.run(triage(llm, argc > 1 ? argv[1] : "My delivery is ten days late."));
} catch (coax::exception const& failure) {
    std::cerr << failure.why() << '\n';
    return 1;
}
