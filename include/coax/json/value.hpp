#pragma once

#include <coax/core/result.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace coax {

namespace json::detail {
struct value_access;
}

/// What a JSON value is.
enum class json_kind { null, boolean, number, string, array, object };

/// One JSON value, carried as its compact text: known to be valid, passed on without being understood. `json::read`
/// reads one into a type, `json::to_value` makes one. Thread safety: as std::string.
class json_value {
public:
    /// The value `null`.
    json_value() : text_{"null"} {}

    /// Checks `text` and keeps it without the white space between tokens.
    /// Errors: `errc::invalid_json`, `where` is the JSON pointer.
    [[nodiscard]] static result<json_value> parse(std::string_view text);

    /// Compact JSON text. Empty only after the value was moved from.
    [[nodiscard]] std::string const& text() const noexcept { return text_; }
    [[nodiscard]] json_kind kind() const noexcept;
    [[nodiscard]] bool is_null() const noexcept { return kind() == json_kind::null; }
    [[nodiscard]] bool is_object() const noexcept { return kind() == json_kind::object; }
    [[nodiscard]] bool is_array() const noexcept { return kind() == json_kind::array; }
    [[nodiscard]] bool is_string() const noexcept { return kind() == json_kind::string; }

    /// Equal texts: `{"a":1}` and `{"a":1.0}` differ.
    friend bool operator==(json_value const&, json_value const&) = default;

private:
    struct checked {};
    json_value(checked, std::string text) noexcept : text_{std::move(text)} {}
    friend struct json::detail::value_access;

    std::string text_;
};

namespace json {

/// Merges the members of `extra`, an object, into `body`, the text of an object. Members of `extra` win; objects on
/// both sides are merged in depth; a null takes the member out, as in a JSON Merge Patch (RFC 7396). What `body` does
/// not have goes in as it is, the nulls within it included. This is the escape hatch for what coax has no word for.
/// Errors: `errc::invalid_argument` if either is not an object; `body` is then unchanged.
[[nodiscard]] result<void> merge_objects(std::string& body, json_value const& extra);

}  // namespace json
}  // namespace coax
