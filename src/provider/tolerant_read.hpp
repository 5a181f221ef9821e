#pragma once

#include <coax/bind/read.hpp>
#include <coax/chat/response.hpp>
#include <coax/core/result.hpp>
#include <coax/json/value.hpp>

#include <string>
#include <string_view>

/// Reading what services and gateways send though it is not quite the JSON that they promise: tried where strict
/// reading, which costs less, has failed.
namespace coax::detail {

/// The text with escapes for control characters in strings, without backslashes that escape nothing, and without what
/// follows the value: what `tolerant_options` do not forgive.
[[nodiscard]] std::string repair_json(std::string_view text);

/// Besides what `json::wire_options` forgive: numbers in strings and strings that are numbers, and a member of another
/// type counts as not sent.
inline constexpr json::read_options tolerant_options{.max_depth = 512,
                                                     .require_fields = false,
                                                     .null_is_absent = true,
                                                     .ignore_mismatches = true,
                                                     .check_docs = false,
                                                     .leniency = {.special_numbers = true,
                                                                  .scalars_in_strings = true,
                                                                  .scalars_as_strings = true,
                                                                  .clamp_numbers = true,
                                                                  .bad_utf8 = true}};

/// The object that the text is. Errors: `errc::invalid_json`.
[[nodiscard]] result<json_value> parse_tolerantly(std::string_view text);

/// Reads an object. Errors: `errc::invalid_json`: no JSON object.
template <class T>
[[nodiscard]] result<void> read_tolerantly(T& into, std::string_view text) {
    auto const object = parse_tolerantly(text);
    if (!object) return object.error();
    return json::read_into(into, object->text(), tolerant_options);
}

/// The tokens that a body tells, of a response that cannot be read otherwise: from its `usage`, in any service's words.
[[nodiscard]] usage salvage_usage(std::string_view body);

}  // namespace coax::detail
