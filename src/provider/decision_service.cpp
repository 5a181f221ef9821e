#include "provider/decision_service.hpp"

#include "provider/decision_wire.hpp"
#include "provider/encode.hpp"
#include "provider/endpoint.hpp"
#include "provider/model_list.hpp"
#include "provider/openai_wire.hpp"
#include "provider/response_headers.hpp"

#include <utility>

namespace coax::detail {
namespace {

error answers_no_chats(std::string_view service) {
    return invalid_argument("service", std::string{service} +
                                           " answers typed questions only: ask by client::decide, or coax batch "
                                           "--decide");
}

class decision_service final : public provider {
public:
    decision_service(std::string_view service, endpoint to, std::vector<std::string> omit)
        : at_{decision_endpoint_of(service)},
          endpoint_{std::move(to)},
          omit_{std::move(omit)},
          chats_{.service = at_.service} {}

    std::string_view name() const noexcept override { return at_.service; }
    schema_dialect dialect() const noexcept override { return schema_dialect::json_schema; }

    result<http_request> encode(chat_request const& /*request*/, bool /*streaming*/) const override {
        return answers_no_chats(name());
    }
    void authorize(http_request& request, secret const& key) const override {
        endpoint_.authorize(request, "Authorization", key);
    }
    result<chat_response> decode(http_response const& /*response*/,
                                 std::chrono::system_clock::time_point /*now*/) const override {
        return answers_no_chats(name());
    }
    rate_limit_status rate_limits(header_list const& headers,
                                  std::chrono::system_clock::time_point /*now*/) const override {
        return openai_rate_limits(headers);
    }
    /// No stream is begun, as none can be asked for.
    std::unique_ptr<stream_decoder> decode_stream(header_list const& headers,
                                                  std::chrono::system_clock::time_point /*now*/) const override {
        return make_openai_stream_decoder(chats_, headers);
    }

    decision_support decisions_of(std::string_view model) const override { return support_of(at_, model); }

    result<http_request> encode_decision(decision_request const& request) const override {
        if (request.input.model.empty()) return invalid_argument("model", std::string{name()} + " needs one");
        auto body = encode_decision_body(at_, request.input.model, request);
        if (body) body = without_members(*std::move(body), omit_);
        if (!body) return std::move(body).error();
        return with_headers(endpoint_.post(at_.path, *std::move(body)), request.input);
    }

    result<decision_response> decode_decision(decision_request const& request, http_response const& response,
                                              std::chrono::system_clock::time_point now) const override {
        return decode_decision_body(at_, request, response, now);
    }

    result<http_request> encode_models(std::string_view /*after*/) const override {
        return endpoint_.get("/v1/models");
    }

    result<model_page> decode_models(http_response const& response,
                                     std::chrono::system_clock::time_point now) const override {
        return decode_model_list(name(), response, now);
    }

private:
    decision_endpoint const& at_;
    endpoint endpoint_;
    std::vector<std::string> omit_;
    openai_profile chats_;
};

}  // namespace

result<std::shared_ptr<provider const>> make_decision_service(decision_service_facts const& facts,
                                                              provider_options const& options) {
    auto to = make_endpoint(options, facts.url);
    if (!to) return std::move(to).error();
    auto& path = to->base.path;
    if (path.ends_with("/v1")) path.resize(path.size() - 3);
    return std::shared_ptr<provider const>{
        std::make_shared<decision_service>(facts.name, *std::move(to), options.omit)};
}

}  // namespace coax::detail
