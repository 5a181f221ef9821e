#include "sim/json_text.hpp"

#include "sim/random.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <type_traits>

namespace coax::sim::detail {
namespace {

template <class Number>
void append_number(std::string& out, Number number) {
    if constexpr (std::is_floating_point_v<Number>)
        if (!std::isfinite(number)) return void(out += "null");
    std::array<char, 32> text{};
    auto const end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
    out.append(text.data(), end);
}

void append_object(std::string& out, json::object const& object) {
    char before = '{';
    for (auto const& [name, value] : object) {
        out.push_back(before);
        before = ',';
        append_quoted(out, {name.data(), name.size()});
        out.push_back(':');
        append_json(out, value);
    }
    out += object.empty() ? "{}" : "}";
}

void append_array(std::string& out, json::array const& array) {
    char before = '[';
    for (auto const& value : array) {
        out.push_back(before);
        before = ',';
        append_json(out, value);
    }
    out += array.empty() ? "[]" : "]";
}

/// One step of a JSON pointer, with ~0 and ~1 put back.
std::string unescape_step(std::string_view step) {
    std::string plain;
    for (std::size_t i = 0; i < step.size(); ++i) {
        bool const escaped = step[i] == '~' && i + 1 < step.size() && (step[i + 1] == '0' || step[i + 1] == '1');
        plain.push_back(!escaped ? step[i] : step[++i] == '0' ? '~' : '/');
    }
    return plain;
}

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    out.push_back('"');
    std::size_t clean = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto const c = static_cast<unsigned char>(text[i]);
        if (c >= 0x20U && c != '"' && c != '\\') continue;
        out.append(text, clean, i - clean);
        clean = i + 1;
        switch (c) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            default:
                out += "\\u00";
                out.push_back(digits[c >> 4U]);
                out.push_back(digits[c & 15U]);
        }
    }
    out.append(text, clean);
    out.push_back('"');
}

void append_text_or_null(std::string& out, std::string_view text, bool is_null) {
    if (is_null)
        out += "null";
    else
        append_quoted(out, text);
}

void append_json(std::string& out, json::value const& value) {
    switch (value.kind()) {
        case json::kind::null: out += "null"; break;
        case json::kind::bool_: out += value.get_bool() ? "true" : "false"; break;
        case json::kind::int64: append_number(out, value.get_int64()); break;
        case json::kind::uint64: append_number(out, value.get_uint64()); break;
        case json::kind::double_: append_number(out, value.get_double()); break;
        case json::kind::string: append_quoted(out, view(value.get_string())); break;
        case json::kind::array: append_array(out, value.get_array()); break;
        case json::kind::object: append_object(out, value.get_object()); break;
    }
}

std::string to_json(json::value const& value) {
    std::string out;
    append_json(out, value);
    return out;
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
        for (auto const& [name, element] : *object)
            hash = hash_json(element, hash_bytes({name.data(), name.size()}, hash));
    return hash;
}

json::value const* resolve_ref(json::value const& root, std::string_view ref) {
    if (!ref.starts_with('#')) return nullptr;
    ref.remove_prefix(1);
    auto const* at = &root;
    while (at != nullptr && ref.starts_with('/')) {
        ref.remove_prefix(1);
        auto const end = ref.find('/');
        at = member(*at, unescape_step(ref.substr(0, end)));
        ref.remove_prefix(end == std::string_view::npos ? ref.size() : end);
    }
    return ref.empty() ? at : nullptr;
}

}  // namespace coax::sim::detail
