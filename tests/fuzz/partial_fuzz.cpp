// JSON text into structs while it arrives: however it is cut, the end is what `read` makes of the whole text, and what
// is complete on the way stays as it is. The first byte of the input says how to cut.
#include "unit/bind/types.hpp"

#include <coax/bind/partial_reader.hpp>
#include <coax/bind/write.hpp>

#include <cstdint>
#include <cstdlib>

namespace {

using namespace coax;

/// The text of each member that is complete; a key that may come twice could change later.
template <class T>
std::map<std::string, json_value> complete_members(json::partial_reader<T> const& reader) {
    auto const text = json::write(reader.value(), {.omit_empty_optionals = false});
    auto members = json::read<std::map<std::string, json_value>>(text);
    if (!members) return {};
    std::erase_if(*members, [&](auto const& member) {
        return reader.presence_at('/' + member.first) != json::presence::complete;
    });
    return *members;
}

template <class T>
void check(std::string_view text, std::size_t piece_bytes, json::read_options const& options) {
    auto const whole = json::read<T>(text, options);
    json::partial_reader<T> reader{options};
    std::map<std::string, json_value> seen;
    for (std::size_t at = 0; at < text.size(); at += piece_bytes) {
        reader.feed(text.substr(at, piece_bytes));
        if (whole && reader.problem()) std::abort();
        if (!options.refuse_duplicate_keys || !whole) continue;
        auto now = complete_members(reader);
        for (auto const& [key, value] : seen)
            if (!now.contains(key) || now.at(key) != value) std::abort();
        seen = std::move(now);
    }
    auto const end = reader.finish();
    if (end.has_value() != whole.has_value()) std::abort();
    if (!whole && end.error() != whole.error()) std::abort();
    if (!whole) return;
    auto const written = json::write(*whole, {.omit_empty_optionals = false});
    if (json::write(*end, {.omit_empty_optionals = false}) != written) std::abort();
    if (auto const members = json::read<std::map<std::string, json_value>>(written); members)
        for (auto const& [key, value] : seen)
            if (!members->contains(key) || members->at(key) != value) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size) {
    if (size == 0 || size > 4096) return 0;
    std::string_view const text{reinterpret_cast<char const*>(bytes) + 1, size - 1};
    auto const piece_bytes = static_cast<std::size_t>(bytes[0] % 16) + 1;
    check<types::everything>(text, piece_bytes, {.refuse_duplicate_keys = true});
    check<types::everything>(text, piece_bytes, json::read_options{.leniency = json::full_leniency});
    check<types::node>(text, piece_bytes, {});
    check<std::vector<types::plain>>(text, piece_bytes, {.refuse_unknown_keys = true});
    check<std::map<std::string, std::vector<types::judgement>>>(text, piece_bytes, json::wire_options);
    check<types::plain>(text, piece_bytes, {.leniency = {.code_fences = true, .prose = true}});
    return 0;
}
