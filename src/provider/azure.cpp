#include "provider/endpoint.hpp"
#include "provider/openai_wire.hpp"
#include "provider/service_headers.hpp"
#include "provider/services.hpp"

namespace coax::detail {
namespace {

/// A dated version asks for the classic URLs; "preview" and none for the v1 URLs.
bool is_dated(std::string_view version) { return !version.empty() && version.front() >= '0' && version.front() <= '9'; }

/// `max_completion_tokens` and `stream_options` came with 2024-09-01-preview. Source: reference azure.md, section 3.
openai_dialect dialect_of_azure(std::string_view version) {
    bool const old = is_dated(version) && version < "2024-09-01";
    return {.service = "azure", .old_token_limit = old, .stream_usage = !old};
}

bool names_deployment(std::string_view path) { return path.find("/deployments/") != std::string_view::npos; }

/// What the base's path lacks before the deployment (classic) or before the method (v1).
std::string_view missing_path(std::string_view path, bool classic) {
    if (names_deployment(path) || path.ends_with("/openai/v1")) return "";
    if (path.ends_with("/openai")) return classic ? "/deployments/" : "/v1";
    return classic ? "/openai/deployments/" : "/openai/v1";
}

/// Azure OpenAI. Source: reference azure.md, sections 1 and 4.
///
/// classic: {base}/openai/deployments/{deployment}/chat/completions?api-version=2024-10-21
/// v1:      {base}/openai/v1/chat/completions, the deployment as the body's model
class azure_provider final : public provider {
public:
    azure_provider(endpoint to, provider_options const& options)
        : endpoint_{std::move(to)},
          dialect_{dialect_of_azure(options.api_version)},
          deployment_{options.deployment},
          query_{options.api_version.empty() ? "" : "api-version=" + percent_encode(options.api_version)},
          prefix_{missing_path(endpoint_.base.path, is_dated(options.api_version))},
          classic_{is_dated(options.api_version) || names_deployment(endpoint_.base.path)},
          bearer_{options.bearer} {}

    std::string_view name() const noexcept override { return dialect_.service; }
    schema_dialect dialect() const noexcept override { return schema_dialect::azure_strict; }

    result<http_request> encode(chat_request const& request, bool streaming) const override {
        auto const& deployment = deployment_.empty() ? request.model : deployment_;
        bool const in_path = classic_ && !prefix_.empty();
        if (deployment.empty() && (in_path || !classic_))
            return invalid_argument("model", "azure needs one, or a deployment");
        auto body = encode_openai_body(dialect_, request, classic_ ? request.model : deployment, streaming);
        if (!body) return std::move(body).error();
        std::string path{prefix_};
        if (in_path) path += percent_encode(deployment);
        path += "/chat/completions";
        return endpoint_.post(path, query_, std::move(*body));
    }

    void authorize(http_request& request, secret const& key) const override {
        endpoint_.authorize(request, bearer_ ? "Authorization" : "api-key", key);
    }

    result<chat_response> decode(http_response const& answer) const override {
        return decode_openai_answer(dialect_, answer);
    }

    rate_limit_status rate_limits(header_list const& headers) const override { return openai_rate_limits(headers); }

    std::unique_ptr<stream_decoder> decode_stream(header_list const& headers) const override {
        return make_openai_stream_decoder(dialect_, headers);
    }

private:
    endpoint endpoint_;
    openai_dialect dialect_;
    std::string deployment_;
    std::string query_;
    std::string_view prefix_;  ///< After the base's path.
    bool classic_;
    bool bearer_;
};

}  // namespace

result<std::shared_ptr<provider const>> make_azure(provider_options const& options) {
    auto to = make_endpoint(options, {});
    if (!to) return std::move(to).error();
    auto const& path = to->base.path;
    if (is_dated(options.api_version) && path.ends_with("/openai/v1"))
        return invalid_argument("api_version", "v1 URLs take no dated version");
    if (names_deployment(path) && !is_dated(options.api_version) && to->base.query.empty())
        return invalid_argument("api_version", "URLs of deployments need a dated version");
    return std::shared_ptr<provider const>{std::make_shared<azure_provider>(std::move(*to), options)};
}

}  // namespace coax::detail
