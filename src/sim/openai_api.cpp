#include "sim/openai_wire.hpp"
#include "sim/random.hpp"
#include "sim/responses_wire.hpp"
#include "sim/text.hpp"

#include <algorithm>

namespace coax::sim::detail {
namespace {

constexpr std::string_view filter_details =
    R"({"code":"ResponsibleAIPolicyViolation","content_filter_result":{"hate":{"filtered":true,"severity":"high"},"jailbreak":{"filtered":false,"detected":false},"self_harm":{"filtered":false,"severity":"safe"},"sexual":{"filtered":false,"severity":"safe"},"violence":{"filtered":false,"severity":"safe"}}})";

/// A key as the service quotes it: its middle in stars.
std::string masked(std::string_view key) {
    std::size_t const first = key.size() > 16 ? 8 : key.size() / 3;
    std::size_t const last = key.size() > 16 ? 4 : key.size() / 4;
    std::string quote{key.substr(0, first)};
    quote.append(std::max<std::size_t>(3, key.size() - first - last), '*');
    return quote.append(key.substr(key.size() - last));
}

/// OpenAI, and Azure where it differs.
class openai_service final : public service_api {
public:
    explicit openai_service(bool azure) noexcept : azure_{azure} {}

    rejection authorize(request_view const& request, std::string_view key) const override {
        auto const token = bearer_token(request.authorization);
        if (token == key || (azure_ && request.api_key == key)) return std::nullopt;
        if (azure_)
            return api_error{
                .status = 401,
                .message =
                    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide "
                    "a valid key for an active subscription and use a correct regional API endpoint for your "
                    "resource."};
        if (!token.empty()) {
            auto why = error_of(401);
            why.message = "Incorrect API key provided: " + masked(token) +
                          ". You can find your API key at https://platform.openai.com/account/api-keys.";
            return why;
        }
        return api_error{.status = 401,
                         .message =
                             "You didn't provide an API key. You need to provide your API key in an Authorization "
                             "header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."};
    }

    rejection check_request(request_view const& /*request*/, request_route const& route) const override {
        if (route.dialect != dialect::azure_classic || !route.api_version.empty()) return std::nullopt;
        return api_error{.status = 404, .message = "Resource not found", .code = "404"};
    }

    rejection read_chat(json::value const& body, request_view const& /*request*/, request_route const& route,
                        parsed_chat& chat) const override {
        bool const chat_completions = route.endpoint == endpoint::chat;
        return chat_completions ? read_openai_chat(body, route, chat) : read_responses_request(body, chat);
    }

    void write_chat(response& out, parsed_chat const& chat, std::vector<completion> const& completions,
                    request_context const& context) const override {
        if (context.route.endpoint == endpoint::responses)
            write_responses(out, chat, completions.front(), context);
        else
            write_openai_chat(out, chat, completions, context);
    }

    void write_model(writer& out, std::string_view name) const override {
        out.begin_object().member("object", "model").member("id", name).member("created", 1767225600);
        out.member("owned_by", "coax-sim").end_object();
    }

    void write_models(writer& out, model_page const& page) const override {
        out.begin_object().member("object", "list").key("data").begin_array();
        for (auto const& name : page.names) write_model(out, name);
        out.end_array().end_object();
    }

    void write_token_count(writer& out, std::size_t count) const override {
        out.begin_object().member("object", "response.input_tokens").member("input_tokens", count).end_object();
    }

    std::string error_body(api_error const& why, request_context const& /*context*/) const override {
        std::string body;
        writer out{body};
        out.begin_object().key("error").begin_object();
        if (azure_ && (why.status == 401 || why.status == 404 || why.status == 429)) {
            out.member("code", why.code.empty() ? std::to_string(why.status) : why.code).member("message", why.message);
        } else {
            write_error_members(out, why);
            if (azure_ && why.code == "content_filter") out.member("status", 400).key("innererror").raw(filter_details);
        }
        out.end_object().end_object();
        return body;
    }

    std::string error_event(api_error const& why) const override {
        std::string event{"data: "};
        writer out{event};
        out.begin_object().key("error").begin_object();
        write_error_members(out, why);
        out.end_object().end_object();
        return event + "\n\n";
    }

    api_error error_of(int status) const override {
        switch (status) {
            case 401: return {.status = status, .message = "Incorrect API key provided.", .code = "invalid_api_key"};
            case 403:
                return {.status = status,
                        .message = "You are not allowed to do this.",
                        .code = "unsupported_country_region_territory"};
            case 404: return {.status = status, .message = "The resource does not exist."};
            case 429:
                return {.status = status,
                        .message = "Rate limit reached. Please try again later.",
                        .type = "requests",
                        .code = "rate_limit_exceeded"};
            case 503:
                return {.status = status,
                        .message = "The engine is currently overloaded, please try again later.",
                        .type = "server_error"};
            default: break;
        }
        if (status < 500) return {.status = status, .message = "The request cannot be served."};
        return {.status = status,
                .message = "The server had an error while processing your request. Sorry about that!",
                .type = "server_error"};
    }

    api_error unknown_model(std::string_view model, request_route const& route) const override {
        if (route.dialect == dialect::azure_classic)
            return {.status = 404,
                    .message = "The API deployment for this resource does not exist.",
                    .code = "DeploymentNotFound"};
        return {.status = 404,
                .message = "The model `" + std::string{model} + "` does not exist or you do not have access to it.",
                .code = "model_not_found"};
    }

    api_error rate_limited(limit_refusal const& why, std::string_view model, double limit) const override {
        if (azure_)
            return {.status = 429,
                    .message =
                        "Requests to the ChatCompletions_Create Operation under Azure OpenAI API have exceeded call "
                        "rate limit of your current pricing tier. Please retry after " +
                        std::to_string(why.never ? 86400 : ceil_seconds(why.wait)) + " seconds.",
                    .code = "429"};
        bool const by_requests = why.which == limited_by::requests;
        auto message = (why.never ? "Request too large for " : "Rate limit reached for ") + std::string{model} +
                       " in organization org-sim on " +
                       (by_requests ? "requests per min (RPM)" : "tokens per min (TPM)") + ": Limit " + to_json(limit) +
                       ", Requested " + to_json(why.requested) + ".";
        if (!why.never) message += " Please try again in " + short_duration(why.wait) + ".";
        return {.status = 429,
                .message = std::move(message),
                .type = by_requests ? "requests" : "tokens",
                .code = "rate_limit_exceeded"};
    }

    api_error quota_exhausted() const override {
        return {.status = 429,
                .message = "You exceeded your current quota, please check your plan and billing details.",
                .type = "insufficient_quota",
                .code = "insufficient_quota"};
    }

    api_error context_too_long() const override {
        return bad_request(
            "This model's maximum context length is 128000 tokens. Please reduce the length of the messages.",
            "messages", "context_length_exceeded");
    }

    rejection prompt_filtered() const override {
        if (!azure_) return std::nullopt;
        auto why = bad_request(
            "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. "
            "Please modify your prompt and retry.",
            "prompt", "content_filter");
        why.type.clear();
        return why;
    }

    int overloaded_status() const noexcept override { return 503; }

    std::string request_id(std::uint64_t seed) const override {
        if (!azure_) return "req_" + make_id(seed, 32);
        random_source random{seed};
        return make_uuid(random);
    }

    void add_id_headers(std::string& headers, request_context const& context) const override {
        add_header(headers, "x-request-id", context.request_id);
        if (azure_) {
            add_header(headers, "apim-request-id", context.request_id);
            add_header(headers, "x-ms-region", "Loopback");
            return;
        }
        add_header(headers, "openai-organization", "org-sim");
        add_header(headers, "openai-processing-ms", 1);
        add_header(headers, "openai-version", "2020-10-01");
    }

    void add_limit_headers(std::string& headers, limits& kept, request_context const& context) const override {
        for (auto const which : {limited_by::requests, limited_by::tokens}) {
            auto const state = kept.state(which, context.now.steady);
            if (!state) continue;
            std::string const name = which == limited_by::requests ? "requests" : "tokens";
            add_header(headers, "x-ratelimit-limit-" + name, static_cast<std::int64_t>(state->limit));
            add_header(headers, "x-ratelimit-remaining-" + name, static_cast<std::int64_t>(state->remaining));
            add_header(headers, "x-ratelimit-reset-" + name,
                       azure_ ? std::to_string(ceil_seconds(state->reset)) : short_duration(state->reset));
        }
    }

    void add_wait_headers(std::string& headers, limit_refusal const& why) const override {
        if (azure_)
            add_header(headers, "policy-id",
                       why.which == limited_by::requests ? "DeploymentRatelimit-Call" : "DeploymentRatelimit-Token");
        if (why.never) return;
        add_header(headers, "retry-after-ms", (why.wait.count() + 999'999) / 1'000'000);
        add_header(headers, "retry-after", ceil_seconds(why.wait));
    }

    member_order order() const noexcept override { return member_order::as_declared; }

private:
    static void write_error_members(writer& out, api_error const& why) {
        out.member("message", why.message);
        write_text_or_null(out, "type", why.type, why.type.empty());
        write_text_or_null(out, "param", why.param, why.param.empty());
        write_text_or_null(out, "code", why.code, why.code.empty());
    }

    bool azure_;
};

}  // namespace

api_error missing_parameter(std::string const& where, std::string param) {
    if (param.empty()) param = where;
    return bad_request("Missing required parameter: " + quoted(where) + ".", std::move(param),
                       "missing_required_parameter");
}

api_error unknown_parameter(std::string where) {
    return bad_request("Unknown parameter: " + quoted(where) + ".", where, "unknown_parameter");
}

api_error invalid_type(std::string const& where, std::string_view expected, std::string param) {
    if (param.empty()) param = where;
    return bad_request("Invalid type for " + quoted(where) + ": expected " + std::string{expected} + ".",
                       std::move(param), "invalid_type");
}

api_error unsupported_value(std::string_view value, std::string_view supported, std::string param) {
    return bad_request("Invalid value: " + quoted(value) + ". Supported values are: " + std::string{supported} + ".",
                       std::move(param), "invalid_value");
}

service_api const& openai_api(dialect which) noexcept {
    static openai_service const openai{false};
    static openai_service const azure{true};
    return which == dialect::openai ? openai : azure;
}

}  // namespace coax::sim::detail
