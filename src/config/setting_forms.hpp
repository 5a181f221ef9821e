#pragma once

#include "config/duration_text.hpp"

#include <coax/batch/batch.hpp>
#include <coax/bind/detail/type_descriptor.hpp>
#include <coax/cache/response_cache.hpp>
#include <coax/chat/advanced_options.hpp>
#include <coax/chat/cache_control.hpp>
#include <coax/chat/request.hpp>
#include <coax/client/router.hpp>
#include <coax/client/token_options.hpp>
#include <coax/core/secret.hpp>
#include <coax/http/message.hpp>
#include <coax/mcp/session.hpp>
#include <coax/policy/retry.hpp>
#include <coax/provider/service_profile.hpp>
#include <coax/reflect/doc.hpp>
#include <coax/telemetry/observer.hpp>

#include <array>
#include <chrono>
#include <concepts>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// How options look in a file whose types have no form of their own in JSON: one rule for each type.
namespace coax::config::detail {

/// What a file cannot state: callbacks, and objects that a program shares.
template <class T>
inline constexpr bool is_for_programs = false;
template <class Function>
inline constexpr bool is_for_programs<std::function<Function>> = true;
template <class T>
inline constexpr bool is_for_programs<std::shared_ptr<T>> = true;
template <class T>
inline constexpr bool is_for_programs<core::detail::shared_opaque<T>> = true;
template <class T>
inline constexpr bool is_for_programs<std::vector<T>> = is_for_programs<T>;
template <>
inline constexpr bool is_for_programs<batch_stop> = true;
template <>
inline constexpr bool is_for_programs<model_table> = true;

/// Members that are no settings, since they are what a call is about.
template <class T>
inline constexpr std::array<std::string_view, 0> members_of_calls{};
template <>
inline constexpr std::array<std::string_view, 5> members_of_calls<chat_request>{"model", "messages", "tools",
                                                                                "tool_choice", "response_format"};
template <>
inline constexpr std::array<std::string_view, 1> members_of_calls<mcp::session_options>{"name"};
template <>
inline constexpr std::array<std::string_view, 3> members_of_calls<batch_options>{"total", "telemetry", "until"};

template <>
inline constexpr std::array<std::string_view, 1> members_of_calls<route>{"options"};
template <>
inline constexpr std::array<std::string_view, 2> members_of_calls<router_options>{"retry", "timeout"};

/// A text with a form of its own: `description` is a `formatted_descriptor`.
template <class T>
struct setting_text {};

template <>
struct setting_text<secret> {
    static bool read(std::string_view text, void* into) {
        *static_cast<secret*>(into) = secret{std::string{text}};
        return true;
    }
    static bool write(std::string& out, void const* value) {
        if (!static_cast<secret const*>(value)->empty()) out += "[secret]";
        return true;
    }
    static constexpr bind::detail::formatted_descriptor description{"a text", "${API_KEY}", nullptr, {}, &read, &write};
};

template <std::integral Rep, class Period>
struct setting_text<std::chrono::duration<Rep, Period>> {
    using duration = std::chrono::duration<Rep, Period>;
    using milliseconds = std::chrono::milliseconds;

    static bool read(std::string_view text, void* into) {
        auto const parsed = parse_duration(text);
        if (!parsed) return false;
        auto const made = std::chrono::duration_cast<duration>(milliseconds{*parsed});
        if (std::chrono::duration_cast<milliseconds>(made).count() != *parsed) return false;  // finer than it can hold
        *static_cast<duration*>(into) = made;
        return true;
    }
    static bool write(std::string& out, void const* value) {
        out += duration_text(std::chrono::duration_cast<milliseconds>(*static_cast<duration const*>(value)).count());
        return true;
    }
    static constexpr bind::detail::formatted_descriptor description{
        "a time with its unit", "30s", nullptr, {}, &read, &write};
    /// For editors.
    static constexpr doc documentation{.description = "A time with its unit: 500ms, 30s, 1h30m",
                                       .pattern = "^([0-9]+(\\.[0-9]+)?(d|h|m|s|ms))+$"};
};

/// What is read as another type: `type`, `to`, `from` as in `coax::json_form`, and `description`.
template <class T>
struct setting_form {};

/// A list of pairs is a map.
template <class Entry, class Value, auto Name>
struct pairs_form {
    using type = std::map<std::string, Value>;

    static type to(std::vector<Entry> const& list) {
        type map;
        for (auto const& entry : list) map.emplace(entry.*Name, entry.value);
        return map;
    }
    static std::optional<std::vector<Entry>> from(type map) {
        std::vector<Entry> list;
        for (auto const& [name, value] : map) {
            Entry entry{};
            entry.*Name = name;
            if constexpr (std::is_same_v<Value, secret>)
                entry.value = value.reveal();
            else
                entry.value = value;
            list.push_back(std::move(entry));
        }
        return list;
    }
    static constexpr std::string_view description = "map of names and values";
};
/// A header may hold a credential.
template <>
struct setting_form<std::vector<header_list::field>>
    : pairs_form<header_list::field, secret, &header_list::field::name> {};
template <>
struct setting_form<std::vector<request_header>> : pairs_form<request_header, secret, &request_header::name> {};
template <>
struct setting_form<std::vector<metadata_entry>> : pairs_form<metadata_entry, std::string, &metadata_entry::key> {};

/// What differs from the default of the setting, which `retry_options` and `router_options` have each their own:
/// `{connection_lost: false, "409": true}`. Shown is what differs from the table that `is_retryable` makes.
template <>
struct setting_form<retry_table> {
    using type = std::map<std::string, bool>;

    static type to(retry_table const& table);
    static std::optional<retry_table> from(type rules, retry_table table);
    static constexpr std::string_view description =
        "map of error codes (such as \"timeout\") and HTTP statuses (such as \"503\")";
};

}  // namespace coax::config::detail
