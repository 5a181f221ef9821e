#pragma once

#include <coax/provider/provider.hpp>

namespace coax::detail {

// One function a service. Errors: `errc::invalid_argument` naming the option.
result<std::shared_ptr<provider const>> make_openai(provider_options const& options);
result<std::shared_ptr<provider const>> make_azure(provider_options const& options);
result<std::shared_ptr<provider const>> make_anthropic(provider_options const& options);
result<std::shared_ptr<provider const>> make_compatible(provider_options const& options);

}  // namespace coax::detail
