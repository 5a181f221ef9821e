#include "provider/endpoint.hpp"
#include "provider/services.hpp"

#include <array>

namespace coax {
namespace {

struct service {
    std::string_view name;
    result<std::shared_ptr<provider const>> (*make)(provider_options const&);
};

/// A new service is a class in a file of its own, and a line here.
constexpr std::array services{
    service{"openai", &detail::make_openai},
    service{"azure", &detail::make_azure},
    service{"anthropic", &detail::make_anthropic},
    service{"compatible", &detail::make_compatible},
};

}  // namespace

std::vector<std::string_view> provider_names() {
    std::vector<std::string_view> names;
    for (auto const& known : services) names.push_back(known.name);
    return names;
}

result<std::shared_ptr<provider const>> make_provider(provider_options const& options) {
    for (auto const& known : services)
        if (known.name == options.service) return known.make(options);
    std::string names;
    for (auto const& known : services) names.append(names.empty() ? "" : ", ").append(known.name);
    return detail::invalid_argument("service", "unknown service '" + options.service + "'; known are " + names);
}

}  // namespace coax
