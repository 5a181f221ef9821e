// How do I describe a struct where its members stand, in place of a table beside it?
// Run: build/release/examples/annotations. Built as C++26 with reflection (GCC 16: -std=c++26 -freflection) the
// annotations are read; older compilers take the table. Without a key a simulated service answers. Prints: the schema
// that the service is given, which is the same by both; then the answer.
#include "local_server.hpp"

#include <coax/coax.hpp>

#include <iostream>
#include <string>

namespace {

#ifdef __cpp_impl_reflection
struct[[= coax::doc{.description = "A review of a film"}]] review {
    [[= coax::doc{.description = "As on the poster"}]] std::string film{};
    [[= coax::doc{.minimum = 1, .maximum = 5}]] int stars{};
};
#else
struct review {
    std::string film{};
    int stars{};

    static constexpr auto coax_schema =
        coax::describe("A review of a film", coax::field(&review::film, "As on the poster"),
                       coax::field(&review::stars, {.minimum = 1, .maximum = 5}));
};
#endif

boost::asio::awaitable<void> ask(coax::client llm) {
    auto const read = co_await llm.parse<review>("Playtime is a wonder: five stars.");
    std::cout << read.film << ": " << read.stars << " of 5\n";
}

}  // namespace

int main() try {
    std::cout << coax::json_schema<review> << '\n';
    local_server const service;
    coax::runtime rt;
    rt.run(ask(coax::client{rt, service.options()}));
} catch (coax::exception const& failure) {
    std::cerr << failure.why() << '\n';
    return 1;
}
