#pragma once

#include <coax/chat/request.hpp>
#include <coax/chat/response.hpp>
#include <coax/client/output_format.hpp>
#include <coax/core/error.hpp>

#include <string>
#include <vector>

namespace coax::detail {

/// How a service was asked for a format.
struct asked_format {
    bool wrapped{false};  ///< The value is the property of an object.
    std::string note{};   ///< Why the service does not enforce the schema; empty: it does.
};

/// Puts the format into the request, in the service's dialect. A format of any text changes nothing.
/// @param relax  Where a strict form cannot express the schema, the request has plain JSON Schema, which the service
///               does not enforce. Otherwise that is an error.
[[nodiscard]] result<asked_format> ask_for(output_format const& format, schema_dialect dialect, bool relax,
                                           chat_request& request);

/// The message that asks again: what is wrong with the last response.
[[nodiscard]] std::string reask_prompt(error const& why, std::vector<json::violation> const& violations);

/// The error of a `parse` that gave up: `errc::invalid_output` with the last violation in it.
[[nodiscard]] error reasks_exhausted(error violation, chat_response const& last, int reasks);

}  // namespace coax::detail
