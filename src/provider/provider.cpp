#include <coax/provider/background.hpp>
#include <coax/provider/decision.hpp>
#include <coax/provider/embedding.hpp>
#include <coax/provider/model_info.hpp>
#include <coax/provider/provider.hpp>
#include <coax/provider/rerank.hpp>
#include <coax/provider/service_batch.hpp>

namespace coax {
namespace {

/// @param others  Services that offer it.
error not_offered(provider const& service, std::string_view what, std::string_view others) {
    std::string text{service.name()};
    text.append(" offers no ").append(what).append("; ").append(others).append(" do");
    return invalid_argument("service", std::move(text));
}

error has_no_embeddings(provider const& service) {
    return not_offered(service, "embeddings", "openai, azure, gemini, vertex and compatible servers");
}
error has_no_rerank(provider const& service) { return not_offered(service, "reranking", "compatible servers"); }
error has_no_decisions(provider const& service) {
    return not_offered(service, "endpoint for decisions", "openai, gemini, typesafe, perplexity, vllm and ollama");
}
error has_no_model_list(provider const& service) {
    return not_offered(service, "list of models", "openai, anthropic, gemini and compatible servers");
}
error has_no_token_count(provider const& service) {
    return not_offered(service, "count of tokens before a call", "openai, anthropic, gemini and vertex");
}
error has_no_background(provider const& service) {
    return not_offered(service, "responses in the background as it is set",
                       R"(openai and azure, with api "responses",)");
}

error has_no_batches(provider const& service) {
    return not_offered(service, "batches of its own", "openai, azure, anthropic and gemini");
}

}  // namespace

embedding_limits provider::limits_of_embedding() const noexcept { return {}; }

result<http_request> provider::encode_embedding(embedding_request const& /*request*/) const {
    return has_no_embeddings(*this);
}

result<embedding_response> provider::decode_embedding(embedding_request const& /*request*/,
                                                      http_response const& /*response*/,
                                                      std::chrono::system_clock::time_point /*now*/) const {
    return has_no_embeddings(*this);
}

result<http_request> provider::encode_rerank(rerank_request const& /*request*/) const { return has_no_rerank(*this); }

result<rerank_response> provider::decode_rerank(rerank_request const& /*request*/, http_response const& /*response*/,
                                                std::chrono::system_clock::time_point /*now*/) const {
    return has_no_rerank(*this);
}

decision_support provider::decisions_of(std::string_view /*model*/) const { return {}; }

result<http_request> provider::encode_decision(decision_request const& /*request*/) const {
    return has_no_decisions(*this);
}

result<decision_response> provider::decode_decision(decision_request const& /*request*/,
                                                    http_response const& /*response*/,
                                                    std::chrono::system_clock::time_point /*now*/) const {
    return has_no_decisions(*this);
}

result<http_request> provider::encode_models(std::string_view /*after*/) const { return has_no_model_list(*this); }

result<model_page> provider::decode_models(http_response const& /*response*/,
                                           std::chrono::system_clock::time_point /*now*/) const {
    return has_no_model_list(*this);
}

result<http_request> provider::encode_token_count(chat_request const& /*request*/) const {
    return has_no_token_count(*this);
}

result<std::int64_t> provider::decode_token_count(http_response const& /*response*/,
                                                  std::chrono::system_clock::time_point /*now*/) const {
    return has_no_token_count(*this);
}

result<http_request> provider::encode_background(chat_request const& /*request*/, background_options const& /*options*/,
                                                 bool /*streaming*/) const {
    return has_no_background(*this);
}

result<http_request> provider::encode_background(background_request /*asked*/, std::string_view /*id*/,
                                                 std::int64_t /*after*/) const {
    return has_no_background(*this);
}

result<background_response> provider::decode_background(http_response const& /*response*/,
                                                        std::chrono::system_clock::time_point /*now*/) const {
    return has_no_background(*this);
}

batch_limits provider::limits_of_batches() const noexcept { return {}; }

result<batch_row_request> provider::encode_batch_row(std::string_view /*id*/, http_request const& /*request*/) const {
    return has_no_batches(*this);
}

result<http_request> provider::encode_batch(batch_input const& /*input*/, std::string_view /*reached*/) const {
    return has_no_batches(*this);
}

result<batch_handover> provider::decode_handover(std::string_view /*reached*/, http_response const& /*response*/,
                                                 std::chrono::system_clock::time_point /*now*/) const {
    return has_no_batches(*this);
}

result<http_request> provider::encode_batch(batch_request /*asked*/, std::string_view /*id*/) const {
    return has_no_batches(*this);
}

result<service_batch> provider::decode_batch(http_response const& /*response*/,
                                             std::chrono::system_clock::time_point /*now*/) const {
    return has_no_batches(*this);
}

result<batch_page> provider::decode_batches(http_response const& /*response*/,
                                            std::chrono::system_clock::time_point /*now*/) const {
    return has_no_batches(*this);
}

result<http_request> provider::encode_batch_results(std::string_view /*where*/) const { return has_no_batches(*this); }

result<batch_row> provider::decode_batch_row(std::string_view /*line*/) const { return has_no_batches(*this); }

}  // namespace coax
