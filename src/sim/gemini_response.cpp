#include "sim/gemini_wire.hpp"
#include "sim/random.hpp"
#include "sim/text.hpp"

#include <boost/json/parse.hpp>

#include <functional>

namespace coax::sim::detail {
namespace {

constexpr std::string_view thought_text = "**Weighing the question** I look at what is asked before I answer.";

std::string_view finish_name(finish_reason finish) noexcept {
    switch (finish) {
        case finish_reason::stop:
        case finish_reason::stop_sequence:
        case finish_reason::tool_calls: return "STOP";
        case finish_reason::length: return "MAX_TOKENS";
        case finish_reason::filtered:
        case finish_reason::refused: return "SAFETY";
    }
    return "STOP";
}

bool is_withheld(completion const& output) noexcept {
    return output.finish == finish_reason::refused || output.finish == finish_reason::filtered;
}

void write_candidate_token(writer& out, std::string_view token, double logprob) {
    out.begin_object().member("token", token).member("tokenId", token.size());
    out.member("logProbability", logprob).end_object();
}

/// Token after token, the likelier the longer; the others in its place are it without its end.
void write_logprobs_result(writer& out, parsed_chat const& chat, std::vector<std::string_view> const& tokens) {
    if (!chat.logprobs || tokens.empty()) return;
    auto const likelihood = [](std::string_view token) { return -1.0 / static_cast<double>(token.size() + 1); };
    out.key("logprobsResult").begin_object().key("topCandidates").begin_array();
    for (auto const token : tokens) {
        out.begin_object().key("candidates").begin_array();
        for (int i = 0; i < chat.top_logprobs; ++i)
            write_candidate_token(out, i == 0 ? token : token.substr(0, token.size() / 2), likelihood(token) - i);
        out.end_array().end_object();
    }
    out.end_array().key("chosenCandidates").begin_array();
    for (auto const token : tokens) write_candidate_token(out, token, likelihood(token));
    out.end_array().end_object();
}

/// Writes one response, whole or in chunks.
class content_writer {
public:
    content_writer(response& reply, parsed_chat const& chat, request_context const& context)
        : reply_{reply},
          chat_{chat},
          context_{context},
          thoughts_{chat.shows_thoughts ? token_count(thought_text.size()) : 0} {
        reply_.completion_tokens += thoughts_ * static_cast<std::size_t>(chat.choice_count);
    }

    void write_whole(std::vector<completion> const& outputs) {
        writer out{reply_.body};
        out.begin_object();
        if (outputs.front().finish == finish_reason::filtered)
            write_blocked(out);
        else
            write_candidates(out, outputs);
        write_tail(out, reply_.completion_tokens);
    }

    void write_chunks(std::vector<completion> const& outputs) {
        if (outputs.front().finish == finish_reason::filtered) return chunk(0, [](writer& out) { write_blocked(out); });
        for (std::size_t i = 0; i < outputs.size(); ++i) write_chunks(outputs[i], i);
    }

private:
    using write_function = std::function<void(writer&)>;

    static void write_blocked(writer& out) {
        out.key("promptFeedback").begin_object().member("blockReason", "PROHIBITED_CONTENT").end_object();
    }

    void write_usage(writer& out, std::size_t completion_tokens) const {
        out.key("usageMetadata").begin_object().member("promptTokenCount", reply_.prompt_tokens);
        auto const thoughts = std::min(completion_tokens, thoughts_ * static_cast<std::size_t>(chat_.choice_count));
        if (completion_tokens > thoughts) out.member("candidatesTokenCount", completion_tokens - thoughts);
        if (thoughts > 0) out.member("thoughtsTokenCount", thoughts);
        out.member("totalTokenCount", reply_.prompt_tokens + completion_tokens);
        out.key("promptTokensDetails").begin_array().begin_object().member("modality", "TEXT");
        out.member("tokenCount", reply_.prompt_tokens).end_object().end_array().end_object();
    }

    void write_tail(writer& out, std::size_t completion_tokens) const {
        write_usage(out, completion_tokens);
        out.member("modelVersion", chat_.model).member("responseId", make_id(context_.id_seed, 22)).end_object();
    }

    // -- parts --

    static void write_thought(writer& out) {
        out.begin_object().member("text", thought_text).member("thought", true).end_object();
    }

    /// The first call of a response carries the signature.
    void write_call(writer& out, tool_call const& call, bool is_first) const {
        out.begin_object().key("functionCall").begin_object();
        if (!is_older_gemini(chat_.model)) out.member("id", call.id);
        out.member("name", call.name).key("args").raw(call.arguments).end_object();
        if (is_first) out.member("thoughtSignature", gemini_signature(call.name, json::parse(call.arguments)));
        out.end_object();
    }

    /// Calls come whole: one that the token limit cut does not come.
    [[nodiscard]] static std::size_t whole_calls(completion const& output) noexcept {
        auto const count = output.calls.size();
        return output.finish == finish_reason::length && count > 0 ? count - 1 : count;
    }

    void write_parts(writer& out, completion const& output) const {
        if (chat_.shows_thoughts) write_thought(out);
        if (output.calls.empty() && !output.text.empty()) out.begin_object().member("text", output.text).end_object();
        for (std::size_t i = 0; i < whole_calls(output); ++i) write_call(out, output.calls[i], i == 0);
    }

    void write_candidates(writer& out, std::vector<completion> const& outputs) const {
        out.key("candidates").begin_array();
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            auto const& output = outputs[i];
            bool const has_parts = chat_.shows_thoughts || !output.text.empty() || whole_calls(output) > 0;
            out.begin_object();
            if (!is_withheld(output) && has_parts) {
                out.key("content").begin_object().key("parts").begin_array();
                write_parts(out, output);
                out.end_array().member("role", "model").end_object();
            }
            if (output.calls.empty() && !is_withheld(output))
                write_logprobs_result(out, chat_, split_deltas(output.text));
            out.member("finishReason", finish_name(output.finish)).member("index", i).end_object();
        }
        out.end_array();
    }

    // -- chunks --

    void chunk(std::size_t completion_tokens, write_function const& write_members) {
        std::string text{"data: "};
        writer out{text};
        write_members(out.begin_object());
        write_tail(out, completion_tokens);
        reply_.pieces.push_back(text.append("\r\n\r\n"));
    }

    /// @param tokens  Those of a piece of text.
    void part_chunk(std::size_t index, write_function const& write_part, std::string_view finish = {},
                    std::vector<std::string_view> const& tokens = {}) {
        chunk(finish.empty() ? 0 : reply_.completion_tokens, [&](writer& out) {
            out.key("candidates").begin_array().begin_object().key("content").begin_object();
            write_part(out.key("parts").begin_array());
            out.end_array().member("role", "model").end_object();
            write_logprobs_result(out, chat_, tokens);
            if (!finish.empty()) out.member("finishReason", finish);
            out.member("index", index).end_object().end_array();
        });
    }

    void write_chunks(completion const& output, std::size_t index) {
        if (chat_.shows_thoughts && !is_withheld(output)) part_chunk(index, write_thought);
        if (output.calls.empty() && !is_withheld(output))
            for (auto const piece : split_deltas(output.text))
                part_chunk(index, [piece](writer& out) { out.begin_object().member("text", piece).end_object(); }, {},
                           {piece});
        for (std::size_t i = 0; i < whole_calls(output); ++i)
            part_chunk(index, [&](writer& out) { write_call(out, output.calls[i], i == 0); });
        // The last chunk has an empty text, which may be signed.
        part_chunk(
            index,
            [this](writer& out) {
                out.begin_object().member("text", "");
                if (!is_older_gemini(chat_.model)) out.member("thoughtSignature", gemini_signature({}, {}));
                out.end_object();
            },
            finish_name(output.finish));
    }

    response& reply_;
    parsed_chat const& chat_;
    request_context const& context_;
    std::size_t thoughts_;
};

}  // namespace

void write_gemini_chat(response& out, parsed_chat const& chat, std::vector<completion> const& completions,
                       request_context const& context) {
    content_writer to{out, chat, context};
    if (chat.stream)
        to.write_chunks(completions);
    else
        to.write_whole(completions);
}

}  // namespace coax::sim::detail
