#include "sim/random.hpp"
#include "sim/service_api.hpp"
#include "sim/text.hpp"

namespace coax::sim::detail {
namespace {

/// TypeSafe's service, which answers typed questions alone. Source: reference decisions.md, section 2.
class system_one_service final : public service_api {
public:
    rejection authorize(request_view const& request, std::string_view key) const override {
        return bearer_token(request.authorization) == key ? std::nullopt : rejection{error_of(401)};
    }

    rejection check_request(request_view const& /*request*/, request_route const& /*route*/) const override {
        return std::nullopt;
    }

    rejection read_chat(json::value const& /*body*/, request_view const& /*request*/, request_route const& /*route*/,
                        parsed_chat& /*chat*/) const override {
        return error_of(404);
    }

    void write_chat(response& /*out*/, parsed_chat const& /*chat*/, std::vector<completion> const& /*completions*/,
                    request_context const& /*context*/) const override {}

    void write_model(writer& out, std::string_view name) const override {
        out.begin_object().member("name", name).member("description", "A simulated model.");
        out.member("release_date", "2026-09-15").end_object();
    }

    void write_models(writer& out, model_page const& page) const override {
        out.begin_object().key("models").begin_array();
        for (auto const& name : page.names) write_model(out, name);
        out.end_array().end_object();
    }

    /// What the checks of a body found is a list with places.
    std::string error_body(api_error const& why, request_context const& /*context*/) const override {
        std::string body;
        writer out{body};
        out.begin_object();
        if (why.status == 422) {
            out.key("detail").begin_array().begin_object().member("type", "value_error").key("loc").begin_array();
            out.value("body").value(why.param).end_array().member("msg", why.message).end_object().end_array();
        } else {
            out.member("detail", why.message);
        }
        out.end_object();
        return body;
    }

    std::string error_event(api_error const& /*why*/) const override { return {}; }

    api_error error_of(int status) const override {
        switch (status) {
            case 401: return {.status = status, .message = "Invalid API key"};
            case 403: return {.status = status, .message = "Not allowed"};
            case 404: return {.status = status, .message = "Not Found"};
            case 429: return {.status = status, .message = "Too many requests"};
            case 503: return {.status = status, .message = "The service is overloaded"};
            default: break;
        }
        return {.status = status, .message = status < 500 ? "The request cannot be served" : "Internal Server Error"};
    }

    api_error unknown_model(std::string_view model, request_route const& /*route*/) const override {
        return {.status = 404, .message = "Model " + quoted(model) + " not found"};
    }
    api_error rate_limited(limit_refusal const& /*why*/, std::string_view /*model*/, double /*limit*/) const override {
        return error_of(429);
    }
    api_error quota_exhausted() const override { return {.status = 402, .message = "Payment required"}; }
    api_error context_too_long() const override {
        return {.status = 422, .message = "Input is longer than 262144 tokens", .param = "state"};
    }
    rejection prompt_filtered() const override { return std::nullopt; }
    int overloaded_status() const noexcept override { return 503; }

    std::string request_id(std::uint64_t seed) const override {
        random_source random{seed};
        return make_uuid(random);
    }
    void add_id_headers(std::string& headers, request_context const& context) const override {
        add_header(headers, "x-typesafe-request-id", context.request_id);
    }
    void add_limit_headers(std::string& /*headers*/, limits& /*kept*/,
                           request_context const& /*context*/) const override {}
    void add_wait_headers(std::string& headers, limit_refusal const& why) const override {
        if (why.never) return;
        add_header(headers, "retry-after-ms", (why.wait.count() + 999'999) / 1'000'000);
        add_header(headers, "retry-after", ceil_seconds(why.wait));
    }
    member_order order() const noexcept override { return member_order::as_declared; }
};

}  // namespace

service_api const& system_one_api() noexcept {
    static system_one_service const service;
    return service;
}

}  // namespace coax::sim::detail
