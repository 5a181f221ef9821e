#pragma once

#include <coax/provider/provider.hpp>

#include <memory>
#include <string_view>

/// Services that answer typed questions and, here, nothing else.
namespace coax::detail {

struct decision_service_facts {
    std::string_view name{};
    std::string_view url{};
};

/// Source: reference decisions.md, section 1. Perplexity's chats are not this wire's matter: "compatible" asks them.
inline constexpr decision_service_facts decision_services[]{{"typesafe", "https://api.typesafe.ai"},
                                                            {"perplexity", "https://api.perplexity.ai"}};

/// Errors: `errc::invalid_argument`, naming the option.
[[nodiscard]] result<std::shared_ptr<provider const>> make_decision_service(decision_service_facts const& facts,
                                                                            provider_options const& options);

}  // namespace coax::detail
