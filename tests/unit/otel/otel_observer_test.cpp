#include "support/fake_service.hpp"
#include "support/run_coro.hpp"

#include <coax/client/client.hpp>
#include <coax/otel/otel_observer.hpp>

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace coax {
namespace otel_observer_test {

using namespace coax::test;
namespace api = opentelemetry::trace;
namespace nostd = opentelemetry::nostd;

/// What one span came to.
struct kept_span {
    std::string name{};
    api::SpanKind kind{};
    api::SpanContext context{false, false};
    api::SpanId parent{};
    bool is_root{false};
    std::map<std::string, std::string> texts{};
    std::map<std::string, std::int64_t> numbers{};
    api::StatusCode status{api::StatusCode::kUnset};
    std::size_t links{0};
    bool ended{false};
};

/// A span of a tracer that only keeps what it is told. Written from opentelemetry-cpp's API.
class keeping_span final : public api::Span {
public:
    explicit keeping_span(std::shared_ptr<kept_span> into) : into_{std::move(into)} {}

    void SetAttribute(nostd::string_view key, opentelemetry::common::AttributeValue const& value) noexcept override {
        if (auto const* const text = nostd::get_if<nostd::string_view>(&value))
            into_->texts[std::string{key}] = std::string{*text};
        if (auto const* const number = nostd::get_if<std::int64_t>(&value)) into_->numbers[std::string{key}] = *number;
    }
    void AddEvent(nostd::string_view) noexcept override {}
    void AddEvent(nostd::string_view, opentelemetry::common::SystemTimestamp) noexcept override {}
    void AddEvent(nostd::string_view, opentelemetry::common::SystemTimestamp,
                  opentelemetry::common::KeyValueIterable const&) noexcept override {}
    void SetStatus(api::StatusCode code, nostd::string_view) noexcept override { into_->status = code; }
    void UpdateName(nostd::string_view) noexcept override {}
    void End(api::EndSpanOptions const&) noexcept override { into_->ended = true; }
    api::SpanContext GetContext() const noexcept override { return into_->context; }
    bool IsRecording() const noexcept override { return true; }

private:
    std::shared_ptr<kept_span> into_;
};

class keeping_tracer final : public api::Tracer {
public:
    nostd::shared_ptr<api::Span> StartSpan(nostd::string_view name, opentelemetry::common::KeyValueIterable const&,
                                           api::SpanContextKeyValueIterable const& links,
                                           api::StartSpanOptions const& options) noexcept override {
        auto const span = std::make_shared<kept_span>();
        span->name = std::string{name};
        span->kind = options.kind;
        span->links = links.size();
        std::uint8_t id[8]{0, 0, 0, 0, 0, 0, 7, static_cast<std::uint8_t>(spans.size() + 1)};
        std::uint8_t trace[16]{9};
        api::TraceId trace_id{trace};
        if (auto const* const parent = nostd::get_if<api::SpanContext>(&options.parent)) {
            span->parent = parent->span_id();
            trace_id = parent->trace_id();
        } else {
            span->is_root = true;
        }
        span->context = {trace_id, api::SpanId{id}, api::TraceFlags{api::TraceFlags::kIsSampled}, false};
        spans.push_back(span);
        return nostd::shared_ptr<api::Span>{new keeping_span{span}};
    }
#if OPENTELEMETRY_ABI_VERSION_NO < 2
    void ForceFlushWithMicroseconds(std::uint64_t) noexcept override {}
    void CloseWithMicroseconds(std::uint64_t) noexcept override {}
#endif

    std::vector<std::shared_ptr<kept_span>> spans{};
};

TEST(OtelObserver, MakesSpansByTheProgramsOwnTracer) {
    auto* const tracer = new keeping_tracer;
    nostd::shared_ptr<api::Tracer> const handle{tracer};
    fake_service service;
    service.then(openai_error(503, "busy")).then(openai_text("hi"));
    auto options = service.options();
    options.telemetry = {.observers = {std::make_shared<otel_observer>(handle)}, .propagate = true};
    run_virtual([](client_options with) -> asio::awaitable<void> {
        auto const llm = co_await connect(std::move(with));
        co_await llm.chat("x");
    }(std::move(options)));

    ASSERT_EQ(tracer->spans.size(), 3U);
    auto const& chat = *tracer->spans[0];
    auto const& failed = *tracer->spans[1];
    EXPECT_EQ(chat.name, "chat m");
    EXPECT_EQ(chat.kind, api::SpanKind::kClient);
    EXPECT_TRUE(chat.is_root);
    EXPECT_EQ(chat.texts.at("gen_ai.provider.name"), "openai");
    EXPECT_EQ(chat.numbers.at("gen_ai.usage.input_tokens"), 10);
    EXPECT_EQ(chat.status, api::StatusCode::kUnset);
    EXPECT_EQ(failed.name, "POST");
    EXPECT_TRUE(failed.parent == chat.context.span_id());
    EXPECT_TRUE(failed.context.trace_id() == chat.context.trace_id());
    EXPECT_EQ(failed.status, api::StatusCode::kError);
    for (auto const& span : tracer->spans) EXPECT_TRUE(span->ended) << span->name;
    EXPECT_EQ(service.requests().at(1).headers.find("traceparent"),
              "00-09000000000000000000000000000000-0000000000000703-01")
        << "the ids are the tracer's";
}

}  // namespace otel_observer_test
}  // namespace coax
