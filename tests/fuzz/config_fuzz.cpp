// A file into a configuration: whatever the bytes are, it ends soon and without harm, and what is refused is told with
// its place. The first byte of the input says whether they are YAML or JSON.
#include <coax/config/configuration.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size) {
    if (size == 0) return 0;
    std::string_view const text{reinterpret_cast<char const*>(bytes) + 1, size - 1};
    std::string const name = bytes[0] % 2 == 0 ? "c.yaml" : "c.json";
    coax::configuration_options const options{
        .complete = false, .look_up = [](std::string_view) -> std::optional<std::string> { return std::nullopt; }};
    for (auto const& wrong : coax::check_configuration(text, name, options))
        if (wrong.where.empty() || wrong.message.empty()) std::abort();
    auto const made = coax::configuration_from(text, name, options);
    if (!made && made.error().where.empty()) std::abort();
    if (made && made->settings.empty()) std::abort();
    return 0;
}
