#include "provider/anthropic_batch.hpp"
#include "provider/anthropic_wire.hpp"
#include "provider/batch_text.hpp"
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

    batch_limits limits_of_batches() const noexcept override { return {.requests = 100'000, .bytes = 256'000'000}; }

    result<batch_row_request> encode_batch_row(std::string_view id, http_request const& request) const override {
        return batch_row_request{.text = encode_anthropic_row(id, request.body), .endpoint = std::string{method_}};
    }

    result<http_request> encode_batch(batch_input const& input, std::string_view /*reached*/) const override {
        return sent_once(endpoint_.post(batches_method(), encode_anthropic_batch_body(input)));
    }

    result<batch_handover> decode_handover(std::string_view /*reached*/, http_response const& response,
                                           std::chrono::system_clock::time_point now) const override {
        auto batch = decode_anthropic_batch(response, now);
        if (!batch) return std::move(batch).error();
        return batch_handover{.batch = *std::move(batch)};
    }

    result<http_request> encode_batch(batch_request asked, std::string_view id) const override {
        if (asked == batch_request::list) {
            std::string query = "limit=100";
            if (!id.empty()) query.append("&after_id=").append(percent_encode(id));
            return endpoint_.get(batches_method(), query);
        }
        auto const path = batches_method() + '/' + percent_encode(id);
        return asked == batch_request::look ? endpoint_.get(path) : endpoint_.post(path + "/cancel", {});
    }

    result<service_batch> decode_batch(http_response const& response,
                                       std::chrono::system_clock::time_point now) const override {
        return decode_anthropic_batch(response, now);
    }

    result<batch_page> decode_batches(http_response const& response,
                                      std::chrono::system_clock::time_point now) const override {
        return decode_anthropic_batches(response, now);
    }

    result<http_request> encode_batch_results(std::string_view where) const override {
        return endpoint_.get(batches_method() + '/' + percent_encode(where) + "/results");
    }

    result<batch_row> decode_batch_row(std::string_view line) const override { return decode_anthropic_row(line); }

private:
    [[nodiscard]] std::string batches_method() const { return std::string{method_} + "/batches"; }

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
