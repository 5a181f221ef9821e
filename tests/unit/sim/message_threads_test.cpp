// Conversations that the simulated Anthropic service keeps between requests.
#include "sim/service.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>

namespace coax::sim::detail {
namespace {

using testing::HasSubstr;

constexpr std::string_view threads_beta = "message-threads-2026-08-12";
constexpr std::string_view weather =
    R"(,"system":"Be brief.","tools":[{"name":"get_weather","input_schema":{"type":"object","properties":{"city":{"type":"string"}}}}])";

class MessageThreads : public testing::Test {
protected:
    response say(std::string_view content, std::string_view more, std::string_view beta = threads_beta) {
        auto const body = R"({"model":"m","max_tokens":500,"messages":[{"role":"user","content":)" +
                          std::string{content} + "}]" + std::string{more} + "}";
        return service_.handle({.method = "POST",
                                .target = "/v1/messages",
                                .body = body,
                                .anthropic_version = "2023-06-01",
                                .anthropic_beta = beta},
                               {});
    }
    static std::string text_of(response const& out, std::string_view pointer) {
        auto const value = json::parse(out.body);
        boost::system::error_code missing;
        auto const* found = value.find_pointer(json::string_view{pointer.data(), pointer.size()}, missing);
        return found != nullptr && found->is_string() ? std::string{view(found->get_string())} : "(none)";
    }
    static std::string go_on(std::string const& id) {
        return R"(,"thread":{"type":"continue","previous_message_id":")" + id + R"("})";
    }
    static std::string result(std::string const& id) {
        return R"([{"type":"tool_result","tool_use_id":")" + id + R"(","content":"four degrees"}])";
    }

    service service_{options{}};
};

TEST_F(MessageThreads, GoOnWithWhatTheServiceKeeps) {
    auto const called = say(R"("Is it cold in Oslo?")", std::string{weather} + R"(,"thread":{"type":"create"})");
    ASSERT_EQ(called.status, 200) << called.body;
    auto const answered = say(result(text_of(called, "/content/0/id")), go_on(text_of(called, "/id")));
    ASSERT_EQ(answered.status, 200) << answered.body;
    EXPECT_THAT(text_of(answered, "/content/0/text"), HasSubstr("four degrees"));
    EXPECT_GT(answered.prompt_tokens, called.prompt_tokens);
    auto const more = say(R"("And tomorrow?")", go_on(text_of(answered, "/id")) + R"(,"stream":true)");
    EXPECT_EQ(more.status, 200) << more.body;
    EXPECT_GT(more.prompt_tokens, answered.prompt_tokens);
}

TEST_F(MessageThreads, AreContinuedOnceEach) {
    auto const first = say(R"("Hello")", R"(,"thread":{"type":"create"})");
    auto const id = text_of(first, "/id");
    EXPECT_EQ(say(R"("a")", go_on(id) + R"(,"novel":1)").status, 400);
    EXPECT_EQ(say(R"("a")", go_on(id)).status, 200);
    auto const again = say(R"("a")", go_on(id));
    EXPECT_EQ(again.status, 400);
    EXPECT_EQ(text_of(again, "/error/details/error_code"), "thread_already_continued");
}

TEST_F(MessageThreads, AreRefusedWithTheReason) {
    auto const unknown = say(R"("a")", go_on("msg_none"));
    EXPECT_EQ(unknown.status, 404);
    EXPECT_EQ(text_of(unknown, "/error/details/error_code"), "thread_not_found");
    auto const unkept = say(R"("a")", "");
    EXPECT_EQ(say(R"("a")", go_on(text_of(unkept, "/id"))).status, 404);
    auto const first = say(R"("Hello")", R"(,"thread":{"type":"create"})");
    EXPECT_THAT(say(R"("a")", go_on(text_of(first, "/id")) + R"(,"system":"x")").body, HasSubstr("system: may not be"));
    EXPECT_THAT(say(R"("a")", R"(,"thread":{"type":"create"})", "").body, HasSubstr("thread: Extra inputs"));
    EXPECT_THAT(say(R"("a")", R"(,"thread":{"type":"fork"})").body, HasSubstr("expected tags: 'create', 'continue'"));
    EXPECT_THAT(say(R"("a")", R"(,"thread":{"type":"create","id":1})").body, HasSubstr("thread.create.id: Extra"));
    EXPECT_THAT(say(R"("a")", R"(,"thread":{"type":"continue"})").body,
                HasSubstr("previous_message_id: Field required"));
}

}  // namespace
}  // namespace coax::sim::detail
