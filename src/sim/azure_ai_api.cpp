#include "sim/azure_ai_wire.hpp"
#include "sim/random.hpp"
#include "sim/text.hpp"

namespace coax::sim::detail {
namespace {

std::string_view azure_error_code(int status) noexcept {
    switch (status) {
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "NotFound";
        case 413: return "PayloadTooLarge";
        case 422: return "UnprocessableEntity";
        case 429: return "RateLimitReached";
        case 503: return "ServiceUnavailable";
        default: return status >= 500 ? "InternalServerError" : "BadRequest";
    }
}

/// Azure AI model inference: one endpoint for the models of many makers.
class azure_ai_service final : public service_api {
public:
    /// The key in either header: some of its endpoints read the one, some the other.
    rejection authorize(request_view const& request, std::string_view key) const override {
        if (request.api_key == key || bearer_token(request.authorization) == key) return std::nullopt;
        return error_of(401);
    }

    rejection check_request(request_view const& /*request*/, request_route const& route) const override {
        if (route.api_version.empty())
            return bad_request("The query parameter 'api-version' is missing.", "api-version", "MissingApiVersion");
        for (std::string_view const known : {"2024-05-01-preview", "2025-04-01", "2025-05-01"})
            if (route.api_version == known) return std::nullopt;
        return bad_request("The api-version " + quoted(route.api_version) + " is not supported.", "api-version",
                           "UnsupportedApiVersion");
    }

    rejection read_chat(json::value const& body, request_view const& request, request_route const& /*route*/,
                        parsed_chat& chat) const override {
        return read_azure_ai_chat(body, request.extra_parameters, chat);
    }

    void write_chat(response& out, parsed_chat const& chat, std::vector<completion> const& completions,
                    request_context const& context) const override {
        write_azure_ai_chat(out, chat, completions, context);
    }

    rejection read_embedding(json::value const& body, request_view const& request, request_route const& /*route*/,
                             embedding_request& wanted) const override {
        return read_azure_ai_embedding(body, request.extra_parameters, wanted);
    }

    void write_embeddings(response& out, embedding_request const& wanted, request_route const& /*route*/,
                          std::uint64_t seed) const override {
        detail::write_embeddings(out, wanted, seed);
        out.body.insert(1, R"("id":"embd-)" + make_id(hash_bytes(out.body, seed), 24) + "\",");
    }

    /// What `/info` tells.
    void write_model(writer& out, std::string_view name) const override {
        bool const embeds = name.find("embed") != std::string_view::npos;
        out.begin_object().member("model_name", name).member("model_type", embeds ? "embeddings" : "chat-completion");
        out.member("model_provider_name", "coax").end_object();
    }

    void write_models(writer& out, model_page const& page) const override {
        write_model(out, page.names.empty() ? std::string_view{} : page.names.front());
    }

    std::string error_body(api_error const& why, request_context const& /*context*/) const override {
        std::string body;
        writer out{body};
        write_error(out, why);
        return body;
    }

    std::string error_event(api_error const& why) const override {
        std::string event{"data: "};
        writer out{event};
        write_error(out, why);
        return event + "\n\n";
    }

    api_error error_of(int status) const override {
        switch (status) {
            case 401:
                return {.status = status,
                        .message =
                            "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide "
                            "a valid key for an active subscription and use a correct regional API endpoint for your "
                            "resource."};
            case 404: return {.status = status, .message = "Resource not found"};
            case 429: return {.status = status, .message = "Rate limit is exceeded. Try again in 1 seconds."};
            case 503: return {.status = status, .message = "The service is temporarily unable to process the request."};
            default: break;
        }
        return {.status = status,
                .message = status >= 500 ? "The server had an error while processing your request."
                                         : "The request cannot be served."};
    }

    api_error unknown_model(std::string_view model, request_route const& /*route*/) const override {
        return {.status = 404, .message = "Unknown model: " + std::string{model}, .code = "DeploymentNotFound"};
    }

    api_error rate_limited(limit_refusal const& why, std::string_view model, double limit) const override {
        bool const by_requests = why.which == limited_by::requests;
        return {.status = 429,
                .message = "Rate limit of " + to_json(limit) + (by_requests ? " requests" : " tokens") +
                           " per minute exceeded for " + std::string{model} + ". Please wait " +
                           std::to_string(why.never ? 86'400 : ceil_seconds(why.wait)) + " seconds before retrying."};
    }

    api_error quota_exhausted() const override {
        return {.status = 429, .message = "The quota of this subscription is used up.", .code = "QuotaExceeded"};
    }

    api_error context_too_long() const override {
        return {.status = 413,
                .message = "Request body too large for the model. Max size: 128000 tokens.",
                .code = "tokens_limit_reached"};
    }

    rejection prompt_filtered() const override {
        return bad_request(
            "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
            "prompt", "content_filter");
    }

    int overloaded_status() const noexcept override { return 503; }

    std::string request_id(std::uint64_t seed) const override {
        random_source random{seed};
        return make_uuid(random);
    }

    void add_id_headers(std::string& headers, request_context const& context) const override {
        add_header(headers, "x-ms-client-request-id", context.request_id);
        add_header(headers, "apim-request-id", context.request_id);
    }

    void add_limit_headers(std::string& headers, limits& kept, request_context const& context) const override {
        for (auto const which : {limited_by::requests, limited_by::tokens}) {
            auto const state = kept.state(which, context.now.steady);
            if (!state) continue;
            std::string const name = which == limited_by::requests ? "requests" : "tokens";
            add_header(headers, "x-ratelimit-limit-" + name, static_cast<std::int64_t>(state->limit));
            add_header(headers, "x-ratelimit-remaining-" + name, static_cast<std::int64_t>(state->remaining));
        }
    }

    void add_wait_headers(std::string& headers, limit_refusal const& why) const override {
        if (!why.never) add_header(headers, "retry-after", ceil_seconds(why.wait));
    }

    member_order order() const noexcept override { return member_order::as_declared; }

private:
    /// Of Azure's own form: neither `type` nor `param`.
    static void write_error(writer& out, api_error const& why) {
        out.begin_object().key("error").begin_object();
        out.member("code", why.code.empty() ? azure_error_code(why.status) : std::string_view{why.code});
        out.member("message", why.message);
        if (!why.param.empty()) out.member("target", why.param);
        out.end_object().end_object();
    }
};

}  // namespace

service_api const& azure_ai_api() noexcept {
    static azure_ai_service const api;
    return api;
}

}  // namespace coax::sim::detail
