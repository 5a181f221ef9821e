#include "provider/openai_urls.hpp"

namespace coax::detail {
namespace {

/// A dated version selects the classic URLs; "preview" and none the v1 URLs.
bool is_dated(std::string_view version) { return !version.empty() && version.front() >= '0' && version.front() <= '9'; }

bool names_deployment(std::string_view path) { return path.find("/deployments/") != std::string_view::npos; }

/// What the base's path lacks before the deployment (classic) or before the method (v1). Responses are under none.
std::string_view missing_path(std::string_view path, bool classic, bool responses) {
    if (classic && responses) return path.ends_with("/openai") ? "" : "/openai";
    if (names_deployment(path) || path.ends_with("/openai/v1")) return "";
    if (path.ends_with("/openai")) return classic ? "/deployments/" : "/v1";
    return classic ? "/openai/deployments/" : "/openai/v1";
}

constexpr std::string_view version_key = "api-version=";

/// Where a query has the value of `api-version`; npos: nowhere.
std::size_t version_at(std::string_view query) {
    auto at = query.starts_with(version_key) ? 0 : query.find("&api-version=");
    if (at == std::string_view::npos) return at;
    return at + (query[at] == '&') + version_key.size();
}

/// The version of an address that was pasted with its query.
std::string_view version_in(std::string_view query) {
    auto const at = version_at(query);
    return at == std::string_view::npos ? std::string_view{} : query.substr(at, query.find('&', at) - at);
}

void set_version(std::string& query, std::string const& version) {
    auto const at = version_at(query);
    if (at == std::string::npos)
        query.append(query.empty() ? "" : "&").append(version_key).append(percent_encode(version));
    else
        query.replace(at, version_in(query).size(), percent_encode(version));
}

}  // namespace

http_request openai_urls::post(std::string_view method, std::string const& model, std::string body) const {
    if (!path_names_model) return to.post(method, std::move(body));
    return to.post(percent_encode(model).append(method), std::move(body));
}

result<openai_urls> make_azure_urls(endpoint base, provider_options const& options, bool responses) {
    openai_urls urls{.to = std::move(base)};
    auto& [to, path, query] = urls.to.base;
    auto const& version = options.api_version.empty() ? std::string{version_in(query)} : options.api_version;
    bool const dated = is_dated(version);
    urls.fixed_deployment = names_deployment(path);
    if (urls.fixed_deployment && responses)
        return invalid_argument("base_url", "the Responses API is under no deployment: leave out /deployments/…");
    if (dated && path.ends_with("/openai/v1")) return invalid_argument("api_version", "v1 URLs take no dated version");
    if (urls.fixed_deployment && !dated && query.empty())
        return invalid_argument("api_version", "URLs of deployments need a dated version");
    auto const prefix = missing_path(path, dated, responses);
    urls.path_names_model = dated && !prefix.empty() && !responses;
    urls.classic_responses = dated && responses;
    if (!urls.fixed_deployment) urls.deployment = options.deployment;
    if (dated) urls.version = version;
    path += prefix;
    if (!options.api_version.empty()) set_version(query, version);
    return urls;
}

void remove_newer_members(member_set& known, std::string_view version) {
    if (version.empty()) return;
    // `max_completion_tokens` and `stream_options` came with 2024-09-01-preview.
    if (version < "2024-09-01")
        known.remove(request_member::max_completion_tokens).remove(request_member::stream_options);
    if (version < "2024-03-01")
        known.remove(request_member::embedding_choices).remove(request_member::embedding_base64);
}

openai_urls make_inference_urls(endpoint base, provider_options const& options) {
    openai_urls urls{.to = std::move(base)};
    auto& [to, path, query] = urls.to.base;
    if (path.empty() && to.host.ends_with(".services.ai.azure.com")) path = "/models";
    if (!options.api_version.empty() || version_in(query).empty())
        set_version(query, options.api_version.empty() ? "2024-05-01-preview" : options.api_version);
    return urls;
}

}  // namespace coax::detail
