#include "provider/anthropic_wire.hpp"
#include "provider/gemini_wire.hpp"
#include "provider/openai_wire.hpp"

#include <algorithm>
#include <array>

namespace coax {
namespace {

using detail::openai_profile;

/// The services that speak the chat completions wire.
constexpr std::array openai_profiles{
    openai_profile{.service = "openai",
                   .base_url = "https://api.openai.com/v1",
                   .account_headers = true,
                   .cache_marks = true,
                   .lists_all_models = true,
                   .counts_tokens = true},
    openai_profile{
        .service = "azure", .dialect = schema_dialect::azure_strict, .key_header = "api-key", .azure_urls = true},
    // Any server of that wire (vLLM, llama.cpp, Ollama, LM Studio, many hosts): the oldest form of everything, and no
    // model asked for, as many have but one.
    openai_profile{.service = "compatible",
                   .needs_model = false,
                   .legacy_token_limit = true,
                   .developer_role = false,
                   .takes_top_k = true,
                   .image_detail = "",
                   .known_values = false,
                   .base64_vectors = false,
                   .input_type = true,
                   .reranks = true},
};

constexpr std::string_view anthropic = "anthropic";

}  // namespace

std::vector<std::string_view> provider_names() {
    std::vector<std::string_view> names;
    for (auto const& profile : openai_profiles) names.push_back(profile.service);
    for (auto const other : {anthropic, detail::gemini, detail::vertex}) names.push_back(other);
    return names;
}

result<std::shared_ptr<provider const>> make_provider(provider_options const& options) {
    auto const profile = std::ranges::find(openai_profiles, options.service, &openai_profile::service);
    if (profile != openai_profiles.end()) return detail::make_openai(*profile, options);
    auto const known = provider_names();
    if (!options.api.empty() && std::ranges::find(known, options.service) != known.end())
        return invalid_argument("api", options.service + " has but one: leave it empty");
    if (options.service == anthropic) return detail::make_anthropic(options);
    for (auto const service : {detail::gemini, detail::vertex})
        if (options.service == service) return detail::make_gemini(service, options);
    std::string names;
    for (auto const name : known) names.append(names.empty() ? "" : ", ").append(name);
    return invalid_argument("service", "unknown service '" + options.service + "'; known are " + names);
}

}  // namespace coax
