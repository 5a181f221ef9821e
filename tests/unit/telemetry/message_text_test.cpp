#include "telemetry/internal/message_text.hpp"

#include <coax/json/value.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace coax::telemetry::detail {
namespace message_text_test {

TEST(MessageText, HasTheFormOfTheConvention) {
    message asked = assistant("");
    asked.tool_calls.push_back({.id = "c1", .name = "find", .arguments = R"({"city":"Turku"})"});
    std::vector<message> const messages{system("Be brief."), user("Hi"), asked, tool_result("c1", "rain")};
    EXPECT_EQ(
        input_messages(messages, 1000),
        R"([{"role":"system","parts":[{"type":"text","content":"Be brief."}]},)"
        R"({"role":"user","parts":[{"type":"text","content":"Hi"}]},)"
        R"({"role":"assistant","parts":[{"type":"tool_call","id":"c1","name":"find","arguments":{"city":"Turku"}}]},)"
        R"({"role":"tool","parts":[{"type":"tool_call_response","id":"c1","response":"rain"}]}])");
}

TEST(MessageText, NamesMediaAndHoldsNone) {
    message const shown{.parts = {text_part{"What is it?"}, image_part{.url = "https://h/i.png"},
                                  image_part{.media_type = "image/png", .data = "QUJD"}}};
    EXPECT_EQ(input_messages({shown}, 1000), R"([{"role":"user","parts":[{"type":"text","content":"What is it?"},)"
                                             R"({"type":"uri","modality":"image","uri":"https://h/i.png"},)"
                                             R"({"type":"blob","modality":"image","mime_type":"image/png"}]}])");
}

TEST(MessageText, OfAResponseSaysWhyItEnded) {
    chat_response const response{.text = "Hei", .finish_reason = finish_reason::stop, .reasoning = "Finnish"};
    EXPECT_EQ(output_messages(response, 1000),
              R"([{"role":"assistant","parts":[{"type":"reasoning","content":"Finnish"},)"
              R"({"type":"text","content":"Hei"}],"finish_reason":"stop"}])");
}

TEST(MessageText, StaysJsonAndBoundedWhereverItIsCut) {
    message asked = assistant("\xC3\xA4\xC3\xB6\"quoted\"");
    asked.tool_calls.push_back({.id = "c1", .name = "find", .arguments = R"({"city":"Turku"})"});
    std::vector<message> messages(50, asked);
    messages.push_back(tool_result("c1", R"({"a":[1,2,3]})"));
    for (std::size_t most = 0; most < 3000; most += 13) {
        auto const text = input_messages(messages, most);
        ASSERT_TRUE(json_value::parse(text)) << most << ": " << text;
        EXPECT_LE(text.size(), 8 * most + 100) << text;
    }
}

TEST(MessageText, JsonThatIsTooLongBecomesAStringOfItsBeginning) {
    EXPECT_EQ(cut_json(R"({"a":1})", 7), R"({"a":1})");
    EXPECT_EQ(cut_json(R"({"a":1})", 4), R"("{\"a\"")");
    EXPECT_EQ(cut_json("no json", 100), R"("no json")");
}

}  // namespace message_text_test
}  // namespace coax::telemetry::detail
