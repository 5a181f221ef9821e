// The files that the simulated services keep.
#include "sim/form_data.hpp"
#include "sim/service.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>

#include <ostream>

namespace coax::sim::detail {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr std::string_view form_type = "multipart/form-data; boundary=b1";

/// A part of a form: `name`, or `name; filename="…"`, and its bytes.
std::string part(std::string_view name, std::string_view bytes) {
    return "--b1\r\nContent-Disposition: form-data; name=" + std::string{name} + "\r\n\r\n" + std::string{bytes} +
           "\r\n";
}
std::string form_of(std::string const& parts) { return parts + "--b1--\r\n"; }
std::string const text_file = part("\"file\"; filename=\"a.txt\"", "some\r\n--text");

json::value parsed(response const& out) { return out.body.empty() ? json::value{} : json::parse(out.body); }
std::string text_in(json::value const& of, std::string_view name) { return std::string{text_member(of, name)}; }

// --- forms ---

TEST(FormData, IsReadPartByPart) {
    auto const body = form_of(part("\"purpose\"", "batch") + text_file);
    auto const parts = read_form(form_type, body);
    ASSERT_TRUE(parts);
    ASSERT_EQ(parts->size(), 2U);
    EXPECT_EQ(find_part(*parts, "purpose")->bytes, "batch");
    EXPECT_EQ(find_part(*parts, "purpose")->file_name, std::nullopt);
    EXPECT_EQ(find_part(*parts, "file")->file_name, "a.txt");
    EXPECT_EQ(find_part(*parts, "file")->bytes, "some\r\n--text");
    EXPECT_EQ(find_part(*parts, "other"), nullptr);
}

TEST(FormData, CutAnywhereIsNone) {
    auto const body = form_of(part("\"purpose\"", "batch") + text_file);
    for (std::size_t size = 0; size + 2 < body.size(); ++size)
        EXPECT_FALSE(read_form(form_type, std::string_view{body}.substr(0, size))) << size;
    EXPECT_FALSE(read_form("application/json", body));
    EXPECT_FALSE(read_form("multipart/form-data", body));
    EXPECT_FALSE(read_form("multipart/form-data; boundary=b2", body));
}

// --- OpenAI ---

class KeptFiles : public testing::Test {
protected:
    response ask(request_view request) { return of_.handle(request, {.system = now_}); }
    response upload(std::string const& form, std::string_view version = {}, std::string_view beta = {}) {
        return ask({.method = "POST",
                    .target = "/v1/files",
                    .body = form,
                    .anthropic_version = version,
                    .anthropic_beta = beta,
                    .content_type = form_type});
    }
    response get(std::string const& target, std::string_view version = {}) {
        return ask({.method = "GET", .target = target, .anthropic_version = version});
    }
    response remove(std::string const& target, std::string_view version = {}) {
        return ask({.method = "DELETE", .target = target, .anthropic_version = version});
    }

    std::chrono::system_clock::time_point now_{1'795'219'200s};
    service of_{options{}};
};

TEST_F(KeptFiles, OfOpenAiAreShownReadListedAndDeleted) {
    auto const made = parsed(upload(form_of(part("\"purpose\"", "user_data") + text_file)));
    auto const id = text_in(made, "id");
    EXPECT_THAT(id, HasSubstr("file-"));
    EXPECT_EQ(made.at("bytes"), 12);
    EXPECT_EQ(text_in(made, "filename"), "a.txt");
    EXPECT_EQ(text_in(made, "purpose"), "user_data");
    EXPECT_EQ(member(made, "expires_at"), nullptr);
    EXPECT_EQ(parsed(get("/v1/files/" + id)), made);
    EXPECT_EQ(get("/v1/files/" + id + "/content").body, "some\r\n--text");
    EXPECT_EQ(parsed(get("/v1/files")).at("data").at(0), made);
    EXPECT_EQ(parsed(remove("/v1/files/" + id)).at("deleted"), true);
    EXPECT_EQ(get("/v1/files/" + id).status, 404);
    EXPECT_EQ(remove("/v1/files/" + id).status, 404);
    EXPECT_TRUE(parsed(get("/v1/files")).at("data").as_array().empty());
}

TEST_F(KeptFiles, OfOpenAiAreListedPageByPage) {
    std::vector<std::string> ids;
    for (auto const* const purpose : {"user_data", "vision", "user_data"})
        ids.push_back(text_in(parsed(upload(form_of(part("\"purpose\"", purpose) + text_file))), "id"));
    auto const newest = parsed(get("/v1/files?limit=2"));
    EXPECT_EQ(text_in(newest, "first_id"), ids[2]);
    EXPECT_EQ(text_in(newest, "last_id"), ids[1]);
    EXPECT_EQ(newest.at("has_more"), true);
    auto const rest = parsed(get("/v1/files?limit=2&after=" + ids[1]));
    EXPECT_EQ(text_in(rest, "first_id"), ids[0]);
    EXPECT_EQ(rest.at("has_more"), false);
    EXPECT_EQ(text_in(parsed(get("/v1/files?order=asc&purpose=vision")), "first_id"), ids[1]);
    EXPECT_EQ(get("/v1/files?order=up").status, 400);
    EXPECT_EQ(get("/v1/files?limit=0").status, 400);
    EXPECT_EQ(get("/v1/files?after=none").status, 404);
}

TEST_F(KeptFiles, EndWhenTheyAreSaidTo) {
    auto const form = form_of(part("\"purpose\"", "user_data") + part("\"expires_after[anchor]\"", "created_at") +
                              part("\"expires_after[seconds]\"", "3600") + text_file);
    auto const made = parsed(upload(form));
    EXPECT_EQ(made.at("expires_at"), 1'795'222'800);
    now_ += 3599s;
    EXPECT_EQ(get("/v1/files/" + text_in(made, "id")).status, 200);
    now_ += 1s;
    EXPECT_EQ(get("/v1/files/" + text_in(made, "id")).status, 404);
    EXPECT_TRUE(parsed(get("/v1/files")).at("data").as_array().empty());
}

struct upload_case {
    char const* name;
    std::string form;
    char const* message;
};
void PrintTo(upload_case const& row, std::ostream* out) { *out << row.name; }
class BadUpload : public testing::TestWithParam<upload_case> {};

TEST_P(BadUpload, IsRefused) {
    service of{options{}};
    auto const out =
        of.handle({.method = "POST", .target = "/v1/files", .body = GetParam().form, .content_type = form_type}, {});
    EXPECT_EQ(out.status, 400);
    EXPECT_THAT(out.body, HasSubstr(GetParam().message));
}
std::string const any_purpose = part("\"purpose\"", "user_data");
INSTANTIATE_TEST_SUITE_P(
    Rows, BadUpload,
    testing::Values(upload_case{"no_form", "{}", "multipart/form-data"},
                    upload_case{"no_purpose", form_of(text_file), "'purpose'"},
                    upload_case{"other_purpose", form_of(part("\"purpose\"", "fun") + text_file), "is not one of"},
                    upload_case{"no_file", form_of(any_purpose), "'file'"},
                    upload_case{"no_file_name", form_of(any_purpose + part("\"file\"", "a")), "'file'"},
                    upload_case{"novel", form_of(any_purpose + part("\"novel\"", "a") + text_file), "'novel'"},
                    upload_case{"batch_of_text", form_of(part("\"purpose\"", "batch") + text_file), "Must be .jsonl"},
                    upload_case{"anchor", form_of(any_purpose + part("\"expires_after[anchor]\"", "now") + text_file),
                                "created_at"},
                    upload_case{"seconds",
                                form_of(any_purpose + part("\"expires_after[anchor]\"", "created_at") +
                                        part("\"expires_after[seconds]\"", "60") + text_file),
                                "3600"}),
    [](auto const& row) { return std::string{row.param.name}; });

// --- Anthropic ---

TEST_F(KeptFiles, OfAnthropicAreShownListedAndDeleted) {
    constexpr std::string_view version = "2026-10-21";
    auto const made = parsed(upload(form_of(text_file), version));
    auto const id = text_in(made, "id");
    EXPECT_EQ(text_in(made, "type"), "file");
    EXPECT_EQ(text_in(made, "filename"), "a.txt");
    EXPECT_EQ(text_in(made, "mime_type"), "application/octet-stream");
    EXPECT_EQ(made.at("size_bytes"), 12);
    EXPECT_EQ(parsed(get("/v1/files/" + id, version)), made);
    EXPECT_THAT(get("/v1/files/" + id + "/content", version).body, HasSubstr("file_not_downloadable"));
    auto const second = text_in(parsed(upload(form_of(text_file), version)), "id");
    auto const page = parsed(get("/v1/files?limit=1", version));
    EXPECT_EQ(text_in(page.at("data").at(0), "id"), second);
    auto const last = parsed(get("/v1/files?limit=1&page=" + text_in(page, "next_page"), version));
    EXPECT_EQ(last.at("data").at(0), made);
    EXPECT_TRUE(last.at("next_page").is_null());
    EXPECT_EQ(text_in(parsed(remove("/v1/files/" + id, version)), "type"), "file_deleted");
    EXPECT_EQ(get("/v1/files/" + id, version).status, 404);
    EXPECT_THAT(upload(form_of(any_purpose + text_file), version).body, HasSubstr("purpose: Extra inputs"));
    EXPECT_THAT(upload(form_of(text_file + part("\"expires_in_seconds\"", "60")), version).body, HasSubstr("3600"));
}

TEST_F(KeptFiles, AreABetaOfAnthropicsOlderVersion) {
    EXPECT_EQ(upload(form_of(text_file), "2023-06-01").status, 404);
    EXPECT_EQ(upload(form_of(text_file), "2023-06-01", "files-api-2025-04-14").status, 200);
}

// --- Gemini ---

class GeminiUpload : public KeptFiles {
protected:
    response begin(std::string_view body, request_view::upload_headers headers) {
        return ask(
            {.method = "POST", .target = "/upload/v1beta/files", .body = body, .host = "sim:1", .upload = headers});
    }
    response send(std::string_view bytes, std::string_view command, std::string_view offset) {
        return ask(
            {.method = "POST", .target = target_, .body = bytes, .upload = {.command = command, .offset = offset}});
    }
    /// Keeps where the upload goes on.
    void expect_begun(response const& out) {
        constexpr std::string_view before = "x-goog-upload-url: http://sim:1";
        auto const at = out.headers.find(before);
        ASSERT_NE(at, std::string::npos) << out.headers << out.body;
        target_ = out.headers.substr(at + before.size());
        target_ = target_.substr(0, target_.find('\r'));
    }

    static constexpr request_view::upload_headers start_{
        .protocol = "resumable", .command = "start", .length = "10", .type = "text/plain"};
    std::string target_;
};

TEST_F(GeminiUpload, GoesOnWhereItStopped) {
    expect_begun(begin(R"({"file":{"displayName":"numbers"}})", start_));
    EXPECT_THAT(send("01234", "upload", "0").headers, HasSubstr("x-goog-upload-status: active"));
    EXPECT_EQ(send("01234", "upload", "0").status, 400);
    auto const out = send("56789", "upload, finalize", "5");
    EXPECT_THAT(out.headers, HasSubstr("x-goog-upload-status: final"));
    auto const file = parsed(out).at("file");
    EXPECT_EQ(text_in(file, "displayName"), "numbers");
    EXPECT_EQ(text_in(file, "mimeType"), "text/plain");
    EXPECT_EQ(text_in(file, "sizeBytes"), "10");
    EXPECT_EQ(text_in(file, "sha256Hash"), "hNiYd/DUBB77a/kaFvAkjy/Vc+avBcGflr7bn4gveII=") << "of 0123456789";
    EXPECT_EQ(text_in(file, "state"), "ACTIVE");
    auto const target = "/v1beta/" + text_in(file, "name");
    EXPECT_EQ(parsed(get(target)), file);
    EXPECT_EQ(parsed(get("/v1beta/files")).at("files").at(0), file);
    EXPECT_EQ(get(target + ":download?alt=media").status, 400);
    EXPECT_EQ(remove(target).body, "{}");
    EXPECT_EQ(get(target).status, 403);
    EXPECT_EQ(get("/v1beta/files").body, "{}");
}

TEST_F(GeminiUpload, IsRefusedWithTheReason) {
    auto headers = start_;
    headers.protocol = "multipart";
    EXPECT_THAT(begin("{}", headers).body, HasSubstr("resumable"));
    headers = start_;
    headers.type = {};
    EXPECT_THAT(begin("{}", headers).body, HasSubstr("Mime type"));
    EXPECT_EQ(ask({.method = "POST", .target = "/upload/v1beta/files?upload_id=none", .upload = {.command = "upload"}})
                  .status,
              404);
    expect_begun(begin("{}", start_));
    EXPECT_THAT(send("0123", "upload, finalize", "0").body, HasSubstr("4 bytes in place of 10"));
}

}  // namespace
}  // namespace coax::sim::detail
