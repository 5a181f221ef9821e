#pragma once

#include "sim/parsed_chat.hpp"

#include <span>
#include <string>
#include <string_view>

/// Requests in the JSON form of protocol buffers, as Google's services check them.
namespace coax::sim::detail {

enum class proto_kind {
    text,
    bytes,  ///< Base64.
    boolean,
    integer,  ///< 32 bits, as a number or a string.
    number,
    enumeration,  ///< One of `proto_field::values`.
    message,
    structure,  ///< Any object.
    anything
};

struct proto_message;

struct proto_field {
    std::string_view name{};  ///< In camel case; its snake case is taken too.
    proto_kind kind{proto_kind::text};
    bool repeated{false};
    proto_message const* message{nullptr};
    std::string_view values{};  ///< With a space between them. With `repeated` messages: none.
    bool vertex_only{false};
    bool map{false};  ///< An object whose members have the kind.
};

struct proto_message {
    std::span<proto_field const> fields{};
};

/// "generationConfig" as "generation_config".
[[nodiscard]] std::string snake_case(std::string_view camel);

/// A member by its camel-case or snake-case name that is there and not null; nullptr: none.
[[nodiscard]] json::value const* proto_member(json::value const& value, std::string_view name);

using value_list = std::span<json::value const>;

/// The elements of a repeated field, for which one alone may stand. @param value  nullptr: it is not there.
[[nodiscard]] inline value_list proto_items(json::value const* value) noexcept {
    if (value == nullptr) return {};
    auto const* const list = value->if_array();
    return list != nullptr ? value_list{list->data(), list->size()} : value_list{value, 1};
}

/// Why the service cannot read `value` as such a message, in its words, all of them at once.
[[nodiscard]] rejection check_proto(json::value const& value, proto_message const& type, bool vertex);

}  // namespace coax::sim::detail
