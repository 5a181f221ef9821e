#pragma once

#include <coax/chat/response.hpp>
#include <coax/core/error.hpp>

#include <optional>
#include <string>

namespace coax {

/// Why an answer cannot be read at all, whatever its text: refused, filtered, cut short, or a wish for tools.
/// Asking the same again would not help.
[[nodiscard]] std::optional<error> unusable(chat_response const& answer);

/// What the model is told of an answer that does not fit.
[[nodiscard]] std::string reask_prompt(error const& violation);

/// The error of a `parse` that gave up: `errc::invalid_output` with the last violation in it.
[[nodiscard]] error never_fitted(error violation, chat_response const& last, int reasks);

}  // namespace coax
