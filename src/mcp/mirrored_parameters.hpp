#pragma once

#include <coax/core/result.hpp>
#include <coax/http/message.hpp>
#include <coax/json/value.hpp>

#include <string>
#include <string_view>
#include <vector>

/// Arguments that HTTP shows in its header, too: those whose schema says `x-mcp-header`. Source: reference mcp.md,
/// "HTTP".
namespace coax::mcp::detail {

struct mirrored_parameter {
    std::vector<std::string> path{};  ///< The keys that lead to it.
    std::string header{};             ///< "Mcp-Param-Region".
};

/// Those of a schema. Errors: `errc::invalid_argument`: one that cannot be, for which a tool is left out.
[[nodiscard]] result<std::vector<mirrored_parameter>> mirrored_parameters_of(json_value const& schema);

/// The fields for a call. What its arguments lack has none.
[[nodiscard]] header_list mirrored_fields(std::vector<mirrored_parameter> const& wanted, json_value const& arguments);

/// A text as the value of a field: as it is, or in base64 where that would not keep it.
[[nodiscard]] std::string header_text(std::string_view text);

}  // namespace coax::mcp::detail
