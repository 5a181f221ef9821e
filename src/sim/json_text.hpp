#pragma once

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace coax::sim::detail {

namespace json = boost::json;

/// Appends `text` as a JSON string, quotes included. Bytes above 0x7f go through untouched.
void append_quoted(std::string& out, std::string_view text);

/// The same, or null.
void append_text_or_null(std::string& out, std::string_view text, bool is_null);

/// Appends compact JSON with numbers as people write them (0.87, not 8.7E-1).
void append_json(std::string& out, json::value const& value);

[[nodiscard]] std::string to_json(json::value const& value);

/// A member of an object; nullptr where there is none or `value` is no object.
[[nodiscard]] json::value const* member(json::value const& value, std::string_view name) noexcept;

/// A string member; empty where there is none.
[[nodiscard]] std::string_view text_member(json::value const& value, std::string_view name) noexcept;

[[nodiscard]] inline std::string_view view(json::string const& text) noexcept { return {text.data(), text.size()}; }

/// A hash of the whole value, with the order of members.
[[nodiscard]] std::uint64_t hash_json(json::value const& value, std::uint64_t seed) noexcept;

/// What a local `$ref` ("#", "#/…") points to; nullptr where nothing is.
[[nodiscard]] json::value const* resolve_ref(json::value const& root, std::string_view ref);

}  // namespace coax::sim::detail
