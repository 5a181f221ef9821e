#include "sim/rerank.hpp"

#include "sim/embedding.hpp"
#include "sim/openai_reader.hpp"
#include "sim/text.hpp"

#include <algorithm>
#include <array>
#include <numeric>

namespace coax::sim::detail {
namespace {

constexpr std::size_t dimensions = 256;

rejection refuse_extra_members(json::value const& body) {
    constexpr std::array<std::string_view, 5> known{"model", "query", "documents", "top_n", "return_documents"};
    auto const foreign = foreign_member(body, known);
    return foreign.empty() ? std::nullopt
                           : rejection{bad_request("Extra inputs are not permitted: " + std::string{foreign})};
}

rejection read_documents(json::value const* documents, rerank_request& out) {
    if (documents == nullptr || !documents->is_array() || documents->get_array().empty())
        return bad_request("\"documents\" must be a non-empty string array");
    for (auto const& document : documents->get_array()) {
        if (!document.is_string()) return bad_request("\"documents\" must be a non-empty string array");
        out.documents.push_back(view(document.get_string()));
        out.tokens += token_count(out.query.size() + out.documents.back().size());
    }
    return std::nullopt;
}

double score_of(std::vector<float> const& query, std::vector<float> const& document) {
    return std::inner_product(query.begin(), query.end(), document.begin(), 0.0);
}

/// The places of the best `count` scores, in the order of the places.
std::vector<std::size_t> best_of(std::vector<double> const& scores, std::size_t count) {
    std::vector<std::size_t> places(scores.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    std::ranges::sort(
        places, [&](std::size_t a, std::size_t b) { return scores[a] != scores[b] ? scores[a] > scores[b] : a < b; });
    places.resize(count);
    std::ranges::sort(places);
    return places;
}

}  // namespace

rejection read_rerank_request(json::value const& body, rerank_request& out) {
    if (!body.is_object()) return bad_request("The request body must be a JSON object.");
    if (auto wrong = refuse_extra_members(body)) return wrong;
    out.model = text_member(body, "model");
    out.query = text_member(body, "query");
    if (out.query.empty()) return bad_request("\"query\" must be provided");
    if (auto wrong = read_documents(member(body, "documents"), out)) return wrong;
    out.top_n = out.documents.size();
    auto const* top_n = member(body, "top_n");
    if (top_n == nullptr) return std::nullopt;
    if (!top_n->is_int64() || top_n->get_int64() < 1) return bad_request("\"top_n\" must be a positive integer");
    out.top_n = std::min(out.top_n, static_cast<std::size_t>(top_n->get_int64()));
    return std::nullopt;
}

void write_ranks(response& out, rerank_request const& request, std::uint64_t seed) {
    auto const query = embedding_of(request.query, dimensions, seed);
    std::vector<double> scores;
    scores.reserve(request.documents.size());
    for (auto const document : request.documents)
        scores.push_back(score_of(query, embedding_of(document, dimensions, seed)));
    writer body{out.body};
    body.begin_object().member("model", request.model).member("object", "list").key("results").begin_array();
    for (auto const index : best_of(scores, request.top_n))
        body.begin_object().member("index", index).member("relevance_score", scores[index]).end_object();
    body.end_array().key("usage").begin_object().member("prompt_tokens", out.prompt_tokens);
    body.member("total_tokens", out.prompt_tokens).end_object().end_object();
}

}  // namespace coax::sim::detail
