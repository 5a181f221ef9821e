#include "sim/gemini_wire.hpp"

#include <coax/bind/write.hpp>

namespace coax::sim::detail {
namespace {

/// Of gemini-embedding-001; fewer are the first of them, not scaled anew.
constexpr std::size_t whole_dimensions = 3'072;
constexpr std::size_t max_batch = 100;

rejection read_one(json::value const& request, std::string const& type, embedding_request& out) {
    auto const* const content = member(request, "content");
    std::string text;
    for (auto const& part : proto_items(content != nullptr ? member(*content, "parts") : nullptr))
        text += text_member(part, "text");
    if (text.empty()) return bad_request("* " + type + ".content: contents is not specified\n");
    if (auto const* const wanted = proto_member(request, "outputDimensionality")) {
        auto const count = wanted->is_number() ? wanted->to_number<std::int64_t>() : 0;
        if (count < 1 || static_cast<std::size_t>(count) > whole_dimensions)
            return bad_request("* " + type + ".output_dimensionality: must be in the range [1, 3072].\n");
        out.dimensions = static_cast<std::size_t>(count);
    }
    out.bytes += text.size();
    out.inputs.push_back(std::move(text));
    return std::nullopt;
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

}  // namespace

rejection read_gemini_embedding(json::value const& body, request_route const& route, embedding_request& out) {
    bool const several = route.method == "batchEmbedContents";
    auto const& type = several ? gemini_batch_embed_request() : gemini_embed_request();
    if (auto wrong = check_proto(body, type, route.dialect == dialect::vertex)) return wrong;
    out.model = route.name;
    out.dimensions = whole_dimensions;
    return several ? read_batch(body, route, out) : read_one(body, "EmbedContentRequest", out);
}

void write_gemini_embeddings(response& out, embedding_request const& request, request_route const& route,
                             std::uint64_t seed) {
    auto const write_vector = [&](writer& body, std::string const& text) {
        auto values = embedding_of(text, whole_dimensions, seed);
        values.resize(request.dimensions);
        body.begin_object().key("values").write(values).end_object();
    };
    writer body{out.body};
    body.begin_object();
    if (route.method == "embedContent") {
        write_vector(body.key("embedding"), request.inputs.front());
    } else {
        body.key("embeddings").begin_array();
        for (auto const& text : request.inputs) write_vector(body, text);
        body.end_array();
    }
    body.end_object();
}

}  // namespace coax::sim::detail
