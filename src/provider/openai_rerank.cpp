#include "provider/openai_rerank.hpp"

#include "provider/encode.hpp"
#include "provider/json_text.hpp"
#include "provider/openai_decode.hpp"
#include "provider/response_headers.hpp"
#include "provider/service_error.hpp"
#include "provider/tolerant_read.hpp"
#include "provider/unusable_response.hpp"

#include <coax/bind/read.hpp>
#include <coax/json/writer.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace coax::detail {

/// text-embeddings-inference calls the score `score`.
struct rerank_entry {
    std::optional<std::int64_t> index{};
    std::optional<double> relevance_score{};
    std::optional<double> score{};
};

struct rerank_body {
    std::vector<rerank_entry> results{};
    std::vector<rerank_entry> data{};  ///< Voyage's name for them.
    std::string model{};
    openai_usage usage{};
    json_value error{};
};

namespace {

/// Where nothing but `total_tokens` is told, that is what went in.
usage usage_of(openai_usage const& wire) {
    auto spent = to_usage(wire);
    if (spent.total_tokens() == 0) spent.input_tokens = std::max<std::int64_t>(wire.total_tokens, 0);
    return spent;
}

result<std::vector<ranked_document>> to_documents(std::string_view service, rerank_request const& request,
                                                  std::vector<rerank_entry> const& entries) {
    auto const fail = [service](std::string_view what) {
        return make_protocol_error(service, what, {.where = "/results"}, {});
    };
    std::vector<bool> seen(request.documents.size());
    std::vector<ranked_document> documents;
    for (auto const& entry : entries) {
        auto const index = static_cast<std::size_t>(entry.index.value_or(-1));
        auto const score = entry.relevance_score ? entry.relevance_score : entry.score;
        if (index >= seen.size()) return fail("a score came for a document that was not sent");
        if (seen[index]) return fail("two scores came for one document");
        if (!score || !std::isfinite(*score)) return fail("a document has no score");
        seen[index] = true;
        documents.push_back({index, *score});
    }
    auto const wanted = std::min(request.top_n.value_or(seen.size()), seen.size());
    if (documents.size() < wanted) return fail("fewer scores came than were asked for");
    std::ranges::sort(documents, [](auto const& a, auto const& b) {
        return a.score != b.score ? a.score > b.score : a.index < b.index;
    });
    documents.resize(wanted);
    return documents;
}

}  // namespace

result<std::string> encode_rerank_body(std::string_view model, rerank_request const& request) {
    if (auto valid = validate(request); !valid) return std::move(valid).error();
    std::string body;
    json::writer out{body};
    out.begin_object();
    if (!model.empty()) out.member("model", model);
    out.member("query", request.query);
    write_strings(out, "documents", request.documents);
    if (request.top_n) out.member("top_n", *request.top_n);
    out.end_object();
    return with_extra(std::move(body), request.extra);
}

result<rerank_response> decode_rerank_body(std::string_view service, rerank_request const& request,
                                           http_response const& response, std::chrono::system_clock::time_point now) {
    if (response.status < 200 || response.status > 299) return make_service_error(service, response, now);
    rerank_body wire;
    if (auto read = read_tolerantly(wire, response.body); !read)
        return make_unreadable_error(service, "a list of scores", response, read.error());
    auto const spent = usage_of(wire.usage);
    auto const id = request_id(response.headers);
    if (is_truthy(wire.error)) return with_tokens(make_reported_error(service, response.body, id), spent);
    auto documents = to_documents(service, request, wire.results.empty() ? wire.data : wire.results);
    if (!documents) {
        auto why = with_tokens(std::move(documents).error(), spent);
        why.request_id = id;
        return why;
    }
    return rerank_response{.documents = *std::move(documents), .usage = spent, .model = std::move(wire.model)};
}

}  // namespace coax::detail
