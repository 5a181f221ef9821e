// What is exported, as an independent decoder reads it.

#include "support/fake_service.hpp"
#include "support/fault_server.hpp"
#include "support/otlp_decoder.hpp"
#include "support/run_coro.hpp"

#include <coax/batch/batch.hpp>
#include <coax/client/client.hpp>
#include <coax/telemetry/otlp_exporter.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace coax {
namespace otlp_test {

using namespace std::chrono_literals;
using namespace coax::test;

std::string refusal(int status, std::string const& more = {}) {
    return "HTTP/1.1 " + std::to_string(status) + " No\r\nContent-Length: 0\r\n" + more + "\r\n";
}

otlp_options options_for(fault_server const& server) {
    otlp_options options{.traces_url = to_string(server.to()) + "/v1/traces", .close_time = 20s};
    options.http.ca_pem = server.ca_pem();
    return options;
}

/// A span of its own kind.
void end_one(observer& who, std::string_view name = "f") {
    operation one{.kind = operation_kind::function, .name = name, .began = std::chrono::system_clock::now()};
    one.context.trace_id.fill(1);
    one.context.span_id.fill(2);
    one.took = 5ms;
    who.ended(one);
}

toolbox tools() {
    toolbox all;
    all.add("look", "Looks", [] { return std::string{"rain"}; });
    return all;
}

client_options observed_by(fake_service const& service, std::shared_ptr<observer> who) {
    auto options = service.options();
    options.telemetry = {.observers = {std::move(who)}};
    options.policies.retry.initial_delay = 1ms;
    return options;
}

/// Runs `body(client)` with an exporter and gives what came to the receiver.
template <class Body>
otlp::received exported(fake_service service, Body body, std::size_t content_bytes = 0) {
    fault_server const server{{{serve(answer(""))}}};
    auto options = options_for(server);
    options.metrics_url = to_string(server.to()) + "/v1/metrics";
    options.content_bytes = content_bytes;
    options.service_name = "tests";
    auto const exporter = std::make_shared<otlp_exporter>(options);
    run_coro([](client_options with, Body what) -> asio::awaitable<void> {
        co_await what(co_await connect(std::move(with)));
    }(observed_by(service, exporter), body));
    exporter->close();
    EXPECT_EQ(exporter->statistics().failed_requests, 0U) << exporter->statistics().last_failure;
    return otlp::read_requests(server.requests());
}

asio::awaitable<void> run_tools(client llm) {
    chat_request request{.messages = {user("Weather?")}, .temperature = 0.5, .max_output_tokens = 99};
    request.stop = {"END"};
    co_await llm.run(std::move(request), tools());
}

TEST(OtlpExport, ARunIsOneTraceInTheWordsOfTheConvention) {
    fake_service service;
    service.then(openai_error(503, "busy")).then(openai_calls({{"look", "{}"}})).then(openai_text("rain"));
    auto const came = exported(service, run_tools);
    ASSERT_EQ(came.spans.size(), 7U);
    EXPECT_EQ(came.resource.at("service.name"), "tests");
    EXPECT_EQ(came.resource.at("telemetry.sdk.language"), "cpp");

    auto const* const run = came.find("run m");
    auto const* const chat = came.find("chat m");
    auto const* const tool = came.find("execute_tool look");
    ASSERT_TRUE(run != nullptr && chat != nullptr && tool != nullptr);
    EXPECT_EQ(run->parent, "");
    EXPECT_EQ(run->kind, 1);
    EXPECT_EQ(run->values.count("gen_ai.usage.input_tokens"), 0U) << "tokens would count twice";
    EXPECT_EQ(chat->parent, run->span_id);
    EXPECT_EQ(chat->trace_id, run->trace_id);
    EXPECT_EQ(chat->kind, 3);
    EXPECT_EQ(chat->status, 0) << "a retry that mends it is no failure of the call";
    EXPECT_LE(chat->begin, chat->end);
    EXPECT_EQ(tool->parent, run->span_id);
    EXPECT_EQ(tool->kind, 1);
    EXPECT_EQ(tool->values, (otlp::attributes{{"gen_ai.operation.name", "execute_tool"},
                                              {"gen_ai.tool.name", "look"},
                                              {"gen_ai.tool.type", "function"},
                                              {"gen_ai.tool.call.id", "call_0"}}));
    EXPECT_EQ(chat->values, (otlp::attributes{{"gen_ai.operation.name", "chat"},
                                              {"gen_ai.provider.name", "openai"},
                                              {"gen_ai.request.model", "m"},
                                              {"gen_ai.request.max_tokens", "99"},
                                              {"gen_ai.request.temperature", "0.5"},
                                              {"gen_ai.request.stop_sequences", "[END]"},
                                              {"gen_ai.response.id", "chatcmpl-1"},
                                              {"gen_ai.response.model", "m"},
                                              {"gen_ai.response.finish_reasons", "[tool_calls]"},
                                              {"gen_ai.usage.input_tokens", "10"},
                                              {"gen_ai.usage.output_tokens", "5"},
                                              {"openai.api.type", "chat_completions"},
                                              {"server.address", "api.openai.com"},
                                              {"server.port", "443"},
                                              {"coax.attempts", "2"}}));
}

TEST(OtlpExport, EachAttemptIsASpanOfHttp) {
    fake_service service;
    service.then(openai_error(503, "busy")).then(openai_text("hi"));
    auto const came = exported(service, [](client llm) -> asio::awaitable<void> { co_await llm.chat("x"); });
    ASSERT_EQ(came.spans.size(), 3U);
    auto const& failed = came.spans.at(0);
    auto const& good = came.spans.at(1);
    auto const& chat = came.spans.at(2);
    EXPECT_EQ(failed.name, "POST");
    EXPECT_EQ(failed.kind, 3);
    EXPECT_EQ(failed.parent, chat.span_id);
    EXPECT_EQ(failed.status, 2);
    EXPECT_EQ(failed.status_text, "overloaded: openai answered 503");
    EXPECT_EQ(failed.values.at("error.type"), "503");
    EXPECT_EQ(failed.values.at("http.response.status_code"), "503");
    EXPECT_EQ(failed.values.count("http.request.resend_count"), 0U);
    EXPECT_EQ(good.status, 0);
    EXPECT_EQ(good.values.at("http.request.method"), "POST");
    EXPECT_EQ(good.values.at("http.response.status_code"), "200");
    EXPECT_EQ(good.values.at("http.request.resend_count"), "1");
    EXPECT_EQ(good.values.at("url.full"), "https://api.openai.com/v1/chat/completions");
    EXPECT_EQ(good.values.count("gen_ai.operation.name"), 0U) << "it would count as a generation of its own";
}

TEST(OtlpExport, MetricsHaveTheFormOfTheConvention) {
    fake_service service;
    service.then(openai_stream({"a", "b"})).then(openai_error(401, "bad_key"));
    auto const came = exported(service, [](client llm) -> asio::awaitable<void> {
        auto stream = co_await llm.stream("x");
        co_await stream.finish();
        EXPECT_FALSE(co_await as_result(llm.chat("y")));
    });
    auto const& tokens = came.metrics.at("gen_ai.client.token.usage");
    EXPECT_EQ(tokens.unit, "{token}");
    EXPECT_EQ(tokens.temporality, 2);
    ASSERT_EQ(tokens.points.size(), 2U);
    for (auto const& point : tokens.points) {
        bool const input = point.values.at("gen_ai.token.type") == "input";
        EXPECT_EQ(point.sum, input ? 10 : 5);
        EXPECT_EQ(point.count, 1U);
        EXPECT_EQ(point.counts.size(), point.bounds.size() + 1);
        EXPECT_EQ(point.counts.at(2), 1U) << "5 and 10 are in (4, 16]";
        EXPECT_EQ(point.bounds.at(13), 67108864.0);
    }
    auto const& durations = came.metrics.at("gen_ai.client.operation.duration");
    EXPECT_EQ(durations.unit, "s");
    ASSERT_EQ(durations.points.size(), 2U);
    bool const first_failed = durations.points[0].values.contains("error.type");
    EXPECT_EQ(durations.points[first_failed ? 0 : 1].values.at("error.type"), "bad_key");
    EXPECT_EQ(durations.points[first_failed ? 1 : 0].values.at("server.address"), "api.openai.com");
    EXPECT_EQ(came.metrics.at("gen_ai.client.operation.time_to_first_chunk").points.size(), 1U);
    EXPECT_EQ(came.metrics.at("coax.client.queue.duration").points.at(0).count, 2U);
}

TEST(OtlpExport, ContentsAreExportedOnlyWhereAskedFor) {
    fake_service service;
    service.then(openai_calls({{"look", "{}"}})).then(openai_text("rain"));
    auto const without = exported(service, run_tools);
    for (auto const& one : without.spans)
        for (auto const& [name, value] : one.values) EXPECT_EQ(value.find("Weather?"), std::string::npos) << name;
    service = fake_service{};
    service.then(openai_calls({{"look", "{}"}})).then(openai_text("rain"));
    auto const came = exported(service, run_tools, 1000);
    EXPECT_EQ(came.find("chat m")->values.at("gen_ai.input.messages"),
              R"([{"role":"user","parts":[{"type":"text","content":"Weather?"}]}])");
    EXPECT_EQ(came.find("execute_tool look")->values.at("gen_ai.tool.call.arguments"), "{}");
    EXPECT_EQ(came.find("execute_tool look")->values.at("gen_ai.tool.call.result"), "\"rain\"");
    EXPECT_NE(came.find("run m")->values.at("output.value").find("rain"), std::string::npos);
}

struct place {
    std::uint64_t index{};
    std::string key{};
};

asio::awaitable<void> run_records(client llm) {
    auto places = generate([at = std::uint64_t{0}]() mutable -> asio::awaitable<std::optional<place>> {
        if (at == 3) co_return std::nullopt;
        place one{.index = at, .key = std::string(1, static_cast<char>('a' + at))};
        ++at;
        co_return one;
    });
    auto const prompt = [](place const& one) { return one.key; };
    auto const sink = [](batch_result<std::string> const&) -> result<void> { return {}; };
    batch_options options{.concurrency = 1, .name = "towns"};
    co_await batch<std::string>(llm, std::move(places), prompt, sink, std::move(options));
}

TEST(OtlpExport, RecordsAreTracesOfTheirOwnThatNameTheirBatch) {
    fake_service service;
    service.then(openai_text("1")).then(openai_refusal("no")).then(openai_text("3"));
    auto const came = exported(service, run_records);
    auto const* const all = came.find("invoke_workflow towns");
    ASSERT_NE(all, nullptr);
    EXPECT_EQ(all->kind, 1);
    EXPECT_EQ(all->values, (otlp::attributes{{"gen_ai.operation.name", "invoke_workflow"},
                                             {"gen_ai.workflow.name", "towns"},
                                             {"coax.batch.ok", "2"},
                                             {"coax.batch.failed", "1"},
                                             {"coax.batch.unfinished", "0"}}));
    int records = 0;
    for (auto const& one : came.spans) {
        if (one.name != "record") continue;
        ++records;
        EXPECT_NE(one.trace_id, all->trace_id);
        EXPECT_EQ(one.parent, "");
        ASSERT_EQ(one.links.size(), 1U);
        EXPECT_EQ(one.links[0], (std::pair{all->trace_id, all->span_id}));
        EXPECT_EQ(one.status, one.values.at("coax.record.key") == "b" ? 2 : 0);
        std::size_t parts = 0;
        for (auto const& other : came.spans) parts += other.trace_id == one.trace_id ? 1 : 0;
        EXPECT_EQ(parts, 4U) << "record, parse, chat and attempt";
    }
    EXPECT_EQ(records, 3);
}

TEST(OtlpExport, WhatTheReceiverHasNoTimeForIsSentAgain) {
    fault_server const server{{{receive(), send(refusal(503, "Retry-After: 0\r\n")), receive(),
                                send(refusal(429, "Retry-After: 0\r\n")), receive(), send(answer(""))}}};
    otlp_exporter exporter{options_for(server)};
    end_one(exporter);
    EXPECT_TRUE(exporter.flush(20s));
    EXPECT_EQ(exporter.statistics().sent_spans, 1U);
    EXPECT_EQ(exporter.statistics().dropped_spans, 0U);
    exporter.close();
    auto const requests = server.requests();
    ASSERT_EQ(requests.size(), 3U);
    EXPECT_EQ(requests[0], requests[2]);
    EXPECT_NE(requests[0].find("content-type: application/x-protobuf"), std::string::npos);
}

TEST(OtlpExport, WhatTheReceiverRefusesIsDroppedAndCounted) {
    fault_server const server{{{receive(), send(refusal(400))}}};
    otlp_exporter exporter{options_for(server)};
    end_one(exporter);
    end_one(exporter);
    EXPECT_TRUE(exporter.flush(20s));
    auto const did = exporter.statistics();
    EXPECT_EQ(did.dropped_spans, 2U);
    EXPECT_EQ(did.sent_spans, 0U);
    EXPECT_NE(did.last_failure.find("400"), std::string::npos);
}

TEST(OtlpExport, APartialSuccessIsCountedAsOne) {
    // ExportTraceServiceResponse{partial_success{rejected_spans: 1, error_message: "old"}}
    std::string const body{"\x0A\x07\x08\x01\x12\x03old", 9};
    fault_server const server{{{receive(), send(answer(body))}}};
    otlp_exporter exporter{options_for(server)};
    end_one(exporter);
    end_one(exporter);
    EXPECT_TRUE(exporter.flush(20s));
    EXPECT_EQ(exporter.statistics().sent_spans, 1U);
    EXPECT_EQ(exporter.statistics().dropped_spans, 1U);
    EXPECT_NE(exporter.statistics().last_failure.find("old"), std::string::npos);
}

TEST(OtlpExport, AFullQueueDropsAndCounts) {
    fault_server const server{{{serve(answer(""))}}};
    auto options = options_for(server);
    options.max_queued_spans = 3;
    otlp_exporter exporter{options};
    for (int i = 0; i < 10; ++i) end_one(exporter);
    exporter.close();
    EXPECT_EQ(exporter.statistics().sent_spans, 3U);
    EXPECT_EQ(exporter.statistics().dropped_spans, 7U);
}

TEST(OtlpExport, NobodyWaitsLongForAReceiverThatIsGone) {
    otlp_options options{.traces_url = "http://127.0.0.1:1/v1/traces", .close_time = 50ms};
    auto const began = std::chrono::steady_clock::now();
    otlp_exporter exporter{options};
    end_one(exporter);
    exporter.close();
    EXPECT_LT(std::chrono::steady_clock::now() - began, 10s);
    EXPECT_EQ(exporter.statistics().dropped_spans, 1U);
}

TEST(OtlpExport, AShareOfTracesIsChosenAsAWholeUnlessAParentChose) {
    fault_server const server{{{serve(answer(""))}}, {.all_must_come = false}};
    auto options = options_for(server);
    options.sampled_share = 0;
    otlp_exporter exporter{options};
    operation root{.kind = operation_kind::function, .name = "f"};
    root.context.trace_id.fill(1);
    root.context.span_id.fill(2);
    exporter.began(root);
    EXPECT_FALSE(root.context.sampled);
    operation part = root;
    part.context.sampled = true;
    part.parent.fill(3);
    exporter.began(part);
    EXPECT_TRUE(part.context.sampled);
    exporter.ended(root);
    exporter.close();
    EXPECT_EQ(exporter.statistics().requests, 0U);
}

TEST(OtlpExport, NamesThatAreNoTextAreMended) {
    fault_server const server{{{serve(answer(""))}}};
    otlp_exporter exporter{options_for(server)};
    end_one(exporter, "a\xFF");
    exporter.close();
    EXPECT_EQ(otlp::read_requests(server.requests()).spans.at(0).name, "a\xEF\xBF\xBD");
}

}  // namespace otlp_test
}  // namespace coax
