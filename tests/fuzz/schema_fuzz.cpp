// A schema from a file and, behind a zero byte, a value: whatever they are, it ends without harm; what the schema is in
// plain JSON Schema says the same; and what it is in a dialect is a schema again.
#include <coax/schema/runtime_schema.hpp>

#include <cstdint>
#include <cstdlib>

namespace {

void expect(bool holds) {
    if (!holds) std::abort();
}

void check_dialects(coax::runtime_schema const& schema) {
    using enum coax::schema_dialect;
    for (auto const dialect : {openai_strict, anthropic, azure_strict, gemini, gemini_schema, grammar})
        if (auto const text = schema.for_dialect(dialect); text && dialect != gemini_schema)
            expect(coax::runtime_schema::parse(*text).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const input{reinterpret_cast<char const*>(data), size};
    auto const end = input.find('\0');
    auto const value = end == input.npos ? std::string_view{"{}"} : input.substr(end + 1);
    auto const schema = coax::runtime_schema::parse(input.substr(0, end));
    if (!schema) return 0;
    check_dialects(*schema);
    bool const fits = schema->find_violations(value).empty();
    expect(fits == schema->validate(value).has_value());
    auto const plain = coax::runtime_schema::parse(schema->for_dialect(coax::schema_dialect::json_schema).value());
    expect(plain && plain->validate(value).has_value() == fits);
    return 0;
}
