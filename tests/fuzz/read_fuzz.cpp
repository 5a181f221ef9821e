// JSON text into structs, into a value, and against a schema known at run time: whatever the bytes are, it ends
// without harm, and what was read writes and reads back as the same.
#include "unit/bind/types.hpp"

#include <coax/bind/read.hpp>
#include <coax/bind/write.hpp>
#include <coax/schema/runtime_schema.hpp>

#include <cstdint>
#include <cstdlib>

namespace {

template <class T>
void read_and_write(std::string_view text, coax::json::read_options const& options) {
    auto const value = coax::json::read<T>(text, options);
    if (!value) return;
    auto const written = coax::json::write(*value);
    auto const again = coax::json::read<T>(written);
    if (!again || coax::json::write(*again) != written) std::abort();
}

coax::runtime_schema const& schema() {
    static auto const parsed =
        coax::runtime_schema::parse(R"({"type":"object","properties":{"text":{"type":"string","pattern":"^a*$"},
        "list":{"type":"array","items":{"anyOf":[{"$ref":"#"},{"type":"integer","maximum":9}]},"uniqueItems":true},
        "low":{"oneOf":[{"type":"integer"},{"type":"number"}]}},"additionalProperties":false})")
            .value();
    return parsed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const text{reinterpret_cast<char const*>(data), size};
    read_and_write<coax::types::everything>(text, {});
    static_cast<void>(coax::json::read<coax::types::everything>(text, coax::json::wire_options));
    read_and_write<coax::types::node>(text, {.refuse_unknown_keys = true, .refuse_duplicate_keys = true});
    read_and_write<coax::types::shape>(text, {});
    read_and_write<coax::json_value>(text, {});
    static_cast<void>(schema().validate(text));
    if (auto const parsed = coax::runtime_schema::parse(text)) {
        static_cast<void>(parsed->validate(text));
        for (auto const dialect : {coax::schema_dialect::openai_strict, coax::schema_dialect::anthropic})
            static_cast<void>(parsed->for_dialect(dialect));
    }
    return 0;
}
