#include "telemetry/log_lines.hpp"
#include "unit/batch/temp_file.hpp"

#include <coax/bind/read.hpp>
#include <coax/json/value.hpp>
#include <coax/telemetry/log_observer.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::temp_folder;

/// A call that took 812 ms.
struct ended_call {
    call_details call{.provider = "openai",
                      .model = "gpt-5.4-mini",
                      .address = "https://api.openai.com:443",
                      .response_id = "resp_1",
                      .response_model = "gpt-5.4-mini-2026",
                      .request_id = "req_1",
                      .finish_reason = finish_reason::stop,
                      .usage = {.input_tokens = 120, .output_tokens = 35, .cached_input_tokens = 64},
                      .attempts = 1,
                      .first_token = 200ms};
    error why{};
    operation one{.kind = operation_kind::chat, .call = &call, .took = 812ms};

    ended_call() {
        one.context.trace_id[15] = 0xA1;
        one.context.span_id[0] = 0x0F;
        one.began = std::chrono::system_clock::time_point{std::chrono::seconds{1'795'000'000}};
        one.input = R"([{"role":"user","content":"my secret prompt"}])";
        one.output = R"([{"role":"assistant","content":"the response"}])";
    }
    ended_call(ended_call const&) = delete;
    ended_call& operator=(ended_call const&) = delete;

    operation const& failed(error with) {
        why = std::move(with);
        one.why = &why;
        return one;
    }
};

std::vector<std::string> lines_of(std::string const& path) {
    std::vector<std::string> lines;
    std::istringstream text{temp_folder::read(path)};
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
}

using members = std::map<std::string, json_value>;

TEST(LogLine, TellsOfACallInAFewWords) {
    using telemetry::detail::text_of;
    ended_call call;
    EXPECT_EQ(text_of(call.one), "chat gpt-5.4-mini: ok in 812 ms, 120 + 35 tokens, 1 attempt (openai, req_1)");
    call.call.attempts = 3;
    call.call.request_id = {};
    EXPECT_EQ(text_of(call.failed({.code = errc::rate_limited, .message = "slow\ndown\x1b[31m", .http_status = 429})),
              "chat gpt-5.4-mini: rate_limited in 812 ms, 120 + 35 tokens, 3 attempts (openai): " +
                  telemetry::detail::one_line(to_string(call.why)));
    attempt_details attempt{.number = 2};
    call.one.kind = operation_kind::attempt;
    call.one.attempt = &attempt;
    EXPECT_EQ(
        text_of(call.one).find("attempt 2 gpt-5.4-mini: rate_limited in 812 ms (openai, https://api.openai.com:443)"),
        0U)
        << text_of(call.one);
    EXPECT_EQ(text_of(call.one, {.kind = moment_kind::queued, .time = 40ms}),
              "attempt 2 gpt-5.4-mini: waited 40 ms for its turn");
    ended_call hit;
    hit.call.cached = true;
    EXPECT_EQ(text_of(hit.one), "chat gpt-5.4-mini: ok in 812 ms, 120 + 35 tokens, from the cache (openai, req_1)");
}

TEST(LogLine, HasNothingThatATerminalObeys) {
    ended_call call;
    auto const text =
        telemetry::detail::text_of(call.failed({.code = errc::bad_request, .message = "a\x1b[2Jb\r\nc\x7f"}));
    for (char const c : text) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
}

TEST(LogLine, HasTheLevelOfItsOutcome) {
    using telemetry::detail::level_of;
    ended_call call;
    EXPECT_EQ(level_of(call.one), log_level::info);
    EXPECT_EQ(level_of(call.failed({.code = errc::timeout})), log_level::error);
    EXPECT_EQ(level_of(call.failed({.code = errc::cancelled})), log_level::info);
    call.one.kind = operation_kind::attempt;
    EXPECT_EQ(level_of(call.failed({.code = errc::timeout})), log_level::warning);
    call.one.why = nullptr;
    EXPECT_EQ(level_of(call.one), log_level::debug);
    log_options const options{.level = log_level::warning,
                              .rooms = {{"http", log_level::debug}, {"batch", log_level::off}}};
    using telemetry::detail::is_wanted;
    EXPECT_TRUE(is_wanted(options, "http", log_level::debug));
    EXPECT_FALSE(is_wanted(options, "client", log_level::info));
    EXPECT_TRUE(is_wanted(options, "client", log_level::warning));
    EXPECT_FALSE(is_wanted(options, "batch", log_level::error));
}

TEST(InferenceLine, IsAnObjectWithAllThatACallCost) {
    ended_call call;
    auto const text = telemetry::detail::inference_json(call.one, false);
    auto const read = json::read<members>(text);
    ASSERT_TRUE(read) << text;
    auto const is = [&](char const* name) { return read->at(name).text(); };
    EXPECT_EQ(is("time"), "\"2026-11-18T11:06:40Z\"");
    EXPECT_EQ(is("operation"), "\"chat\"");
    EXPECT_EQ(is("outcome"), "\"ok\"");
    EXPECT_EQ(is("latency_ms"), "812");
    EXPECT_EQ(is("first_token_ms"), "200");
    EXPECT_EQ(is("model"), "\"gpt-5.4-mini\"");
    EXPECT_EQ(is("response_model"), "\"gpt-5.4-mini-2026\"");
    EXPECT_EQ(is("attempts"), "1");
    EXPECT_EQ(is("request_id"), "\"req_1\"");
    EXPECT_EQ(is("trace_id"), "\"000000000000000000000000000000a1\"");
    EXPECT_EQ(is("span_id"), "\"0f00000000000000\"");
    auto const used = json::read<usage>(read->at("usage"));
    ASSERT_TRUE(used);
    EXPECT_EQ(*used, call.call.usage);
    EXPECT_FALSE(read->contains("input"));
    EXPECT_EQ(text.find("secret prompt"), std::string::npos);
    EXPECT_FALSE(read->contains("cached"));
    call.call.cached = true;
    EXPECT_NE(telemetry::detail::inference_json(call.one, false).find(R"("cached":true)"), std::string::npos);
}

TEST(InferenceLine, HasContentsOnlyWhereAskedFor) {
    ended_call call;
    auto const text =
        telemetry::detail::inference_json(call.failed({.code = errc::refused, .message = "no\n\"x\""}), true);
    auto const read = json::read<members>(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(json::read<std::string>(read->at("input")).value(), call.one.input);
    EXPECT_EQ(json::read<std::string>(read->at("output")).value(), call.one.output);
    EXPECT_EQ(read->at("outcome").text(), "\"refused\"");
    EXPECT_EQ(json::read<members>(read->at("error"))->at("message").text(), R"("no\n\"x\"")");
    EXPECT_EQ(text.find('\n'), std::string::npos);
    EXPECT_EQ(log_observer({.console = false}).content_bytes(), 0U);
    EXPECT_EQ(log_observer({.console = false, .contents = true, .content_bytes = 5}).content_bytes(), 5U);
}

TEST(LogFiles, GetALineForPeopleAndOneForPrograms) {
    temp_folder const folder;
    auto const logs = folder.path("logs");
    {
        log_observer log{
            {.level = log_level::warning, .rooms = {{"client", log_level::info}}, .console = false, .directory = logs}};
        ended_call call;
        log.ended(call.one);
        log.ended(call.failed({.code = errc::timeout, .message = "too slow"}));
        call.one.kind = operation_kind::attempt;
        call.one.why = nullptr;
        log.ended(call.one);  // debug: below the level, and no call
        log.write(log_level::warning, "of the program's\nown");
        log.write(log_level::info, "not wanted");
        log.noticed(call.one, {.kind = moment_kind::first_token});
    }
    auto const lines = lines_of(logs + "/default.log");
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_NE(lines[0].find("info    client: chat gpt-5.4-mini: ok in 812 ms"), std::string::npos) << lines[0];
    EXPECT_NE(lines[1].find("error   client: chat gpt-5.4-mini: timeout"), std::string::npos) << lines[1];
    EXPECT_NE(lines[2].find("warning program: of the program's own"), std::string::npos) << lines[2];
    auto const calls = lines_of(logs + "/inference.log");
    ASSERT_EQ(calls.size(), 2U);
    EXPECT_EQ(json::read<members>(calls[1])->at("outcome").text(), "\"timeout\"");
}

TEST(LogFiles, AreTurnedOverWhenTheyAreLarge) {
    temp_folder const folder;
    {
        log_observer log{{.console = false, .directory = folder.path("logs"), .max_file_bytes = 4'096, .max_files = 2}};
        for (int i = 0; i < 500; ++i) log.write(log_level::info, "line " + std::to_string(i) + std::string(50, '.'));
    }
    auto const names = [&] {
        std::size_t count = 0;
        for (auto const& each : std::filesystem::directory_iterator{folder.path("logs")}) {
            EXPECT_LE(each.file_size(), 4'096U) << each.path();
            count += each.path().filename().string().starts_with("default") ? 1 : 0;
        }
        return count;
    }();
    EXPECT_EQ(names, 3U);
    EXPECT_NE(lines_of(folder.path("logs/default.log")).back().find("line 499"), std::string::npos);
}

TEST(LogFiles, ThatCannotBeMadeAreAnError) {
    temp_folder const folder;
    auto const file = folder.write("file", "");
    try {
        log_observer const log{{.console = false, .directory = file}};
        FAIL();
    } catch (exception const& failure) {
        EXPECT_EQ(failure.why().code, errc::io_failed);
        EXPECT_EQ(failure.why().where, file);
    }
    EXPECT_EQ(validate(log_options{.rooms = {{"htp", log_level::info}}}).error().where, "rooms");
    EXPECT_EQ(validate(log_options{.queue = 0}).error().where, "queue");
    EXPECT_EQ(validate(log_options{.max_files = 0}).error().where, "max_files");
    EXPECT_EQ(validate(log_options{.max_file_bytes = 10}).error().where, "max_file_bytes");
}

TEST(BrokenLog, OfAFullDiskLosesLinesAndHarmsNobody) {
    temp_folder const folder;
    std::filesystem::create_directory(folder.path("logs"));
    std::filesystem::create_symlink("/dev/full", folder.path("logs/default.log"));
    log_observer log{{.console = false, .directory = folder.path("logs")}};
    ended_call call;
    for (int i = 0; i < 200; ++i) log.ended(call.one);
    log.flush();
    EXPECT_GT(log.statistics().failed, 0U);
    EXPECT_EQ(lines_of(folder.path("logs/inference.log")).size(), 200U);
}

/// Standard error as a pipe that nobody reads and that is full.
class blocked_error_output {
public:
    blocked_error_output() : before_{::dup(2)} {
        EXPECT_EQ(::pipe(ends_), 0);
        ::fcntl(ends_[1], F_SETFL, O_NONBLOCK);
        std::string const text(4'096, 'x');
        while (::write(ends_[1], text.data(), text.size()) > 0) {
        }
        ::fcntl(ends_[1], F_SETFL, 0);
        ::dup2(ends_[1], 2);
        ::close(ends_[1]);
    }
    blocked_error_output(blocked_error_output const&) = delete;
    blocked_error_output& operator=(blocked_error_output const&) = delete;
    /// Who is blocked goes on, and what it writes is read.
    ~blocked_error_output() {
        char some[4'096];
        ::fcntl(ends_[0], F_SETFL, O_NONBLOCK);
        for (int i = 0; i < 200; ++i) {
            while (::read(ends_[0], some, sizeof some) > 0) {
            }
            std::this_thread::sleep_for(1ms);
        }
        ::dup2(before_, 2);
        ::close(before_);
        ::close(ends_[0]);
    }

private:
    int before_;
    int ends_[2]{};
};

TEST(BrokenLog, ThatBlocksLosesLinesAndDelaysNobody) {
    auto const began = std::chrono::steady_clock::now();
    {
        blocked_error_output const blocked;
        log_observer log{{.queue = 100}};
        ended_call call;
        for (int i = 0; i < 5'000; ++i) log.ended(call.one);
        EXPECT_GT(log.statistics().dropped, 4'000U);
    }
    EXPECT_LT(std::chrono::steady_clock::now() - began, 20s);
}

}  // namespace
}  // namespace coax
