#include "sim/anthropic_wire.hpp"

#include <algorithm>

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

class anthropic_service final : public service_api {
public:
    /// The newer version takes the key as a bearer token only; the older one either way.
    rejection authorize(request_view const& request, std::string_view key) const override {
        bool const by_header = !is_newer_anthropic(request) && request.x_api_key == key;
        if (by_header || bearer_token(request.authorization) == key) return std::nullopt;
        bool const none = request.x_api_key.empty() && request.authorization.empty();
        return api_error{.status = 401, .message = none ? "x-api-key header is required" : "invalid x-api-key"};
    }

    rejection check_request(request_view const& request, request_route const& /*route*/) const override {
        if (request.anthropic_version.empty()) return bad_request("anthropic-version: header is required");
        if (request.anthropic_version == "2023-06-01" || is_newer_anthropic(request)) return std::nullopt;
        return bad_request("anthropic-version: \"" + std::string{request.anthropic_version} +
                           "\" is not a valid version");
    }

    rejection read_chat(json::value const& body, request_view const& request, request_route const& route,
                        parsed_chat& chat) const override {
        return read_anthropic_chat(body, request, route.endpoint == endpoint::count_tokens, chat);
    }

    void write_chat(response& out, parsed_chat const& chat, std::vector<completion> const& completions,
                    request_context const& context) const override {
        write_anthropic_chat(out, chat, completions.front(), context);
    }

    void write_model(writer& out, std::string_view name) const override {
        out.begin_object().member("type", "model").member("id", name).member("display_name", name);
        out.member("created_at", "2026-01-01T00:00:00Z").end_object();
    }

    rejection take_page(std::string_view query, model_page& page) const override {
        std::size_t limit = 20;
        if (!read_count(query_value(query, "limit"), limit) || limit < 1 || limit > 1000)
            return bad_request("limit: Input should be a valid integer from 1 to 1000");
        auto& names = page.names;
        if (auto const after = query_value(query, "after_id"); !after.empty()) {
            auto const found = std::ranges::find(names, after);
            if (found == names.end()) return bad_request("after_id: no such model");
            names.erase(names.begin(), found + 1);
        }
        page.has_more = names.size() > limit;
        if (page.has_more) names.resize(limit);
        return std::nullopt;
    }

    void write_models(writer& out, model_page const& page) const override {
        out.begin_object().key("data").begin_array();
        for (auto const& name : page.names) write_model(out, name);
        out.end_array().member("has_more", page.has_more);
        write_text_or_null(out, "first_id", page.names.empty() ? "" : page.names.front(), page.names.empty());
        write_text_or_null(out, "last_id", page.names.empty() ? "" : page.names.back(), page.names.empty());
        out.end_object();
    }

    std::string error_body(api_error const& why, request_context const& context) const override {
        std::string body;
        writer out{body};
        out.begin_object().member("type", "error");
        write_error(out, why);
        out.member("request_id", context.request_id).end_object();
        return body;
    }

    std::string error_event(api_error const& why) const override {
        std::string event{"event: error\ndata: "};
        writer out{event};
        out.begin_object().member("type", "error");
        write_error(out, why);
        out.end_object();
        return event + "\n\n";
    }

    api_error error_of(int status) const override {
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

    api_error unknown_model(std::string_view model, request_route const& /*route*/) const override {
        return {.status = 404, .message = "model: " + std::string{model}};
    }

    api_error rate_limited(limit_refusal const& why, std::string_view /*model*/, double limit) const override {
        std::string const unit = why.which == limited_by::requests ? " requests per minute" : " tokens per minute";
        return {
            .status = 429,
            .message = "This request would exceed your organization's rate limit of " + to_json(limit) + unit + "."};
    }

    api_error quota_exhausted() const override {
        return {.status = 429,
                .message = "Your organization has reached its spend limit.",
                .details = R"({"error_code":"enforced_spend_limit_reached"})"};
    }

    api_error context_too_long() const override {
        return bad_request("prompt is too long: 250000 tokens > 200000 maximum");
    }

    rejection prompt_filtered() const override { return std::nullopt; }
    int overloaded_status() const noexcept override { return 529; }

    std::string request_id(std::uint64_t seed) const override { return "req_01" + make_id(seed, 22); }

    void add_id_headers(std::string& headers, request_context const& context) const override {
        add_header(headers, "request-id", context.request_id);
        add_header(headers, "anthropic-organization-id", "00000000-0000-4000-a000-000000000000");
    }

    void add_limit_headers(std::string& headers, limits& kept, request_context const& context) const override {
        for (auto const which : {limited_by::requests, limited_by::tokens}) {
            auto const state = kept.state(which, context.now.steady);
            if (!state) continue;
            std::string const name =
                which == limited_by::requests ? "anthropic-ratelimit-requests" : "anthropic-ratelimit-tokens";
            auto remaining = static_cast<std::int64_t>(state->remaining);
            if (which == limited_by::tokens) remaining = (remaining + 500) / 1000 * 1000;
            add_header(headers, name + "-limit", static_cast<std::int64_t>(state->limit));
            add_header(headers, name + "-remaining", remaining);
            add_header(headers, name + "-reset",
                       rfc3339(context.now.system + std::chrono::seconds{ceil_seconds(state->reset)}));
        }
    }

    void add_wait_headers(std::string& headers, limit_refusal const& why) const override {
        if (!why.never) add_header(headers, "retry-after", ceil_seconds(why.wait));
    }

    member_order order() const noexcept override { return member_order::required_first; }

private:
    static void write_error(writer& out, api_error const& why) {
        out.key("error").begin_object().member("type", error_type(why.status)).member("message", why.message);
        if (!why.details.empty()) out.key("details").raw(why.details);
        out.end_object();
    }
};

}  // namespace

service_api const& anthropic_api() noexcept {
    static anthropic_service const api;
    return api;
}

}  // namespace coax::sim::detail
