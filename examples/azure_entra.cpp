// How do I ask Azure as an identity of Entra, without a key?
// Run: build/release/examples/azure_entra [https://RESOURCE.openai.azure.com DEPLOYMENT], on a machine that Azure has
// given an identity. Without an address a simulated Azure answers. Prints: the response; of the simulation what it was
// sent.
#include <coax/auth/entra.hpp>
#include <coax/coax.hpp>
#include <coax/sim/server.hpp>

#include <iostream>
#include <string>

namespace {

boost::asio::awaitable<void> ask(coax::client llm) {
    auto const response = co_await llm.chat("Say hello in Finnish.");
    std::cout << response.text << '\n';
}

/// A token where there is no authority to ask.
boost::asio::awaitable<coax::result<coax::secret>> example_token() { co_return coax::secret{"example-token"}; }

}  // namespace

int main(int argc, char** argv) try {
    coax::runtime rt;
    coax::client_options options;
    options.service.provider = {.service = "azure"};
    if (argc > 2) {
        options.service.provider.base_url = argv[1];
        options.service.model = argv[2];
        options.service.token_source = coax::managed_identity_token({});
        rt.run(ask(coax::client{rt, options}));
        return 0;
    }
    coax::sim::server const azure{{.api_key = "example-token", .record_requests = 1}};
    options.service.provider.base_url = azure.url();
    options.service.model = "my-deployment";
    options.service.token_source = example_token;  // a source of tokens alone: they go out as bearer tokens
    rt.run(ask(coax::client{rt, options}));
    auto const sent = azure.requests().back();
    std::cout << "api-key: '" << sent.header("api-key") << "', Authorization: '" << sent.header("Authorization")
              << "'\n";
} catch (coax::exception const& failure) {
    std::cerr << failure.why() << '\n';
    return 1;
}
