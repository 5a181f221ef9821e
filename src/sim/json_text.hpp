#pragma once

#include <coax/json/writer.hpp>

#include <boost/json/value.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace coax::sim::detail {

/// Requests are read with Boost.JSON, responses written with coax's own writer.
namespace json = boost::json;
using coax::json::writer;

[[nodiscard]] inline std::string_view view(json::string_view text) noexcept { return {text.data(), text.size()}; }

/// Writes compact JSON with numbers as people write them (0.87, not 8.7E-1).
void write_json(writer& out, json::value const& value);
void write_text_or_null(writer& out, std::string_view name, std::string_view text, bool is_null);
[[nodiscard]] std::string to_json(json::value const& value);

/// A member of an object; nullptr where there is none or `value` is no object.
[[nodiscard]] json::value const* member(json::value const& value, std::string_view name) noexcept;

/// A string member; empty where there is none.
[[nodiscard]] std::string_view text_member(json::value const& value, std::string_view name) noexcept;

/// Whether the value is the boolean `wanted`.
[[nodiscard]] inline bool is_bool(json::value const* value, bool wanted) noexcept {
    return value != nullptr && value->is_bool() && value->get_bool() == wanted;
}

/// A hash of the whole value, with the order of members.
[[nodiscard]] std::uint64_t hash_json(json::value const& value, std::uint64_t seed) noexcept;

/// Hashes the members of these names that are there and not null, in this order.
[[nodiscard]] std::uint64_t hash_members(json::value const& body, std::initializer_list<std::string_view> names,
                                         std::uint64_t seed) noexcept;

/// The target of a local `$ref` ("#", "#/…"); nullptr where there is none.
[[nodiscard]] json::value const* resolve_ref(json::value const& root, std::string_view ref);

}  // namespace coax::sim::detail
