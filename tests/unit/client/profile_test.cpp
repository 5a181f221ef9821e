#include "support/fake_service.hpp"
#include "support/run_coro.hpp"

#include <coax/provider/service_profile.hpp>

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace coax {
namespace {

using test::fake_service;
using test::openai_text;
using test::run_virtual;

service_profile acme() {
    return {.name = "acme",
            .base_url = "https://api.acme.example/v1",
            .key_variable = "ACME_API_KEY",
            .dialect = schema_dialect::json_schema,
            .members = {"temperature", "max_tokens", "stop", "stream_options", "tool_choice",
                        "response_format.json_schema.name", "messages.content[]", "messages.image_url"}};
}

client_options options_for_acme(secret key) {
    return {.service = {.provider = {.profile = acme()}, .api_key = std::move(key), .model = "acme-1"}};
}

struct city {
    std::string name{};
};

TEST(AServiceOfTheUsersOwn, IsCalledByDataAlone) {
    auto body = []() -> asio::awaitable<void> {
        fake_service service;
        service.then(openai_text(R"({"name":"Oslo"})"));
        auto options = options_for_acme("key-1");
        options.service.transport = service.options().service.transport;
        auto llm = co_await test::connect(std::move(options));
        chat_request request{.messages = {developer("Be brief."), user("Where?")}, .max_output_tokens = 9};
        auto const answer = co_await llm.parse<city>(std::move(request));
        EXPECT_EQ(answer.name, "Oslo");
        auto const& sent = service.requests().at(0);
        EXPECT_EQ(to_string(sent.to) + sent.target, "https://api.acme.example/v1/chat/completions");
        EXPECT_EQ(sent.headers.find("Authorization"), "Bearer key-1");
        EXPECT_EQ(
            sent.body,
            R"({"model":"acme-1","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Where?"}],)"
            R"("max_tokens":9,"response_format":{"type":"json_schema","json_schema":{"name":"city","strict":true,)"
            R"("schema":{"type":"object","properties":{"name":{"type":"string"}},"required":["name"]}}}})");
    };
    run_virtual(body());
}

TEST(AServiceOfTheUsersOwn, IsNamedInErrors) {
    auto body = []() -> asio::awaitable<void> {
        fake_service service;
        service.then(test::openai_error(401, "invalid_api_key"));
        auto options = options_for_acme("key-1");
        options.service.transport = service.options().service.transport;
        auto llm = co_await test::connect(std::move(options));
        auto const refused = co_await as_result(llm.chat("Hi"));
        EXPECT_NE(to_string(refused.error()).find("acme"), std::string::npos) << refused.error();
        chat_request seeded{.messages = {user("Hi")}, .seed = 1};
        auto const unknown = co_await as_result(llm.chat(std::move(seeded)));
        EXPECT_EQ(unknown.error().where, "seed");
        EXPECT_EQ(unknown.error().message, "acme does not know `seed`");
        EXPECT_EQ(service.count(), 1U);
    };
    run_virtual(body());
}

struct wrong_profile_case {
    char const* name;
    void (*change)(service_profile&);
    char const* where;
};
void PrintTo(wrong_profile_case const& row, std::ostream* out) { *out << row.name; }
class WrongProfile : public testing::TestWithParam<wrong_profile_case> {};

TEST_P(WrongProfile, IsRefusedByName) {
    auto profile = acme();
    GetParam().change(profile);
    auto const made = make_provider({.profile = profile});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, errc::invalid_argument);
    EXPECT_EQ(made.error().where, GetParam().where);
}
INSTANTIATE_TEST_SUITE_P(
    Rows, WrongProfile,
    testing::Values(wrong_profile_case{"nameless", [](auto& p) { p.name.clear(); }, "profile.name"},
                    wrong_profile_case{"no_address", [](auto& p) { p.base_url.clear(); }, "base_url"},
                    wrong_profile_case{"no_header", [](auto& p) { p.key_header = "a b"; }, "profile.key_header"},
                    wrong_profile_case{"unknown_member", [](auto& p) { p.members.push_back("temprature"); },
                                       "profile.members"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(AProfileOfThisBuild, CanBeChanged) {
    auto profile = find_service_profile("groq").value();
    std::erase(profile.members, "seed");
    auto const changed = make_provider({.profile = profile}).value();
    chat_request const request{.model = "m", .messages = {user("Hi")}, .seed = 1};
    EXPECT_EQ(changed->encode(request, false).error().where, "seed");
    EXPECT_TRUE(make_provider({.service = "groq"}).value()->encode(request, false));
    EXPECT_EQ(changed->name(), "groq");
    EXPECT_FALSE(find_service_profile("acme"));
}

}  // namespace
}  // namespace coax
