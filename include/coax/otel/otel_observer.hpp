#pragma once

#include <coax/telemetry/detail/span_description.hpp>
#include <coax/telemetry/observer.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <opentelemetry/common/timestamp.h>
#include <opentelemetry/context/context.h>
#include <opentelemetry/nostd/shared_ptr.h>
#include <opentelemetry/nostd/span.h>
#include <opentelemetry/nostd/string_view.h>
#include <opentelemetry/trace/span.h>
#include <opentelemetry/trace/span_context.h>
#include <opentelemetry/trace/span_metadata.h>
#include <opentelemetry/trace/span_startoptions.h>
#include <opentelemetry/trace/tracer.h>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace coax {

namespace otel::detail {

namespace api = opentelemetry::trace;
namespace nostd = opentelemetry::nostd;

[[nodiscard]] inline nostd::string_view view(std::string_view text) noexcept { return {text.data(), text.size()}; }

/// Sets the attributes of a span.
class span_attributes final : public telemetry::detail::attribute_writer {
public:
    explicit span_attributes(api::Span& of) noexcept : span_{of} {}

    void text(std::string_view name, std::string_view value) override { span_.SetAttribute(view(name), view(value)); }
    void number(std::string_view name, std::int64_t value) override { span_.SetAttribute(view(name), value); }
    void real(std::string_view name, double value) override { span_.SetAttribute(view(name), value); }
    void flag(std::string_view name, bool value) override { span_.SetAttribute(view(name), value); }
    void texts(std::string_view name, std::span<std::string_view const> values) override {
        std::vector<nostd::string_view> views;
        for (auto const each : values) views.push_back(view(each));
        span_.SetAttribute(view(name), nostd::span<nostd::string_view const>{views.data(), views.size()});
    }

private:
    api::Span& span_;
};

[[nodiscard]] inline api::SpanContext to_api(span_context const& of, std::array<std::uint8_t, 8> const& span) {
    return {api::TraceId{nostd::span<std::uint8_t const, 16>{of.trace_id.data(), 16}},
            api::SpanId{nostd::span<std::uint8_t const, 8>{span.data(), 8}},
            api::TraceFlags{of.sampled ? api::TraceFlags::kIsSampled : std::uint8_t{0}}, false};
}

/// Takes over the ids that the tracer has made.
inline void from_api(api::SpanContext const& made, span_context& into) {
    made.trace_id().CopyBytesTo(nostd::span<std::uint8_t, 16>{into.trace_id.data(), 16});
    made.span_id().CopyBytesTo(nostd::span<std::uint8_t, 8>{into.span_id.data(), 8});
    into.sampled = made.IsSampled();
}

}  // namespace otel::detail

/// Hands what it observes to a tracer of opentelemetry-cpp, for programs that have it: its exporters, processors and
/// samplers then do the rest. Headers alone, so that it is compiled with the program's own opentelemetry-cpp; link
/// `coax::otel`.
///
/// Operations get the ids that the tracer makes: at most one such observer a client. Spans are no scopes: what is
/// traced otherwise within a call joins by `current_span`. Thread safety: from any thread.
class otel_observer final : public observer {
public:
    using tracer_handle = opentelemetry::nostd::shared_ptr<opentelemetry::trace::Tracer>;

    /// @param content_bytes  Most bytes of prompts and of responses in a span each. 0: they are not recorded.
    explicit otel_observer(tracer_handle tracer, std::size_t content_bytes = 0)
        : tracer_{std::move(tracer)}, content_bytes_{content_bytes} {}

    void began(operation& one) override {
        namespace api = opentelemetry::trace;
        api::StartSpanOptions options;
        options.kind = kind_of(one);
        options.start_system_time = opentelemetry::common::SystemTimestamp{one.began};
        auto const began_at = std::chrono::steady_clock::now();
        options.start_steady_time = opentelemetry::common::SteadyTimestamp{began_at};
        if (one.parent != decltype(one.parent){})
            options.parent = otel::detail::to_api(one.context, one.parent);
        else
            options.parent = opentelemetry::context::Context{}.SetValue(api::kIsRootSpanKey, true);
        auto span = start(one, options);
        auto const made = span->GetContext();
        if (!made.IsValid()) return;  // there is no SDK
        otel::detail::from_api(made, one.context);
        std::lock_guard const lock{mutex_};
        open_.insert_or_assign(key_of(one), open_span{std::move(span), began_at});
    }

    void ended(operation const& one) override {
        auto const [span, began_at] = take(one);
        if (!span) return;
        otel::detail::span_attributes attributes{*span};
        telemetry::detail::write_attributes(one, attributes);
        if (one.why != nullptr)
            span->SetStatus(opentelemetry::trace::StatusCode::kError, telemetry::detail::status_text(*one.why));
        opentelemetry::trace::EndSpanOptions options;
        options.end_steady_time = opentelemetry::common::SteadyTimestamp{began_at + one.took};
        span->End(options);
    }

    [[nodiscard]] std::size_t content_bytes() const noexcept override { return content_bytes_; }

private:
    using span_handle = opentelemetry::nostd::shared_ptr<opentelemetry::trace::Span>;
    struct open_span {
        span_handle span{};
        std::chrono::steady_clock::time_point began_at{};
    };

    static opentelemetry::trace::SpanKind kind_of(operation const& one) noexcept {
        return telemetry::detail::kind_of(one) == telemetry::detail::span_kind::client
                   ? opentelemetry::trace::SpanKind::kClient
                   : opentelemetry::trace::SpanKind::kInternal;
    }
    static std::uint64_t key_of(operation const& one) noexcept {
        std::uint64_t key = 0;
        for (auto const byte : one.context.span_id) key = key << 8U | byte;
        return key;
    }

    span_handle start(operation const& one, opentelemetry::trace::StartSpanOptions const& options) {
        using attribute = std::pair<opentelemetry::nostd::string_view, opentelemetry::common::AttributeValue>;
        using link = std::pair<opentelemetry::trace::SpanContext, std::vector<attribute>>;
        std::vector<attribute> const none{};
        std::vector<link> links;
        if (one.link != nullptr) links.emplace_back(otel::detail::to_api(*one.link, one.link->span_id), none);
        return tracer_->StartSpan(telemetry::detail::span_name(one), none, links, options);
    }

    open_span take(operation const& one) {
        std::lock_guard const lock{mutex_};
        auto found = open_.find(key_of(one));
        if (found == open_.end()) return {};
        auto span = std::move(found->second);
        open_.erase(found);
        return span;
    }

    tracer_handle tracer_;
    std::size_t content_bytes_;
    std::mutex mutex_{};
    std::unordered_map<std::uint64_t, open_span> open_{};  ///< Under way, by their ids.
};

}  // namespace coax
