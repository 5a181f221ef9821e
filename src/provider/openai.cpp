#include "provider/decision_wire.hpp"
#include "provider/encode.hpp"
#include "provider/endpoint.hpp"
#include "provider/model_list.hpp"
#include "provider/openai_batch.hpp"
#include "provider/openai_embedding.hpp"
#include "provider/openai_rerank.hpp"
#include "provider/openai_urls.hpp"
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
    openai_provider(openai_profile const& profile, openai_urls urls, bool responses)
        : profile_{profile},
          urls_{std::move(urls)},
          responses_{responses},
          name_{profile.service},
          key_header_{profile.key_header} {
        profile_.service = name_;
        profile_.key_header = key_header_;
        if (urls_.fixed_deployment) profile_.needs_model = false;
        remove_newer_members(profile_.known, urls_.version);
    }
    openai_provider(openai_provider const&) = delete;
    openai_provider& operator=(openai_provider const&) = delete;
    ~openai_provider() override = default;

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
        urls_.to.authorize(request, profile_.key_header, key);
        // Some of its endpoints read the one, some the other.
        if (profile_.azure_inference && key_header_ != "Authorization")
            urls_.to.authorize(request, "Authorization", key);
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
        auto const& model = request.model.empty() ? urls_.deployment : request.model;
        if (model.empty() && profile_.needs_model)
            return invalid_argument("model", std::string{profile_.service} + " needs one for embeddings");
        auto body =
            encode_openai_embedding({.service = profile_.service,
                                     .model = urls_.path_names_model || urls_.classic_responses ? std::string{} : model,
                                     .base64 = profile_.known.has(request_member::embedding_base64),
                                     .input_type = profile_.known.has(request_member::embedding_input_type),
                                     .choices = profile_.known.has(request_member::embedding_choices)},
                                    request);
        if (body) body = without_members(*std::move(body), omit_);
        if (!body) return std::move(body).error();
        if (urls_.classic_responses)
            return urls_.to.post("/deployments/" + percent_encode(model) + "/embeddings", *std::move(body));
        auto made = urls_.post("/embeddings", model, *std::move(body));
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
        return urls_.post("/rerank", request.model, *std::move(body));
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
        return with_headers(urls_.to.post(decisions().path, *std::move(body)), request.input);
    }

    result<decision_response> decode_decision(decision_request const& request, http_response const& response,
                                              std::chrono::system_clock::time_point now) const override {
        return decode_decision_body(decisions(), request, response, now);
    }

    /// On Azure the list stands beside the deployments; Azure AI tells of one model.
    result<http_request> encode_models(std::string_view /*after*/) const override {
        auto to = urls_.to;
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
        return urls_.to.post("/responses/input_tokens", *std::move(body));
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
        if (asked == background_request::cancel) return urls_.to.post(to.path, "");
        auto request = urls_.to.get(to.path, to.query);
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
        auto const [method, deployment] = row_target_of(request.target, urls_.to.base.path);
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
        openai_batches at{.service = profile_.service, .to = urls_.to, .row_prefix = "/v1"};
        auto& path = at.to.base.path;
        auto const deployments = path.find("/deployments");
        if (deployments != std::string::npos) path.resize(deployments);
        if (profile_.azure_urls && !path.ends_with("/v1")) at.row_prefix = {};
        return at;
    }

    [[nodiscard]] decision_endpoint const& decisions() const noexcept { return decision_endpoint_of(profile_.service); }

    /// Source: reference azure.md, section 2: dated versions do not have it.
    [[nodiscard]] bool has_background() const noexcept { return responses_ && !urls_.classic_responses; }

    /// @param background  How the service makes the response while nobody waits; null: it does not.
    [[nodiscard]] result<http_request> encode_chat(chat_request const& request, bool streaming,
                                                   background_options const* background) const {
        std::string_view const method = responses_ ? "/responses" : "/chat/completions";
        auto const& model = urls_.deployment.empty() ? request.model : urls_.deployment;
        if (model.empty() && profile_.needs_model)
            return invalid_argument("model", std::string{profile_.service} +
                                                 (profile_.azure_urls ? " needs one, or a deployment" : " needs one"));
        openai_body_options const options{.profile = profile_,
                                          .model = urls_.path_names_model ? request.model : model,
                                          .token_limit_name = token_limit_name_,
                                          .streaming = streaming};
        auto body = responses_ ? encode_responses_body(options, request) : encode_openai_body(options, request);
        if (body && background != nullptr)
            body = in_background(profile_, request, *background, streaming, *std::move(body));
        if (body) body = without_members(*std::move(body), omit_);
        if (!body) return std::move(body).error();
        auto made = urls_.post(method, model, *std::move(body));
        // Members that are the user's own reach the model behind the service, if any.
        if (profile_.azure_inference && !request.extra.is_null()) made.headers.set("extra-parameters", "pass-through");
        return with_headers(std::move(made), request);
    }

    openai_profile profile_;  ///< Its texts are the members below.
    openai_urls urls_;
    bool responses_;  ///< The form of requests and responses; else chat completions.
    std::string name_;
    std::string key_header_;
    std::string token_limit_name_{};
    std::vector<std::string> omit_{};
};

result<openai_urls> urls_for(openai_profile const& profile, endpoint to, provider_options const& options,
                             bool responses) {
    if (profile.azure_urls) return make_azure_urls(std::move(to), options, responses);
    if (profile.azure_inference) return make_inference_urls(std::move(to), options);
    return openai_urls{.to = std::move(to)};
}

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
    auto urls = urls_for(profile, *std::move(to), options, responses);
    if (!urls) return std::move(urls).error();
    auto made = std::make_shared<openai_provider>(profile, *std::move(urls), responses);
    if (options.bearer) made->use_bearer_token();
    made->adapt_body(options);
    return std::shared_ptr<provider const>{std::move(made)};
}

}  // namespace coax::detail
