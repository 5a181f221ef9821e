#pragma once

#include "bind/memory.hpp"
#include "json/internal/number.hpp"
#include "json/internal/text.hpp"

#include <coax/bind/detail/type_descriptor.hpp>
#include <coax/json/detail/value_access.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>

namespace coax::bind::detail {

/// The values that most texts hold: plain, complete and valid. Each function reads one at `at` and returns the byte
/// behind it; or null, with nothing changed, and the slow path decides. The position stays in a register, which makes
/// reading a quarter faster.

/// The integers that fit a type, as absolute values: -`below` to `above`.
struct integer_range {
    std::uint64_t below;
    std::uint64_t above;
};

inline integer_range range_of(type_descriptor const& type) {
    auto const bits = type.bytes * 8U;
    auto const all = std::numeric_limits<std::uint64_t>::max() >> (64U - bits);
    if (type.what == kind::unsigned_integer) return {0, all};
    return {(all >> 1U) + 1, all >> 1U};
}

/// Up to 7 digits.
inline char const* read_fast_integer(type_descriptor const& type, void* into, char const* at, char const* end) {
    bool const negative = at != end && *at == '-';
    if (negative) ++at;
    auto const [size, count] = json::detail::read_digits(at, end);
    char const* const stop = at + count;
    if (count == 0 || count > 7 || stop == end || (*at == '0' && count != 1)) return nullptr;
    if (*stop == '.' || *stop == 'e' || *stop == 'E') return nullptr;
    auto const range = range_of(type);
    if (size > (negative ? range.below : range.above)) return nullptr;
    store_integer(into, type.bytes, negative ? 0 - size : size);
    return stop;
}

inline char const* read_fast_real(type_descriptor const& type, void* into, char const* at, char const* end) {
    double value = 0;
    char const* const stop = json::detail::parse_simple_real(at, end, value);
    if (stop == nullptr) return nullptr;
    store_real(into, type.bytes, value);
    return stop;
}

/// The closing quote of a string without escapes; null: it has some, or is cut, or is no string.
inline char const* find_fast_string_end(char const* at, char const* end, bool check_utf8) {
    if (at == end || *at != '"') return nullptr;
    return json::detail::find_simple_string_end(at + 1, end, check_utf8);
}

/// Stores the enumerator of a name. False: there is none.
inline bool store_enumerator(type_descriptor const& type, void* into, std::string_view name) {
    auto const& names = *type.enumeration;
    for (std::size_t i = 0; i < names.count; ++i) {
        if (names.names[i] != name) continue;
        store_integer(into, type.bytes, static_cast<std::uint64_t>(names.values[i]));
        return true;
    }
    return false;
}

inline char const* read_fast_name(type_descriptor const& type, void* into, char const* at, char const* end) {
    char const* const stop = find_fast_string_end(at, end, false);
    bool const is_known =
        stop != nullptr && store_enumerator(type, into, {at + 1, static_cast<std::size_t>(stop - at - 1)});
    return is_known ? stop + 1 : nullptr;
}

inline char const* skip_word(char const* at, char const* end, std::string_view word) {
    bool const is_there =
        static_cast<std::size_t>(end - at) >= word.size() && std::memcmp(at, word.data(), word.size()) == 0;
    return is_there ? at + word.size() : nullptr;
}

inline char const* read_fast_boolean(void* into, char const* at, char const* end) {
    bool const value = at != end && *at == 't';
    char const* const stop = value ? skip_word(at, end, "true") : skip_word(at, end, "false");
    if (stop != nullptr) *static_cast<bool*>(into) = value;
    return stop;
}

/// Behind a string, number or word that nobody asked for.
inline char const* skip_plain_value(char const* at, char const* end, bool check_utf8) {
    switch (*at) {
        case '"': {
            char const* const stop = find_fast_string_end(at, end, check_utf8);
            return stop == nullptr ? nullptr : stop + 1;
        }
        case 'n': return skip_word(at, end, "null");
        case 't': return skip_word(at, end, "true");
        case 'f': return skip_word(at, end, "false");
        default: return json::detail::find_number_end(at, end);
    }
}

inline char const* try_fast_path(type_descriptor const& type, void* into, char const* at, char const* end,
                                 bool check_utf8) {
    switch (type.what) {
        case kind::boolean: return read_fast_boolean(into, at, end);
        case kind::signed_integer:
        case kind::unsigned_integer: return read_fast_integer(type, into, at, end);
        case kind::real: return read_fast_real(type, into, at, end);
        case kind::string: {
            char const* const stop = find_fast_string_end(at, end, check_utf8);
            if (stop == nullptr) return nullptr;
            static_cast<std::string*>(into)->assign(at + 1, stop);
            return stop + 1;
        }
        case kind::enumeration: return read_fast_name(type, into, at, end);
        case kind::nullable: {
            char const* const stop = skip_word(at, end, "null");
            if (stop != nullptr) type.nullable->reset(into);
            return stop;
        }
        case kind::any: {
            char const* const stop = skip_word(at, end, "null");
            if (stop != nullptr) json::detail::value_access::text(*static_cast<json_value*>(into)) = "null";
            return stop;
        }
        default: return nullptr;
    }
}

}  // namespace coax::bind::detail
