#include "unit/provider/support.hpp"

#include <coax/chat/response_details.hpp>

#include <ostream>

namespace coax {
namespace {

using test::as_events;
using test::make;
using test::ok;
using test::run_stream;
using test::test_time;

std::string describe(token_probability const& token) {
    return token.token + '/' + token.bytes + '/' + std::to_string(token.logprob).substr(0, 5);
}

std::string describe(std::vector<token_logprob> const& tokens) {
    std::string text;
    for (auto const& token : tokens) {
        text += describe(token) + '[';
        for (auto const& other : token.top) text += describe(other) + ',';
        text += "] ";
    }
    return text;
}

std::string describe(citation const& one) {
    std::string const place = std::to_string(one.document) + ':' + std::to_string(one.begin) + '-' +
                              std::to_string(one.end) + '>' + std::to_string(one.text_begin) + '-' +
                              std::to_string(one.text_end);
    return one.kind + '|' + one.text + '|' + one.title + '|' + one.url + '|' + one.file_id + '|' + place;
}

std::string describe(response_details const& details) {
    std::string text = describe(details.logprobs);
    for (auto const& one : details.citations) text += describe(one) + ' ';
    for (auto const& choice : details.choices) {
        text += "choice=" + choice.text + choice.refusal + ' ' + std::string{to_string(choice.finish_reason)};
        for (auto const& call : choice.tool_calls) text += ' ' + call.id + call.name + call.arguments;
        text += describe(choice.logprobs) + ' ';
    }
    return text;
}

struct details_case {
    char const* name;
    char const* service;
    char const* body;
    char const* expected;
    char const* text;  ///< Of the response itself.
};
void PrintTo(details_case const& row, std::ostream* out) { *out << row.name; }
class Details : public testing::TestWithParam<details_case> {};

TEST_P(Details, AreReadAsTheServiceTellsThem) {
    auto const read = make(GetParam().service)->decode(ok(GetParam().body), test_time);
    ASSERT_TRUE(read) << to_string(read.error());
    EXPECT_EQ(describe(*read->details), GetParam().expected);
    EXPECT_EQ(read->text, GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Details,
    testing::Values(
        details_case{
            "none", "openai",
            R"({"choices":[{"index":0,"message":{"content":"Hi","annotations":[]},"logprobs":null,"finish_reason":"stop"}]})",
            "", "Hi"},
        details_case{"choices", "openai",
                     R"({"choices":[{"index":1,"message":{"content":"B"},"finish_reason":"length"},
                {"index":0,"message":{"content":"A"},"finish_reason":"stop"},
                {"index":2,"message":{"content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"},
                {"index":3,"message":{"content":null,"refusal":"No."},"finish_reason":"stop"}]})",
                     "choice=B length choice= tool_calls cf{} choice=No. refusal ", "A"},
        details_case{
            "logprobs", "openai",
            R"({"choices":[{"index":0,"message":{"content":"Grüß"},"finish_reason":"stop","logprobs":{"refusal":null,"content":[
                {"token":"Gr","logprob":-0.5,"bytes":[71,114],"top_logprobs":[{"token":"Gr","logprob":-0.5,"bytes":[71,114]},{"token":"H","logprob":-9999.0,"bytes":null}]},
                {"token":"\\xc3","logprob":0,"bytes":[195],"top_logprobs":[]}]}}]})",
            "Gr/Gr/-0.50[Gr/Gr/-0.50,H//-9999,] \\xc3/\xC3/0.000[] ", "Grüß"},
        details_case{
            "logprobs_of_a_refusal", "openai",
            R"({"choices":[{"index":0,"message":{"content":null,"refusal":"No"},"finish_reason":"stop","logprobs":{"content":null,"refusal":[{"token":"No","logprob":-1.5,"bytes":[78,111],"top_logprobs":[]}]}}]})",
            "No/No/-1.50[] ", ""},
        details_case{
            "logprobs_in_another_form", "compatible",
            R"({"choices":[{"index":0,"message":{"content":"Hi"},"finish_reason":"stop","logprobs":{"tokens":["Hi"],"content":"x"}}]})",
            "", "Hi"},
        details_case{"annotations", "openai",
                     R"({"choices":[{"index":0,"message":{"content":"Grüße aus Oslo","annotations":[
                {"type":"url_citation","url_citation":{"start_index":6,"end_index":9,"url":"https://x","title":"X"}},
                {"type":"url_citation","url_citation":{"start_index":10,"end_index":99,"url":"https://y","title":"Y"}}]},"finish_reason":"stop"}]})",
                     "url_citation||X|https://x||-1:0-0>8-11 url_citation||Y|https://y||-1:0-0>12-16 ",
                     "Grüße aus Oslo"},
        details_case{
            "annotations_in_another_form", "compatible",
            R"({"choices":[{"index":0,"message":{"content":"Hi","annotations":{"a":1}},"finish_reason":"stop"}]})", "",
            "Hi"},
        details_case{"citations", "anthropic",
                     R"({"type":"message","content":[{"type":"text","text":"It is "},
                {"type":"text","text":"green","citations":[
                    {"type":"char_location","cited_text":"The grass is green.","document_index":0,"document_title":"Grass","start_char_index":0,"end_char_index":19,"file_id":null},
                    {"type":"page_location","cited_text":"Green.","document_index":1,"document_title":null,"start_page_number":2,"end_page_number":3}]},
                {"type":"text","text":" here.","citations":[
                    {"type":"web_search_result_location","cited_text":"c","url":"https://x","title":"X","encrypted_index":"E"},
                    {"type":"content_block_location","cited_text":"b","document_index":2,"start_block_index":4,"end_block_index":5},
                    {"type":"search_result_location","cited_text":"s","source":"https://s","title":"S","start_block_index":0,"end_block_index":1,"search_result_index":0}]}],
                "stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}})",
                     "char_location|The grass is green.|Grass|||0:0-19>6-11 page_location|Green.||||1:2-3>6-11 "
                     "web_search_result_location|c|X|https://x||-1:0-0>11-17 content_block_location|b||||2:4-5>11-17 "
                     "search_result_location|s|S|https://s||-1:0-1>11-17 ",
                     "It is green here."},
        details_case{
            "citations_in_another_form", "anthropic",
            R"({"type":"message","content":[{"type":"text","text":"Hi","citations":"x"}],"stop_reason":"end_turn"})",
            "", "Hi"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(Details, AreNotAllocatedForPlainResponses) {
    auto const read = make("openai")->decode(
        ok(R"({"choices":[{"index":0,"message":{"content":"Hi","annotations":[]},"logprobs":null,"finish_reason":"stop"}],"service_tier":"default"})"),
        test_time);
    EXPECT_FALSE(read.value().details);
    EXPECT_EQ(read->service_tier, "default");
    EXPECT_EQ(read->raw(), "");
}

// --- streams ---

TEST(StreamedDetails, AreThoseOfTheWholeResponse) {
    auto const events = as_events(
        {R"({"id":"r","model":"m","service_tier":"priority","choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":{"content":[],"refusal":null}}]})",
         R"({"choices":[{"index":0,"delta":{"content":"A"},"logprobs":{"content":[{"token":"A","logprob":-0.5,"bytes":[65],"top_logprobs":[]}],"refusal":null}}]})",
         R"({"choices":[{"index":0,"delta":{"content":"b"},"logprobs":{"content":[{"token":"b","logprob":-1,"bytes":[98],"top_logprobs":[]}]}}]})",
         R"({"choices":[{"index":0,"delta":{"annotations":[{"type":"url_citation","url_citation":{"start_index":0,"end_index":2,"url":"https://x","title":"X"}}]},"finish_reason":"stop"}]})",
         "[DONE]"});
    auto const out = run_stream(*make("openai"), events);
    ASSERT_TRUE(out.response);
    EXPECT_EQ(describe(*out.response->details), "A/A/-0.50[] b/b/-1.00[] url_citation||X|https://x||-1:0-0>0-2 ");
    EXPECT_EQ(out.response->service_tier, "priority");
}

TEST(StreamedDetails, HaveTheCitationsOfEachBlock) {
    auto const events = as_events(
        {R"({"type":"message_start","message":{"id":"r","model":"m","usage":{"input_tokens":3,"output_tokens":1,"service_tier":"standard"}}})",
         R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":"It is "}})",
         R"({"type":"content_block_stop","index":0})",
         R"({"type":"content_block_start","index":1,"content_block":{"type":"text","text":"","citations":[]}})",
         R"({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"green"}})",
         R"({"type":"content_block_delta","index":1,"delta":{"type":"citations_delta","citation":{"type":"char_location","cited_text":"g","document_index":0,"start_char_index":1,"end_char_index":2}}})",
         R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":5}})",
         R"({"type":"message_stop"})"});
    auto const out = run_stream(*make("anthropic"), events);
    ASSERT_TRUE(out.response);
    EXPECT_EQ(describe(*out.response->details), "char_location|g||||0:1-2>6-11 ");
    EXPECT_EQ(out.response->service_tier, "standard");
}

/// Every piece of every call, in order.
std::string pieces_of(provider const& service, std::string const& bytes) {
    auto const decoder = service.decode_stream({}, test_time);
    sse_decoder events;
    events.feed(bytes);
    std::string text;
    chat_delta delta;
    for (auto event = events.next(); event.value(); event = events.next()) {
        delta.clear();
        EXPECT_TRUE(decoder->feed(**event, delta));
        for (auto const& call : delta.tool_calls) text += call.id + ',' + call.name + ',' + call.arguments + ' ';
    }
    return text;
}

TEST(ToolCallPieces, NameTheirCall) {
    EXPECT_EQ(
        pieces_of(
            *make("openai"),
            as_events(
                {R"({"choices":[{"index":0,"delta":{"role":"assistant","tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":""}}]}}]})",
                 R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\""}}]}}]})",
                 R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":":1}"}},{"index":1,"id":"c2","function":{"name":"g","arguments":"{}"}}]}}]})",
                 R"({"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]})"})),
        "c1,f, c1,f,{\"a\" c1,f,:1} c2,g,{} ");
    EXPECT_EQ(
        pieces_of(
            *make("anthropic"),
            as_events(
                {R"({"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t1","name":"f","input":{}}})",
                 R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":""}})",
                 R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"a\":1}"}})",
                 R"({"type":"content_block_stop","index":0})"})),
        "t1,f, t1,f,{\"a\":1} ");
}

}  // namespace
}  // namespace coax
