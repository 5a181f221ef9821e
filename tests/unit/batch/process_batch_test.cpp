#include "support/fake_service.hpp"
#include "unit/batch/temp_file.hpp"

#include <coax/batch/process_batch.hpp>
#include <coax/runtime/runtime.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace coax {
// Named: GCC warns of coroutine templates over types without linkage.
namespace process_batch_test {

using test::openai_text;
using test::temp_folder;

struct remark {
    int id{};
    std::string text{};
};

struct rating {
    int stars{};
};

/// A service that answers each question by a function, and counts.
struct answering_service {
    std::function<std::string(std::string const& body)> answer{};
    int requests{0};

    client_options options() {
        client_options options{.service = {.api_key = "sk-test", .model = "m", .embedding_model = "e"}};
        options.service.transport = std::make_shared<memory_transport>(
            [this](http_request const& request) -> result<memory_transport::timed_response> {
                ++requests;
                if (request.target.ends_with("/embeddings"))
                    return memory_transport::timed_response{.response = {.status = 200, .body = answer(request.body)}};
                return memory_transport::timed_response{.response = openai_text(answer(request.body)),
                                                        .delay = std::chrono::milliseconds{20}};
            });
        return options;
    }
};

/// As many stars as the remark has exclamation marks.
std::string stars_of(std::string const& body) {
    return R"({"stars":)" + std::to_string(std::count(body.begin(), body.end(), '!')) + "}";
}

template <class T, class Source, class Prompt>
processed_batch<T> process(answering_service& service, Source source, Prompt prompt, process_options options = {}) {
    runtime rt{virtual_time{}};
    client const llm{rt.executor(), service.options()};
    return rt.run(process_batch<T>(llm, std::move(source), std::move(prompt), std::move(options)));
}

std::vector<remark> const remarks{{10, "fine!"}, {11, "good!!"}, {12, "great!!!"}};

TEST(ProcessBatch, GoesOnFromItsJournal) {
    temp_folder const folder;
    answering_service service{.answer = stars_of};
    process_options const options{.journal = folder.path("stars.jsonl")};
    auto const first = process<rating>(service, std::vector{remarks[0], remarks[1]}, "Rate {{text}}", options);
    EXPECT_EQ(first.summary().ok, 2U);
    EXPECT_EQ(service.requests, 2);
    auto changed = remarks;
    changed[1].text = "changed";
    auto const second = process<rating>(service, changed, "Rate {{text}}", options);
    EXPECT_EQ(to_string(second.resumed()), "1 rows done; to ask: 1 missing, 1 changed");
    EXPECT_EQ(service.requests, 4);
    auto const table = second.table();
    ASSERT_EQ(table.size(), 3U);
    std::vector<std::string> keys;
    std::vector<int> stars;
    for (auto const& row : table) {
        keys.push_back(row.key);
        stars.push_back(row.value.value().stars);
    }
    EXPECT_EQ(keys, (std::vector<std::string>{"10", "11", "12"}));
    EXPECT_EQ(stars, (std::vector{1, 0, 3}));
    EXPECT_EQ(table[0].usage.input_tokens, 10);
}

TEST(ProcessBatch, RefusesAnotherPromptBeforeItAsks) {
    temp_folder const folder;
    answering_service service{.answer = stars_of};
    process_options const options{.journal = folder.path("stars.jsonl")};
    (void)process<rating>(service, remarks, "Rate {{text}}", options);
    try {
        (void)process<rating>(service, remarks, "Judge {{text}}", options);
        ADD_FAILURE() << "it was taken";
    } catch (exception const& refused) {
        EXPECT_EQ(refused.why().code, errc::invalid_argument);
        EXPECT_NE(refused.why().message.find(R"("Rate {{text}}" then, "Judge {{text}}" now)"), std::string::npos)
            << refused.why();
    }
    EXPECT_EQ(service.requests, 3);
}

TEST(ProcessBatch, NeedsNoFile) {
    answering_service service{.answer = stars_of};
    auto const done = process<rating>(service, remarks, "Rate {{text}}");
    EXPECT_EQ(done.table().size(), 3U);
    runtime rt{virtual_time{}};
    auto results = done.results();
    auto const listed = rt.run(collect(results, 10));
    EXPECT_EQ(listed.size(), 3U);
}

TEST(ProcessBatch, EqualQuestionsAreAskedOnce) {
    answering_service service{.answer = stars_of};
    std::vector<remark> many;
    for (int i = 0; i < 100; ++i) many.push_back({i, std::string(static_cast<std::size_t>(i % 4), '!')});
    auto const done = process<rating>(service, many, "Rate {{text}}", {.batch = {.concurrency = 8}});
    EXPECT_EQ(service.requests, 4);
    EXPECT_EQ(done.summary().ok, 100U);
    EXPECT_EQ(done.summary().equal, 96U);
    int asked = 0;
    for (auto const& row : done.table()) {
        EXPECT_EQ(row.value.value().stars, static_cast<int>(row.index % 4));
        if (row.same_as) {
            EXPECT_EQ(*row.same_as % 4, row.index % 4);
            EXPECT_EQ(row.usage.input_tokens, 0);
        }
        asked += row.attempts;
    }
    EXPECT_EQ(asked, 4);
    (void)process<rating>(service, many, "Rate {{text}}", {.share_equal = false});
    EXPECT_EQ(service.requests, 104);
}

TEST(ProcessBatch, AFailureIsOfAllThatWaitForItAndOfNobodyElse) {
    answering_service service{.answer = [](std::string const& body) {
        return body.find("bad") == std::string::npos ? stars_of(body) : std::string{"no JSON"};
    }};
    std::vector<remark> const three{{1, "bad"}, {2, "bad"}, {3, "good!"}};
    auto const done = process<rating>(service, three, "Rate {{text}}", {.batch = {.concurrency = 3}});
    auto const table = done.table();
    ASSERT_EQ(table.size(), 3U);
    EXPECT_EQ(table[0].value.error().code, errc::invalid_output);
    EXPECT_EQ(table[1].value.error().code, errc::invalid_output);
    EXPECT_EQ(table[2].value.value().stars, 1);
    EXPECT_EQ(done.summary().failed, 2U);
    EXPECT_EQ(service.requests, 4) << "three of the first bad one, none of the second";
}

TEST(ProcessBatch, JsonOfAnyFormIsAskedAgainWhereItDoesNotParse) {
    int asked = 0;
    answering_service service{.answer = [&asked](std::string const&) -> std::string {
        return ++asked == 1 ? R"({"a": 1, "b": )" : "```json\n{\"a\": [1, 2]}\n```";
    }};
    auto const done = process<json_value>(service, std::vector{remarks[0]}, "List {{text}} as JSON");
    EXPECT_EQ(asked, 2);
    EXPECT_EQ(done.table().at(0).value.value().text(), R"({"a":[1,2]})");
    EXPECT_EQ(done.summary().reasks, 1U);
}

TEST(ProcessBatch, TextOfAFunctionsPromptReachesTheSink) {
    answering_service service{.answer = [](std::string const&) { return "a \"word\""; }};
    runtime rt{virtual_time{}};
    client const llm{rt.executor(), service.options()};
    auto const prompt = [](remark const& one) { return "About " + one.text; };
    std::map<std::uint64_t, std::string> told;
    auto const sink = [&told](batch_result<std::string> one) -> result<void> {
        told.emplace(one.index, one.value.value());
        return {};
    };
    auto const done = rt.run(process_batch<std::string>(llm, remarks, prompt, {}, sink));
    EXPECT_EQ(told.size(), 3U);
    EXPECT_EQ(told[2], "a \"word\"");
    EXPECT_EQ(done.table().at(1).value.value(), "a \"word\"");
}

TEST(ProcessBatch, AFunctionsRequestsAreKnownByAllThatIsSent) {
    temp_folder const folder;
    answering_service service{.answer = stars_of};
    process_options const options{.journal = folder.path("stars.jsonl")};
    double temperature = 0.1;
    auto const ask = [&] {
        auto const prompt = [&](remark const& one) {
            return chat_request{.messages = {user(one.text)}, .temperature = one.id == 11 ? temperature : 0.1};
        };
        return process<rating>(service, remarks, prompt, options);
    };
    (void)ask();
    temperature = 0.9;
    EXPECT_EQ(ask().resumed().changed, 1U);
    EXPECT_EQ(service.requests, 4);
}

TEST(ProcessBatch, ReadsRecordsOfAFile) {
    temp_folder const folder;
    auto const path = folder.write("in.jsonl", "{\"id\":\"a\",\"text\":\"!\"}\n{\"id\":\"b\"}\nno\n");
    answering_service service{.answer = stars_of};
    auto const done = process<rating>(service, [path] { return read_records(path); }, "Rate {{text}}");
    auto const table = done.table();
    ASSERT_EQ(table.size(), 3U);
    EXPECT_EQ(table[0].value.value().stars, 1);
    EXPECT_EQ(table[1].value.error().where, "text");
    EXPECT_EQ(table[2].value.error().code, errc::invalid_json);
}

TEST(ProcessBatch, GivesVectorsOfSeveralTextsARequest) {
    answering_service service{.answer = [](std::string const& body) {
        std::string data;
        auto const count = std::count(body.begin(), body.end(), '!');
        for (long i = 0; i < count; ++i)
            data += (i == 0 ? "" : ",") + (R"({"object":"embedding","index":)" + std::to_string(i)) +
                    R"(,"embedding":[)" + std::to_string(i) + ",0.5]}";
        return R"({"object":"list","model":"e","data":[)" + data + R"(],"usage":{"prompt_tokens":6,"total_tokens":6}})";
    }};
    std::vector<remark> const three{{1, "a!"}, {2, "b!"}, {3, "c!"}};
    auto const done = process<std::vector<float>>(service, three, "{{text}}");
    EXPECT_EQ(service.requests, 1);
    auto const table = done.table();
    ASSERT_EQ(table.size(), 3U);
    EXPECT_EQ(table[2].value.value(), (std::vector{2.0F, 0.5F}));
}

TEST(ProcessBatch, WrongOptionsAreToldBeforeAnything) {
    answering_service service{.answer = stars_of};
    for (auto const& [options, where] :
         {std::pair{process_options{.texts_per_request = 0}, "texts_per_request"},
          std::pair{process_options{.shard = {3, 2}}, "shard"},
          std::pair{process_options{.batch = {.max_failure_rate = 2}}, "max_failure_rate"},
          std::pair{process_options{.batch = {.window = 3}}, "window"}})
        try {
            (void)process<rating>(service, remarks, "Rate {{text}}", options);
            ADD_FAILURE() << where;
        } catch (exception const& refused) {
            EXPECT_EQ(refused.why().where, where);
        }
    try {
        (void)process<rating>(service, remarks, "Rate it");
        ADD_FAILURE() << "every row is asked the same";
    } catch (exception const& refused) {
        EXPECT_EQ(refused.why().where, "prompt");
    }
    EXPECT_EQ(service.requests, 0);
}

}  // namespace process_batch_test
}  // namespace coax
