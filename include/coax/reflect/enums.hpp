#pragma once

#include <coax/reflect/detail/annotations.hpp>
#include <coax/reflect/doc.hpp>

#include <bit>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace coax {

/// Which values of an enum are looked at for enumerators. Specialize it for an enum with values outside [-8, 120).
/// A wider range costs compile time. With C++26 reflection all are found. As JSON an enum is refused that has a value
/// outside of the default range, and nothing that lists it: any value where the enum is of one byte, else one of the
/// likelier ones, such as 200 or -128. No compiler without reflection tells of the others: they are missing.
template <class Enum>
struct enum_range {
    static constexpr long long low = -8;      ///< The first value.
    static constexpr long long high = 120;    ///< One past the last value.
    static constexpr bool is_default = true;  ///< Nobody has chosen: enumerators elsewhere are looked for, and refused.
};

}  // namespace coax

namespace coax::reflect {

namespace detail {

#ifdef __clang__
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wunknown-warning-option"
#pragma clang diagnostic ignored "-Wenum-constexpr-conversion"
#endif

struct enum_text {
    char const* text;
    std::size_t size;
};

/// The compiler's own text of all values at once: a value that has a name is printed by it.
template <auto... Values>
consteval auto print_values() {
    return enum_text{__PRETTY_FUNCTION__, sizeof(__PRETTY_FUNCTION__) - 1};
}

/// Whether a name cannot go on in front of this character.
constexpr bool ends_word(char c) { return c == ':' || c == ')' || c == ' ' || c == '{' || c == '<' || c == '-'; }

/// The beginning of the value that `at` lies in: behind a comma that is not inside the arguments of a template.
constexpr std::size_t start_of_value(char const* text, std::size_t at) {
    for (int depth = 0; depth > 0 || text[at - 1] != ' ' || text[at - 2] != ','; --at) {
        if (text[at - 1] == '>' || text[at - 1] == ')') ++depth;
        if (text[at - 1] == '<' || text[at - 1] == '(') --depth;
    }
    return at;
}

/// Walks backwards over a list such as "..., ns::colour::red, (ns::colour)7}]". A value without a name is a number.
template <class Enum, long long... Values>
struct enum_scan {
    static constexpr enum_text spelled = print_values<static_cast<Enum>(Values)...>();
    static constexpr std::size_t value_count = sizeof...(Values);
    static constexpr long long values[value_count] = {Values...};  // Clang 19 needs the bound

    /// A value's name, as a part of the text.
    struct name {
        unsigned short index;
        unsigned short begin;
        unsigned short end;
    };
    struct found {
        std::size_t count{0};
        std::size_t length{0};
        name names[value_count]{};  ///< The last one first.
    };

    static constexpr bool is_number(std::size_t begin) {
        char const* const text = spelled.text;
        return text[begin - 1] == ')' || text[begin - 1] == '-' || (text[begin] >= '0' && text[begin] <= '9');
    }

    static constexpr found names = [] {
        found result{};
        char const* const text = spelled.text;
        std::size_t end = spelled.size;
        std::size_t cast = 0;  // the length of "(ns::colour)", once it is known
        while (text[end - 1] == ']' || text[end - 1] == '}' || text[end - 1] == '>') --end;
        for (std::size_t index = value_count; index-- > 0;) {
            // Most values have no name and at most three digits: skipping them at once saves compile time.
            long long const value = values[index];
            std::size_t begin = end - (value > 99 ? 3 : value > 9 || value < 0 ? 2 : 1);
            bool const skips = cast != 0 && text[begin - 1] == ')' && text[begin] <= '9';
            if (!skips) {
                begin = end;
                while (!ends_word(text[begin - 1])) --begin;
                if (!is_number(begin)) {
                    result.names[result.count++] = {static_cast<unsigned short>(index),
                                                    static_cast<unsigned short>(begin),
                                                    static_cast<unsigned short>(end)};
                    result.length += end - begin;
                }
            }
            if (index == 0) break;
            auto const start = skips ? begin - cast : start_of_value(text, begin);
            if (text[begin - 1] == ')') cast = begin - start;
            end = start - 2;
        }
        return result;
    }();
};

/// The name of one enumerator, wherever its value lies; "" for a value without one.
template <auto Value>
consteval std::string_view enumerator_name() {
    using scan = enum_scan<decltype(Value), static_cast<long long>(Value)>;
    if constexpr (scan::names.count == 0)
        return {};
    else
        return {scan::spelled.text + scan::names.names[0].begin, scan::names.length};
}

template <class Enum, std::size_t Count, std::size_t Length>
struct enumerator_list {
    Enum values[Count == 0 ? 1 : Count]{};
    unsigned short offsets[Count + 1]{};
    char text[Length + 1]{};

    [[nodiscard]] static constexpr std::size_t size() { return Count; }
    [[nodiscard]] constexpr Enum value(std::size_t index) const { return values[index]; }
    [[nodiscard]] constexpr std::string_view name(std::size_t index) const {
        return {text + offsets[index], static_cast<std::size_t>(offsets[index + 1] - offsets[index])};
    }
};

template <class Enum, long long... Values>
consteval auto list_enumerators() {
    using scan = enum_scan<Enum, Values...>;
    enumerator_list<Enum, scan::names.count, scan::names.length> list{};
    std::size_t at = 0;
    for (std::size_t i = 0; i < list.size(); ++i) {
        auto const one = scan::names.names[list.size() - 1 - i];
        list.values[i] = static_cast<Enum>(scan::values[one.index]);
        for (std::size_t j = one.begin; j < one.end; ++j) list.text[at++] = scan::spelled.text[j];
        list.offsets[i + 1] = static_cast<unsigned short>(at);
    }
    return list;
}

template <class Enum, long long... I>
consteval auto scan_range(std::integer_sequence<long long, I...>) {
    return list_enumerators<Enum, (enum_range<Enum>::low + I)...>();
}

// --- enumerators that the default range would miss ---

template <class Enum>
concept has_default_range = requires { enum_range<Enum>::is_default; };

constexpr std::size_t printed_size(long long value) {
    std::size_t size = value < 0 ? 2 : 1;
    for (; value > 9 || value < -9; value /= 10) ++size;
    return size;
}

/// The values that have names, but for those of the default range: each of the others ends in ")" and its number.
template <class Enum, long long... Values>
consteval bool has_name_among() {
    constexpr enum_text printed = print_values<static_cast<Enum>(Values)...>();
    constexpr long long values[] = {Values...};
    char const* const text = printed.text;
    std::size_t end = printed.size;
    while (text[end - 1] == ']' || text[end - 1] == '}' || text[end - 1] == '>') --end;
    std::size_t cast = 0;
    for (std::size_t i = sizeof...(Values); i-- != 0;) {
        auto const begin = end - printed_size(values[i]);
        if (text[begin - 1] != ')') return true;
        if (cast == 0) cast = begin - start_of_value(text, begin);
        end = begin - cast - 2;
    }
    return false;
}

struct found_values {
    long long values[64]{};
    std::size_t count{0};
};

template <class Enum, long long... Values>
consteval void add_named(found_values& found) {
    if constexpr (has_name_among<Enum, Values...>()) {
        using scan = enum_scan<Enum, Values...>;
        for (std::size_t i = 0; i < scan::names.count && found.count < 64; ++i)
            found.values[found.count++] = scan::values[scan::names.names[i].index];
    }
}

template <class Enum, long long First, long long... I>
consteval void add_named_from(found_values& found, std::integer_sequence<long long, I...>) {
    add_named<Enum, (First + I)...>(found);
}

/// The values of enumerators outside of the default range: all of an enum of one byte, else as far as they are likely,
/// for to look at all would cost more than the rest of the compilation.
template <class Enum>
consteval found_values values_elsewhere() {
    found_values found{};
#if !defined(__cpp_impl_reflection)
    using underlying = std::underlying_type_t<Enum>;
    if constexpr (!has_default_range<Enum> || is_flags<Enum> || std::is_same_v<underlying, bool>) {
    } else if constexpr (sizeof(Enum) == 1) {  // all of them
        constexpr bool has_sign = std::is_signed_v<underlying>;
        if constexpr (has_sign) add_named_from<Enum, -128>(found, std::make_integer_sequence<long long, 120>{});
        add_named_from<Enum, 120>(found, std::make_integer_sequence<long long, has_sign ? 8 : 136>{});
    } else {
        add_named<Enum, 120, 121, 122, 125, 126, 127, 128, 129, 130, 150, 199, 200, 201, 202, 204, 210, 250, 255, 256,
                  300, 301, 302, 304, 400, 401, 403, 404, 408, 409, 410, 418, 429, 499, 500, 501, 502, 503, 504, 511,
                  512, 600, 700, 800, 900, 999, 1000, 1001, 1024, 2000, 2048, 3000, 4000, 4096, 5000, 8192, 9999, 10000,
                  16384, 32767>(found);
        if constexpr (std::is_signed_v<underlying>)
            add_named<Enum, -1000, -999, -256, -255, -128, -127, -100, -99, -64, -50, -42, -32, -20, -16, -10, -9>(
                found);
        if constexpr (sizeof(Enum) > 2) add_named<Enum, 32768, 65535, 65536, 100000, 1000000, 2147483647>(found);
    }
#endif
    return found;
}

/// Flags are looked for among the powers of two.
template <class Enum, long long... I>
consteval auto scan_bits(std::integer_sequence<long long, I...>) {
    return list_enumerators<Enum, static_cast<long long>(1ULL << I)...>();
}

#if defined(__cpp_impl_reflection)
/// The first name of each value, in the order of the values; of flags, the powers of two.
template <class Enum>
consteval std::vector<std::meta::info> order_enumerators() {
    std::vector<std::meta::info> ordered;
    auto const value = [](std::meta::info each) {
        return static_cast<long long>(std::meta::extract<Enum>(std::meta::constant_of(each)));
    };
    for (auto const each : all_enumerators<Enum>) {
        auto at = ordered.begin();
        while (at != ordered.end() && value(*at) < value(each)) ++at;
        bool const known = at != ordered.end() && value(*at) == value(each);
        auto const used = ~0ULL >> (64 - sizeof(Enum) * 8);
        bool const is_bit = std::has_single_bit(static_cast<unsigned long long>(value(each)) & used);
        if (!known && (is_bit || !is_flags<Enum>)) ordered.insert(at, each);
    }
    return ordered;
}

template <class Enum>
inline constexpr auto ordered_enumerators = std::define_static_array(order_enumerators<Enum>());

consteval std::size_t length_of_names(auto const& things) {
    std::size_t sum = 0;
    for (auto const each : things) sum += std::meta::identifier_of(each).size();
    return sum;
}

template <class Enum>
consteval auto list_all_enumerators() {
    constexpr auto const& ordered = ordered_enumerators<Enum>;
    enumerator_list<Enum, ordered.size(), length_of_names(ordered)> list{};
    std::size_t index = 0;
    std::size_t at = 0;
    for (auto const each : ordered) {
        list.values[index] = std::meta::extract<Enum>(std::meta::constant_of(each));
        for (char const c : std::meta::identifier_of(each)) list.text[at++] = c;
        list.offsets[++index] = static_cast<unsigned short>(at);
    }
    return list;
}
#endif

#ifdef __clang__
/// Looking a name up makes Clang instantiate an enum that is a member of a class template: before that its values
/// have no names.
template <class Enum>
concept forces_definition = requires { Enum::nobody; };
#endif

template <class Enum>
consteval auto find_enumerators() {
#if defined(__cpp_impl_reflection)
    return list_all_enumerators<Enum>();
#else
#ifdef __clang__
    static_cast<void>(forces_definition<Enum>);
#endif
    if constexpr (is_flags<Enum>)
        return scan_bits<Enum>(std::make_integer_sequence<long long, static_cast<long long>(sizeof(Enum) * 8)>{});
    else
        return scan_range<Enum>(
            std::make_integer_sequence<long long, enum_range<Enum>::high - enum_range<Enum>::low>{});
#endif
}

#ifdef __clang__
#pragma clang diagnostic pop
#endif

}  // namespace detail

/// The enumerators of `Enum` in the order of their values: `size()`, `value(i)`, `name(i)`.
/// Two enumerators of one value appear once, under the first name.
template <class Enum>
    requires std::is_enum_v<Enum>
inline constexpr auto enumerators = reflect::detail::find_enumerators<Enum>();

/// The enumerator's name, or "" for a value without one.
template <class Enum>
    requires std::is_enum_v<Enum>
[[nodiscard]] constexpr std::string_view enum_name(Enum value) {
    for (std::size_t i = 0; i < enumerators<Enum>.size(); ++i)
        if (enumerators<Enum>.value(i) == value) return enumerators<Enum>.name(i);
    return {};
}

}  // namespace coax::reflect
