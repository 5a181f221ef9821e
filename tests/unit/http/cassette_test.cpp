#include "support/run_coro.hpp"

#include <coax/http/cassette.hpp>
#include <coax/http/memory_transport.hpp>
#include <coax/runtime/clock.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace coax::test {
namespace {

using namespace std::chrono_literals;
using timed_response = memory_transport::timed_response;

/// A cassette in a folder of its own, which goes with it.
class scratch_file {
public:
    scratch_file() {
        auto pattern = (std::filesystem::temp_directory_path() / "cassette-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
    }
    ~scratch_file() { std::filesystem::remove_all(folder_); }
    scratch_file(scratch_file const&) = delete;

    [[nodiscard]] std::string path() const { return folder_ + "/c.jsonl"; }
    [[nodiscard]] std::string text() const {
        std::ifstream in{path()};
        return {std::istreambuf_iterator<char>{in}, {}};
    }
    void write(std::string_view text) const { std::ofstream{path()} << text; }
    [[nodiscard]] std::size_t files() const {
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{folder_}, {}));
    }

private:
    std::string folder_;
};

http_request post(std::string body, std::string target = "/v1/chat?v=1") {
    return {.to = {.host = "api.example.com"},
            .target = std::move(target),
            .headers = {{"Authorization", "Bearer sk-very-secret"}, {"Content-Type", "application/json"}},
            .body = std::move(body)};
}

std::shared_ptr<transport> giving(timed_response answer) {
    return std::make_shared<memory_transport>([answer = std::move(answer)](auto const&) { return answer; });
}

asio::awaitable<void> record_one(std::string path, timed_response answer, http_request request,
                                 recording_options options = {}) {
    record_transport recorder{giving(std::move(answer)), path, std::move(options)};
    (void)co_await recorder.send(std::move(request), {});
    EXPECT_TRUE(recorder.save());
}

std::string error_of(auto const& outcome) { return outcome ? "none" : to_string(outcome.error()); }

TEST(Cassette, GivesWhatWasRecordedWhateverTheOrderOfMembers) {
    run_virtual([]() -> asio::awaitable<void> {
        scratch_file const file;
        timed_response answer{
            .response = {.status = 429, .headers = {{"Retry-After", "7"}}, .body = "{\n \"price\": 0.10,\n\"a\":[]}"},
            .delay = 1500ms};
        co_await record_one(file.path(), std::move(answer), post(R"({"b":[1,2.50],"a":"x"})"));
        replay_transport tape{file.path()};
        EXPECT_EQ(tape.unused(), std::vector<std::string>{"line 2: POST /v1/chat?v=1"});
        auto const began = now(co_await asio::this_coro::executor);
        auto const response = co_await tape.send(post(R"( {"a": "x", "b": [1, 2.5]} )"), {});
        EXPECT_EQ(error_of(response), "none");
        if (!response) co_return;
        EXPECT_EQ(now(co_await asio::this_coro::executor) - began, 1500ms);
        EXPECT_EQ(response->status, 429);
        EXPECT_EQ(response->headers.find("retry-after"), "7");
        EXPECT_EQ(response->body, R"({"price":0.10,"a":[]})") << "numbers as they came";
        EXPECT_TRUE(tape.unused().empty());
    }());
}

TEST(Cassette, StreamsComeWhenTheyCame) {
    run_virtual([]() -> asio::awaitable<void> {
        scratch_file const file;
        {
            record_transport recorder{giving({.response = {.status = 200,
                                                           .headers = {{"content-type", "text/event-stream"}},
                                                           .body = "data: a\n\ndata: b\n\n"},
                                              .delay = 2s,
                                              .piece_bytes = 9,
                                              .delay_per_piece = 700ms}),
                                      file.path()};
            auto stream = co_await recorder.open(post("{}"), {});
            while (stream) {
                auto const piece = co_await (*stream)->read();
                if (!piece || piece->empty()) break;
            }
        }
        replay_transport tape{file.path(), {.repeat = true}};
        auto const executor = co_await asio::this_coro::executor;
        auto const began = now(executor);
        auto stream = co_await tape.open(post("{}"), {});
        std::ostringstream seen;
        while (stream) {
            seen << std::chrono::duration_cast<std::chrono::milliseconds>(now(executor) - began).count() << ' ';
            auto const piece = co_await (*stream)->read();
            if (!piece || piece->empty()) break;
            seen << *piece;
        }
        EXPECT_EQ(seen.str(), "2000 data: a\n\n2700 data: b\n\n3400 ");
        auto const late = co_await tape.open(post("{}"), {.first_byte = 1s});
        EXPECT_EQ(error_of(late), "timeout: the first_byte limit of 1000 ms passed at https://api.example.com");
        replay_transport quick{file.path(), {.timed = false}};
        auto const before = now(executor);
        auto const whole = co_await quick.send(post("{}"), {});
        EXPECT_EQ(whole ? whole->body : error_of(whole), "data: a\n\ndata: b\n\n");
        EXPECT_EQ(now(executor), before);
    }());
}

struct body_case {
    char const* name;
    std::string_view body;
    std::string_view recorded;  ///< What stands in the file.
};
void PrintTo(body_case const& row, std::ostream* out) { *out << row.name; }
class CassetteBody : public testing::TestWithParam<body_case> {};

TEST_P(CassetteBody, ComesBackAsItWas) {
    run_virtual([](body_case const& row) -> asio::awaitable<void> {
        scratch_file const file;
        timed_response answer{.response = {.status = 200, .body = std::string{row.body}}};
        co_await record_one(file.path(), std::move(answer), post("?"));
        EXPECT_NE(file.text().find(row.recorded), std::string::npos) << file.text();
        replay_transport tape{file.path()};
        auto const response = co_await tape.send(post("?"), {});
        EXPECT_EQ(response ? response->body : error_of(response), row.body);
    }(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Rows, CassetteBody,
                         testing::Values(body_case{"empty", "", R"("body":"")"},
                                         body_case{"object", R"({"a":[1,0.10,1e5]})", R"("body":{"a":[1,0.10,1e5]})"},
                                         body_case{"list", "[]", R"("body":[])"},
                                         body_case{"number", "12", R"("body":"12")"},
                                         body_case{"text", "no \"JSON\"\n", R"("body":"no \"JSON\"\n")"},
                                         body_case{"bytes", "\xff\xfe", R"("body":{"base64":"//4="})"}),
                         [](auto const& row) { return std::string{row.param.name}; });

TEST(Cassette, HoldsNoSecret) {
    run_virtual([]() -> asio::awaitable<void> {
        scratch_file const file;
        auto request =
            post(R"({"user":"alice-1","messages":[{"content":"my key is sk-very-secret, token q/uery-key"}]})",
                 "/v1/chat?key=q%2Fuery-key&tenant=t-1&v=1");
        request.headers.add("X-Team", "team-blue");
        std::string const echoed =
            "data: {\"error\":\"bad key sk-very-secret\",\"deep\":[{\"User\":\"alice-1\"}]}\n\ndata: sk-very-";
        recording_options const options{.scrub = {.headers = {"x-team"},
                                                  .query = {"Tenant"},
                                                  .members = {"user"},
                                                  .texts = {"a \"quoted\" name", "t-1"}}};
        {
            record_transport recorder{giving({.response = {.status = 200,
                                                           .headers = {{"content-type", "text/event-stream"},
                                                                       {"set-cookie", "session=abcdefgh"},
                                                                       {"x-ratelimit-limit-tokens", "1000"},
                                                                       {"x-echo", "sk-very-secret"}},
                                                           .body = echoed + "secret a \\\"quoted\\\" name\n\n"},
                                              .piece_bytes = 3}),
                                      file.path(), options};
            auto stream = co_await recorder.open(request, {});
            while (stream) {
                auto const piece = co_await (*stream)->read();
                if (!piece || piece->empty()) break;
            }
        }
        auto const text = file.text();
        for (std::string_view const hidden :
             {"sk-very-secret", "uery-key", "alice-1", "t-1", "team-blue", "abcdefgh", "quoted"})
            EXPECT_EQ(text.find(hidden), std::string::npos) << hidden << " is in " << text;
        EXPECT_NE(text.find("1000"), std::string::npos) << "a rate limit is no token";

        replay_transport tape{file.path()};
        request.headers = {{"Authorization", "Bearer another-key"}};
        request.body = R"({"user":"bob","messages":[{"content":"my key is another-key, token zzzzzzzz"}]})";
        request.target = "/v1/chat?key=zzzzzzzz&tenant=t-2&v=1";
        auto const response = co_await tape.send(request, {});
        EXPECT_EQ(error_of(response), "none") << "what is hidden does not tell requests apart";
    }());
}

TEST(Cassette, EqualRequestsGetTheirResponsesInTheOrderOfRecording) {
    run_virtual([]() -> asio::awaitable<void> {
        scratch_file const file;
        {
            int count = 0;
            auto const counting = std::make_shared<memory_transport>([&](http_request const& request) {
                return timed_response{.response = {.status = 200, .body = request.body + std::to_string(++count)}};
            });
            record_transport recorder{counting, file.path()};
            for (char const* const body : {"a", "b", "a"}) (void)co_await recorder.send(post(body), {});
        }
        replay_transport tape{file.path()};
        std::string seen;
        for (char const* const body : {"a", "a", "b"}) {
            auto const response = co_await tape.send(post(body), {});
            seen += response ? response->body + ' ' : error_of(response);
        }
        EXPECT_EQ(seen, "a1 a3 b2 ") << "others may come in between";
        EXPECT_EQ(error_of(co_await tape.send(post("a"), {})),
                  "invalid_argument: POST /v1/chat?v=1 was recorded 2 times and is sent once more; record it anew, or "
                  "set `repeat` at " +
                      file.path());
        replay_transport again{file.path(), {.repeat = true}};
        for (int i = 0; i < 3; ++i) (void)co_await again.send(post("a"), {});
        auto const last = co_await again.send(post("a"), {});
        EXPECT_EQ(last ? last->body : error_of(last), "a3");
    }());
}

struct miss_case {
    char const* name;
    std::string_view sent;
    std::string_view target;
    std::string_view told;
};
void PrintTo(miss_case const& row, std::ostream* out) { *out << row.name; }
class CassetteMiss : public testing::TestWithParam<miss_case> {};

TEST_P(CassetteMiss, NamesTheNearestAndWhatDiffers) {
    run_virtual([](miss_case const& row) -> asio::awaitable<void> {
        scratch_file const file;
        {
            record_transport recorder{giving({.response = {.status = 200}}), file.path()};
            for (char const* const body :
                 {R"({"model":"m","temperature":0,"messages":[{"role":"user","content":"Say hello in Finnish."}]})",
                  R"({"input":["a","b"]})"})
                (void)co_await recorder.send(post(body), {});
        }
        replay_transport tape{file.path()};
        auto const missed = co_await tape.send(post(std::string{row.sent}, std::string{row.target}), {});
        EXPECT_EQ(missed ? "" : missed.error().message, row.told);
        EXPECT_FALSE(missed || is_retryable(missed.error()));
        EXPECT_EQ(tape.unused().size(), 2U);
    }(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, CassetteMiss,
    testing::Values(
        miss_case{"text",
                  R"({"model":"m","temperature":0,"messages":[{"role":"user","content":"Say hello in French."}]})",
                  "/v1/chat?v=1",
                  R"(POST /v1/chat?v=1 is not on the cassette; nearest is line 2: /messages/0/content: sent "...)"
                  R"(hello in French.", recorded "...hello in Finnish.")"},
        miss_case{"members", R"({"model":"n","messages":[{"role":"user","content":"Say hello in Finnish."}],"n":2})",
                  "/v1/chat?v=1",
                  R"(POST /v1/chat?v=1 is not on the cassette; nearest is line 2: /model: sent "n", recorded "m"; /n: )"
                  R"(sent 2, recorded nothing; /temperature: sent nothing, recorded 0)"},
        miss_case{
            "list", R"({"input":["a","b","c"]})", "/v1/chat?v=1",
            R"(POST /v1/chat?v=1 is not on the cassette; nearest is line 3: /input/2: sent "c", recorded nothing)"},
        miss_case{"path", R"({"input":["a","b"]})", "/v1/embeddings",
                  "POST /v1/embeddings is not on the cassette; nearest is line 3: path: sent /v1/embeddings, recorded "
                  "/v1/chat?v=1"},
        miss_case{
            "form", "text", "/v1/chat?v=1",
            R"(POST /v1/chat?v=1 is not on the cassette; nearest is line 2: body: sent "text", recorded an object)"}),
    [](auto const& row) { return std::string{row.param.name}; });

TEST(Cassette, KeepsFailuresAndStreamsThatBroke) {
    run_virtual([]() -> asio::awaitable<void> {
        scratch_file const file;
        {
            auto const failing = std::make_shared<memory_transport>([](http_request const& request) {
                if (request.body == "unreached")
                    return result<timed_response>{error{.code = errc::connect_failed, .message = "m", .where = "w"}};
                return result<timed_response>{
                    timed_response{.response = {.status = 200,
                                                .headers = {{"content-type", "text/event-stream"}},
                                                .body = "data: a\n\n"},
                                   .fails_after = error{.code = errc::connection_lost, .message = "lost"}}};
            });
            record_transport recorder{failing, file.path()};
            (void)co_await recorder.send(post("unreached"), {});
            auto stream = co_await recorder.open(post("broken"), {});
            if (stream)
                while (co_await (*stream)->read()) {
                }
            stream = co_await recorder.open(post("left"), {});
            if (stream) (void)co_await (*stream)->read();
        }
        replay_transport tape{file.path()};
        EXPECT_EQ(error_of(co_await tape.send(post("unreached"), {})), "connect_failed: m at w");
        EXPECT_EQ(error_of(co_await tape.send(post("broken"), {})), "connection_lost: lost");
        EXPECT_EQ(error_of(co_await tape.send(post("left"), {})),
                  "connection_lost: the stream was left here when it was recorded");
    }());
}

TEST(Cassette, IsBoundedAndReplacedAsAWhole) {
    run_virtual([]() -> asio::awaitable<void> {
        scratch_file const file;
        timed_response answer{.response = {.status = 200, .body = "first"}};
        co_await record_one(file.path(), std::move(answer), post("a"));
        EXPECT_EQ(file.files(), 1U) << "nothing is left beside it";
        auto const old = file.text();
        record_transport recorder{
            giving({.response = {.status = 200, .body = std::string(1'000, 'x')}}), file.path(), {.max_bytes = 900}};
        auto const response = co_await recorder.send(post("a"), {});
        EXPECT_EQ(response ? response->body.size() : 0U, 1'000U) << "it goes on";
        auto const saved = recorder.save();
        EXPECT_EQ(saved ? errc{} : saved.error().code, errc::too_large);
        EXPECT_EQ(file.text(), old);
        EXPECT_THROW((replay_transport{file.path(), {.max_bytes = 10}}), exception);
    }());
}

TEST(Cassette, SaysWhatIsWrongWithAFile) {
    scratch_file const file;
    auto const told = [&] {
        try {
            replay_transport const tape{file.path()};
        } catch (exception const& thrown) {
            return to_string(thrown.code_value()).data() + (" " + thrown.why().where.substr(file.path().size()));
        }
        return std::string{"nothing"};
    };
    EXPECT_EQ(told(), "io_failed ");
    for (std::string_view const text : {"", "{}", R"({"coax_cassette":2})", "x"}) {
        file.write(text);
        EXPECT_EQ(told(), "invalid_json :1") << text;
    }
    file.write("{\"coax_cassette\":1}\n\n{\"request\":{}}\n");
    EXPECT_EQ(told(), "invalid_json :3");
    EXPECT_THROW((record_transport{nullptr, "x"}), exception);
    EXPECT_THROW((record_transport{giving({}), ""}), exception);
}

TEST(Cassette, IsRecordedWhereThereIsNone) {
    run_virtual([]() -> asio::awaitable<void> {
        scratch_file const file;
        int networks = 0;
        auto const network = [&] {
            ++networks;
            return giving({.response = {.status = 200, .body = "x"}});
        };
        for (int i = 0; i < 2; ++i) {
            auto const used = replay_or_record(file.path(), network);
            auto const response = co_await used->send(post("a"), {});
            EXPECT_EQ(response ? response->body : error_of(response), "x");
        }
        EXPECT_EQ(networks, 1);
    }());
}

}  // namespace
}  // namespace coax::test
