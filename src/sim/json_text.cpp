#include "sim/json_text.hpp"

#include "sim/random.hpp"

#include <bit>

namespace coax::sim::detail {

void write_json(writer& out, json::value const& value) {
    switch (value.kind()) {
        case json::kind::null: out.null(); break;
        case json::kind::bool_: out.value(value.get_bool()); break;
        case json::kind::int64: out.value(value.get_int64()); break;
        case json::kind::uint64: out.value(value.get_uint64()); break;
        case json::kind::double_: out.value(value.get_double()); break;
        case json::kind::string: out.value(view(value.get_string())); break;
        case json::kind::array:
            out.begin_array();
            for (auto const& element : value.get_array()) write_json(out, element);
            out.end_array();
            break;
        case json::kind::object:
            out.begin_object();
            for (auto const& [name, element] : value.get_object()) write_json(out.key(view(name)), element);
            out.end_object();
            break;
    }
}

void write_text_or_null(writer& out, std::string_view name, std::string_view text, bool is_null) {
    out.key(name);
    if (is_null)
        out.null();
    else
        out.value(text);
}

std::string to_json(json::value const& value) {
    std::string text;
    writer out{text};
    write_json(out, value);
    return text;
}

json::value const* member(json::value const& value, std::string_view name) noexcept {
    auto const* object = value.if_object();
    return object != nullptr ? object->if_contains(name) : nullptr;
}

std::string_view text_member(json::value const& value, std::string_view name) noexcept {
    auto const* found = member(value, name);
    auto const* text = found != nullptr ? found->if_string() : nullptr;
    return text != nullptr ? view(*text) : std::string_view{};
}

std::uint64_t hash_json(json::value const& value, std::uint64_t seed) noexcept {
    auto const kind = mix(seed, static_cast<std::uint64_t>(value.kind()));
    switch (value.kind()) {
        case json::kind::null: return kind;
        case json::kind::bool_: return mix(kind, value.get_bool() ? 1 : 0);
        case json::kind::int64: return mix(kind, static_cast<std::uint64_t>(value.get_int64()));
        case json::kind::uint64: return mix(kind, value.get_uint64());
        case json::kind::double_: return mix(kind, std::bit_cast<std::uint64_t>(value.get_double()));
        case json::kind::string: return hash_bytes(view(value.get_string()), kind);
        case json::kind::array: break;
        case json::kind::object: break;
    }
    auto hash = kind;
    if (auto const* array = value.if_array())
        for (auto const& element : *array) hash = hash_json(element, hash);
    if (auto const* object = value.if_object())
        for (auto const& [name, element] : *object) hash = hash_json(element, hash_bytes(view(name), hash));
    return hash;
}

std::uint64_t hash_members(json::value const& body, std::initializer_list<std::string_view> names,
                           std::uint64_t seed) noexcept {
    for (auto const name : names)
        if (auto const* value = member(body, name); value != nullptr && !value->is_null())
            seed = hash_json(*value, hash_bytes(name, seed));
    return seed;
}

json::value const* resolve_ref(json::value const& root, std::string_view ref) {
    if (!ref.starts_with('#')) return nullptr;
    boost::system::error_code missing;
    return root.find_pointer(ref.substr(1), missing);
}

}  // namespace coax::sim::detail
