#include "provider/gemini_services.hpp"

#include "provider/encode.hpp"
#include "provider/gemini_wire.hpp"
#include "provider/json_text.hpp"
#include "provider/openai_embedding.hpp"
#include "provider/response_headers.hpp"
#include "provider/service_error.hpp"
#include "provider/tolerant_read.hpp"
#include "provider/unusable_response.hpp"

#include <coax/bind/read.hpp>
#include <coax/json/writer.hpp>

#include <array>
#include <utility>

namespace coax::detail {

struct gemini_token_statistics {
    std::int64_t token_count{0};
};

/// A vector; `predict` puts it one level deeper.
struct gemini_vector {
    json_value values{};
    gemini_token_statistics statistics{};
};

struct gemini_prediction {
    gemini_vector embeddings{};
};

struct gemini_embedding_usage {
    std::int64_t promptTokenCount{0};
};

struct gemini_embedding_body {
    std::vector<gemini_vector> embeddings{};
    std::optional<gemini_vector> embedding{};
    std::vector<gemini_prediction> predictions{};
    gemini_embedding_usage usageMetadata{};
    json_value error{};
};

namespace {

using json::writer;

std::string_view task_of(std::string_view input_type) {
    if (input_type == "query") return "RETRIEVAL_QUERY";
    if (input_type == "document") return "RETRIEVAL_DOCUMENT";
    return input_type;
}

result<void> check(embedding_request const& request) {
    if (auto valid = validate(request); !valid) return valid;
    if (request.encoding == embedding_encoding::base64)
        return invalid_argument("encoding", "gemini sends numbers only");
    if (!request.user.empty()) return invalid_argument("user", "gemini has no such parameter");
    return {};
}

/// The members of one text, of an object already begun.
void write_content(writer& out, std::string_view text, embedding_request const& request) {
    out.key("content").begin_object().key("parts").begin_array();
    out.begin_object().member("text", text).end_object().end_array().end_object();
    if (!request.input_type.empty()) out.member("taskType", task_of(request.input_type));
    if (request.dimensions) out.member("outputDimensionality", *request.dimensions);
}

void write_batch(writer& out, std::string_view model, embedding_request const& request) {
    out.key("requests").begin_array();
    for (auto const& text : request.texts) {
        out.begin_object().member("model", model);
        write_content(out, text, request);
        out.end_object();
    }
    out.end_array();
}

void write_predict(writer& out, embedding_request const& request) {
    out.key("instances").begin_array();
    for (auto const& text : request.texts) {
        out.begin_object().member("content", text);
        if (!request.input_type.empty()) out.member("task_type", task_of(request.input_type));
        out.end_object();
    }
    out.end_array().key("parameters").begin_object().member("autoTruncate", false);
    if (request.dimensions) out.member("outputDimensionality", *request.dimensions);
    out.end_object();
}

std::vector<json_value> take_vectors(gemini_embedding_body& wire) {
    std::vector<json_value> vectors;
    vectors.reserve(wire.embeddings.size() + wire.predictions.size());
    for (auto& one : wire.embeddings) vectors.push_back(std::move(one.values));
    for (auto& one : wire.predictions) vectors.push_back(std::move(one.embeddings.values));
    if (vectors.empty() && wire.embedding) vectors.push_back(std::move(wire.embedding->values));
    return vectors;
}

usage usage_of(gemini_embedding_body const& wire) {
    usage spent{.input_tokens = std::max<std::int64_t>(wire.usageMetadata.promptTokenCount, 0)};
    for (auto const& one : wire.predictions)
        spent.input_tokens += std::max<std::int64_t>(one.embeddings.statistics.token_count, 0);
    return spent;
}

}  // namespace

gemini_embedding_form gemini_embedding_form_of(std::string_view service, std::string_view model) noexcept {
    if (service == gemini) return gemini_embedding_form::batch;
    bool const newer = model.find("gemini-") != std::string_view::npos && !model.ends_with("gemini-embedding-001");
    return newer ? gemini_embedding_form::one : gemini_embedding_form::predict;
}

std::string_view method_of(gemini_embedding_form form) noexcept {
    switch (form) {
        case gemini_embedding_form::batch: return ":batchEmbedContents";
        case gemini_embedding_form::one: return ":embedContent";
        case gemini_embedding_form::predict: break;
    }
    return ":predict";
}

result<std::string> encode_gemini_embedding(gemini_embedding_form form, std::string_view path,
                                            embedding_request const& request) {
    if (auto valid = check(request); !valid) return std::move(valid).error();
    if (form == gemini_embedding_form::one && request.texts.size() > 1)
        return invalid_argument("max_texts_per_request", "this model of vertex takes one text");
    std::string body;
    writer out{body};
    out.begin_object();
    switch (form) {
        case gemini_embedding_form::batch: write_batch(out, path.substr(1), request); break;
        case gemini_embedding_form::one: write_content(out, request.texts.front(), request); break;
        case gemini_embedding_form::predict: write_predict(out, request); break;
    }
    out.end_object();
    return with_extra(std::move(body), request.extra);
}

result<embedding_response> decode_gemini_embedding(std::string_view service, embedding_request const& request,
                                                   http_response const& response,
                                                   std::chrono::system_clock::time_point now) {
    if (response.status < 200 || response.status > 299) return make_service_error(service, response, now);
    constexpr std::string_view wanted = "a list of embeddings";
    gemini_embedding_body wire;
    if (auto read = read_tolerantly(wire, response.body); !read)
        return make_unreadable_error(service, wanted, response, read.error());
    auto const id = request_id(response.headers);
    if (is_truthy(wire.error)) return make_reported_error(service, response.body, id);
    auto const spent = usage_of(wire);
    auto const vectors = take_vectors(wire);
    if (vectors.empty()) return make_unreadable_error(service, wanted, response, {.where = "/embeddings"});
    auto placed = vectors_in_order(service, request, vectors);
    if (!placed) return with_tokens(std::move(placed).error(), spent);
    return embedding_response{.vectors = *std::move(placed), .usage = spent, .model = request.model};
}

result<std::string> encode_gemini_count(std::string_view service, std::string_view path, std::string const& content) {
    constexpr std::array<std::string_view, 4> counted{"contents", "systemInstruction", "tools", "generationConfig"};
    if (service == vertex) return only_members(content, counted);
    std::string body;
    writer out{body};
    out.begin_object().key("generateContentRequest").begin_object().member("model", path.substr(1));
    for (auto const& [name, value] : read_members(json_value::parse(content).value())) out.key(name).raw(value.text());
    out.end_object().end_object();
    return body;
}

void shorten_names(model_page& page) {
    for (auto& model : page.models)
        if (auto const at = model.id.rfind("models/"); at != std::string::npos) model.id.erase(0, at + 7);
}

}  // namespace coax::detail
