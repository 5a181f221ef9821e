// The batches that the simulated services work on.
#include "sim/service.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>

#include <ostream>

namespace coax::sim::detail {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

json::value read(response const& out) { return out.body.empty() ? json::value{} : json::parse(out.body); }

std::string line(std::string const& id, std::string const& more = {}) {
    return R"({"custom_id":")" + id +
           R"(","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user","content":"hi"}])" +
           more + "}}\n";
}

/// The simulated OpenAI, by a clock of its own.
struct openai_batch_service {
    service of;
    moment now{.system = std::chrono::sys_days{std::chrono::year{2026} / 11 / 29}};

    explicit openai_batch_service(options opts = {}) : of{opts} {}

    response ask(std::string_view method, std::string const& target, std::string_view body = {},
                 std::string_view type = "application/json") {
        return of.handle({.method = method, .target = target, .body = body, .content_type = type}, now);
    }
    std::string upload(std::string const& lines) {
        auto const form =
            "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--b\r\n"
            "Content-Disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n\r\n" +
            lines + "\r\n--b--\r\n";
        auto const made = read(ask("POST", "/v1/files", form, "multipart/form-data; boundary=b"));
        return std::string{text_member(made, "id")};
    }
    std::string begin(std::string const& lines) {
        auto const body = R"({"input_file_id":")" + upload(lines) +
                          R"(","endpoint":"/v1/chat/completions","completion_window":"24h"})";
        return std::string{text_member(read(ask("POST", "/v1/batches", body)), "id")};
    }
    json::value look(std::string const& id) { return read(ask("GET", "/v1/batches/" + id)); }
    std::string content(json::value const& batch, char const* which) {
        return ask("GET", "/v1/files/" + std::string{text_member(batch, which)} + "/content").body;
    }
    void wait(std::chrono::milliseconds time) {
        now.steady += time;
        now.system += time;
    }
};

TEST(SimBatches, GoThroughTheirStatesInTime) {
    openai_batch_service s{{.batch_duration = 10h}};
    auto const id = s.begin(line("a") + line("b"));
    EXPECT_EQ(text_member(s.look(id), "status"), "validating");
    s.wait(2h);
    EXPECT_EQ(text_member(s.look(id), "status"), "in_progress");
    EXPECT_TRUE(s.look(id).at("output_file_id").is_null());
    s.wait(8h);
    auto const done = s.look(id);
    EXPECT_EQ(text_member(done, "status"), "completed");
    EXPECT_THAT(s.content(done, "output_file_id"), HasSubstr(R"("custom_id":"b")"));
    EXPECT_TRUE(done.at("error_file_id").is_null());
    EXPECT_EQ(s.of.counted().batch_rows, 2U);
}

TEST(SimBatches, ACancelledOneHasWhatWasDoneByThen) {
    openai_batch_service s{{.batch_duration = 10h}};
    auto const id = s.begin(line("a") + line("b") + line("c") + line("d"));
    s.wait(5h);
    EXPECT_EQ(text_member(read(s.ask("POST", "/v1/batches/" + id + "/cancel")), "status"), "cancelling");
    s.wait(1h);
    auto const done = s.look(id);
    EXPECT_EQ(text_member(done, "status"), "cancelled");
    EXPECT_THAT(s.content(done, "output_file_id"), HasSubstr(R"("custom_id":"b")"));
    EXPECT_EQ(s.content(done, "output_file_id").find(R"("custom_id":"c")"), std::string::npos);
    EXPECT_EQ(s.ask("POST", "/v1/batches/" + id + "/cancel").status, 409);
}

TEST(SimBatches, OneThatExpiresTellsOfTheRowsThatItLeaves) {
    openai_batch_service s{{.batch_faults = {{.kind = batch_fault_kind::expire, .share = 0.5}}}};
    auto const done = s.look(s.begin(line("a") + line("b")));
    EXPECT_EQ(text_member(done, "status"), "expired");
    EXPECT_THAT(s.content(done, "output_file_id"), HasSubstr(R"("custom_id":"a")"));
    EXPECT_THAT(s.content(done, "error_file_id"), HasSubstr("batch_expired"));
}

struct wrong_lines {
    char const* name;
    std::string lines;
    char const* code;
    int line;
};
void PrintTo(wrong_lines const& row, std::ostream* out) { *out << row.name; }
class SimBatchCheck : public testing::TestWithParam<wrong_lines> {};

TEST_P(SimBatchCheck, FailsTheBatchAndNamesTheLine) {
    openai_batch_service s;
    auto const done = s.look(s.begin(GetParam().lines));
    EXPECT_EQ(text_member(done, "status"), "failed");
    auto const& first = done.at("errors").at("data").at(0);
    EXPECT_EQ(text_member(first, "code"), GetParam().code);
    if (GetParam().line > 0) {
        EXPECT_EQ(first.at("line"), GetParam().line);
    }
    EXPECT_EQ(s.of.counted().batch_rows, 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, SimBatchCheck,
    testing::Values(wrong_lines{"empty", "\n", "empty_file", 0},
                    wrong_lines{"no_json", line("a") + "{", "invalid_json_line", 2},
                    wrong_lines{"twice", line("a") + line("a"), "duplicate_custom_id", 2},
                    wrong_lines{"no_id", line(""), "missing_required_parameter", 1},
                    wrong_lines{"other_address",
                                R"({"custom_id":"a","method":"POST","url":"/v1/embeddings","body":{"model":"m"}})",
                                "url_mismatch", 1},
                    wrong_lines{"other_method",
                                R"({"custom_id":"a","method":"GET","url":"/v1/chat/completions","body":{"model":"m"}})",
                                "invalid_method", 1},
                    wrong_lines{"streamed", line("a", R"(,"stream":true)"), "invalid_request", 1},
                    wrong_lines{"two_models", line("a") + line("b", R"(,"model":"n")"), "mismatched_model", 2},
                    wrong_lines{"byte_order_mark", "\xEF\xBB\xBF" + line("a"), "invalid_json_line", 1}),
    [](auto const& row) { return std::string{row.param.name}; });

TEST(SimBatches, AFileForAnotherPurposeIsRefused) {
    openai_batch_service s;
    auto const body = R"({"input_file_id":"file-none","endpoint":"/v1/chat/completions","completion_window":"24h"})";
    EXPECT_EQ(s.ask("POST", "/v1/batches", body).status, 404);
    auto const late = R"({"input_file_id":"f","endpoint":"/v1/chat/completions","completion_window":"48h"})";
    EXPECT_EQ(s.ask("POST", "/v1/batches", late).status, 400);
}

TEST(SimBatches, OneThatVanishedIsNotFoundNorListed) {
    openai_batch_service s{{.batch_faults = {{.kind = batch_fault_kind::vanish, .batch = 1}}}};
    auto const id = s.begin(line("a"));
    auto const other = s.begin(line("a"));
    EXPECT_EQ(s.ask("GET", "/v1/batches/" + id).status, 404);
    auto const listed = read(s.ask("GET", "/v1/batches"));
    ASSERT_EQ(listed.at("data").as_array().size(), 1U);
    EXPECT_EQ(text_member(listed.at("data").at(0), "id"), other);
}

TEST(SimBatches, FaultsAreReadFromText) {
    auto const fault = parse_batch_fault("fail_rows:0.25:2:429");
    ASSERT_TRUE(fault);
    EXPECT_EQ(fault->kind, batch_fault_kind::fail_rows);
    EXPECT_EQ(fault->share, 0.25);
    EXPECT_EQ(fault->batch, 2U);
    EXPECT_EQ(fault->http_status, 429);
    for (auto const* wrong : {"", "novel", "expire:2", "expire:x", "expire:0.5:1:200", "expire:1:1:500:1"})
        EXPECT_FALSE(parse_batch_fault(wrong)) << wrong;
}

}  // namespace
}  // namespace coax::sim::detail
