#include "sim/anthropic_request.hpp"
#include "sim/anthropic_response.hpp"
#include "sim/wire_form.hpp"

namespace coax::sim::detail {
namespace {

std::string_view error_type(int status) noexcept {
    switch (status) {
        case 401: return "authentication_error";
        case 402: return "billing_error";
        case 403: return "permission_error";
        case 404: return "not_found_error";
        case 409: return "conflict_error";
        case 413: return "request_too_large";
        case 429: return "rate_limit_error";
        case 504: return "timeout_error";
        case 529: return "overloaded_error";
        default: return status >= 500 ? "api_error" : "invalid_request_error";
    }
}

class anthropic final : public wire_form {
public:
    /// The newer version takes the key as a bearer token only; the older one either way.
    verdict authorize(request_view const& request, std::string_view key) const override {
        bool const by_header = !is_newer_anthropic(request) && request.x_api_key == key;
        if (by_header || bearer_token(request.authorization) == key) return std::nullopt;
        bool const none = request.x_api_key.empty() && request.authorization.empty();
        return wire_error{.status = 401, .message = none ? "x-api-key header is required" : "invalid x-api-key"};
    }

    verdict check_request(request_view const& request, route const& /*asked*/) const override {
        if (request.anthropic_version.empty()) return bad("anthropic-version: header is required");
        if (request.anthropic_version != "2023-06-01" && !is_newer_anthropic(request))
            return bad("anthropic-version: \"" + std::string{request.anthropic_version} + "\" is not a valid version");
        return std::nullopt;
    }

    verdict read_chat(json::value const& body, request_view const& request, route const& asked,
                      chat_task& task) const override {
        return read_anthropic_chat(body, request, asked.what == endpoint::count_tokens, task);
    }

    void write_chat(reply& out, chat_task const& task, std::vector<answer> const& answers,
                    exchange const& with) const override {
        write_anthropic_chat(out, task, answers.front(), with);
    }

    std::string error_body(wire_error const& why, exchange const& with) const override {
        return R"({"type":"error","error":)" + inner(why) + R"(,"request_id":")" + with.request_id + "\"}";
    }
    std::string error_event(wire_error const& why) const override {
        return "event: error\ndata: {\"type\":\"error\",\"error\":" + inner(why) + "}\n\n";
    }

    wire_error failure(int status) const override {
        switch (status) {
            case 401: return {.status = status, .message = "invalid x-api-key"};
            case 403:
                return {.status = status,
                        .message = "Your API key does not have permission to use the specified resource."};
            case 404: return {.status = status, .message = "Not found"};
            case 429:
                return {.status = status,
                        .message = "This request would exceed your organization's rate limit. Please try again later."};
            case 529: return {.status = status, .message = "Overloaded"};
            default: break;
        }
        return {.status = status, .message = status >= 500 ? "Internal server error" : "The request cannot be served."};
    }

    wire_error unknown_model(std::string_view model, route const& /*asked*/) const override {
        return {.status = 404, .message = "model: " + std::string{model}};
    }

    wire_error limited(limit_refusal const& why, std::string_view /*model*/, double limit) const override {
        std::string const what = why.which == limited_by::requests ? " requests per minute" : " tokens per minute";
        return {
            .status = 429,
            .message = "This request would exceed your organization's rate limit of " + to_json(limit) + what + "."};
    }

    wire_error filtered() const override { return bad("Output blocked by content filtering policy"); }
    bool filters_with_error() const noexcept override { return false; }

    wire_error quota_exhausted() const override {
        return {.status = 429,
                .message = "Your organization has reached its spend limit.",
                .details = R"({"error_code":"enforced_spend_limit_reached"})"};
    }

    wire_error context_too_long() const override { return bad("prompt is too long: 250000 tokens > 200000 maximum"); }

    void tell_ids(std::string& headers, exchange const& with) const override {
        add_header(headers, "request-id", with.request_id);
        add_header(headers, "anthropic-organization-id", "00000000-0000-4000-a000-000000000000");
    }

    void tell_limits(std::string& headers, limits& kept, exchange const& with) const override {
        for (auto const which : {limited_by::requests, limited_by::tokens}) {
            auto const state = kept.state(which, with.now.steady);
            if (!state) continue;
            std::string const name =
                which == limited_by::requests ? "anthropic-ratelimit-requests" : "anthropic-ratelimit-tokens";
            auto remaining = static_cast<std::int64_t>(state->remaining);
            if (which == limited_by::tokens) remaining = (remaining + 500) / 1000 * 1000;
            add_header(headers, name + "-limit", std::to_string(static_cast<std::int64_t>(state->limit)));
            add_header(headers, name + "-remaining", std::to_string(remaining));
            add_header(headers, name + "-reset",
                       rfc3339(with.now.wall + std::chrono::seconds{ceil_seconds(state->reset)}));
        }
    }

    void tell_wait(std::string& headers, limit_refusal const& why) const override {
        if (!why.never) add_header(headers, "retry-after", std::to_string(ceil_seconds(why.wait)));
    }

    int overloaded_status() const noexcept override { return 529; }
    member_order order() const noexcept override { return member_order::required_first; }

private:
    static std::string inner(wire_error const& why) {
        std::string text = R"({"type":")" + std::string{error_type(why.status)} + R"(","message":)";
        append_quoted(text, why.message);
        if (!why.details.empty()) text += R"(,"details":)" + why.details;
        return text + "}";
    }
};

}  // namespace

wire_form const& anthropic_form() noexcept {
    static anthropic const form;
    return form;
}

}  // namespace coax::sim::detail
