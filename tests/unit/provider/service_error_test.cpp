#include "provider/service_error.hpp"

#include "unit/provider/support.hpp"

#include <ostream>

namespace coax::detail {
namespace {

using namespace std::chrono_literals;

struct error_case {
    char const* name;
    int status;
    std::string body;
    errc expected;
    std::string service_code;
};
void PrintTo(error_case const& row, std::ostream* out) { *out << row.name; }
class ServiceError : public testing::TestWithParam<error_case> {};

TEST_P(ServiceError, FollowsTheTable) {
    auto const& row = GetParam();
    auto const why =
        make_service_error("openai", {.status = row.status, .body = row.body}, std::chrono::system_clock::time_point{});
    EXPECT_EQ(why.code, row.expected) << why.service_message;
    EXPECT_EQ(why.service_code, row.service_code);
    EXPECT_EQ(why.http_status, row.status);
}

INSTANTIATE_TEST_SUITE_P(
    OpenAi, ServiceError,
    testing::Values(
        error_case{"bad_request", 400,
                   R"({"error":{"message":"bad","type":"invalid_request_error","param":"n","code":null}})",
                   errc::bad_request, "invalid_request_error"},
        error_case{
            "unsupported_parameter", 400,
            R"({"error":{"message":"x","type":"invalid_request_error","param":"temperature","code":"unsupported_parameter"}})",
            errc::bad_request, "unsupported_parameter"},
        error_case{
            "context_length", 400,
            R"({"error":{"message":"x","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}})",
            errc::context_too_long, "context_length_exceeded"},
        error_case{"wrong_key", 401,
                   R"({"error":{"message":"x","type":"invalid_request_error","param":null,"code":"invalid_api_key"}})",
                   errc::authentication, "invalid_api_key"},
        error_case{
            "wrong_country", 403,
            R"({"error":{"message":"x","type":"request_forbidden","code":"unsupported_country_region_territory"}})",
            errc::authentication, "unsupported_country_region_territory"},
        error_case{"no_such_model", 404,
                   R"({"error":{"message":"x","type":"invalid_request_error","code":"model_not_found"}})",
                   errc::not_found, "model_not_found"},
        error_case{"model_out_of_reach", 403, R"({"error":{"message":"x","code":"model_not_found"}})", errc::not_found,
                   "model_not_found"},
        error_case{"timeout", 408, "", errc::timeout, ""}, error_case{"conflict", 409, "{}", errc::overloaded, ""},
        error_case{"unprocessable", 422, R"({"error":{"message":"x"}})", errc::bad_request, ""},
        error_case{"too_many_requests", 429,
                   R"({"error":{"message":"x","type":"requests","code":"rate_limit_exceeded"}})", errc::rate_limited,
                   "rate_limit_exceeded"},
        error_case{"no_credit", 429,
                   R"({"error":{"message":"x","type":"insufficient_quota","param":null,"code":"insufficient_quota"}})",
                   errc::quota_exhausted, "insufficient_quota"},
        error_case{"server_error", 500, R"({"error":{"message":"x","type":"server_error"}})", errc::server_error,
                   "server_error"},
        error_case{"bad_gateway", 502, "<html>Bad gateway</html>", errc::server_error, ""},
        error_case{"slow_down", 503, R"({"error":{"message":"Slow down","type":"server_error"}})", errc::overloaded,
                   "server_error"},
        error_case{"moved", 301, "", errc::not_found, ""}, error_case{"nonsense", 199, "", errc::protocol_error, ""}),
    [](auto const& row) { return std::string(row.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Azure, ServiceError,
    testing::Values(
        error_case{
            "prompt_filtered", 400,
            R"({"error":{"message":"The response was filtered","type":null,"param":"prompt","code":"content_filter","status":400,)"
            R"("innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"hate":{"filtered":true,"severity":"high"}}}}})",
            errc::content_filtered, "content_filter"},
        error_case{"prompt_filtered_inner_code_alone", 400,
                   R"({"error":{"message":"x","inner_error":{"code":"ResponsibleAIPolicyViolation"}}})",
                   errc::content_filtered, ""},
        error_case{"rate_limited_in_numbers", 429,
                   R"({"error":{"code":"429","message":"Please retry after 45 seconds."}})", errc::rate_limited, "429"},
        error_case{"code_as_a_number", 429, R"({"error":{"code":429,"message":"x"}})", errc::rate_limited, "429"},
        error_case{"wrong_key", 401, R"({"error":{"code":"401","message":"Access denied"}})", errc::authentication,
                   "401"},
        error_case{"no_deployment", 404, R"({"error":{"code":"DeploymentNotFound","message":"x"}})", errc::not_found,
                   "DeploymentNotFound"},
        error_case{"flat_gateway", 401, R"({"statusCode":401,"message":"missing subscription key"})",
                   errc::authentication, ""},
        error_case{"status_text", 401, R"({"status":"Invalid auth token"})", errc::authentication, ""},
        error_case{"detail", 424, R"({"detail":"Not Found"})", errc::bad_request, ""}),
    [](auto const& row) { return std::string(row.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Anthropic, ServiceError,
    testing::Values(
        error_case{"bad_request", 400,
                   R"({"type":"error","error":{"type":"invalid_request_error","message":"x"},"request_id":"req_1"})",
                   errc::bad_request, "invalid_request_error"},
        error_case{
            "prompt_too_long", 400,
            R"({"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}})",
            errc::context_too_long, "invalid_request_error"},
        error_case{
            "no_credit", 400,
            R"({"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API"}})",
            errc::quota_exhausted, "invalid_request_error"},
        error_case{"wrong_key", 401, R"({"type":"error","error":{"type":"authentication_error","message":"x"}})",
                   errc::authentication, "authentication_error"},
        error_case{"billing", 402, R"({"type":"error","error":{"type":"billing_error","message":"x"}})",
                   errc::quota_exhausted, "billing_error"},
        error_case{"permission", 403, R"({"type":"error","error":{"type":"permission_error","message":"x"}})",
                   errc::authentication, "permission_error"},
        error_case{"not_found", 404, R"({"type":"error","error":{"type":"not_found_error","message":"x"}})",
                   errc::not_found, "not_found_error"},
        error_case{"too_large", 413, "<html>413</html>", errc::bad_request, ""},
        error_case{"rate_limited", 429, R"({"type":"error","error":{"type":"rate_limit_error","message":"x"}})",
                   errc::rate_limited, "rate_limit_error"},
        error_case{
            "spend_limit", 429,
            R"({"type":"error","error":{"type":"rate_limit_error","message":"x","details":{"error_code":"enforced_spend_limit_reached"}}})",
            errc::quota_exhausted, "enforced_spend_limit_reached"},
        error_case{"api_error", 500, R"({"type":"error","error":{"type":"api_error","message":"x"}})",
                   errc::server_error, "api_error"},
        error_case{"timeout", 504, R"({"type":"error","error":{"type":"timeout_error","message":"x"}})",
                   errc::server_error, "timeout_error"},
        error_case{"overloaded", 529, R"({"type":"error","error":{"type":"overloaded_error","message":"x"}})",
                   errc::overloaded, "overloaded_error"}),
    [](auto const& row) { return std::string(row.param.name); });

INSTANTIATE_TEST_SUITE_P(
    OtherServers, ServiceError,
    testing::Values(
        error_case{"empty", 400, "", errc::bad_request, ""},
        error_case{"cut_json", 500, R"({"error":{"mess)", errc::server_error, ""},
        error_case{"error_as_text", 404, R"({"error":"model 'x' not found"})", errc::not_found, ""},
        error_case{"array", 400, "[1,2]", errc::bad_request, ""},
        error_case{"null_error", 500, R"({"error":null})", errc::server_error, ""},
        error_case{"wrong_types", 400, R"({"error":{"message":[1],"type":{},"code":true}})", errc::bad_request, "true"},
        error_case{
            "vllm", 400,
            R"({"object":"error","message":"This model's maximum context length is 4096 tokens.","type":"BadRequestError","code":400})",
            errc::context_too_long, "BadRequestError"},
        error_case{"llama_cpp", 400, R"({"error":{"code":400,"message":"x","type":"exceed_context_size_error"}})",
                   errc::context_too_long, "exceed_context_size_error"}),
    [](auto const& row) { return std::string(row.param.name); });

std::string google(int code, std::string_view status, std::string_view details, std::string_view message = "x") {
    return R"({"error":{"code":)" + std::to_string(code) + R"(,"message":")" + std::string{message} +
           R"(","status":")" + std::string{status} + R"(","details":[)" + std::string{details} + "]}}";
}

std::string quota(std::string_view id) {
    return google(
        429, "RESOURCE_EXHAUSTED",
        R"({"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":"m","quotaId":")" +
            std::string{id} + R"("}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"1s"})");
}

INSTANTIATE_TEST_SUITE_P(
    Gemini, ServiceError,
    testing::Values(
        error_case{
            "bad_field", 400,
            google(400, "INVALID_ARGUMENT",
                   R"({"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"description":"d"}]})"),
            errc::bad_request, "INVALID_ARGUMENT"},
        error_case{
            "wrong_key", 400,
            google(
                400, "INVALID_ARGUMENT",
                R"({"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com"})"),
            errc::authentication, "API_KEY_INVALID"},
        error_case{"too_long", 400,
                   google(400, "INVALID_ARGUMENT", "",
                          "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."),
                   errc::context_too_long, "INVALID_ARGUMENT"},
        error_case{"forbidden", 403, google(403, "PERMISSION_DENIED", ""), errc::authentication, "PERMISSION_DENIED"},
        error_case{"no_such_model", 404, google(404, "NOT_FOUND", ""), errc::not_found, "NOT_FOUND"},
        error_case{"a_minutes_quota", 429, quota("GenerateRequestsPerMinutePerProjectPerModel"), errc::rate_limited,
                   "RESOURCE_EXHAUSTED"},
        error_case{"a_days_quota", 429, quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier"),
                   errc::quota_exhausted, "RESOURCE_EXHAUSTED"},
        error_case{"in_an_array", 429, "[" + quota("PerDay") + "]", errc::quota_exhausted, "RESOURCE_EXHAUSTED"},
        error_case{"internal", 500, google(500, "INTERNAL", ""), errc::server_error, "INTERNAL"},
        error_case{"overloaded", 503, google(503, "UNAVAILABLE", ""), errc::overloaded, "UNAVAILABLE"},
        error_case{"too_slow", 504, google(504, "DEADLINE_EXCEEDED", ""), errc::server_error, "DEADLINE_EXCEEDED"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(ServiceErrors, KeepAllThatHelps) {
    http_response const response{
        .status = 429,
        .headers = {{"x-request-id", "req_9"}, {"retry-after", "2"}, {"x-should-retry", "false"}},
        .body = R"({"error":{"message":"Slow\ndown","code":"rate_limit_exceeded"}})"};
    auto const why = make_service_error("azure", response, std::chrono::system_clock::time_point{});
    EXPECT_EQ(why.message, "azure answered 429");
    EXPECT_EQ(why.service_message, "Slow down");
    EXPECT_EQ(why.request_id, "req_9");
    EXPECT_EQ(why.retry_after, 2s);
    EXPECT_EQ(why.should_retry, false);
    EXPECT_FALSE(is_retryable(why));
}

TEST(ServiceErrors, TakeGooglesWaitFromTheBodyWhereNoHeaderTellsIt) {
    std::string const body = R"({"error":{"code":429,"message":"x","status":"RESOURCE_EXHAUSTED","details":[)"
                             R"({"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[]},7,)"
                             R"({"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"3.5s"},)"
                             R"({"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"1s"}]}})";
    EXPECT_EQ(make_service_error("gemini", {.status = 429, .body = body}, std::chrono::system_clock::time_point{})
                  .retry_after,
              3500ms);
    http_response const both{.status = 429, .headers = {{"retry-after", "9"}}, .body = body};
    EXPECT_EQ(make_service_error("gemini", both, std::chrono::system_clock::time_point{}).retry_after, 9s);
    EXPECT_EQ(make_reported_error("gemini", body, "").retry_after, 3500ms);
}

TEST(ServiceErrors, TakeTheRequestIdFromTheBodyWhereNoHeaderHasIt) {
    http_response const response{.status = 400,
                                 .body = R"({"type":"error","error":{"type":"x","message":"y"},"request_id":"req_7"})"};
    EXPECT_EQ(make_service_error("anthropic", response, std::chrono::system_clock::time_point{}).request_id, "req_7");
}

TEST(ServiceErrors, NeverRepeatAKey) {
    http_response const response{
        .status = 401,
        .body =
            R"({"error":{"message":"Incorrect API key provided: sk-proj-abc_DEF-123. See sk-x*****yz; risk-free. *** gsk_ab***cd!","code":"invalid_api_key"}})"};
    EXPECT_EQ(make_service_error("openai", response, std::chrono::system_clock::time_point{}).service_message,
              "Incorrect API key provided: [secret]. See [secret]; risk-free. *** [secret]!");
}

TEST(ServiceErrors, NameTheFiltersThatStruck) {
    for (auto const* member : {"content_filter_result", "content_filter_results"}) {
        auto const body =
            R"({"error":{"code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation",")" +
            std::string{member} +
            R"(":{"hate":{"filtered":true,"severity":"high"},"jailbreak":{"filtered":false,"detected":false},"self-harm":{"filtered":true}}}}})";
        EXPECT_EQ(
            make_service_error("azure", {.status = 400, .body = body}, std::chrono::system_clock::time_point{}).message,
            "azure answered 400; triggered filters: hate, self-harm");
    }
}

TEST(ServiceErrors, KeepTextThatIsNotJsonUpToABound) {
    auto const why = make_service_error("openai", {.status = 502, .body = std::string(2'000'000, 'x')},
                                        std::chrono::system_clock::time_point{});
    EXPECT_EQ(why.service_message, std::string(1'024, 'x'));
    // A character of two bytes across the bound is left out whole.
    auto const cut = make_service_error("openai", {.status = 502, .body = std::string(1'023, 'x') + "\xC3\xA9y"},
                                        std::chrono::system_clock::time_point{});
    EXPECT_EQ(cut.service_message, std::string(1'023, 'x'));
}

struct words_case {
    char const* name;
    http_response response;
    std::string words;
    std::string service_code;
    std::optional<std::chrono::milliseconds> wait;
    bool retryable;
};
void PrintTo(words_case const& row, std::ostream* out) { *out << row.name; }
class ServiceWords : public testing::TestWithParam<words_case> {};

TEST_P(ServiceWords, AreFound) {
    auto const& row = GetParam();
    auto const why = make_service_error("compatible", row.response, test::test_time);
    EXPECT_EQ(why.service_message, row.words);
    EXPECT_EQ(why.service_code, row.service_code);
    EXPECT_EQ(why.retry_after, row.wait);
    EXPECT_EQ(is_retryable(why), row.retryable);
}

http_response refusal(int status, std::string body, header_list headers = {}) {
    return {.status = status, .headers = std::move(headers), .body = std::move(body)};
}

INSTANTIATE_TEST_SUITE_P(
    Rows, ServiceWords,
    testing::Values(
        words_case{"google_array",
                   refusal(429, R"([{"error":{"code":429,"message":"quota","status":"RESOURCE_EXHAUSTED","details":[)"
                                R"({"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"1.2s"}]}}])"),
                   "quota", "RESOURCE_EXHAUSTED", 1200ms, true},
        words_case{"mistral_object",
                   refusal(422, R"({"object":"error","message":{"detail":[{"type":"extra_forbidden",)"
                                R"("loc":["body","stream_options"],"msg":"Extra inputs are not permitted"}]},)"
                                R"("type":"invalid_request_error","param":null,"code":null})"),
                   "body.stream_options: Extra inputs are not permitted", "invalid_request_error", std::nullopt, false},
        words_case{
            "fastapi",
            refusal(422, R"({"detail":[{"loc":["body","messages",0],"msg":"field required","type":"missing"}]})"),
            "body.messages.0: field required", "", std::nullopt, false},
        words_case{"number_beside_a_type",
                   refusal(400, R"({"error":{"code":400,"type":"exceed_context_size_error","message":"x"}})"), "x",
                   "exceed_context_size_error", std::nullopt, false},
        words_case{
            "openrouter",
            refusal(502, R"({"error":{"code":502,"message":"Provider returned error","metadata":{"raw":"no GPU"}}})"),
            "Provider returned error: no GPU", "502", std::nullopt, true},
        words_case{"other_members", refusal(400, R"({"error":{"reason":"blocked by policy"}})"), "blocked by policy",
                   "", std::nullopt, false},
        words_case{"no_words_at_all", refusal(400, R"({"error":{"n":1}})"), R"({"n":1})", "", std::nullopt, false},
        words_case{"a_page", refusal(502, "<html><head><title>502 Bad Gateway</title></head><body>x</body></html>"),
                   "502 Bad Gateway", "", std::nullopt, true},
        words_case{"wait_in_words",
                   refusal(429, R"({"error":{"message":"Please try again in 2.192s.","type":"tokens"}})"),
                   "Please try again in 2.192s.", "tokens", 2192ms, true},
        words_case{"wait_in_a_header",
                   refusal(429, R"({"error":{"message":"slow"}})",
                           {{"x-ratelimit-remaining-tokens", "0"}, {"x-ratelimit-reset-tokens", "4s"}}),
                   "slow", "", 4s, true},
        words_case{"retry_after_wins",
                   refusal(429, R"({"error":{"message":"try again in 9s"}})", {{"retry-after", "2"}}),
                   "try again in 9s", "", 2s, true},
        words_case{"no_wait_for_what_waiting_does_not_mend", refusal(400, R"({"error":{"message":"try again in 9s"}})"),
                   "try again in 9s", "", std::nullopt, false},
        words_case{
            "too_large_for_a_minute",
            refusal(
                429,
                R"({"error":{"message":"Request too large for m on tokens per min (TPM): Limit 30000, Requested 53412.",)"
                R"("type":"tokens","code":"rate_limit_exceeded"}})"),
            "Request too large for m on tokens per min (TPM): Limit 30000, Requested 53412.", "rate_limit_exceeded",
            std::nullopt, false}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(ServiceErrors, TellWhereARedirectionPoints) {
    auto const why = make_service_error(
        "openai", refusal(307, "", {{"Location", "https://new.example/v1/chat/completions?sig=secret"}}), {});
    EXPECT_EQ(why.message,
              "openai answered 307; it has moved: set `base_url` to where it says, "
              "https://new.example/v1/chat/completions");
}

struct reported_case {
    char const* name;
    std::string body;
    errc expected;
};
void PrintTo(reported_case const& row, std::ostream* out) { *out << row.name; }
class ReportedError : public testing::TestWithParam<reported_case> {};

TEST_P(ReportedError, IsJudgedByItsWords) {
    auto const why = make_reported_error("openai", GetParam().body, "req_1");
    EXPECT_EQ(why.code, GetParam().expected);
    EXPECT_EQ(why.http_status, 200);
    EXPECT_EQ(why.request_id, "req_1");
}

INSTANTIATE_TEST_SUITE_P(
    Rows, ReportedError,
    testing::Values(
        reported_case{"server_error", R"({"error":{"message":"x","type":"server_error","param":null,"code":null}})",
                      errc::server_error},
        reported_case{"unknown", R"({"error":{"message":"x","type":"new_kind"}})", errc::server_error},
        reported_case{"text", R"({"error":"out of memory"})", errc::server_error},
        reported_case{"rate_limited", R"({"error":{"code":"rate_limit_exceeded"}})", errc::rate_limited},
        reported_case{"status_as_code", R"({"error":{"code":"429"}})", errc::rate_limited},
        reported_case{"overloaded", R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})",
                      errc::overloaded},
        reported_case{"api_error", R"({"type":"error","error":{"type":"api_error","message":"x"}})",
                      errc::server_error},
        reported_case{"invalid_request", R"({"type":"error","error":{"type":"invalid_request_error","message":"x"}})",
                      errc::bad_request},
        reported_case{"filter", R"({"error":{"code":"content_filter"}})", errc::content_filtered}),
    [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace coax::detail
