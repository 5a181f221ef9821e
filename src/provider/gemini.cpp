#include "provider/decision_wire.hpp"
#include "provider/encode.hpp"
#include "provider/endpoint.hpp"
#include "provider/gemini_batch.hpp"
#include "provider/gemini_services.hpp"
#include "provider/gemini_wire.hpp"
#include "provider/model_list.hpp"
#include "provider/token_count.hpp"

#include <algorithm>
#include <array>

namespace coax::detail {
namespace {

/// Whether the path ends with the version of an API: "/v1", "/v1beta1".
bool ends_with_version(std::string_view path) {
    auto const last = path.substr(path.rfind('/') + 1);
    return last.size() > 1 && last[0] == 'v' && last[1] >= '0' && last[1] <= '9';
}

/// Takes the model and its method off an address that was pasted whole.
void leave_out_model(std::string& path) {
    for (std::string_view const begin : {"/publishers/", "/models/", "/tunedModels/"})
        if (auto const at = path.find(begin); at != std::string::npos) path.resize(at);
}

/// A location becomes part of the host's name.
result<void> check_location(std::string_view location) {
    auto const allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    if (std::ranges::all_of(location, allowed)) return {};
    return invalid_argument("location", "must be a location's name, such as us-central1, eu or global");
}

std::string vertex_url(std::string_view location) {
    if (location.empty() || location == "global") return "https://aiplatform.googleapis.com";
    std::string const name{location};
    if (name == "us" || name == "eu") return "https://aiplatform." + name + ".rep.googleapis.com";
    return "https://" + name + "-aiplatform.googleapis.com";
}

/// What the base's path lacks before the model.
std::string missing_path(std::string_view path, std::string_view service, provider_options const& options) {
    std::string missing;
    bool const names_project = path.find("/projects/") != std::string_view::npos;
    auto const standard = service == vertex ? "v1beta1" : "v1beta";
    if (!ends_with_version(path) && !names_project)
        missing.append("/").append(options.api_version.empty() ? standard : options.api_version);
    if (service == vertex && !options.project.empty() && !names_project)
        missing.append("/projects/")
            .append(percent_encode(options.project))
            .append("/locations/")
            .append(options.location.empty() ? "global" : options.location);
    return missing;
}

/// The model's path, as the service names it: "/models/gemini-3.6-flash".
result<std::string> model_path(std::string_view service, std::string_view model) {
    if (model.empty()) return invalid_argument("model", std::string{service} + " needs one");
    auto const is_good = [](unsigned char c) { return c > 0x20 && c < 0x7F && c != '?' && c != '&' && c != '#'; };
    if (!std::ranges::all_of(model, is_good) || model.find("..") != std::string_view::npos)
        return invalid_argument("model", "is no name of a model");
    std::string path{"/"};
    for (std::string_view const whole : {"publishers/", "projects/", "tunedModels/"})
        if (model.starts_with(whole)) return path.append(model);
    if (service == vertex) path.append("publishers/google/");
    return path.append(model.starts_with("models/") ? "" : "models/").append(model);
}

/// The Gemini API and Vertex AI. Source: reference gemini.md, section 1; gemini-since-08.md, section B.
class gemini_provider final : public provider {
public:
    gemini_provider(std::string_view service, endpoint to, provider_options const& options)
        : service_{service},
          endpoint_{std::move(to)},
          open_api_{options.schema_form == "open_api"},
          omit_{options.omit},
          key_header_{options.bearer ? "Authorization" : "x-goog-api-key"} {}

    std::string_view name() const noexcept override { return service_; }
    schema_dialect dialect() const noexcept override {
        return open_api_ ? schema_dialect::gemini_schema : schema_dialect::gemini;
    }

    result<http_request> encode(chat_request const& request, bool streaming) const override {
        auto path = model_path(service_, request.model);
        if (!path) return std::move(path).error();
        auto body = encode_gemini_body({.service = service_, .open_api = open_api_, .streaming = streaming}, request);
        if (body) body = without_members(*std::move(body), omit_);
        if (!body) return std::move(body).error();
        path->append(streaming ? ":streamGenerateContent?alt=sse" : ":generateContent");
        return with_headers(endpoint_.post(*path, *std::move(body)), request);
    }

    void authorize(http_request& request, secret const& key) const override {
        endpoint_.authorize(request, key_header_, key);
    }

    result<chat_response> decode(http_response const& response,
                                 std::chrono::system_clock::time_point now) const override {
        return decode_gemini_response(service_, response, now);
    }

    /// The service sends none.
    rate_limit_status rate_limits(header_list const&, std::chrono::system_clock::time_point) const override {
        return {};
    }

    std::unique_ptr<stream_decoder> decode_stream(header_list const& headers,
                                                  std::chrono::system_clock::time_point) const override {
        return make_gemini_stream_decoder(service_, headers);
    }

    bool pauses() const noexcept override { return true; }

    bool has_more(chat_response const& response) const override {
        return response.finish_reason == finish_reason::pause && !continuation_of(response.raw_content).empty();
    }

    chat_response join(chat_response begun, chat_response rest) const override {
        return join_gemini(std::move(begun), std::move(rest));
    }

    /// Vertex AI's models differ: the newest take one text.
    embedding_limits limits_of_embedding() const noexcept override {
        return {.texts = service_ == vertex ? 1U : 100U, .tokens = 800'000};
    }

    result<http_request> encode_embedding(embedding_request const& request) const override {
        auto path = model_path(service_, request.model);
        if (!path) return std::move(path).error();
        auto const form = gemini_embedding_form_of(service_, request.model);
        auto body = encode_gemini_embedding(form, *path, request);
        if (body) body = without_members(*std::move(body), omit_);
        if (!body) return std::move(body).error();
        return endpoint_.post(path->append(method_of(form)), *std::move(body));
    }

    result<embedding_response> decode_embedding(embedding_request const& request, http_response const& response,
                                                std::chrono::system_clock::time_point now) const override {
        return decode_gemini_embedding(service_, request, response, now);
    }

    decision_support decisions_of(std::string_view model) const override {
        return support_of(decision_endpoint_of(service_), model);
    }

    result<http_request> encode_decision(decision_request const& request) const override {
        auto const& at = decision_endpoint_of(service_);
        if (at.wire == decision_wire::none) return provider::encode_decision(request);
        auto const path = model_path(service_, request.input.model);
        if (!path) return path.error();
        auto body = encode_decision_body(at, path->substr(1), request);  // "models/gemini-3.6-flash"
        if (body) body = without_members(*std::move(body), omit_);
        if (!body) return std::move(body).error();
        return with_headers(endpoint_.post(at.path, *std::move(body)), request.input);
    }

    result<decision_response> decode_decision(decision_request const& request, http_response const& response,
                                              std::chrono::system_clock::time_point now) const override {
        return decode_decision_body(decision_endpoint_of(service_), request, response, now);
    }

    /// Of Vertex AI the publisher's, which stand beside the projects.
    result<http_request> encode_models(std::string_view after) const override {
        auto to = endpoint_;
        if (auto const at = to.base.path.find("/projects/"); at != std::string::npos) to.base.path.resize(at);
        std::string query = "pageSize=100";
        if (!after.empty()) query.append("&pageToken=").append(percent_encode(after));
        return to.get(service_ == vertex ? "/publishers/google/models" : "/models", query);
    }

    result<model_page> decode_models(http_response const& response,
                                     std::chrono::system_clock::time_point now) const override {
        auto page = decode_model_list(service_, response, now);
        if (!page) return page;
        shorten_names(*page);
        page->authoritative = service_ == gemini;
        return page;
    }

    result<http_request> encode_token_count(chat_request const& request) const override {
        auto path = model_path(service_, request.model);
        if (!path) return std::move(path).error();
        auto body = encode_gemini_body({.service = service_, .open_api = open_api_}, request);
        if (body) body = encode_gemini_count(service_, *path, *body);
        if (!body) return std::move(body).error();
        return endpoint_.post(path->append(":countTokens"), *std::move(body));
    }

    result<std::int64_t> decode_token_count(http_response const& response,
                                            std::chrono::system_clock::time_point now) const override {
        return read_token_count(service_, "totalTokens", response, now);
    }

    /// Vertex AI's read and write tables and buckets of the cloud, and are none of these.
    batch_limits limits_of_batches() const noexcept override {
        if (service_ == vertex) return {};
        return {.requests = 200'000, .bytes = 2'000'000'000};
    }

    result<batch_row_request> encode_batch_row(std::string_view id, http_request const& request) const override {
        if (service_ == vertex) return provider::encode_batch_row(id, request);
        return encode_gemini_row(id, request.target, endpoint_.base.path, request.body);
    }

    result<http_request> encode_batch(batch_input const& input, std::string_view reached) const override {
        if (service_ == vertex) return provider::encode_batch(input, reached);
        return encode_gemini_handover(endpoint_, input, reached);
    }

    result<batch_handover> decode_handover(std::string_view reached, http_response const& response,
                                           std::chrono::system_clock::time_point now) const override {
        return decode_gemini_handover(reached, response, now);
    }

    result<http_request> encode_batch(batch_request asked, std::string_view id) const override {
        if (service_ == vertex) return provider::encode_batch(asked, id);
        return encode_gemini_batch(endpoint_, asked, id);
    }

    result<service_batch> decode_batch(http_response const& response,
                                       std::chrono::system_clock::time_point now) const override {
        return decode_gemini_batch(response, now);
    }

    result<batch_page> decode_batches(http_response const& response,
                                      std::chrono::system_clock::time_point now) const override {
        return decode_gemini_batches(response, now);
    }

    result<http_request> encode_batch_results(std::string_view where) const override {
        return encode_gemini_results(endpoint_, where);
    }

    result<batch_row> decode_batch_row(std::string_view line) const override { return decode_gemini_row(line); }

private:
    std::string_view service_;
    endpoint endpoint_;
    bool open_api_;
    std::vector<std::string> omit_;
    std::string_view key_header_;
};

}  // namespace

result<std::shared_ptr<provider const>> make_gemini(std::string_view service, provider_options const& options) {
    if (auto valid = check_location(options.location); !valid) return std::move(valid).error();
    if (!options.schema_form.empty() && options.schema_form != "json_schema" && options.schema_form != "open_api")
        return invalid_argument("schema_form", "must be json_schema or open_api");
    auto const url = service == vertex ? vertex_url(options.location) : "https://generativelanguage.googleapis.com";
    auto to = make_endpoint(options, url);
    if (!to) return std::move(to).error();
    leave_out_model(to->base.path);
    to->base.path += missing_path(to->base.path, service, options);
    return std::shared_ptr<provider const>{std::make_shared<gemini_provider>(service, *std::move(to), options)};
}

}  // namespace coax::detail
