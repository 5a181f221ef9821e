#include "provider/endpoint.hpp"
#include "provider/openai_wire.hpp"
#include "provider/service_headers.hpp"
#include "provider/services.hpp"

namespace coax::detail {
namespace {

/// The oldest and most widely known form of everything, as local servers speak it.
constexpr openai_dialect dialect_of_compatible{
    .service = "compatible", .old_token_limit = true, .developer_role = false, .takes_top_k = true};

/// Any server that speaks OpenAI's wire: vLLM, llama.cpp, Ollama, LM Studio and many hosts.
class compatible_provider final : public provider {
public:
    explicit compatible_provider(endpoint to) : endpoint_{std::move(to)} {}

    std::string_view name() const noexcept override { return dialect_of_compatible.service; }
    schema_dialect dialect() const noexcept override { return schema_dialect::openai_strict; }

    /// A model is not asked for: many such servers have but one.
    result<http_request> encode(chat_request const& request, bool streaming) const override {
        auto body = encode_openai_body(dialect_of_compatible, request, request.model, streaming);
        if (!body) return std::move(body).error();
        return endpoint_.post("/chat/completions", {}, std::move(*body));
    }

    void authorize(http_request& request, secret const& key) const override {
        endpoint_.authorize(request, "Authorization", key);
    }

    result<chat_response> decode(http_response const& answer) const override {
        return decode_openai_answer(dialect_of_compatible, answer);
    }

    rate_limit_status rate_limits(header_list const& headers) const override { return openai_rate_limits(headers); }

    std::unique_ptr<stream_decoder> decode_stream(header_list const& headers) const override {
        return make_openai_stream_decoder(dialect_of_compatible, headers);
    }

private:
    endpoint endpoint_;
};

}  // namespace

result<std::shared_ptr<provider const>> make_compatible(provider_options const& options) {
    auto to = make_endpoint(options, {});
    if (!to) return std::move(to).error();
    return std::shared_ptr<provider const>{std::make_shared<compatible_provider>(std::move(*to))};
}

}  // namespace coax::detail
