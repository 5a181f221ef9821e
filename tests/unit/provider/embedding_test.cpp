// Embeddings, reranking, lists of models, counts of tokens: what is sent, and what is read.

#include "unit/provider/support.hpp"

#include <coax/bind/write.hpp>
#include <coax/provider/embedding.hpp>
#include <coax/provider/model_info.hpp>
#include <coax/provider/rerank.hpp>

#include <gmock/gmock.h>

#include <cmath>

namespace coax {
namespace {

using test::make;
using test::ok;
using test::same_json;
using test::test_time;

// ---- what is sent --------------------------------------------------------------------------------------------------

struct encode_case {
    char const* name;
    provider_options service;
    embedding_request request;
    std::string target;
    std::string body;
};
void PrintTo(encode_case const& row, std::ostream* out) { *out << row.name; }
class EmbeddingRequest : public testing::TestWithParam<encode_case> {};

TEST_P(EmbeddingRequest, IsWhatTheServiceDocuments) {
    auto const& row = GetParam();
    auto const sent = make(row.service)->encode_embedding(row.request);
    ASSERT_TRUE(sent) << sent.error();
    EXPECT_EQ(sent->method, "POST");
    EXPECT_EQ(sent->target, row.target);
    EXPECT_TRUE(same_json(sent->body, row.body));
}

provider_options azure_at(std::string version, std::string deployment) {
    return {.service = "azure",
            .base_url = "https://res.openai.azure.com",
            .api_version = std::move(version),
            .deployment = std::move(deployment)};
}
provider_options local_at(std::vector<std::string> omit = {}) {
    return {.service = "compatible", .base_url = "http://localhost:8000/v1/embeddings", .omit = std::move(omit)};
}

provider_options vertex_of(std::string project) {
    return {.service = "vertex", .project = std::move(project), .location = "us-central1"};
}

INSTANTIATE_TEST_SUITE_P(
    Rows, EmbeddingRequest,
    testing::Values(
        encode_case{
            "gemini",
            {.service = "gemini"},
            {.texts = {"a", "b"}, .model = "gemini-embedding-2", .dimensions = 64, .input_type = "query"},
            "/v1beta/models/gemini-embedding-2:batchEmbedContents",
            R"({"requests":[{"model":"models/gemini-embedding-2","content":{"parts":[{"text":"a"}]},"taskType":"RETRIEVAL_QUERY","outputDimensionality":64},
                {"model":"models/gemini-embedding-2","content":{"parts":[{"text":"b"}]},"taskType":"RETRIEVAL_QUERY","outputDimensionality":64}]})"},
        encode_case{
            "vertex_of_old",
            vertex_of("p"),
            {.texts = {"a", "b"}, .model = "text-embedding-005", .dimensions = 64, .input_type = "CLUSTERING"},
            "/v1beta1/projects/p/locations/us-central1/publishers/google/models/text-embedding-005:predict",
            R"({"instances":[{"content":"a","task_type":"CLUSTERING"},{"content":"b","task_type":"CLUSTERING"}],"parameters":{"autoTruncate":false,"outputDimensionality":64}})"},
        encode_case{
            "vertex",
            vertex_of("p"),
            {.texts = {"a"}, .model = "gemini-embedding-2"},
            "/v1beta1/projects/p/locations/us-central1/publishers/google/models/gemini-embedding-2:embedContent",
            R"({"content":{"parts":[{"text":"a"}]}})"},
        encode_case{"openai",
                    {},
                    {.texts = {"a", "b"}, .model = "e"},
                    "/v1/embeddings",
                    R"({"model":"e","input":["a","b"],"encoding_format":"base64"})"},
        encode_case{"everything",
                    {},
                    {.texts = {"\"\n"},
                     .model = "e",
                     .dimensions = 256,
                     .encoding = embedding_encoding::numbers,
                     .user = "u",
                     .extra = test::json(R"({"x":1})")},
                    "/v1/embeddings",
                    R"({"model":"e","input":["\"\n"],"dimensions":256,"user":"u","x":1})"},
        encode_case{"azure_v1",
                    azure_at("", "dep"),
                    {.texts = {"a"}},
                    "/openai/v1/embeddings",
                    R"({"model":"dep","input":["a"],"encoding_format":"base64"})"},
        encode_case{"azure_named_before_the_deployment",
                    azure_at("", "dep"),
                    {.texts = {"a"}, .model = "e"},
                    "/openai/v1/embeddings",
                    R"({"model":"e","input":["a"],"encoding_format":"base64"})"},
        encode_case{"azure_classic",
                    azure_at("2024-10-21", "dep"),
                    {.texts = {"a"}},
                    "/openai/deployments/dep/embeddings?api-version=2024-10-21",
                    R"({"input":["a"],"encoding_format":"base64"})"},
        encode_case{"azure_of_old",
                    azure_at("2023-05-15", "dep"),
                    {.texts = {"a"}},
                    "/openai/deployments/dep/embeddings?api-version=2023-05-15",
                    R"({"input":["a"]})"},
        encode_case{"azure_classic_beside_responses",
                    [] {
                        auto options = azure_at("2025-04-01-preview", "chat");
                        options.api = "responses";
                        return options;
                    }(),
                    {.texts = {"a"}, .model = "e"},
                    "/openai/deployments/e/embeddings?api-version=2025-04-01-preview",
                    R"({"input":["a"],"encoding_format":"base64"})"},
        encode_case{"compatible", local_at(), {.texts = {"a"}}, "/v1/embeddings", R"({"input":["a"]})"},
        encode_case{
            "compatible_with_choices",
            local_at({"user"}),
            {.texts = {"a"}, .model = "e", .encoding = embedding_encoding::base64, .input_type = "query", .user = "u"},
            "/v1/embeddings",
            R"({"model":"e","input":["a"],"encoding_format":"base64","input_type":"query"})"}),
    [](auto const& row) { return std::string(row.param.name); });

struct wrong_case {
    char const* name;
    provider_options service;
    embedding_request request;
    std::string where;
};
void PrintTo(wrong_case const& row, std::ostream* out) { *out << row.name; }
class WrongEmbeddingRequest : public testing::TestWithParam<wrong_case> {};

TEST_P(WrongEmbeddingRequest, IsNotSent) {
    auto const sent = make(GetParam().service)->encode_embedding(GetParam().request);
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, errc::invalid_argument);
    EXPECT_EQ(sent.error().where, GetParam().where);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, WrongEmbeddingRequest,
    testing::Values(
        wrong_case{"no_texts", {}, {.model = "e"}, "texts"}, wrong_case{"no_model", {}, {.texts = {"a"}}, "model"},
        wrong_case{"no_dimensions", {}, {.texts = {"a"}, .model = "e", .dimensions = 0}, "dimensions"},
        wrong_case{"no_concurrency", {}, {.texts = {"a"}, .model = "e", .concurrency = 0}, "concurrency"},
        wrong_case{"unknown_to_openai", {}, {.texts = {"a"}, .model = "e", .input_type = "query"}, "input_type"},
        wrong_case{"too_new_for_azure", azure_at("2023-05-15", "dep"), {.texts = {"a"}, .dimensions = 5}, "dimensions"},
        wrong_case{"base64_too_new_for_azure",
                   azure_at("2023-05-15", "dep"),
                   {.texts = {"a"}, .encoding = embedding_encoding::base64},
                   "encoding"},
        wrong_case{"extra_is_no_object", {}, {.texts = {"a"}, .model = "e", .extra = test::json("1")}, "extra"},
        wrong_case{"base64_of_gemini",
                   {.service = "gemini"},
                   {.texts = {"a"}, .model = "e", .encoding = embedding_encoding::base64},
                   "encoding"},
        wrong_case{"user_of_gemini", {.service = "gemini"}, {.texts = {"a"}, .model = "e", .user = "u"}, "user"},
        wrong_case{"no_model_of_gemini", {.service = "gemini"}, {.texts = {"a"}}, "model"},
        wrong_case{"two_of_vertex",
                   vertex_of("p"),
                   {.texts = {"a", "b"}, .model = "gemini-embedding-2"},
                   "max_texts_per_request"},
        wrong_case{"anthropic", {.service = "anthropic"}, {.texts = {"a"}, .model = "e"}, "service"}),
    [](auto const& row) { return std::string(row.param.name); });

// ---- what is read --------------------------------------------------------------------------------------------------

/// Each vector as its numbers, or the last words of its error.
std::string vectors_text(result<embedding_response> const& read) {
    if (!read) return "error " + std::string{to_string(read.error().code)};
    std::string text;
    for (auto const& one : read->vectors) {
        text += text.empty() ? "" : " ";
        if (!one) text += "(" + std::string{to_string(one.error().code)} + ")";
        if (one)
            for (auto const number : *one)
                text += (text.empty() || text.back() == ' ' ? "" : ",") + json::write(number);
    }
    return text;
}

struct decode_case {
    char const* name;
    char const* body;
    std::string expected;
    std::optional<std::int64_t> dimensions{};
};
void PrintTo(decode_case const& row, std::ostream* out) { *out << row.name; }
class EmbeddingResponse : public testing::TestWithParam<decode_case> {};

TEST_P(EmbeddingResponse, IsRead) {
    embedding_request const request{.texts = {"a", "b"}, .model = "e", .dimensions = GetParam().dimensions};
    auto const read = make("openai")->decode_embedding(request, ok(GetParam().body), test_time);
    EXPECT_EQ(vectors_text(read), GetParam().expected);
}

#define COAX_TWO(first, second) R"({"data":[{"index":0,"embedding":)" first R"(},{"index":1,"embedding":)" second "}]}"

INSTANTIATE_TEST_SUITE_P(
    Rows, EmbeddingResponse,
    testing::Values(
        decode_case{"numbers", COAX_TWO("[0.5,-1]", "[2,3e-1]"), "0.5,-1 2,0.3"},
        decode_case{"base64", COAX_TWO("\"AAAAPwAAgL8=\"", "\"AAAAQAAAQEA=\""), "0.5,-1 2,3"},
        decode_case{"both", COAX_TWO("\"AAAAPwAAgL8=\"", "[2,3]"), "0.5,-1 2,3"},
        decode_case{"by_index", R"({"data":[{"index":1,"embedding":[2]},{"index":0,"embedding":[1]}]})", "1 2"},
        decode_case{"without_index", R"({"data":[{"embedding":[1]},{"embedding":[2]}]})", "1 2"},
        decode_case{"index_in_a_string", R"({"data":[{"index":"1","embedding":[2]},{"index":"0","embedding":[1]}]})",
                    "1 2"},
        decode_case{"unknown_members",
                    R"({"id":7,"data":[{"index":0,"embedding":[1],"x":[]},{"index":1,"embedding":[2]}],"y":{}})",
                    "1 2"},
        decode_case{"one_is_missing", R"({"data":[{"index":1,"embedding":[2]}]})", "(protocol_error) 2"},
        decode_case{"fewer_without_index", R"({"data":[{"embedding":[2]}]})", "error protocol_error"},
        decode_case{"one_index_of_two", R"({"data":[{"index":0,"embedding":[1]},{"embedding":[2]}]})",
                    "error protocol_error"},
        decode_case{"index_twice", R"({"data":[{"index":1,"embedding":[1]},{"index":1,"embedding":[2]}]})",
                    "error protocol_error"},
        decode_case{"index_of_no_text", R"({"data":[{"index":0,"embedding":[1]},{"index":2,"embedding":[2]}]})",
                    "error protocol_error"},
        decode_case{"negative_index", R"({"data":[{"index":-1,"embedding":[1]},{"index":1,"embedding":[2]}]})",
                    "error protocol_error"},
        decode_case{"null_vector", COAX_TWO("null", "[2]"), "(protocol_error) 2"},
        decode_case{"boolean_vector", COAX_TWO("true", "[2]"), "(protocol_error) 2"},
        decode_case{"number_vector", COAX_TWO("1.5", "[2]"), "(protocol_error) 2"},
        decode_case{"object_vector", COAX_TWO("{\"values\":[1]}", "[2]"), "(protocol_error) 2"},
        decode_case{"empty_vector", COAX_TWO("[]", "[2]"), "(protocol_error) 2"},
        decode_case{"empty_text_vector", COAX_TWO("\"\"", "[2]"), "(protocol_error) 2"},
        decode_case{"nested_vector", COAX_TWO("[[1]]", "[2]"), "(protocol_error) 2"},
        decode_case{"null_in_a_vector", COAX_TWO("[1,null]", "[2]"), "(protocol_error) 2"},
        decode_case{"text_in_a_vector", COAX_TWO("[1,\"2\"]", "[2]"), "(protocol_error) 2"},
        decode_case{"beyond_a_float", COAX_TWO("[1e60]", "[2]"), "(protocol_error) 2"},
        decode_case{"not_base64", COAX_TWO("\"hello\"", "[2]"), "(protocol_error) 2"},
        decode_case{"half_a_float", COAX_TWO("\"AAAA\"", "[2]"), "(protocol_error) 2"},
        decode_case{"nan_in_base64", COAX_TWO("\"AADAfw==\"", "[2]"), "(protocol_error) 2"},
        decode_case{"as_many_as_asked_for", COAX_TWO("[1,2]", "[1]"), "1,2 (protocol_error)", 2},
        decode_case{"no_data", R"({"object":"list"})", "error protocol_error"},
        decode_case{"null_data", R"({"data":null})", "error protocol_error"},
        decode_case{"text_data", R"({"data":"x"})", "error protocol_error"},
        decode_case{"number_data", R"({"data":1})", "error protocol_error"},
        decode_case{"boolean_data", R"({"data":true})", "error protocol_error"},
        decode_case{"object_data", R"({"data":{}})", "error protocol_error"},
        decode_case{"empty_data", R"({"data":[]})", "error protocol_error"},
        decode_case{"data_of_texts", R"({"data":["x","y"]})", "(protocol_error) (protocol_error)"},
        decode_case{"an_array", "[]", "error protocol_error"}, decode_case{"a_page", "<html>", "error protocol_error"},
        decode_case{"nothing", "", "error protocol_error"},
        decode_case{"cut", R"({"data":[{"index":0,"embedding":[1]},{"ind)", "error protocol_error"},
        decode_case{"an_error", R"({"error":{"message":"no","code":"model_not_found"}})", "error not_found"}),
    [](auto const& row) { return std::string(row.param.name); });

class GeminiEmbeddingResponse : public testing::TestWithParam<decode_case> {};

TEST_P(GeminiEmbeddingResponse, IsRead) {
    embedding_request const request{.texts = {"a", "b"}, .model = "e", .dimensions = GetParam().dimensions};
    for (auto const* service : {"gemini", "vertex"}) {
        auto const read = make(service)->decode_embedding(request, ok(GetParam().body), test_time);
        EXPECT_EQ(vectors_text(read), GetParam().expected);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Rows, GeminiEmbeddingResponse,
    testing::Values(
        decode_case{"batch", R"({"embeddings":[{"values":[0.5]},{"values":[2,3]}]})", "0.5 2,3"},
        decode_case{"predict", R"({"predictions":[{"embeddings":{"values":[1],"statistics":{"truncated":false}}},
                                                  {"embeddings":{"values":[2]}}]})",
                    "1 2"},
        decode_case{"one_of_two", R"({"embedding":{"values":[1]}})", "error protocol_error"},
        decode_case{"fewer", R"({"embeddings":[{"values":[1]}]})", "error protocol_error"},
        decode_case{"more", R"({"embeddings":[{"values":[1]},{"values":[1]},{"values":[1]}]})", "error protocol_error"},
        decode_case{"null_values", R"({"embeddings":[{"values":null},{"values":[2]}]})", "(protocol_error) 2"},
        decode_case{"null_in_values", R"({"embeddings":[{"values":[1]},{"values":[null]}]})", "1 (protocol_error)"},
        decode_case{"null_entry", R"({"embeddings":[null,{"values":[2]}]})", "(protocol_error) 2"},
        decode_case{"boolean_entry", R"({"embeddings":[true,{"values":[2]}]})", "(protocol_error) 2"},
        decode_case{"text_values", R"({"embeddings":[{"values":"x"},{"values":[2]}]})", "(protocol_error) 2"},
        decode_case{"other_length", R"({"embeddings":[{"values":[1]},{"values":[1,2]}]})", "(protocol_error) 1,2", 2},
        decode_case{"no_embeddings", "{}", "error protocol_error"},
        decode_case{"number_of_embeddings", R"({"embeddings":2})", "error protocol_error"},
        decode_case{"a_page", "<html>", "error protocol_error"},
        decode_case{"an_error", R"({"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"slow"}})",
                    "error rate_limited"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(GeminiEmbeddingResponse, TellsItsCostWhereTheServiceDoes) {
    embedding_request const request{.texts = {"a"}, .model = "e"};
    auto const cost = [&](char const* body) {
        return make("vertex")->decode_embedding(request, ok(body), test_time).value().usage.input_tokens;
    };
    EXPECT_EQ(cost(R"({"predictions":[{"embeddings":{"values":[1],"statistics":{"token_count":5}}}]})"), 5);
    EXPECT_EQ(cost(R"({"embedding":{"values":[1]},"usageMetadata":{"promptTokenCount":6}})"), 6);
    EXPECT_EQ(cost(R"({"embedding":{"values":[1]}})"), 0);
}

TEST(EmbeddingResponse, TellsModelAndCost) {
    embedding_request const request{.texts = {"a"}, .model = "e"};
    auto const service = make("openai");
    auto const read = service->decode_embedding(
        request,
        ok(R"({"data":[{"index":0,"embedding":[1]}],"model":"e-1","usage":{"prompt_tokens":7,"total_tokens":7}})"),
        test_time);
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->model, "e-1");
    EXPECT_EQ(read->usage.input_tokens, 7);
    auto const lost = service->decode_embedding(
        request, ok(R"({"data":[{"index":4,"embedding":[1]}],"usage":{"prompt_tokens":7}})", {{"x-request-id", "r"}}),
        test_time);
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().input_tokens, 7);
    EXPECT_EQ(lost.error().request_id, "r");
    EXPECT_FALSE(is_retryable(lost.error())) << "it is paid for";
}

TEST(EmbeddingResponse, RefusalForItsLengthIsToldApart) {
    embedding_request const request{.texts = {"a"}, .model = "e"};
    for (
        char const* body :
        {R"({"error":{"message":"Requested 309333 tokens, max 300000 tokens per request","type":"max_tokens_per_request","code":"max_tokens_per_request"}})",
         R"({"error":{"message":"Invalid 'input[3]': maximum input length is 8192 tokens.","type":"invalid_request_error","code":null}})"}) {
        auto const read = make("openai")->decode_embedding(request, {.status = 400, .body = body}, test_time);
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().code, errc::context_too_long) << body;
    }
}

TEST(CosineSimilarity, IsThatOfTheAngle) {
    std::vector<float> const x{1, 0};
    std::vector<float> const y{0, 3};
    std::vector<float> const both{2, 2};
    EXPECT_DOUBLE_EQ(cosine_similarity(x, x), 1);
    EXPECT_DOUBLE_EQ(cosine_similarity(x, y), 0);
    EXPECT_NEAR(cosine_similarity(x, both), std::sqrt(0.5), 1e-12);
    EXPECT_TRUE(std::isnan(cosine_similarity(x, {})));
    EXPECT_TRUE(std::isnan(cosine_similarity({}, {})));
    EXPECT_TRUE(std::isnan(cosine_similarity(x, std::vector<float>{0, 0})));
}

// ---- reranking -----------------------------------------------------------------------------------------------------

TEST(Rerank, IsAskedForAsTheServersWantIt) {
    auto const sent =
        make("compatible")
            ->encode_rerank(
                {.query = "q", .documents = {"a", "b"}, .model = "r", .top_n = 1, .extra = test::json(R"({"x":1})")});
    ASSERT_TRUE(sent) << sent.error();
    EXPECT_EQ(sent->target, "/v1/rerank");
    EXPECT_TRUE(same_json(sent->body, R"({"model":"r","query":"q","documents":["a","b"],"top_n":1,"x":1})"));
    for (auto const* service : {"openai", "azure", "anthropic"}) {
        auto const refused = make(service)->encode_rerank({.query = "q", .documents = {"a"}, .model = "r"});
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().where, "service");
        EXPECT_THAT(refused.error().message, testing::HasSubstr(service));
    }
    EXPECT_EQ(make("compatible")->encode_rerank({.documents = {"a"}}).error().where, "query");
    EXPECT_EQ(make("compatible")->encode_rerank({.query = "q"}).error().where, "documents");
    EXPECT_EQ(make("compatible")->encode_rerank({.query = "q", .documents = {"a"}, .top_n = 0}).error().where, "top_n");
}

std::string ranks_text(result<rerank_response> const& read) {
    if (!read) return "error " + std::string{to_string(read.error().code)};
    std::string text;
    for (auto const& one : read->documents)
        text += (text.empty() ? "" : " ") + std::to_string(one.index) + "=" + json::write(one.score);
    return text;
}

struct rerank_case {
    char const* name;
    char const* body;
    std::string expected;
    std::optional<std::size_t> top_n{};
};
void PrintTo(rerank_case const& row, std::ostream* out) { *out << row.name; }
class RerankResponse : public testing::TestWithParam<rerank_case> {};

TEST_P(RerankResponse, IsRead) {
    rerank_request const request{.query = "q", .documents = {"a", "b", "c"}, .top_n = GetParam().top_n};
    EXPECT_EQ(ranks_text(make("compatible")->decode_rerank(request, ok(GetParam().body), test_time)),
              GetParam().expected);
}

#define COAX_RANKS(entries) R"({"results":[)" entries "]}"

INSTANTIATE_TEST_SUITE_P(
    Rows, RerankResponse,
    testing::Values(
        rerank_case{"best_first",
                    COAX_RANKS(R"({"index":0,"relevance_score":0.5},{"index":2,"relevance_score":0.9},)"
                               R"({"index":1,"relevance_score":-3})"),
                    "2=0.9 0=0.5 1=-3"},
        rerank_case{"equal_scores_in_order",
                    COAX_RANKS(R"({"index":2,"relevance_score":1},{"index":1,"relevance_score":1},)"
                               R"({"index":0,"relevance_score":1})"),
                    "0=1 1=1 2=1"},
        rerank_case{"the_best_alone", COAX_RANKS(R"({"index":2,"relevance_score":0.9})"), "2=0.9", 1},
        rerank_case{"more_than_asked_for",
                    COAX_RANKS(R"({"index":0,"relevance_score":0.1},{"index":2,"relevance_score":0.9})"), "2=0.9", 1},
        rerank_case{"other_names", R"({"data":[{"index":0,"score":3},{"index":1,"score":2},{"index":2,"score":1}]})",
                    "0=3 1=2 2=1"},
        rerank_case{"fewer", COAX_RANKS(R"({"index":2,"relevance_score":0.9})"), "error protocol_error"},
        rerank_case{"none", COAX_RANKS(""), "error protocol_error"},
        rerank_case{"twice", COAX_RANKS(R"({"index":2,"relevance_score":0.9},{"index":2,"relevance_score":0.9})"),
                    "error protocol_error", 1},
        rerank_case{"not_sent", COAX_RANKS(R"({"index":3,"relevance_score":0.9})"), "error protocol_error", 1},
        rerank_case{"negative", COAX_RANKS(R"({"index":-1,"relevance_score":0.9})"), "error protocol_error", 1},
        rerank_case{"no_index", COAX_RANKS(R"({"relevance_score":0.9})"), "error protocol_error", 1},
        rerank_case{"no_score", COAX_RANKS(R"({"index":0})"), "error protocol_error", 1},
        rerank_case{"null_score", COAX_RANKS(R"({"index":0,"relevance_score":null})"), "error protocol_error", 1},
        rerank_case{"array_score", COAX_RANKS(R"({"index":0,"relevance_score":[1]})"), "error protocol_error", 1},
        rerank_case{"object_entry", COAX_RANKS("{}"), "error protocol_error", 1},
        rerank_case{"text_entry", COAX_RANKS("\"x\""), "error protocol_error", 1},
        rerank_case{"a_page", "<html>", "error protocol_error"},
        rerank_case{"an_error", R"({"error":{"code":"rate_limit_exceeded","message":"slow"}})", "error rate_limited"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(RerankResponse, TellsItsCost) {
    rerank_request const request{.query = "q", .documents = {"a"}};
    auto const cost = [&](char const* usage) {
        auto const body = std::string{R"({"results":[{"index":0,"relevance_score":1}],"usage":)"} + usage + "}";
        return make("compatible")->decode_rerank(request, ok(body), test_time).value().usage.input_tokens;
    };
    EXPECT_EQ(cost(R"({"prompt_tokens":5,"total_tokens":5})"), 5);
    EXPECT_EQ(cost(R"({"total_tokens":6})"), 6);
    EXPECT_EQ(cost("null"), 0);
}

// ---- models and tokens ---------------------------------------------------------------------------------------------

TEST(ModelList, IsAskedForWhereEachServiceHasIt) {
    EXPECT_EQ(make("openai")->encode_models("")->target, "/v1/models");
    EXPECT_EQ(make("openai")->encode_models("")->method, "GET");
    EXPECT_TRUE(make("openai")->encode_models("")->body.empty());
    EXPECT_EQ(make(azure_at("", "dep"))->encode_models("")->target, "/openai/v1/models");
    EXPECT_EQ(make(azure_at("2024-10-21", "dep"))->encode_models("")->target, "/openai/models?api-version=2024-10-21");
    provider_options pasted{
        .service = "azure",
        .base_url = "https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21"};
    EXPECT_EQ(make(pasted)->encode_models("")->target, "/openai/models?api-version=2024-10-21");
    EXPECT_EQ(make("anthropic")->encode_models("")->target, "/v1/models?limit=1000");
    EXPECT_EQ(make("anthropic")->encode_models("a b")->target, "/v1/models?limit=1000&after_id=a%20b");
    EXPECT_EQ(make("compatible")->encode_models("")->target, "/v1/models");
    EXPECT_EQ(make("gemini")->encode_models("")->target, "/v1beta/models?pageSize=100");
    EXPECT_EQ(make("gemini")->encode_models("x y")->target, "/v1beta/models?pageSize=100&pageToken=x%20y");
    EXPECT_EQ(make(vertex_of("p"))->encode_models("")->target, "/v1beta1/publishers/google/models?pageSize=100");
}

TEST(ModelList, HasWhatEachServiceTells) {
    auto const openai = make("openai")->decode_models(
        ok(R"({"object":"list","data":[{"id":"gpt-x","object":"model","created":1767225600,"owned_by":"openai",
            "shutdown_date":"2026-12-11"},{"object":"model"},null,{"id":"y","created":null,"shutdown_date":null}]})"),
        test_time);
    ASSERT_TRUE(openai) << openai.error();
    ASSERT_EQ(openai->models.size(), 2U);
    auto const& first = openai->models[0];
    EXPECT_EQ(first.id, "gpt-x");
    EXPECT_EQ(first.owner, "openai");
    EXPECT_EQ(first.created->time_since_epoch().count(), 1767225600);
    EXPECT_EQ(first.retires, "2026-12-11");
    EXPECT_FALSE(first.max_input_tokens);
    EXPECT_THAT(first.raw.text(), testing::HasSubstr("shutdown_date"));
    EXPECT_FALSE(openai->models[1].created);
    EXPECT_TRUE(openai->next.empty());
    EXPECT_TRUE(openai->authoritative);

    auto const anthropic =
        make("anthropic")
            ->decode_models(
                ok(R"({"data":[{"type":"model","id":"claude-x","display_name":"Claude X","created_at":"2026-01-01T00:00:00Z",
            "max_input_tokens":1000000,"max_tokens":64000,"retires_at":"2027-01-22"}],
            "has_more":true,"first_id":"claude-x","last_id":"claude-x"})"),
                test_time);
    ASSERT_TRUE(anthropic) << anthropic.error();
    EXPECT_EQ(anthropic->models[0].name, "Claude X");
    EXPECT_EQ(anthropic->models[0].created->time_since_epoch().count(), 1767225600);
    EXPECT_EQ(anthropic->models[0].max_input_tokens, 1'000'000);
    EXPECT_EQ(anthropic->models[0].max_output_tokens, 64'000);
    EXPECT_EQ(anthropic->models[0].retires, "2027-01-22");
    EXPECT_EQ(anthropic->next, "claude-x");

    auto const google = make("gemini")->decode_models(
        ok(R"({"models":[{"name":"models/gemini-x","displayName":"Gemini X","inputTokenLimit":9,"outputTokenLimit":8}],
            "nextPageToken":"n"})"),
        test_time);
    ASSERT_TRUE(google) << google.error();
    EXPECT_EQ(google->models[0].id, "gemini-x");
    EXPECT_EQ(google->models[0].name, "Gemini X");
    EXPECT_EQ(google->models[0].max_input_tokens, 9);
    EXPECT_EQ(google->models[0].max_output_tokens, 8);
    EXPECT_EQ(google->next, "n");

    auto const vllm =
        make("compatible")->decode_models(ok(R"({"data":[{"id":"qwen","max_model_len":32768}]})"), test_time);
    ASSERT_TRUE(vllm) << vllm.error();
    EXPECT_EQ(vllm->models[0].max_input_tokens, 32768);
    EXPECT_FALSE(vllm->authoritative);
}

TEST(ModelList, OfAnotherKindIsAnError) {
    for (char const* body : {"<html>", "", "[]", "{}", R"({"data":1})", R"({"data":"x"})", R"({"data":null})",
                             R"({"data":true})", R"({"data":{}})"})
        EXPECT_EQ(make("openai")->decode_models(ok(body), test_time).error().code, errc::protocol_error) << body;
    EXPECT_EQ(make("openai")->decode_models({.status = 401}, test_time).error().code, errc::authentication);
}

// ---- any member of another kind
// --------------------------------------------------------------------------------------

TEST(MutatedEmbeddings, HoldAVectorOrAnErrorForEachText) {
    embedding_request const request{.texts = {"a", "b"}, .model = "e"};
    struct body_of {
        char const* service;
        char const* body;
    };
    constexpr body_of bodies[]{
        {"openai", R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":[1,2]},
            {"index":1,"embedding":"AACAPwAAAEA="}],"model":"e","usage":{"prompt_tokens":2,"total_tokens":2}})"},
        {"gemini", R"({"embeddings":[{"values":[1,2]},{"values":[3,4]}],"usageMetadata":{"promptTokenCount":3}})"},
        {"vertex", R"({"predictions":[{"embeddings":{"values":[1],"statistics":{"token_count":5,"truncated":false}}},
            {"embeddings":{"values":[1]}}]})"}};
    for (auto const& [name, body] : bodies) {
        auto const service = make(name);
        auto root = boost::json::parse(body);
        test::for_each_mutation(root, root, [&](std::string const& changed) {
            auto const read = service->decode_embedding(request, ok(changed), test_time);
            if (!read) {
                EXPECT_EQ(read.error().http_status, 200) << changed;
                return;
            }
            EXPECT_EQ(read->vectors.size(), 2U) << changed;
            for (auto const& vector : read->vectors) EXPECT_TRUE(!vector || !vector->empty()) << changed;
            EXPECT_GE(read->usage.input_tokens, 0) << changed;
        });
    }
}

TEST(MutatedRanks, AreInOrderOrAnError) {
    rerank_request const request{.query = "q", .documents = {"a", "b"}};
    auto root = boost::json::parse(
        R"({"model":"r","results":[{"index":1,"relevance_score":2.5},{"index":0,"relevance_score":0.5}],"usage":{"prompt_tokens":3}})");
    test::for_each_mutation(root, root, [&](std::string const& changed) {
        auto const read = make("compatible")->decode_rerank(request, ok(changed), test_time);
        if (!read) {
            EXPECT_EQ(read.error().http_status, 200) << changed;
            return;
        }
        EXPECT_EQ(read->documents.size(), 2U) << changed;
        EXPECT_GE(read->documents[0].score, read->documents[1].score) << changed;
        EXPECT_EQ(read->documents[0].index + read->documents[1].index, 1U) << changed;
    });
}

TEST(MutatedModels, HaveNamesOrAreAnError) {
    for (auto const* service : {"openai", "anthropic", "gemini"}) {
        auto root = boost::json::parse(
            R"({"data":[{"id":"m","created":1,"created_at":"2026-01-01T00:00:00Z","max_input_tokens":5}],"has_more":true,"last_id":"m","nextPageToken":"n"})");
        test::for_each_mutation(root, root, [&](std::string const& changed) {
            auto const read = make(service)->decode_models(ok(changed), test_time);
            if (!read) EXPECT_EQ(read.error().http_status, 200) << changed;
            if (read)
                for (auto const& model : read->models) EXPECT_FALSE(model.id.empty()) << changed;
        });
    }
}

TEST(TokenCount, AsksForWhatTheChatWouldSend) {
    chat_request request{.model = "claude-x", .temperature = 0.5, .max_output_tokens = 9, .stop = {"x"}};
    request.messages = {system("Be brief."), user("Hi")};
    auto const sent = make("anthropic")->encode_token_count(request);
    ASSERT_TRUE(sent) << sent.error();
    EXPECT_EQ(sent->target, "/v1/messages/count_tokens");
    EXPECT_TRUE(same_json(sent->body,
                          R"({"model":"claude-x","system":"Be brief.","messages":[{"role":"user","content":"Hi"}]})"));
    EXPECT_EQ(make("compatible")->encode_token_count(request).error().where, "service");
    auto const openai = make("openai")->encode_token_count(request);
    ASSERT_TRUE(openai) << openai.error();
    EXPECT_EQ(openai->target, "/v1/responses/input_tokens");
    for (auto const* left_out : {"temperature", "max_output_tokens", "store"})
        EXPECT_EQ(openai->body.find(left_out), std::string::npos) << openai->body;
    EXPECT_THAT(openai->body, testing::HasSubstr("Be brief."));
    EXPECT_EQ(make("azure")->encode_token_count(request).error().where, "service");
    chat_request plain{.model = "gemini-x"};
    plain.messages = {system("Be brief."), user("Hi")};
    auto const gemini = make("gemini")->encode_token_count(plain);
    ASSERT_TRUE(gemini) << gemini.error();
    EXPECT_EQ(gemini->target, "/v1beta/models/gemini-x:countTokens");
    EXPECT_TRUE(same_json(
        gemini->body,
        R"({"generateContentRequest":{"model":"models/gemini-x","systemInstruction":{"parts":[{"text":"Be brief."}]},"contents":[{"role":"user","parts":[{"text":"Hi"}]}]}})"));
    auto const of_vertex = make(vertex_of("p"))->encode_token_count(plain);
    EXPECT_TRUE(same_json(
        of_vertex->body,
        R"({"systemInstruction":{"parts":[{"text":"Be brief."}]},"contents":[{"role":"user","parts":[{"text":"Hi"}]}]})"));
    EXPECT_EQ(make("gemini")->decode_token_count(ok(R"({"totalTokens":31})"), test_time).value(), 31);
}

TEST(TokenCount, IsANumberOrAnError) {
    auto const service = make("anthropic");
    EXPECT_EQ(service->decode_token_count(ok(R"({"input_tokens":14})"), test_time).value(), 14);
    for (char const* body : {"{}", R"({"input_tokens":null})", R"({"input_tokens":"14"})", R"({"input_tokens":-1})",
                             R"({"input_tokens":1.5})", R"({"input_tokens":[]})", "14", "<html>"})
        EXPECT_EQ(service->decode_token_count(ok(body), test_time).error().code, errc::protocol_error) << body;
    EXPECT_EQ(service->decode_token_count({.status = 429}, test_time).error().code, errc::rate_limited);
}

}  // namespace
}  // namespace coax
