// How do I read a struct while the model still writes it?
// Run: build/release/examples/parse_stream ["a post"]. Without a key a simulated service answers.
// Prints: each member as soon as it is there; then how many snapshots there were, and the whole.
#include "local_server.hpp"
#include "sentiment.hpp"

#include <coax/coax.hpp>

#include <iostream>
#include <string>

namespace {

boost::asio::awaitable<void> judge(coax::client llm, std::string post) {
    using coax::json::presence;
    coax::parse_stream<sentiment> stream = co_await llm.parse_stream<sentiment>(post);
    bool label_shown = false;
    std::size_t shown = 0;
    int snapshots = 0;
    while (sentiment const* const so_far = co_await stream.next()) {
        ++snapshots;
        if (!label_shown && stream.reader().presence_of(&sentiment::label) == presence::complete) {
            std::cout << "label: " << coax::reflect::enum_name(so_far->label) << std::endl;
            label_shown = true;
        }
        for (auto const items = stream.reader().complete_items(&sentiment::emotions); shown < items.size(); ++shown)
            std::cout << "emotion: " << items[shown] << std::endl;
    }
    sentiment const whole = co_await stream.finish();
    std::cout << snapshots << " snapshots, confidence " << whole.confidence << ", emotions " << whole.emotions.size()
              << '\n';
}

}  // namespace

int main(int argc, char** argv) try {
    coax::sim::options slow{};
    slow.latency.tokens_per_second = 100;
    local_server const service{slow};
    coax::runtime rt;
    coax::client const llm{rt, service.options()};
    rt.run(judge(llm, argc > 1 ? argv[1] : "I waited three hours. Never again."));
} catch (coax::exception const& failure) {
    std::cerr << failure.why() << '\n';
    return 1;
}
