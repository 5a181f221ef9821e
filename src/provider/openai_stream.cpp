#include "provider/json_text.hpp"
#include "provider/openai_calls.hpp"
#include "provider/openai_decode.hpp"
#include "provider/openai_details.hpp"
#include "provider/openai_reasoning.hpp"
#include "provider/repeated_event.hpp"
#include "provider/response_headers.hpp"
#include "provider/response_limits.hpp"
#include "provider/service_error.hpp"
#include "provider/service_words.hpp"
#include "provider/tolerant_read.hpp"
#include "provider/unusable_response.hpp"

#include <coax/bind/read.hpp>

#include <utility>

namespace coax::detail {

namespace {

bool has_content(json_value const& value) { return !value.is_null() && value.text() != "{}" && value.text() != "[]"; }

constexpr event_hole chunk_holes[]{{"/choices/0/delta/content", event_hole::kind::text},
                                   {"/created", event_hole::kind::number},
                                   {"/obfuscation", event_hole::kind::ignored_text}};

/// Whether a chunk adds text and says nothing else that the one before may not have said.
bool adds_only_text(openai_completion<std::string> const& chunk) {
    if (chunk.choices.size() != 1 || chunk.usage || chunk.x_groq.usage) return false;
    auto const& choice = chunk.choices.front();
    auto const& added = choice.delta;
    return !added.content.empty() && choice.finish_reason.empty() && choice.logprobs.is_null() &&
           added.refusal.empty() && added.reasoning.empty() && added.reasoning_content.empty() &&
           added.tool_calls.empty() && added.function_call.name.empty() && added.annotations.is_null() &&
           added.reasoning_details.is_null() && added.extra_content.is_null();
}

/// Servers put events of their own between the chunks; they say nothing of the response.
bool is_foreign(std::string_view type) { return !type.empty() && type != "message" && type != "error"; }

class openai_stream_decoder final : public stream_decoder {
public:
    openai_stream_decoder(openai_profile const& profile, header_list const& headers)
        : service_{profile.service}, size_{profile.service}, calls_{profile.service} {
        response_.request_id = request_id(headers);
        response_.rate_limits = openai_rate_limits(headers);
    }

    result<void> feed(sse_event const& event, chat_delta& delta) override {
        if (done_) return {};
        if (event.data.starts_with("[DONE]")) {
            done_ = true;
            return {};
        }
        if (before_.matches(event)) return size_.append(response_.text, delta.text, std::move(before_.text()));
        {
            openai_completion<std::string> chunk;
            if (json::read_into(chunk, event.data, json::wire_options)) {
                bool const repeats = adds_only_text(chunk);
                auto taken = take(chunk, event, delta);
                if (taken && repeats) before_.remember(event, delta.text);
                return taken;
            }
        }
        return feed_tolerantly(event, delta);
    }

    bool done() const noexcept override { return done_; }
    bool complete() const noexcept override { return finished_; }
    usage usage_so_far() const noexcept override { return response_.usage; }
    std::size_t content_bytes() const noexcept override { return size_.bytes(); }

    result<chat_response> finish() override {
        if (!finished_) {
            auto why = stream_cut_off(service_, response_.request_id);
            if (done_) why.message = std::string{service_} + ": the stream ended without a finish_reason";
            why.service_message = stray_text_;
            return why;
        }
        response_.tool_calls = calls_.take();
        reasoning_.details = details_.finish();
        calls_.take_returned(reasoning_);
        response_.raw_content = to_raw_content(reasoning_, response_.tool_calls);
        response_.finish_reason =
            refine_finish_reason(response_.finish_reason, !response_.refusal.empty(), !response_.tool_calls.empty());
        response_.content_filter = content_filter_json(prompt_filter_, response_filter_);
        for (auto const& each : annotations_)
            add_openai_citations(response_.details.edit().citations, each, response_.text);
        if (auto starved = find_starved(service_, response_)) return *std::move(starved);
        return std::move(response_);
    }

private:
    result<void> feed_tolerantly(sse_event const& event, chat_delta& delta) {
        openai_completion<json_value> chunk;
        auto const read = read_tolerantly(chunk, event.data);
        if (read) return take(chunk, event, delta);
        if (event.type == "error") return make_reported_error(service_, event.data, response_.request_id);
        if (is_foreign(event.type)) return {};
        if (!event.data.starts_with('{')) {  // no piece of a chunk: at most why the stream ends
            if (stray_text_.empty()) stray_text_ = one_line(std::string{event.data}, longest_message_bytes);
            hide_keys(stray_text_);
            return {};
        }
        return make_protocol_error(service_, "an event of the stream is not a chunk", read.error(),
                                   response_.request_id);
    }

    template <class Text>
    result<void> take(openai_completion<Text>& chunk, sse_event const& event, chat_delta& delta) {
        if (is_foreign(event.type) && chunk.choices.empty()) return {};
        if (is_truthy(chunk.error) || event.type == "error")
            return make_reported_error(service_, event.data, response_.request_id);
        // Azure's filter chunks have these empty.
        if (response_.id.empty()) response_.id = std::move(chunk.id);
        if (response_.model.empty()) response_.model = std::move(chunk.model);
        if (!chunk.service_tier.empty()) response_.service_tier = std::move(chunk.service_tier);
        if (auto const& told = chunk.usage ? chunk.usage : chunk.x_groq.usage) response_.usage = to_usage(*told);
        if (has_content(chunk.prompt_filter_results)) prompt_filter_ = std::move(chunk.prompt_filter_results);
        // One choice was asked for, so all belongs to it: there are servers whose index counts the chunks.
        for (auto& choice : chunk.choices)
            if (auto taken = take(choice, delta); !taken) return taken;
        return {};
    }

    template <class Text>
    result<void> take(openai_choice<Text>& choice, chat_delta& delta) {
        if (auto failed = find_failure(service_, choice.error, choice.finish_reason, response_.request_id))
            return *std::move(failed);
        if (has_content(choice.content_filter_results)) response_filter_ = std::move(choice.content_filter_results);
        if (!choice.finish_reason.empty()) take_finish(choice.finish_reason);
        if (choice.logprobs.is_object()) {
            if (auto counted = size_.count(choice.logprobs.text().size()); !counted) return counted;
            add_openai_logprobs(response_.details.edit().logprobs, choice.logprobs);
        }
        if (auto taken = take(choice.delta, delta); !taken) return taken;
        // A server that does not stream sends the whole message at once.
        return size_.bytes() == 0 ? take(choice.message, delta) : result<void>{};
    }

    template <class Text>
    result<void> take(openai_message<Text>& added, chat_delta& delta) {
        if (auto taken = take_reasoning(added, delta); !taken) return taken;
        if (auto taken = size_.append(response_.text, delta.text, take_text(added.content)); !taken) return taken;
        if (auto taken = size_.append(response_.refusal, delta.refusal, take_text(added.refusal)); !taken) return taken;
        if (has_elements(added.annotations)) {
            if (auto counted = size_.count(added.annotations.text().size()); !counted) return counted;
            annotations_.push_back(std::move(added.annotations));
        }
        for (auto& call : added.tool_calls)
            if (auto taken = calls_.add(call, size_, delta.tool_calls); !taken) return taken;
        if (added.function_call.name.empty() && calls_.empty()) return {};
        return calls_.add(added.function_call, size_, delta.tool_calls);
    }

    template <class Text>
    result<void> take_reasoning(openai_message<Text>& added, chat_delta& delta) {
        if (has_content(added.reasoning_details)) {
            if (auto counted = size_.count(added.reasoning_details.text().size()); !counted) return counted;
            details_.append(added.reasoning_details);
        }
        if (has_content(added.extra_content)) reasoning_.extra_content = std::move(added.extra_content);
        auto piece = take_text(added.reasoning_content);
        auto plain = piece.empty() ? take_text(added.reasoning) + take_thoughts(added.content) : std::string{};
        reasoning_.content += piece;
        reasoning_.plain += plain;
        return size_.append(response_.reasoning, delta.reasoning, piece.empty() ? std::move(plain) : std::move(piece));
    }

    /// A content filter's verdict may follow the natural end, and then replaces it.
    void take_finish(std::string_view name) {
        finished_ = true;
        if (response_.finish_reason != finish_reason::content_filter) response_.finish_reason = to_finish_reason(name);
    }

    std::string_view service_;
    response_size size_;
    chat_response response_{};
    growing_calls calls_;
    growing_details details_{};
    repeated_event before_{chunk_holes};
    returned_reasoning reasoning_{};
    json_value prompt_filter_{};
    json_value response_filter_{};
    std::vector<json_value> annotations_{};
    std::string stray_text_{};
    bool finished_{false};
    bool done_{false};
};

}  // namespace

std::unique_ptr<stream_decoder> make_openai_stream_decoder(openai_profile const& profile, header_list const& headers) {
    return std::make_unique<openai_stream_decoder>(profile, headers);
}

}  // namespace coax::detail
