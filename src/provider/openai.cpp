#include "provider/encode.hpp"
#include "provider/endpoint.hpp"
#include "provider/openai_wire.hpp"
#include "provider/response_headers.hpp"
#include "provider/responses_wire.hpp"

#include <coax/chat/advanced_options.hpp>

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

/// Any service that speaks the chat completions wire, or that of Responses.
class openai_provider final : public provider {
public:
    openai_provider(openai_profile const& profile, endpoint to, bool responses)
        : profile_{profile}, endpoint_{std::move(to)}, responses_{responses} {}

    /// Turns the base into Azure's URLs. Source: reference azure.md, sections 1 and 4.
    ///
    /// classic: {base}/openai/deployments/{deployment}/chat/completions?api-version=2024-10-21
    /// v1:      {base}/openai/v1/chat/completions, the deployment as the body's model
    /// Responses: {base}/openai/v1/responses, {base}/openai/responses?api-version=2025-04-01-preview
    result<void> use_azure_urls(provider_options const& options) {
        auto& [to, path, query] = endpoint_.base;
        auto const& version = options.api_version.empty() ? std::string{version_in(query)} : options.api_version;
        bool const dated = is_dated(version);
        bool const fixed_deployment = names_deployment(path);
        if (fixed_deployment && responses_)
            return invalid_argument("base_url", "the Responses API is under no deployment: leave out /deployments/…");
        if (dated && path.ends_with("/openai/v1"))
            return invalid_argument("api_version", "v1 URLs take no dated version");
        if (fixed_deployment && !dated && query.empty())
            return invalid_argument("api_version", "URLs of deployments need a dated version");
        auto const prefix = missing_path(path, dated, responses_);
        path_names_model_ = dated && !prefix.empty() && !responses_;
        if (fixed_deployment)
            profile_.needs_model = false;
        else
            deployment_ = options.deployment;
        path += prefix;
        if (!options.api_version.empty()) set_version(query, version);
        // `max_completion_tokens` and `stream_options` came with 2024-09-01-preview. Source: azure.md, section 3.
        profile_.legacy_token_limit = dated && version < "2024-09-01";
        profile_.stream_usage = !profile_.legacy_token_limit;
        return {};
    }

    void use_bearer_token() { profile_.key_header = "Authorization"; }

    void adapt_body(provider_options const& options) {
        token_limit_name_ = options.token_limit_name;
        if (token_limit_name_.empty())
            token_limit_name_ = profile_.legacy_token_limit ? "max_tokens" : "max_completion_tokens";
        omit_ = options.omit;
    }

    std::string_view name() const noexcept override { return profile_.service; }
    schema_dialect dialect() const noexcept override { return profile_.dialect; }

    result<http_request> encode(chat_request const& request, bool streaming) const override {
        std::string_view const method = responses_ ? "/responses" : "/chat/completions";
        auto const& model = deployment_.empty() ? request.model : deployment_;
        if (model.empty() && profile_.needs_model)
            return invalid_argument("model", std::string{profile_.service} +
                                                 (profile_.azure_urls ? " needs one, or a deployment" : " needs one"));
        openai_body_options const options{.profile = profile_,
                                          .model = path_names_model_ ? request.model : model,
                                          .token_limit_name = token_limit_name_,
                                          .streaming = streaming};
        auto body = responses_ ? encode_responses_body(options, request) : encode_openai_body(options, request);
        if (body) body = without_members(*std::move(body), omit_);
        if (!body) return std::move(body).error();
        auto made = path_names_model_ ? endpoint_.post(percent_encode(model).append(method), std::move(*body))
                                      : endpoint_.post(method, std::move(*body));
        if (request.advanced)
            if (auto added = add_headers(made, request.advanced->headers); !added) return std::move(added).error();
        return made;
    }

    void authorize(http_request& request, secret const& key) const override {
        endpoint_.authorize(request, profile_.key_header, key);
    }

    result<chat_response> decode(http_response const& response,
                                 std::chrono::system_clock::time_point now) const override {
        return responses_ ? decode_responses_response(profile_, response, now)
                          : decode_openai_response(profile_, response, now);
    }

    rate_limit_status rate_limits(header_list const& headers,
                                  std::chrono::system_clock::time_point /*now*/) const override {
        return openai_rate_limits(headers);
    }

    std::unique_ptr<stream_decoder> decode_stream(header_list const& headers,
                                                  std::chrono::system_clock::time_point /*now*/) const override {
        return responses_ ? make_responses_stream_decoder(profile_, headers)
                          : make_openai_stream_decoder(profile_, headers);
    }

private:
    openai_profile profile_;
    endpoint endpoint_;
    bool responses_;  ///< The form of requests and responses; else chat completions.
    std::string token_limit_name_{};
    std::vector<std::string> omit_{};
    std::string deployment_{};      ///< Takes the place of the request's model; empty: the request names it.
    bool path_names_model_{false};  ///< The model or deployment follows the base's path.
};

}  // namespace

result<std::shared_ptr<provider const>> make_openai(openai_profile const& profile, provider_options const& options) {
    header_list headers;
    if (profile.account_headers) {
        if (!options.organization.empty()) headers.add("OpenAI-Organization", options.organization);
        if (!options.project.empty()) headers.add("OpenAI-Project", options.project);
    }
    bool const responses = options.api == "responses";
    if (!responses && !options.api.empty() && options.api != "chat_completions")
        return invalid_argument("api", "must be chat_completions or responses");
    auto to = make_endpoint(options, profile.base_url, std::move(headers));
    if (!to) return std::move(to).error();
    auto made = std::make_shared<openai_provider>(profile, std::move(*to), responses);
    if (options.bearer) made->use_bearer_token();
    if (profile.azure_urls)
        if (auto valid = made->use_azure_urls(options); !valid) return std::move(valid).error();
    made->adapt_body(options);
    return std::shared_ptr<provider const>{std::move(made)};
}

}  // namespace coax::detail
