// What the simulated services say to requests for vectors, ranks, models and counts.

#include "sim/service.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>

namespace coax::sim::detail {
namespace {

using testing::HasSubstr;

moment const first_moment{.steady = std::chrono::steady_clock::time_point{std::chrono::hours{1}},
                          .system = std::chrono::system_clock::time_point{std::chrono::seconds{1'795'219'200}}};

response post_to(service& of, std::string_view target, std::string_view body, std::string_view anthropic_version = {}) {
    return of.handle({.method = "POST", .target = target, .body = body, .anthropic_version = anthropic_version},
                     first_moment);
}
response get_from(service& of, std::string_view target, std::string_view anthropic_version = {}) {
    return of.handle({.method = "GET", .target = target, .anthropic_version = anthropic_version}, first_moment);
}

struct refused_body_case {
    char const* name;
    char const* target;
    std::string body;
    char const* says;  ///< Empty: it is not refused.
};
void PrintTo(refused_body_case const& row, std::ostream* out) { *out << row.name; }
class RefusedRequest : public testing::TestWithParam<refused_body_case> {};

TEST_P(RefusedRequest, FollowsTheTable) {
    service s{options{}};
    auto const out = post_to(s, GetParam().target, GetParam().body, "");
    EXPECT_EQ(out.status, *GetParam().says == '\0' ? 200 : 400) << out.body;
    EXPECT_THAT(out.body, HasSubstr(GetParam().says));
}

std::string texts_body(std::size_t count, std::size_t bytes, std::string_view more = "") {
    std::string body = R"({"model":"m","input":[)";
    for (std::size_t i = 0; i < count; ++i) body += (i > 0 ? ",\"" : "\"") + std::string(bytes, 'x') + '"';
    return body.append("]").append(more).append("}");
}

constexpr char const* vectors = "/v1/embeddings";
constexpr char const* ranks = "/v1/rerank";

INSTANTIATE_TEST_SUITE_P(
    Rows, RefusedRequest,
    testing::Values(
        refused_body_case{"not_an_object", vectors, "[]", "must be a JSON object"},
        refused_body_case{"unknown_member", vectors, texts_body(1, 1, R"(,"input_type":"query")"),
                          "Unrecognized request argument supplied: input_type"},
        refused_body_case{"as_many_as_allowed", vectors, texts_body(2048, 1, R"(,"dimensions":2)"), ""},
        refused_body_case{"too_many", vectors, texts_body(2049, 1),
                          "maximum length 2048, but got an array with length 2049"},
        refused_body_case{"as_long_as_allowed", vectors, texts_body(1, 32'768), ""},
        refused_body_case{"too_long", vectors, texts_body(1, 32'769),
                          "'input[0]': maximum input length is 8192 tokens"},
        refused_body_case{"as_many_tokens_as_allowed", vectors, texts_body(40, 30'000), ""},
        refused_body_case{"too_many_tokens", vectors, texts_body(41, 30'000),
                          "Requested 307500 tokens, max 300000 tokens"},
        refused_body_case{"format_of_another_type", vectors, texts_body(1, 1, R"(,"encoding_format":1)"),
                          "Invalid type"},
        refused_body_case{"null_format", vectors, texts_body(1, 1, R"(,"encoding_format":null)"), ""},
        refused_body_case{"user_of_another_type", vectors, texts_body(1, 1, R"(,"user":1)"), "Invalid type for 'user'"},
        refused_body_case{"small_model", vectors, R"({"model":"text-embedding-3-small","input":"x","dimensions":1537})",
                          "less than or equal to 1536"},
        refused_body_case{"large_model", vectors, R"({"model":"text-embedding-3-large","input":"x","dimensions":3072})",
                          ""},
        refused_body_case{"old_model", vectors, R"({"model":"text-embedding-ada-002","input":"x","dimensions":8})",
                          "does not support specifying dimensions"},
        refused_body_case{"part_of_a_dimension", vectors, texts_body(1, 1, R"(,"dimensions":1.5)"), "Invalid value"},
        refused_body_case{"tokens_for_text", vectors, R"({"model":"m","input":[1,2]})", ""},
        refused_body_case{"no_query", ranks, R"({"documents":["a"]})", "query"},
        refused_body_case{"no_documents", ranks, R"({"query":"q"})", "documents"},
        refused_body_case{"empty_documents", ranks, R"({"query":"q","documents":[]})", "non-empty"},
        refused_body_case{"documents_of_numbers", ranks, R"({"query":"q","documents":[1]})", "string array"},
        refused_body_case{"none_wanted", ranks, R"({"query":"q","documents":["a"],"top_n":0})", "top_n"},
        refused_body_case{"more_than_there_are", ranks, R"({"query":"q","documents":["a"],"top_n":9})", ""},
        refused_body_case{"unknown_to_rerank", ranks, R"({"query":"q","documents":["a"],"user":"u"})", "user"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(Vectors, AreAsLongAsTheModelSays) {
    service s{options{}};
    auto const length = [&](std::string_view model) {
        auto const out = post_to(s, vectors, R"({"input":"x","model":")" + std::string{model} + "\"}");
        return boost::json::parse(out.body).at("data").at(0).at("embedding").as_array().size();
    };
    EXPECT_EQ(length("text-embedding-3-large"), 3072U);
    EXPECT_EQ(length("text-embedding-3-small"), 1536U);
    EXPECT_EQ(length("local"), 1536U);
}

TEST(Ranks, AreTheBestInTheOrderOfTheRequest) {
    service s{options{}};
    auto const out =
        post_to(s, ranks, R"({"model":"r","query":"red cats","documents":["a red car","stock","red cats"],"top_n":2})");
    auto const results = boost::json::parse(out.body).at("results").as_array();
    ASSERT_EQ(results.size(), 2U);
    EXPECT_EQ(results[0].at("index"), 0);
    EXPECT_EQ(results[1].at("index"), 2);
    EXPECT_GT(results[1].at("relevance_score").to_number<double>(),
              results[0].at("relevance_score").to_number<double>());
    service known{options{.models = {"r"}}};
    EXPECT_EQ(post_to(known, ranks, R"({"model":"x","query":"q","documents":["a"]})").status, 404);
}

TEST(ModelPages, OfAnthropicAreCutAsAskedFor) {
    service s{options{.models = {"a", "b", "c"}}};
    auto const page = [&](std::string query) {
        return boost::json::parse(get_from(s, "/v1/models" + query, "2023-06-01").body);
    };
    EXPECT_EQ(page("").at("data").as_array().size(), 3U);
    EXPECT_EQ(page("").at("has_more"), false);
    EXPECT_EQ(page("?limit=2").at("has_more"), true);
    EXPECT_EQ(page("?limit=2").at("last_id"), "b");
    EXPECT_EQ(page("?limit=2&after_id=b").at("data").at(0).at("id"), "c");
    EXPECT_EQ(page("?limit=2&after_id=c").at("data").as_array().size(), 0U);
    for (auto const* query : {"?limit=0", "?limit=1001", "?limit=x", "?limit=2x", "?after_id=z"})
        EXPECT_EQ(get_from(s, std::string{"/v1/models"} + query, "2023-06-01").status, 400) << query;
    EXPECT_EQ(boost::json::parse(get_from(s, "/v1/models").body).at("data").as_array().size(), 3U)
        << "OpenAI has no pages";
}

TEST(TokenCounts, TakeNeitherLimitNorStream) {
    service s{options{}};
    auto const count = [&](std::string more) {
        return post_to(s, "/v1/messages/count_tokens",
                       R"({"model":"m","messages":[{"role":"user","content":"12345678"}])" + more + "}", "2023-06-01");
    };
    auto const tokens = [&](std::string more) {
        return boost::json::parse(count(std::move(more)).body).at("input_tokens").as_int64();
    };
    EXPECT_EQ(tokens(R"(,"system":")" + std::string(400, 'x') + '"') - tokens(""), 100);
    EXPECT_EQ(count(R"(,"max_tokens":5)").status, 400);
    EXPECT_EQ(count(R"(,"stream":true)").status, 400);
    EXPECT_EQ(count(R"(,"temperature":1)").status, 400);
    EXPECT_EQ(count(R"(,"stop_sequences":["x"])").status, 400);
    EXPECT_EQ(count(R"(,"system":"s","cache_control":{"type":"ephemeral"})").status, 200);
}

}  // namespace
}  // namespace coax::sim::detail
