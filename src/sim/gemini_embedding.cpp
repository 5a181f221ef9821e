#include "sim/gemini_wire.hpp"
#include "sim/text.hpp"

#include <coax/bind/write.hpp>

namespace coax::sim::detail {
namespace {

/// Of gemini-embedding-001; fewer are the first of them, not scaled anew.
constexpr std::size_t whole_dimensions = 3'072;
constexpr std::size_t max_batch = 100;

rejection read_dimensions(json::value const* wanted, std::string const& type, embedding_request& out) {
    if (wanted == nullptr) return std::nullopt;
    auto const count = wanted->is_number() ? wanted->to_number<std::int64_t>() : 0;
    if (count < 1 || static_cast<std::size_t>(count) > whole_dimensions)
        return bad_request("* " + type + ".output_dimensionality: must be in the range [1, 3072].\n");
    out.dimensions = static_cast<std::size_t>(count);
    return std::nullopt;
}

rejection read_one(json::value const& request, std::string const& type, embedding_request& out) {
    auto const* const content = member(request, "content");
    std::string text;
    for (auto const& part : proto_items(content != nullptr ? member(*content, "parts") : nullptr))
        text += text_member(part, "text");
    if (text.empty()) return bad_request("* " + type + ".content: contents is not specified\n");
    out.tokens += token_count(text.size());
    out.inputs.push_back(std::move(text));
    return read_dimensions(proto_member(request, "outputDimensionality"), type, out);
}

rejection read_batch(json::value const& body, request_route const& route, embedding_request& out) {
    auto const requests = proto_items(member(body, "requests"));
    if (requests.empty())
        return bad_request("* BatchEmbedContentsRequest.requests: at least one request is required\n");
    if (requests.size() > max_batch)
        return bad_request("* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch\n");
    for (auto const& one : requests) {
        if (text_member(one, "model") != "models/" + std::string{route.name})
            return bad_request("* BatchEmbedContentsRequest.requests[].model: the model must be that of the batch.\n");
        if (auto wrong = read_one(one, "BatchEmbedContentsRequest.requests[]", out)) return wrong;
    }
    return std::nullopt;
}

/// Of Vertex AI's older models; gemini-embedding-001 takes one text.
rejection read_predict(json::value const& body, request_route const& route, embedding_request& out) {
    auto const instances = proto_items(member(body, "instances"));
    if (instances.empty()) return bad_request("Invalid argument: instances must not be empty.");
    if (route.name == "gemini-embedding-001" && instances.size() > 1)
        return bad_request("Only one instance is allowed for this model.");
    for (auto const& one : instances) {
        auto const text = text_member(one, "content");
        if (text.empty()) return bad_request("The text content is empty.");
        out.tokens += token_count(text.size());
        out.inputs.emplace_back(text);
    }
    auto const* const parameters = member(body, "parameters");
    auto const* const wanted = parameters != nullptr ? proto_member(*parameters, "outputDimensionality") : nullptr;
    return read_dimensions(wanted, "PredictRequest.parameters", out);
}

proto_message const& request_type(std::string_view method) noexcept {
    if (method == "predict") return vertex_predict_request();
    return method == "batchEmbedContents" ? gemini_batch_embed_request() : gemini_embed_request();
}

void write_predictions(writer& body, embedding_request const& request, auto const& write_vector) {
    body.key("predictions").begin_array();
    for (auto const& text : request.inputs) {
        write_vector(body.begin_object().key("embeddings").begin_object(), text);
        body.key("statistics").begin_object().member("truncated", false);
        body.member("token_count", token_count(text.size())).end_object().end_object().end_object();
    }
    body.end_array();
}

}  // namespace

rejection read_gemini_embedding(json::value const& body, request_route const& route, embedding_request& out) {
    bool const vertex = route.dialect == dialect::vertex;
    if ((route.method == "batchEmbedContents" && vertex) || (route.method == "predict" && !vertex))
        return api_error{.status = 404, .message = "Requested entity was not found."};
    if (auto wrong = check_proto(body, request_type(route.method), vertex)) return wrong;
    out.model = route.name;
    out.dimensions = whole_dimensions;
    if (route.method == "predict") return read_predict(body, route, out);
    return route.method == "batchEmbedContents" ? read_batch(body, route, out)
                                                : read_one(body, "EmbedContentRequest", out);
}

void write_gemini_embeddings(response& out, embedding_request const& request, request_route const& route,
                             std::uint64_t seed) {
    auto const write_vector = [&](writer& body, std::string const& text) {
        auto values = embedding_of(text, whole_dimensions, seed);
        values.resize(request.dimensions);
        body.key("values").write(values);
    };
    writer body{out.body};
    body.begin_object();
    if (route.method == "predict") {
        write_predictions(body, request, write_vector);
    } else if (route.method == "embedContent") {
        write_vector(body.key("embedding").begin_object(), request.inputs.front());
        body.end_object();
    } else {
        body.key("embeddings").begin_array();
        for (auto const& text : request.inputs) {
            write_vector(body.begin_object(), text);
            body.end_object();
        }
        body.end_array();
    }
    body.end_object();
}

}  // namespace coax::sim::detail
