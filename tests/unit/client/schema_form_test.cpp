// The form in which a service is asked for what is no object, and for what its strict form cannot express.
#include "client/value_unwrapper.hpp"
#include "support/fake_service.hpp"
#include "support/run_coro.hpp"

#include <coax/client/client.hpp>
#include <coax/runtime/as_result.hpp>

#include <gtest/gtest.h>

#include <map>

namespace coax {
namespace {

using test::connect;
using test::fake_service;
using test::openai_stream;
using test::openai_text;
using test::run_virtual;

struct point {
    int x{0};

    friend bool operator==(point const&, point const&) = default;
};
using points = std::vector<point>;
using table = std::map<std::string, int>;

client_options relaxed(client_options options) {
    options.output.relax_schemas = true;
    return options;
}

// --- a root that is no object ---

TEST(WrappedRoot, IsTakenOutOfTheResponse) {
    fake_service service;
    service.then(openai_text(R"({"value":[{"x":1},{"x":2}]})"))
        .then(openai_text(R"({ "value" : 3 })"))
        .then(openai_text(R"([{"x":4}])"))
        .then(openai_text(R"({"value":["a"]})"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        points const two{{1}, {2}};
        auto const list = co_await llm.parse_response<points>("x");
        EXPECT_EQ(list.value, two);
        EXPECT_EQ(list.response.text, R"([{"x":1},{"x":2}])");
        EXPECT_EQ(co_await llm.parse<int>("x"), 3);
        points const bare{{4}};
        EXPECT_EQ(co_await llm.parse<points>("x"), bare) << "a service that enforces nothing need not wrap it";
        auto const words = runtime_schema::parse(R"({"type":"array","items":{"type":"string"}})").value();
        EXPECT_EQ((co_await llm.parse("x", output_format::of(words))).text, R"(["a"])");
    }(service));
    for (auto const& request : service.requests())
        EXPECT_NE(request.body.find(R"("schema":{"type":"object","properties":{"value":{)"), std::string::npos)
            << request.body;
}

TEST(WrappedRoot, IsShownWholeWhenItIsAskedForAgain) {
    fake_service service;
    service.then(openai_text(R"({"value":[{"x":"one"}]})")).then(openai_text(R"({"value":[{"x":1}]})"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        points const one{{1}};
        EXPECT_EQ(co_await llm.parse<points>("x"), one);
    }(service));
    auto const& body = service.requests().at(1).body;
    EXPECT_NE(body.find(R"({\"value\":[{\"x\":\"one\"}]})"), std::string::npos) << body;
    EXPECT_NE(body.find("/value/0/x"), std::string::npos) << body;
}

TEST(WrappedRoot, IsTakenOutOfAStream) {
    fake_service service;
    service.then(openai_stream({R"({"val)", R"(ue":[{"x":1},)", R"({"x)", R"(":2}])", "}"}))
        .then(openai_stream({R"([{"x":)", "3}]"}));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        auto answer = co_await llm.parse_stream<points>("x");
        std::vector<points> seen;
        while (auto const* so_far = co_await answer.next()) seen.push_back(*so_far);
        EXPECT_GE(seen.size(), 2U);
        auto const whole = co_await answer.finish_response();
        points const two{{1}, {2}};
        EXPECT_EQ(whole.value, two);
        EXPECT_EQ(whole.response.text, R"([{"x":1},{"x":2}])");
        auto bare = co_await llm.parse_stream<points>("x");
        points const three{{3}};
        EXPECT_EQ(co_await bare.finish(), three);
    }(service));
}

struct unwrap_case {
    char const* name;
    char const* text;
    char const* expected;
};
void PrintTo(unwrap_case const& row, std::ostream* out) { *out << row.name; }
class Unwrapped : public testing::TestWithParam<unwrap_case> {};

TEST_P(Unwrapped, IsTheValueAlone) {
    std::string const text = GetParam().text;
    EXPECT_EQ(detail::unwrapped(text, {.code_fences = true}), GetParam().expected);
}
TEST_P(Unwrapped, ComesOutTheSameInAnyPieces) {
    std::string const text = GetParam().text;
    if (text.starts_with("```")) GTEST_SKIP() << "only a whole text is looked through";
    for (std::size_t size = 1; size <= text.size(); ++size) {
        detail::value_unwrapper unwrapper;
        std::string found;
        for (std::size_t at = 0; at < text.size(); at += size) found += unwrapper.feed(text.substr(at, size));
        EXPECT_EQ(found + unwrapper.finish(), GetParam().expected) << size;
    }
}

INSTANTIATE_TEST_SUITE_P(Rows, Unwrapped,
                         testing::Values(unwrap_case{"list", R"({"value":[1,{"a":"]}"}]})", R"([1,{"a":"]}"}])"},
                                         unwrap_case{"string", R"({"value":"a\"},b\\"})", R"("a\"},b\\")"},
                                         unwrap_case{"spaces", " {\n\"value\"\t: 1}", " 1"},
                                         unwrap_case{"bare", "[1]", "[1]"},
                                         unwrap_case{"another_object", R"({"values":1})", R"({"values":1})"},
                                         unwrap_case{"nothing", "", ""},
                                         unwrap_case{"its_beginning", R"({"val)", R"({"val)"},
                                         unwrap_case{"fenced", "```json\n{\"value\":[1]}\n```", "[1]"}),
                         [](auto const& row) { return std::string(row.param.name); });

// --- what a strict form cannot express ---

TEST(RelaxedSchema, IsAnErrorUnlessItIsAllowed) {
    fake_service service;
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        auto const why = (co_await as_result(llm.parse<table>("x"))).error();
        EXPECT_EQ(why.code, errc::invalid_argument);
        EXPECT_NE(why.message.find("a map cannot be expressed"), std::string::npos) << why;
        EXPECT_NE(why.message.find("relax_schemas"), std::string::npos) << why;
        EXPECT_EQ((co_await as_result(llm.parse_stream<table>("x"))).error().code, errc::invalid_argument);
    }(service));
    EXPECT_EQ(service.count(), 0U);
}

TEST(RelaxedSchema, IsToldInTheResponse) {
    fake_service service;
    service.then(openai_text(R"({"a":1})"))
        .then(openai_text(R"({"value":[{"a":1}]})"))
        .then(openai_stream({R"({"a":1})"}))
        .then(openai_text(R"({"value":[]})"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(relaxed(fake.options()));
        auto const one = co_await llm.parse_response<table>("x");
        EXPECT_EQ(one.value.at("a"), 1);
        EXPECT_NE(one.response.schema_note.find("a map cannot be expressed"), std::string::npos);
        EXPECT_EQ((co_await llm.parse<std::vector<table>>("x")).at(0).at("a"), 1);
        auto stream = co_await llm.parse_stream<table>("x");
        EXPECT_NE((co_await stream.finish_response()).response.schema_note, "");
        EXPECT_EQ((co_await llm.parse_response<points>("x")).response.schema_note, "") << "it can be expressed";
    }(service));
    EXPECT_NE(service.requests().at(0).body.find(R"("strict":false)"), std::string::npos);
    auto const& wrapped = service.requests().at(1).body;
    EXPECT_NE(wrapped.find(R"("strict":false,"schema":{"type":"object","properties":{"value":{"type":"array")"),
              std::string::npos)
        << wrapped;
}

struct counts {
    table of{};
};
toolbox counting(tool_options options = {}) {
    toolbox tools;
    tools.add("count", "Counts", [](counts const& given) { return static_cast<int>(given.of.size()); }, options);
    return tools;
}

TEST(RelaxedSchema, OfAToolIsAnErrorUnlessItIsAllowed) {
    fake_service service;
    service.then(openai_text("a")).then(openai_text("b"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        auto const why = (co_await as_result(llm.run("x", counting()))).error();
        EXPECT_EQ(why.code, errc::invalid_argument);
        EXPECT_EQ(why.where, "count");
        tool_options const unenforced{.strict = false};
        EXPECT_EQ((co_await llm.run("x", counting(unenforced))).schema_note, "");
        auto forgiving = co_await connect(relaxed(fake.options()));
        EXPECT_NE((co_await forgiving.run("x", counting())).schema_note.find("\"count\""), std::string::npos);
    }(service));
    EXPECT_EQ(service.count(), 2U);
}

}  // namespace
}  // namespace coax
