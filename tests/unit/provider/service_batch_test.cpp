// What is sent to hand a batch over to a service, and what it says of batches means.
#include "unit/provider/support.hpp"

#include <coax/chat/request.hpp>
#include <coax/provider/service_batch.hpp>

#include <gmock/gmock.h>

#include <ostream>

namespace coax {
namespace {

using namespace test;
using testing::HasSubstr;
using testing::StartsWith;

std::shared_ptr<provider const> service_of(std::string const& name) {
    if (name == "azure/classic")
        return make(provider_options{.service = "azure",
                                     .base_url = "https://res.openai.azure.com",
                                     .api_version = "2025-04-01-preview",
                                     .deployment = "dep"});
    return make(name);
}

chat_request question() { return {.model = "m", .messages = {user("hi")}, .max_output_tokens = 20}; }

// --- rows ---

struct row_case {
    char const* service;
    std::string before;  ///< Of the row's text, up to the request's body.
    char const* endpoint;
};
void PrintTo(row_case const& row, std::ostream* out) { *out << row.service; }
class BatchRowOf : public testing::TestWithParam<row_case> {};

TEST_P(BatchRowOf, HoldsTheBodyOfTheRequest) {
    auto const service = service_of(GetParam().service);
    auto const request = service->encode(question(), false).value();
    auto const row = service->encode_batch_row("r-1", request).value();
    EXPECT_THAT(row.text, StartsWith(GetParam().before));
    EXPECT_EQ(row.endpoint, GetParam().endpoint);
    EXPECT_THAT(row.text, HasSubstr(R"("hi")"));
    EXPECT_EQ(row.text.find('\n'), std::string::npos);
    EXPECT_TRUE(json_value::parse(row.text));
    if (std::string_view{GetParam().service} != "azure/classic") {
        EXPECT_THAT(row.text, HasSubstr(request.body)) << "as it is";
    }
}

INSTANTIATE_TEST_SUITE_P(
    Services, BatchRowOf,
    testing::Values(row_case{"openai", R"({"custom_id":"r-1","method":"POST","url":"/v1/chat/completions","body":{)",
                             "/v1/chat/completions"},
                    row_case{"openai/responses", R"({"custom_id":"r-1","method":"POST","url":"/v1/responses","body":{)",
                             "/v1/responses"},
                    row_case{"azure", R"({"custom_id":"r-1","method":"POST","url":"/v1/chat/completions","body":{)",
                             "/v1/chat/completions"},
                    row_case{"azure/classic",
                             R"({"custom_id":"r-1","method":"POST","url":"/chat/completions","body":{)",
                             "/chat/completions"},
                    row_case{"anthropic", R"({"custom_id":"r-1","params":{)", "/v1/messages"},
                    row_case{"gemini", R"({"key":"r-1","request":{)", "/models/m:generateContent"}),
    [](auto const& row) {
        std::string name{row.param.service};
        std::ranges::replace(name, '/', '_');
        return name;
    });

TEST(BatchRow, OfADeploymentNamesItAsTheModel) {
    auto const service = service_of("azure/classic");
    auto const row = service->encode_batch_row("r", service->encode(question(), false).value()).value();
    EXPECT_THAT(row.text, HasSubstr(R"("model":"dep")"));
}

TEST(BatchRow, OfServicesWithoutBatchesIsRefused) {
    for (auto const* name : {"vertex", "azure_ai", "groq"}) {
        auto const service = make(name);
        EXPECT_EQ(service->limits_of_batches().requests, 0U) << name;
        auto const row = service->encode_batch_row("r", service->encode(question(), false).value());
        ASSERT_FALSE(row) << name;
        EXPECT_EQ(row.error().code, errc::invalid_argument);
        EXPECT_THAT(row.error().message, HasSubstr("batches of its own"));
    }
}

// --- handing over ---

batch_input input_for(std::string const& service) {
    return {.mark = "coax-1",
            .endpoint = service == "gemini" ? "/models/m:generateContent" : "/v1/chat/completions",
            .model = "m",
            .rows = "{\"a\":1}\n{\"b\":2}\n",
            .count = 2};
}

TEST(BatchHandover, OfOpenAiUploadsAFileAndMakesABatchOfIt) {
    auto const service = make("openai");
    auto const first = service->encode_batch(input_for("openai"), "").value();
    EXPECT_EQ(first.target, "/v1/files");
    EXPECT_TRUE(first.repeatable);
    EXPECT_THAT(first.headers.find("Content-Type"), StartsWith("multipart/form-data; boundary="));
    EXPECT_THAT(first.body, HasSubstr("name=\"purpose\"\r\n\r\nbatch\r\n"));
    EXPECT_THAT(first.body, HasSubstr("filename=\"coax-1.jsonl\""));
    EXPECT_THAT(first.body, HasSubstr("\r\n\r\n{\"a\":1}\n{\"b\":2}\n\r\n--"));
    auto const reached = service->decode_handover("", ok(R"({"id":"file-9","object":"file"})"), test_time).value();
    EXPECT_FALSE(reached.batch);
    auto const second = service->encode_batch(input_for("openai"), reached.reached).value();
    EXPECT_EQ(second.target, "/v1/batches");
    EXPECT_FALSE(second.repeatable);
    EXPECT_TRUE(same_json(second.body, R"({"input_file_id":"file-9","endpoint":"/v1/chat/completions",
        "completion_window":"24h","metadata":{"coax_batch":"coax-1"}})"));
    auto const made = service->decode_handover("file-9", ok(R"({"id":"batch_1","status":"validating"})"), test_time);
    EXPECT_EQ(made.value().batch->id, "batch_1");
}

TEST(BatchHandover, OfAzureStandsBesideTheDeployments) {
    auto const service = service_of("azure/classic");
    EXPECT_EQ(service->encode_batch(input_for("azure"), "").value().target,
              "/openai/files?api-version=2025-04-01-preview");
    EXPECT_EQ(service->encode_batch(batch_request::look, "batch_1").value().target,
              "/openai/batches/batch_1?api-version=2025-04-01-preview");
    EXPECT_EQ(make("azure")->encode_batch(input_for("azure"), "").value().target, "/openai/v1/files");
}

TEST(BatchHandover, OfAnthropicIsOneRequest) {
    auto const service = make("anthropic");
    auto const only = service->encode_batch(input_for("anthropic"), "").value();
    EXPECT_EQ(only.target, "/v1/messages/batches");
    EXPECT_FALSE(only.repeatable);
    EXPECT_EQ(only.body, R"({"requests":[{"a":1},{"b":2}]})");
    auto const made =
        service->decode_handover("", ok(R"({"id":"msgbatch_1","processing_status":"in_progress"})"), test_time).value();
    EXPECT_EQ(made.batch->id, "msgbatch_1");
}

TEST(BatchHandover, OfGeminiIsAResumableUploadAndABatch) {
    auto const service = make("gemini");
    auto const input = input_for("gemini");
    auto const first = service->encode_batch(input, "").value();
    EXPECT_EQ(first.target, "/upload/v1beta/files");
    EXPECT_EQ(first.headers.find("X-Goog-Upload-Command"), "start");
    EXPECT_EQ(first.headers.find("X-Goog-Upload-Header-Content-Length"), "16");
    header_list const to{{"x-goog-upload-url", "https://elsewhere.test/upload/v1beta/files?upload_id=7"}};
    auto const upload = service->decode_handover("", ok("", to), test_time).value();
    auto const second = service->encode_batch(input, upload.reached).value();
    EXPECT_EQ(second.to.host, "generativelanguage.googleapis.com") << "the key goes nowhere else";
    EXPECT_EQ(second.target, "/upload/v1beta/files?upload_id=7");
    EXPECT_EQ(second.body, input.rows);
    EXPECT_EQ(second.headers.find("X-Goog-Upload-Command"), "upload, finalize");
    auto const file = service->decode_handover(upload.reached, ok(R"({"file":{"name":"files/x"}})"), test_time).value();
    auto const third = service->encode_batch(input, file.reached).value();
    EXPECT_EQ(third.target, "/v1beta/models/m:batchGenerateContent");
    EXPECT_FALSE(third.repeatable);
    EXPECT_TRUE(same_json(third.body, R"({"batch":{"displayName":"coax-1","inputConfig":{"fileName":"files/x"}}})"));
    auto const made = service->decode_handover(
        file.reached, ok(R"({"name":"batches/b","metadata":{"state":"BATCH_STATE_PENDING"}})"), test_time);
    EXPECT_EQ(made.value().batch->id, "batches/b");
}

// --- states ---

struct state_case {
    char const* service;
    char const* body;
    batch_state state;
    std::vector<std::string> results;
};
void PrintTo(state_case const& row, std::ostream* out) { *out << row.service << ' ' << row.body; }
class BatchStateOf : public testing::TestWithParam<state_case> {};

TEST_P(BatchStateOf, IsReadWithWhereItsResultsAre) {
    auto const seen = make(GetParam().service)->decode_batch(ok(GetParam().body), test_time).value();
    EXPECT_EQ(seen.state, GetParam().state);
    EXPECT_EQ(seen.results, GetParam().results);
    EXPECT_EQ(seen.is_over(), GetParam().state > batch_state::cancelling);
    EXPECT_EQ(seen.failure.has_value(), GetParam().state == batch_state::failed);
}

INSTANTIATE_TEST_SUITE_P(
    Services, BatchStateOf,
    testing::Values(
        state_case{"openai", R"({"id":"b","status":"validating"})", batch_state::validating, {}},
        state_case{"openai", R"({"id":"b","status":"in_progress"})", batch_state::in_progress, {}},
        state_case{"openai", R"({"id":"b","status":"finalizing"})", batch_state::finishing, {}},
        state_case{"openai", R"({"id":"b","status":"cancelling"})", batch_state::cancelling, {}},
        state_case{"openai", R"({"id":"b","status":"novel"})", batch_state::unknown, {}},
        state_case{"openai",
                   R"({"id":"b","status":"completed","output_file_id":"o","error_file_id":null})",
                   batch_state::completed,
                   {"o"}},
        state_case{"openai",
                   R"({"id":"b","status":"expired","output_file_id":"o","error_file_id":"e"})",
                   batch_state::expired,
                   {"o", "e"}},
        state_case{"openai", R"({"id":"b","status":"cancelled","error_file_id":"e"})", batch_state::cancelled, {"e"}},
        state_case{"openai",
                   R"({"id":"b","status":"failed","errors":{"data":[{"code":"url_mismatch","line":3}]}})",
                   batch_state::failed,
                   {}},
        state_case{"anthropic", R"({"id":"b","processing_status":"in_progress"})", batch_state::in_progress, {}},
        state_case{"anthropic", R"({"id":"b","processing_status":"canceling"})", batch_state::cancelling, {}},
        state_case{"anthropic",
                   R"({"id":"b","processing_status":"ended","request_counts":{"succeeded":2}})",
                   batch_state::completed,
                   {"b"}},
        state_case{"anthropic",
                   R"({"id":"b","processing_status":"ended","request_counts":{"expired":2}})",
                   batch_state::expired,
                   {"b"}},
        state_case{"anthropic",
                   R"({"id":"b","processing_status":"ended","cancel_initiated_at":"2026-01-01T00:00:00Z"})",
                   batch_state::cancelled,
                   {"b"}},
        state_case{"gemini",
                   R"({"name":"batches/b","metadata":{"state":"BATCH_STATE_RUNNING"}})",
                   batch_state::in_progress,
                   {}},
        state_case{"gemini",
                   R"({"name":"b","metadata":{"state":"JOB_STATE_SUCCEEDED","output":{"responsesFile":"f"}}})",
                   batch_state::completed,
                   {"f"}},
        state_case{"gemini", R"({"name":"b","metadata":{"state":"BATCH_STATE_EXPIRED"}})", batch_state::expired, {}},
        state_case{"gemini",
                   R"({"name":"b","metadata":{"state":"BATCH_STATE_FAILED"},"error":{"code":3,"message":"x"}})",
                   batch_state::failed,
                   {}}));

TEST(BatchState, TellsWhyABatchWasRefused) {
    auto const seen = make("openai")
                          ->decode_batch(ok(R"({"id":"b","status":"failed","errors":{"data":[
        {"code":"url_mismatch","message":"The URL does not match.","line":3}]}})"),
                                         test_time)
                          .value();
    EXPECT_EQ(seen.failure->code, errc::bad_request);
    EXPECT_EQ(seen.failure->where, "line 3");
    EXPECT_THAT(seen.failure->service_message, HasSubstr("does not match"));
    auto const full = make("openai")
                          ->decode_batch(ok(R"({"id":"b","status":"failed","errors":{"data":[
        {"code":"token_limit_exceeded","message":"Enqueued token limit reached."}]}})"),
                                         test_time)
                          .value();
    EXPECT_TRUE(is_retryable(*full.failure)) << "others must end first";
}

TEST(BatchState, OfOneThatIsGoneIsNotFound) {
    http_response const gone{.status = 404, .body = R"({"error":{"message":"No batch found"}})"};
    for (auto const* name : {"openai", "anthropic", "gemini"})
        EXPECT_EQ(make(name)->decode_batch(gone, test_time).error().code, errc::not_found) << name;
}

TEST(BatchList, HasMarksAndItsNextPart) {
    auto const openai = make("openai")->decode_batches(ok(R"({"data":[{"id":"b2","status":"completed",
        "metadata":{"coax_batch":"m2"},"created_at":1700000000},{"id":"b1","metadata":null}],
        "has_more":true,"last_id":"b1"})"),
                                                       test_time);
    ASSERT_TRUE(openai);
    EXPECT_EQ(openai->batches.at(0).mark, "m2");
    EXPECT_EQ(openai->batches.at(0).created->time_since_epoch().count(), 1'700'000'000);
    EXPECT_EQ(openai->batches.at(1).mark, "");
    EXPECT_EQ(openai->next, "b1");
    EXPECT_EQ(make("openai")->encode_batch(batch_request::list, "b1").value().target, "/v1/batches?limit=100&after=b1");
    auto const azure = make("azure")->decode_batches(ok(R"({"value":[{"id":"b1"}]})"), test_time);
    EXPECT_EQ(azure->batches.size(), 1U);
    auto const gemini = make("gemini")->decode_batches(
        ok(R"({"operations":[{"name":"batches/1","metadata":{"displayName":"m1"}}],"nextPageToken":"t"})"), test_time);
    EXPECT_EQ(gemini->batches.at(0).mark, "m1");
    EXPECT_EQ(gemini->next, "t");
    EXPECT_TRUE(make("gemini")->decode_batches(ok("{}"), test_time)->batches.empty());
}

// --- results ---

struct line_case {
    char const* service;
    char const* line;
    batch_row_state state;
    int status;
};
void PrintTo(line_case const& row, std::ostream* out) { *out << row.service << ' ' << row.line; }
class BatchLineOf : public testing::TestWithParam<line_case> {};

TEST_P(BatchLineOf, IsARowsResponse) {
    auto const row = make(GetParam().service)->decode_batch_row(GetParam().line).value();
    EXPECT_EQ(row.id, "a");
    EXPECT_EQ(row.state, GetParam().state);
    if (row.state == batch_row_state::answered) {
        EXPECT_EQ(row.response.status, GetParam().status);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Services, BatchLineOf,
    testing::Values(
        line_case{"openai", R"({"custom_id":"a","response":{"status_code":200,"body":{"id":"c"}},"error":null})",
                  batch_row_state::answered, 200},
        line_case{"openai", R"({"custom_id":"a","response":{"status_code":429,"body":{"error":{}}},"error":null})",
                  batch_row_state::answered, 429},
        line_case{"openai", R"({"custom_id":"a","response":null,"error":{"code":"batch_expired","message":"late"}})",
                  batch_row_state::expired, 0},
        line_case{"openai", R"({"custom_id":"a","error":{"code":"batch_cancelled"}})", batch_row_state::cancelled, 0},
        line_case{"openai", R"({"custom_id":"a","error":{"code":"internal"}})", batch_row_state::answered, 500},
        line_case{"anthropic", R"({"custom_id":"a","result":{"type":"succeeded","message":{"id":"m"}}})",
                  batch_row_state::answered, 200},
        line_case{
            "anthropic",
            R"({"custom_id":"a","result":{"type":"errored","error":{"type":"error","error":{"type":"invalid_request_error"}}}})",
            batch_row_state::answered, 400},
        line_case{
            "anthropic",
            R"({"custom_id":"a","result":{"type":"errored","error":{"type":"error","error":{"type":"overloaded_error"}}}})",
            batch_row_state::answered, 529},
        line_case{"anthropic", R"({"custom_id":"a","result":{"type":"expired"}})", batch_row_state::expired, 0},
        line_case{"anthropic", R"({"custom_id":"a","result":{"type":"canceled"}})", batch_row_state::cancelled, 0},
        line_case{"gemini", R"({"key":"a","response":{"candidates":[]}})", batch_row_state::answered, 200},
        line_case{"gemini", R"({"key":"a","error":{"code":8,"message":"x"}})", batch_row_state::answered, 429},
        line_case{"gemini", R"({"key":"a","error":{"code":3,"message":"x"}})", batch_row_state::answered, 400},
        line_case{"gemini", R"({"key":"a","error":{"code":503,"message":"x"}})", batch_row_state::answered, 503}));

TEST(BatchLine, ThatIsNoneIsToldWithoutItsContent) {
    for (auto const* name : {"openai", "anthropic", "gemini"})
        for (auto const* line : {"", "{}", "[]", "secret", R"({"custom_id":"a"})", R"({"key":"a","custom_id":""})"}) {
            auto const row = make(name)->decode_batch_row(line);
            ASSERT_FALSE(row) << name << line;
            EXPECT_EQ(row.error().code, errc::protocol_error);
            EXPECT_EQ(row.error().message.find("secret"), std::string::npos);
        }
}

TEST(BatchResults, ComeFromWhereTheKeyAlwaysGoes) {
    EXPECT_EQ(make("openai")->encode_batch_results("file-1").value().target, "/v1/files/file-1/content");
    EXPECT_EQ(make("anthropic")->encode_batch_results("b").value().target, "/v1/messages/batches/b/results");
    EXPECT_EQ(make("gemini")->encode_batch_results("files/f").value().target,
              "/download/v1beta/files/f:download?alt=media");
}

}  // namespace
}  // namespace coax
