// `process_batch` by the ways of the service, in virtual time: a day of the service is a moment here.
#include "unit/batch/simulated.hpp"
#include "unit/batch/temp_file.hpp"

#include <coax/batch/process_batch.hpp>
#include <coax/client/toolbox.hpp>
#include <coax/runtime/runtime.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace coax {
// Named: GCC warns of coroutine templates over types without linkage.
namespace process_route_test {

using namespace std::chrono_literals;
using test::simulated;
using test::temp_folder;

struct remark {
    int id{};
    std::string text{};
};

struct rating {
    int stars{};

    static constexpr auto coax_schema = coax::describe("", coax::field(&rating::stars, {.minimum = 1, .maximum = 5}));
};

/// Nine questions, each twice.
std::vector<remark> remarks() {
    std::vector<remark> all;
    for (int i = 0; i < 18; ++i) all.push_back({i, "Is " + std::to_string(i % 9) + " good?"});
    return all;
}

client_options options_for(simulated& service, std::string name, clock const& time) {
    service.time = &time;
    client_options options{};
    options.service.provider.service = std::move(name);
    options.service.model = "gpt-5";
    options.service.embedding_model = "e";
    options.service.api_key = secret{"sk"};
    options.service.transport =
        std::make_shared<memory_transport>([&service](http_request const& sent) { return service.handle(sent); });
    return options;
}

template <class T>
result<processed_batch<T>> run(simulated& service, process_options options, std::string name = "openai",
                               std::string api = {}) {
    runtime rt{virtual_time{}};
    auto made = options_for(service, std::move(name), clock_of(rt.executor()));
    made.service.provider.api = std::move(api);
    client const llm{rt.executor(), std::move(made)};
    return rt.run(as_result(process_batch<T>(llm, remarks(), "Rate: {{text}}", std::move(options))));
}

template <class T>
void expect_all_ok(result<processed_batch<T>> const& done) {
    ASSERT_TRUE(done) << to_string(done.error());
    EXPECT_FALSE(done->summary().ended_by) << to_string(*done->summary().ended_by);
    auto const table = done->table();
    ASSERT_EQ(table.size(), 18U);
    for (std::size_t i = 0; i < table.size(); ++i) {
        EXPECT_EQ(table[i].index, i);
        EXPECT_TRUE(table[i].value) << to_string(table[i].value.error());
    }
}

TEST(ProcessRoute, TypedRowsGoByTheServicesBatches) {
    for (auto const* service : {"openai", "anthropic", "gemini"}) {
        simulated of{{.batch_duration = 3h}};
        temp_folder const folder;
        process_options const options{.journal = folder.path("out.jsonl"), .via = via_service_batches()};
        auto const done = run<rating>(of, options, service);
        expect_all_ok(done);
        EXPECT_EQ(done->summary().equal, 9U);
        for (auto const& row : done->table()) EXPECT_GE(row.value->stars, 1) << service;
        EXPECT_EQ(of.of.counted().batch_rows, 9U) << "equal rows go once";
        EXPECT_EQ(of.of.counted().batches, 1U);
        EXPECT_FALSE(std::filesystem::exists(folder.path("out.jsonl.batches")));
    }
}

TEST(ProcessRoute, WhatIsUnderWayIsWaitedForByARunOfAnotherRoute) {
    simulated of{{.batch_duration = 3h}};
    temp_folder const folder;
    batch_stop const stop;
    process_options by_batches{.journal = folder.path("out.jsonl")};
    by_batches.via = via_service_batches({.on_batches = [stop](auto const&) { stop.request(); }});
    by_batches.batch.stop = stop;
    auto const first = run<rating>(of, by_batches);
    ASSERT_TRUE(first);
    EXPECT_TRUE(first->summary().stopped);
    EXPECT_TRUE(std::filesystem::exists(folder.path("out.jsonl.batches")));
    auto const asked = of.of.counted().batch_rows;
    expect_all_ok(run<rating>(of, {.journal = folder.path("out.jsonl")}));
    EXPECT_LE(asked, 9U);
    EXPECT_EQ(of.of.counted().batch_rows, 9U);
    EXPECT_EQ(of.of.counted().batches, 1U);
    EXPECT_FALSE(std::filesystem::exists(folder.path("out.jsonl.batches")));
}

TEST(ProcessRoute, TextsAreMadeInTheBackground) {
    simulated of{{}};
    temp_folder const folder;
    process_options options{.journal = folder.path("out.jsonl")};
    options.via = via_background({.how = {.completion_window = "8h"}});
    auto const done = run<std::string>(of, options, "openai", "responses");
    expect_all_ok(done);
    EXPECT_FALSE(std::filesystem::exists(folder.path("out.jsonl.background")));
    EXPECT_NE(temp_folder::read(folder.path("out.jsonl")).find(R"("tier":"background_8h")"), std::string::npos);
}

TEST(ProcessRoute, WhatDoesNotGoThereIsRefusedBeforeAnythingIsSent) {
    temp_folder const folder;
    auto const journal = folder.path("out.jsonl");
    toolbox tools;
    tools.add("now", "The time", [](rating) { return std::string{"noon"}; });
    struct refused_case {
        std::string_view what;
        std::function<result<void>(simulated&)> run;
        std::string_view where;
    };
    auto const ended = [](auto const& done) { return done ? result<void>{} : result<void>{done.error()}; };
    std::vector<refused_case> const cases{
        {"no journal", [&](simulated& of) { return ended(run<rating>(of, {.via = via_service_batches()})); },
         "journal"},
        {"vectors",
         [&](simulated& of) {
             return ended(run<std::vector<float>>(of, {.journal = journal, .via = via_service_batches()}));
         },
         "via"},
        {"tools",
         [&](simulated& of) {
             process_options options{.journal = journal};
             options.tools = tools;
             options.via = via_service_batches();
             return ended(run<rating>(of, options));
         },
         "via"},
        {"a service without batches",
         [&](simulated& of) {
             return ended(run<rating>(of, {.journal = journal, .via = via_service_batches()}, "groq"));
         },
         "via"},
        {"a wire without a background",
         [&](simulated& of) {
             return ended(run<rating>(of, {.journal = journal, .via = via_background({})}, "anthropic"));
         },
         "via"},
        {"wrong options",
         [&](simulated& of) {
             return ended(run<rating>(of, {.journal = journal, .via = via_service_batches({.max_rounds = 0})}));
         },
         "max_rounds"}};
    for (auto const& each : cases) {
        simulated of{{}};
        auto const told = each.run(of);
        ASSERT_FALSE(told) << each.what;
        EXPECT_EQ(told.error().code, errc::invalid_argument) << each.what;
        EXPECT_EQ(told.error().where, each.where) << each.what << ": " << to_string(told.error());
        EXPECT_EQ(of.requests, 0U) << each.what;
    }
}

}  // namespace process_route_test
}  // namespace coax
