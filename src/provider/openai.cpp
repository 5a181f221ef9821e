#include "provider/decision_wire.hpp"
#include "provider/encode.hpp"
#include "provider/endpoint.hpp"
#include "provider/model_list.hpp"
#include "provider/openai_batch.hpp"
#include "provider/openai_embedding.hpp"
#include "provider/openai_rerank.hpp"
#include "provider/openai_wire.hpp"
#include "provider/response_headers.hpp"
#include "provider/responses_background.hpp"
#include "provider/responses_wire.hpp"
#include "provider/token_count.hpp"

#include <coax/chat/advanced_options.hpp>

#include <algorithm>
#include <array>

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

/// What a request's target names: "/chat/completions", and Azure's deployment where the path has it.
struct row_target {
    std::string_view method;
    std::string_view deployment;
};

row_target row_target_of(std::string_view target, std::string_view base) {
    constexpr std::string_view folder = "/deployments/";
    target = target.substr(0, target.find('?'));
    auto const at = target.find(folder);
    if (at == std::string_view::npos) return {target.substr(std::min(target.size(), base.size())), {}};
    target.remove_prefix(at + folder.size());
    auto const end = std::min(target.size(), target.find('/'));
    return {target.substr(end), target.substr(0, end)};
}

/// Any service that speaks the chat completions wire, or that of Responses.
class openai_provider final : public provider {
public:
    openai_provider(openai_profile const& profile, endpoint to, bool responses)
        : profile_{profile},
          endpoint_{std::move(to)},
          responses_{responses},
          name_{profile.service},
          key_header_{profile.key_header} {
        profile_.service = name_;
        profile_.key_header = key_header_;
    }
    openai_provider(openai_provider const&) = delete;
    openai_provider& operator=(openai_provider const&) = delete;
    ~openai_provider() override = default;

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
        classic_responses_ = dated && responses_;
        if (fixed_deployment)
            profile_.needs_model = false;
        else
            deployment_ = options.deployment;
        path += prefix;
        if (!options.api_version.empty()) set_version(query, version);
        // `max_completion_tokens` and `stream_options` came with 2024-09-01-preview. Source: azure.md, section 3.
        if (dated && version < "2024-09-01")
            profile_.known.remove(request_member::max_completion_tokens).remove(request_member::stream_options);
        // Source: azure.md, section 3.
        if (dated && version < "2024-03-01")
            profile_.known.remove(request_member::embedding_choices).remove(request_member::embedding_base64);
        return {};
    }

    /// {base}/chat/completions?api-version=2024-05-01-preview. Source: reference azure.md, section 7.1.
    void use_inference_urls(provider_options const& options) {
        auto& [to, path, query] = endpoint_.base;
        if (path.empty() && to.host.ends_with(".services.ai.azure.com")) path = "/models";
        if (!options.api_version.empty() || version_in(query).empty())
            set_version(query, options.api_version.empty() ? "2024-05-01-preview" : options.api_version);
    }

    void use_bearer_token() { profile_.key_header = key_header_ = "Authorization"; }

    void adapt_body(provider_options const& options) {
        token_limit_name_ = options.token_limit_name;
        if (token_limit_name_.empty())
            token_limit_name_ =
                row_of(profile_.known.has(request_member::max_completion_tokens) ? request_member::max_completion_tokens
                                                                                 : request_member::max_tokens)
                    .name;
        omit_ = options.omit;
    }

    std::string_view name() const noexcept override { return profile_.service; }
    schema_dialect dialect() const noexcept override { return profile_.dialect; }

    result<http_request> encode(chat_request const& request, bool streaming) const override {
        return encode_chat(request, streaming, nullptr);
    }

    void authorize(http_request& request, secret const& key) const override {
        endpoint_.authorize(request, profile_.key_header, key);
        // Some of its endpoints read the one, some the other.
        if (profile_.azure_inference && key_header_ != "Authorization")
            endpoint_.authorize(request, "Authorization", key);
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

    embedding_limits limits_of_embedding() const noexcept override { return {.texts = 2'048, .tokens = 300'000}; }

    result<http_request> encode_embedding(embedding_request const& request) const override {
        if (!profile_.known.has(request_member::embeddings)) return provider::encode_embedding(request);
        if (!request.user.empty() && !profile_.known.has(request_member::user))
            return invalid_argument("user", std::string{profile_.service} + " has no such parameter");
        auto const& model = request.model.empty() ? deployment_ : request.model;
        if (model.empty() && profile_.needs_model)
            return invalid_argument("model", std::string{profile_.service} + " needs one for embeddings");
        auto body = encode_openai_embedding({.service = profile_.service,
                                             .model = path_names_model_ || classic_responses_ ? std::string{} : model,
                                             .base64 = profile_.known.has(request_member::embedding_base64),
                                             .input_type = profile_.known.has(request_member::embedding_input_type),
                                             .choices = profile_.known.has(request_member::embedding_choices)},
                                            request);
        if (body) body = without_members(*std::move(body), omit_);
        if (!body) return std::move(body).error();
        if (classic_responses_)
            return endpoint_.post("/deployments/" + percent_encode(model) + "/embeddings", *std::move(body));
        auto made = post("/embeddings", model, *std::move(body));
        if (profile_.azure_inference && !request.extra.is_null()) made.headers.set("extra-parameters", "pass-through");
        return made;
    }

    result<embedding_response> decode_embedding(embedding_request const& request, http_response const& response,
                                                std::chrono::system_clock::time_point now) const override {
        return decode_openai_embedding(profile_.service, request, response, now);
    }

    result<http_request> encode_rerank(rerank_request const& request) const override {
        if (!profile_.known.has(request_member::rerank)) return provider::encode_rerank(request);
        auto body = encode_rerank_body(request.model, request);
        if (!body) return std::move(body).error();
        return post("/rerank", request.model, *std::move(body));
    }

    result<rerank_response> decode_rerank(rerank_request const& request, http_response const& response,
                                          std::chrono::system_clock::time_point now) const override {
        return decode_rerank_body(profile_.service, request, response, now);
    }

    decision_support decisions_of(std::string_view model) const override { return support_of(decisions(), model); }

    result<http_request> encode_decision(decision_request const& request) const override {
        if (decisions().wire == decision_wire::none) return provider::encode_decision(request);
        if (request.input.model.empty() && profile_.needs_model)
            return invalid_argument("model", std::string{profile_.service} + " needs one");
        auto body = encode_decision_body(decisions(), request.input.model, request);
        if (body) body = without_members(*std::move(body), omit_);
        if (!body) return std::move(body).error();
        return with_headers(endpoint_.post(decisions().path, *std::move(body)), request.input);
    }

    result<decision_response> decode_decision(decision_request const& request, http_response const& response,
                                              std::chrono::system_clock::time_point now) const override {
        return decode_decision_body(decisions(), request, response, now);
    }

    /// On Azure the list stands beside the deployments; Azure AI tells of one model.
    result<http_request> encode_models(std::string_view /*after*/) const override {
        auto to = endpoint_;
        if (profile_.azure_inference) return to.get("/info");
        if (auto const at = to.base.path.find("/deployments/"); at != std::string::npos) to.base.path.resize(at);
        return to.get("/models");
    }

    result<model_page> decode_models(http_response const& response,
                                     std::chrono::system_clock::time_point now) const override {
        auto page = profile_.azure_inference ? decode_model_description(profile_.service, response, now)
                                             : decode_model_list(profile_.service, response, now);
        if (page) page->authoritative = profile_.lists_all_models;
        return page;
    }

    result<http_request> encode_token_count(chat_request const& request) const override {
        if (!profile_.counts_tokens) return provider::encode_token_count(request);
        if (request.model.empty()) return invalid_argument("model", std::string{profile_.service} + " needs one");
        constexpr std::array<std::string_view, 11> counted{
            "model", "input",     "instructions", "tools",        "tool_choice",         "parallel_tool_calls",
            "text",  "reasoning", "truncation",   "conversation", "previous_response_id"};
        // Of what this wire does not know, nothing counts.
        chat_request const asked{.messages = request.messages,
                                 .reasoning_effort = request.reasoning_effort,
                                 .tools = request.tools,
                                 .tool_choice = request.tool_choice,
                                 .parallel_tool_calls = request.parallel_tool_calls,
                                 .response_format = request.response_format,
                                 .extra = request.extra};
        auto body = encode_responses_body({.profile = profile_, .model = request.model}, asked);
        if (body) body = only_members(*body, counted);
        if (!body) return std::move(body).error();
        return endpoint_.post("/responses/input_tokens", *std::move(body));
    }

    result<std::int64_t> decode_token_count(http_response const& response,
                                            std::chrono::system_clock::time_point now) const override {
        return read_token_count(profile_.service, "input_tokens", response, now);
    }

    result<http_request> encode_background(chat_request const& request, background_options const& options,
                                           bool streaming) const override {
        if (!has_background()) return provider::encode_background(request, options, streaming);
        auto encoded = encode_chat(request, streaming, &options);
        if (encoded) encoded->repeatable = false;
        return encoded;
    }

    result<http_request> encode_background(background_request asked, std::string_view id,
                                           std::int64_t after) const override {
        if (!has_background()) return provider::encode_background(asked, id, after);
        if (id.empty()) return invalid_argument("id", "must not be empty");
        auto const to = target_of(asked, id, after);
        if (asked == background_request::cancel) return endpoint_.post(to.path, "");
        auto request = endpoint_.get(to.path, to.query);
        if (asked == background_request::remove) request.method = "DELETE";
        return request;
    }

    result<background_response> decode_background(http_response const& response,
                                                  std::chrono::system_clock::time_point now) const override {
        return decode_background_response(profile_, response, now);
    }

    batch_limits limits_of_batches() const noexcept override {
        return {.requests = profile_.batch_requests, .bytes = 200'000'000};
    }

    result<batch_row_request> encode_batch_row(std::string_view id, http_request const& request) const override {
        if (profile_.batch_requests == 0) return provider::encode_batch_row(id, request);
        auto const [method, deployment] = row_target_of(request.target, endpoint_.base.path);
        return encode_openai_row(batches(), id, method, std::string{deployment}, request.body);
    }

    result<http_request> encode_batch(batch_input const& input, std::string_view reached) const override {
        if (profile_.batch_requests == 0) return provider::encode_batch(input, reached);
        return encode_openai_handover(batches(), input, reached);
    }

    result<batch_handover> decode_handover(std::string_view reached, http_response const& response,
                                           std::chrono::system_clock::time_point now) const override {
        return decode_openai_handover(profile_.service, reached, response, now);
    }

    result<http_request> encode_batch(batch_request asked, std::string_view id) const override {
        if (profile_.batch_requests == 0) return provider::encode_batch(asked, id);
        return encode_openai_batch(batches(), asked, id);
    }

    result<service_batch> decode_batch(http_response const& response,
                                       std::chrono::system_clock::time_point now) const override {
        return decode_openai_batch(profile_.service, response, now);
    }

    result<batch_page> decode_batches(http_response const& response,
                                      std::chrono::system_clock::time_point now) const override {
        return decode_openai_batches(profile_.service, response, now);
    }

    result<http_request> encode_batch_results(std::string_view where) const override {
        return encode_openai_results(batches(), where);
    }

    result<batch_row> decode_batch_row(std::string_view line) const override {
        return decode_openai_row(profile_.service, line);
    }

private:
    /// On Azure files and batches stand beside the deployments. Rows of dated versions have no "/v1" in their address.
    [[nodiscard]] openai_batches batches() const {
        openai_batches at{.service = profile_.service, .to = endpoint_, .row_prefix = "/v1"};
        auto& path = at.to.base.path;
        auto const deployments = path.find("/deployments");
        if (deployments != std::string::npos) path.resize(deployments);
        if (profile_.azure_urls && !path.ends_with("/v1")) at.row_prefix = {};
        return at;
    }

    [[nodiscard]] decision_endpoint const& decisions() const noexcept { return decision_endpoint_of(profile_.service); }

    /// Source: reference azure.md, section 2: dated versions do not have it.
    [[nodiscard]] bool has_background() const noexcept { return responses_ && !classic_responses_; }

    /// @param background  How the service makes the response while nobody waits; null: it does not.
    [[nodiscard]] result<http_request> encode_chat(chat_request const& request, bool streaming,
                                                   background_options const* background) const {
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
        if (body && background != nullptr)
            body = in_background(profile_, request, *background, streaming, *std::move(body));
        if (body) body = without_members(*std::move(body), omit_);
        if (!body) return std::move(body).error();
        auto made = post(method, model, *std::move(body));
        // Members that are the user's own reach the model behind the service, if any.
        if (profile_.azure_inference && !request.extra.is_null()) made.headers.set("extra-parameters", "pass-through");
        return with_headers(std::move(made), request);
    }

    /// A POST of the method, of the model in the path where that names it.
    [[nodiscard]] http_request post(std::string_view method, std::string const& model, std::string body) const {
        if (!path_names_model_) return endpoint_.post(method, std::move(body));
        return endpoint_.post(percent_encode(model).append(method), std::move(body));
    }

    openai_profile profile_;  ///< Its texts are the members below.
    endpoint endpoint_;
    bool responses_;  ///< The form of requests and responses; else chat completions.
    std::string name_;
    std::string key_header_;
    std::string token_limit_name_{};
    std::vector<std::string> omit_{};
    std::string deployment_{};       ///< Takes the place of the request's model; empty: the request names it.
    bool classic_responses_{false};  ///< Responses are beside the deployments, embeddings are in them.
    bool path_names_model_{false};   ///< The model or deployment follows the base's path.
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
    if (profile.azure_inference) made->use_inference_urls(options);
    made->adapt_body(options);
    return std::shared_ptr<provider const>{std::move(made)};
}

}  // namespace coax::detail
