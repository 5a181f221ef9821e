#pragma once

#include <coax/chat/request.hpp>
#include <coax/chat/response.hpp>
#include <coax/client/output_format.hpp>
#include <coax/core/error.hpp>

#include <string>
#include <vector>

namespace coax {

/// Puts the form into the request, in the service's dialect; plain JSON Schema, not enforced by the service, where the
/// dialect cannot say it.
[[nodiscard]] result<void> ask_for(output_format const& form, schema_dialect dialect, chat_request& request);

/// What the model is told of an answer that does not fit.
[[nodiscard]] std::string reask_prompt(error const& why, std::vector<json::violation> const& violations);

/// The error of a `parse` that gave up: `errc::invalid_output` with the last violation in it.
[[nodiscard]] error never_fitted(error violation, chat_response const& last, int reasks);

}  // namespace coax
