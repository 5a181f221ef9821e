#pragma once

#include <coax/bind/detail/members_of.hpp>
#include <coax/bind/detail/type_descriptor.hpp>
#include <coax/bind/detail/unsupported_type.hpp>
#include <coax/reflect/enums.hpp>

#include <cstddef>
#include <string_view>
#include <utility>

namespace coax::bind::detail {

template <class T, std::size_t I>
constexpr void rename_line(auto& tables) {
    constexpr auto line = line_at<I>(documentation_of<T>::table.fields);
    tables.rename(reflect::detail::enumerator_name<line.value>(), static_cast<long long>(line.value),
                  line.documentation);
}

/// The enumerators that were found, with the names that the enum's table gives them, and those that only the table
/// lists.
template <class T>
struct enum_tables {
    static constexpr auto const& found = reflect::enumerators<T>;
    static constexpr std::size_t listed = [] {
        if constexpr (documented<T>)
            return count_lines(documentation_of<T>::table.fields);
        else
            return std::size_t{0};
    }();
    static constexpr std::size_t most = found.size() + listed;

    struct tables {
        std::string_view names[most + 1]{};
        long long values[most + 1]{};
        std::size_t count{0};

        constexpr void add(std::string_view name, long long value) {
            names[count] = name;
            values[count++] = value;
        }
        constexpr void rename(std::string_view own_name, long long value, doc const& documentation) {
            std::size_t at = 0;
            while (at < count && values[at] != value) ++at;
            if (at == count) add(own_name, value);
            if (!documentation.name.empty()) names[at] = documentation.name.view();
            if (!documentation.skip) return;
            for (--count; at < count; ++at) {
                names[at] = names[at + 1];
                values[at] = values[at + 1];
            }
        }
    };
    static constexpr tables both = [] {
        tables result{};
        for (std::size_t i = 0; i < found.size(); ++i)
            result.add(found.name(i), static_cast<long long>(found.value(i)));
#if defined(__cpp_impl_reflection)
        reflect::detail::visit_enumerators<T>([&result](std::string_view name, T value, doc const& documentation) {
            result.rename(name, static_cast<long long>(value), documentation);
        });
#endif
        if constexpr (documented<T>) {
            [&]<std::size_t... I>(std::index_sequence<I...>) {
                (rename_line<T, I>(result), ...);
            }(std::make_index_sequence<listed>{});
        }
        return result;
    }();
    static constexpr enum_descriptor description{both.names, both.values, both.count, type_documentation<T>()};
};

template <class T>
consteval bool has_same_texts() {
    if constexpr (documented<T>) {
        auto const& all = enum_tables<T>::both;
        for (std::size_t i = 0; i < all.count; ++i)
            for (std::size_t j = 0; j < i; ++j)
                if (all.names[i] == all.names[j]) return true;
    }
    return false;
}

template <class T>
consteval bool lists_value_twice() {
    if constexpr (documented<T>) {
        return []<std::size_t... I>(std::index_sequence<I...>) {
            long long const values[] = {static_cast<long long>(line_at<I>(documentation_of<T>::table.fields).value)...,
                                        0};
            for (std::size_t i = 0; i < sizeof...(I); ++i)
                for (std::size_t j = 0; j < i; ++j)
                    if (values[i] == values[j]) return true;
            return false;
        }(std::make_index_sequence<enum_tables<T>::listed>{});
    }
    return false;
}

template <class T>
consteval bool skips_value(long long value);

/// Whether there are enumerators that nothing lists.
template <class T>
consteval bool lacks_enumerators() {
    auto const found = reflect::detail::values_elsewhere<T>();
    auto const& all = enum_tables<T>::both;
    for (std::size_t i = 0; i < found.count; ++i) {
        bool is_listed = skips_value<T>(found.values[i]);
        for (std::size_t j = 0; j < all.count; ++j) is_listed = is_listed || all.values[j] == found.values[i];
        if (!is_listed) return true;
    }
    return false;
}

/// Whether the enum's table keeps a value out of the JSON.
template <class T>
consteval bool skips_value(long long value) {
    bool skips = false;
    if constexpr (documented<T>)
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            ((skips = skips || (static_cast<long long>(line_at<I>(documentation_of<T>::table.fields).value) == value &&
                                line_at<I>(documentation_of<T>::table.fields).documentation.skip)),
             ...);
        }(std::make_index_sequence<enum_tables<T>::listed>{});
    return skips;
}

template <class T>
consteval unsupported_reason unsupported_enum() {
    if constexpr (lists_value_twice<T>()) return unsupported_reason::value_twice;
    if constexpr (enum_tables<T>::both.count == 0) return unsupported_reason::no_enumerators;
    if constexpr (has_same_texts<T>()) return unsupported_reason::same_texts;
    return lacks_enumerators<T>() ? unsupported_reason::more_enumerators : unsupported_reason::none;
}

}  // namespace coax::bind::detail
