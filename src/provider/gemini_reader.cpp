#include "provider/gemini_reader.hpp"

#include "provider/gemini_wire.hpp"
#include "provider/json_text.hpp"
#include "provider/service_error.hpp"
#include "provider/service_words.hpp"
#include "provider/tolerant_read.hpp"
#include "provider/unusable_response.hpp"

#include <coax/bind/read.hpp>
#include <coax/chat/response_details.hpp>
#include <coax/json/writer.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace coax::detail {

// The part of the wire that coax reads. Everything may be missing or null; the rest is skipped.

struct gemini_usage {
    std::int64_t prompt_tokens{0};
    std::int64_t initial_prompt_tokens{0};  ///< Without what came before a continuation.
    std::int64_t tool_use_tokens{0};
    std::int64_t cached_tokens{0};
    std::int64_t candidate_tokens{0};
    std::int64_t thought_tokens{0};

    static constexpr auto coax_schema =
        describe("", field(&gemini_usage::prompt_tokens, {.name = "promptTokenCount"}),
                 field(&gemini_usage::initial_prompt_tokens, {.name = "initialPromptTokenCount"}),
                 field(&gemini_usage::tool_use_tokens, {.name = "toolUsePromptTokenCount"}),
                 field(&gemini_usage::cached_tokens, {.name = "cachedContentTokenCount"}),
                 field(&gemini_usage::candidate_tokens, {.name = "candidatesTokenCount"}),
                 field(&gemini_usage::thought_tokens, {.name = "thoughtsTokenCount"}));
};

struct gemini_function_call {
    std::string id{};
    std::string name{};
    json_value args{};
};

struct gemini_part {
    std::optional<std::string> text{};
    bool thought{false};
    json_value signature{};
    std::optional<gemini_function_call> call{};

    static constexpr auto coax_schema = describe("", field(&gemini_part::signature, {.name = "thoughtSignature"}),
                                                 field(&gemini_part::call, {.name = "functionCall"}));

    /// A text that nothing else belongs to.
    [[nodiscard]] bool is_plain() const { return text && !call && signature.is_null(); }
};

struct gemini_content {
    std::vector<json_value> parts{};
};

struct gemini_token {
    std::string token{};
    double logprob{0};

    static constexpr auto coax_schema = describe("", field(&gemini_token::logprob, {.name = "logProbability"}));
};

struct gemini_tokens {
    std::vector<gemini_token> candidates{};
};

struct gemini_logprobs {
    std::vector<gemini_token> chosen{};
    std::vector<gemini_tokens> top{};

    static constexpr auto coax_schema = describe("", field(&gemini_logprobs::chosen, {.name = "chosenCandidates"}),
                                                 field(&gemini_logprobs::top, {.name = "topCandidates"}));
};

struct gemini_candidate {
    std::int64_t index{0};
    gemini_content content{};
    std::string finish_reason{};
    std::string finish_message{};
    std::string continuation{};
    std::optional<gemini_logprobs> logprobs{};

    static constexpr auto coax_schema = describe("", field(&gemini_candidate::finish_reason, {.name = "finishReason"}),
                                                 field(&gemini_candidate::finish_message, {.name = "finishMessage"}),
                                                 field(&gemini_candidate::continuation, {.name = "continuationToken"}),
                                                 field(&gemini_candidate::logprobs, {.name = "logprobsResult"}));
};

struct gemini_prompt_feedback {
    std::string block_reason{};
    std::string block_message{};

    static constexpr auto coax_schema =
        describe("", field(&gemini_prompt_feedback::block_reason, {.name = "blockReason"}),
                 field(&gemini_prompt_feedback::block_message, {.name = "blockReasonMessage"}));
};

struct gemini_chunk {
    std::vector<gemini_candidate> candidates{};
    gemini_prompt_feedback prompt_feedback{};
    std::optional<gemini_usage> usage_metadata{};
    std::string model{};
    std::string id{};
    json_value error{};

    static constexpr auto coax_schema = describe("", field(&gemini_chunk::prompt_feedback, {.name = "promptFeedback"}),
                                                 field(&gemini_chunk::usage_metadata, {.name = "usageMetadata"}),
                                                 field(&gemini_chunk::model, {.name = "modelVersion"}),
                                                 field(&gemini_chunk::id, {.name = "responseId"}));
};

namespace {

usage to_usage(gemini_usage const& wire) noexcept {
    auto const known = [](std::int64_t count) { return std::max<std::int64_t>(count, 0); };
    auto const prompt = wire.initial_prompt_tokens > 0 ? wire.initial_prompt_tokens : wire.prompt_tokens;
    return {.input_tokens = known(prompt) + known(wire.tool_use_tokens),
            .output_tokens = known(wire.candidate_tokens) + known(wire.thought_tokens),
            .cached_input_tokens = known(wire.cached_tokens),
            .reasoning_tokens = known(wire.thought_tokens)};
}

struct finish_row {
    std::string_view name;
    finish_reason reason;
};

constexpr std::array finish_reasons{finish_row{"STOP", finish_reason::stop},
                                    finish_row{"MAX_TOKENS", finish_reason::length},
                                    finish_row{"CONTINUATION", finish_reason::pause},
                                    finish_row{"SAFETY", finish_reason::content_filter},
                                    finish_row{"RECITATION", finish_reason::content_filter},
                                    finish_row{"LANGUAGE", finish_reason::content_filter},
                                    finish_row{"BLOCKLIST", finish_reason::content_filter},
                                    finish_row{"PROHIBITED_CONTENT", finish_reason::content_filter},
                                    finish_row{"SPII", finish_reason::content_filter},
                                    finish_row{"MODEL_ARMOR", finish_reason::content_filter},
                                    finish_row{"IMAGE_SAFETY", finish_reason::content_filter},
                                    finish_row{"IMAGE_PROHIBITED_CONTENT", finish_reason::content_filter},
                                    finish_row{"IMAGE_RECITATION", finish_reason::content_filter}};

finish_reason to_finish_reason(std::string_view name) noexcept {
    auto const row = std::ranges::find(finish_reasons, name, &finish_row::name);
    return row == finish_reasons.end() ? finish_reason::unknown : row->reason;
}

/// What a finish reason that is a failure means; nothing: it is none.
std::optional<errc> failure_of(std::string_view finish_reason) noexcept {
    if (finish_reason == "MISSING_THOUGHT_SIGNATURE") return errc::bad_request;
    for (std::string_view const name :
         {"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MALFORMED_RESPONSE"})
        if (finish_reason == name) return errc::server_error;  // the model's slip: another try may do
    return std::nullopt;
}

error reported(std::string_view service, errc code, std::string_view what, std::string_view reason,
               std::string const& words, std::string_view request_id) {
    error why{.code = code, .message = std::string{service}, .http_status = 200};
    why.message.append(" ").append(what);
    why.service_code = one_line(std::string{reason}, longest_code_bytes);
    why.service_message = one_line(words, longest_message_bytes);
    why.request_id = request_id;
    return why;
}

void add_logprobs(std::vector<token_logprob>& to, gemini_logprobs const& wire) {
    for (std::size_t i = 0; i < wire.chosen.size(); ++i) {
        token_logprob one;
        one.token = wire.chosen[i].token;
        one.logprob = wire.chosen[i].logprob;
        if (i < wire.top.size())
            for (auto const& [token, logprob] : wire.top[i].candidates)
                one.top.push_back({.token = token, .logprob = logprob});
        to.push_back(std::move(one));
    }
}

}  // namespace

void growing_parts::add(json_value&& part, gemini_part const& known) {
    if (!known.is_plain()) {
        wanted_back_ = true;
        parts_.push_back({.text = part.text()});
        return;
    }
    if (parts_.empty() || !parts_.back().is_plain || parts_.back().is_thought != known.thought)
        parts_.push_back({.is_plain = true, .is_thought = known.thought});
    parts_.back().text += *known.text;
}

json_value growing_parts::finish(std::string_view continuation) const {
    if (!wanted_back_ && continuation.empty()) return {};
    std::string text;
    json::writer out{text};
    out.begin_array();
    for (auto const& part : parts_) {
        if (!part.is_plain) {
            out.raw(part.text);
            continue;
        }
        out.begin_object().member("text", part.text);
        if (part.is_thought) out.member("thought", true);
        out.end_object();
    }
    if (!continuation.empty()) out.begin_object().member(continuation_key, continuation).end_object();
    out.end_array();
    auto parsed = json_value::parse(text);
    return parsed ? *std::move(parsed) : json_value{};
}

result<void> gemini_reader::take(std::string_view text, chat_delta& delta) {
    {
        gemini_chunk chunk;
        if (json::read_into(chunk, text, json::wire_options)) return take(chunk, text, delta);
    }
    gemini_chunk chunk;
    if (auto read = read_tolerantly(chunk, text); !read) return read;
    return take(chunk, text, delta);
}

result<void> gemini_reader::take(gemini_chunk& chunk, std::string_view text, chat_delta& delta) {
    if (chunk.usage_metadata) response_.usage = to_usage(*chunk.usage_metadata);
    if (is_truthy(chunk.error)) return make_reported_error(service_, text, response_.request_id);
    if (response_.id.empty()) response_.id = std::move(chunk.id);
    if (response_.model.empty()) response_.model = std::move(chunk.model);
    if (response_.request_id.empty()) response_.request_id = response_.id;  // it names the response in no header
    if (auto const& why = chunk.prompt_feedback; !why.block_reason.empty() && chunk.candidates.empty())
        return reported(service_, errc::content_filtered, "blocked the prompt", why.block_reason, why.block_message,
                        response_.request_id);
    if (chunk.candidates.empty()) return {};
    auto first = std::ranges::find(chunk.candidates, 0, &gemini_candidate::index);
    if (first == chunk.candidates.end()) first = chunk.candidates.begin();
    if (whole_)
        for (auto other = chunk.candidates.begin(); other != chunk.candidates.end(); ++other)
            if (other != first) add_choice(*other);
    return take(*first, delta);
}

void gemini_reader::add_choice(gemini_candidate& candidate) {
    gemini_reader reader{service_, {}};
    chat_delta unused;
    if (!reader.take(candidate, unused)) return;
    auto& other = reader.response_;
    response_.details.edit().choices.push_back({.text = std::move(other.text),
                                                .tool_calls = std::move(other.tool_calls),
                                                .finish_reason = other.finish_reason,
                                                .reasoning = std::move(other.reasoning),
                                                .logprobs = other.details->logprobs});
}

result<void> gemini_reader::take(gemini_candidate& candidate, chat_delta& delta) {
    for (auto& part : candidate.content.parts)
        if (auto taken = take(std::move(part), delta); !taken) return taken;
    bool const is_silent = candidate.content.parts.empty();
    covered_ = !candidate.continuation.empty() || (covered_ && is_silent);
    if (!candidate.continuation.empty()) continuation_ = std::move(candidate.continuation);
    if (candidate.logprobs) add_logprobs(response_.details.edit().logprobs, *candidate.logprobs);
    return candidate.finish_reason.empty() ? result<void>{} : take_finish(candidate);
}

result<void> gemini_reader::take(json_value&& part, chat_delta& delta) {
    gemini_part known;
    if (!part.is_object()) return {};
    if (!json::read_into(known, part.text(), json::wire_options)) {
        known = {};
        (void)read_tolerantly(known, part.text());
    }
    if (auto counted = size_.count(part.text().size()); !counted) return counted;
    if (known.call)
        if (auto added = add_call(known, delta); !added) return added;
    if (known.text) {
        (known.thought ? response_.reasoning : response_.text) += *known.text;
        (known.thought ? delta.reasoning : delta.text) += *known.text;
    }
    parts_.add(std::move(part), known);
    return {};
}

result<void> gemini_reader::add_call(gemini_part& known, chat_delta& delta) {
    auto& calls = response_.tool_calls;
    if (calls.size() == max_tool_calls) return response_too_large(service_, "more than 128 tool calls");
    auto& call = *known.call;
    if (call.id.empty()) call.id = std::string{made_up_call_id}.append(std::to_string(calls.size()));
    calls.push_back({.id = std::move(call.id),
                     .name = std::move(call.name),
                     .arguments = call.args.is_null() ? "{}" : call.args.text()});
    delta.tool_calls.push_back(calls.back());
    return {};
}

result<void> gemini_reader::take_finish(gemini_candidate const& candidate) {
    if (auto const code = failure_of(candidate.finish_reason))
        return reported(service_, *code, "ended its response with a failure", candidate.finish_reason,
                        candidate.finish_message, response_.request_id);
    finished_ = true;
    response_.finish_reason = to_finish_reason(candidate.finish_reason);
    return {};
}

void gemini_reader::pause_if_possible() {
    if (finished_ || !covered_ || parts_.empty()) return;
    finished_ = true;
    response_.finish_reason = finish_reason::pause;
}

result<chat_response> gemini_reader::finish() {
    if (response_.finish_reason == finish_reason::stop && !response_.tool_calls.empty())
        response_.finish_reason = finish_reason::tool_calls;
    bool const goes_on = response_.finish_reason == finish_reason::pause;
    response_.raw_content = parts_.finish(goes_on ? std::string_view{continuation_} : std::string_view{});
    if (auto starved = find_starved(service_, response_)) return *std::move(starved);
    return std::move(response_);
}

}  // namespace coax::detail
