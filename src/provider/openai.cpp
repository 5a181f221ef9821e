#include "provider/endpoint.hpp"
#include "provider/openai_wire.hpp"
#include "provider/service_headers.hpp"
#include "provider/services.hpp"

namespace coax::detail {
namespace {

constexpr openai_dialect dialect_of_openai{.service = "openai"};

class openai_provider final : public provider {
public:
    explicit openai_provider(endpoint to) : endpoint_{std::move(to)} {}

    std::string_view name() const noexcept override { return dialect_of_openai.service; }
    schema_dialect dialect() const noexcept override { return schema_dialect::openai_strict; }

    result<http_request> encode(chat_request const& request, bool streaming) const override {
        if (request.model.empty()) return invalid_argument("model", "openai needs one");
        auto body = encode_openai_body(dialect_of_openai, request, request.model, streaming);
        if (!body) return std::move(body).error();
        return endpoint_.post("/chat/completions", {}, std::move(*body));
    }

    void authorize(http_request& request, secret const& key) const override {
        endpoint_.authorize(request, "Authorization", key);
    }

    result<chat_response> decode(http_response const& answer) const override {
        return decode_openai_answer(dialect_of_openai, answer);
    }

    rate_limit_status rate_limits(header_list const& headers) const override { return openai_rate_limits(headers); }

    std::unique_ptr<stream_decoder> decode_stream(header_list const& headers) const override {
        return make_openai_stream_decoder(dialect_of_openai, headers);
    }

private:
    endpoint endpoint_;
};

}  // namespace

result<std::shared_ptr<provider const>> make_openai(provider_options const& options) {
    header_list headers;
    if (!options.organization.empty()) headers.add("OpenAI-Organization", options.organization);
    if (!options.project.empty()) headers.add("OpenAI-Project", options.project);
    auto to = make_endpoint(options, "https://api.openai.com/v1", std::move(headers));
    if (!to) return std::move(to).error();
    return std::shared_ptr<provider const>{std::make_shared<openai_provider>(std::move(*to))};
}

}  // namespace coax::detail
