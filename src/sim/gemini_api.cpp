#include "sim/gemini_wire.hpp"
#include "sim/text.hpp"

#include <algorithm>

namespace coax::sim::detail {
namespace {

std::string_view status_name(int status) noexcept {
    switch (status) {
        case 400: return "INVALID_ARGUMENT";
        case 401: return "UNAUTHENTICATED";
        case 403: return "PERMISSION_DENIED";
        case 404: return "NOT_FOUND";
        case 409: return "ABORTED";
        case 429: return "RESOURCE_EXHAUSTED";
        case 499: return "CANCELLED";
        case 503: return "UNAVAILABLE";
        case 504: return "DEADLINE_EXCEEDED";
        default: return status >= 500 ? "INTERNAL" : "INVALID_ARGUMENT";
    }
}

/// The details of a limit that is used up. @param wait  Zero: waiting does not help.
std::string quota_details(std::string_view id, std::string_view model, std::chrono::nanoseconds wait) {
    std::string details;
    writer out{details};
    out.begin_array().begin_object().member("@type", "type.googleapis.com/google.rpc.QuotaFailure");
    out.key("violations").begin_array().begin_object();
    out.member("quotaMetric", "generativelanguage.googleapis.com/generate_content_requests").member("quotaId", id);
    out.key("quotaDimensions").begin_object().member("location", "global").member("model", model).end_object();
    out.end_object().end_array().end_object();
    out.begin_object().member("@type", "type.googleapis.com/google.rpc.RetryInfo");
    auto const milliseconds = (wait.count() + 999'999) / 1'000'000;
    out.member("retryDelay", to_json(static_cast<double>(milliseconds) / 1'000) + "s").end_object().end_array();
    return details;
}

std::string_view query_key(std::string_view target) noexcept {
    for (std::string_view const begin : {"?key=", "&key="})
        if (auto const at = target.find(begin); at != std::string_view::npos) {
            auto const rest = target.substr(at + begin.size());
            return rest.substr(0, rest.find('&'));
        }
    return {};
}

/// The Gemini API, and Vertex AI where it differs.
class gemini_service final : public service_api {
public:
    explicit gemini_service(bool vertex) noexcept : vertex_{vertex} {}

    rejection authorize(request_view const& request, std::string_view key) const override {
        auto const by_query = query_key(request.target);
        auto const given = request.x_goog_api_key.empty() ? by_query : request.x_goog_api_key;
        auto const token = bearer_token(request.authorization);
        if (given == key || (vertex_ && token == key)) return std::nullopt;
        if (!given.empty())
            return api_error{
                .status = 400,
                .message = "API key not valid. Please pass a valid API key.",
                .details =
                    R"([{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com","metadata":{"service":"generativelanguage.googleapis.com"}}])"};
        if (!request.authorization.empty()) return error_of(401);
        return api_error{.status = 403,
                         .message =
                             "Method doesn't allow unregistered callers (callers without established identity). Please "
                             "use API Key or other form of API consumer identity to call this API."};
    }

    rejection check_request(request_view const& request, request_route const& route) const override {
        bool const streams = route.method == "streamGenerateContent";
        if (!streams || request.target.find("alt=sse") != std::string_view::npos) return std::nullopt;
        return bad_request("This simulator streams server-sent events only: add ?alt=sse.");
    }

    rejection read_chat(json::value const& body, request_view const& /*request*/, request_route const& route,
                        parsed_chat& chat) const override {
        return read_gemini_chat(body, route, chat);
    }

    void write_chat(response& out, parsed_chat const& chat, std::vector<completion> const& completions,
                    request_context const& context) const override {
        write_gemini_chat(out, chat, completions, context);
    }

    rejection read_embedding(json::value const& body, request_view const& /*request*/, request_route const& route,
                             embedding_request& out) const override {
        return read_gemini_embedding(body, route, out);
    }

    void write_embeddings(response& out, embedding_request const& request, request_route const& route,
                          std::uint64_t seed) const override {
        write_gemini_embeddings(out, request, route, seed);
    }

    void write_token_count(writer& out, std::size_t count) const override {
        out.begin_object().member("totalTokens", count).key("promptTokensDetails").begin_array();
        out.begin_object().member("modality", "TEXT").member("tokenCount", count).end_object().end_array().end_object();
    }

    void write_model(writer& out, std::string_view name) const override {
        if (vertex_) {
            out.begin_object().member("name", "publishers/google/models/" + std::string{name});
            out.member("versionId", "default").member("launchStage", "GA").end_object();
            return;
        }
        out.begin_object().member("name", "models/" + std::string{name}).member("version", "001");
        out.member("displayName", name).member("description", "A simulated model.");
        out.member("inputTokenLimit", 1'048'576).member("outputTokenLimit", 65'536);
        out.key("supportedGenerationMethods").begin_array();
        for (auto const* const method : {"generateContent", "countTokens", "embedContent"}) out.value(method);
        out.end_array().member("temperature", 1).member("maxTemperature", 2).member("topP", 0.95);
        out.member("topK", 64).member("thinking", true).end_object();
    }

    /// A page's token is the number of its first model.
    rejection take_page(std::string_view query, model_page& page) const override {
        std::size_t size = 50;
        std::size_t first = 0;
        if (!read_count(query_value(query, "pageSize"), size))
            return bad_request("Request contains an invalid argument: pageSize");
        if (!read_count(query_value(query, "pageToken"), first) || first > page.names.size())
            return bad_request("Request contains an invalid argument: pageToken");
        auto const end = std::min(first + std::clamp<std::size_t>(size, 1, 1000), page.names.size());
        page.has_more = end < page.names.size();
        page.next = std::to_string(end);
        page.names.resize(end);
        page.names.erase(page.names.begin(), page.names.begin() + static_cast<std::ptrdiff_t>(first));
        return std::nullopt;
    }

    void write_models(writer& out, model_page const& page) const override {
        out.begin_object().key(vertex_ ? "publisherModels" : "models").begin_array();
        for (auto const& name : page.names) write_model(out, name);
        out.end_array();
        if (page.has_more) out.member("nextPageToken", page.next);
        out.end_object();
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
        return event + "\r\n\r\n";
    }

    api_error error_of(int status) const override {
        switch (status) {
            case 401:
                return {.status = status,
                        .message =
                            "Request had invalid authentication credentials. Expected OAuth 2 access token, login "
                            "cookie or other valid authentication credential."};
            case 403: return {.status = status, .message = "The caller does not have permission"};
            case 404: return {.status = status, .message = "Requested entity was not found."};
            case 429: return {.status = status, .message = "Resource has been exhausted (e.g. check quota)."};
            case 503: return {.status = status, .message = "The model is overloaded. Please try again later."};
            default: break;
        }
        return {.status = status,
                .message = status >= 500 ? "An internal error has occurred. Please retry or report in "
                                           "https://developers.generativeai.google/guide/troubleshooting"
                                         : "Request contains an invalid argument."};
    }

    api_error unknown_model(std::string_view model, request_route const& route) const override {
        return {.status = 404,
                .message = "models/" + std::string{model} +
                           " is not found for API version v1beta, or is not supported " + "for " +
                           std::string{route.method.empty() ? "GetModel" : route.method} +
                           ". Call ListModels to see the list of available models and their supported methods."};
    }

    api_error rate_limited(limit_refusal const& why, std::string_view model, double limit) const override {
        bool const by_requests = why.which == limited_by::requests;
        return {.status = 429,
                .message =
                    "You exceeded your current quota, please check your plan and billing details.\n* Quota "
                    "exceeded for metric: generativelanguage.googleapis.com/generate_content_" +
                    std::string{by_requests ? "requests" : "input_token_count"} + ", limit: " + to_json(limit) +
                    (why.never ? "" : "\nPlease retry in " + short_duration(why.wait) + "."),
                .details = quota_details(by_requests ? "GenerateRequestsPerMinutePerProjectPerModel"
                                                     : "GenerateContentInputTokensPerModelPerMinute",
                                         model, why.never ? std::chrono::nanoseconds{0} : why.wait)};
    }

    api_error quota_exhausted() const override {
        return {.status = 429,
                .message = "You exceeded your current quota, please check your plan and billing details.",
                .details = quota_details("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "coax-sim",
                                         std::chrono::seconds{1})};
    }

    api_error context_too_long() const override {
        return bad_request("The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).");
    }

    rejection prompt_filtered() const override { return std::nullopt; }
    int overloaded_status() const noexcept override { return 503; }

    std::string request_id(std::uint64_t seed) const override { return make_id(seed, 22); }
    void add_id_headers(std::string& headers, request_context const& /*context*/) const override {
        add_header(headers, "server-timing", "gfet4t7; dur=1");
    }
    void add_limit_headers(std::string&, limits&, request_context const&) const override {}
    void add_wait_headers(std::string&, limit_refusal const&) const override {}
    member_order order() const noexcept override { return member_order::as_declared; }

private:
    static void write_error(writer& out, api_error const& why) {
        out.begin_object().key("error").begin_object().member("code", why.status).member("message", why.message);
        out.member("status", status_name(why.status));
        if (!why.details.empty()) out.key("details").raw(why.details);
        out.end_object().end_object();
    }

    bool vertex_;
};

}  // namespace

service_api const& gemini_api(dialect which) noexcept {
    static gemini_service const gemini{false};
    static gemini_service const vertex{true};
    return which == dialect::gemini ? gemini : vertex;
}

}  // namespace coax::sim::detail
