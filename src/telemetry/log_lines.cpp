#include "telemetry/log_lines.hpp"

#include <coax/bind/write.hpp>
#include <coax/json/writer.hpp>
#include <coax/reflect/enums.hpp>

#include <algorithm>
#include <array>
#include <chrono>

namespace coax::telemetry::detail {
namespace {

std::string milliseconds_text(std::chrono::nanoseconds time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count()) + " ms";
}

std::string counted(std::uint64_t count, std::string_view what) {
    return std::to_string(count).append(" ").append(what).append(count == 1 ? "" : "s");
}

/// "chat gpt-5.4-mini", "tool get_weather", "attempt 2".
std::string subject_of(operation const& one) {
    std::string text{reflect::enum_name(one.kind)};
    if (one.attempt != nullptr) text += (one.attempt->hedge ? " (hedge) " : " ") + std::to_string(one.attempt->number);
    if (!one.name.empty()) text.append(" ").append(one.name);
    if (one.call != nullptr && !one.call->model.empty()) text.append(" ").append(one.call->model);
    return text;
}

void add_call(std::string& text, operation const& one) {
    auto const& call = *one.call;
    if (one.attempt == nullptr) {
        text.append(", ").append(std::to_string(call.usage.input_tokens)).append(" + ");
        text.append(std::to_string(call.usage.output_tokens)).append(" tokens, ");
        text +=
            call.cached ? "from the cache" : counted(static_cast<std::uint64_t>(std::max(call.attempts, 0)), "attempt");
    }
    text.append(" (").append(call.provider);
    if (one.attempt != nullptr) text.append(", ").append(call.address);
    if (!call.request_id.empty()) text.append(", ").append(call.request_id);
    text += ')';
}

void add_batch(std::string& text, batch_details const& batch) {
    text.append(", ").append(std::to_string(batch.ok)).append(" ok, ").append(std::to_string(batch.failed));
    text.append(" failed, ").append(std::to_string(batch.unfinished)).append(" unfinished");
}

/// "2026-11-29T02:40:11.123Z".
std::string date_time(std::chrono::system_clock::time_point time) {
    return json::write(std::chrono::time_point_cast<std::chrono::milliseconds>(time));
}

template <std::size_t Size>
std::string hex(std::array<std::uint8_t, Size> const& bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (auto const byte : bytes) {
        text += digits[byte >> 4U];
        text += digits[byte & 15U];
    }
    return text;
}

std::int64_t count_of(std::chrono::nanoseconds time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

void add_text(json::writer& out, std::string_view name, std::string_view text) {
    if (!text.empty()) out.member(name, text);
}

void add_call_json(json::writer& out, call_details const& call) {
    out.member("provider", call.provider).member("model", call.model);
    add_text(out, "response_model", call.response_model);
    if (call.streaming) out.member("streaming", true);
    if (call.reask > 0) out.member("reask", call.reask);
    out.member("attempts", call.attempts);
    if (call.cached) out.member("cached", true);
    if (call.first_token) out.member("first_token_ms", count_of(*call.first_token));
    out.key("usage").write(call.usage);
    if (call.finish_reason != finish_reason::unknown) out.member("finish_reason", to_string(call.finish_reason));
    add_text(out, "service_tier", call.service_tier);
    add_text(out, "response_id", call.response_id);
    add_text(out, "request_id", call.request_id);
}

void add_error_json(json::writer& out, error const& why) {
    out.key("error").begin_object().member("code", to_string(why.code)).member("message", why.message);
    if (why.http_status != 0) out.member("http_status", why.http_status);
    add_text(out, "service_code", why.service_code);
    add_text(out, "service_message", why.service_message);
    out.end_object();
}

}  // namespace

std::string_view room_of(operation_kind kind) noexcept {
    switch (kind) {
        case operation_kind::attempt: return "http";
        case operation_kind::tool: return "tools";
        case operation_kind::batch:
        case operation_kind::record: return "batch";
        case operation_kind::function: return "program";
        default: return "client";
    }
}

log_level level_of(operation const& ended) noexcept {
    bool const is_cancelled = ended.why != nullptr && ended.why->code == errc::cancelled;
    bool const is_part = ended.kind == operation_kind::attempt || ended.kind == operation_kind::record;
    if (ended.why == nullptr || is_cancelled) return is_part ? log_level::debug : log_level::info;
    return is_part || ended.kind == operation_kind::tool ? log_level::warning : log_level::error;
}

log_level level_of(moment const& what) noexcept {
    return what.kind == moment_kind::reasked ? log_level::warning : log_level::debug;
}

bool is_wanted(log_options const& options, std::string_view room, log_level level) {
    auto const of_room =
        std::ranges::find(options.rooms, room, [](auto const& each) { return std::string_view{each.first}; });
    return level >= (of_room == options.rooms.end() ? options.level : of_room->second);
}

std::string text_of(operation const& ended) {
    auto text = subject_of(ended) + ": ";
    text += ended.why == nullptr ? "ok" : std::string{to_string(ended.why->code)};
    text.append(" in ").append(milliseconds_text(ended.took));
    if (ended.call != nullptr) add_call(text, ended);
    if (ended.batch != nullptr) add_batch(text, *ended.batch);
    if (ended.why != nullptr) text.append(": ").append(to_string(*ended.why));
    return one_line(text);
}

std::string text_of(operation const& in, moment const& what) {
    auto text = subject_of(in);
    switch (what.kind) {
        case moment_kind::queued:
            text.append(": waited ").append(milliseconds_text(what.time)).append(" for its turn");
            break;
        case moment_kind::first_token: text.append(": first token after ").append(milliseconds_text(what.time)); break;
        case moment_kind::reasked: text.append(": asked again, re-ask ").append(std::to_string(what.number)); break;
    }
    if (what.why != nullptr) text.append(": ").append(to_string(*what.why));
    return one_line(text);
}

std::string one_line(std::string_view text) {
    std::string line{text};
    for (char& c : line)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    return line;
}

bool is_inference(operation_kind kind) noexcept {
    return kind == operation_kind::chat || kind == operation_kind::embedding || kind == operation_kind::rerank ||
           kind == operation_kind::decision;
}

std::string inference_json(operation const& ended, bool contents) {
    std::string text;
    json::writer out{text};
    out.begin_object().key("time").raw(date_time(ended.began)).member("operation", reflect::enum_name(ended.kind));
    out.member("outcome", ended.why == nullptr ? std::string_view{"ok"} : to_string(ended.why->code));
    out.member("latency_ms", count_of(ended.took));
    if (ended.call != nullptr) add_call_json(out, *ended.call);
    if (ended.why != nullptr) add_error_json(out, *ended.why);
    out.member("trace_id", hex(ended.context.trace_id)).member("span_id", hex(ended.context.span_id));
    if (contents) add_text(out, "input", ended.input);
    if (contents) add_text(out, "output", ended.output);
    out.end_object();
    return text;
}

}  // namespace coax::telemetry::detail
