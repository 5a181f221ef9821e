#pragma once

#include <coax/client/token_options.hpp>

#include <memory>
#include <string_view>

namespace coax::detail {

/// The request with less in it, where the options say so and it needs it; null: it is sent as it is.
/// Errors: `errc::context_too_long`: it is longer than the model takes.
[[nodiscard]] result<std::unique_ptr<fitted_request>> fit_prompt(token_options const& options, std::string_view service,
                                                                 chat_request const& request);

}  // namespace coax::detail
