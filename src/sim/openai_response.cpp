#include "sim/openai_wire.hpp"
#include "sim/random.hpp"
#include "sim/text.hpp"

namespace coax::sim::detail {
namespace {

constexpr std::string_view completion_filters =
    R"({"hate":{"filtered":false,"severity":"safe"},"self_harm":{"filtered":false,"severity":"safe"},"sexual":{"filtered":false,"severity":"safe"},"violence":{"filtered":false,"severity":"safe"}})";
constexpr std::string_view prompt_filters =
    R"([{"prompt_index":0,"content_filter_results":{"hate":{"filtered":false,"severity":"safe"},"jailbreak":{"filtered":false,"detected":false},"self_harm":{"filtered":false,"severity":"safe"},"sexual":{"filtered":false,"severity":"safe"},"violence":{"filtered":false,"severity":"safe"}}}])";
constexpr std::string_view completion_details =
    R"({"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0})";

bool has_filters(request_context const& context) noexcept { return context.route.dialect != dialect::openai; }

std::string_view finish_name(completion const& output, parsed_chat const& chat) noexcept {
    switch (output.finish) {
        case finish_reason::stop:
        case finish_reason::stop_sequence:
        case finish_reason::refused: return "stop";
        case finish_reason::length: return "length";
        case finish_reason::tool_calls:
            return chat.choice_mode == tool_choice::named ? "stop" : "tool_calls";  // as forced calls end
        case finish_reason::filtered: return "content_filter";
    }
    return "stop";
}

bool is_refusal(completion const& output) noexcept { return output.finish == finish_reason::refused; }

void write_call(writer& out, tool_call const& call, std::string_view arguments) {
    out.member("id", "call_" + call.id).member("type", "function").key("function").begin_object();
    out.member("name", call.name).member("arguments", arguments).end_object();
}

void write_message(writer& out, completion const& output) {
    bool const refused = output.finish == finish_reason::refused;
    bool const no_content = refused || !output.calls.empty() || output.finish == finish_reason::filtered;
    out.begin_object().member("role", "assistant");
    write_text_or_null(out, "content", output.text, no_content);
    write_text_or_null(out, "refusal", output.text, !refused);
    if (!output.calls.empty()) {
        out.key("tool_calls").begin_array();
        for (auto const& call : output.calls) {
            out.begin_object();
            write_call(out, call, call.arguments);
            out.end_object();
        }
        out.end_array();
    }
    out.key("annotations").begin_array().end_array().end_object();
}

void write_usage(writer& out, response const& counted) {
    out.key("usage").begin_object().member("prompt_tokens", counted.prompt_tokens);
    out.member("completion_tokens", counted.completion_tokens);
    out.member("total_tokens", counted.prompt_tokens + counted.completion_tokens);
    out.key("prompt_tokens_details").begin_object().member("cached_tokens", counted.cached_tokens);
    out.member("audio_tokens", 0);
    if (counted.cache_write_tokens > 0) out.member("cache_write_tokens", counted.cache_write_tokens);
    out.end_object().key("completion_tokens_details").raw(completion_details).end_object();
}

void write_token(writer& out, std::string_view token, double logprob) {
    out.member("token", token).member("logprob", logprob).key("bytes").begin_array();
    for (auto const byte : token) out.value(static_cast<unsigned>(static_cast<unsigned char>(byte)));
    out.end_array();
}

/// Token after token, the likelier the longer; the others in its place are it without its end.
void write_token_logprobs(writer& out, std::string_view token, int others) {
    out.begin_object();
    write_token(out, token, -1.0 / static_cast<double>(token.size() + 1));
    out.key("top_logprobs").begin_array();
    for (int i = 0; i < others; ++i) {
        out.begin_object();
        write_token(out, i == 0 ? token : token.substr(0, token.size() / 2),
                    -1.0 / static_cast<double>(token.size() + 1) - i);
        out.end_object();
    }
    out.end_array().end_object();
}

/// The member `logprobs` of a choice or of its piece. @param refused  They are those of the refusal.
void write_logprobs(writer& out, parsed_chat const& chat, std::vector<std::string_view> const& tokens, bool refused) {
    if (!chat.logprobs) {
        out.key("logprobs").null();
        return;
    }
    out.key("logprobs").begin_object().key(refused ? "refusal" : "content").begin_array();
    for (auto const token : tokens) write_token_logprobs(out, token, chat.top_logprobs);
    out.end_array().key(refused ? "content" : "refusal").null().end_object();
}

void write_head(writer& out, std::string_view object, parsed_chat const& chat, request_context const& context) {
    out.begin_object().member("id", "chatcmpl-" + make_id(context.id_seed, 24)).member("object", object);
    out.member("created", unix_seconds(context.now.system)).member("model", chat.model);
}

void write_whole(response& reply, parsed_chat const& chat, std::vector<completion> const& completions,
                 request_context const& context) {
    writer out{reply.body};
    write_head(out, "chat.completion", chat, context);
    out.key("choices").begin_array();
    for (std::size_t i = 0; i < completions.size(); ++i) {
        out.begin_object().member("index", i).key("message");
        write_message(out, completions[i]);
        if (has_filters(context))
            out.key("content_filter_results").raw(completions[i].calls.empty() ? completion_filters : "{}");
        write_logprobs(out, chat, split_deltas(completions[i].text), is_refusal(completions[i]));
        out.member("finish_reason", finish_name(completions[i], chat)).end_object();
    }
    out.end_array();
    write_usage(out, reply);
    if (has_filters(context)) out.key("prompt_filter_results").raw(prompt_filters);
    out.member("service_tier", chat.tier).key("system_fingerprint").null().end_object();
}

/// Writes the events of one streamed chat.
class chunk_writer {
public:
    chunk_writer(response& reply, parsed_chat const& chat, request_context const& context)
        : reply_{reply}, chat_{chat}, has_filters_{has_filters(context)}, id_seed_{context.id_seed} {
        writer out{head_};
        write_head(out, "chat.completion.chunk", chat, context);
        out.member("service_tier", chat.tier).key("system_fingerprint").null().key("choices").begin_array();
    }

    void write(std::vector<completion> const& completions) {
        if (has_filters_) {
            std::string event;
            writer out{event};
            out.raw(R"({"id":"","object":"","created":0,"model":"")")
                .key("prompt_filter_results")
                .raw(prompt_filters)
                .key("choices")
                .begin_array()
                .end_array();
            end_event(out, event);
        }
        std::vector<std::vector<delta>> deltas;
        deltas.reserve(completions.size());
        for (auto const& output : completions) deltas.push_back(deltas_of(output));
        for (std::size_t step = 0, left = completions.size(); left > 0; ++step)
            for (std::size_t choice = 0; choice < deltas.size(); ++choice) {
                if (step >= deltas[choice].size()) continue;
                bool const last = step + 1 == deltas[choice].size();
                write_chunk(choice, deltas[choice][step],
                            last ? finish_name(completions[choice], chat_) : std::string_view{},
                            is_refusal(completions[choice]));
                if (last) --left;
            }
        if (chat_.include_usage) write_usage_chunk();
        reply_.pieces.emplace_back("data: [DONE]\n\n");
    }

private:
    struct delta {
        std::string json{};
        std::vector<std::string_view> tokens{};  ///< Of the text in it.
    };

    void end_event(writer& out, std::string& event) {
        if (chat_.include_usage) out.key("usage").null();
        auto const count = reply_.pieces.size();
        if (chat_.obfuscate && !has_filters_) out.member("obfuscation", make_id(mix(id_seed_, count), 2 + count % 9));
        out.end_object();
        push(event);
    }

    void push(std::string const& event) { reply_.pieces.push_back("data: " + event + "\n\n"); }

    void write_chunk(std::size_t choice, delta const& piece, std::string_view finish, bool refused) {
        auto event = head_;
        writer out{event};
        out.begin_object().member("index", choice).key("delta").raw(piece.json);
        if (has_filters_)
            out.key("content_filter_results").raw(piece.json.starts_with(R"({"content")") ? completion_filters : "{}");
        write_logprobs(out, chat_, piece.tokens, refused);
        write_text_or_null(out, "finish_reason", finish, finish.empty());
        out.end_object().end_array();
        end_event(out, event);
    }

    void write_usage_chunk() {
        auto event = head_;
        writer out{event};
        write_usage(out.end_array(), reply_);
        out.end_object();
        push(event);
    }

    static std::string text_delta(std::string_view name, std::string_view text) {
        std::string json;
        writer{json}.begin_object().member(name, text).end_object();
        return json;
    }

    /// Every delta of one choice; the last is the empty one that carries the finish reason.
    static std::vector<delta> deltas_of(completion const& output) {
        std::vector<delta> deltas;
        bool const refused = output.finish == finish_reason::refused;
        if (!output.calls.empty()) {
            add_call_deltas(output.calls, deltas);
        } else {
            deltas.push_back({refused ? R"({"role":"assistant","content":null,"refusal":""})"
                                      : R"({"role":"assistant","content":"","refusal":null})"});
            for (auto const part : split_deltas(output.text))
                deltas.push_back({text_delta(refused ? "refusal" : "content", part), {part}});
        }
        deltas.push_back({"{}"});
        return deltas;
    }

    /// One call opens together with the role; of several, the role stands alone.
    static void add_call_deltas(std::vector<tool_call> const& calls, std::vector<delta>& deltas) {
        constexpr std::string_view role = R"({"role":"assistant","content":null)";
        if (calls.size() > 1) deltas.push_back({std::string{role} + "}"});
        for (std::size_t i = 0; i < calls.size(); ++i) {
            deltas.push_back(
                {call_delta(calls.size() > 1 ? "{" : role, i, [&](writer& out) { write_call(out, calls[i], {}); })});
            for (auto const part : split_deltas(calls[i].arguments))
                deltas.push_back({call_delta("{", i, [&](writer& out) {
                    out.key("function").begin_object().member("arguments", part).end_object();
                })});
        }
    }

    /// @param begin  The delta's first members, with the bracket before them.
    template <class Write>
    static std::string call_delta(std::string_view begin, std::size_t index, Write write_members) {
        std::string json;
        writer out{json};
        out.raw(begin).key("tool_calls").begin_array().begin_object().member("index", index);
        write_members(out);
        out.end_object().end_array().end_object();
        return json;
    }

    response& reply_;
    parsed_chat const& chat_;
    bool has_filters_;
    std::uint64_t id_seed_;
    std::string head_{};  ///< Of every chunk, up to the choices.
};

}  // namespace

void write_openai_chat(response& out, parsed_chat const& chat, std::vector<completion> const& completions,
                       request_context const& context) {
    if (chat.stream)
        chunk_writer{out, chat, context}.write(completions);
    else
        write_whole(out, chat, completions, context);
}

}  // namespace coax::sim::detail
