// What a service may send, to every service's decoders: whole responses of any status, and streams of events. Whatever
// the bytes are, they end in a response or an error, and a response holds what its deltas showed and can be sent back.
// The first byte of the input says which status, the rest is the body.
#include <coax/bind/read.hpp>
#include <coax/chat/message.hpp>
#include <coax/http/sse.hpp>
#include <coax/provider/decision.hpp>
#include <coax/provider/embedding.hpp>
#include <coax/provider/model_info.hpp>
#include <coax/provider/provider.hpp>
#include <coax/provider/rerank.hpp>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

namespace {

std::vector<std::shared_ptr<coax::provider const>> const& services() {
    static auto const all = [] {
        std::vector<std::shared_ptr<coax::provider const>> made;
        for (auto const name : coax::provider_names())
            made.push_back(
                coax::make_provider({.service = std::string{name}, .base_url = "https://localhost/v1"}).value());
        made.push_back(coax::make_provider({.api = "responses"}).value());
        return made;
    }();
    return all;
}

/// Whatever a service said, it can be sent back, and is JSON then.
void send_back(coax::provider const& service, coax::chat_response const& said) {
    auto const next =
        service.encode({.model = "m", .messages = {coax::user("x"), coax::to_message(said), coax::user("y")}}, true);
    if (!next || !coax::json::read<coax::json_value>(next->body, {.max_depth = 1'000})) std::abort();
}

void stream(coax::provider const& service, std::string_view body) {
    auto const decoder = service.decode_stream({}, {});
    coax::sse_decoder events{1U << 16U};
    events.feed(body);
    coax::chat_delta shown;
    while (!decoder->done()) {
        auto const event = events.next();
        if (!event || !*event) break;
        coax::chat_delta delta;
        if (!decoder->feed(**event, delta)) return;
        shown.text += delta.text;
        shown.reasoning += delta.reasoning;
    }
    static_cast<void>(decoder->usage_so_far());
    auto const whole = decoder->finish();
    if (!whole) return;
    if (whole->text != shown.text || whole->reasoning != shown.reasoning) std::abort();
    send_back(service, *whole);
}

/// What is no chat ends in as many vectors or ranks as were asked for, or in an error.
void read_others(coax::provider const& service, coax::http_response const& response) {
    coax::embedding_request const texts{.texts = {"a", "b"}};
    if (auto const got = service.decode_embedding(texts, response, {}); got && got->vectors.size() != 2) std::abort();
    coax::rerank_request const documents{.query = "q", .documents = {"a", "b"}};
    if (auto const got = service.decode_rerank(documents, response, {}); got && got->documents.size() != 2)
        std::abort();
    coax::decision_request const questions{
        .questions = {{.name = "a"},
                      {.name = "b", .kind = coax::decision_kind::choice, .options = {{"x", ""}, {"y", ""}}},
                      {.name = "c", .kind = coax::decision_kind::score, .options = {{"1", ""}, {"2", ""}}}}};
    if (auto const got = service.decode_decision(questions, response, {})) {
        if (got->answers.size() != 3) std::abort();
        for (auto const& answer : got->answers)
            for (auto const& [label, probability] : answer.distribution)
                if (!(probability >= 0 && probability <= 1)) std::abort();
    }
    if (auto const got = service.decode_models(response, {}))
        for (auto const& model : got->models)
            if (model.id.empty()) std::abort();
    if (auto const got = service.decode_token_count(response, {}); got && *got < 0) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size) {
    if (size == 0) return 0;
    constexpr int statuses[] = {200, 400, 401, 404, 429, 500, 503, 529};
    std::string_view const body{reinterpret_cast<char const*>(bytes) + 1, size - 1};
    for (auto const& service : services()) {
        coax::http_response const response{.status = statuses[bytes[0] % 8], .body = std::string{body}};
        if (auto const decoded = service->decode(response, {})) {
            if (response.status != 200) std::abort();
            send_back(*service, *decoded);
        }
        bool const chats = service->encode({.model = "m", .messages = {coax::user("x")}}, false).has_value();
        if (chats) stream(*service, body);
        read_others(*service, response);
    }
    return 0;
}
