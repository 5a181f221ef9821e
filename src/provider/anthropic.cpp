#include "provider/anthropic_wire.hpp"
#include "provider/encode.hpp"
#include "provider/endpoint.hpp"
#include "provider/model_list.hpp"
#include "provider/response_headers.hpp"
#include "provider/token_count.hpp"

#include <coax/chat/advanced_options.hpp>

#include <algorithm>
#include <array>

namespace coax::detail {
namespace {

constexpr std::string_view first_version = "2023-06-01";
/// From here on keys travel as bearer tokens and there are no sampling parameters.
constexpr std::string_view bearer_version = "2026-10-21";

/// Of the `anthropic-beta` header, for requests that name files which the service keeps.
constexpr std::string_view files_feature = "files-api-2025-04-14";

bool names_kept_file(message const& msg) {
    return std::ranges::any_of(msg.parts, [](content_part const& part) {
        return (part.image() != nullptr && !part.image()->file_id.empty()) ||
               (part.file() != nullptr && !part.file()->file_id.empty());
    });
}

/// Anthropic Messages. Source: reference anthropic.md, sections 1 and 1.1.
class anthropic_provider final : public provider {
public:
    anthropic_provider(endpoint to, provider_options const& options)
        : endpoint_{std::move(to)},
          method_{endpoint_.base.path.ends_with("/v1") ? "/messages" : "/v1/messages"},
          takes_sampling_{options.api_version < bearer_version},
          omit_{options.omit},
          key_header_{options.bearer || !takes_sampling_ ? "Authorization" : "x-api-key"} {}

    std::string_view name() const noexcept override { return "anthropic"; }
    schema_dialect dialect() const noexcept override { return schema_dialect::anthropic; }

    result<http_request> encode(chat_request const& request, bool streaming) const override {
        auto body = encode_anthropic_body(request, takes_sampling_, streaming);
        if (body) body = without_members(*std::move(body), omit_);
        if (!body) return std::move(body).error();
        auto made = endpoint_.post(method_, std::move(*body));
        if (std::ranges::any_of(request.messages, names_kept_file))
            (void)add_headers(made, {{.name = "anthropic-beta", .value = std::string{files_feature}}});
        if (request.advanced)
            if (auto added = add_headers(made, request.advanced->headers); !added) return std::move(added).error();
        return made;
    }

    void authorize(http_request& request, secret const& key) const override {
        endpoint_.authorize(request, key_header_, key);
    }

    result<chat_response> decode(http_response const& response,
                                 std::chrono::system_clock::time_point now) const override {
        return decode_anthropic_response(response, now);
    }

    rate_limit_status rate_limits(header_list const& headers,
                                  std::chrono::system_clock::time_point now) const override {
        return anthropic_rate_limits(headers, now);
    }

    std::unique_ptr<stream_decoder> decode_stream(header_list const& headers,
                                                  std::chrono::system_clock::time_point now) const override {
        return make_anthropic_stream_decoder(headers, now);
    }

    result<http_request> encode_models(std::string_view after) const override {
        std::string query = "limit=1000";
        if (!after.empty()) query.append("&after_id=").append(percent_encode(after));
        return endpoint_.get(models_method(), query);
    }

    result<model_page> decode_models(http_response const& response,
                                     std::chrono::system_clock::time_point now) const override {
        auto page = decode_model_list(name(), response, now);
        if (page) page->authoritative = true;
        return page;
    }

    result<http_request> encode_token_count(chat_request const& request) const override {
        constexpr std::array<std::string_view, 8> counted{"model",       "messages", "system",        "tools",
                                                          "tool_choice", "thinking", "output_config", "cache_control"};
        auto body = encode_anthropic_body(request, takes_sampling_, false);
        if (body) body = only_members(*body, counted);
        if (!body) return std::move(body).error();
        return endpoint_.post(std::string{method_} + "/count_tokens", *std::move(body));
    }

    result<std::int64_t> decode_token_count(http_response const& response,
                                            std::chrono::system_clock::time_point now) const override {
        return read_token_count(name(), "input_tokens", response, now);
    }

private:
    [[nodiscard]] std::string_view models_method() const { return method_ == "/messages" ? "/models" : "/v1/models"; }

    endpoint endpoint_;
    std::string_view method_;  ///< After the base's path.
    bool takes_sampling_;
    std::vector<std::string> omit_;
    std::string_view key_header_;
};

}  // namespace

result<std::shared_ptr<provider const>> make_anthropic(provider_options const& options) {
    header_list headers;
    headers.add("anthropic-version", options.api_version.empty() ? std::string{first_version} : options.api_version);
    auto to = make_endpoint(options, "https://api.anthropic.com", std::move(headers));
    if (!to) return std::move(to).error();
    return std::shared_ptr<provider const>{std::make_shared<anthropic_provider>(std::move(*to), options)};
}

}  // namespace coax::detail
