#include "sim/openai_request.hpp"
#include "sim/openai_response.hpp"
#include "sim/wire_form.hpp"

namespace coax::sim::detail {
namespace {

/// OpenAI's words, and Azure's where they differ.
class openai_form final : public wire_form {
public:
    explicit openai_form(dialect speech) noexcept : azure_{speech != dialect::openai} {}

    verdict authorize(request_view const& request, std::string_view key) const override {
        auto const token = bearer_token(request.authorization);
        if (token == key || (azure_ && request.api_key == key)) return std::nullopt;
        if (azure_)
            return wire_error{
                .status = 401,
                .message =
                    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide "
                    "a valid key for an active subscription and use a correct regional API endpoint for your "
                    "resource."};
        if (token.empty())
            return wire_error{.status = 401,
                              .message =
                                  "You didn't provide an API key. You need to provide your API key in an Authorization "
                                  "header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."};
        return wire_error{.status = 401, .message = "Incorrect API key provided.", .code = "invalid_api_key"};
    }

    verdict check_request(request_view const& /*request*/, route const& asked) const override {
        if (asked.speech == dialect::azure_classic && asked.api_version.empty())
            return wire_error{.status = 404, .message = "Resource not found", .code = "404"};
        return std::nullopt;
    }

    verdict read_chat(json::value const& body, request_view const& /*request*/, route const& asked,
                      chat_task& task) const override {
        return read_openai_chat(body, asked, task);
    }

    void write_chat(reply& out, chat_task const& task, std::vector<answer> const& answers,
                    exchange const& with) const override {
        write_openai_chat(out, task, answers, with);
    }

    std::string error_body(wire_error const& why, exchange const& /*with*/) const override {
        if (azure_ && why.code == "content_filter") return filtered_body(why);
        std::string body = R"({"error":{)";
        if (azure_ && (why.status == 401 || why.status == 404 || why.status == 429)) {
            body += R"("code":)";
            append_quoted(body, why.code.empty() ? std::to_string(why.status) : why.code);
            body += R"(,"message":)";
            append_quoted(body, why.message);
            return body + "}}";
        }
        return body + fields(why) + "}}";
    }

    std::string error_event(wire_error const& why) const override {
        return "data: {\"error\":{" + fields(why) + "}}\n\n";
    }

    wire_error failure(int status) const override {
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

    wire_error unknown_model(std::string_view model, route const& asked) const override {
        if (azure_ && asked.speech == dialect::azure_classic)
            return {.status = 404,
                    .message = "The API deployment for this resource does not exist.",
                    .code = "DeploymentNotFound"};
        return {.status = 404,
                .message = "The model `" + std::string{model} + "` does not exist or you do not have access to it.",
                .code = "model_not_found"};
    }

    wire_error limited(limit_refusal const& why, std::string_view model, double limit) const override {
        auto const seconds = std::to_string(why.never ? 86400 : ceil_seconds(why.wait));
        if (azure_)
            return {.status = 429,
                    .message =
                        "Requests to the ChatCompletions_Create Operation under Azure OpenAI API have exceeded call "
                        "rate limit of "
                        "your current pricing tier. Please retry after " +
                        seconds + " seconds.",
                    .code = "429"};
        bool const by_requests = why.which == limited_by::requests;
        auto const name = by_requests ? std::string{"requests per min (RPM)"} : std::string{"tokens per min (TPM)"};
        auto message = (why.never ? "Request too large for " : "Rate limit reached for ") + std::string{model} +
                       " in organization org-sim on " + name + ": Limit " + to_json(limit) + ", Requested " +
                       to_json(why.requested) + ".";
        if (!why.never) message += " Please try again in " + short_duration(why.wait) + ".";
        return {.status = 429,
                .message = std::move(message),
                .type = by_requests ? "requests" : "tokens",
                .code = "rate_limit_exceeded"};
    }

    wire_error filtered() const override {
        return {.status = 400,
                .message =
                    "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. "
                    "Please modify your prompt and retry.",
                .type = {},
                .param = "prompt",
                .code = "content_filter"};
    }
    bool filters_with_error() const noexcept override { return azure_; }

    wire_error quota_exhausted() const override {
        return {.status = 429,
                .message = "You exceeded your current quota, please check your plan and billing details.",
                .type = "insufficient_quota",
                .code = "insufficient_quota"};
    }

    wire_error context_too_long() const override {
        return {.status = 400,
                .message =
                    "This model's maximum context length is 128000 tokens. Please reduce the length of the messages.",
                .param = "messages",
                .code = "context_length_exceeded"};
    }

    void tell_ids(std::string& headers, exchange const& with) const override {
        add_header(headers, "x-request-id", with.request_id);
        if (azure_) {
            add_header(headers, "apim-request-id", with.request_id);
            add_header(headers, "x-ms-region", "Loopback");
            return;
        }
        add_header(headers, "openai-organization", "org-sim");
        add_header(headers, "openai-processing-ms", "1");
        add_header(headers, "openai-version", "2020-10-01");
    }

    void tell_limits(std::string& headers, limits& kept, exchange const& with) const override {
        for (auto const which : {limited_by::requests, limited_by::tokens}) {
            auto const state = kept.state(which, with.now.steady);
            if (!state) continue;
            std::string const what = which == limited_by::requests ? "requests" : "tokens";
            add_header(headers, "x-ratelimit-limit-" + what, std::to_string(static_cast<std::int64_t>(state->limit)));
            add_header(headers, "x-ratelimit-remaining-" + what,
                       std::to_string(static_cast<std::int64_t>(state->remaining)));
            add_header(headers, "x-ratelimit-reset-" + what,
                       azure_ ? std::to_string(ceil_seconds(state->reset)) : short_duration(state->reset));
        }
    }

    void tell_wait(std::string& headers, limit_refusal const& why) const override {
        if (azure_)
            add_header(headers, "policy-id",
                       why.which == limited_by::requests ? "DeploymentRatelimit-Call" : "DeploymentRatelimit-Token");
        if (why.never) return;
        add_header(headers, "retry-after-ms", std::to_string((why.wait.count() + 999'999) / 1'000'000));
        add_header(headers, "retry-after", std::to_string(ceil_seconds(why.wait)));
    }

    int overloaded_status() const noexcept override { return 503; }
    member_order order() const noexcept override { return member_order::as_declared; }

private:
    static std::string fields(wire_error const& why) {
        std::string text = R"("message":)";
        append_quoted(text, why.message);
        text += R"(,"type":)";
        append_text_or_null(text, why.type, why.type.empty());
        text += R"(,"param":)";
        append_text_or_null(text, why.param, why.param.empty());
        text += R"(,"code":)";
        append_text_or_null(text, why.code, why.code.empty());
        return text;
    }

    static std::string filtered_body(wire_error const& why) {
        return R"({"error":{)" + fields(why) +
               R"(,"status":400,"innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"hate":{"filtered":true,"severity":"high"},"jailbreak":{"filtered":false,"detected":false},"self_harm":{"filtered":false,"severity":"safe"},"sexual":{"filtered":false,"severity":"safe"},"violence":{"filtered":false,"severity":"safe"}}}}})";
    }

    bool azure_;
};

}  // namespace

wire_form const& openai_form_of(dialect speech) noexcept {
    static openai_form const plain{dialect::openai};
    static openai_form const azure{dialect::azure_v1};
    return speech == dialect::openai ? plain : azure;
}

}  // namespace coax::sim::detail
