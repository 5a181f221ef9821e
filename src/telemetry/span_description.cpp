#include "telemetry/internal/conventions.hpp"

#include <coax/telemetry/detail/span_description.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>
#include <vector>

namespace coax::telemetry::detail {
namespace {

double in_seconds(std::chrono::nanoseconds span) { return std::chrono::duration<double>{span}.count(); }

void text_if_any(attribute_writer& out, std::string_view name, std::string_view value) {
    if (!value.empty()) out.text(name, value);
}
void number_if_any(attribute_writer& out, std::string_view name, std::int64_t value) {
    if (value > 0) out.number(name, value);
}
void real_if_any(attribute_writer& out, std::string_view name, std::optional<double> value) {
    if (value) out.real(name, *value);
}

bool speaks_openai(std::string_view service) { return service == "openai" || service == "azure"; }

void write_server(call_details const& call, attribute_writer& out) {
    text_if_any(out, names::server_address, call.host);
    if (!call.host.empty()) out.number(names::server_port, call.port);
}

void write_request(call_details const& call, attribute_writer& out) {
    if (call.wants_json) out.text(names::output_type, "json");
    if (call.choices != 1) out.number(names::choice_count, call.choices);
    if (call.seed) out.number(names::seed, *call.seed);
    if (call.streaming) out.flag(names::stream, true);
    if (call.max_output_tokens) out.number(names::max_tokens, *call.max_output_tokens);
    real_if_any(out, names::temperature, call.temperature);
    real_if_any(out, names::top_p, call.top_p);
    real_if_any(out, names::frequency_penalty, call.frequency_penalty);
    real_if_any(out, names::presence_penalty, call.presence_penalty);
    if (call.top_k) out.real(names::top_k, *call.top_k);
    text_if_any(out, names::reasoning_level, call.reasoning_effort);
    if (call.stop != nullptr)
        out.texts(names::stop_sequences, std::vector<std::string_view>{call.stop->begin(), call.stop->end()});
    if (speaks_openai(call.provider))
        out.text(names::openai_api, call.api.empty() ? std::string_view{"chat_completions"} : call.api);
}

/// Counts that the service gave; never guesses.
void write_usage(usage const& used, attribute_writer& out) {
    if (used.total_tokens() == 0) return;
    out.number(names::input_tokens, used.input_tokens);
    out.number(names::output_tokens, used.output_tokens);
    number_if_any(out, names::cache_read_tokens, used.cached_input_tokens);
    number_if_any(out, names::cache_creation_tokens, used.cache_write_tokens);
    number_if_any(out, names::cache_write_tokens, used.cache_write_tokens);
    number_if_any(out, names::reasoning_tokens, used.reasoning_tokens);
    number_if_any(out, names::weave_reasoning_tokens, used.reasoning_tokens);
}

void write_response(call_details const& call, attribute_writer& out) {
    text_if_any(out, names::response_id, call.response_id);
    text_if_any(out, names::response_model, call.response_model);
    text_if_any(out, names::request_id, call.request_id);
    if (speaks_openai(call.provider)) text_if_any(out, names::openai_service_tier, call.service_tier);
    if (call.finish_reason != finish_reason::unknown)
        out.texts(names::finish_reasons, std::array{to_string(call.finish_reason)});
    if (call.first_token) out.real(names::time_to_first_chunk, in_seconds(*call.first_token));
    out.number(names::attempts, call.attempts);
    if (call.cached) out.flag(names::cached, true);
    number_if_any(out, names::reask, call.reask);
    write_usage(call.usage, out);
}

void write_call(operation const& one, attribute_writer& out) {
    auto const& call = *one.call;
    text_if_any(out, names::operation, operation_name(one));
    out.text(names::provider, provider_name(call.provider));
    text_if_any(out, names::request_model, call.model);
    write_server(call, out);
    if (one.kind == operation_kind::chat) write_request(call, out);
    write_response(call, out);
    text_if_any(out, names::input_messages, one.input);
    text_if_any(out, names::output_messages, one.output);
}

void write_attempt(operation const& one, attribute_writer& out) {
    auto const& call = *one.call;
    out.text(names::http_method, call.method);
    write_server(call, out);
    out.text(names::url, std::string{call.address}.append(call.path));
    number_if_any(out, names::http_status, one.attempt->http_status);
    number_if_any(out, names::http_resend_count, one.attempt->number - 1);
    if (one.attempt->hedge) out.flag(names::hedge, true);
    out.real(names::queued, in_seconds(one.attempt->waited));
}

void write_tool(operation const& one, attribute_writer& out) {
    out.text(names::operation, operation_name(one));
    out.text(names::tool_name, one.name);
    out.text(names::tool_type, "function");
    text_if_any(out, names::tool_call_id, one.id);
    text_if_any(out, names::tool_arguments, one.input);
    text_if_any(out, names::tool_result, one.output);
}

void write_batch(operation const& one, attribute_writer& out) {
    out.text(names::operation, operation_name(one));
    text_if_any(out, names::workflow_name, one.name);
    if (one.batch == nullptr) return;
    out.number(names::records_ok, static_cast<std::int64_t>(one.batch->ok));
    out.number(names::records_failed, static_cast<std::int64_t>(one.batch->failed));
    out.number(names::records_unfinished, static_cast<std::int64_t>(one.batch->unfinished));
}

/// What went into and came out of an operation that is no single request, as OpenInference and Weave read it.
void write_values(operation const& one, attribute_writer& out) {
    if (!one.input.empty()) {
        out.text(names::input_value, one.input);
        out.text(names::input_type, "application/json");
    }
    if (!one.output.empty()) {
        out.text(names::output_value, one.output);
        out.text(names::output_type_of_value, "application/json");
    }
}

void write_part(operation const& one, std::string_view what, attribute_writer& out) {
    out.text(names::coax_operation, what);
    if (one.kind == operation_kind::record) text_if_any(out, names::record_key, one.name);
    write_values(one, out);
}

std::string with_model(std::string_view what, call_details const& call) {
    return call.model.empty() ? std::string{what} : std::string{what}.append(" ").append(call.model);
}

std::string named(std::string_view what, std::string_view name) {
    return name.empty() ? std::string{what} : std::string{what}.append(" ").append(name);
}

}  // namespace

span_kind kind_of(operation const& one) noexcept {
    switch (one.kind) {
        case operation_kind::chat:
        case operation_kind::embedding:
        case operation_kind::rerank:
        case operation_kind::decision:
        case operation_kind::service:
        case operation_kind::attempt: return span_kind::client;
        default: return span_kind::internal;
    }
}

std::string_view operation_name(operation const& one) noexcept {
    switch (one.kind) {
        case operation_kind::chat: {
            auto const& service = one.call->provider;
            return service == "gemini" || service == "vertex" ? "generate_content" : "chat";
        }
        case operation_kind::embedding: return "embeddings";
        case operation_kind::rerank: return "rerank";
        case operation_kind::decision: return "decide";
        case operation_kind::tool: return "execute_tool";
        case operation_kind::batch: return "invoke_workflow";
        default: return {};
    }
}

std::string_view provider_name(std::string_view service) noexcept {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 7> known{{{"azure", "azure.ai.openai"},
                                                                                  {"azure_ai", "azure.ai.inference"},
                                                                                  {"gemini", "gcp.gemini"},
                                                                                  {"vertex", "gcp.vertex_ai"},
                                                                                  {"mistral", "mistral_ai"},
                                                                                  {"compatible", "openai"},
                                                                                  {"xai", "x_ai"}}};
    auto const* const found = std::ranges::find(known, service, &std::pair<std::string_view, std::string_view>::first);
    return found == known.end() ? service : found->second;
}

std::string span_name(operation const& one) {
    switch (one.kind) {
        case operation_kind::chat:
        case operation_kind::embedding:
        case operation_kind::rerank:
        case operation_kind::decision: return with_model(operation_name(one), *one.call);
        case operation_kind::attempt: return std::string{one.call->method};
        case operation_kind::parse: return with_model("parse", *one.call);
        case operation_kind::run: return with_model("run", *one.call);
        case operation_kind::tool:
        case operation_kind::batch: return named(operation_name(one), one.name);
        case operation_kind::record: return "record";
        case operation_kind::service:
        case operation_kind::function: break;
    }
    return std::string{one.name};
}

void write_attributes(operation const& one, attribute_writer& out) {
    switch (one.kind) {
        case operation_kind::chat:
        case operation_kind::embedding:
        case operation_kind::rerank:
        case operation_kind::decision:
        case operation_kind::service: write_call(one, out); break;
        case operation_kind::attempt: write_attempt(one, out); break;
        case operation_kind::tool: write_tool(one, out); break;
        case operation_kind::batch: write_batch(one, out); break;
        case operation_kind::parse: write_part(one, "parse", out); break;
        case operation_kind::run: write_part(one, "run", out); break;
        case operation_kind::record: write_part(one, "record", out); break;
        case operation_kind::function: write_part(one, "function", out); break;
    }
    if (one.why != nullptr) out.text(names::error_type, error_type(one));
}

std::string error_type(operation const& failed) {
    auto const& why = *failed.why;
    if (why.code == errc::timeout) return "timeout";
    bool const is_http = failed.kind == operation_kind::attempt && why.http_status >= 400;
    if (!is_http && !why.service_code.empty() && why.service_code.size() <= 64) return why.service_code;
    if (why.http_status >= 400) return std::to_string(why.http_status);
    return std::string{to_string(why.code)};
}

std::string status_text(error const& why) {
    auto text = std::string{to_string(why.code)};
    return why.message.empty() ? text : text.append(": ").append(why.message);
}

}  // namespace coax::telemetry::detail
