#include "provider/anthropic_wire.hpp"
#include "provider/decision_service.hpp"
#include "provider/gemini_wire.hpp"
#include "provider/openai_wire.hpp"

#include <coax/provider/service_profile.hpp>

#include <algorithm>

namespace coax {
namespace {

/// The form of a profile that requests are made by. Errors: those of `validate(profile)`.
result<detail::openai_profile> compile(service_profile const& profile) {
    if (auto valid = validate(profile); !valid) return std::move(valid).error();
    return detail::openai_profile{.service = profile.name,
                                  .base_url = profile.base_url,
                                  .dialect = profile.dialect,
                                  .key_header = profile.key_header,
                                  .needs_model = profile.needs_model,
                                  .known = *detail::to_member_set(profile.members)};
}

/// A service of this build, with what a profile does not say.
result<detail::openai_profile> compile_own(service_profile const& profile) {
    auto compiled = compile(profile);
    if (!compiled) return compiled;
    bool const is_openai = profile.name == "openai" || profile.name == "azure";
    if (is_openai) compiled->image_detail = "high";
    compiled->known_values = is_openai;
    compiled->account_headers = profile.name == "openai";
    compiled->lists_all_models = profile.name == "openai";
    compiled->counts_tokens = profile.name == "openai";
    compiled->completion_windows = profile.name == "openai";
    // Source: reference openai.md, section 8; azure.md, section 6.
    if (profile.name == "openai" || profile.name == "compatible") compiled->batch_requests = 50'000;
    if (profile.name == "azure") compiled->batch_requests = 100'000;
    compiled->azure_urls = profile.name == "azure";
    compiled->azure_inference = profile.name == "azure_ai";
    return compiled;
}

result<std::shared_ptr<provider const>> make_chat_completions(result<detail::openai_profile> const& profile,
                                                              provider_options const& options) {
    if (!profile) return profile.error();
    return detail::make_openai(*profile, options);
}

constexpr std::string_view anthropic = "anthropic";

}  // namespace

std::vector<std::string_view> provider_names() {
    std::vector<std::string_view> names;
    for (auto const& profile : service_profiles()) names.emplace_back(profile.name);
    for (auto const other : {anthropic, detail::gemini, detail::vertex}) names.push_back(other);
    for (auto const& service : detail::decision_services) names.push_back(service.name);
    return names;
}

result<std::shared_ptr<provider const>> make_provider(provider_options const& options) {
    if (options.profile) return make_chat_completions(compile(*options.profile), options);
    auto const& profiles = service_profiles();
    auto const named = std::ranges::find(profiles, options.service, &service_profile::name);
    if (named != profiles.end()) return make_chat_completions(compile_own(*named), options);
    auto const known = provider_names();
    if (!options.api.empty() && std::ranges::find(known, options.service) != known.end())
        return invalid_argument("api", options.service + " has but one: leave it empty");
    if (options.service == anthropic) return detail::make_anthropic(options);
    for (auto const service : {detail::gemini, detail::vertex})
        if (options.service == service) return detail::make_gemini(service, options);
    for (auto const& service : detail::decision_services)
        if (options.service == service.name) return detail::make_decision_service(service, options);
    std::string names;
    for (auto const name : known) names.append(names.empty() ? "" : ", ").append(name);
    return invalid_argument("service", "unknown service '" + options.service + "'; known are " + names);
}

}  // namespace coax
